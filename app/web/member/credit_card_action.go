package member

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/width"

	"github.com/memberzone/memberzone/app/approval"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/views/layout"
	view "github.com/memberzone/memberzone/views/member"
)

// Actions lists what was done with a transaction.
type Actions interface {
	Operations(ctx context.Context, id payment.ID) ([]payment.Operation, error)
}

// actionPage is a transaction with the action that is asked for.
type actionPage struct {
	action     payment.Action
	detail     report.Detail
	operations []payment.Operation
}

// actionForm is what the form sent.
type actionForm struct {
	amount string
	key    string
	repeat string // the amount that repeats a refund and was confirmed
	back   string // the list's query
}

// findAction finds what the address names. The transaction is looked for in the
// actor's scope before anything else happens.
func (p *pages) findAction(c *gin.Context) (a actionPage, err error) {
	a.action = payment.Action(c.Param("action"))
	if !slices.Contains(payment.Actions, a.action) {
		return a, web.ErrNoPage
	}
	if a.detail, err = p.findCard(c); err != nil {
		return a, err
	}
	a.operations, err = p.Actions.Operations(c.Request.Context(), a.detail.Transaction.ID)
	return a, err
}

// cardAction answers GET /member/sales/credit-cards/{trade_no}/{action}: the page that
// asks once more.
func (p *pages) cardAction(c *gin.Context) error {
	a, err := p.findAction(c)
	if err != nil {
		return err
	}
	return p.showAction(c, http.StatusOK, p.presentAction(a, actionForm{back: cameFrom(c)}))
}

// actOnCard answers the form of that page. The same form again, by a double click or a
// second sending, leads to the same page and changes nothing.
func (p *pages) actOnCard(c *gin.Context) error {
	a, err := p.findAction(c)
	if err != nil {
		return err
	}
	posted, err := web.Form(c)
	if err != nil {
		return err
	}
	form := readActionForm(posted)
	amount, err := parseAmount(form.amount)
	if err == nil {
		err = a.checkRepeat(form, amount, p.Clock.Now())
	}
	if err == nil {
		_, err = p.Approvals.Act(c.Request.Context(), web.Actor(c), payment.ActRequest{
			TransactionID: a.detail.Transaction.ID, Action: a.action, Amount: amount, Key: form.key,
			Actor: web.Actor(c).Account.Login, By: web.By(c),
		})
	}
	if err == nil {
		told := url.Values{"done": {string(a.action)}}
		return web.Redirect(c, cardPage(cardHref(a.detail.Transaction.TradeNo), told, form.back))
	}
	return p.refuseAction(c, form, err)
}

// refuseAction shows the form again with what was typed and why it was refused. What
// became of the transaction meanwhile is read anew.
func (p *pages) refuseAction(c *gin.Context, form actionForm, err error) error {
	f := fault.From(err)
	if f.Kind != fault.Invalid && f.Kind != fault.Refused && f.Kind != fault.Conflict {
		return err
	}
	a, err := p.findAction(c)
	if err != nil {
		return err
	}
	if f.Is(payment.ErrKey) || f.Is(payment.ErrKeyTaken) {
		form.key = "" // a new form gets a new key
	}
	page := p.presentAction(a, form)
	page.refuse(f, form)
	return p.showAction(c, http.StatusUnprocessableEntity, page)
}

func (p *pages) showAction(c *gin.Context, status int, page shownAction) error {
	page.Shell = p.shell(c, page.Label, cardTrail(listHref(page.Query),
		layout.Crumb{Label: page.TradeNo, Href: page.Back}, crumb(page.Label))...)
	if reason := p.withheld(c); reason != "" {
		page.Reason = reason
	}
	standing, err := p.approvals(c)
	if err != nil {
		return err
	}
	if action := payment.Action(page.Action); standing.Threshold > 0 && approval.NeedsChecker(action) {
		page.Effects = append(page.Effects,
			"金額達 "+standing.Threshold.Display()+" 時先送出覆核申請，由另一位人員同意後才執行。")
	}
	return web.Page(c, status, view.CreditCardAction(page.CreditCardActionPage))
}

// withheld tells why this person may do nothing with any transaction, "" if they may.
func (p *pages) withheld(c *gin.Context) string {
	if web.Actor(c).Viewing() {
		return layout.ReadOnlyReason
	}
	d, err := p.Permits.Decide(web.Actor(c), permit.CardTradeAct.Gate())
	if err == nil && d.Allowed {
		return ""
	}
	return "需要「" + d.Row.Label + "」的「" + d.Needed.Label() + "」權限，可向會員擁有者申請。"
}

func readActionForm(posted url.Values) actionForm {
	return actionForm{
		amount: posted.Get("amount"), key: posted.Get("key"), repeat: posted.Get("repeat"),
		back: listQuery(posted.Get(fieldBack)),
	}
}

// parseAmount reads an amount as people type it, full-width digits among them.
func parseAmount(typed string) (money.TWD, error) {
	amount, err := money.ParseTWD(strings.TrimSpace(width.Fold.String(typed)))
	if err != nil {
		return 0, payment.ErrAmountZero.Because(err)
	}
	return amount, nil
}
