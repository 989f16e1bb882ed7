package member

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/web/identity"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// showRecovery answers GET /recovery.
func (p *pages) showRecovery(c *gin.Context) error {
	return web.Page(c, http.StatusOK, view.Recovery(view.RecoveryPage{Demo: p.Demo}))
}

// askRecovery answers POST /recovery: the same whether the account exists or not.
func (p *pages) askRecovery(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	page := view.RecoveryPage{
		Member: ui.Input{Value: form.Get("member")}, Account: ui.Input{Value: form.Get("account")}, Demo: p.Demo,
	}
	if !p.recoveries.Allow(c.ClientIP()) {
		page.Problem = identity.RecoveryTooOften
		return web.Page(c, http.StatusTooManyRequests, view.Recovery(page))
	}
	empty, ok := identity.FieldErrors(identity.Missing(form, map[string]string{
		"member": askMember, "account": askAccount,
	}))
	if ok {
		page.Member.Error, page.Account.Error = empty["member"], empty["account"]
		return web.Page(c, http.StatusUnprocessableEntity, view.Recovery(page))
	}
	err = p.Accounts.AskRecovery(c.Request.Context(), form.Get("member"), form.Get("account"), web.Origin(c))
	if err != nil {
		return err
	}
	page.Sent = identity.RecoveryLasts
	return web.Page(c, http.StatusOK, view.Recovery(page))
}
