package gateway

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/verification"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/views/checkout"
)

// deviceBytesMax is how long the card form's report about the browser may be.
const deviceBytesMax = 500

// deviceOf reads what the card form's script says about the browser. What cannot be
// read is a browser that can nothing: the payment goes on by code.
func deviceOf(text, userAgent string) payment.Device {
	var said struct {
		WebAuthn bool   `json:"webauthn"`
		UVPA     bool   `json:"uvpa"`
		SPC      string `json:"spc"`
	}
	d := payment.Device{SPC: "unknown", Browser: browserOf(userAgent)}
	if len(text) > deviceBytesMax || json.Unmarshal([]byte(text), &said) != nil {
		return d
	}
	d.WebAuthn, d.UVPA = said.WebAuthn, said.UVPA
	if slices.Contains(spcAnswers, said.SPC) {
		d.SPC = said.SPC
	}
	return d
}

// spcAnswers are what PaymentRequest.securePaymentConfirmationAvailability may say.
var spcAnswers = []string{
	"available", "unavailable-unknown-reason", "unavailable-feature-not-enabled", "unavailable-no-permission-policy",
	"unavailable-no-user-verifying-platform-authenticator",
}

// browserOf is the family of the browser. Each names those that it wants to be taken
// for: the rarer marks come first.
func browserOf(userAgent string) string {
	for _, known := range []struct{ mark, family string }{
		{"Edg", "edge"},
		{"Firefox/", "firefox"},
		{"FxiOS/", "firefox"},
		{"Chrome/", "chrome"},
		{"CriOS/", "chrome"},
		{"Safari/", "safari"},
	} {
		if strings.Contains(userAgent, known.mark) {
			return known.family
		}
	}
	return "other"
}

// verifyView is a checkout whose cardholder is being verified.
type verifyView struct {
	Checkout payment.Checkout
	Store    member.Store
	View     verification.View
	Token    ident.Token
	Wrong    fault.Group // what was wrong with the last post
}

// showVerification shows the step that the verification stands at.
func (g *Gateway) showVerification(c *gin.Context, v verifyView, status int) error {
	web.AllowPayment(c, g.o.RelyingParty)
	switch v.View.Step {
	case verification.StepArrive:
		return web.Page(c, status, checkout.Arrive(g.arrivePage(v)))
	case verification.StepChoose:
		return web.Page(c, status, checkout.Offer(g.offerPage(v)))
	case verification.StepOTP:
		return web.Page(c, status, checkout.OTP(g.otpPage(v)))
	case verification.StepPasskey:
		return web.Page(c, status, checkout.Passkey(g.passkeyPage(v)))
	case verification.StepBind:
		return web.Redirect(c, g.relyingPage(v))
	}
	return web.Page(c, status, checkout.Processing(processingPage(v.Checkout, v.Store, checkoutPath(v.Token))))
}

// choose is POST /checkout/:token/choice: what the cardholder decided, or what the page
// found out about the device.
func (g *Gateway) choose(c *gin.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	token := ident.Token(c.Param("token"))
	choice, why := verification.Choice(form.Get("choice")), verification.FellBack(form.Get("why"))
	if choice != verification.UseOTP || why == verification.NotFallen {
		return g.afterStep(c, token, g.o.Verifications.Choose(c.Request.Context(), token, choice))
	}
	view, found, err := g.o.Verifications.Current(c.Request.Context(), token)
	if err == nil && found && view.Step == verification.StepPasskey {
		err = g.o.Verifications.FallBack(c.Request.Context(), view.Ref, why)
	}
	return g.afterStep(c, token, err)
}

// enterOTP is POST /checkout/:token/otp.
func (g *Gateway) enterOTP(c *gin.Context) error {
	form, err := readForm(c)
	if err != nil {
		return err
	}
	token := ident.Token(c.Param("token"))
	err = g.o.Verifications.EnterOTP(c.Request.Context(), token, secret.New(form.Get("otp")))
	return g.afterStep(c, token, err)
}

// resendOTP is POST /checkout/:token/otp/resend.
func (g *Gateway) resendOTP(c *gin.Context) error {
	token := ident.Token(c.Param("token"))
	return g.afterStep(c, token, g.o.Verifications.ResendOTP(c.Request.Context(), token))
}

// afterStep leads on after a post: back to the checkout, or to the same step with what
// was wrong.
func (g *Gateway) afterStep(c *gin.Context, token ident.Token, err error) error {
	if err == nil {
		return web.Redirect(c, checkoutPath(token))
	}
	f := fault.From(err)
	if !slices.Contains(formKinds, f.Kind) {
		return err
	}
	co, store, readErr := g.o.Payments.Checkout(c.Request.Context(), token)
	if readErr != nil {
		return readErr
	}
	web.NoteTradeNo(c, co.Transaction.TradeNo)
	view, found, readErr := g.o.Verifications.Current(c.Request.Context(), token)
	if readErr != nil {
		return readErr
	}
	switch {
	case !co.Payable():
		return web.Redirect(c, checkoutPath(token))
	case found:
		v := verifyView{Checkout: co, Store: store, View: view, Token: token, Wrong: faultsOf(err)}
		return g.showVerification(c, v, web.Status(f))
	}
	return g.showForm(c, web.Status(f), payView{
		Checkout: co, Store: store, Action: checkoutPath(token), Wrong: faultsOf(err),
	})
}

func checkoutPath(token ident.Token) string { return "/checkout/" + string(token) }

// relyingPage is the relying party's own page for the step, which leads back here.
func (g *Gateway) relyingPage(v verifyView) string {
	return g.o.RelyingParty + "/passkey/" + string(v.View.Ref) + "?checkout=" + string(v.Token)
}
