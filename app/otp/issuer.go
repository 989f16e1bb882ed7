package otp

import (
	"context"
	"errors"
	"fmt"

	"github.com/memberzone/memberzone/app/secret"
)

var (
	// ErrUnknownCard tells that no issuer knows the card.
	ErrUnknownCard = errors.New("otp: the issuer knows no such card")
	// ErrNoAnswer tells that the issuer could not be asked, or gave no sound answer.
	ErrNoAnswer = errors.New("otp: the issuer gave no answer")
)

// Issuer tells what the bank that issued a card holds of its cardholder.
type Issuer interface {
	// CardOnFile is a call over the network: never inside a database transaction. It
	// returns ErrUnknownCard or ErrNoAnswer.
	CardOnFile(ctx context.Context, pan secret.PAN) (OnFile, error)
}

// OnFile is what an issuer holds of a cardholder. It prints without the person.
type OnFile struct {
	Phone     string // E.164, such as +886912345678; empty where the issuer holds none
	LastName  string // 姓氏; empty where the issuer does not tell
	FirstName string // 名字
}

// Format implements fmt.Formatter: every verb writes the masked phone.
func (o OnFile) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("phone " + Mask(o.Phone))) }
