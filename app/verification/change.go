package verification

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/payment"
)

// held is a verification that is locked, with its transaction.
type held struct {
	s        *Service
	tx       Tx
	checkout payment.Checkout
	store    member.Store
	v        Verification
	from     State
	started  *payment.Started // to be authorised once all is committed
}

// change runs do with a live verification and its transaction locked, all in one database
// transaction, and authorises what do has started once that is committed. One whose time
// has passed is ended instead. It returns ErrNotNow when the verification is over.
func (s *Service) change(ctx context.Context, v Verification, do func(context.Context, *held) error) error {
	var (
		started *payment.Started
		late    bool
	)
	err := s.o.Store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		started, late = nil, false
		h, err := s.hold(ctx, tx, v)
		if err != nil {
			return err
		}
		if late = h.late(); late {
			return nil
		}
		if err := do(ctx, h); err != nil {
			return err
		}
		started = h.started
		return nil
	})
	if err != nil {
		return fmt.Errorf("verification %d: %w", v.ID, err)
	}
	if late {
		if err := s.lapse(ctx, v); err != nil {
			return err
		}
		return ErrNotNow.Because(errors.New("its time has passed"))
	}
	if started == nil {
		return nil
	}
	return s.o.Payments.Authorise(ctx, *started)
}

// hold locks a verification behind its transaction: every change locks in that order.
func (s *Service) hold(ctx context.Context, tx Tx, v Verification) (*held, error) {
	c, err := tx.Lock(ctx, v.TransactionID)
	if err != nil {
		return nil, err
	}
	now, err := tx.Hold(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	if !now.State.Live() {
		return nil, ErrNotNow.Because(fmt.Errorf("ended as %s", now.State))
	}
	store, err := s.o.Stores.StoreByID(ctx, c.Transaction.StoreID)
	if err != nil {
		return nil, fmt.Errorf("find the store: %w", err)
	}
	return &held{s: s, tx: tx, checkout: c, store: store, v: now, from: now.State}, nil
}

// tooLate tells that nothing can be paid any more.
func (h *held) tooLate() bool {
	return !h.checkout.Payable() || h.checkout.Request.Expired(h.s.o.Clock.Now()) || h.leftLab()
}

// late tells that the verification has to end, whatever the cardholder wants.
func (h *held) late() bool { return h.tooLate() || !h.s.o.Clock.Now().Before(h.v.ExpiresAt) }

// note adds to the transaction's history.
func (h *held) note(ctx context.Context, kind payment.EventKind, detail string) error {
	return h.s.o.Payments.Note(ctx, h.tx, h.checkout, payment.Event{Kind: kind, Actor: "cardholder", Detail: detail})
}

// save stores the verification as it stands.
func (h *held) save(ctx context.Context) error {
	if !h.v.State.Live() {
		h.v.EndedAt, h.v.Kept = h.s.o.Clock.Now(), nil
	}
	if err := h.tx.Save(ctx, h.v, h.from); err != nil {
		return err
	}
	h.from = h.v.State
	return nil
}

// moveTo takes the verification along the transition table and stores it.
func (h *held) moveTo(ctx context.Context, next State) error {
	if err := h.v.State.To(next); err != nil {
		return err
	}
	h.v.State = next
	if next == Binding || next == Touching {
		h.v.Kept.Ref = ident.NewToken()
		h.v.RefHash, h.v.AnswerHash = h.v.Kept.Ref.Hash(), nil
	}
	return h.save(ctx)
}

// fallBack notes why the Passkey way is left. The first reason is the one that counts.
// Once the Passkey is made there is nothing to fall back from.
func (h *held) fallBack(ctx context.Context, why FellBack) error {
	if !h.v.BoundAt.IsZero() {
		return nil
	}
	if h.v.FellBack == NotFallen {
		h.v.FellBack, h.v.FellBackAt = why, h.s.o.Clock.Now()
	}
	return h.note(ctx, payment.EventPasskeyFellBack, string(why))
}

// askCode goes on with a one-time password. That a code cannot be sent just now keeps
// nobody from the page where it may be asked for again.
func (h *held) askCode(ctx context.Context) error {
	if err := h.moveTo(ctx, Coding); err != nil {
		return err
	}
	err := h.sendCode(ctx)
	if err != nil && fault.KindOf(err) == fault.Throttled {
		h.s.o.Log.WarnContext(ctx, "no code was sent", "verification", h.v.ID, "error", err)
		return nil
	}
	return err
}

func (h *held) sendCode(ctx context.Context) error {
	if h.v.inLab() {
		return nil // the page says it
	}
	card := h.v.Kept.Card
	_, err := h.s.o.Codes.Send(ctx, otp.Request{
		Subject: h.v.subject(), Phone: h.v.Kept.Phone, Card: h.s.o.Keyed.Blind([]byte(card.PAN().Expose())),
		Store: int64(h.store.ID), Merchant: h.store.Name, Amount: h.checkout.Transaction.Amount,
		Last4: h.v.Card.Last4, Language: h.checkout.Request.Language,
	})
	if err != nil {
		return err
	}
	return h.note(ctx, payment.EventOTPSent, "")
}

// pay ends the verification with a payment: with a token, or with the card number when
// charge is nil.
func (h *held) pay(ctx context.Context, by payment.Verification, charge *payment.TokenCharge) error {
	started, err := h.s.o.Payments.Start(ctx, h.tx, payment.Verified{
		TransactionID: h.v.TransactionID, Store: h.store, Card: h.v.Kept.Card, Token: charge,
		Route: payment.Route{Verification: by, Bind: h.v.Route.Bind, Reason: h.v.Route.Reason},
	})
	if err != nil {
		return err
	}
	if started == nil {
		return ErrNotNow.Because(errors.New("the payment is past it"))
	}
	h.v.VerifiedBy, h.v.AttemptID, h.started = by, started.AttemptID(), started
	return h.moveTo(ctx, Verified)
}

// lapse ends a verification whose time has passed. One whose cardholder has passed the
// code goes on to the payment: only the making of the Passkey has not come to its end.
func (s *Service) lapse(ctx context.Context, v Verification) error {
	var started *payment.Started
	err := s.o.Store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		started = nil
		h, err := s.hold(ctx, tx, v)
		if errors.Is(err, ErrNotNow) {
			return nil // somebody else was faster
		}
		if err != nil {
			return err
		}
		switch {
		case !h.late():
			return nil
		case !h.tooLate() && !h.v.OTPPassedAt.IsZero():
			if err := h.fallBack(ctx, TimedOut); err != nil {
				return err
			}
			err = h.pay(ctx, payment.VerifiedOTP, nil)
			started = h.started
			return err
		case h.checkout.Transaction.Status == payment.Pending:
			if err := h.note(ctx, payment.EventVerificationLeft, string(Expired)); err != nil {
				return err
			}
		}
		return h.moveTo(ctx, Expired)
	})
	if err != nil {
		return fmt.Errorf("end verification %d: %w", v.ID, err)
	}
	if started == nil {
		return nil
	}
	return s.o.Payments.Authorise(ctx, *started)
}

// EndDue ends verifications whose time has passed, up to limit, and returns how many it
// looked at. It may run in several processes at once.
func (s *Service) EndDue(ctx context.Context, limit int) (int, error) {
	due, err := s.o.Store.Due(ctx, s.o.Clock.Now(), limit)
	if err != nil {
		return 0, fmt.Errorf("list verifications whose time has passed: %w", err)
	}
	var errs []error
	for _, v := range due {
		errs = append(errs, s.lapse(ctx, v))
	}
	return len(due), errors.Join(errs...)
}

// deadline is when a verification that begins now ends by itself.
func deadline(now time.Time, r payment.Request) time.Time {
	end := now.Add(lifetime)
	if !r.ExpiresAt.IsZero() && r.ExpiresAt.Before(end) {
		return r.ExpiresAt
	}
	return end
}

// newSealKey binds what is sealed to its row; it is the idempotency key towards the card
// network as well.
func newSealKey() string { return rand.Text() }
