package cardholder

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/memberzone/memberzone/app/money"
)

// Currency of every payment (ISO 4217).
const Currency = "TWD"

// Request is a frozen request: what was to be shown to the cardholder, where, and whose
// keys may answer. The challenge is the SHA-256 of its JSON, so that whoever signs the
// challenge signs all of it, with plain WebAuthn too.
type Request struct {
	Nonce       string       `json:"nonce"` // 32 random bytes, base64url: nobody can guess the challenge
	TradeNo     string       `json:"tradeNo"`
	BegunAt     time.Time    `json:"begunAt"`
	RPID        string       `json:"rpId"`
	RPOrigin    string       `json:"rpOrigin"`  // of the relying party's own pages
	Origin      string       `json:"origin"`    // of the page that calls
	TopOrigin   string       `json:"topOrigin"` // of the window around it
	Kinds       []Kind       `json:"kinds"`     // the answers that are expected
	PayeeName   string       `json:"payeeName,omitempty"`
	PayeeOrigin string       `json:"payeeOrigin,omitempty"`
	Total       Total        `json:"total"`
	Instrument  Shown        `json:"instrument"`
	Logos       []Logo       `json:"paymentEntitiesLogos,omitempty"`
	Credentials []AllowedKey `json:"credentials"`
}

// Total is an amount as SPC writes it.
type Total struct {
	Currency string `json:"currency"`
	Value    string `json:"value"` // decimal, such as 1250
}

// Shown is the card as it was to be shown.
type Shown struct {
	DisplayName string `json:"displayName"`
	Icon        string `json:"icon"`
	Details     string `json:"details,omitempty"`
	// IconMustBeShown is false only when the browser may go on without the icon.
	IconMustBeShown bool `json:"iconMustBeShown"`
}

// AllowedKey is a key that may answer.
type AllowedKey struct {
	ID  string `json:"id"`     // base64url credential ID
	Key string `json:"sha256"` // base64url SHA-256 of the COSE_Key
}

// ReadRequest reads a frozen request: of Evidence, to tell in words what was shown.
func ReadRequest(frozen []byte) (Request, error) {
	var r Request
	if err := json.Unmarshal(frozen, &r, json.RejectUnknownMembers(true)); err != nil {
		return Request{}, fmt.Errorf("read the frozen request: %w", err)
	}
	return r, nil
}

// challengeOf is the challenge of a frozen request.
func challengeOf(frozen []byte) []byte {
	hash := sha256.Sum256(frozen)
	return hash[:]
}

// freeze makes the request that the cardholder is to see.
func (s *Service) freeze(p PaymentRequest, usable []Bound) (Request, error) {
	r := Request{
		Nonce: encode(random()), TradeNo: p.TradeNo, BegunAt: s.clock.Now().UTC(), RPID: s.rpID, RPOrigin: s.origin,
		Kinds: p.Kinds, PayeeName: p.Payee.Name, Logos: p.Logos,
		Total: Total{Currency: Currency, Value: p.Amount.String()},
		Instrument: Shown{
			DisplayName: p.Instrument.DisplayName, Icon: p.Instrument.Icon, Details: p.Instrument.Details,
			IconMustBeShown: !p.Instrument.IconOptional,
		},
	}
	if len(r.Kinds) == 0 {
		r.Kinds = []Kind{SPC, WebAuthn}
	}
	var err error
	if r.Origin, r.TopOrigin, err = originsOf(p.Origin, p.TopOrigin); err != nil {
		return Request{}, err
	}
	if p.Payee.Origin != "" {
		if r.PayeeOrigin, err = OriginOf(p.Payee.Origin); err != nil {
			return Request{}, err
		}
	}
	for _, bound := range usable {
		r.Credentials = append(r.Credentials,
			AllowedKey{ID: encode(bound.Record.ID), Key: encode(challengeOf(bound.Record.PublicKey))})
	}
	return r, r.check(p.Amount)
}

// check refuses what a browser would: each is a defect of ours.
func (r Request) check(amount money.TWD) error {
	switch {
	case amount <= 0:
		return errors.New("cardholder: the amount must be above 0")
	case r.PayeeName == "" && r.PayeeOrigin == "":
		return errors.New("cardholder: a payee has a name or an origin")
	case r.PayeeOrigin != "" && !strings.HasPrefix(r.PayeeOrigin, "https://"):
		return fmt.Errorf("cardholder: a payee's origin is https, not %s", r.PayeeOrigin)
	case r.Instrument.DisplayName == "" || r.Instrument.Icon == "":
		return errors.New("cardholder: an instrument has a name and an icon")
	case slices.ContainsFunc(r.Logos, func(l Logo) bool { return l.URL == "" || l.Label == "" }):
		return errors.New("cardholder: a logo has a URL and a label")
	case slices.ContainsFunc(r.Kinds, func(k Kind) bool { return k != SPC && k != WebAuthn }):
		return fmt.Errorf("cardholder: unknown kinds in %q", r.Kinds)
	}
	return nil
}

// spcRequest is what the page gives to new PaymentRequest (SPC §4).
type spcRequest struct {
	Instruction spcInstruction `json:"data"`
	Total       spcItem        `json:"total"`
}

type spcInstruction struct {
	Challenge   string   `json:"challenge"`
	RPID        string   `json:"rpId"`
	Credentials []string `json:"credentialIds"`
	Instrument  Shown    `json:"instrument"`
	Timeout     int64    `json:"timeout"` // milliseconds
	PayeeName   string   `json:"payeeName,omitempty"`
	PayeeOrigin string   `json:"payeeOrigin,omitempty"`
	Logos       []Logo   `json:"paymentEntitiesLogos,omitempty"`
}

type spcItem struct {
	Label  string `json:"label"`
	Amount Total  `json:"amount"`
}

// spc writes the request as the page needs it.
func (r Request) spc(challenge []byte) ([]byte, error) {
	in := spcInstruction{
		Challenge: encode(challenge), RPID: r.RPID, Instrument: r.Instrument,
		Timeout: CeremonyTimeout.Milliseconds(), PayeeName: r.PayeeName, PayeeOrigin: r.PayeeOrigin, Logos: r.Logos,
	}
	for _, key := range r.Credentials {
		in.Credentials = append(in.Credentials, key.ID)
	}
	text, err := json.Marshal(spcRequest{in, spcItem{"付款金額", r.Total}})
	if err != nil {
		return nil, fmt.Errorf("write the SPC request: %w", err)
	}
	return text, nil
}
