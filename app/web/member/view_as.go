package member

import (
	"context"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/web"
)

// ViewAs lets an owner look at the pages as one of the member's assistants would.
type ViewAs interface {
	// StartViewAs returns account.ErrNotFound for any other account.
	StartViewAs(ctx context.Context, a account.Actor, login string, from account.Origin) error
	EndViewAs(ctx context.Context, a account.Actor, from account.Origin) error
}

// startViewAs answers POST /member/center/assistants/{account}/view-as.
func (p *pages) startViewAs(c *gin.Context) error {
	err := p.Accounts.StartViewAs(c.Request.Context(), web.Actor(c), c.Param("account"), web.Origin(c))
	if err != nil {
		return err
	}
	return web.Redirect(c, pathHome)
}

// endViewAs answers POST /member/view-as/end: back to the page of the account.
func (p *pages) endViewAs(c *gin.Context) error {
	viewed := web.Actor(c).Account.Login
	if err := p.Accounts.EndViewAs(c.Request.Context(), web.Actor(c), web.Origin(c)); err != nil {
		return err
	}
	return web.Redirect(c, assistantHref(viewed))
}
