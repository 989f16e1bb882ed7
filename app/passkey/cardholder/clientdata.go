package cardholder

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/go-webauthn/webauthn/protocol"
)

// statement is clientDataJSON, what the browser states and the authenticator has signed the hash of
// (WebAuthn Level 3 §5.8.1; SPC, CollectedClientPaymentData). Members it does not name
// are allowed: browsers add some on purpose.
type statement struct {
	Type        protocol.CeremonyType `json:"type"`
	Challenge   string                `json:"challenge"`
	Origin      string                `json:"origin"`
	TopOrigin   string                `json:"topOrigin"`
	CrossOrigin bool                  `json:"crossOrigin"`
	Payment     *paid                 `json:"payment"`
}

// paid is what the browser says it showed. RP is the name that rpId had in 2021.
type paid struct {
	RPID        string  `json:"rpId"`
	RP          string  `json:"rp"`
	TopOrigin   string  `json:"topOrigin"`
	PayeeName   *string `json:"payeeName"`
	PayeeOrigin *string `json:"payeeOrigin"`
	Logos       []Logo  `json:"paymentEntitiesLogos"`
	Total       struct {
		Currency string `json:"currency"`
		Value    string `json:"value"`
	} `json:"total"`
	Instrument struct {
		DisplayName string  `json:"displayName"`
		Icon        string  `json:"icon"`
		Details     *string `json:"details"`
		MustBeShown *bool   `json:"iconMustBeShown"`
	} `json:"instrument"`
	BrowserKey unpadded `json:"browserBoundPublicKey"` // COSE_Key
}

// parseClientData reads the signed bytes once, strictly: names differ by case, and a
// name that comes twice or text that is no UTF-8 is an error, so that no two readers
// can see different values.
func parseClientData(raw []byte) (statement, error) {
	var c statement
	if err := json.Unmarshal(raw, &c); err != nil {
		return statement{}, fmt.Errorf("client data: %w", err)
	}
	return c, nil
}

// collected is the client data as the library checks it.
func (c statement) collected() protocol.CollectedClientData {
	return protocol.CollectedClientData{
		Type: c.Type, Challenge: c.Challenge, Origin: c.Origin,
		TopOrigin: c.TopOrigin, CrossOrigin: c.CrossOrigin,
	}
}

// browserKeyBytesMax bounds what is stored of a browser: an RSA key has 270 bytes.
const browserKeyBytesMax = 1024

// browserKey returns the browser bound public key, or nil.
func (c statement) browserKey() ([]byte, error) {
	if c.Payment == nil || len(c.Payment.BrowserKey) == 0 {
		return nil, nil
	}
	if len(c.Payment.BrowserKey) > browserKeyBytesMax {
		return nil, fmt.Errorf("a browser bound key of %d bytes", len(c.Payment.BrowserKey))
	}
	return c.Payment.BrowserKey, nil
}

// assertion is the JSON of a PublicKeyCredential that answers a payment (WebAuthn Level
// 3 §5.1.7, AuthenticationResponseJSON).
type assertion struct {
	ID         unpadded       `json:"id"`
	RawID      unpadded       `json:"rawId"`
	Type       string         `json:"type"`
	Extensions jsontext.Value `json:"clientExtensionResults"`
	Response   struct {
		ClientData        unpadded `json:"clientDataJSON"`
		AuthenticatorData unpadded `json:"authenticatorData"`
		Signature         unpadded `json:"signature"`
		UserHandle        unpadded `json:"userHandle"`
	} `json:"response"`
}

// unpadded are bytes that JSON has in base64url without padding; null and empty text
// give nil.
type unpadded []byte

// UnmarshalJSONFrom implements json.UnmarshalerFrom: it decodes where the text stands,
// without a copy.
func (u *unpadded) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	text := []byte(v)
	switch {
	case v.Kind() == 'n':
		*u = nil
		return nil
	case v.Kind() != '"':
		return errors.New("bytes are text in base64url")
	case bytes.IndexByte(text, '\\') < 0:
		text = text[1 : len(text)-1]
	default:
		if text, err = jsontext.AppendUnquote(nil, v); err != nil {
			return err
		}
	}
	if len(text) == 0 {
		*u = nil
		return nil
	}
	*u, err = base64url.AppendDecode(make([]byte, 0, base64url.DecodedLen(len(text))), text)
	return err
}

// outputs are the extension outputs that this package reads.
type outputs struct {
	Payment *struct {
		Signature struct {
			Signature unpadded `json:"signature"`
		} `json:"browserBoundSignature"`
	} `json:"payment"`
}

// answer is an assertion, decoded.
type answer struct {
	credential, clientData, authenticatorData, signature, handle, browserSignature []byte

	extensions []byte // JSON; nil for none
}

// parseAnswer reads an assertion as strictly as parseClientData.
func parseAnswer(response []byte) (answer, error) {
	var a assertion
	if len(response) > AnswerBytesMax {
		return answer{}, fmt.Errorf("it has %d bytes", len(response))
	}
	if err := json.Unmarshal(response, &a); err != nil {
		return answer{}, err
	}
	if a.Type != string(protocol.PublicKeyCredentialType) || len(a.ID) == 0 || !bytes.Equal(a.ID, a.RawID) {
		return answer{}, fmt.Errorf("type %q, id %x, rawId %x", a.Type, a.ID, a.RawID)
	}
	extensions, browserSignature, err := parseOutputs(a.Extensions)
	if err != nil {
		return answer{}, err
	}
	return answer{
		credential: a.ID, clientData: a.Response.ClientData, authenticatorData: a.Response.AuthenticatorData,
		signature: a.Response.Signature, handle: a.Response.UserHandle,
		browserSignature: browserSignature, extensions: extensions,
	}, nil
}

// parseOutputs returns the extension outputs as JSON, nil when there are none, and the
// signature of the browser bound key, nil when there is none.
func parseOutputs(v jsontext.Value) (raw, signature []byte, err error) {
	if k := v.Kind(); k == 0 || k == 'n' || string(v) == "{}" {
		return nil, nil, nil
	}
	var o outputs
	if err := json.Unmarshal(v, &o); err != nil {
		return nil, nil, fmt.Errorf("client extension results: %w", err)
	}
	if o.Payment != nil {
		signature = o.Payment.Signature.Signature
	}
	return v, signature, nil
}

// base64url refuses trailing bits, so that bytes have one spelling.
var base64url = base64.RawURLEncoding.Strict()

func encode(raw []byte) string { return base64url.EncodeToString(raw) }
