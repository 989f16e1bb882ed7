package passkeytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// payRequest is what a page gives to new PaymentRequest (SPC §4).
type payRequest struct {
	Instruction struct {
		Challenge   encoded   `json:"challenge"`
		RPID        string    `json:"rpId"`
		Credentials []encoded `json:"credentialIds"`
		PayeeName   string    `json:"payeeName"`
		PayeeOrigin string    `json:"payeeOrigin"`
		Logos       []logo    `json:"paymentEntitiesLogos"`
		Instrument  struct {
			Icon        string `json:"icon"`
			DisplayName string `json:"displayName"`
			Details     string `json:"details"`
		} `json:"instrument"`
	} `json:"data"`
	Total struct {
		Amount struct {
			Value    string `json:"value"`
			Currency string `json:"currency"`
		} `json:"amount"`
	} `json:"total"`
}

type logo struct {
	URL   string `json:"url"`
	Label string `json:"label"`
}

// signedPayment is the payment member of client data, in the order of Chromium 156.
type signedPayment struct {
	RPID        string           `json:"rpId,omitempty"`
	TopOrigin   string           `json:"topOrigin,omitempty"`
	PayeeName   string           `json:"payeeName,omitempty"`
	PayeeOrigin string           `json:"payeeOrigin,omitempty"`
	Logos       []logo           `json:"paymentEntitiesLogos,omitempty"`
	Total       any              `json:"total,omitempty"`
	Instrument  *shownInstrument `json:"instrument,omitempty"`
	BrowserKey  encoded          `json:"browserBoundPublicKey,omitempty"`
}

type shownInstrument struct {
	Icon        string `json:"icon"`
	DisplayName string `json:"displayName"`
	Details     string `json:"details,omitempty"`
}

// logosShown is how many logos Chromium shows.
const logosShown = 2

// Pay answers a Secure Payment Confirmation request, {"data": …, "total": …}, with the
// newest passkey that fits: the cardholder has seen the payment and agreed.
func (a *Authenticator) Pay(requestJSON []byte) ([]byte, error) {
	var r payRequest
	if err := json.Unmarshal(requestJSON, &r); err != nil {
		return nil, fmt.Errorf("read payment request: %w", err)
	}
	in := r.Instruction
	shown := &signedPayment{
		RPID: in.RPID, TopOrigin: a.top(), PayeeName: in.PayeeName, PayeeOrigin: in.PayeeOrigin,
		Logos: in.Logos[:min(len(in.Logos), logosShown)], Total: r.Total.Amount,
		Instrument: &shownInstrument{in.Instrument.Icon, in.Instrument.DisplayName, in.Instrument.Details},
	}
	client, err := a.clientData("payment.get", in.Challenge, shown)
	if err != nil {
		return nil, err
	}
	for _, have := range slices.Backward(a.keys) {
		asked := slices.ContainsFunc(in.Credentials, func(id encoded) bool { return bytes.Equal(id.bytes(), have.id) })
		if asked && have.rpID == in.RPID {
			return a.assert(have, client)
		}
	}
	return nil, ErrNoKey
}

func (a *Authenticator) top() string {
	if a.TopOrigin == "" {
		return a.Origin
	}
	return a.TopOrigin
}

// clientData writes what is signed, with the member that Chromium adds so that nobody
// compares the text with a template.
func (a *Authenticator) clientData(ceremony string, challenge encoded, shown *signedPayment) ([]byte, error) {
	if a.Browser != nil && (shown != nil || ceremony == "webauthn.create") {
		key, err := coseKey(a.Browser.Public())
		if err != nil {
			return nil, err
		}
		if shown == nil {
			shown = &signedPayment{}
		}
		shown.BrowserKey = encode(key)
	}
	framed := a.top() != a.Origin
	top := ""
	if framed {
		top = a.TopOrigin
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	err := e.Encode(struct {
		Type        string         `json:"type"`
		Challenge   encoded        `json:"challenge"`
		Origin      string         `json:"origin"`
		CrossOrigin bool           `json:"crossOrigin"`
		TopOrigin   string         `json:"topOrigin,omitempty"`
		Payment     *signedPayment `json:"payment,omitempty"`
		Grease      string         `json:"other_keys_can_be_added_here"`
	}{
		ceremony, challenge, a.Origin, framed, top, shown,
		"do not compare clientDataJSON against a template. See https://goo.gl/yabPex",
	})
	if err != nil {
		return nil, fmt.Errorf("write client data: %w", err)
	}
	client := bytes.TrimRight(text.Bytes(), "\n")
	if a.Alter != nil {
		client = a.Alter(client)
	}
	return client, nil
}

// extensions are the outputs: the browser's signature where it has named its key.
func (a *Authenticator) extensions(client []byte) (map[string]any, error) {
	if a.Browser == nil || !bytes.Contains(client, []byte("browserBoundPublicKey")) {
		return map[string]any{}, nil
	}
	signature, err := sign(a.Browser, client)
	if err != nil {
		return nil, err
	}
	return map[string]any{"payment": map[string]any{
		"browserBoundSignature": map[string]any{"signature": encode(signature)},
	}}, nil
}
