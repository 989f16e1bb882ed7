package verification

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/payment"
)

// hoped is what the browser is taken for that is still to come.
var hoped = payment.Device{WebAuthn: true, UVPA: true}

// SubmitOrder takes the card that came with an order from the merchant's server: it pays
// at once when no verification is asked for. Otherwise the card is kept until the
// cardholder's browser arrives at the checkout; with the origin of a page of the store,
// and a card that has a Passkey, that page may ask for it (BeginFromMerchant).
//
// It returns what Submit does, and ErrCaller for an origin that is not the store's.
func (s *Service) SubmitOrder(
	ctx context.Context, checkout ident.Token, in payment.CardInput, origin string,
) error {
	if origin != "" {
		_, store, err := s.o.Payments.Checkout(ctx, checkout)
		if err != nil {
			return err
		}
		if !slices.Contains(store.PayeeOrigins, origin) {
			return ErrCaller.Because(fmt.Errorf("from %q", origin))
		}
	}
	return s.submit(ctx, checkout, in, source{server: true, origin: origin})
}

// hand lets a page of the merchant ask for the Passkey that the card has.
func (h *held) hand(ctx context.Context) error {
	if h.v.State != Arriving || h.v.Route.Verification != payment.VerifiedPasskey {
		return nil
	}
	now := h.s.o.Clock.Now()
	h.v.AskedAt, h.v.ChosenAt = now, now
	if err := h.note(ctx, payment.EventPasskeyAsked, string(OfferUse)); err != nil {
		return err
	}
	return h.moveTo(ctx, Touching)
}

// Arrive goes on with a card that came from the merchant's server, now that the
// cardholder's browser is there and has said what it can. At every later step it changes
// nothing. It returns payment.ErrNotFound.
func (s *Service) Arrive(ctx context.Context, checkout ident.Token, d payment.Device) error {
	v, err := s.live(ctx, checkout)
	if err != nil || v.State != Arriving {
		return stale(err)
	}
	c, store, err := s.order(ctx, v)
	if err != nil {
		return err
	}
	card := v.Kept.Card
	facts := payment.Checked{Checkout: c, Store: store, Card: card}.Facts(d)
	facts.PhoneMatches = v.Kept.Phone == card.Payer().Phone
	known, has, err := s.known(ctx, card.PAN())
	if err != nil {
		return err
	}
	facts.HasCredential = has
	return stale(s.change(ctx, v, func(ctx context.Context, h *held) error {
		if h.v.State != Arriving {
			return ErrNotNow
		}
		h.v.Route, h.v.Device, h.v.CardID = payment.ChooseRoute(facts), d, known
		return h.arrive(ctx)
	}))
}

// arrive takes the first step of a cardholder whose browser has come.
func (h *held) arrive(ctx context.Context) error {
	switch {
	case h.v.Route.Bind:
		h.v.AskedAt = h.s.o.Clock.Now()
		if err := h.moveTo(ctx, Choosing); err != nil {
			return err
		}
		return h.note(ctx, payment.EventPasskeyAsked, string(h.v.offer()))
	case h.v.Route.Reason == payment.ReasonDeviceUnsupported:
		if err := h.fallBack(ctx, Unsupported); err != nil {
			return err
		}
	}
	return h.askCode(ctx)
}

// Handed is what a page of the merchant needs to ask for the Passkey.
type Handed struct {
	cardholder.PaymentCeremony
	Ref       ident.Token // of the relying party's page, which the merchant's may frame
	ExpiresAt time.Time   // until when the answer is taken
}

// BeginFromMerchant freezes the payment for a page of the store at the origin, and makes
// the challenge for its confirmation by SPC there. It returns ErrNotNow when the payment
// does not wait for a Passkey, ErrNotFound, ErrCaller and cardholder.ErrNoCredential.
func (s *Service) BeginFromMerchant(ctx context.Context, checkout ident.Token, origin string) (Handed, error) {
	v, err := s.live(ctx, checkout)
	if err != nil {
		return Handed{}, err
	}
	if v.State != Touching {
		return Handed{}, ErrNotNow.Because(fmt.Errorf("in state %s", v.State))
	}
	_, store, err := s.order(ctx, v)
	if err != nil {
		return Handed{}, err
	}
	if err := s.mayCall(Caller{Origin: origin}, store, store.PayeeOrigins...); err != nil {
		return Handed{}, err
	}
	made, err := s.beginPayment(ctx, v, ceremony{
		from: Caller{Origin: origin}, payee: payeeAt(store, origin), kinds: []cardholder.Kind{cardholder.SPC},
	})
	if err != nil {
		return Handed{}, err
	}
	h := Handed{made, v.Kept.Ref, s.o.Clock.Now().Add(cardholder.CeremonyTimeout)}
	if v.ExpiresAt.Before(h.ExpiresAt) {
		h.ExpiresAt = v.ExpiresAt
	}
	return h, nil
}

// payeeAt is the store as the browser shows it with an origin, which is one of the store's
// own or empty. SPC takes https origins only.
func payeeAt(store member.Store, origin string) cardholder.Payee {
	p := cardholder.Payee{Name: store.Name}
	if strings.HasPrefix(origin, "https://") {
		p.Origin = origin
	}
	return p
}

// FinishFromMerchant is FinishPasskey for an answer that the merchant hands back.
func (s *Service) FinishFromMerchant(ctx context.Context, id payment.ID, a cardholder.Answer) error {
	v, err := s.handed(ctx, id)
	if err != nil {
		return err
	}
	return s.FinishPasskey(ctx, v.Kept.Ref, a)
}

// FallBackFromMerchant is FallBack for what the merchant's page saw.
func (s *Service) FallBackFromMerchant(ctx context.Context, id payment.ID, why FellBack) error {
	v, err := s.handed(ctx, id)
	if err != nil {
		return err
	}
	return s.FallBack(ctx, v.Kept.Ref, why)
}

// handed finds the verification of a transaction whose Passkey a page of the merchant may
// ask for. It returns ErrNotFound, and ErrNotNow at another step.
func (s *Service) handed(ctx context.Context, id payment.ID) (Verification, error) {
	v, err := s.o.Store.Live(ctx, id)
	if err == nil && (v.State != Touching || v.Kept.Checkout == "") {
		err = ErrNotNow.Because(fmt.Errorf("in state %s", v.State))
	}
	if err != nil {
		return v, fmt.Errorf("find the verification of transaction %d: %w", id, err)
	}
	return v, nil
}

// Order returns a transaction as it stands, with its store, and the token that leads the
// cardholder's browser to the checkout where one is still awaited; else the token is
// empty. It returns payment.ErrNotFound.
func (s *Service) Order(
	ctx context.Context, id payment.ID,
) (c payment.Checkout, store member.Store, awaited ident.Token, err error) {
	if c, store, err = s.order(ctx, Verification{TransactionID: id}); err != nil {
		return c, store, "", err
	}
	v, err := s.o.Store.Live(ctx, id)
	if err == nil && c.Payable() {
		awaited = v.Kept.Checkout
	}
	return c, store, awaited, stale(err)
}
