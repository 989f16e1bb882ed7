package gateway

import (
	"context"
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/lockout"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/wire"
)

// Trades finds a transaction by its trade number.
type Trades interface {
	// Find returns report.ErrNotFound for what is outside the scope.
	Find(ctx context.Context, s report.Scope, no ident.TradeNo) (report.Detail, error)
}

// posted is an opened PostData_ and whose it is.
type posted struct {
	store member.Store
	inner wire.Form
	pos   string // the field Pos_, which only the card payment has
}

// sealed answers a call with a PostData_: it refuses what does not open.
func (g *Gateway) sealed(do func(*gin.Context, posted) error) web.Handler {
	return func(c *gin.Context) error {
		p, refusal, err := g.openSealed(c)
		switch {
		case err != nil:
			return err
		case refusal != nil:
			answer(c, wire.ChangeRefusal(refusal, wire.JSON))
			return nil
		}
		return do(c, p)
	}
}

// openSealed reads the envelope of the calls with a PostData_. That it opens with the store's keys is what
// identifies the merchant.
func (g *Gateway) openSealed(c *gin.Context) (posted, *wire.Error, error) {
	form, err := readForm(c)
	if err != nil {
		return posted{}, nil, err
	}
	data, refusal := wire.ParseSealedForm(form)
	if refusal != nil {
		return posted{}, refusal, nil
	}
	store, err := g.o.Stores.StoreByMerchantID(c.Request.Context(), data.MerchantID)
	if errors.Is(err, member.ErrStoreNotFound) {
		return posted{}, wire.Refuse(wire.TRANoStore, "MerchantID_"), nil
	}
	if err != nil {
		return posted{}, nil, err
	}
	inner, refusal := data.Open(store.WireKeys())
	return posted{store, inner, data.Pos}, refusal, nil
}

// change is what a merchant asks for.
type change struct {
	wire.ChangeRequest
	action payment.Action
	fields wire.Form // as they were sent
}

// changed is what became of it.
type changed struct {
	transaction payment.Transaction // zero if there is none
	operation   payment.Operation
	refusal     *wire.Error // nil if it was done
}

// answer is the answer so far: a refusal, or without a status.
func (d changed) answer(store member.Store, r wire.ChangeRequest) wire.ChangeAnswer {
	a := wire.ChangeAnswer{
		RespondType: r.RespondType, MerchantID: store.MerchantID, Amt: r.Amt,
		MerchantOrderNo: d.transaction.OrderNo, TradeNo: string(d.transaction.TradeNo),
	}
	if d.refusal != nil {
		a.Status, a.Message = d.refusal.Code, d.refusal.Message
	}
	return a
}

// change does what was asked for. It returns an error only where that is not the merchant's doing.
func (g *Gateway) change(c *gin.Context, store member.Store, ch change) (done changed, err error) {
	ctx := c.Request.Context()
	if err = g.admit(ctx, store, ch.action); err == nil {
		done.transaction, err = g.find(ctx, store, ch.ChangeRequest)
	}
	if err == nil {
		web.NoteTradeNo(c, done.transaction.TradeNo)
		// The wire has no idempotency key: a repeated call is judged anew, and by then refused.
		done.operation, err = g.o.Payments.Act(ctx, payment.ActRequest{
			TransactionID: done.transaction.ID, Action: ch.action, Amount: money.TWD(ch.Amt),
			Key: payment.NewKey(), Actor: "merchant", Fields: payment.FieldsOf(ch.fields.Pairs()),
			By: audit.By{
				Chain: int64(store.MemberID), Login: store.MerchantID,
				Address: c.ClientIP(), RequestID: web.RequestID(c),
			},
		})
	}
	f := fault.From(err)
	if f == nil {
		return done, nil
	}
	if f.Kind == fault.Internal {
		return done, err
	}
	done.refusal = changeRefusal(ch.action, done.transaction.PayType, f)
	if f.Kind != fault.Throttled && done.refusal.Code != wire.TRAVoidWaits {
		return done, g.failures.Fail(ctx, failureKey(store, ch.action))
	}
	return done, nil
}

// keepAnswer keeps what a merchant was told. What was done stands without it: a failure is only logged.
func (g *Gateway) keepAnswer(c *gin.Context, done changed, a payment.Action, told wire.ChangeAnswer) {
	ctx := c.Request.Context()
	err := g.o.Payments.KeepAnswer(ctx, done.transaction.ID, a, payment.FieldsOf(told.Pairs()))
	if err != nil {
		g.o.Log.ErrorContext(ctx, "keep an answer", "request_id", web.RequestID(c), "error", err)
	}
}

// Refusals of the gateway's own.
var (
	errTooManyCloses   = fault.New(fault.Throttled, "too_many_closes", wire.TRATooManyCloses.Message())
	errTooManyFailures = fault.New(fault.Throttled, "too_many_failures", wire.TRATooManyFailures.Message())
	errStoreClosed     = fault.New(fault.Denied, "store_closed", wire.TRAStoreClosed.Message())
)

// admit refuses stores that are closed or have called too often. Only a store itself can run into its locks: the
// call has been opened with its keys, and in time.
func (g *Gateway) admit(ctx context.Context, store member.Store, a payment.Action) error {
	if store.Status != member.Active {
		return errStoreClosed
	}
	err := g.failures.Check(ctx, failureKey(store, a))
	if errors.Is(err, lockout.ErrLocked) {
		return errTooManyFailures
	}
	if err != nil || a == payment.ActVoid {
		return err
	}
	_, err = g.closes.Try(ctx, store.MerchantID)
	if errors.Is(err, lockout.ErrLocked) {
		return errTooManyCloses
	}
	return err
}

// failureKey tells Cancel and Close apart: too many failures of the one do not lock the other.
func failureKey(store member.Store, a payment.Action) string {
	if a == payment.ActVoid {
		return "cancel " + store.MerchantID
	}
	return "close " + store.MerchantID
}

// find finds the trade by the number that IndexType names. It returns payment.ErrNotFound.
//
// SECURITY: of the caller's own store only. Another store's trade is as unknown as one that never was, be it of the
// same member.
func (g *Gateway) find(
	ctx context.Context, store member.Store, r wire.ChangeRequest,
) (payment.Transaction, error) {
	if r.IndexType == wire.ByMerchantOrderNo {
		return g.o.Payments.ByOrderNo(ctx, store.ID, r.MerchantOrderNo)
	}
	own := report.ScopeOf(account.Actor{
		Member: member.Member{ID: store.MemberID},
		Stores: []account.Store{{ID: store.ID, MerchantID: store.MerchantID}},
	})
	d, err := g.o.Trades.Find(ctx, own, ident.TradeNo(r.TradeNo))
	if errors.Is(err, report.ErrNotFound) {
		return payment.Transaction{}, payment.ErrNotFound
	}
	return d.Transaction, err
}
