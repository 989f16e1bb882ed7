package member

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/param"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/views/layout"
	view "github.com/memberzone/memberzone/views/member"
)

const titleTokenStats = "Passkey 統計"

// statsDays are the days that are counted: by default, and at most.
const (
	statsDaysDefault = 30
	statsDaysMax     = 400
)

// mountTokenStats mounts Passkey 統計.
func (p *pages) mountTokenStats(site *web.Router) {
	site.GET(view.TokenStatsPath, permit.TokenStats.Gate(), p.tokenStats)
	site.GET(view.TokenStatsExportPath, permit.TokenStats.Gate(), p.exportTokenStats)
	site.GET(view.PasskeyLabPath, permit.TokenStats.Gate(), p.passkeyLab)
}

// statsQuery is what was asked for, and what it means.
type statsQuery struct {
	conditions
	from   clock.Date
	to     clock.Date
	stores []account.Store // to choose from
	chosen []string        // MerchantIDs; none for all
	scope  report.Scope    // narrowed to those
}

var statsParameters = []string{"from", "to", "store"}

func (p *pages) askedTokenStats(c *gin.Context) statsQuery {
	values, unreadable := url.ParseQuery(c.Request.URL.RawQuery)
	values.Del("format")
	scope, today := report.ScopeOf(web.Actor(c)), clock.DateOf(p.Clock.Now())
	r := param.New(values, param.Options{Invalid: report.ErrFilter, Clean: strings.TrimSpace, Excerpt: statsExcerpt})
	q := statsQuery{
		conditions: conditions{values: values, today: today}, stores: scope.Stores(), chosen: r.All("store"),
	}
	q.from, q.to = r.Days(today, param.Range{Label: "期間", Default: statsDaysDefault, Max: statsDaysMax})
	r.RefuseUnknown(statsParameters)
	q.faults = r.Faults()
	if unseen := scope.Unseen(q.chosen); len(unseen) > 0 {
		q.faults = append(q.faults, storeUnseen(unseen))
	}
	if unreadable != nil {
		q.faults = append(q.faults, errAddress)
	}
	q.scope = scope.Narrow(report.TransactionFilter{Stores: q.chosen, StoreType: report.AnyStoreType})
	return q
}

// statsExcerpt returns the beginning of a value, for a sentence.
func statsExcerpt(value string) string {
	const runesMax = 30
	if runes := []rune(value); len(runes) > runesMax {
		return string(runes[:runesMax]) + "…"
	}
	return value
}

// tokenStats answers GET /member/passkey/stats.
func (p *pages) tokenStats(c *gin.Context) error {
	q := p.askedTokenStats(c)
	page := view.TokenStatsPage{
		Shell: p.shell(c, titleTokenStats,
			layout.Crumb{Label: "會員專區", Href: pathHome}, layout.Crumb{Label: titleTokenStats}),
		Filter: presentStatsFilter(q),
	}
	if len(q.faults) > 0 {
		return web.Fragment(c, http.StatusUnprocessableEntity, view.TokenStats(page), "query")
	}
	ctx := c.Request.Context()
	counts, err := p.Transactions.TokenCounts(ctx, q.scope, q.from, q.to)
	if err != nil {
		return err
	}
	funnel, err := p.Transactions.Funnel(ctx, q.scope, q.from, q.to)
	if err != nil {
		return err
	}
	presentTokenCounts(&page, q, counts)
	presentFunnel(&page, q, funnel, p.router.Allows(c, permit.CardTradeList.Gate()))
	return web.Fragment(c, http.StatusOK, view.TokenStats(page), "query")
}

// exportTokenStats answers GET /member/passkey/stats/export: a row for each day, store
// and category that has a count.
func (p *pages) exportTokenStats(c *gin.Context) error {
	if c.DefaultQuery("format", "csv") != "csv" {
		return errExportFormat
	}
	q := p.askedTokenStats(c)
	if err := q.faults.OrNil(); err != nil {
		return err
	}
	name := "tokens_" + q.from.String() + "_" + q.to.String() + ".csv"
	if showsNothing(c) {
		startSheet(c, name)
		return nil
	}
	counts, err := p.Transactions.TokenCounts(c.Request.Context(), q.scope, q.from, q.to)
	if err != nil {
		return err
	}
	if err := p.record(c.Request.Context(), web.By(c), audit.TokenStatsExported, q.subject()); err != nil {
		return err
	}
	file, err := newSheet(c, name, "日期（台北時間）", "商店代號", "商店名稱", "類別", "次數")
	for _, row := range tokenCells(q, counts) {
		if err == nil {
			err = file.add(row...)
		}
	}
	return file.end(err)
}

// subject is what was counted, as the audit log keeps it.
func (q statsQuery) subject() string { return strings.TrimPrefix(q.address("", q.from, q.to), "?") }

// storeOf names a store of the scope.
func (q statsQuery) storeOf(id member.StoreID) account.Store {
	store, _ := q.scope.Store(id)
	return store
}
