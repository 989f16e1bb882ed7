package payment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/token"
)

// Service is the payment core's use cases.
type Service struct {
	store    Store
	stores   member.Stores
	acquirer Acquirer
	tokens   Tokens
	clock    clock.Clock
	log      *slog.Logger
	timing   Timing
}

// Timing says how long the core waits for the acquirer.
type Timing struct {
	// Authorise is the longest wait for an authorisation's answer. Default 10 s.
	Authorise time.Duration
	// Inquire is the first pause before the acquirer is asked what became of a
	// request without an answer; it doubles up to a minute. Default 2 s.
	Inquire time.Duration
	// Reverse is how long after the request an acquirer that has not seen it is
	// told never to charge it. It must exceed Authorise. Default 30 s.
	Reverse time.Duration
}

// WithDefaults returns the timing with the default where a field is zero.
func (t Timing) WithDefaults() Timing {
	return Timing{
		Authorise: cmp.Or(t.Authorise, 10*time.Second),
		Inquire:   cmp.Or(t.Inquire, 2*time.Second),
		Reverse:   cmp.Or(t.Reverse, 30*time.Second),
	}
}

// Options say what a Service is built from.
type Options struct {
	Store    Store
	Stores   member.Stores
	Acquirer Acquirer
	Tokens   Tokens // nil where no token is ever charged
	Clock    clock.Clock
	Log      *slog.Logger
	Timing   Timing
}

// New returns the payment core.
func New(o Options) *Service {
	return &Service{
		store: o.Store, stores: o.Stores, acquirer: o.Acquirer, tokens: o.Tokens,
		clock: o.Clock, log: o.Log, timing: o.Timing.WithDefaults(),
	}
}

// Tokens counts what is charged with a token.
type Tokens interface {
	// Charged records a Token交易 in the transaction that the context belongs to, once for
	// each payment; first tells that this call did.
	Charged(ctx context.Context, card token.CardID, transactionID int64) (first bool, err error)
}

// NewOrder is a merchant's order as it arrives.
type NewOrder struct {
	Store    member.Store
	OrderNo  string
	ItemDesc string
	Amount   money.TWD
	Request  Request
	Fields   []Field // of the merchant's message, as it was sent
}

// Open registers an order and returns the token of its hosted checkout, which
// only the cardholder's browser gets. It returns ErrOrderNoTaken.
func (s *Service) Open(ctx context.Context, o NewOrder) (ident.Token, error) {
	token := ident.NewToken()
	now := s.clock.Now()
	checkout := Checkout{
		Transaction: Transaction{
			MemberID: o.Store.MemberID, StoreID: o.Store.ID, OrderNo: o.OrderNo, ItemDesc: o.ItemDesc,
			Amount: o.Amount, Status: Pending, PayType: PayInFull, Verification: Unverified, CreatedAt: now,
		},
		Request: o.Request,
	}
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		t, err := tx.Open(ctx, checkout, token.Hash())
		if err != nil {
			return err
		}
		if err := s.keep(ctx, tx, Message{t.ID, Received, MessageOrder, now, o.Fields}); err != nil {
			return err
		}
		return tx.AppendEvent(ctx, Event{
			TransactionID: t.ID, Kind: Opened, To: Pending, Amount: t.Amount, Actor: "merchant", At: now,
		})
	})
	if err != nil {
		return "", fmt.Errorf("open order %s of %s: %w", o.OrderNo, o.Store.MerchantID, err)
	}
	return token, nil
}

// Checkout returns the checkout that a token opens, with its store. A checkout
// whose time has passed is ended first. It returns ErrNotFound.
func (s *Service) Checkout(ctx context.Context, token ident.Token) (Checkout, member.Store, error) {
	c, err := s.store.CheckoutByToken(ctx, token.Hash())
	if err != nil {
		return Checkout{}, member.Store{}, fmt.Errorf("find checkout: %w", err)
	}
	if c.Transaction.Status == Pending && c.Request.Expired(s.clock.Now()) {
		if err := s.End(ctx, c.Transaction.ID); err != nil {
			return Checkout{}, member.Store{}, err
		}
		if c, err = s.store.CheckoutByToken(ctx, token.Hash()); err != nil {
			return Checkout{}, member.Store{}, fmt.Errorf("find ended checkout: %w", err)
		}
	}
	store, err := s.stores.StoreByID(ctx, c.Transaction.StoreID)
	if err != nil {
		return Checkout{}, member.Store{}, fmt.Errorf("find the store of %s: %w", c.Transaction.TradeNo, err)
	}
	return c, store, nil
}

// ByOrderNo finds a store's transaction by the merchant's own number. It
// returns ErrNotFound.
func (s *Service) ByOrderNo(ctx context.Context, store member.StoreID, orderNo string) (Transaction, error) {
	t, err := s.store.ByOrderNo(ctx, store, orderNo)
	if err != nil {
		return Transaction{}, fmt.Errorf("find order %s: %w", orderNo, err)
	}
	return t, nil
}

// End fails a transaction whose time limit has passed unpaid. It does nothing
// when there is no such limit, when it is not over, when the transaction is no
// longer pending, and while an attempt is under way.
func (s *Service) End(ctx context.Context, id ID) error {
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		c, err := tx.Lock(ctx, id)
		if err != nil {
			return err
		}
		busy := c.Attempt != nil && c.Attempt.State.UnderWay()
		if c.Transaction.Status != Pending || busy || !c.Request.Expired(s.clock.Now()) {
			return nil
		}
		return s.move(ctx, tx, c, step{kind: CheckoutEnded, actor: "system", failure: FailedExpired})
	})
	if err != nil {
		return fmt.Errorf("end checkout: %w", err)
	}
	return nil
}

// EndExpired ends the checkouts whose time has passed, up to limit, and returns
// how many it looked at.
func (s *Service) EndExpired(ctx context.Context, limit int) (int, error) {
	ids, err := s.store.ExpiredCheckouts(ctx, s.clock.Now(), limit)
	if err != nil {
		return 0, fmt.Errorf("list expired checkouts: %w", err)
	}
	var errs []error
	for _, id := range ids {
		errs = append(errs, s.End(ctx, id))
	}
	return len(ids), errors.Join(errs...)
}
