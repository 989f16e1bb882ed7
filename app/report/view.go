package report

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
)

// ViewID is a saved view's number.
type ViewID int64

// Period is which days a saved view means, as of the day on which it is opened.
type Period string

// The periods.
const (
	LastDays  Period = "days"       // so many days until today
	Yesterday Period = "yesterday"  // 昨日
	ThisMonth Period = "this_month" // 本月
	LastMonth Period = "last_month" // 上月
	FixedDays Period = "fixed"      // the days themselves
)

// View is a search under a name.
type View struct {
	ID      ViewID
	Owner   account.ID
	Login   string // the owner's
	Name    string
	Shared  bool       // all accounts of the member see it
	Query   url.Values // the conditions; the days only where they are fixed
	Period  Period
	Days    int // of LastDays
	Created time.Time
}

// The limits of saved views.
const (
	ViewsMax    = 50 // an account
	viewNameMax = 40 // characters
	viewQueryMx = 8000
)

// Refusals of a saved view.
var (
	// ErrViewName tells that a name cannot be used.
	ErrViewName = fault.New(fault.Invalid, "view_name", "請輸入 1 至 40 字的名稱。").At("view_name")
	// ErrViewNameTaken tells that the account has a view of the name.
	ErrViewNameTaken = fault.New(fault.Conflict, "view_name_taken", "您已有同名的查詢條件。").At("view_name")
	// ErrViewPeriod tells that a period is none that fits the days.
	ErrViewPeriod = fault.New(fault.Invalid, "view_period", "請選擇期間。").At("view_period")
	// ErrViewsFull tells that the account has as many views as it may have.
	ErrViewsFull = fault.New(fault.Refused, "views_full", "每個帳號最多儲存 50 組查詢條件，請先刪除不用的。").At("view_name")
	// ErrViewLong tells that the conditions are too many to be kept.
	ErrViewLong = fault.New(fault.Refused, "view_long", "條件太多，無法儲存；請減少號碼或選項。").At("view_name")
	// ErrNoView tells that the account has no such view.
	ErrNoView = fault.New(fault.NotFound, "view_not_found", "查無此查詢條件，可能已被刪除。")
)

// Views keeps saved views.
type Views interface {
	// Views lists an account's own views and the shared ones of its member, its own
	// first, each by name.
	Views(ctx context.Context, s Scope, by account.ID) ([]View, error)
	// SaveView stores a new view of an account. It returns ErrViewNameTaken and
	// ErrViewsFull.
	SaveView(ctx context.Context, s Scope, v View) error
	// RenameView renames and shares an account's own view, or keeps it private. It
	// returns ErrNoView and ErrViewNameTaken.
	RenameView(ctx context.Context, s Scope, v View) error
	// DeleteView deletes an account's own view; the member's owner may delete every
	// shared one. It returns ErrNoView.
	DeleteView(ctx context.Context, s Scope, v View, asOwner bool) error
}

// ParseViewName reads a name. It returns ErrViewName.
func ParseViewName(text string) (string, error) {
	name := strings.Join(strings.Fields(text), " ")
	if n := utf8.RuneCountInString(name); n == 0 || n > viewNameMax || strings.ContainsFunc(name, unprintable) {
		return "", ErrViewName
	}
	return name, nil
}

func unprintable(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }

// unkept are the parameters that no view keeps: a place in a list, what is computed on
// request, and the key of a card, which lives for a day.
var unkept = []string{"cursor", "totals", "card_key"}

// NewView returns a view of a filter that was read from the values without a fault. It
// returns ErrViewPeriod for a period that does not mean the filter's days today, and
// ErrViewLong.
func NewView(f TransactionFilter, values url.Values, period Period, today clock.Date) (View, error) {
	v := View{Query: url.Values{}, Period: period}
	if !slices.Contains(Periods(f, today), period) {
		return View{}, ErrViewPeriod
	}
	for name, given := range values {
		if slices.Contains(unkept, name) || name == "from" || name == "to" {
			continue
		}
		for _, value := range given {
			if value != "" {
				v.Query.Add(name, value)
			}
		}
	}
	if f.CardKey != "" {
		v.Query.Del("by")
	}
	switch period {
	case FixedDays:
		v.Query.Set("from", f.From.String())
		v.Query.Set("to", f.To.String())
	case LastDays:
		v.Days = f.From.DaysUntil(f.To) + 1
	case Yesterday, ThisMonth, LastMonth:
	}
	if len(v.Query.Encode()) > viewQueryMx {
		return View{}, ErrViewLong
	}
	return v, nil
}

// Periods lists what the filter's days may mean as of another day, the likeliest first.
func Periods(f TransactionFilter, today clock.Date) []Period {
	var fitting []Period
	for _, p := range []Period{ThisMonth, LastMonth, Yesterday} {
		if from, to := p.days(0, today); from == f.From && to == f.To {
			fitting = append(fitting, p)
		}
	}
	if f.To == today {
		fitting = slices.Insert(fitting, 0, LastDays)
	}
	return append(fitting, FixedDays)
}

// days returns the days of a period that moves with today.
func (p Period) days(count int, today clock.Date) (from, to clock.Date) {
	month := today.AddDays(1 - today.Start().In(clock.Taipei).Day())
	switch p {
	case LastDays:
		return today.AddDays(1 - count), today
	case Yesterday:
		return today.AddDays(-1), today.AddDays(-1)
	case ThisMonth:
		return month, today
	case LastMonth:
		last := month.AddDays(-1)
		return last.AddDays(1 - last.Start().In(clock.Taipei).Day()), last
	case FixedDays:
	}
	return clock.Date{}, clock.Date{}
}

// Values are the conditions of the view on a day, with its days.
func (v View) Values(today clock.Date) url.Values {
	values := url.Values{}
	for name, given := range v.Query {
		values[name] = slices.Clone(given)
	}
	if v.Period != FixedDays {
		from, to := v.Period.days(v.Days, today)
		values.Set("from", from.String())
		values.Set("to", to.String())
	}
	return values
}

// Visible tells that the view names no store outside the scope: a shared one must not
// tell an account what stores there are that it does not manage.
func (v View) Visible(s Scope) bool { return len(s.Unseen(v.Query["store"])) == 0 }
