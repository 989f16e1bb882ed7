package payment

import "context"

// Note adds to the history of a transaction that is locked, in the caller's database
// transaction. Of the event it takes kind, attempt, actor and detail. It returns ErrNotAllowed
// for an event that cannot happen now, or that would change the status.
func (s *Service) Note(ctx context.Context, tx Tx, c Checkout, e Event) error {
	to, err := c.Transaction.After(e.Kind)
	if err != nil {
		return err
	}
	if to != c.Transaction.Status {
		return ErrNotAllowed
	}
	e.TransactionID, e.From, e.To = c.Transaction.ID, c.Transaction.Status, to
	e.Amount, e.At = c.Transaction.Amount, s.clock.Now()
	return tx.AppendEvent(ctx, e)
}

// NoteTokenBound records in the caller's database transaction that a Token綁定 happened
// with a payment that is locked, whatever becomes of the payment.
func (s *Service) NoteTokenBound(ctx context.Context, tx Tx, c Checkout) error {
	if err := s.Note(ctx, tx, c, Event{Kind: EventTokenBound, Actor: "system"}); err != nil {
		return err
	}
	c.Transaction.TokenBind = true
	return tx.SaveTransaction(ctx, c.Transaction, c.Transaction.Status)
}

// FailUnverified fails a pending transaction that is locked because its cardholder could
// not be verified with the card, in the caller's database transaction, and tells the
// merchant.
func (s *Service) FailUnverified(ctx context.Context, tx Tx, c Checkout, card Card) error {
	if !c.Payable() {
		return ErrNotAllowed
	}
	c.Attempt, c.Transaction.Card = nil, card // no attempt came of it
	return s.move(ctx, tx, c, step{
		kind: EventVerificationFailed, actor: "cardholder", failure: FailedUnverified,
	})
}
