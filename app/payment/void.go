package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// voidPauseMax is the longest pause before the acquirer is asked again for a void.
const voidPauseMax = 10 * time.Minute

// reverse asks the acquirer for a void and records what came of it. No answer is
// not an error: the void stays requested.
func (s *Service) reverse(ctx context.Context, o Operation, authorisation string) (Operation, error) {
	asking, cancel := context.WithTimeout(ctx, s.timing.Authorise)
	defer cancel()
	unanswered := s.acquirer.Reverse(asking, authorisation)
	if unanswered != nil {
		s.log.WarnContext(ctx, "void without an answer", "operation", o.ID, "tries", o.Tries, "error", unanswered)
	}
	var now Operation
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		l, err := tx.LockLedger(ctx, o.TransactionID)
		if err != nil {
			return err
		}
		void := l.operation(o.ID)
		if void == nil {
			return fmt.Errorf("operation %d is gone", o.ID)
		}
		switch {
		case void.State != Requested: // another process was faster
		case unanswered == nil:
			err = s.keep(ctx, tx, reversal(Received, o.TransactionID, authorisation))
			if err == nil {
				err = s.advance(ctx, tx, &l, movement{operation: void, to: Done, actor: "acquirer"})
			}
		default:
			void.NextTryAt = s.clock.Now().Add(pause(s.timing.Inquire, voidPauseMax, void.Tries))
			void.Tries++
			err = tx.SaveOperation(ctx, *void, Requested)
		}
		now = *void
		return err
	})
	if err != nil {
		return o, fmt.Errorf("record the void of transaction %d: %w", o.TransactionID, err)
	}
	return now, nil
}

// VoidsDue asks the acquirer again for voids that have no answer yet, up to limit,
// and returns how many it looked at. It may run in several processes at once.
func (s *Service) VoidsDue(ctx context.Context, limit int) (int, error) {
	ids, err := s.store.DueVoids(ctx, s.clock.Now(), limit)
	if err != nil {
		return 0, fmt.Errorf("list voids without an answer: %w", err)
	}
	errs := make([]error, len(ids))
	var group errgroup.Group
	group.SetLimit(inquiriesAtOnce)
	for i, id := range ids {
		group.Go(func() error {
			errs[i] = s.voidAgain(ctx, id)
			return nil
		})
	}
	_ = group.Wait() // the errors are in errs
	return len(ids), errors.Join(errs...)
}

func (s *Service) voidAgain(ctx context.Context, id ID) error {
	var l Ledger
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) (err error) {
		l, err = tx.LockLedger(ctx, id)
		return err
	})
	if err != nil {
		return err
	}
	void := open(l.Operations, Void)
	if void == nil || void.NextTryAt.After(s.clock.Now()) {
		return nil
	}
	_, err = s.reverse(ctx, *void, l.RequestID)
	return err
}
