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
	"github.com/memberzone/memberzone/app/param"
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
	r := param.New(values, param.Options{Invalid: ErrFilter, Clean: strings.TrimSpace, Excerpt: excerpt})
	f := Filter{Kinds: param.Choices(r, "kind", Kinds), Login: text(r, "account"), Subject: text(r, "q")}
	f.From, f.To = r.Days(clock.DateOf(now), param.Range{Label: "期間", Default: DaysDefault, Max: DaysMax})
	cursor, err := ParseCursor(r.One("cursor"))
	if err != nil {
		r.Refuse("cursor", "分頁位置不正確，請從第一頁開始查詢。")
	}
	f.Cursor = cursor
	r.RefuseUnknown(parameters)
	return f, r.Faults()
}

// text returns one value that PostgreSQL can compare.
func text(r *param.Reader, field string) string {
	const textMax = 200
	if slices.ContainsFunc(r.All(field), holdsCard) {
		r.RefuseWith(ErrCardNumber, field, ErrCardNumber.Public)
		return ""
	}
	value := r.One(field)
	if utf8.RuneCountInString(value) > textMax {
		r.Refuse(field, fmt.Sprintf("最多 %d 個字。", textMax))
		return ""
	}
	if !utf8.ValidString(value) || strings.Contains(value, "\x00") {
		r.Refuse(field, "含有無法辨識的字元。")
		return ""
	}
	return value
}

// excerpt returns the beginning of a value, for a sentence.
func excerpt(value string) string {
	const excerptMax = 30
	return typed(value, excerptMax)
}
