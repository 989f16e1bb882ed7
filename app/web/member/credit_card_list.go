package member

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/member"
)

// errAddress tells that the address itself is broken; it belongs to no field.
var errAddress = fault.New(fault.Invalid, "address_unreadable", "網址的參數格式不正確，有條件無法讀取。")

// creditCardList answers GET /member/sales/credit-cards: 信用卡交易專用查詢.
func (p *pages) creditCardList(c *gin.Context) error {
	scope, now := report.ScopeOf(web.Actor(c)), p.Clock.Now()
	values, unreadable := url.ParseQuery(c.Request.URL.RawQuery)
	filter, faults := report.ParseTransactionFilter(values, now)
	if unreadable != nil {
		faults = append(faults, errAddress)
	}
	if unseen := scope.Unseen(filter.Stores); len(unseen) > 0 {
		faults = append(faults, storeUnseen(unseen))
	}
	asked := query{
		values: values, filter: filter, faults: faults, stores: scope.Stores(), today: clock.DateOf(now),
	}
	page := view.CreditCardListPage{
		Shell: p.shell(c, titleCardList, cardTrail("", "")...), Filter: presentFilter(asked),
	}
	if len(faults) > 0 {
		return web.Fragment(c, http.StatusUnprocessableEntity, view.CreditCardList(page), "query")
	}
	found, err := p.search(c.Request.Context(), scope, filter)
	if err != nil {
		return err
	}
	if err := p.recordListing(c, asked); err != nil {
		return err
	}
	presentFound(&page, asked, found)
	return web.Fragment(c, http.StatusOK, view.CreditCardList(page), "query")
}

// found is what a filter finds.
type found struct {
	page    report.Page
	count   report.Count
	missing []string
}

func (p *pages) search(ctx context.Context, s report.Scope, f report.TransactionFilter) (r found, err error) {
	if r.page, err = p.Transactions.List(ctx, s, f); err != nil {
		return found{}, err
	}
	if r.count, err = p.Transactions.Count(ctx, s, f); err != nil {
		return found{}, err
	}
	if r.missing, err = p.Transactions.Missing(ctx, s, f); err != nil {
		return found{}, err
	}
	return r, nil
}

// storeUnseen tells stores that the actor does not see. It says the same of stores
// that do not exist and of those of others.
func storeUnseen(merchantIDs []string) *fault.Fault {
	f := report.ErrFilter.At("store")
	f.Public = "查無此商店代號，或不在您的管理商店內：" + strings.Join(merchantIDs, "、") + "。"
	return f
}
