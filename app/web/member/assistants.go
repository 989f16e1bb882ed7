package member

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/views/layout"
	view "github.com/memberzone/memberzone/views/member"
)

// Assistants is what an owner does with the member's assistants. Each method takes
// the owner, and fails for anybody else.
type Assistants interface {
	List(ctx context.Context, owner account.Actor, f assistant.Filter) (assistant.List, error)
	Find(ctx context.Context, owner account.Actor, login string) (assistant.Assistant, error)
	Check(owner account.Actor, f assistant.Form, isNew bool) error
	Create(ctx context.Context, owner account.Actor, by audit.By, f assistant.Form) (assistant.Assistant, error)
	Preview(owner account.Actor, found assistant.Assistant, f assistant.Form) ([]audit.Change, error)
	Save(ctx context.Context, owner account.Actor, by audit.By, login string, f assistant.Form) error
	Suspend(ctx context.Context, owner account.Actor, by audit.By, login string) error
	Resume(ctx context.Context, owner account.Actor, by audit.By, login string) error
	Remove(ctx context.Context, owner account.Actor, by audit.By, login string) error
	Invite(ctx context.Context, owner account.Actor, by audit.By, login string) error
	ResetPassword(ctx context.Context, owner account.Actor, by audit.By, login string) error
	Review(ctx context.Context, owner account.Actor) (assistant.Review, error)
	PermissionRequests
}

// The addresses beneath 助理帳號設定.
const (
	pathAssistants = view.AssistantsPath
	pathAssistant  = view.AssistantsPath + "/:account"
	titleAssistant = "助理帳號設定"
	titleCentre    = "會員中心"
)

// mountAssistants mounts 助理帳號設定, 權限申請, 權限檢視 and viewing as an assistant.
func (p *pages) mountAssistants(site *web.Router) {
	owner := permit.EnterpriseOwner()
	changes := owner.SteppedUp()
	site.GET(pathAssistants, owner, p.assistantList)
	site.GET(pathAssistants+"/new", owner, p.newAssistant)
	site.POST(pathAssistants+"/new", owner, p.fillNewAssistant)
	site.POST(pathAssistants, changes, p.createAssistant)
	site.GET(pathAssistant, owner, p.assistantPage)
	site.POST(pathAssistant, owner, p.fillAssistant)
	site.POST(pathAssistant+"/save", changes, p.saveAssistant)
	site.POST(pathAssistant+"/suspend", changes, p.assistantAction(Assistants.Suspend, doneSuspended))
	site.POST(pathAssistant+"/resume", changes, p.assistantAction(Assistants.Resume, doneResumed))
	site.POST(pathAssistant+"/remove", changes, p.assistantAction(Assistants.Remove, doneRemoved))
	site.POST(pathAssistant+"/invite", changes, p.assistantAction(Assistants.Invite, doneInvited))
	site.POST(pathAssistant+"/reset-password", changes, p.assistantAction(Assistants.ResetPassword, doneReset))
	site.POST(pathAssistant+"/view-as", owner, p.startViewAs)
	site.POST(layout.EndViewAsPath, permit.Viewer(), p.endViewAs)

	site.GET(view.PermissionRequestsPath, owner, p.permissionRequests)
	site.POST(view.PermissionRequestsPath+"/:request/grant", changes, p.decideRequest(Assistants.Grant, doneGranted))
	site.POST(view.PermissionRequestsPath+"/:request/refuse", owner, p.decideRequest(Assistants.Refuse, doneRefused))
	site.POST(view.AskPermissionPath, permit.SignedIn(), p.askPermission)
	site.GET(view.AccessReviewPath, owner, p.accessReview)
}

// assistantList answers GET /member/center/assistants.
func (p *pages) assistantList(c *gin.Context) error {
	owner := web.Actor(c)
	filter, faults := readAssistantFilter(c.Request.URL.Query(), owner.Stores)
	status := http.StatusOK
	if len(faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	list, err := p.Assistants.List(c.Request.Context(), owner, filter)
	if err != nil {
		return err
	}
	if len(faults) > 0 { // nothing was searched: a list would tell of another question
		list.Assistants = nil
	}
	page := presentAssistants(list, p.today())
	page.Filter = presentAssistantFilter(c.Request.URL.Query(), owner.Stores, faults)
	page.Shell = p.centreShell(c, titleAssistant, assistantTrail("")...)
	return web.Page(c, status, view.AssistantList(page))
}

// assistantAction answers a POST that does one thing to an assistant.
func (p *pages) assistantAction(
	do func(Assistants, context.Context, account.Actor, audit.By, string) error, done string,
) web.Handler {
	return func(c *gin.Context) error {
		login := c.Param("account")
		err := do(p.Assistants, c.Request.Context(), web.Actor(c), web.By(c), login)
		if f := fault.From(err); f != nil && f.Kind == fault.Conflict {
			return p.showStoredAssistant(c, login, f)
		}
		if err != nil {
			return err
		}
		if done == doneRemoved {
			return web.Redirect(c, pathAssistants+"?done="+done)
		}
		return web.Redirect(c, assistantHref(login)+"?done="+done)
	}
}

// accessReview answers GET /member/center/access-review.
func (p *pages) accessReview(c *gin.Context) error {
	found, err := p.Assistants.Review(c.Request.Context(), web.Actor(c))
	if err != nil {
		return err
	}
	page := presentReview(found, p.today())
	page.Shell = p.centreShell(c, titleReview, centreTrail(titleReview)...)
	return web.Page(c, http.StatusOK, view.AccessReview(page))
}

// centreShell is the shell of a page of 會員中心, with the notice of what was just done.
func (p *pages) centreShell(c *gin.Context, title string, trail ...layout.Crumb) layout.MemberShell {
	shell := p.shell(c, title, trail...)
	shell.Notice = doneNotice(c.Query("done"))
	return shell
}

// centreTrail is the way to a page of 會員中心.
func centreTrail(title string) []layout.Crumb {
	return []layout.Crumb{{Label: "會員專區", Href: pathHome}, {Label: titleCentre}, {Label: title}}
}

// assistantTrail is the way to 助理帳號設定, and to a page beneath it.
func assistantTrail(beneath string) []layout.Crumb {
	trail := []layout.Crumb{
		{Label: "會員專區", Href: pathHome}, {Label: titleCentre}, {Label: "基本資料設定"}, {Label: titleAssistant},
	}
	if beneath == "" {
		return trail
	}
	trail[len(trail)-1].Href = pathAssistants
	return append(trail, layout.Crumb{Label: beneath})
}
