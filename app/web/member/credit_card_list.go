package member

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/member"
)

// errAddress tells that the address itself is broken; it belongs to no field.
var errAddress = fault.New(fault.Invalid, "address_unreadable", "網址的參數格式不正確，有條件無法讀取。")

// mountCardQuery mounts 信用卡交易專用查詢 and what its forms post. Who sees the list may
// arrange it.
func (p *pages) mountCardQuery(site *web.Router) {
	gate := permit.CardTradeList.Gate()
	site.GET(pathCardList, gate, p.creditCardList)
	site.POST(view.CreditCardNumberPath, gate, p.creditCardByNumber)
	site.POST(view.CreditCardViewsPath, gate, p.creditCardViews)
	site.POST(view.CreditCardColumnsPath, gate, p.creditCardColumns)
}

// creditCardList answers GET /member/sales/credit-cards: 信用卡交易專用查詢.
func (p *pages) creditCardList(c *gin.Context) error {
	values, unreadable := url.ParseQuery(c.Request.URL.RawQuery)
	asked, err := p.ask(c, values)
	if err != nil {
		return err
	}
	if unreadable != nil {
		asked.faults = append(asked.faults, errAddress)
	}
	if len(asked.faults) > 0 {
		return p.showList(c, asked, nil)
	}
	if err := p.recordListing(c, asked.recorded()); err != nil {
		return err
	}
	if c.GetHeader("HX-Request") == "true" && c.GetHeader("HX-Target") == "totals" {
		page := view.CreditCardListPage{}
		if page.Totals, err = p.totals(c.Request.Context(), asked); err != nil {
			return err
		}
		return web.Fragment(c, http.StatusOK, view.CreditCardList(page), "totals")
	}
	result, err := p.search(c.Request.Context(), asked, web.Actor(c).Account.ID)
	if err != nil {
		return err
	}
	return p.showList(c, asked, &result)
}

// ask reads what a query string asks for. Nothing is searched yet.
func (p *pages) ask(c *gin.Context, values url.Values) (query, error) {
	actor, now := web.Actor(c), p.Clock.Now()
	scope := report.ScopeOf(actor)
	filter, faults := report.ParseTransactionFilter(values, now)
	if unseen := scope.Unseen(filter.Stores); len(unseen) > 0 {
		faults = append(faults, storeUnseen(unseen))
	}
	if filter.CardKey != "" {
		card, err := p.Transactions.OpenCard(c.Request.Context(), filter.CardKey, actor.Account.ID, now)
		var refused *fault.Fault
		switch {
		case errors.Is(err, report.ErrCardKey) && errors.As(err, &refused):
			faults = append(faults, refused)
		case err != nil:
			return query{}, err
		}
		filter.Card = card
	}
	return query{
		conditions: conditions{values, faults, clock.DateOf(now)}, filter: filter, scope: scope, stores: scope.Stores(),
	}, nil
}

// found is what a filter finds.
type found struct {
	report.Screen
	totals *view.CreditCardTotals // nil unless they were asked for
}

func (p *pages) search(ctx context.Context, q query, by account.ID) (r found, err error) {
	if r.Screen, err = p.Transactions.Screen(ctx, q.scope, q.filter, by); err != nil {
		return found{}, err
	}
	if q.values.Get("totals") != "" {
		r.totals, err = p.totals(ctx, q)
	}
	return r, err
}

// totalsWithin is how long exact sums may take: a year of the largest member takes a
// part of it, and nobody waits longer.
const totalsWithin = 10 * time.Second

func (p *pages) totals(ctx context.Context, q query) (*view.CreditCardTotals, error) {
	ctx, cancel := context.WithTimeout(ctx, totalsWithin)
	defer cancel()
	sums, err := p.Transactions.Totals(ctx, q.scope, q.filter)
	var slow *fault.Fault
	if errors.Is(err, report.ErrTotalsSlow) && errors.As(err, &slow) {
		return &view.CreditCardTotals{Problem: slow.Public}, nil
	}
	if err != nil {
		return nil, err
	}
	return presentTotals(sums, timeText(p.Clock.Now())), nil
}

// showList answers with the page: with what was found, or with nothing searched.
func (p *pages) showList(c *gin.Context, q query, r *found) error {
	by := web.Actor(c).Account
	q.known = q.set() // a page leads to a dozen addresses that begin with it
	columns, views, err := p.arranged(c.Request.Context(), q.scope, by.ID, r)
	if err != nil {
		return err
	}
	page := view.CreditCardListPage{
		Shell: p.shell(c, titleCardList, cardTrail("")...), Filter: presentFilter(q),
		Number:  view.CreditCardNumberForm{Card: q.posted("card"), Filter: q.known.Encode()},
		Views:   presentViews(q, views, by),
		Columns: presentColumns(columns), Chooser: presentChooser(columns, q.known.Encode()),
	}
	waiting, err := p.approvalView(c)
	if err != nil {
		return err
	}
	page.Views.Ready = append(page.Views.Ready, waiting...)
	status := http.StatusUnprocessableEntity
	if r != nil {
		status = http.StatusOK
		presentFound(&page, q, *r)
		if len(page.Rows) > 0 && p.router.Allows(c, permit.CardTradeExport.Gate()) {
			page.ExportHref = exportWith(q.set())
		}
	}
	return web.Fragment(c, status, view.CreditCardList(page), "query")
}

// arranged returns the columns and saved views, which come with what was found.
func (p *pages) arranged(
	ctx context.Context, s report.Scope, by account.ID, r *found,
) (columns []report.Column, views []report.View, err error) {
	if r != nil {
		return r.Columns, r.Views, nil
	}
	if columns, err = p.Transactions.ListColumns(ctx, by); err != nil {
		return nil, nil, err
	}
	views, err = p.Transactions.Views(ctx, s, by)
	return columns, views, err
}

// storeUnseen tells stores that the actor does not see. It says the same of stores
// that do not exist and of those of others.
func storeUnseen(merchantIDs []string) *fault.Fault {
	f := report.ErrFilter.At("store")
	f.Public = "查無此商店代號，或不在您的管理商店內：" + strings.Join(merchantIDs, "、") + "。"
	return f
}
