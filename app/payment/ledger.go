package payment

import (
	"context"
	"time"

	"github.com/memberzone/memberzone/app/money"
)

// Ledger is a transaction with all that its money depends on.
type Ledger struct {
	Transaction Transaction
	// RequestID is the acquirer's key of the authorisation; empty for a transaction
	// that has none.
	RequestID  string
	MerchantID string      // of the store; empty as RequestID
	Simulated  bool        // authorised in test mode: no acquirer knows of it
	PaysOut    bool        // of a 金流 store: the platform collects and pays out
	Operations []Operation // the oldest first
}

// operation returns one of the ledger's operations, nil if it is not there.
func (l *Ledger) operation(id OperationID) *Operation {
	for i := range l.Operations {
		if l.Operations[i].ID == id {
			return &l.Operations[i]
		}
	}
	return nil
}

// entry is something that happens to a transaction's money.
type entry struct {
	kind   EventKind
	amount money.TWD
	actor  string
	detail string
}

// book takes a locked transaction along the transition table, with its amounts and
// its event.
func (s *Service) book(ctx context.Context, tx Tx, l *Ledger, e entry) error {
	from := l.Transaction.Status
	to, err := l.Transaction.After(e.kind)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	l.Transaction.Status = to
	l.Transaction.take(e, now)
	err = tx.AppendEvent(ctx, Event{
		TransactionID: l.Transaction.ID, Kind: e.kind, From: from, To: to, Amount: e.amount,
		Actor: e.actor, Detail: e.detail, At: now,
	})
	if err != nil {
		return err
	}
	return tx.SaveMoney(ctx, l.Transaction, from)
}

// take changes what an event changes beside the status.
func (t *Transaction) take(e entry, now time.Time) {
	switch e.kind {
	case EventCaptureRequested:
		t.CapturedAmount += e.amount
	case EventCaptureUndone, EventCaptureRefused:
		t.CapturedAmount -= e.amount
	case EventCaptured:
		t.CapturedAt = now
	case EventRefundRequested:
		t.RefundedAmount += e.amount
	case EventRefundUndone, EventRefundRefused:
		t.RefundedAmount -= e.amount
	case EventRefunded:
		t.RefundedAt = now
	case EventSettled:
		t.SettledAt = now
	}
}

// steps are the events of a kind of operation.
type steps struct{ requested, undone, sent, done, refused EventKind }

var stepsOf = map[OperationKind]steps{
	Void:    {requested: EventVoidRequested, done: EventVoided},
	Capture: {EventCaptureRequested, EventCaptureUndone, EventCaptureSent, EventCaptured, EventCaptureRefused},
	Refund:  {EventRefundRequested, EventRefundUndone, EventRefundSent, EventRefunded, EventRefundRefused},
}

// event is the event that leads an operation into a state.
func (k OperationKind) event(to OperationState) EventKind {
	s := stepsOf[k]
	switch to {
	case Requested:
		return s.requested
	case Undone:
		return s.undone
	case Sent:
		return s.sent
	case Done:
		return s.done
	case Refused:
		return s.refused
	}
	return ""
}

// advance moves a stored operation on, with its transaction.
func (s *Service) advance(ctx context.Context, tx Tx, l *Ledger, m movement) error {
	o := m.operation
	from, now := o.State, s.clock.Now()
	o.State = m.to
	if m.code != "" {
		o.RespondCode = m.code
	}
	if m.to == Sent {
		o.SentAt = now
	} else {
		o.EndedAt, o.NextTryAt = now, time.Time{}
	}
	if err := tx.SaveOperation(ctx, *o, from); err != nil {
		return err
	}
	return s.book(ctx, tx, l, entry{kind: o.Kind.event(m.to), amount: o.Amount, actor: m.actor, detail: m.code})
}

// movement is a step of an operation that is one of its ledger's.
type movement struct {
	operation *Operation
	to        OperationState
	actor     string
	code      string // of the bank
}
