package member

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// The chart's measures, in units of its view box.
const (
	chartHeight = 160
	chartSlot   = 24 // of one day or month: two bars and a gap
	chartBar    = 10
	chartDays   = 62 // of more days the months are drawn
)

func presentStatsFilter(q statsQuery) view.TokenStatsFilter {
	f := view.TokenStatsFilter{
		Range: presentStatsRange(q), Stores: storeChoices(q.stores, q.chosen, q.problem("store")),
	}
	for _, told := range q.faults {
		if !slices.Contains(statsParameters, told.Field) {
			f.Problems = append(f.Problems, told.Public)
		}
	}
	return f
}

func presentStatsRange(q statsQuery) ui.DateRange {
	quick := []quickRange{q.onlyToday(), q.lastDays(7), q.lastDays(statsDaysDefault), q.lastDays(statsDaysMax)}
	return q.dateRange(q.from, q.to, quick, func(from, to clock.Date) string {
		return q.address(view.TokenStatsPath, from, to)
	})
}

// address is a path with the days, and the stores that are right.
func (q statsQuery) address(path string, from, to clock.Date) string {
	values := url.Values{"from": {from.String()}, "to": {to.String()}}
	if q.problem("store") == "" && len(q.chosen) > 0 {
		values["store"] = q.chosen
	}
	return path + "?" + values.Encode()
}

// presentTokenCounts fills in the totals, the chart and both tables.
func presentTokenCounts(page *view.TokenStatsPage, q statsQuery, counts []report.TokenCount) {
	page.Searched = true
	page.ExportHref = q.address(view.TokenStatsExportPath, q.from, q.to) + "&format=csv"
	var total report.TokenCount
	stores, days := map[member.StoreID]report.TokenCount{}, map[clock.Date]report.TokenCount{}
	for _, c := range counts {
		total = plus(total, c)
		stores[c.Store], days[c.Day] = plus(stores[c.Store], c), plus(days[c.Day], c)
	}
	page.Totals = []view.Figure{
		{Label: labelTokenBind, Value: grouped(int(total.Binds))},
		{Label: labelTokenCharge, Value: grouped(int(total.Charges))},
	}
	for id, c := range stores {
		store := q.storeOf(id)
		page.Stores = append(page.Stores, countRow(store.MerchantID, store.Name, c))
	}
	for day, c := range days {
		page.Days = append(page.Days, countRow(day.String(), "", c))
	}
	slices.SortFunc(page.Stores, func(a, b view.TokenStatsRow) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(page.Days, func(a, b view.TokenStatsRow) int { return cmp.Compare(b.Name, a.Name) })
	page.Chart = tokenChart(q, days)
}

func plus(a, b report.TokenCount) report.TokenCount {
	return report.TokenCount{Binds: a.Binds + b.Binds, Charges: a.Charges + b.Charges}
}

func countRow(name, note string, c report.TokenCount) view.TokenStatsRow {
	return view.TokenStatsRow{
		Name: name, Note: note, Binds: grouped(int(c.Binds)), Charges: grouped(int(c.Charges)),
	}
}

// tokenChart draws two bars for each day of the range, or for each month of a long one.
func tokenChart(q statsQuery, days map[clock.Date]report.TokenCount) view.TokenChart {
	var names []string
	sums := map[string]report.TokenCount{}
	months := q.from.DaysUntil(q.to) >= chartDays
	for day := q.from; !q.to.Before(day); day = day.AddDays(1) {
		name := day.String()
		if months {
			name = name[:len("2006-01")]
		}
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
		sums[name] = plus(sums[name], days[day])
	}
	highest := int64(1)
	for _, sum := range sums {
		highest = max(highest, sum.Binds, sum.Charges)
	}
	chart := view.TokenChart{
		Width: strconv.Itoa(chartSlot * len(names)), Height: strconv.Itoa(chartHeight),
		From: names[0], To: names[len(names)-1], Top: grouped(int(highest)),
	}
	for i, name := range names {
		for at, count := range []int64{sums[name].Binds, sums[name].Charges} {
			if count == 0 {
				continue
			}
			height := max(int(count*chartHeight/highest), 1)
			chart.Bars = append(chart.Bars, view.TokenBar{
				Bind: at == 0, X: strconv.Itoa(i*chartSlot + at*chartBar), Y: strconv.Itoa(chartHeight - height),
				Width: strconv.Itoa(chartBar), Height: strconv.Itoa(height),
			})
		}
	}
	return chart
}

// tokenCells are the rows of the file: a category that has no count has no row.
func tokenCells(q statsQuery, counts []report.TokenCount) [][]string {
	var rows [][]string
	for _, c := range counts {
		store := q.storeOf(c.Store)
		for _, category := range []struct {
			label string
			count int64
		}{{labelTokenBind, c.Binds}, {labelTokenCharge, c.Charges}} {
			if category.count > 0 {
				rows = append(rows, []string{
					c.Day.String(), store.MerchantID, store.Name, category.label, strconv.FormatInt(category.count, 10),
				})
			}
		}
	}
	return rows
}

// whyNotLabels are the reasons for which a payment went on by SMS.
var whyNotLabels = map[string]string{
	"unsupported":    "裝置或瀏覽器不支援 Passkey",
	"phone_mismatch": "電話與發卡銀行留存資料不同",
	"no_credential":  "此裝置沒有這張卡的 Passkey",
	"chose_otp":      "持卡人選擇簡訊驗證",
	"cancelled":      "持卡人取消裝置驗證",
	"timed_out":      "裝置驗證逾時",
	"failed":         "裝置驗證失敗",
	"opted_out":      "持卡人要求不再使用",
}

// journeyLabel is a step of the funnel in words, or why Passkey was not used.
func journeyLabel(j report.Journey) string {
	if reason, found := j.Reason(); found {
		return "改用簡訊驗證：" + cmp.Or(whyNotLabels[reason], reason)
	}
	return journeyLabels[j]
}

var journeyLabels = map[report.Journey]string{
	report.JourneyEligible: "適用 Passkey", report.JourneyAsked: "已詢問持卡人", report.JourneyBound: "已綁定",
	report.JourneyUsed: "已使用 Passkey", report.JourneyFellBack: "改用簡訊驗證",
}

var browserLabels = map[string]string{
	"": "未知", "chrome": "Chrome", "edge": "Edge", "firefox": "Firefox", "safari": "Safari", "other": "其他",
}

// presentFunnel fills in how far payments came, each figure with the list of its payments
// when lists may be seen. Without any, nothing is shown.
func presentFunnel(page *view.TokenStatsPage, q statsQuery, counts []report.FunnelCount, lists bool) {
	href := func(j report.Journey) string {
		if !lists {
			return ""
		}
		return q.address(view.CreditCardListPath, q.from, q.to) + "&journey=" + string(j)
	}
	var all report.FunnelCount
	for _, c := range counts {
		if c.Part == report.FunnelAll {
			all = c
		}
	}
	slices.SortStableFunc(counts, func(a, b report.FunnelCount) int { return cmp.Compare(b.Eligible, a.Eligible) })
	for _, c := range counts {
		switch c.Part {
		case report.FunnelAll:
			page.Funnel = funnelSteps(c, href)
		case report.FunnelBrand:
			name := cmp.Or(brandLabels[payment.Brand(c.Value)], c.Value)
			page.Brands = append(page.Brands, funnelRow(name, c))
		case report.FunnelBrowser:
			page.Browsers = append(page.Browsers, funnelRow(cmp.Or(browserLabels[c.Value], c.Value), c))
		case report.FunnelReason:
			page.Reasons = append(page.Reasons, view.FunnelReason{
				Label: cmp.Or(whyNotLabels[c.Value], c.Value), Count: grouped(int(c.Eligible)),
				Href: href(report.FellBackFor(c.Value)), Width: share(c.Eligible, all.Eligible),
			})
		}
	}
	byName := func(a, b view.FunnelRow) int { return cmp.Compare(a.Name, b.Name) }
	slices.SortFunc(page.Brands, byName)
	slices.SortFunc(page.Browsers, byName)
}

func funnelSteps(all report.FunnelCount, href func(report.Journey) string) []view.FunnelStep {
	var steps []view.FunnelStep
	for _, step := range []struct {
		journey report.Journey
		count   int64
	}{
		{report.JourneyEligible, all.Eligible},
		{report.JourneyAsked, all.Asked},
		{report.JourneyBound, all.Bound},
		{report.JourneyUsed, all.Used},
		{report.JourneyFellBack, all.FellBack},
	} {
		part := share(step.count, all.Eligible)
		steps = append(steps, view.FunnelStep{
			Label: journeyLabel(step.journey), Count: grouped(int(step.count)), Href: href(step.journey),
			Share: part + "%", Width: part,
		})
	}
	return steps
}

// share is a part of the whole in hundredths.
func share(part, whole int64) string { return strconv.FormatInt(part*100/max(whole, 1), 10) }

func funnelRow(name string, c report.FunnelCount) view.FunnelRow {
	return view.FunnelRow{
		Name: name, Eligible: grouped(int(c.Eligible)), Asked: grouped(int(c.Asked)), Bound: grouped(int(c.Bound)),
		Used: grouped(int(c.Used)), FellBack: grouped(int(c.FellBack)),
	}
}
