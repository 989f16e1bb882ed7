package payment

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/token"
)

// ErrEnded tells that the checkout can no longer be paid.
var ErrEnded = fault.New(fault.Refused, "checkout_ended", "頁面已逾時失效，請回到商店重新下單。")

// ErrAcquirerUnreachable tells that the bank could not be reached: nothing was
// charged, and the cardholder may try again.
var ErrAcquirerUnreachable = fault.New(fault.Unavailable, "acquirer_unreachable",
	"目前無法連線至銀行，這次沒有扣款。請稍候再試，或改用其他卡片。")

// ErrVerificationNeeded tells that the cardholder of a payment must be verified first.
var ErrVerificationNeeded = fault.New(fault.Refused, "verification_needed", "此筆付款須先完成持卡人驗證。")

// Checked is a checkout whose card form keeps every rule.
type Checked struct {
	Checkout Checkout
	Store    member.Store
	Card     CheckedCard // the zero value when the checkout is not Payable
}

// Facts are what is known of the payment before anybody is asked about its card.
func (c Checked) Facts(d Device) Facts {
	return factsOf(c.Checkout.Request, c.Store, c.Card.kept.Brand, d)
}

func factsOf(r Request, store member.Store, b Brand, d Device) Facts {
	f := Facts{
		ThreeD: store.ThreeD, Passkey: store.Passkey, Mode: store.Mode, P3D: r.P3D,
		API: Hosted, Version: r.Version, Brand: b, Device: d,
	}
	if r.Server {
		f.API = Server
	}
	return f
}

// Check holds a card form against the rules without paying. A checkout that is not
// Payable comes back with its form unread. It returns a fault.Group, and ErrNotFound.
func (s *Service) Check(ctx context.Context, token ident.Token, in CardInput) (Checked, error) {
	c, store, err := s.Checkout(ctx, token)
	if err != nil {
		return Checked{}, err
	}
	if !c.Payable() {
		return Checked{Checkout: c, Store: store}, nil
	}
	card, err := in.check(c.Request, store, s.clock.Now())
	if err != nil {
		return Checked{}, fmt.Errorf("check the card of %s: %w", c.Transaction.TradeNo, err)
	}
	return Checked{c, store, card}, nil
}

// CheckOrder holds a card that comes with its order against the rules, before either is
// kept. It returns a fault.Group.
func (s *Service) CheckOrder(o NewOrder, in CardInput) error {
	_, err := in.check(o.Request, o.Store, s.clock.Now())
	return err
}

// CheckInput holds a card form against the rules without paying. It returns a
// fault.Group, and ErrNotFound.
func (s *Service) CheckInput(ctx context.Context, token ident.Token, in CardInput) error {
	_, err := s.Check(ctx, token, in)
	return err
}

// PayUnverified authorises what Check has found payable when its route asks for no
// verification.
//
// It returns nil when an attempt was started, now or before: what came of it
// stands in the checkout, also when the bank refused or did not answer. A
// second call while the first is under way, or after it, never pays twice.
// It returns ErrVerificationNeeded, ErrEnded, ErrAcquirerUnreachable, and ErrNotFound.
func (s *Service) PayUnverified(ctx context.Context, c Checked) error {
	route := ChooseRoute(c.Facts(Device{}))
	if route.Verification != Unverified {
		return ErrVerificationNeeded
	}
	var started *Started
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) (err error) {
		started, err = s.Start(ctx, tx, Verified{
			TransactionID: c.Checkout.Transaction.ID, Store: c.Store, Card: c.Card, Route: route,
		})
		return err
	})
	if err != nil || started == nil {
		return err
	}
	return s.Authorise(ctx, *started)
}

// Verified is a payment that may be authorised now.
type Verified struct {
	TransactionID ID
	Store         member.Store
	Card          CheckedCard
	Route         Route        // how the cardholder was verified, and why in that way
	Token         *TokenCharge // what is charged in place of the card number; nil for the number
}

// TokenCharge is a card's network token, ready for one payment.
type TokenCharge struct {
	Card token.CardID
	token.Payable
}

// Started is an attempt that was just started. It holds the card: it lives as long as
// the call that authorises it.
type Started struct {
	attempt     Attempt
	transaction Transaction
	store       member.Store
	card        CheckedCard
	token       *TokenCharge
}

// AttemptID is the attempt's number.
func (a Started) AttemptID() AttemptID { return a.attempt.ID }

func (a Started) request() AuthoriseRequest {
	r := AuthoriseRequest{
		ID: a.attempt.RequestID, MerchantID: a.store.MerchantID, TradeNo: string(a.transaction.TradeNo),
		Amount: a.transaction.Amount, PAN: a.card.pan, Expiry: a.card.kept.Expiry, CVC: a.card.cvc,
		Instalments: a.attempt.Instalments, Bonus: a.attempt.PayType == PayBonus, ECI: a.attempt.ECI,
	}
	if a.token != nil {
		r.PAN, r.Expiry, r.CVC = a.token.Number, a.token.Expiry, secret.String{}
		r.NetworkToken, r.Cryptogram = true, a.token.Cryptogram
	}
	return r
}

// Start records in the caller's database transaction that the acquirer is about to be
// asked. It returns nil when there is nothing to pay any more, or somebody else was
// faster, and ErrEnded and ErrVerificationNeeded. Once the transaction is committed the
// caller authorises what was started; should it not get there, the inquiries find that
// the acquirer never saw the request and end the attempt.
func (s *Service) Start(ctx context.Context, tx Tx, v Verified) (*Started, error) {
	c, err := tx.Lock(ctx, v.TransactionID)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	switch {
	case !c.Payable():
		return nil, nil
	case c.Request.Expired(now):
		return nil, ErrEnded
	case v.Route.Verification == Unverified && mustVerify(v.Store, c.Request):
		return nil, ErrVerificationNeeded
	}
	to, err := c.Transaction.After(AuthAsked)
	if err != nil {
		return nil, err
	}
	started := Started{v.attempt(now), c.Transaction, v.Store, v.Card, v.Token}
	// Should this process die before it knows the answer, the first inquiry comes when
	// the answer can no longer arrive.
	started.attempt.NextInquiryAt = now.Add(s.timing.Authorise + s.timing.Inquire)
	id, err := tx.AddAttempt(ctx, started.attempt)
	if err != nil {
		return nil, err
	}
	started.attempt.ID = id
	if err := tx.IndexCard(ctx, id, v.Card.pan); err != nil {
		return nil, err
	}
	if !started.attempt.Simulated {
		request := Message{v.TransactionID, Told, MessageAuth, now, started.request().Fields()}
		if err := s.keep(ctx, tx, request); err != nil {
			return nil, err
		}
	}
	return &started, tx.AppendEvent(ctx, Event{
		TransactionID: v.TransactionID, AttemptID: id, Kind: AuthAsked, From: c.Transaction.Status, To: to,
		Amount: c.Transaction.Amount, Actor: "cardholder", Detail: string(v.Route.Reason), At: now,
	})
}

func (v Verified) attempt(now time.Time) Attempt {
	a := Attempt{
		TransactionID: v.TransactionID, RequestID: rand.Text(), State: Asked, Route: v.Route,
		Simulated: v.Store.Mode == member.Test, PayType: v.Card.payType, Instalments: v.Card.instalments,
		Card: v.Card.kept, Payer: v.Card.payer, PayerIP: v.Card.ip, AskedAt: now,
		ECI: v.Route.Verification.ECI(v.Card.kept.Brand),
	}
	if v.Token != nil {
		a.TokenCard = v.Token.Card
	}
	return a
}

// Authorise asks the acquirer for what was started, and records what it said, even if
// the cardholder leaves meanwhile. It returns ErrAcquirerUnreachable.
func (s *Service) Authorise(ctx context.Context, a Started) error {
	ctx = context.WithoutCancel(ctx)
	if a.attempt.Simulated {
		answer := testModeAnswer(a.store, a.card.pan, a.transaction.Amount, a.attempt.PayType)
		return s.answered(ctx, a.attempt, answer, "")
	}
	asking, cancel := context.WithTimeout(ctx, s.timing.Authorise)
	defer cancel()
	answer, err := s.acquirer.Authorise(asking, a.request())
	switch {
	case err == nil:
		return s.answered(ctx, a.attempt, answer, MessageAuth)
	case errors.Is(err, ErrNotSent):
		s.log.WarnContext(ctx, "acquirer not reached", "trade_no", a.transaction.TradeNo, "error", err)
		if err := s.record(ctx, a.attempt, step{kind: AuthNotSent, actor: "system"}); err != nil {
			return err
		}
		return ErrAcquirerUnreachable
	default:
		s.log.WarnContext(ctx, "acquirer did not answer", "trade_no", a.transaction.TradeNo, "error", err)
		return s.record(ctx, a.attempt, step{kind: AuthNoAnswer, actor: "system"})
	}
}

// testModeAnswer is what a test-mode store gets: published test cards, and those of the
// lab while it is on, pass with a test approval, all others are refused; nothing reaches an acquirer (the
// provider's manual, test environment).
func testModeAnswer(store member.Store, pan secret.PAN, amount money.TWD, payType PayType) AuthoriseAnswer {
	if !IsPublishedTestCard(pan) && LabScenarioOf(store, pan) == "" {
		return AuthoriseAnswer{Message: "拒絕卡號"}
	}
	answer := AuthoriseAnswer{
		Approved: true, RespondCode: "00", Message: "授權成功", Bank: "KGI",
		ApprovalCode: fmt.Sprintf("%06d", amount%1_000_000),
	}
	if payType == PayBonus {
		answer.BonusPaid = amount
	}
	return answer
}
