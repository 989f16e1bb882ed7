package payment

import (
	"context"
	"errors"

	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/secret"
)

// Acquirer is the bank that authorises card payments.
type Acquirer interface {
	// Authorise asks for an authorisation. The request's ID makes it idempotent:
	// the same ID is charged at most once, however often it is sent.
	//
	// It returns ErrNotSent when the request certainly never reached the
	// acquirer, and ErrNoAnswer when it may have: then only Inquire tells.
	// A refusal by the bank is an answer, not an error.
	Authorise(ctx context.Context, req AuthoriseRequest) (AuthoriseAnswer, error)
	// Inquire asks what became of a request. It returns ErrUnknownRequest when
	// the acquirer never saw the ID (it may still be under way), and ErrNoAnswer.
	Inquire(ctx context.Context, requestID string) (AuthoriseAnswer, error)
	// Reverse makes sure that the request is not and will never be charged: an
	// authorisation is undone, a request that arrives later is refused. It is
	// idempotent. It returns ErrNoAnswer when that is not certain yet.
	Reverse(ctx context.Context, requestID string) error
	// SendBatch hands captures and refunds over. The batch's ID makes it
	// idempotent: it returns nil once the acquirer has it, however often it is
	// sent, and ErrNoAnswer when that is not certain.
	SendBatch(ctx context.Context, b BatchRequest) error
	// BatchAnswer fetches the bank's answers for a batch; ready is false until the
	// bank has them. It returns ErrUnknownRequest when the acquirer does not have
	// the batch, and ErrNoAnswer.
	BatchAnswer(ctx context.Context, batchID string) (items []ItemAnswer, ready bool, err error)
}

// What an Acquirer may answer besides an answer.
var (
	ErrNotSent        = errors.New("payment: the request did not reach the acquirer")
	ErrNoAnswer       = errors.New("payment: the acquirer did not answer")
	ErrUnknownRequest = errors.New("payment: the acquirer does not know the request")
)

// AuthoriseRequest is what the acquirer needs to authorise a payment.
type AuthoriseRequest struct {
	ID          string // unique per attempt, at most 32 characters [A-Z0-9]
	MerchantID  string // the store, as known to the acquirer
	TradeNo     string // 17 digits, for the bank's records
	Amount      money.TWD
	PAN         secret.PAN
	Expiry      string        // YYMM
	CVC         secret.String // 3 or 4 digits, or empty
	Instalments int           // months, 0 for a payment in full
	Bonus       bool          // redeem the card's bonus points
	ECI         string        // electronic commerce indicator; empty when unverified

	// NetworkToken tells that PAN and Expiry are of a network token, which Cryptogram
	// makes good for this payment.
	NetworkToken bool
	Cryptogram   secret.String
}

// AuthoriseAnswer is what the bank said.
type AuthoriseAnswer struct {
	Approved     bool
	RespondCode  string    // the bank's two-character code, "00" when approved
	Message      string    // the bank's words for the code, Traditional Chinese
	ApprovalCode string    // six digits, empty when refused
	Bank         string    // AuthBank of the wire ("KGI", "Esun", …)
	Issuer       string    // CardBank of the wire; empty for a foreign card
	Foreign      bool      // the card was issued abroad
	BonusPaid    money.TWD // bonus payments: the amount left to pay after points
}
