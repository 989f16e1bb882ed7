package audit

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
)

// The limits of a query.
const (
	DaysDefault = 30  // the range when none is given, today included
	DaysMax     = 400 // the longest range
	RowsMax     = 50  // lines a page
)

// Filter is what the page 稽核紀錄 asks for. Make one with ParseFilter: its zero value
// is not a filter.
type Filter struct {
	From, To clock.Date // both inclusive, in Taipei
	Kinds    []Kind     // none for all
	Login    string     // who did it, or as whom it was looked at, in any case of letters; empty for everybody
	Subject  string     // stands somewhere in the subject, in any case of letters; empty for all
	Cursor   Cursor     // zero for the first page
}

// ErrFilter tells that a value is not one that the filter knows. It comes with the
// field that it belongs to and a sentence for the person.
var ErrFilter = fault.New(fault.Invalid, "audit_filter_invalid", "條件不正確。")

// ErrCardNumber tells that a whole card number stands in the address, which must not be
// shown again. The log holds none that it could find.
var ErrCardNumber = fault.New(fault.Invalid, "audit_filter_card_number",
	"為保護持卡人，完整信用卡號不可放在網址中，稽核紀錄也不含完整卡號。請改以其他內容查詢。")

// parameters are the names that the filter reads.
var parameters = []string{"from", "to", "kind", "account", "q", "cursor"}

// ParseFilter reads the query parameters of 稽核紀錄. What is absent or empty takes its
// default; every value that cannot be is told in the group, at most one for each
// field, and takes its default in the filter.
func ParseFilter(values url.Values, now time.Time) (Filter, fault.Group) {
	r := &reader{values: values}
	f := Filter{Kinds: r.kinds("kind"), Login: r.text("account"), Subject: r.text("q")}
	f.From, f.To = r.dates(clock.DateOf(now))
	cursor, err := ParseCursor(r.one("cursor"))
	if err != nil {
		r.refuse("cursor", "分頁位置不正確，請從第一頁開始查詢。")
	}
	f.Cursor = cursor
	r.refuseUnknown()
	return f, r.faults
}

// reader reads values and gathers what is wrong with them.
type reader struct {
	values url.Values
	faults fault.Group
}

// refuse tells a fault unless the field has one already.
func (r *reader) refuse(field, sentence string) { r.refuseWith(ErrFilter, field, sentence) }

func (r *reader) refuseWith(what *fault.Fault, field, sentence string) {
	if r.refused(field) {
		return
	}
	f := what.At(field)
	f.Public = sentence
	r.faults = append(r.faults, f)
}

func (r *reader) refused(field string) bool {
	return slices.ContainsFunc(r.faults, func(f *fault.Fault) bool { return f.Field == field })
}

// refuseUnknown tells parameters that are none of ours: a misspelt name would
// otherwise widen the search without a word.
func (r *reader) refuseUnknown() {
	var unknown []string
	for name := range r.values {
		if !slices.Contains(parameters, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	const toldMax = 5
	for _, name := range unknown[:min(len(unknown), toldMax)] {
		r.refuse(name, fmt.Sprintf("網址中有不認得的條件「%s」。", excerpt(name)))
	}
}

// all returns the values of a field that are not empty, trimmed, each once.
func (r *reader) all(field string) []string {
	var given []string
	for _, value := range r.values[field] {
		if value = strings.TrimSpace(value); value != "" && !slices.Contains(given, value) {
			given = append(given, value)
		}
	}
	return given
}

// one returns the value of a field that may be given once; "" if it is absent.
func (r *reader) one(field string) string {
	given := r.all(field)
	if len(given) > 1 {
		r.refuse(field, "這個條件只能給一個值。")
		return ""
	}
	if len(given) == 0 {
		return ""
	}
	return given[0]
}

// text returns one value that PostgreSQL can compare.
func (r *reader) text(field string) string {
	const textMax = 200
	if slices.ContainsFunc(r.all(field), holdsCard) {
		r.refuseWith(ErrCardNumber, field, ErrCardNumber.Public)
		return ""
	}
	value := r.one(field)
	if utf8.RuneCountInString(value) > textMax {
		r.refuse(field, fmt.Sprintf("最多 %d 個字。", textMax))
		return ""
	}
	if !utf8.ValidString(value) || strings.Contains(value, "\x00") {
		r.refuse(field, "含有無法辨識的字元。")
		return ""
	}
	return value
}

func (r *reader) kinds(field string) []Kind {
	var chosen []Kind
	for _, value := range r.all(field) {
		if !Kind(value).IsKnown() {
			r.refuse(field, fmt.Sprintf("「%s」不是可用的選項。", excerpt(value)))
			continue
		}
		chosen = append(chosen, Kind(value))
	}
	return chosen
}

// dates reads the range. With one end given, the range ends today, or covers the
// default number of days.
func (r *reader) dates(today clock.Date) (from, to clock.Date) {
	from, to = r.date("from"), r.date("to")
	if r.refused("from") || r.refused("to") {
		return today.AddDays(1 - DaysDefault), today
	}
	switch {
	case to.IsZero() && !from.IsZero() && today.Before(from):
		to = from
	case to.IsZero():
		to = today
	}
	if from.IsZero() {
		from = to.AddDays(1 - DaysDefault)
	}
	days := from.DaysUntil(to) + 1
	switch {
	case days < 1:
		r.refuse("to", "結束日期不可早於開始日期。")
	case days > DaysMax:
		r.refuse("to", fmt.Sprintf("期間最長 %d 天，目前為 %d 天。", DaysMax, days))
	default:
		return from, to
	}
	return today.AddDays(1 - DaysDefault), today
}

// date reads one end; the zero date if it is absent or wrong.
func (r *reader) date(field string) clock.Date {
	value := r.one(field)
	if value == "" {
		return clock.Date{}
	}
	d, err := clock.ParseDate(value)
	if err != nil {
		r.refuse(field, "請輸入正確的日期，格式為 YYYY-MM-DD。")
	}
	return d
}

// excerpt returns the beginning of a value, for a sentence.
func excerpt(value string) string {
	const excerptMax = 30
	return typed(value, excerptMax)
}
