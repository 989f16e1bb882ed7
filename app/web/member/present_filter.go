package member

import (
	"maps"
	"net/url"
	"slices"
	"strconv"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// query is what was asked for, and what it means.
type query struct {
	conditions
	filter report.TransactionFilter
	scope  report.Scope
	stores []account.Store
	known  url.Values // what set returns, once it is known
}

// formFields are the fields that show their own error. The errors of all other
// parameters stand above the result.
var formFields = []string{
	"date_kind", "from", "to", "by", "q", "store", "method", "token_kind",
	"pay_type", "status", "store_type", "funds", "amt_min", "amt_max", "threeds", "waiting",
	"card", "view_name", "view_period",
}

// posted returns a field that was posted and is not shown again.
func (q query) posted(field string) ui.Input { return ui.Input{Error: q.problem(field)} }

// recorded is the query as the audit log keeps it: a card by the digits that may be
// stored, not by a key that only its account can open.
func (q query) recorded() query {
	if q.filter.CardKey == "" {
		return q
	}
	q.values = maps.Clone(q.values)
	q.values.Del("card_key")
	q.filter.Wanted = []string{q.filter.Card.Digits.String()}
	return q
}

// presentFilter fills the filter form with what was asked for.
func presentFilter(q query) view.CreditCardFilter {
	f := q.filter
	form := view.CreditCardFilter{
		DateKind:  oneOf(report.DateKinds, dateKindLabels, f.DateKind, q.problem("date_kind")),
		Range:     presentRange(q),
		By:        oneOf(report.NumberKinds, numberKindLabels, f.Numbers, q.problem("by")),
		Query:     q.typed("q"),
		Stores:    storeChoices(q.stores, q.filter.Stores, q.problem("store")),
		Method:    oneOf(report.Methods, methodLabels, f.Method, q.problem("method")),
		TokenKind: oneOf(report.TokenKinds, tokenKindLabels, f.TokenKind, q.problem("token_kind")),
		PayTypes:  anyOf(payment.PayTypes, payTypeLabels, f.PayTypes, q.problem("pay_type")),
		Statuses:  anyOf(payment.Statuses, statusLabels, f.Statuses, q.problem("status")),
		StoreType: oneOf(report.StoreTypes, storeTypeLabels, f.StoreType, q.problem("store_type")),
		Funds:     oneOf(report.FundsStates, fundsLabels, f.Funds, q.problem("funds")),
		AmountMin: q.typed("amt_min"),
		AmountMax: q.typed("amt_max"),
		ThreeDS:   ui.Check{Checked: f.ThreeD, Error: q.problem("threeds")},
		Amounts:   true,
		ThreeD:    true,
		Waiting:   ui.Check{Checked: f.Waiting, Error: q.problem("waiting")},
		Waits:     true,
	}
	if f.CardKey != "" && q.problem("card_key") == "" {
		form.CardKey, form.Card = f.CardKey, f.Card.Digits.String()
	}
	for _, told := range q.faults {
		if told.Code == report.ErrCardNumber.Code {
			form.Query.Value = "" // it is not shown again
		}
		if !slices.Contains(formFields, told.Field) {
			form.Problems = append(form.Problems, told.Public)
		}
	}
	if f.Limit != report.RowsMax {
		form.Limit = strconv.Itoa(f.Limit)
	}
	used := advancedUsed(f)
	if used > 0 {
		form.Used = strconv.Itoa(used) + " 項條件"
	}
	if f.Journey != report.AnyJourney {
		form.Journey = string(f.Journey)
	}
	form.Open = used > 0 || q.advancedProblem()
	return form
}

// advancedUsed counts the conditions beneath 進階查詢.
func advancedUsed(f report.TransactionFilter) int {
	count := 0
	for _, used := range []bool{
		len(f.PayTypes) > 0, len(f.Statuses) > 0, f.ThreeD, f.AmountMin > 0 || f.AmountMax > 0,
		f.StoreType != report.AnyStoreType, f.Funds != report.AnyFunds, f.Waiting,
	} {
		if used {
			count++
		}
	}
	return count
}

func (q query) advancedProblem() bool {
	return slices.ContainsFunc(
		[]string{"pay_type", "status", "store_type", "funds", "amt_min", "amt_max", "threeds", "waiting"},
		func(field string) bool { return q.problem(field) != "" })
}

// oneOf are the options of a drop-down list.
func oneOf[T ~string](known []T, labels map[T]string, chosen T, problem string) ui.Choices {
	return anyOf(known, labels, []T{chosen}, problem)
}

// anyOf are the options of a group of which any number is taken.
func anyOf[T ~string](known []T, labels map[T]string, chosen []T, problem string) ui.Choices {
	choices := ui.Choices{Error: problem, Options: make([]ui.Option, len(known))}
	for i, value := range known {
		choices.Options[i] = ui.Option{
			Value: string(value), Label: labels[value], Selected: slices.Contains(chosen, value),
		}
	}
	return choices
}

func presentRange(q query) ui.DateRange {
	month := q.today.AddDays(1 - q.today.Start().In(clock.Taipei).Day())
	lastMonth := month.AddDays(-1)
	quick := []quickRange{
		q.onlyToday(),
		{"昨日", q.today.AddDays(-1), q.today.AddDays(-1)},
		q.lastDays(report.DaysDefault),
		{"本月", month, q.today},
		{"上月", lastMonth.AddDays(1 - lastMonth.Start().In(clock.Taipei).Day()), lastMonth},
	}
	return q.dateRange(q.filter.From, q.filter.To, quick, func(from, to clock.Date) string {
		return q.address("from", from.String(), "to", to.String())
	})
}

// set are the values that were given and are right, without the place in the list and
// what is computed on request.
func (q query) set() url.Values {
	if q.known != nil {
		return maps.Clone(q.known)
	}
	return q.given("cursor", "totals")
}

// without is the list without a condition, from its first page.
func (q query) without(name string) string {
	values := q.set()
	values.Del(name)
	return listWith(values)
}

// address is the list with the same filter, from its first page, but for the given
// names and values.
func (q query) address(changes ...string) string {
	values := q.set()
	for i := 0; i+1 < len(changes); i += 2 {
		values.Set(changes[i], changes[i+1])
	}
	return listWith(values)
}
