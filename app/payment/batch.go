package payment

import (
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/money"
)

// BatchID is a batch's number inside the program.
type BatchID int64

// BatchState is where a batch stands.
type BatchState string

// The states of a batch.
const (
	BatchCollecting BatchState = "collecting" // the close puts operations into it
	BatchSealed     BatchState = "sealed"     // its content is fixed; the acquirer may or may not have it
	BatchSent       BatchState = "sent"       // the acquirer has it
	BatchAnswered   BatchState = "answered"   // the bank's answers are booked
)

// batchItemsMax is how many operations one batch takes.
const batchItemsMax = 200

// Batch is what one close hands to the acquirer at once.
type Batch struct {
	ID         BatchID
	RequestID  string // the acquirer's idempotency key
	Day        clock.Date
	State      BatchState
	CreatedAt  time.Time
	SentAt     time.Time // zero before, as AnsweredAt
	AnsweredAt time.Time
	Tries      int       // since the last step forward
	NextTryAt  time.Time // when the sweep sends it, or asks for its answers, again
}

// BatchFilter narrows a list of batches.
type BatchFilter struct {
	State  BatchState
	Day    clock.Date // at the latest; zero for any
	Before time.Time  // created at or before; zero for any
	DueBy  time.Time  // NextTryAt at or before; zero for any
	After  BatchID
	AtMost int
}

// BatchItem is one capture or refund of a batch, with where it belongs.
type BatchItem struct {
	OperationID   OperationID
	TransactionID ID
	Simulated     bool // of a test payment that was sent before batches were kept: the acquirer never hears of it
	BatchLine
}

// BatchRequest is a batch as the acquirer gets it.
type BatchRequest struct {
	ID    string // at most 32 characters [A-Z0-9]
	Day   clock.Date
	Lines []BatchLine
}

// BatchLine is one capture or refund as the acquirer gets it.
type BatchLine struct {
	ID           string // the operation's RequestID
	Kind         OperationKind
	RequestID    string // of the authorisation
	MerchantID   string
	TradeNo      string // 17 digits
	Authorised   money.TWD
	AuthorisedAt time.Time
	AuthCode     string
	Amount       money.TWD
}

// ItemAnswer is what the bank did with one line of a batch.
type ItemAnswer struct {
	ID          string // the line's
	Done        bool   // false: refused
	RespondCode string // the bank's two-character code, "00" when done
}

// DueOperation is a capture or refund that waits for a close.
type DueOperation struct {
	Day           clock.Date
	ID            OperationID
	TransactionID ID
}

// request is the batch as the acquirer gets it.
func (b Batch) request(items []BatchItem) BatchRequest {
	r := BatchRequest{ID: b.RequestID, Day: b.Day}
	for _, item := range items {
		if !item.Simulated {
			r.Lines = append(r.Lines, item.BatchLine)
		}
	}
	return r
}
