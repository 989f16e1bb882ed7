package payment

import (
	"context"
	"time"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/secret"
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
	OperationStore
}

// OperationStore keeps operations, batches and payouts.
type OperationStore interface {
	// Operations lists a transaction's operations, the oldest first.
	Operations(ctx context.Context, id ID) ([]Operation, error)
	// DueVoids lists up to limit transactions with a void whose next try is due.
	DueVoids(ctx context.Context, now time.Time, limit int) ([]ID, error)
	// DueOperations lists up to limit captures and refunds that wait for the close
	// of the day or of an earlier one, behind after in the order of day and ID.
	DueOperations(ctx context.Context, day clock.Date, after DueOperation, limit int) ([]DueOperation, error)
	// DuePayouts lists up to limit transactions above after that are to be paid out
	// by the day, in the order of their IDs.
	DuePayouts(ctx context.Context, day clock.Date, after ID, limit int) ([]ID, error)

	// AddBatch stores a batch that collects, and returns its ID.
	AddBatch(ctx context.Context, b Batch) (BatchID, error)
	// SealBatch ends the collecting of a batch; one that has collected nothing is
	// deleted. A batch that does not collect is left as it is.
	SealBatch(ctx context.Context, id BatchID) error
	// Batches lists batches in the order of their IDs, without their items.
	Batches(ctx context.Context, f BatchFilter) ([]Batch, error)
	// BatchItems lists what a batch holds, in the order of the operations' IDs.
	BatchItems(ctx context.Context, id BatchID) ([]BatchItem, error)
	// SaveBatch stores state, times and tries of a batch if its state still is
	// from; it tells whether it was.
	SaveBatch(ctx context.Context, b Batch, from BatchState) (bool, error)
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
	// IndexCard keeps what finds the attempt's card by its whole number, which is not
	// kept itself.
	IndexCard(ctx context.Context, id AttemptID, pan secret.PAN) error
	// SaveAttempt stores an attempt's outcome if its state still is from, and
	// fails otherwise.
	SaveAttempt(ctx context.Context, a Attempt, from AttemptState) error
	// SaveTransaction stores a transaction's outcome if its status still is
	// from, and fails otherwise.
	SaveTransaction(ctx context.Context, t Transaction, from Status) error
	// AppendEvent adds to the transaction's history.
	AppendEvent(ctx context.Context, e Event) error
	// KeepMessage adds to what was said about a transaction. It is given fields that are
	// Masked.
	KeepMessage(ctx context.Context, m Message) error
	// Notify stores a message to the merchant and the job that delivers it.
	Notify(ctx context.Context, n notify.Notification) error
	// LockLedger reads a transaction with all that its money depends on and holds
	// its row until the end. It returns ErrNotFound.
	LockLedger(ctx context.Context, id ID) (Ledger, error)
	// AddOperation stores a new operation and returns its ID. It returns
	// ErrKeyTaken; a second operation of a kind that is open is refused by the
	// database.
	AddOperation(ctx context.Context, o Operation) (OperationID, error)
	// SaveOperation stores how an operation stands if its state still is from, and
	// fails otherwise. It returns ErrKeyTaken for an UndoID that is in use.
	SaveOperation(ctx context.Context, o Operation, from OperationState) error
	// SaveMoney stores a transaction's status, captured and refunded amounts and
	// the times of both and of the payout, if its status still is from, and fails
	// otherwise.
	SaveMoney(ctx context.Context, t Transaction, from Status) error
	// HoldBatch keeps a batch from being sealed until the end. It tells false for
	// one that collects no more.
	HoldBatch(ctx context.Context, id BatchID) (bool, error)
	// OwePayout notes that a transaction is to be paid out on a day, once.
	OwePayout(ctx context.Context, id ID, due clock.Date) error
	// EndPayout forgets that a transaction is to be paid out.
	EndPayout(ctx context.Context, id ID) error
	// Record appends to the audit log. It locks the chain until the end: it comes
	// last.
	Record(ctx context.Context, e audit.Entry) error
	// Mail stores a mail and the job that sends it.
	Mail(ctx context.Context, m notify.Mail) error
}
