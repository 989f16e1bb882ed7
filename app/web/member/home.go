package member

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/member"
)

// What the home page lists under 待辦事項.
const (
	concernsMax  = 10
	concernsDays = 7
)

// home answers GET /member. The day's figures are those of card transactions: who
// may not query these sees no figures either.
func (p *pages) home(c *gin.Context) error {
	ctx, actor := c.Request.Context(), web.Actor(c)
	today := clock.DateOf(p.Clock.Now())
	page := view.HomePage{
		Shell: p.shell(c, "首頁"), Day: dayLabel(today),
		Stores: presentStores(actor.Stores, actor.Account.Kind == account.Owner),
		Search: p.router.Allows(c, permit.CardTradeList.Gate()),
	}
	page.Shell.Notice = doneNotice(c.Query("done"))
	open, err := p.openRequests(c)
	if err != nil {
		return err
	}
	if open > 0 {
		page.Tasks = append(page.Tasks, requestsTask(open))
	}
	standing, err := p.approvals(c)
	if err != nil {
		return err
	}
	if standing.ToCheck > 0 {
		page.Tasks = append(page.Tasks, approvalsTask(standing.ToCheck))
	}
	if !page.Search {
		return web.Page(c, http.StatusOK, view.Home(page))
	}
	scope := report.ScopeOf(actor)
	day, err := p.Transactions.Day(ctx, scope, today)
	if err != nil {
		return err
	}
	page.Figures = presentFigures(day, today)
	concerns, err := p.Transactions.Open(ctx, scope, today.AddDays(1-concernsDays).Start(), concernsMax)
	if err != nil {
		return err
	}
	page.Tasks = append(page.Tasks, presentTasks(concerns)...)
	return web.Page(c, http.StatusOK, view.Home(page))
}
