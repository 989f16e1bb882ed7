package member

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/width"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/approval"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/views/layout"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// Approvals does what is asked for on the pages, or makes a request of it that another
// person has to approve.
type Approvals interface {
	Act(ctx context.Context, actor account.Actor, r payment.ActRequest) (approval.Outcome, error)
	Standing(ctx context.Context, actor account.Actor) (approval.Standing, error)
	List(ctx context.Context, actor account.Actor) ([]approval.Request, error)
	Find(ctx context.Context, actor account.Actor, id approval.ID) (approval.Request, error)
	Of(ctx context.Context, actor account.Actor, id payment.ID) (*approval.Request, error)
	Approve(
		ctx context.Context, actor account.Actor, by audit.By, id approval.ID,
	) (approval.Request, payment.Operation, error)
	Refuse(ctx context.Context, actor account.Actor, by audit.By, id approval.ID, reason string) error
	Withdraw(ctx context.Context, actor account.Actor, by audit.By, id approval.ID) error
	Setting(ctx context.Context, owner account.Actor) (approval.Setting, error)
	SetThreshold(ctx context.Context, owner account.Actor, by audit.By, from money.TWD) error
}

const (
	titleApprovals       = "待覆核"
	titleApprovalSetting = "覆核設定"
	pathApproval         = view.ApprovalsPath + "/:approval"
)

// mountApprovals mounts 待覆核 and 覆核設定.
func (p *pages) mountApprovals(site *web.Router) {
	gate := permit.CardTradeAct.Gate()
	site.GET(view.ApprovalsPath, gate, p.approvalList)
	site.GET(pathApproval, gate, p.approvalPage)
	site.POST(pathApproval+"/approve", gate.SteppedUp(), p.decideApproval(p.approve))
	site.POST(pathApproval+"/refuse", gate, p.decideApproval(p.refuseApproval))
	site.POST(pathApproval+"/withdraw", gate, p.decideApproval(p.withdrawApproval))
	owner := permit.EnterpriseOwner()
	site.GET(view.ApprovalSettingPath, owner, p.approvalSetting)
	site.POST(view.ApprovalSettingPath, owner.SteppedUp(), p.setApprovals)
}

// keyApprovals is where the standing is kept for the length of a request.
const keyApprovals = "memberzone.approvals"

// approvals tells what the pages show of 覆核; nothing to who may not act on transactions.
func (p *pages) approvals(c *gin.Context) (approval.Standing, error) {
	if known, ok := c.Get(keyApprovals); ok {
		return known.(approval.Standing), nil
	}
	if !p.router.Allows(c, permit.CardTradeAct.Gate()) {
		return approval.Standing{}, nil
	}
	found, err := p.Approvals.Standing(c.Request.Context(), web.Actor(c))
	if err != nil {
		return approval.Standing{}, err
	}
	c.Set(keyApprovals, found)
	return found, nil
}

// approvalItems are the menu's entries of 覆核: where the member uses it. What cannot be
// counted leaves the entry out, and no page down.
func (p *pages) approvalItems(c *gin.Context) []layout.NavItem {
	w, err := p.waiting(c)
	standing := w.approvals
	if err != nil || standing == (approval.Standing{}) {
		return nil
	}
	item := layout.NavItem{Label: titleApprovals, Href: view.ApprovalsPath}
	if standing.ToCheck > 0 {
		item.Badge = strconv.Itoa(standing.ToCheck)
	}
	return []layout.NavItem{item}
}

// approvalView is the ready-made view of what waits for this account; none where nothing
// does.
func (p *pages) approvalView(c *gin.Context) ([]view.CreditCardReadyView, error) {
	w, err := p.waiting(c)
	standing := w.approvals
	if err != nil || standing.ToCheck == 0 {
		return nil, err
	}
	return []view.CreditCardReadyView{{
		Name: titleApprovals + "（" + strconv.Itoa(standing.ToCheck) + "）", Href: view.ApprovalsPath,
		Tip: "取消授權、請款或退款的申請，等待您同意或拒絕",
	}}, nil
}

// approvalList answers GET /member/sales/credit-cards/approvals: 待覆核.
func (p *pages) approvalList(c *gin.Context) error {
	list, err := p.Approvals.List(c.Request.Context(), web.Actor(c))
	if err != nil {
		return err
	}
	page := presentApprovals(list)
	page.Shell = p.shell(c, titleApprovals, cardTrail(pathCardList, crumb(titleApprovals))...)
	return web.Page(c, http.StatusOK, view.Approvals(page))
}

// findApproval finds the request that the address names in the actor's scope.
func (p *pages) findApproval(c *gin.Context) (approval.Request, error) {
	id, err := strconv.ParseInt(c.Param("approval"), 10, 64)
	if err != nil {
		return approval.Request{}, approval.ErrNotFound.Because(err)
	}
	return p.Approvals.Find(c.Request.Context(), web.Actor(c), approval.ID(id))
}

// approvalPage answers GET of one request.
func (p *pages) approvalPage(c *gin.Context) error {
	r, err := p.findApproval(c)
	if err != nil {
		return err
	}
	return p.showApproval(c, r, nil, url.Values{})
}

func (p *pages) showApproval(c *gin.Context, r approval.Request, refusal *fault.Fault, form url.Values) error {
	detail, err := p.Transactions.Find(c.Request.Context(), report.ScopeOf(web.Actor(c)), r.TradeNo)
	if err != nil {
		return err
	}
	operations, err := p.Actions.Operations(c.Request.Context(), r.TransactionID)
	if err != nil {
		return err
	}
	asked := actionPage{action: r.Action, detail: detail, operations: operations}
	page := presentApproval(r, asked, web.Actor(c).Account.ID, p.Clock.Now())
	status := http.StatusOK
	switch {
	case refusal == nil:
	case refusal.Field == "reason":
		status = http.StatusUnprocessableEntity
		page.Refusal = ui.Input{Value: form.Get("reason"), Error: refusal.Public}
	default:
		status = web.Status(refusal)
		page.Problem = ui.Notice{Tone: ui.ToneBad, Title: "沒有執行", Text: refusal.Public}
	}
	page.Withheld = p.withheld(c)
	page.Shell = p.shell(c, "覆核："+page.Label, cardTrail(pathCardList,
		layout.Crumb{Label: titleApprovals, Href: view.ApprovalsPath}, crumb(string(r.TradeNo)))...)
	return web.Page(c, status, view.Approval(page))
}

// decideApproval answers a form of that page: with the page again, and why if it was
// refused. The same form again finds the request as it was left.
func (p *pages) decideApproval(do func(*gin.Context, approval.ID, url.Values) error) web.Handler {
	return func(c *gin.Context) error {
		form, err := web.Form(c)
		if err != nil {
			return err
		}
		r, err := p.findApproval(c)
		if err != nil {
			return err
		}
		err = do(c, r.ID, form)
		if err == nil {
			return web.Redirect(c, approvalHref(r.ID))
		}
		f := refused(err)
		if f == nil || f.Kind == fault.NotFound {
			return err
		}
		if r, err = p.findApproval(c); err != nil { // as it is by now
			return err
		}
		return p.showApproval(c, r, f, form)
	}
}

func (p *pages) approve(c *gin.Context, id approval.ID, _ url.Values) error {
	_, _, err := p.Approvals.Approve(c.Request.Context(), web.Actor(c), web.By(c), id)
	return err
}

func (p *pages) refuseApproval(c *gin.Context, id approval.ID, form url.Values) error {
	return p.Approvals.Refuse(c.Request.Context(), web.Actor(c), web.By(c), id, form.Get("reason"))
}

func (p *pages) withdrawApproval(c *gin.Context, id approval.ID, _ url.Values) error {
	return p.Approvals.Withdraw(c.Request.Context(), web.Actor(c), web.By(c), id)
}

// approvalSetting answers GET /member/center/approvals: 覆核設定.
func (p *pages) approvalSetting(c *gin.Context) error {
	return p.showApprovalSetting(c, nil, "")
}

func (p *pages) showApprovalSetting(c *gin.Context, refusal *fault.Fault, typed string) error {
	setting, err := p.Approvals.Setting(c.Request.Context(), web.Actor(c))
	if err != nil {
		return err
	}
	status, page := http.StatusOK, presentApprovalSetting(setting)
	if refusal != nil {
		status, page.Threshold = http.StatusUnprocessableEntity, ui.Input{Value: typed, Error: refusal.Public}
	}
	page.Shell = p.centreShell(c, titleApprovalSetting, centreTrail(titleApprovalSetting)...)
	return web.Page(c, status, view.ApprovalSetting(page))
}

// setApprovals answers its form.
func (p *pages) setApprovals(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	typed := form.Get("threshold")
	var from money.TWD
	if text := strings.TrimSpace(width.Fold.String(typed)); text != "" {
		if from, err = money.ParseTWD(text); err != nil || from <= 0 {
			return p.showApprovalSetting(c, approval.ErrThreshold, typed)
		}
	}
	err = p.Approvals.SetThreshold(c.Request.Context(), web.Actor(c), web.By(c), from)
	if f := fault.From(err); err != nil && f.Field == "threshold" {
		return p.showApprovalSetting(c, f, typed)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, view.ApprovalSettingPath+"?done="+doneSet)
}
