package gateway

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/wire"
	"github.com/memberzone/memberzone/views/checkout"
)

// openCheckout is POST /MPG/mpg_gateway (NPA-F01): a browser arrives with a
// merchant's order. What cannot be trusted to come from the merchant gets a page
// with the code; every later refusal goes back to the ReturnURL.
func (g *Gateway) openCheckout(c *gin.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	env, refusal := wire.ParseEnvelope(form)
	if refusal != nil {
		return g.faultPage(c, http.StatusOK, refusal)
	}
	store, err := g.o.Stores.StoreByMerchantID(c.Request.Context(), env.MerchantID)
	if errors.Is(err, member.ErrStoreNotFound) {
		return g.faultPage(c, http.StatusOK, wire.RefuseWith(wire.MPGNoStore, member.ErrStoreNotFound.Public))
	}
	if err != nil {
		return err
	}
	inner, refusal := env.Open(store.WireKeys())
	if refusal != nil {
		return g.faultPage(c, http.StatusOK, refusal)
	}
	req, refusal := wire.ParsePaymentRequest(inner, env, g.o.Clock.Now(), wire.Rules{AnyPort: g.o.AnyPort})
	order := payment.NewOrder{Store: store}
	if refusal == nil {
		order, refusal = orderOf(req, store)
		order.Fields = payment.FieldsOf(inner.Pairs())
	}
	if refusal != nil {
		return g.sendBack(c, store, req, refusal)
	}
	if req.TradeLimit > 0 {
		order.Request.ExpiresAt = g.o.Clock.Now().Add(req.TradeLimit)
	}
	token, err := g.o.Payments.Open(c.Request.Context(), order)
	if f := fault.From(err); f != nil && f.Kind == fault.Conflict {
		return g.sendBack(c, store, req, pageRefusal(f))
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, checkoutPath(token))
}

// orderOf holds a request against what the store may do.
func orderOf(req *wire.PaymentRequest, store member.Store) (payment.NewOrder, *wire.Error) {
	if store.Status != member.Active {
		return payment.NewOrder{}, wire.Refuse(wire.MPGStoreClosed, "MerchantID")
	}
	amount := money.TWD(req.Amt)
	if amount > store.AmountMax {
		return payment.NewOrder{}, wire.RefuseWith(wire.MPGAmt, wire.MsgOverStoreLimit)
	}
	r := payment.Request{
		Version: string(req.Version), RespondType: string(req.RespondType), Language: string(req.Lang),
		Comment: req.OrderComment, Email: req.Email, EmailFixed: req.EmailLocked && req.Email != "",
		ReturnURL: cmp.Or(req.ReturnURL, store.ReturnURL), NotifyURL: cmp.Or(req.NotifyURL, store.NotifyURL),
		ClientBackURL: req.ClientBackURL, P3D: req.Force3D,
	}
	offer(&r, req, store)
	if !r.InFull && len(r.Instalments) == 0 && !r.Bonus {
		return payment.NewOrder{}, wire.Refuse(wire.MPGMethodOff, "")
	}
	return payment.NewOrder{
		Store: store, OrderNo: req.MerchantOrderNo, ItemDesc: req.ItemDesc, Amount: amount, Request: r,
	}, nil
}

// offer works out the methods that both the request and the store allow. Where
// the request names none, the store's own settings decide (manual NDNF-1.1.9
// §4.2 note 1).
func offer(r *payment.Request, req *wire.PaymentRequest, store member.Store) {
	m := req.Methods
	if m.StoreDecides {
		r.InFull, r.Major, r.Amex = true, true, store.Amex
		r.Instalments, r.Bonus = store.Instalments, store.Bonus
		return
	}
	for _, term := range store.Instalments {
		if req.Instalment.Allows(term) {
			r.Instalments = append(r.Instalments, term)
		}
	}
	slices.Sort(r.Instalments)
	r.Bonus = m.Bonus && store.Bonus
	r.Major = m.Credit || r.Bonus || len(r.Instalments) > 0
	// A store that takes American Express takes it with CREDIT too: the flag of
	// its own came later (2023-09), and older clients do not send it.
	r.Amex = store.Amex && (m.Credit || m.CreditAE)
	r.InFull = m.Credit || r.Amex
}

// sendBack tells a merchant that its order was refused, by the browser and its
// ReturnURL; without one the cardholder sees the code.
func (g *Gateway) sendBack(c *gin.Context, store member.Store, req *wire.PaymentRequest, refusal *wire.Error) error {
	target := cmp.Or(req.ReturnURL, store.ReturnURL)
	if target == "" {
		return g.faultPage(c, http.StatusOK, refusal)
	}
	pairs, err := req.Result(refusal, g.o.Clock.Now()).Seal(store.WireKeys())
	if err != nil {
		return err
	}
	if err := web.AllowReturnTo(c, target); err != nil {
		return err
	}
	return web.Page(c, http.StatusOK, checkout.Result(checkout.ResultPage{
		Lang: string(req.Lang), Code: string(refusal.Code), Message: messageOf(refusal),
		Order: checkout.OrderSummary{
			Merchant: store.Name, OrderNo: req.MerchantOrderNo, Item: req.ItemDesc, Amount: amountText(money.TWD(req.Amt)),
		},
		Return: returnForm(target, pairs), TestMode: store.Mode == member.Test,
	}))
}

// faultPage shows a code that cannot go back to a merchant.
func (g *Gateway) faultPage(c *gin.Context, status int, refusal *wire.Error) error {
	return web.Page(c, status, checkout.GatewayError(checkout.GatewayErrorPage{
		Code: string(refusal.Code), Message: messageOf(refusal), RequestID: web.RequestID(c),
	}))
}

func messageOf(e *wire.Error) string { return cmp.Or(e.Message, e.Code.Message()) }
