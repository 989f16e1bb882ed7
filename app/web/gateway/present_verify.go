package gateway

import (
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/verification"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/views/checkout"
	"github.com/memberzone/memberzone/views/ui"
)

// verifyParts is what all pages of a verification show.
func (g *Gateway) verifyParts(v verifyView) checkout.Verify {
	return checkout.Verify{
		Lang: v.Checkout.Request.Language, Action: checkoutPath(v.Token) + "/choice",
		Order: orderSummary(v.Checkout, v.Store), Card: web.CardText(v.View.Brand, v.View.Last4),
		TestMode: v.Store.Mode == member.Test, Problem: v.wrong(""), Deadline: deadline(v.Checkout.Request, g.o.Clock.Now()),
	}
}

func (v verifyView) wrong(field string) string { return sentenceOf(v.Checkout, v.Wrong, field) }

func (g *Gateway) offerPage(v verifyView) checkout.OfferPage {
	return checkout.OfferPage{Verify: g.verifyParts(v), Bind: v.View.Offer == verification.OfferBind}
}

func (g *Gateway) otpPage(v verifyView) checkout.OTPPage {
	page := checkout.OTPPage{
		Verify: g.verifyParts(v), OTPAction: checkoutPath(v.Token) + "/otp",
		ResendAction: checkoutPath(v.Token) + "/otp/resend", OTP: ui.Input{Error: v.wrong("otp")},
		Why: why(v.View), Bind: v.View.Binds,
	}
	if page.LabCode = v.View.LabCode; page.LabCode != "" {
		return page
	}
	sent, now := v.View.OTP, g.o.Clock.Now()
	if sent.SentAt.IsZero() {
		page.Resend.Open = true
		return page
	}
	page.To, page.ValidUntil = sent.To, timeOfDay(sent.ExpiresAt)
	if sent.SendsLeft > 0 {
		page.Resend = checkout.Resend{
			At: sent.ResendAt.Format(time.RFC3339), Now: now.Format(time.RFC3339), Text: timeOfDay(sent.ResendAt),
			Open: !now.Before(sent.ResendAt),
		}
	}
	return page
}

// why says why the code is asked for instead of a passkey; nothing when it was the first
// choice, or the cardholder's own.
func why(v verification.View) string {
	switch {
	case v.FellBack != verification.NotFallen && v.FellBack != verification.ChoseOTP:
		return string(v.FellBack)
	case v.Reason == payment.ReasonDeviceUnsupported:
		return checkout.WhyUnsupported
	}
	return ""
}

func (g *Gateway) passkeyPage(v verifyView) checkout.PasskeyPage {
	return checkout.PasskeyPage{
		Verify: g.verifyParts(v), Begin: g.o.RelyingParty + "/spc-auth-request/" + string(v.View.Ref),
		Finish: g.o.RelyingParty + "/spc-auth-response/" + string(v.View.Ref),
		Page:   g.relyingPage(v), Next: checkoutPath(v.Token), AutoStart: len(v.Wrong) == 0,
	}
}

func timeOfDay(t time.Time) string { return t.In(clock.Taipei).Format(time.TimeOnly) }
