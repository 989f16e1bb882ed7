package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
)

// ErrCloseEarly tells that a day's 21:00 has not come yet.
var ErrCloseEarly = fault.New(fault.Refused, "close_early", "還沒到該日 21:00 關帳時間。")

// Closed counts what a close has done.
type Closed struct {
	Captures int // sent, or in test mode done
	Refunds  int // sent, or in test mode done
	Batches  int // taken by the acquirer
}

const (
	closesAtOnce = 4 // rows that one process closes at a time
	// collectFor is how long a batch may collect: what collects longer belongs to a
	// process that died, and is sealed by another.
	collectFor = time.Minute
	// batchPauseFirst and batchPauseMax frame the pauses of the sweeps.
	batchPauseFirst = 5 * time.Second
	batchPauseMax   = 10 * time.Minute
)

// Close sends what was requested for the close of the day and of earlier days: to
// the acquirer in batches, and where that was cut short, the same batch again.
//
// It may be called again and by several processes at once: an operation goes into
// one batch, and a batch is one to the acquirer however often it arrives. In test
// mode no acquirer is asked: what was requested is done. It returns ErrCloseEarly
// and, beside the counts, what went wrong with single rows or with the acquirer.
func (s *Service) Close(ctx context.Context, day clock.Date) (Closed, error) {
	if s.clock.Now().Before(CloseOf(day)) {
		return Closed{}, ErrCloseEarly.Because(fmt.Errorf("close of %s", day))
	}
	return s.close(ctx, day, time.Time{})
}

// CloseDue closes the latest day whose 21:00 has passed, and what was left open
// before. It costs two looks at an index when there is nothing.
func (s *Service) CloseDue(ctx context.Context, _ int) (int, error) {
	now := s.clock.Now()
	done, err := s.close(ctx, CloseDayOf(now).AddDays(-1), now)
	return done.Captures + done.Refunds, err
}

// close closes a day. With dueBy, batches whose next try is later are left.
func (s *Service) close(ctx context.Context, day clock.Date, dueBy time.Time) (Closed, error) {
	var done Closed
	var errs []error
	for after := (DueOperation{}); ctx.Err() == nil; {
		due, err := s.store.DueOperations(ctx, day, after, batchItemsMax)
		if err != nil {
			return done, errors.Join(append(errs, fmt.Errorf("list what waits for the close: %w", err))...)
		}
		if len(due) == 0 {
			break
		}
		after = due[len(due)-1]
		errs = append(errs, s.collect(ctx, day, due, &done))
	}
	var err error
	done.Batches, err = s.deliver(ctx, dueBy)
	return done, errors.Join(append(errs, err, ctx.Err())...)
}

// collect moves due operations into a batch, one database transaction each, and
// fixes the batch.
func (s *Service) collect(ctx context.Context, day clock.Date, due []DueOperation, done *Closed) error {
	b := Batch{RequestID: NewKey(), Day: day, State: BatchCollecting, CreatedAt: s.clock.Now()}
	var err error
	if b.ID, err = s.store.AddBatch(ctx, b); err != nil {
		return fmt.Errorf("open a batch: %w", err)
	}
	errs, kinds := make([]error, len(due)), make([]OperationKind, len(due))
	var group errgroup.Group
	group.SetLimit(closesAtOnce)
	for i, d := range due {
		group.Go(func() error {
			if kinds[i], errs[i] = s.send(ctx, d, b); errs[i] != nil {
				errs[i] = fmt.Errorf("close operation %d: %w", d.ID, errs[i])
			}
			return nil
		})
	}
	_ = group.Wait() // the errors are in errs
	for _, kind := range kinds {
		switch kind {
		case Capture:
			done.Captures++
		case Refund:
			done.Refunds++
		}
	}
	if err := s.store.SealBatch(ctx, b.ID); err != nil {
		errs = append(errs, fmt.Errorf("seal batch %d: %w", b.ID, err))
	}
	return errors.Join(errs...)
}

// send puts one operation into the batch, and returns its kind; none where it no
// longer waits.
func (s *Service) send(ctx context.Context, d DueOperation, b Batch) (OperationKind, error) {
	var kind OperationKind
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		kind = ""
		l, err := tx.LockLedger(ctx, d.TransactionID)
		if err != nil {
			return err
		}
		o := l.operation(d.ID)
		if o == nil || o.State != Requested {
			return nil // undone, or another process was faster
		}
		if !l.Simulated {
			held, err := tx.HoldBatch(ctx, b.ID)
			if err != nil || !held { // sealed by another process: the next close takes it
				return err
			}
			o.BatchID = b.ID
			line := Message{l.Transaction.ID, Told, MessageBatch, s.clock.Now(), l.line(*o).fields()}
			if err := s.keep(ctx, tx, line); err != nil {
				return err
			}
		}
		if err := s.advance(ctx, tx, &l, movement{operation: o, to: Sent, actor: "system"}); err != nil {
			return err
		}
		if l.Simulated {
			err = s.advance(ctx, tx, &l, movement{operation: o, to: Done, actor: "system", code: codeDone})
		}
		kind = o.Kind
		return err
	})
	if err != nil {
		return "", err
	}
	return kind, nil
}

// line is an operation as BatchItems gives it to the acquirer.
func (l *Ledger) line(o Operation) BatchLine {
	t := l.Transaction
	return BatchLine{
		ID: o.RequestID, Kind: o.Kind, RequestID: l.RequestID, MerchantID: l.MerchantID, TradeNo: string(t.TradeNo),
		Authorised: t.Amount, AuthorisedAt: t.AuthorisedAt, AuthCode: t.AuthCode, Amount: o.Amount,
	}
}

// codeDone is the bank's code for what it has done.
const codeDone = "00"

// deliver hands sealed batches to the acquirer in the order in which they were made,
// since a refund may hang on a capture of an earlier one, and stops at the first that
// it does not take. It returns how many it took.
func (s *Service) deliver(ctx context.Context, dueBy time.Time) (int, error) {
	left, err := s.store.Batches(ctx, BatchFilter{
		State: BatchCollecting, Before: s.clock.Now().Add(-collectFor), AtMost: batchesAtOnce,
	})
	if err != nil {
		return 0, fmt.Errorf("list batches that were left: %w", err)
	}
	for _, b := range left {
		if err := s.store.SealBatch(ctx, b.ID); err != nil {
			return 0, fmt.Errorf("seal batch %d: %w", b.ID, err)
		}
	}
	taken := 0
	for after := BatchID(0); ; {
		sealed, err := s.store.Batches(ctx, BatchFilter{State: BatchSealed, After: after, AtMost: batchesAtOnce})
		if err != nil || len(sealed) == 0 {
			return taken, err
		}
		for _, b := range sealed {
			if !dueBy.IsZero() && b.NextTryAt.After(dueBy) {
				return taken, nil
			}
			if err := s.handOver(ctx, b); err != nil {
				return taken, err
			}
			taken++
		}
		after = sealed[len(sealed)-1].ID
	}
}

const batchesAtOnce = 50

// handOver sends one batch and records that the acquirer has it.
func (s *Service) handOver(ctx context.Context, b Batch) error {
	items, err := s.store.BatchItems(ctx, b.ID)
	if err != nil {
		return fmt.Errorf("read batch %d: %w", b.ID, err)
	}
	if err := s.acquirer.SendBatch(ctx, b.request(items)); err != nil {
		return errors.Join(fmt.Errorf("send batch %d: %w", b.ID, err), s.tryLater(ctx, b))
	}
	now := s.clock.Now()
	b.State, b.SentAt, b.Tries, b.NextTryAt = BatchSent, now, 0, now
	if _, err := s.store.SaveBatch(ctx, b, BatchSealed); err != nil {
		return fmt.Errorf("record that batch %d is sent: %w", b.ID, err)
	}
	return nil
}

// tryLater notes when the sweep comes back to a batch.
func (s *Service) tryLater(ctx context.Context, b Batch) error {
	b.NextTryAt = s.clock.Now().Add(pause(batchPauseFirst, batchPauseMax, b.Tries))
	b.Tries++
	if _, err := s.store.SaveBatch(context.WithoutCancel(ctx), b, b.State); err != nil {
		return fmt.Errorf("put batch %d off: %w", b.ID, err)
	}
	return nil
}
