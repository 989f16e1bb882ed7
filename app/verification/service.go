package verification

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/payment"
)

// Limits of one verification and of one transaction.
const (
	// lifetime is the longest time between the card form and the authorisation.
	lifetime = 15 * time.Minute
	// bindTime is how long a Passkey may take to be made. Then the payment, whose
	// cardholder is verified already, goes on without.
	bindTime = 3 * time.Minute
	// bindMargin before the payment's own time limit the payment goes on without.
	bindMargin = 15 * time.Second
	// begunMax is how many verifications a transaction may have: each is another card or
	// another form, and most send a message.
	begunMax = 10
)

// Options say what a Service is built from. All but Distrusted are required.
type Options struct {
	Store       Store
	Stores      member.Stores
	Payments    Payments
	Codes       Codes
	Issuer      otp.Issuer
	Credentials Credentials
	Tokens      Tokens
	Keyed       otp.Keyed // of card numbers, for the limits of codes
	Clock       clock.Clock
	Log         *slog.Logger

	// PublicURL and RelyingPartyURL are the addresses of the checkout and of the relying
	// party: from their origins ceremonies may be called.
	PublicURL       string
	RelyingPartyURL string

	// Distrusted is told of each Passkey that is trusted no more, to count it; nil for
	// nobody.
	Distrusted func(why cardholder.Distrust)
}

// Service leads cardholders through verifications. It is safe for concurrent use.
type Service struct {
	o                  Options
	site, relyingParty string // origins
}

// New returns a Service.
func New(o Options) (*Service, error) {
	site, err := cardholder.OriginOf(o.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("verification: the public URL: %w", err)
	}
	relyingParty, err := cardholder.OriginOf(o.RelyingPartyURL)
	if err != nil {
		return nil, fmt.Errorf("verification: the relying party's URL: %w", err)
	}
	return &Service{o, site, relyingParty}, nil
}

// ErrCaller tells of a page that may not call a ceremony.
var ErrCaller = fault.New(fault.Denied, "verification_caller", "此頁面不可使用 Passkey 驗證。")

// mayCall returns ErrCaller unless the caller is one of the origins, alone or framed by
// the checkout, the relying party or a page of the store.
func (s *Service) mayCall(c Caller, store member.Store, origins ...string) error {
	tops := slices.Concat([]string{"", s.site, s.relyingParty}, store.PayeeOrigins)
	if !slices.Contains(origins, c.Origin) || !slices.Contains(tops, c.TopOrigin) {
		return ErrCaller.Because(fmt.Errorf("from %q in %q", c.Origin, c.TopOrigin))
	}
	return nil
}

// live finds the live verification of a checkout that waits for one. It returns
// ErrNotFound when there is none, or the payment is past it.
func (s *Service) live(ctx context.Context, token ident.Token) (Verification, error) {
	c, _, err := s.o.Payments.Checkout(ctx, token)
	if err != nil {
		return Verification{}, err
	}
	if !c.Payable() {
		return Verification{}, ErrNotFound
	}
	return s.o.Store.Live(ctx, c.Transaction.ID)
}

// byRef finds the verification of a ref at a step. It returns ErrNotFound, and ErrNotNow
// at another step.
func (s *Service) byRef(ctx context.Context, ref ident.Token, at ...State) (Verification, error) {
	v, err := s.o.Store.ByRef(ctx, ref.Hash())
	if err != nil {
		return Verification{}, fmt.Errorf("find the verification: %w", err)
	}
	if !slices.Contains(at, v.State) {
		return v, ErrNotNow.Because(fmt.Errorf("in state %s", v.State))
	}
	return v, nil
}

// Current returns the live verification of a checkout; found is false when there is none:
// then the checkout shows its card form, or how the payment stands. It returns
// payment.ErrNotFound.
func (s *Service) Current(ctx context.Context, token ident.Token) (view View, found bool, err error) {
	v, err := s.live(ctx, token)
	if err == nil && !s.o.Clock.Now().Before(v.ExpiresAt) {
		if err = s.lapse(ctx, v); err == nil {
			err = ErrNotFound
		}
	}
	if errors.Is(err, ErrNotFound) {
		return View{}, false, nil
	}
	if err == nil {
		view, err = s.view(ctx, v)
	}
	if err != nil {
		return View{}, false, fmt.Errorf("find the verification of a checkout: %w", err)
	}
	return view, true, nil
}

// ByRef returns the verification that a ref on the relying party's origin leads to, over
// or not. It returns ErrNotFound.
func (s *Service) ByRef(ctx context.Context, ref ident.Token) (View, error) {
	v, err := s.o.Store.ByRef(ctx, ref.Hash())
	if err != nil {
		return View{}, fmt.Errorf("find the verification: %w", err)
	}
	if v.State.Live() && !s.o.Clock.Now().Before(v.ExpiresAt) {
		if err := s.lapse(ctx, v); err != nil {
			return View{}, err
		}
		if v, err = s.o.Store.ByRef(ctx, ref.Hash()); err != nil {
			return View{}, fmt.Errorf("find the ended verification: %w", err)
		}
	}
	return s.view(ctx, v)
}

func (s *Service) view(ctx context.Context, v Verification) (View, error) {
	c, store, err := s.order(ctx, v)
	if err != nil {
		return View{}, err
	}
	view := View{
		ID: v.ID, Step: v.step(), Offer: v.offer(), Brand: v.Card.Brand, Last4: v.Card.Last4,
		Reason: v.Route.Reason, FellBack: v.FellBack, ExpiresAt: v.ExpiresAt, SPC: v.Device.SPC,
		TradeNo: c.Transaction.TradeNo, OrderNo: c.Transaction.OrderNo, Store: store.Name,
		Item: c.Transaction.ItemDesc, Amount: c.Transaction.Amount, Binds: v.wantsBinding(),
		Lab: v.Lab, Language: c.Request.Language, Embedders: store.PayeeOrigins, Asks: v.State == Arriving && v.Route.Bind,
	}
	switch view.Step {
	case StepBind, StepPasskey:
		view.Ref = v.Kept.Ref
	case StepOTP:
		if v.inLab() {
			view.LabCode = LabCode
			break
		}
		view.OTP, err = s.o.Codes.Current(ctx, v.subject())
		if err != nil && !errors.Is(err, otp.ErrNone) {
			return View{}, fmt.Errorf("read the code of verification %d: %w", v.ID, err)
		}
	}
	return view, nil
}

// order is what a verification is for.
func (s *Service) order(ctx context.Context, v Verification) (payment.Checkout, member.Store, error) {
	c, err := s.o.Store.CheckoutByID(ctx, v.TransactionID)
	if err != nil {
		return payment.Checkout{}, member.Store{}, fmt.Errorf("find the checkout of verification %d: %w", v.ID, err)
	}
	store, err := s.o.Stores.StoreByID(ctx, c.Transaction.StoreID)
	if err != nil {
		return payment.Checkout{}, member.Store{}, fmt.Errorf("find the store of verification %d: %w", v.ID, err)
	}
	return c, store, nil
}

// subject names a verification to the room of one-time codes.
func (v Verification) subject() string { return fmt.Sprintf("verification/%d", v.ID) }
