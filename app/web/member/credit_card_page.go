package member

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/member"
)

// creditCardPage answers GET /member/sales/credit-cards/{trade_no}: one transaction
// with its history. A number outside the actor's scope answers as an unknown one.
func (p *pages) creditCardPage(c *gin.Context) error {
	return p.showCard(c, func(*view.CreditCardDetailPage, report.Detail) error { return nil })
}

// showCard answers with the page of the transaction that the address names; add puts
// something more on it.
func (p *pages) showCard(c *gin.Context, add func(*view.CreditCardDetailPage, report.Detail) error) error {
	detail, err := p.findCard(c)
	if err != nil {
		return err
	}
	operations, err := p.Actions.Operations(c.Request.Context(), detail.Transaction.ID)
	if err != nil {
		return err
	}
	no := detail.Transaction.TradeNo
	if err := p.recordView(c, no); err != nil {
		return err
	}
	waiting, err := p.Approvals.Of(c.Request.Context(), web.Actor(c), detail.Transaction.ID)
	if err != nil {
		return err
	}
	query := cameFrom(c)
	back := listHref(query)
	page := presentDetail(detail)
	page.BackHref, page.Money.Query, page.Approval = back, query, presentTradeApproval(waiting)
	asked := actionPage{detail: detail, operations: operations}
	page.Money.Actions = presentButtons(asked, p.Clock.Now(), p.withheld(c))
	page.Shell = p.shell(c, "交易 "+string(no), cardTrail(back, crumb(string(no)))...)
	page.Shell.Notice = actionNotice(c.Query("done"), operations)
	if page.Evidence, err = p.evidenceSection(c.Request.Context(), detail); err != nil {
		return err
	}
	page.Evidence.Query = query
	if err := add(&page, detail); err != nil {
		return err
	}
	return web.Page(c, http.StatusOK, view.CreditCardDetail(page))
}

// findCard finds the transaction that the address names in the actor's scope.
func (p *pages) findCard(c *gin.Context) (report.Detail, error) {
	no, ok := ident.ParseTradeNo(c.Param("trade_no"))
	if !ok {
		return report.Detail{}, report.ErrNotFound
	}
	web.NoteTradeNo(c, no)
	return p.Transactions.Find(c.Request.Context(), report.ScopeOf(web.Actor(c)), no)
}
