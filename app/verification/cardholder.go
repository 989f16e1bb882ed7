package verification

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
)

// ErrChoice tells of a choice that does not exist.
var ErrChoice = fault.New(fault.Invalid, "verification_choice", "請選擇驗證方式。")

// stale turns what a page from before asks for into nothing: the page is loaded anew and
// shows the step that it has come to.
func stale(err error) error {
	if errors.Is(err, ErrNotNow) || errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// Choose answers what the cardholder was asked, or takes another way. A choice that the
// present step does not have changes nothing. It returns ErrChoice,
// payment.ErrAcquirerUnreachable and payment.ErrNotFound.
func (s *Service) Choose(ctx context.Context, token ident.Token, choice Choice) error {
	v, err := s.live(ctx, token)
	if err != nil {
		return stale(err)
	}
	return stale(s.change(ctx, v, func(ctx context.Context, h *held) error { return h.choose(ctx, choice) }))
}

func (h *held) choose(ctx context.Context, choice Choice) error {
	bind := h.v.offer() == OfferBind
	switch choice {
	case UseOtherCard:
		return h.leave(ctx)
	case ChooseBind:
		if !bind {
			return ErrNotNow
		}
		h.v.ChosenAt = h.s.o.Clock.Now()
		if h.v.State == Offering {
			return h.bind(ctx)
		}
		return h.askCode(ctx)
	case UsePasskey:
		if h.v.offer() != OfferUse {
			return ErrNotNow
		}
		h.v.ChosenAt = h.s.o.Clock.Now()
		return h.use(ctx)
	case SkipBind, UseOTP:
		return h.giveUp(ctx, ChoseOTP)
	}
	return ErrChoice
}

// giveUp leaves the Passkey way: for the code, or for the payment when the code has been
// passed.
func (h *held) giveUp(ctx context.Context, why FellBack) error {
	if h.v.State == Coding {
		return ErrNotNow
	}
	if err := h.fallBack(ctx, why); err != nil {
		return err
	}
	if h.v.OTPPassedAt.IsZero() {
		return h.askCode(ctx)
	}
	return h.pay(ctx, payment.VerifiedOTP, nil)
}

// reasons are why a page may fall back.
var reasons = []FellBack{Unsupported, NoCredential, ChoseOTP, Cancelled, TimedOut, FailedHere, OptedOut}

// FallBack leaves the Passkey way at the making or the using of one, for the reason that
// the page saw. It returns ErrChoice for a reason that does not exist, ErrNotFound, and
// ErrNotNow when the verification has gone on meanwhile.
func (s *Service) FallBack(ctx context.Context, ref ident.Token, why FellBack) error {
	if !slices.Contains(reasons, why) {
		return ErrChoice
	}
	v, err := s.byRef(ctx, ref, Binding, Touching)
	if err != nil {
		return err
	}
	return s.leavePasskey(ctx, v, why)
}

func (s *Service) leavePasskey(ctx context.Context, v Verification, why FellBack) error {
	return s.change(ctx, v, func(ctx context.Context, h *held) error {
		if err := h.still(v); err != nil {
			return err
		}
		return h.giveUp(ctx, why)
	})
}

// still returns ErrNotNow unless the verification is at the step at which it was found.
func (h *held) still(found Verification) error {
	if h.v.State != found.State || !slices.Equal(h.v.RefHash, found.RefHash) {
		return ErrNotNow.Because(fmt.Errorf("in state %s, not %s", h.v.State, found.State))
	}
	return nil
}

// wrongCode tells of a code that did not pass.
func wrongCode(o otp.Outcome) error {
	switch o.Result {
	case otp.Expired:
		return fault.New(fault.Invalid, "otp_expired", "驗證碼已過期，請重新寄送。").At("otp")
	case otp.Spent:
		return fault.New(fault.Invalid, "otp_tries_spent",
			fmt.Sprintf("驗證碼已輸入錯誤 %d 次，請重新寄送。", otp.TriesMax)).At("otp")
	}
	return fault.New(fault.Invalid, "otp_wrong",
		fmt.Sprintf("驗證碼不正確，還可以再試 %d 次。", o.TriesLeft)).At("otp")
}

// EnterOTP tries the one-time password. The right one leads on: to the payment, to the
// making of the Passkey that was chosen, or to the offer to bind on a new device. A wrong
// one is a fault at the field otp, which tells how many tries are left; when no try and no
// further code is left the transaction fails. It returns payment.ErrAcquirerUnreachable,
// otp.ErrMalformed, otp.ErrNone and payment.ErrNotFound.
func (s *Service) EnterOTP(ctx context.Context, token ident.Token, code secret.String) error {
	v, err := s.live(ctx, token)
	if err != nil {
		return stale(err)
	}
	var wrong error // told although the try is committed
	err = s.change(ctx, v, func(ctx context.Context, h *held) error {
		wrong = nil
		if h.v.State != Coding {
			return ErrNotNow
		}
		outcome, err := h.check(ctx, code)
		switch {
		case err != nil:
			return err
		case outcome.Result == otp.Right:
			return h.passed(ctx)
		}
		if err := h.note(ctx, payment.EventOTPFailed, ""); err != nil {
			return err
		}
		if outcome.Over() {
			return h.fail(ctx)
		}
		wrong = wrongCode(outcome)
		return nil
	})
	if err != nil {
		return stale(err)
	}
	return wrong
}

// fail ends the payment: its cardholder cannot be verified any more.
func (h *held) fail(ctx context.Context) error {
	card := h.v.Kept.Card.Shown()
	if err := h.moveTo(ctx, Failed); err != nil {
		return err
	}
	return h.s.o.Payments.FailUnverified(ctx, h.tx, h.checkout, card)
}

// passed goes on after a good code.
func (h *held) passed(ctx context.Context) error {
	h.v.OTPPassedAt = h.s.o.Clock.Now()
	if err := h.note(ctx, payment.EventOTPPassed, ""); err != nil {
		return err
	}
	if err := h.s.o.Credentials.Trust(ctx, h.v.cardholder()); err != nil {
		return err
	}
	switch {
	case h.v.FellBack == OptedOut:
		if err := h.forget(ctx, "持卡人於付款時選擇停用 Passkey"); err != nil {
			return err
		}
	case h.v.wantsBinding():
		return h.bind(ctx)
	case h.v.FellBack == NoCredential && h.bindUntil():
		if err := h.note(ctx, payment.EventPasskeyAsked, string(OfferBind)); err != nil {
			return err
		}
		return h.moveTo(ctx, Offering)
	}
	return h.pay(ctx, payment.VerifiedOTP, nil)
}

// ResendOTP sends another code, which ends the one before. It returns otp.ErrTooSoon,
// otp.ErrTooMany, otp.ErrSpent and payment.ErrNotFound.
func (s *Service) ResendOTP(ctx context.Context, token ident.Token) error {
	v, err := s.live(ctx, token)
	if err != nil {
		return stale(err)
	}
	return stale(s.change(ctx, v, func(ctx context.Context, h *held) error {
		if h.v.State != Coding {
			return ErrNotNow
		}
		if h.v.inLab() {
			return ErrLabNoResend
		}
		return h.sendCode(ctx)
	}))
}
