package payment

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/memberzone/memberzone/app/secret"
)

// CheckedCard is a card form that keeps every rule. It holds the card number and its
// code: outside memory it exists only sealed.
type CheckedCard struct {
	pan         secret.PAN
	cvc         secret.String
	kept        Card
	payType     PayType
	instalments int
	payer       Payer
	ip          string
}

// PAN returns the card number.
func (c CheckedCard) PAN() secret.PAN { return c.pan }

// Shown returns what may be kept and shown of the card.
func (c CheckedCard) Shown() Card { return c.kept }

// Payer returns the cardholder as typed.
func (c CheckedCard) Payer() Payer { return c.payer }

// Format implements fmt.Formatter: every verb writes the masked number.
func (c CheckedCard) Format(f fmt.State, verb rune) { c.pan.Format(f, verb) }

// bareCard is a CheckedCard as it is sealed.
type bareCard struct {
	PAN         string  `json:"pan"`
	CVC         string  `json:"cvc"`
	Expiry      string  `json:"expiry"`
	PayType     PayType `json:"pay_type"`
	Instalments int     `json:"instalments"`
	Payer       Payer   `json:"payer"`
	IP          string  `json:"ip"`
}

// Seal writes the card for a seal function, which must encrypt it: what is sealed holds
// the code of the card and is erased before or with the authorisation (PCI DSS 3.3).
func (c CheckedCard) Seal(seal func(plain []byte) ([]byte, error)) ([]byte, error) {
	plain, err := json.Marshal(bareCard{
		c.pan.Expose(), c.cvc.Expose(), c.kept.Expiry, c.payType, c.instalments, c.payer, c.ip,
	})
	if err != nil {
		return nil, fmt.Errorf("write the card: %w", err)
	}
	defer clear(plain)
	return seal(plain)
}

// errSealed tells that what was unsealed is no card. It quotes nothing of it.
var errSealed = errors.New("payment: not a sealed card")

// OpenCard reads what Seal has written, once it is decrypted.
func OpenCard(plain []byte) (CheckedCard, error) {
	var bare bareCard
	if err := json.Unmarshal(plain, &bare); err != nil {
		return CheckedCard{}, errSealed
	}
	pan, err := secret.ParsePAN(bare.PAN)
	if err != nil {
		return CheckedCard{}, errSealed
	}
	return CheckedCard{
		pan: pan, cvc: secret.New(bare.CVC), payType: bare.PayType, instalments: bare.Instalments,
		payer: bare.Payer, ip: bare.IP,
		kept: Card{Brand: BrandOf(pan), First6: pan.First6(), Last4: pan.Last4(), Expiry: bare.Expiry},
	}, nil
}

// Same tells that it is the same form, filled in anew or posted twice.
func (c CheckedCard) Same(other CheckedCard) bool {
	return c.pan.Expose() == other.pan.Expose() && c.cvc.Expose() == other.cvc.Expose() && c.kept == other.kept &&
		c.payType == other.payType && c.instalments == other.instalments && c.payer == other.payer
}
