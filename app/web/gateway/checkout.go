package gateway

import (
	"errors"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/wire"
	"github.com/memberzone/memberzone/views/checkout"
)

// showCheckout is GET /checkout/:token: whatever the state of the payment is
// now. It may be reloaded at any time.
func (g *Gateway) showCheckout(c *gin.Context) error {
	token := ident.Token(c.Param("token"))
	co, store, err := g.o.Payments.Checkout(c.Request.Context(), token)
	if err != nil {
		return err
	}
	web.NoteTradeNo(c, co.Transaction.TradeNo)
	here := checkoutPath(token)
	switch {
	case co.Transaction.Status != payment.Pending:
		return g.showResult(c, co, store)
	case co.Attempt != nil && co.Attempt.State.UnderWay():
		return web.Page(c, http.StatusOK, checkout.Processing(processingPage(co, store, here)))
	}
	view, found, err := g.o.Verifications.Current(c.Request.Context(), token)
	if err != nil {
		return err
	}
	if found {
		return g.showVerification(c, verifyView{Checkout: co, Store: store, View: view, Token: token}, http.StatusOK)
	}
	return g.showForm(c, http.StatusOK, payView{Checkout: co, Store: store, Action: here})
}

// showForm shows the card form. Its script asks what the browser can, which takes the
// permission to confirm payments.
func (g *Gateway) showForm(c *gin.Context, status int, v payView) error {
	v.Now = g.o.Clock.Now()
	web.AllowPayment(c, g.o.RelyingParty)
	return web.Page(c, status, checkout.Pay(payPage(v)))
}

// showResult shows how a payment ended and posts the result to the ReturnURL.
func (g *Gateway) showResult(c *gin.Context, co payment.Checkout, store member.Store) error {
	form := checkout.ReturnForm{}
	result := payment.Result(co, store)
	if co.Request.ReturnURL != "" {
		pairs, err := result.Seal(store.WireKeys())
		if err != nil {
			return err
		}
		if err := web.AllowReturnTo(c, co.Request.ReturnURL); err != nil {
			return err
		}
		form = returnForm(co.Request.ReturnURL, pairs)
	}
	if co.Transaction.Failure == payment.FailedExpired {
		return web.Page(c, http.StatusOK, checkout.Expired(expiredPage(co, store, form)))
	}
	return web.Page(c, http.StatusOK, checkout.Result(resultPage(co, store, result, form)))
}

// formKinds are what may be wrong with a post that the same page can mend.
var formKinds = []fault.Kind{fault.Invalid, fault.Unavailable, fault.Refused, fault.Throttled, fault.Conflict}

// pay is POST /checkout/:token: the card form.
func (g *Gateway) pay(c *gin.Context) error {
	token := ident.Token(c.Param("token"))
	form, err := readForm(c)
	if err != nil {
		return err
	}
	here := checkoutPath(token)
	err = g.consentOrPay(c, token, form)
	f := fault.From(err)
	switch {
	case f == nil:
		return web.Redirect(c, here)
	case !slices.Contains(formKinds, f.Kind):
		return err
	}
	co, store, readErr := g.o.Payments.Checkout(c.Request.Context(), token)
	if readErr != nil {
		return readErr
	}
	web.NoteTradeNo(c, co.Transaction.TradeNo)
	if co.Transaction.Status != payment.Pending {
		return web.Redirect(c, here)
	}
	view := payView{Checkout: co, Store: store, Action: here, Typed: form, Wrong: faultsOf(err)}
	return g.showForm(c, web.Status(f), view)
}

// What the cardholder must agree to before paying.
var (
	errAgreeOrder = fault.New(fault.Invalid, "agree_order_missing", "請確認訂單資訊與付款資訊，並勾選此項。").At("agree_order")
	errAgreeTerms = fault.New(fault.Invalid, "agree_terms_missing", "請閱讀並同意服務條款。").At("agree_terms")
)

// consentOrPay pays once both consents are given. The consents are asked for
// together with everything else that is missing.
func (g *Gateway) consentOrPay(c *gin.Context, token ident.Token, form wire.Form) error {
	var missing fault.Group
	if form.Get("agree_order") == "" {
		missing = append(missing, errAgreeOrder)
	}
	if form.Get("agree_terms") == "" {
		missing = append(missing, errAgreeTerms)
	}
	in := payment.CardInput{
		PayKind: form.Get("pay_kind"), Instalments: form.Get("instalments"),
		CardNo: secret.New(form.Get("card_no")), ExpMonth: form.Get("exp_month"), ExpYear: form.Get("exp_year"),
		CVC: secret.New(form.Get("cvc")), LastName: form.Get("last_name"), FirstName: form.Get("first_name"),
		Phone: form.Get("phone"), Email: form.Get("email"), IP: c.ClientIP(),
	}
	if len(missing) == 0 {
		return g.o.Verifications.Submit(c.Request.Context(), token, in, deviceOf(form.Get("device"), c.Request.UserAgent()))
	}
	if err := g.o.Payments.CheckInput(c.Request.Context(), token, in); err != nil {
		if fault.KindOf(err) != fault.Invalid {
			return err
		}
		missing = append(faultsOf(err), missing...)
	}
	return missing
}

// faultsOf returns the single faults of an error.
func faultsOf(err error) fault.Group {
	var group fault.Group
	if errors.As(err, &group) {
		return group
	}
	return fault.Group{fault.From(err)}
}
