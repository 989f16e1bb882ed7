package verification

import (
	"context"
	"errors"
	"fmt"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/payment"
)

// BeginPasskey freezes the payment and makes the challenge for its confirmation: by SPC
// from the checkout, the relying party's page or a page of the store, by WebAuthn from
// the relying party's page. It returns ErrCaller, ErrNotFound and ErrNotNow, and
// cardholder.ErrNoCredential: then the page falls back.
func (s *Service) BeginPasskey(
	ctx context.Context, ref ident.Token, from Caller,
) (cardholder.PaymentCeremony, error) {
	v, err := s.byRef(ctx, ref, Touching)
	if err != nil {
		return cardholder.PaymentCeremony{}, err
	}
	_, store, err := s.order(ctx, v)
	if err != nil {
		return cardholder.PaymentCeremony{}, err
	}
	origins := append([]string{s.site, s.relyingParty}, store.PayeeOrigins...)
	if err := s.mayCall(from, store, origins...); err != nil {
		return cardholder.PaymentCeremony{}, err
	}
	return s.beginPayment(ctx, v, ceremony{from: from, payee: payeeOf(store)})
}

// ceremony says how a Passkey is asked for.
type ceremony struct {
	from  Caller
	payee cardholder.Payee
	kinds []cardholder.Kind // nil for all
}

func (s *Service) beginPayment(
	ctx context.Context, v Verification, y ceremony,
) (cardholder.PaymentCeremony, error) {
	c, err := s.o.Store.CheckoutByID(ctx, v.TransactionID)
	if err != nil {
		return cardholder.PaymentCeremony{}, fmt.Errorf("find the checkout of verification %d: %w", v.ID, err)
	}
	return s.o.Credentials.BeginPayment(ctx, cardholder.PaymentRequest{
		Subject: v.cardholder(), CardID: int64(v.CardID), TradeNo: string(c.Transaction.TradeNo),
		Origin: y.from.Origin, TopOrigin: y.from.TopOrigin, Kinds: y.kinds,
		Payee: y.payee, Amount: c.Transaction.Amount,
		Instrument: cardholder.Instrument{
			DisplayName: v.Card.Brand.Name(), Icon: cardIcon, Details: "•••• " + v.Card.Last4,
		},
	})
}

// payeeOf is the store as the browser shows it on our own pages.
func payeeOf(store member.Store) cardholder.Payee {
	if len(store.PayeeOrigins) == 0 {
		return payeeAt(store, "")
	}
	return payeeAt(store, store.PayeeOrigins[0])
}

// FinishPasskey pays with what the cardholder confirmed: with the card's token, or with
// the card number when the token cannot be charged. What does not verify goes on with a
// one-time password, and nil is returned: the step tells. The same answer again changes
// nothing. It returns ErrNotFound, ErrNotNow and payment.ErrAcquirerUnreachable.
func (s *Service) FinishPasskey(ctx context.Context, ref ident.Token, a cardholder.Answer) error {
	v, err := s.byRef(ctx, ref, Touching)
	if err != nil {
		return s.again(v, a, err)
	}
	claimed, err := s.claim(ctx, v, a)
	if err != nil || !claimed {
		return err
	}
	proof, err := s.o.Credentials.FinishPayment(ctx, v.cardholder(), a)
	if err != nil {
		return s.withoutPasskey(ctx, v, fellBackBy(err), err)
	}
	ctx = context.WithoutCancel(ctx)
	if err := s.renewToken(ctx, v); err != nil {
		s.o.Log.WarnContext(ctx, "no new token", "verification", v.ID, "error", err)
	}
	charge := s.cryptogram(ctx, v)
	return s.change(ctx, v, func(ctx context.Context, h *held) error {
		if err := h.still(v); err != nil {
			return err
		}
		if err := h.note(ctx, payment.EventPasskeyVerified, string(proof.Kind)); err != nil {
			return err
		}
		if err := h.tx.KeepProof(ctx, h.v, proof); err != nil {
			return err
		}
		h.v.UsedAt = s.o.Clock.Now()
		return h.pay(ctx, payment.VerifiedPasskey, h.charge(charge))
	})
}

// fellBackBy is the reason that the relying party's refusal stands for. A credential that
// is gone, or of which the flags have changed, is bound anew after the code.
func fellBackBy(err error) FellBack {
	for _, gone := range []error{
		cardholder.ErrUnknownCredential, cardholder.ErrNoCredential, cardholder.ErrBackupFlag,
	} {
		if errors.Is(err, gone) {
			return NoCredential
		}
	}
	return FailedHere
}

// renewToken gets another token for a card whose token the network has deleted.
func (s *Service) renewToken(ctx context.Context, v Verification) error {
	provisioned, err := s.provision(ctx, v)
	if err != nil || provisioned == nil {
		return err
	}
	return s.change(ctx, v, func(ctx context.Context, h *held) error {
		if err := h.still(v); err != nil {
			return err
		}
		if err := h.keepToken(ctx, provisioned); err != nil {
			return err
		}
		return h.save(ctx)
	})
}

// cardName is the card as browsers show it beside a Passkey.
func (v Verification) cardName() string {
	return v.Card.Brand.Name() + " •••• " + v.Card.Last4
}

// cardIcon is a plain card. A data: URL, so that the signature holds what was shown (SPC
// §4.1 on icons); 96 by 60 for the 32 by 20 that is shown.
const cardIcon = "data:image/svg+xml;base64," +
	"PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSI5NiIgaGVpZ2h0PSI2MCIgdmlld0JveD0iMCAwIDk2" +
	"IDYwIj48cmVjdCB3aWR0aD0iOTYiIGhlaWdodD0iNjAiIHJ4PSI4IiBmaWxsPSIjMTc0ZjhiIi8+PHJlY3QgeT0iMTQiIHdpZHRoPSI5" +
	"NiIgaGVpZ2h0PSIxMiIgZmlsbD0iIzBiMmE0ZCIvPjxyZWN0IHg9IjEwIiB5PSI0MCIgd2lkdGg9IjM2IiBoZWlnaHQ9IjYiIHJ4PSIz" +
	"IiBmaWxsPSIjZmZmIi8+PC9zdmc+"
