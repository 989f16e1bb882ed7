package verification

import (
	"context"
	"errors"
	"fmt"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/token"
)

var (
	// ErrNoPhone tells that the issuer holds no phone of the cardholder, or does not know
	// the card: the payment cannot be verified with it.
	ErrNoPhone = fault.New(fault.Invalid, "verification_no_phone",
		"發卡銀行沒有這張卡片的手機號碼，無法驗證持卡人，請改用其他卡片。").At("card_no")
	// ErrTooOften tells that the transaction has had too many verifications.
	ErrTooOften = fault.New(fault.Throttled, "verification_too_often",
		"此筆訂單的驗證次數過多，請回到商店重新下單。")
)

// Submit takes the card form: it pays at once when no verification is asked for, and
// begins a verification otherwise. What to do next is what Current tells.
//
// The same form again changes nothing; another card ends the verification before. It
// returns what the payment's Check and PayUnverified return, ErrNoPhone, ErrTooOften, and
// otp.ErrTooMany at the card's field.
func (s *Service) Submit(ctx context.Context, ref ident.Token, in payment.CardInput, d payment.Device) error {
	return s.submit(ctx, ref, in, source{device: d})
}

// source is where a card comes from.
type source struct {
	device payment.Device
	server bool   // the merchant's: the cardholder's browser is not there yet
	origin string // of the merchant's page that asks for the Passkey; empty for none
}

func (s *Service) submit(ctx context.Context, ref ident.Token, in payment.CardInput, from source) error {
	c, err := s.o.Payments.Check(ctx, ref, in)
	if err != nil || !c.Checkout.Payable() {
		return err
	}
	facts := c.Facts(from.device)
	scenario := payment.LabScenario("") // the lab has pages alone
	if from.server {
		facts.Device = hoped
	} else if scenario = payment.LabScenarioOf(c.Store, c.Card.PAN()); scenario != "" {
		facts = staged(scenario, facts)
	}
	if payment.ChooseRoute(facts).Verification == payment.Unverified {
		return s.o.Payments.PayUnverified(ctx, c)
	}
	before, err := s.o.Store.Live(ctx, c.Checkout.Transaction.ID)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return fmt.Errorf("look for a verification: %w", err)
	case !s.o.Clock.Now().Before(before.ExpiresAt):
		if err := s.lapse(ctx, before); err != nil {
			return err
		}
	case before.Kept.Card.Same(c.Card):
		return nil
	}
	b := beginning{Checked: c, source: from, checkout: ref}
	if scenario != "" {
		err = s.stage(ctx, scenario, &b, facts)
	} else {
		err = s.lookUp(ctx, &b, facts)
	}
	if err != nil {
		return err
	}
	return s.begin(ctx, b)
}

// lookUp chooses the route by what the issuer and the vault know of the card.
func (s *Service) lookUp(ctx context.Context, b *beginning, f payment.Facts) (err error) {
	if b.phone, err = s.phoneOnFile(ctx, b.Card.PAN()); err != nil {
		return err
	}
	f.PhoneMatches = b.phone != "" && b.phone == b.Card.Payer().Phone
	if b.card, f.HasCredential, err = s.known(ctx, b.Card.PAN()); err != nil {
		return err
	}
	b.route = payment.ChooseRoute(f)
	return nil
}

// phoneOnFile is the phone that the issuer holds, in E.164; empty for none.
func (s *Service) phoneOnFile(ctx context.Context, pan secret.PAN) (string, error) {
	file, err := s.o.Issuer.CardOnFile(ctx, pan)
	switch {
	case errors.Is(err, otp.ErrUnknownCard):
		return "", nil
	case err != nil: // the question goes by way of the acquirer
		return "", payment.ErrAcquirerUnreachable.Because(err)
	}
	return file.Phone, nil
}

// known finds the card in the vault, and whether it has a Passkey.
func (s *Service) known(ctx context.Context, pan secret.PAN) (token.CardID, bool, error) {
	card, err := s.o.Tokens.Find(ctx, pan)
	if errors.Is(err, token.ErrNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("find the card in the vault: %w", err)
	}
	has, err := s.o.Credentials.HasCredential(ctx, int64(card.ID))
	if err != nil {
		return 0, false, fmt.Errorf("look for a passkey: %w", err)
	}
	return card.ID, has, nil
}

// beginning is what a verification begins with.
type beginning struct {
	payment.Checked
	source
	checkout ident.Token
	route    payment.Route
	card     token.CardID
	phone    string // empty for none: it is refused
	lab      payment.LabScenario
}

func (b beginning) verification(s *Service) Verification {
	now, shown := s.o.Clock.Now(), b.Card.Shown()
	v := Verification{
		TransactionID: b.Checkout.Transaction.ID, State: Coding, Route: b.route,
		Card: payment.Card{Brand: shown.Brand, Last4: shown.Last4}, CardID: b.card, Device: b.device,
		CreatedAt: now, ExpiresAt: deadline(now, b.Checkout.Request), SealKey: newSealKey(),
		Kept: &Kept{Card: b.Card, Phone: b.phone}, Lab: b.lab,
	}
	switch {
	case b.phone == "":
		v.State, v.Route.Reason, v.Route.Bind, v.EndedAt, v.Kept = Refused, payment.ReasonNoPhone, false, now, nil
	case b.server:
		v.State, v.Kept.Checkout = Arriving, b.checkout
	case b.route.Bind:
		v.State, v.AskedAt = Choosing, now
	case b.route.Reason == payment.ReasonDeviceUnsupported:
		v.FellBack, v.FellBackAt = Unsupported, now
	}
	return v
}

// begin stores the verification, unless somebody else has begun one with the same form.
func (s *Service) begin(ctx context.Context, b beginning) error {
	var answer error // what is told although it is committed
	err := s.o.Store.InTx(ctx, func(ctx context.Context, tx Tx) (err error) {
		answer = nil
		h := &held{s: s, tx: tx, store: b.Store}
		if h.checkout, err = tx.Lock(ctx, b.Checkout.Transaction.ID); err != nil {
			return err
		}
		switch {
		case !h.checkout.Payable():
			return nil
		case h.tooLate():
			return payment.ErrEnded
		}
		if same, err := h.replace(ctx, b.Card); err != nil || same {
			return err
		}
		n, err := tx.Begun(ctx, b.Checkout.Transaction.ID)
		if err != nil {
			return err
		}
		if n >= begunMax {
			return ErrTooOften
		}
		h.v = b.verification(s)
		h.from = h.v.State
		if h.v.ID, err = tx.Add(ctx, h.v); err != nil {
			return err
		}
		if h.v.State == Refused {
			if !b.server {
				answer = ErrNoPhone
			}
			return h.refuse(ctx, b)
		}
		if err := h.open(ctx); err != nil || b.origin == "" {
			return err
		}
		return h.hand(ctx)
	})
	if err != nil {
		return fmt.Errorf("begin a verification: %w", err)
	}
	return answer
}

// refuse tells that the card cannot be verified. The cardholder may take another card; an
// order that came with its card has failed.
func (h *held) refuse(ctx context.Context, b beginning) error {
	err := h.note(ctx, payment.EventVerificationRefused, string(h.v.Route.Reason))
	if err != nil || !b.server {
		return err
	}
	return h.s.o.Payments.FailUnverified(ctx, h.tx, h.checkout, b.Card.Shown())
}

// replace ends the live verification that the transaction has, if any; same tells that it
// is of the same form and stays.
func (h *held) replace(ctx context.Context, card payment.CheckedCard) (same bool, err error) {
	live, err := h.tx.HoldLive(ctx, h.checkout.Transaction.ID)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil || live.Kept.Card.Same(card) {
		return true, err
	}
	h.v, h.from = live, live.State
	return false, h.leave(ctx)
}

// leave ends the verification for another card.
func (h *held) leave(ctx context.Context) error {
	if err := h.moveTo(ctx, Left); err != nil {
		return err
	}
	return h.note(ctx, payment.EventVerificationLeft, string(UseOtherCard))
}

// open tells of a new verification and takes its first step.
func (h *held) open(ctx context.Context) error {
	if err := h.note(ctx, payment.EventVerificationBegun, string(h.v.Route.Reason)); err != nil {
		return err
	}
	switch h.v.State {
	case Arriving:
		return nil
	case Choosing:
		return h.note(ctx, payment.EventPasskeyAsked, string(h.v.offer()))
	}
	if h.v.FellBack != NotFallen {
		if err := h.note(ctx, payment.EventPasskeyFellBack, string(h.v.FellBack)); err != nil {
			return err
		}
	}
	err := h.sendCode(ctx)
	if errors.Is(err, otp.ErrTooMany) {
		return otp.ErrTooMany.At("card_no").Because(err)
	}
	return err
}
