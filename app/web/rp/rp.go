package rp

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/verification"
	"github.com/memberzone/memberzone/app/web"
)

// Options say what the relying party's origin is built from.
type Options struct {
	Server        *web.Server
	Verifications *verification.Service
	Name          string // shown to cardholders
	Self          string // this origin, such as https://rp.example.com
	Checkout      string // the origin of the hosted checkout
}

// RelyingParty serves the origin.
type RelyingParty struct{ o Options }

// Mount returns the handler of the origin.
func Mount(o Options) (http.Handler, error) {
	p := &RelyingParty{o}
	r, handler, err := o.Server.Origin(p.renderFault)
	if err != nil {
		return nil, err
	}
	r.GET("/healthz", permit.Public(), func(c *gin.Context) error {
		c.String(http.StatusOK, "ok\n")
		return nil
	})
	r.GET("/passkey/:ref", permit.Public(), p.showPage)
	r.POST("/passkey/:ref", permit.Public(), p.leadOn)
	r.POST("/passkey/:ref/begin", permit.Public(), p.beginBind)
	r.POST("/passkey/:ref/finish", permit.Public(), p.finishBind)
	r.POST("/spc-auth-request/:ref", permit.Public(), p.beginPasskey)
	r.POST("/spc-auth-response/:ref", permit.Public(), p.finishPasskey)
	return handler, nil
}

// errCaller refuses scripts of other sites than those that may call.
var errCaller = fault.New(fault.Denied, "caller_not_registered", "此網站未登記，不能進行持卡人驗證。")

// callerOf tells from where a script calls, and lets it read the answer. It returns
// errCaller for an origin that is neither ours nor registered for the verification.
//
// A page of this origin says itself which page frames it; what the browser signs tells
// whether that is true.
func (p *RelyingParty) callerOf(c *gin.Context) (verification.Caller, error) {
	v, err := p.o.Verifications.ByRef(c.Request.Context(), refOf(c))
	if err != nil {
		return verification.Caller{}, err
	}
	origin := c.GetHeader("Origin")
	switch {
	case origin == p.o.Self:
		top := c.Query("parent")
		if top != "" && !p.isPartOf(v, top) {
			return verification.Caller{}, errCaller
		}
		return verification.Caller{Origin: origin, TopOrigin: top}, nil
	case p.isPartOf(v, origin):
		c.Header("Access-Control-Allow-Origin", origin)
		c.Header("Vary", "Origin")
		c.Header("Cross-Origin-Resource-Policy", "cross-origin")
		return verification.Caller{Origin: origin}, nil
	}
	return verification.Caller{}, errCaller
}

// isPartOf tells that pages of an origin belong to the payment: they may call, and hold
// this origin's page in a frame.
func (p *RelyingParty) isPartOf(v verification.View, origin string) bool {
	return origin == p.o.Checkout || slices.Contains(v.Embedders, origin)
}

// refOf is the unguessable part of the address.
func refOf(c *gin.Context) ident.Token { return ident.Token(c.Param("ref")) }

// checkoutOf is the checkout that the page leads back to; empty when it is not known.
func (p *RelyingParty) checkoutOf(c *gin.Context) string {
	token := ident.Token(c.Query("checkout"))
	if !token.IsWellFormed() {
		return ""
	}
	return p.o.Checkout + "/checkout/" + url.PathEscape(string(token))
}
