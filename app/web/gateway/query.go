package gateway

import (
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/wire"
)

// queryTradeInfo is POST /API/QueryTradeInfo (NPA-B02).
func (g *Gateway) queryTradeInfo(c *gin.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	q, refusal := wire.ParseQuery(form, g.o.Clock.Now())
	if refusal != nil {
		answer(c, wire.QueryRefusal(refusal, q.RespondType))
		return nil
	}
	body, err := g.query(c, q)
	if f := fault.From(err); f != nil {
		if f.Kind == fault.Internal {
			return err
		}
		body = wire.QueryRefusal(queryRefusal(f), q.RespondType)
	}
	answer(c, body)
	return nil
}

// query finds the trade. The keys are checked first, so that only the store
// itself can run into its lock.
func (g *Gateway) query(c *gin.Context, q *wire.QueryRequest) (string, error) {
	ctx := c.Request.Context()
	store, err := g.o.Stores.StoreByMerchantID(ctx, q.MerchantID)
	if err != nil {
		return "", err
	}
	keys := store.WireKeys()
	if refusal := q.Verify(keys); refusal != nil {
		return wire.QueryRefusal(refusal, q.RespondType), nil
	}
	if err := g.misses.Check(ctx, store.MerchantID); err != nil {
		return "", err
	}
	t, err := g.o.Payments.ByOrderNo(ctx, store.ID, q.MerchantOrderNo)
	if err == nil && int64(t.Amount) != q.Amt {
		err = payment.ErrNotFound
	}
	if errors.Is(err, payment.ErrNotFound) {
		if failed := g.misses.Fail(ctx, store.MerchantID); failed != nil {
			return "", failed
		}
	}
	if err != nil {
		return "", err
	}
	web.NoteTradeNo(c, t.TradeNo)
	return queryAnswer(t, store, q.RespondType).Body(keys)
}

// queryAnswer tells a merchant how a transaction stands (manual NDNF-1.1.9,
// answer of NPA-B02).
func queryAnswer(t payment.Transaction, store member.Store, format wire.RespondType) wire.QueryAnswer {
	steps := progressSo(t)
	a := wire.QueryAnswer{
		RespondType: format, MerchantID: store.MerchantID, Amt: int64(t.Amount), TradeNo: string(t.TradeNo),
		MerchantOrderNo: t.OrderNo, TradeStatus: steps.trade, CreateTime: t.CreatedAt, PayTime: t.AuthorisedAt,
		FundTime: t.SettledAt, RespondCode: t.RespondCode, Auth: t.AuthCode, ECI: t.ECI,
		CloseStatus: steps.capture, BackStatus: steps.refund, RespondMsg: t.RespondMessage,
		Inst: int64(t.Instalments), InstFirst: int64(t.InstalmentFirst), InstEach: int64(t.InstalmentEach),
		PaymentMethod: t.PaymentMethod, Card6No: t.Card.First6, Card4No: t.Card.Last4, AuthBank: t.AcquirerBank,
	}
	refundable := int64(t.Amount)
	if steps.capture != wire.StepNone {
		captured := int64(t.CapturedAmount)
		a.CloseAmt, refundable = &captured, captured
	}
	if t.Status != payment.Voided {
		refundable -= int64(t.RefundedAmount)
		a.BackBalance = &refundable
	}
	return a
}

// progress is how the wire tells a status: three fields.
type progress struct {
	trade   wire.TradeStatus
	capture wire.StepStatus
	refund  wire.StepStatus
}

// progressSo is how far a transaction is. While a refund is on its way the status tells
// of the refund only: the times tell whether the bank has confirmed the capture and an
// earlier refund.
func progressSo(t payment.Transaction) progress {
	p := progressOf[t.Status]
	if p.refund != wire.StepNone && t.CapturedAt.IsZero() {
		p.capture = wire.StepProcessing
	}
	if p.refund != wire.StepNone && !t.RefundedAt.IsZero() {
		p.trade = wire.TradeRefunded
	}
	return p
}

// progressOf follows the life-cycle of the provider's manual (NDNF-1.1.9 figure 5).
var progressOf = map[payment.Status]progress{
	payment.Pending:          {wire.TradeUnpaid, wire.StepNone, wire.StepNone},
	payment.Authorised:       {wire.TradeAuthorised, wire.StepNone, wire.StepNone},
	payment.Failed:           {wire.TradeFailed, wire.StepNone, wire.StepNone},
	payment.Voided:           {wire.TradeVoided, wire.StepNone, wire.StepNone},
	payment.CaptureRequested: {wire.TradeAuthorised, wire.StepWaiting, wire.StepNone},
	payment.CaptureSent:      {wire.TradeAuthorised, wire.StepProcessing, wire.StepNone},
	payment.Captured:         {wire.TradeAuthorised, wire.StepDone, wire.StepNone},
	payment.RefundRequested:  {wire.TradeAuthorised, wire.StepDone, wire.StepWaiting},
	payment.RefundSent:       {wire.TradeAuthorised, wire.StepDone, wire.StepProcessing},
	payment.Refunded:         {wire.TradeRefunded, wire.StepDone, wire.StepDone},
}
