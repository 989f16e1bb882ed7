package report

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/memberzone/memberzone/app/clock"
)

// dates reads the range 限定期間. With one end given, the range ends today, or
// covers the default number of days.
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
		r.refuse("to", fmt.Sprintf("限定期間最長 %d 天，目前為 %d 天。", DaysMax, days))
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

// splitNumbers returns each number once, in the order given.
func splitNumbers(text string) []string {
	parts := strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(",;、､，；", r)
	})
	numbers := make([]string, 0, len(parts))
	seen := make(map[string]bool, len(parts))
	for _, part := range parts {
		if !seen[part] {
			seen[part] = true
			numbers = append(numbers, part)
		}
	}
	return numbers
}
