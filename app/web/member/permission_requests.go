package member

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/member"
)

// PermissionRequests is how an assistant asks for a permission and an owner answers.
type PermissionRequests interface {
	// Standing tells an assistant who its owner is, and whether it asked already.
	Standing(ctx context.Context, actor account.Actor, unit permit.Unit) (assistant.Standing, error)
	Ask(ctx context.Context, actor account.Actor, by audit.By, unit permit.Unit, level permit.Level) error
	Requests(ctx context.Context, owner account.Actor) ([]assistant.Request, error)
	OpenRequests(ctx context.Context, owner account.Actor) (int, error)
	Grant(ctx context.Context, owner account.Actor, by audit.By, id int64) error
	Refuse(ctx context.Context, owner account.Actor, by audit.By, id int64) error
}

const (
	titleRequests = "權限申請"
	titleReview   = "權限檢視"
)

// permissionRequests answers GET /member/center/requests.
func (p *pages) permissionRequests(c *gin.Context) error { return p.showRequests(c, nil) }

func (p *pages) showRequests(c *gin.Context, refusal *fault.Fault) error {
	requests, err := p.Assistants.Requests(c.Request.Context(), web.Actor(c))
	if err != nil {
		return err
	}
	status, page := http.StatusOK, presentRequests(requests)
	page.Shell = p.centreShell(c, titleRequests, centreTrail(titleRequests)...)
	if refusal != nil {
		status, page.Problem = web.Status(refusal), refusal.Public
	}
	return web.Page(c, status, view.PermissionRequests(page))
}

// decideRequest answers a POST that grants or refuses a request.
func (p *pages) decideRequest(
	do func(Assistants, context.Context, account.Actor, audit.By, int64) error, done string,
) web.Handler {
	return func(c *gin.Context) error {
		id, err := strconv.ParseInt(c.Param("request"), 10, 64)
		if err != nil {
			return assistant.ErrNoRequest.Because(err)
		}
		err = do(p.Assistants, c.Request.Context(), web.Actor(c), web.By(c), id)
		if f := fault.From(err); f != nil && (f.Kind == fault.NotFound || f.Kind == fault.Conflict) {
			return p.showRequests(c, f)
		}
		if err != nil {
			return err
		}
		return web.Redirect(c, view.PermissionRequestsPath+"?done="+done)
	}
}

// askPermission answers POST /member/permission-requests: an assistant asks for what
// a screen needs.
func (p *pages) askPermission(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	actor := web.Actor(c)
	d, err := p.Permits.Decide(actor, permit.Screen(form.Get("screen")).Gate())
	if err != nil {
		return err
	}
	err = p.Assistants.Ask(c.Request.Context(), actor, web.By(c), d.Row.Unit, d.Needed)
	if err != nil {
		return err
	}
	return web.Redirect(c, pathHome+"?done="+doneAsked)
}

// keyOpenRequests is where the count of open requests is kept for the length of a
// request.
const keyOpenRequests = "memberzone.open_requests"

// openRequests counts what waits for the owner; 0 for anybody else.
func (p *pages) openRequests(c *gin.Context) (int, error) {
	if known, ok := c.Get(keyOpenRequests); ok {
		return known.(int), nil
	}
	if !p.router.Allows(c, permit.EnterpriseOwner()) {
		return 0, nil
	}
	count, err := p.Assistants.OpenRequests(c.Request.Context(), web.Actor(c))
	if err != nil {
		return 0, err
	}
	c.Set(keyOpenRequests, count)
	return count, nil
}
