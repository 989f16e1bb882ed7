package member

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

const (
	// captureWarning is how many days before the end of the capture window a transaction
	// counts as about to expire.
	captureWarning = 3
	// waitingDays is how far back 待處理 looks: the longest window of an action, that of
	// refunds.
	waitingDays = payment.RefundDays
)

// presentViews lists the ready-made views and the saved ones, and offers to save the
// conditions in sight.
func presentViews(q query, saved []report.View, by account.Account) view.CreditCardViews {
	views := view.CreditCardViews{
		Name: ui.Input{Error: q.problem("view_name")}, Filter: q.set().Encode(), Ready: readyViews(q),
	}
	for _, v := range saved {
		own := v.Owner == by.ID
		one := view.CreditCardSavedView{
			ID: strconv.FormatInt(int64(v.ID), 10), Name: v.Name, Shared: v.Shared, Own: own,
			Href: listWith(v.Values(q.today)), Days: periodText(v.Period, v.Days, v.Query.Get("from"), v.Query.Get("to")),
			Deletable: own || by.Kind == account.Owner,
		}
		if !own {
			one.By = v.Login
		}
		views.Saved = append(views.Saved, one)
	}
	if len(q.faults) > 0 && q.problem("view_name") == "" && q.problem("view_period") == "" {
		return views
	}
	views.Periods.Error = q.problem("view_period")
	days := q.filter.From.DaysUntil(q.filter.To) + 1
	for i, period := range report.Periods(q.filter, q.today) {
		views.Periods.Options = append(views.Periods.Options, ui.Option{
			Value: string(period), Selected: i == 0,
			Label: periodText(period, days, q.filter.From.String(), q.filter.To.String()),
		})
	}
	return views
}

// readyViews are the searches that every merchant needs.
func readyViews(q query) []view.CreditCardReadyView {
	expiring := url.Values{
		"date_kind": {string(report.ByAuthorised)}, "status": {string(payment.Authorised)},
		"from": {q.today.AddDays(-payment.CaptureDays).String()},
		"to":   {q.today.AddDays(captureWarning - payment.CaptureDays).String()},
	}
	waiting := url.Values{
		"waiting": {"1"}, "from": {q.today.AddDays(1 - waitingDays).String()}, "to": {q.today.String()},
	}
	ready := []view.CreditCardReadyView{
		{Name: "即將逾期未請款", Href: listWith(expiring), Tip: "授權成功而尚未請款，3 日內將超過授權後 21 日的請款期限"},
		{Name: "待處理", Href: listWith(waiting), Tip: "請款或退款申請中、銀行結果未明，或付款結果未能通知商店"},
	}
	for i := range ready {
		ready[i].Current = q.address() == ready[i].Href
	}
	return ready
}

func periodText(p report.Period, days int, from, to string) string {
	switch p {
	case report.LastDays:
		return fmt.Sprintf(periodLabels[p], days)
	case report.FixedDays:
		return fmt.Sprintf(periodLabels[p], from, to)
	case report.Yesterday, report.ThisMonth, report.LastMonth:
	}
	return periodLabels[p]
}

func presentColumns(columns []report.Column) []view.CreditCardColumn {
	shown := make([]view.CreditCardColumn, len(columns))
	for i, column := range columns {
		shown[i] = view.CreditCardColumn{Name: string(column), Label: columnLabels[column]}
	}
	return shown
}

// presentChooser offers the columns in sight in their order, and then all others.
func presentChooser(columns []report.Column, filter string) view.CreditCardChooser {
	chooser := view.CreditCardChooser{
		Filter: filter, Columns: make([]view.CreditCardColumnChoice, 0, len(report.Columns)),
	}
	add := func(column report.Column, shown bool) {
		chooser.Columns = append(chooser.Columns, view.CreditCardColumnChoice{
			Name: string(column), Label: columnLabels[column], Shown: shown,
			Place: strconv.Itoa(len(chooser.Columns) + 1), Fixed: column == report.ColTradeNo,
		})
	}
	for _, column := range columns {
		add(column, true)
	}
	for _, column := range report.Columns {
		if !slices.Contains(columns, column) {
			add(column, false)
		}
	}
	return chooser
}
