package payment

import (
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/money"
)

// OperationID is an operation's number inside the program.
type OperationID int64

// OperationKind is what an operation does with an authorised transaction's money.
type OperationKind string

// The kinds of operation.
const (
	Void    OperationKind = "void"    // 取消授權: asked of the acquirer at once
	Capture OperationKind = "capture" // 請款: sent with the daily close
	Refund  OperationKind = "refund"  // 退款: sent with the daily close
)

// OperationState is where an operation stands.
type OperationState string

// The states of an operation.
const (
	Requested OperationState = "requested" // waits: a void for the acquirer's answer, others for the daily close
	Sent      OperationState = "sent"      // the close took it; the bank's answer file is awaited
	Done      OperationState = "done"      // the bank confirmed it
	Undone    OperationState = "undone"    // 取消請款 or 取消退款 before the close
	Refused   OperationState = "refused"   // the bank refused it
)

// Open tells that the operation is not over yet.
func (s OperationState) Open() bool { return s == Requested || s == Sent }

// Operation is one void, capture or refund of a transaction.
type Operation struct {
	ID            OperationID
	TransactionID ID
	Kind          OperationKind
	State         OperationState
	Amount        money.TWD
	RequestID     string // the idempotency key of whoever asked, and of the bank's batch
	UndoID        string // the idempotency key of the undo; empty unless undone
	Actor         string // "merchant" for the wire API, "system", or an account's login
	RequestedAt   time.Time
	CloseDay      clock.Date // the close that takes it or took it; zero for a void
	SentAt        time.Time
	EndedAt       time.Time // done, undone or refused
	RespondCode   string    // of the bank, for what is done or refused
	BatchID       BatchID   // the batch that took it to the bank, 0 before and in test mode
	Tries         int       // of a void: how often the acquirer did not answer
	NextTryAt     time.Time // of a void: when it is asked again; zero when it is over
}

// The daily close (the provider's manual of 2020, figure 5): at 21:00 in Taipei,
// what was requested before goes to the acquirer.
const closeHour = 21

// CloseOf is when the close of a day happens.
func CloseOf(day clock.Date) time.Time { return day.Start().Add(closeHour * time.Hour) }

// CloseDayOf is the day whose close takes what is requested at a time.
func CloseDayOf(t time.Time) clock.Date {
	day := clock.DateOf(t)
	if !t.Before(CloseOf(day)) {
		day = day.AddDays(1)
	}
	return day
}

// Money is what has become of a transaction's money.
type Money struct {
	Authorised money.TWD // 0 unless authorised and not voided
	Captured   money.TWD // requested, sent or confirmed
	Refunded   money.TWD // requested, sent or confirmed
	Refundable money.TWD // captured and not refunded
}

// MoneyOf reads a transaction's money.
func MoneyOf(t Transaction) Money {
	m := Money{Captured: t.CapturedAmount, Refunded: t.RefundedAmount}
	if !t.AuthorisedAt.IsZero() && t.Status != Voided {
		m.Authorised = t.Amount
	}
	m.Refundable = max(0, m.Captured-m.Refunded)
	return m
}
