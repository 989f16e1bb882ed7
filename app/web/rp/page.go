package rp

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/verification"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/views/checkout"
)

// showPage is GET /passkey/:ref: the page where a passkey is created, or used without
// the browser's payment confirmation. With ?parent=ORIGIN it stands in a frame of a page
// of that origin.
func (p *RelyingParty) showPage(c *gin.Context) error {
	v, err := p.o.Verifications.ByRef(c.Request.Context(), refOf(c))
	if err != nil {
		return err
	}
	web.NoteTradeNo(c, v.TradeNo)
	parent := c.Query("parent")
	if parent != "" && !p.isPartOf(v, parent) {
		return errCaller
	}
	next := p.checkoutOf(c)
	if v.Step != verification.StepBind && v.Step != verification.StepPasskey {
		if next != "" && parent == "" {
			return web.Redirect(c, next)
		}
		return p.endedPage(c, http.StatusOK)
	}
	p.allow(c, parent)
	return web.Page(c, http.StatusOK, checkout.Relying(p.relyingPage(c, v, next, parent)))
}

// allow opens the page for passkeys, and for the frame that it stands in.
func (p *RelyingParty) allow(c *gin.Context, parent string) {
	if parent == "" {
		web.AllowPasskeys(c, p.o.Checkout)
		return
	}
	web.AllowPasskeys(c, p.o.Checkout, parent)
}

func (p *RelyingParty) relyingPage(
	c *gin.Context, v verification.View, next, parent string,
) checkout.RelyingPage {
	query := ""
	kept := url.Values{}
	for _, name := range []string{"checkout", "parent"} {
		if value := c.Query(name); value != "" {
			kept.Set(name, value)
		}
	}
	if len(kept) > 0 {
		query = "?" + kept.Encode()
	}
	here, create := "/passkey/"+string(refOf(c)), v.Step == verification.StepBind
	page := checkout.RelyingPage{
		Verify: checkout.Verify{
			TestMode: v.Lab != "", Lang: v.Language, Action: here + query, Card: web.CardText(v.Brand, v.Last4),
			Order: checkout.OrderSummary{
				Merchant: v.Store, OrderNo: v.OrderNo, Item: v.Item, Amount: "NT$ " + v.Amount.Grouped(),
			},
		},
		Create: create, Begin: here + "/begin" + query, Finish: here + "/finish" + query,
		Next: next, Parent: parent, SPC: parent != "", RelyingBy: p.o.Name, AutoStart: !create && parent == "",
	}
	if !create {
		page.Begin = "/spc-auth-request/" + string(refOf(c)) + query
		page.Finish = "/spc-auth-response/" + string(refOf(c)) + query
	}
	return page
}

// leadOn is POST /passkey/:ref: the cardholder goes on without the passkey, or the page
// found that it cannot be used.
func (p *RelyingParty) leadOn(c *gin.Context) error {
	v, err := p.o.Verifications.ByRef(c.Request.Context(), refOf(c))
	if err != nil {
		return err
	}
	why := verification.FellBack(c.PostForm("why"))
	if why == verification.NotFallen {
		why = verification.ChoseOTP
	}
	if err := p.o.Verifications.FallBack(c.Request.Context(), refOf(c), why); err != nil {
		return err
	}
	web.NoteTradeNo(c, v.TradeNo)
	if next := p.checkoutOf(c); next != "" && c.Query("parent") == "" {
		return web.Redirect(c, next)
	}
	return p.endedPage(c, http.StatusOK)
}

// endedPage says that there is nothing more to do here; around a frame, the page is told.
func (p *RelyingParty) endedPage(c *gin.Context, status int) error {
	parent := c.Query("parent")
	v, err := p.o.Verifications.ByRef(c.Request.Context(), refOf(c))
	if err != nil || parent != "" && !p.isPartOf(v, parent) {
		parent = ""
	}
	p.allow(c, parent)
	return web.Page(c, status, checkout.RelyingEnded(checkout.RelyingEndedPage{
		Lang: v.Language, Next: p.checkoutOf(c), Parent: parent,
	}))
}
