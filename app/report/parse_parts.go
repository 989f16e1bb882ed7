package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
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

// later are the kinds of number that the screen will know and cannot look up yet.
var later = []string{"auth_code", "card_no", "mandate_no"}

func (r *reader) numberKind(field string) NumberKind {
	if value := r.one(field); slices.Contains(later, value) {
		r.refuse(field, "目前可查詢金流交易序號與商店訂單編號。")
		return AnyNumber
	}
	return choice(r, field, NumberKinds)
}

// numberMax is the length of the longest MerchantOrderNo (the provider's manual
// NDNF-1.1.9 §4.2, raised to 30 in later versions).
const numberMax = 30

// wanted reads the numbers to look up, separated by spaces, commas and lines.
func (r *reader) wanted(field string, kind NumberKind) []string {
	numbers := splitNumbers(r.one(field))
	if len(numbers) > NumbersMax {
		r.refuse(field, fmt.Sprintf("一次最多查詢 %d 個號碼，目前為 %d 個。", NumbersMax, len(numbers)))
		return nil
	}
	for _, number := range numbers {
		if kind != OrderNos && isCardNumber(number) {
			r.refuseWith(ErrCardNumber, field, ErrCardNumber.Public)
			return nil
		}
		if len(number) > numberMax || strings.ContainsFunc(number, notInNumber) {
			r.refuse(field, fmt.Sprintf("「%s」不是單號：單號為 %d 字元以內的英文字母、數字與底線。",
				excerpt(number), numberMax))
			return nil
		}
	}
	return numbers
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

func notInNumber(r rune) bool {
	return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// isCardNumber tells that a number is in all likelihood a card's: a length that
// trade numbers do not have, a known scheme and a right check digit.
func isCardNumber(number string) bool {
	const tradeNoLength = 17
	pan, err := secret.ParsePAN(number)
	return err == nil && len(number) != tradeNoLength && pan.Luhn() && payment.BrandOf(pan) != ""
}
