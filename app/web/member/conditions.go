package member

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/views/ui"
)

// conditions are what the address of a page with a filter says, what is wrong with it,
// and the day on which it was asked.
type conditions struct {
	values url.Values
	faults fault.Group
	today  clock.Date
}

// problem returns the sentence about a field; "" if nothing is wrong.
func (q conditions) problem(field string) string {
	for _, f := range q.faults {
		if f.Field == field {
			return f.Public
		}
	}
	return ""
}

// typed returns a text field as it was typed.
func (q conditions) typed(field string) ui.Input {
	return ui.Input{Value: q.values.Get(field), Error: q.problem(field)}
}

// given are the values that were given and are right, but for those of the names.
func (q conditions) given(but ...string) url.Values {
	values := url.Values{}
	for name, given := range q.values {
		if slices.Contains(but, name) || q.problem(name) != "" {
			continue
		}
		some := make([]string, 0, len(given))
		for _, value := range given {
			if value != "" {
				some = append(some, value)
			}
		}
		if len(some) > 0 {
			values[name] = slices.Clip(some)
		}
	}
	return values
}

// quickRange is a range of days to choose with one click.
type quickRange struct {
	label    string
	from, to clock.Date
}

func (q conditions) onlyToday() quickRange { return quickRange{"今日", q.today, q.today} }

// lastDays are so many days, today included.
func (q conditions) lastDays(n int) quickRange {
	return quickRange{"近 " + strconv.Itoa(n) + " 日", q.today.AddDays(1 - n), q.today}
}

// dateRange shows the range that was searched, or what was typed where it is wrong. href
// is the same page with other days.
func (q conditions) dateRange(
	from, to clock.Date, quick []quickRange, href func(from, to clock.Date) string,
) ui.DateRange {
	r := ui.DateRange{From: q.typed("from"), To: q.typed("to")}
	if r.From.Error == "" && r.To.Error == "" {
		r.From.Value, r.To.Value = from.String(), to.String()
	}
	for _, days := range quick {
		r.Quick = append(r.Quick, ui.QuickRange{
			Label: days.label, From: days.from.String(), To: days.to.String(), Href: href(days.from, days.to),
			Current: from == days.from && to == days.to,
		})
	}
	return r
}

func storeChoices(stores []account.Store, chosen []string, problem string) ui.Choices {
	choices := ui.Choices{Error: problem, Options: make([]ui.Option, len(stores))}
	for i, store := range stores {
		choices.Options[i] = ui.Option{
			Value: store.MerchantID, Label: store.MerchantID, Hint: store.Name,
			Selected: slices.Contains(chosen, store.MerchantID),
		}
	}
	return choices
}
