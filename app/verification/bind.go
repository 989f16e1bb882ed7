package verification

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/token"
)

// cardholder is the verification as the relying party knows it.
func (v Verification) cardholder() cardholder.Subject { return cardholder.Subject(v.ID) }

// bindUntil limits the making of a Passkey; false tells that there is no time for it.
func (h *held) bindUntil() bool {
	now := h.s.o.Clock.Now()
	end := now.Add(bindTime)
	if last := h.v.CreatedAt.Add(lifetime); last.Before(end) {
		end = last
	}
	if limit := h.checkout.Request.ExpiresAt; !limit.IsZero() && limit.Add(-bindMargin).Before(end) {
		end = limit.Add(-bindMargin)
	}
	if !end.After(now) {
		return false
	}
	h.v.ExpiresAt = end
	return true
}

// bind goes on to the making of the Passkey, or without one when there is no time.
func (h *held) bind(ctx context.Context) error {
	if h.bindUntil() {
		return h.moveTo(ctx, Binding)
	}
	if err := h.fallBack(ctx, TimedOut); err != nil {
		return err
	}
	return h.pay(ctx, payment.VerifiedOTP, nil)
}

// forget takes all Passkeys from a card, such as when its cardholder has opted out, and has
// passed a code since.
func (h *held) forget(ctx context.Context, reason string) error {
	list, err := h.s.o.Credentials.List(ctx, int64(h.v.CardID))
	if err != nil {
		return err
	}
	for _, c := range list {
		if !c.Revocation.At.IsZero() {
			continue
		}
		err := h.s.o.Credentials.Revoke(ctx, int64(h.v.CardID), c.ID, cardholder.Revocation{
			By: cardholder.ByCardholder, Reason: reason,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// BeginBind makes the challenge for the new Passkey. It is called from the relying party's
// origin. It returns ErrCaller, ErrNotFound, ErrNotNow and cardholder.ErrFull.
func (s *Service) BeginBind(ctx context.Context, ref ident.Token, from Caller) (cardholder.Ceremony, error) {
	v, err := s.byRef(ctx, ref, Binding)
	if err != nil {
		return cardholder.Ceremony{}, err
	}
	_, store, err := s.order(ctx, v)
	if err != nil {
		return cardholder.Ceremony{}, err
	}
	if err := s.mayCall(from, store, s.relyingParty); err != nil {
		return cardholder.Ceremony{}, err
	}
	card := v.CardID
	if v.inLab() {
		card = 0 // the same device may bind again and again: what it has already is replaced
	}
	return s.o.Credentials.BeginRegistration(ctx, cardholder.Registration{
		Subject: v.cardholder(), CardID: int64(card), Name: v.cardName(), DisplayName: v.cardName(),
		Origin: from.Origin, TopOrigin: from.TopOrigin,
	})
}

// FinishBind stores the new Passkey with the card's token, and pays with the token. What
// does not verify, or gets no token, is paid with the card number: the cardholder has
// passed a code. The same answer again changes nothing. It returns ErrNotFound, ErrNotNow
// and payment.ErrAcquirerUnreachable.
func (s *Service) FinishBind(ctx context.Context, ref ident.Token, a cardholder.Answer) error {
	v, err := s.byRef(ctx, ref, Binding)
	if err != nil {
		return s.again(v, a, err)
	}
	claimed, err := s.claim(ctx, v, a)
	if err != nil || !claimed {
		return err
	}
	registered, err := s.o.Credentials.VerifyRegistration(ctx, v.cardholder(), a)
	if err != nil {
		return s.withoutPasskey(ctx, v, FailedHere, err)
	}
	// From here on the outcome is recorded even if the cardholder leaves.
	ctx = context.WithoutCancel(ctx)
	provisioned, err := s.provision(ctx, v)
	if err != nil {
		return s.withoutPasskey(ctx, v, FailedHere, err)
	}
	if err := s.keepPasskey(ctx, v, registered, provisioned); err != nil {
		return s.withoutPasskey(ctx, v, FailedHere, err)
	}
	charge := s.cryptogram(ctx, v)
	return s.change(ctx, v, func(ctx context.Context, h *held) error {
		if err := h.still(v); err != nil {
			return err
		}
		return h.pay(ctx, payment.VerifiedOTP, h.charge(charge))
	})
}

// withoutPasskey goes on without a Passkey that could not be made or used. Trouble of
// ours is told as such; a copied Passkey, or one that is not what it was, is an alert.
func (s *Service) withoutPasskey(ctx context.Context, v Verification, why FellBack, cause error) error {
	if errors.Is(cause, ErrNotNow) {
		return cause
	}
	if err := s.alert(ctx, v, cause); err != nil {
		return err
	}
	level := slog.LevelWarn
	if fault.KindOf(cause) == fault.Internal {
		level = slog.LevelError
	}
	s.o.Log.Log(ctx, level, "the payment goes on without a passkey", "verification", v.ID, "error", cause)
	return s.leavePasskey(ctx, v, why)
}

// claim notes that an answer is being worked on; false tells that it was before. The
// answer is used up by the relying party, so that a second post of it would look forged.
func (s *Service) claim(ctx context.Context, v Verification, a cardholder.Answer) (claimed bool, err error) {
	hash := ident.Token(a.Token).Hash()
	err = s.change(ctx, v, func(ctx context.Context, h *held) error {
		if err := h.still(v); err != nil {
			return err
		}
		if claimed = !slices.Equal(h.v.AnswerHash, hash); !claimed {
			return nil
		}
		h.v.AnswerHash = hash
		return h.save(ctx)
	})
	return claimed && err == nil, err
}

// again tells that an answer was worked on before the verification went on, which is no
// error: two posts of one answer see the same page.
func (s *Service) again(v Verification, a cardholder.Answer, err error) error {
	if errors.Is(err, ErrNotNow) && slices.Equal(v.AnswerHash, ident.Token(a.Token).Hash()) {
		return nil
	}
	return err
}

// provision asks the card network for a token, unless the card has one that is not
// deleted: then it returns nil. It is called outside a database transaction.
func (s *Service) provision(ctx context.Context, v Verification) (*token.Provisioned, error) {
	if v.inLab() {
		return nil, nil // no network knows the card
	}
	card := v.Kept.Card
	known, err := s.o.Tokens.Find(ctx, card.PAN())
	switch {
	case err == nil && (known.Status == token.Active || known.Status == token.Suspended):
		return nil, nil
	case err != nil && !errors.Is(err, token.ErrNotFound):
		return nil, fmt.Errorf("find the card in the vault: %w", err)
	}
	provisioned, err := s.o.Tokens.Provision(ctx, token.ProvisionRequest{
		RequestID: v.SealKey, PAN: card.PAN(), Expiry: card.Shown().Expiry,
	})
	if err != nil {
		return nil, fmt.Errorf("provision a token: %w", err)
	}
	return &provisioned, nil
}

// keepToken stores a new token of the card, in the transaction of the change.
func (h *held) keepToken(ctx context.Context, p *token.Provisioned) error {
	if h.v.inLab() {
		return h.forget(ctx, "Passkey 實驗室：由新的 Passkey 取代")
	}
	if p == nil {
		card, err := h.s.o.Tokens.Find(ctx, h.v.Kept.Card.PAN())
		h.v.CardID = card.ID
		return err
	}
	card, first, err := h.s.o.Tokens.Keep(ctx, *p, int64(h.v.TransactionID))
	if err != nil {
		return err
	}
	h.v.CardID = card.ID
	if !first {
		return nil
	}
	return h.s.o.Payments.NoteTokenBound(ctx, h.tx, h.checkout)
}

// keepPasskey stores the new Passkey and token: the binding has happened, whatever
// becomes of the payment.
func (s *Service) keepPasskey(
	ctx context.Context, v Verification, r cardholder.Registered, p *token.Provisioned,
) error {
	return s.change(ctx, v, func(ctx context.Context, h *held) error {
		if err := h.still(v); err != nil {
			return err
		}
		if err := h.keepToken(ctx, p); err != nil {
			return err
		}
		facts := cardholder.Facts{TransactionID: int64(v.TransactionID), Browser: v.Device.Browser}
		if !v.inLab() {
			facts.Mail = h.v.Kept.Card.Payer().Email
		}
		_, err := s.o.Credentials.StoreRegistration(ctx, int64(h.v.CardID), r, facts)
		if err != nil {
			return err
		}
		if err := h.note(ctx, payment.EventPasskeyBound, ""); err != nil {
			return err
		}
		h.v.BoundAt = s.o.Clock.Now()
		return h.save(ctx)
	})
}

// cryptogram makes the card's token payable for this payment, outside a database
// transaction; nil tells that the card number is to be charged.
func (s *Service) cryptogram(ctx context.Context, v Verification) *token.Payable {
	if v.inLab() {
		return nil
	}
	c, store, err := s.order(ctx, v)
	if err != nil {
		s.o.Log.ErrorContext(ctx, "cryptogram", "verification", v.ID, "error", err)
		return nil
	}
	card, err := s.o.Tokens.Find(ctx, v.Kept.Card.PAN())
	if err == nil && !card.Payable() {
		err = token.ErrInactive
	}
	var payable token.Payable
	if err == nil {
		payable, err = s.o.Tokens.Cryptogram(ctx, card.ID, token.CryptogramRequest{
			RequestID: v.SealKey, MerchantID: store.MerchantID, TradeNo: string(c.Transaction.TradeNo),
			Amount: c.Transaction.Amount,
		})
	}
	if err != nil {
		s.o.Log.WarnContext(ctx, "the card number is charged", "verification", v.ID, "error", err)
		return nil
	}
	return &payable
}

// charge is what is charged: the token of the verification's card, or nil.
func (h *held) charge(p *token.Payable) *payment.TokenCharge {
	if p == nil || h.v.CardID == 0 {
		return nil
	}
	return &payment.TokenCharge{Card: h.v.CardID, Payable: *p}
}
