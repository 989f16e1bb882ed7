package gateway

import (
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/lockout"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/verification"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/wire"
)

// Options say what the gateway is built from.
type Options struct {
	Payments *payment.Service
	// Verifications lead cardholders to their payments.
	Verifications *verification.Service
	PublicURL     string // of this site, without a slash at the end
	RelyingParty  string // the relying party's origin, such as https://passkey.example.com
	Stores        member.Stores
	Trades        Trades
	Lockouts      lockout.Store // counts what stores do too often
	Clock         clock.Clock
	Log           *slog.Logger
	// AnyPort lets merchants' URLs name any port: for the demo and for tests.
	AnyPort bool
}

// QueryMisses is the rule behind TRA10071: too many queries that find nothing
// within an hour lock a store's queries for four (the provider's manual,
// NDNF-1.1.9 §5). The manual keeps the number to itself; thirty is ours.
var QueryMisses = lockout.Policy{Scope: "query_miss", Limit: 30, Window: hour, Lock: 4 * hour}

// Gateway answers the wire API and serves the checkout.
type Gateway struct {
	o        Options
	server   *web.Server
	misses   *lockout.Guard // queries that found nothing
	closes   *lockout.Guard // calls of Close
	failures *lockout.Guard // Cancels and Closes that were refused
}

// Mount adds the gateway's routes to a server.
func Mount(s *web.Server, o Options) error {
	g := &Gateway{
		o: o, server: s,
		misses:   lockout.New(QueryMisses, o.Lockouts, o.Clock),
		closes:   lockout.New(CloseCalls, o.Lockouts, o.Clock),
		failures: lockout.New(ChangeFailures, o.Lockouts, o.Clock),
	}
	r, err := s.Wire(g.renderFault, "/MPG/", "/API/", "/checkout/")
	if err != nil {
		return err
	}
	r.POST("/MPG/mpg_gateway", permit.WireAPI(), g.openCheckout)
	r.GET("/checkout/:token", permit.Public(), g.showCheckout)
	r.POST("/checkout/:token", permit.Public(), g.pay)
	r.POST("/checkout/:token/choice", permit.Public(), g.choose)
	r.POST("/checkout/:token/arrive", permit.Public(), g.arrive)
	r.POST("/checkout/:token/otp", permit.Public(), g.enterOTP)
	r.POST("/checkout/:token/otp/resend", permit.Public(), g.resendOTP)
	r.POST("/API/QueryTradeInfo", permit.WireAPI(), g.queryTradeInfo)
	r.POST("/API/CreditCard", permit.WireAPI(), g.sealed(g.payByCard))
	r.POST("/API/CreditCard/PasskeyVerify", permit.WireAPI(), g.sealed(g.verifyPasskey))
	r.POST("/API/CreditCard/Cancel", permit.WireAPI(), g.sealed(g.cancelAuthorisation))
	r.POST("/API/CreditCard/Close", permit.WireAPI(), g.sealed(g.closeTrade))
	return nil
}

// multipartMemory is how much of a multipart form is held in memory; wire forms
// are far smaller.
const multipartMemory = 1 << 20

// readForm reads a post of either encoding. Form text is read as PHP reads it,
// since that is what merchants' clients were written against.
func readForm(c *gin.Context) (wire.Form, error) {
	kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err == nil && kind == "multipart/form-data" {
		if err := c.Request.ParseMultipartForm(multipartMemory); err != nil {
			return nil, unreadable(err)
		}
		form, err := wire.FormOf(c.Request.MultipartForm.Value)
		if err != nil {
			return nil, unreadable(err)
		}
		return form, nil
	}
	body, err := c.GetRawData()
	if err != nil {
		return nil, unreadable(err)
	}
	form, err := wire.ParseForm(string(body))
	if err != nil {
		return nil, unreadable(err)
	}
	return form, nil
}

func unreadable(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return web.ErrTooLarge
	}
	return web.ErrForm.Because(err)
}

// renderFault answers a request that ended in an error: with the wire's own
// form of refusal on /API/, with a page elsewhere.
func (g *Gateway) renderFault(c *gin.Context, f *fault.Fault) {
	if strings.HasPrefix(c.Request.URL.Path, "/API/") {
		answer(c, wire.QueryRefusal(queryRefusal(f), wire.JSON))
		return
	}
	// The wire answers 200 to everything it understood; what never was a payment
	// request keeps its HTTP status.
	if err := g.faultPage(c, web.Status(f), pageRefusal(f)); err != nil {
		g.server.LogError(c, fmt.Errorf("render the fault page: %w", err))
		c.String(http.StatusInternalServerError, "%s", web.RequestID(c))
	}
}

// answer writes a body as the real gateway does: always 200, always text/html.
func answer(c *gin.Context, body string) {
	c.Data(http.StatusOK, "text/html; charset=UTF-8", []byte(body))
}
