package payment

import (
	"context"
	"time"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/notify"
)

// Refusals of the store.
var (
	// ErrOrderNoTaken tells that the store has used the MerchantOrderNo before.
	ErrOrderNoTaken = fault.New(fault.Conflict, "order_no_taken", "已存在相同的商店訂單編號")
	// ErrNotFound tells that there is no such checkout or transaction.
	ErrNotFound = fault.New(fault.NotFound, "transaction_not_found", "查無交易資料")
)

// Store keeps transactions.
type Store interface {
	// InTx runs do in one database transaction, which commits if do returns nil.
	// do may run again after a deadlock: it must have no other effect.
	InTx(ctx context.Context, do func(ctx context.Context, tx Tx) error) error
	// CheckoutByToken finds a checkout by the hash of the token that the
	// cardholder holds. It returns ErrNotFound.
	CheckoutByToken(ctx context.Context, tokenHash []byte) (Checkout, error)
	// ByOrderNo finds a store's transaction. It returns ErrNotFound.
	ByOrderNo(ctx context.Context, store member.StoreID, orderNo string) (Transaction, error)
	// DueInquiries lists up to limit transactions with an attempt under way whose
	// time for an inquiry has come, the longest due first.
	DueInquiries(ctx context.Context, now time.Time, limit int) ([]ID, error)
	// ExpiredCheckouts lists up to limit pending transactions whose time limit
	// has passed and that have no attempt under way.
	ExpiredCheckouts(ctx context.Context, now time.Time, limit int) ([]ID, error)
}

// Tx is what a change of a transaction needs; all of it commits together.
type Tx interface {
	// Open stores a new checkout and gives it its ID and trade number. It
	// returns ErrOrderNoTaken.
	Open(ctx context.Context, c Checkout, tokenHash []byte) (Transaction, error)
	// Lock reads a checkout with its latest attempt and holds its transaction's
	// row until the end. It returns ErrNotFound.
	Lock(ctx context.Context, id ID) (Checkout, error)
	// AddAttempt stores a new attempt and returns its ID. A second attempt under
	// way is refused by the database.
	AddAttempt(ctx context.Context, a Attempt) (AttemptID, error)
	// SaveAttempt stores an attempt's outcome if its state still is from, and
	// fails otherwise.
	SaveAttempt(ctx context.Context, a Attempt, from AttemptState) error
	// SaveTransaction stores a transaction's outcome if its status still is
	// from, and fails otherwise.
	SaveTransaction(ctx context.Context, t Transaction, from Status) error
	// AppendEvent adds to the transaction's history.
	AppendEvent(ctx context.Context, e Event) error
	// Notify stores a message to the merchant and the job that delivers it.
	Notify(ctx context.Context, n notify.Notification) error
	// Mail stores a mail and the job that sends it.
	Mail(ctx context.Context, m notify.Mail) error
}
