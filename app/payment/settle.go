package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
)

// ErrSettleEarly tells of a day that has not begun yet.
var ErrSettleEarly = fault.New(fault.Refused, "settle_early", "還沒到該日，不能撥款。")

// PayoutDays is how many days after the bank's confirmation a capture is paid out
// at the earliest.
const PayoutDays = 3

// Settled counts what a settlement has done.
type Settled struct {
	Batches  int // answered by the bank and booked
	Captured int // captures that the bank confirmed
	Refunded int // refunds that the bank confirmed
	Refused  int // captures and refunds that the bank refused
	PaidOut  int // transactions
}

// add counts one operation that was booked.
func (n *Settled) add(o Operation) {
	switch {
	case o.State == Refused:
		n.Refused++
	case o.Kind == Capture:
		n.Captured++
	case o.Kind == Refund:
		n.Refunded++
	}
}

// Settle fetches the bank's answers for batches of the day and of earlier ones and
// books them, and pays out what is due by the day.
//
// It may be called again and by several processes at once: what is booked is left.
// It returns ErrSettleEarly and, beside the counts, what went wrong with single
// batches or rows.
func (s *Service) Settle(ctx context.Context, day clock.Date) (Settled, error) {
	if clock.DateOf(s.clock.Now()).Before(day) {
		return Settled{}, ErrSettleEarly.Because(fmt.Errorf("settlement of %s", day))
	}
	return s.settle(ctx, day, time.Time{})
}

// SettleDue settles up to now. It costs two looks at an index when nothing is due.
func (s *Service) SettleDue(ctx context.Context, _ int) (int, error) {
	now := s.clock.Now()
	done, err := s.settle(ctx, clock.DateOf(now), now)
	return done.Batches + done.PaidOut, err
}

// settle settles a day. With dueBy, batches whose next try is later are left.
func (s *Service) settle(ctx context.Context, day clock.Date, dueBy time.Time) (Settled, error) {
	var done Settled
	var errs []error
	for after := BatchID(0); ctx.Err() == nil; {
		sent, err := s.store.Batches(ctx, BatchFilter{
			State: BatchSent, Day: day, DueBy: dueBy, After: after, AtMost: batchesAtOnce,
		})
		if err != nil {
			return done, errors.Join(append(errs, fmt.Errorf("list batches without answers: %w", err))...)
		}
		if len(sent) == 0 {
			break
		}
		after = sent[len(sent)-1].ID
		for _, b := range sent {
			if err := s.settleBatch(ctx, b, &done); err != nil {
				errs = append(errs, fmt.Errorf("settle batch %d: %w", b.ID, err), s.tryLater(ctx, b))
			}
		}
	}
	return done, errors.Join(append(errs, s.payOut(ctx, day, &done), ctx.Err())...)
}

// ErrBatchAnswer tells that the bank's answers are not those of the batch.
var ErrBatchAnswer = errors.New("payment: the bank's answers do not fit the batch")

// settleBatch fetches the bank's answers for one batch and books them, one database
// transaction each.
func (s *Service) settleBatch(ctx context.Context, b Batch, done *Settled) error {
	items, err := s.store.BatchItems(ctx, b.ID)
	if err != nil {
		return err
	}
	answers, ready, err := s.answers(ctx, b.request(items))
	if err != nil {
		return err
	}
	if !ready {
		return s.tryLater(ctx, b)
	}
	var errs []error
	for _, item := range items {
		a := ItemAnswer{Done: true, RespondCode: codeDone}
		if !item.Simulated {
			a = answers[item.ID]
		}
		if err := s.confirm(ctx, item, a, done); err != nil {
			errs = append(errs, fmt.Errorf("operation %d: %w", item.OperationID, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	b.State, b.AnsweredAt, b.Tries, b.NextTryAt = BatchAnswered, s.clock.Now(), 0, time.Time{}
	saved, err := s.store.SaveBatch(ctx, b, BatchSent)
	if saved {
		done.Batches++
	}
	return err
}

// answers fetches the bank's answers by line: exactly those of the batch's lines.
func (s *Service) answers(ctx context.Context, r BatchRequest) (map[string]ItemAnswer, bool, error) {
	if len(r.Lines) == 0 {
		return nil, true, nil
	}
	list, ready, err := s.acquirer.BatchAnswer(ctx, r.ID)
	if errors.Is(err, ErrUnknownRequest) { // the acquirer has lost it, or took it before batches were kept
		if err = s.acquirer.SendBatch(ctx, r); err == nil {
			list, ready, err = s.acquirer.BatchAnswer(ctx, r.ID)
		}
	}
	if err != nil || !ready {
		return nil, false, err
	}
	byID := map[string]ItemAnswer{}
	for _, a := range list {
		byID[a.ID] = a
	}
	fits := len(list) == len(r.Lines)
	for _, line := range r.Lines {
		_, ok := byID[line.ID]
		fits = fits && ok
	}
	if !fits {
		return nil, false, fmt.Errorf("%w: %d answers for %d lines", ErrBatchAnswer, len(list), len(r.Lines))
	}
	return byID, true, nil
}

// confirm books the bank's answer about one operation. One that is booked already
// is left.
func (s *Service) confirm(ctx context.Context, item BatchItem, a ItemAnswer, done *Settled) error {
	var booked []Operation
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		booked = nil
		l, err := tx.LockLedger(ctx, item.TransactionID)
		if err != nil {
			return err
		}
		o := l.operation(item.OperationID)
		if o == nil {
			return errors.New("the operation is gone")
		}
		if o.State != Sent {
			if a.Done != (o.State == Done) {
				s.log.ErrorContext(ctx, "the bank's answer differs from what is booked",
					"operation", o.ID, "state", o.State, "respond_code", a.RespondCode)
			}
			return nil
		}
		if !item.Simulated {
			said := Message{TransactionID: l.Transaction.ID, Direction: Received, Kind: MessageBatch, Fields: a.fields()}
			if err := s.keep(ctx, tx, said); err != nil {
				return err
			}
		}
		if !a.Done {
			booked, err = s.refuse(ctx, tx, &l, o, a.RespondCode)
			return err
		}
		booked = []Operation{{Kind: o.Kind, State: Done}}
		m := movement{operation: o, to: Done, actor: "acquirer", code: a.RespondCode}
		if err := s.advance(ctx, tx, &l, m); err != nil || o.Kind != Capture || !l.PaysOut {
			return err
		}
		return tx.OwePayout(ctx, l.Transaction.ID, clock.DateOf(l.Transaction.CapturedAt).AddDays(PayoutDays))
	})
	if err != nil {
		return err
	}
	for _, o := range booked {
		done.add(o)
	}
	return nil
}

// refuse books that the bank refused an operation. A refund that hangs on a refused
// capture falls with it: there is nothing to pay back.
func (s *Service) refuse(ctx context.Context, tx Tx, l *Ledger, o *Operation, code string) ([]Operation, error) {
	var fallen []Operation
	if refund := open(l.Operations, Refund); o.Kind == Capture && refund != nil {
		m := movement{operation: refund, to: Refused, actor: "system", code: code}
		if err := s.advance(ctx, tx, l, m); err != nil {
			return nil, err
		}
		fallen = append(fallen, *refund)
	}
	err := s.advance(ctx, tx, l, movement{operation: o, to: Refused, actor: "acquirer", code: code})
	return append(fallen, *o), err
}

// payOut pays out what is due by the day.
func (s *Service) payOut(ctx context.Context, day clock.Date, done *Settled) error {
	var errs []error
	for after := ID(0); ctx.Err() == nil; {
		ids, err := s.store.DuePayouts(ctx, day, after, batchItemsMax)
		if err != nil {
			return errors.Join(append(errs, fmt.Errorf("list due payouts: %w", err))...)
		}
		if len(ids) == 0 {
			break
		}
		after = ids[len(ids)-1]
		for _, id := range ids {
			paid, err := s.payOutOne(ctx, id)
			if err != nil {
				errs = append(errs, fmt.Errorf("pay out transaction %d: %w", id, err))
			}
			if paid {
				done.PaidOut++
			}
		}
	}
	return errors.Join(errs...)
}

// payOutOne pays out what is left of one transaction, once. While a refund is open the
// payout waits: the refund may yet be undone or refused, and what it is of would never be
// paid out.
func (s *Service) payOutOne(ctx context.Context, id ID) (paid bool, err error) {
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		paid = false
		l, err := tx.LockLedger(ctx, id)
		if err != nil {
			return err
		}
		left := MoneyOf(l.Transaction).Refundable
		switch {
		case !l.Transaction.SettledAt.IsZero():
		case open(l.Operations, Refund) != nil:
			return nil
		case left > 0:
			paid = true
			if err := s.book(ctx, tx, &l, entry{kind: EventSettled, amount: left, actor: "system"}); err != nil {
				return err
			}
		}
		return tx.EndPayout(ctx, id)
	})
	return paid && err == nil, err
}
