package token

import (
	"errors"
	"time"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/secret"
)

// CardID is the number of a card in the vault.
type CardID int64

// Status is how a card's token stands.
type Status string

// The statuses. The zero Status is a card that never had a token.
const (
	Active    Status = "active"
	Suspended Status = "suspended" // for now: the card number is used
	Deleted   Status = "deleted"   // for ever: a new token is another link
)

// Card is a card as the vault knows it.
type Card struct {
	ID     CardID
	Brand  string // visa, mastercard
	First6 string
	Last4  string
	Expiry string // YYMM
	Status Status // of its latest token
}

// Payable tells that the card can be charged by its token.
func (c Card) Payable() bool { return c.Status == Active }

// Link is a card's token with its number.
type Link struct {
	CardID    CardID
	Reference string     // by which the network knows the token, at most 32 characters [A-Z0-9]
	Number    secret.PAN // of the token
	Expiry    string     // of the token, YYMM
	Status    Status
}

// ProvisionRequest asks the network for a card's token.
type ProvisionRequest struct {
	RequestID string // idempotency key, at most 32 characters [A-Z0-9]
	PAN       secret.PAN
	Expiry    string // YYMM
}

// Issued is a token that the network gave out.
type Issued struct {
	Reference string
	Number    secret.PAN
	Expiry    string // YYMM
	Brand     string // visa, mastercard
}

// Provisioned is a card with the token that was made for it. It holds a card number:
// it lives as long as the call that keeps it.
type Provisioned struct {
	PAN    secret.PAN
	Expiry string // of the card, YYMM
	Token  Issued
}

// CryptogramRequest is the payment that a cryptogram is good for.
type CryptogramRequest struct {
	RequestID  string // idempotency key, at most 32 characters [A-Z0-9]
	MerchantID string
	TradeNo    string // 17 digits
	Amount     money.TWD
}

// Payable is what an authorisation is asked with in place of the card number.
type Payable struct {
	Number     secret.PAN
	Expiry     string // YYMM
	Cryptogram secret.String
}

// Kind tells Token綁定 and Token交易 apart. It is the category (類別) that they are
// counted by.
type Kind string

// The kinds.
const (
	Bind   Kind = "bind"   // Token綁定: the link of card and token was made
	Charge Kind = "charge" // Token交易: a payment was authorised with the token
)

// Change is what the network tells of a token.
type Change string

// The changes. Resumed ends Suspended; Renewed gives another expiry.
const (
	WasSuspended Change = "suspended"
	WasResumed   Change = "resumed"
	WasRenewed   Change = "renewed"
	WasDeleted   Change = "deleted"
)

// News is one life-cycle event of the network.
type News struct {
	Sequence  int64 // rising, without promise of being dense
	Reference string
	Change    Change
	Expiry    string // of the token after the change, YYMM
	Card      Face   // the card behind after the change
	At        time.Time
}

// Face is what may be shown of a card.
type Face struct {
	Last4  string
	Expiry string // YYMM
}

// Refusals of the vault and of the network.
var (
	// ErrNotFound tells that the vault has no such card, or that it never had a token.
	ErrNotFound = fault.New(fault.NotFound, "token_not_found", "查無此卡片的 Token")
	// ErrInactive tells of a token that is suspended or deleted: the card number is used.
	ErrInactive = fault.New(fault.Refused, "token_inactive", "此卡片的 Token 已停用")
	// ErrRefused tells that the network makes no token for the card.
	ErrRefused = fault.New(fault.Refused, "token_refused", "此卡片無法綁定 Token")
	// ErrNoAnswer tells that the network did not answer. Asking again with the same
	// RequestID is harmless: it gives the same token or cryptogram.
	ErrNoAnswer = fault.New(fault.Unavailable, "token_no_answer", "國際卡組織暫時無法服務，請稍後再試。")
)

// errMalformed tells of a request that no network would take.
var errMalformed = errors.New("token: malformed request")
