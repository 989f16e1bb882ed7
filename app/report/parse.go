package report

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/width"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
)

// Refusals of a filter. Each comes with the field it belongs to and with the
// sentence for the person.
var (
	// ErrFilter tells that a value is not one that the filter knows.
	ErrFilter = fault.New(fault.Invalid, "filter_invalid", "條件不正確。")
	// ErrCardNumber tells that a whole card number stands in the address, which
	// must not be shown again.
	ErrCardNumber = fault.New(fault.Invalid, "filter_card_number",
		"為保護持卡人，完整信用卡號不可放在網址中，請用下方「以完整卡號查詢」。若這是訂單編號，請將「輸入查詢」選為商店訂單編號。")
)

// parameters are the names that the filter reads.
var parameters = []string{
	"date_kind", "from", "to", "by", "q", "store", "pay_type", "threeds", "amt_min", "amt_max",
	"store_type", "method", "token_kind", "status", "funds", "waiting", "card_key", "totals", "cursor", "limit",
}

// ParseTransactionFilter reads the query parameters of 信用卡交易專用查詢. What is
// absent or empty takes its default; every value that cannot be is told in the
// group, at most one for each field, and takes its default in the filter.
func ParseTransactionFilter(values url.Values, now time.Time) (TransactionFilter, fault.Group) {
	r := &reader{values: values}
	f := TransactionFilter{
		DateKind:  choice(r, "date_kind", DateKinds),
		Stores:    r.merchantIDs("store"),
		PayTypes:  choices(r, "pay_type", payment.PayTypes),
		Statuses:  choices(r, "status", payment.Statuses),
		ThreeD:    r.flag("threeds"),
		Waiting:   r.flag("waiting"),
		StoreType: choice(r, "store_type", StoreTypes),
		Method:    choice(r, "method", Methods),
		TokenKind: choice(r, "token_kind", TokenKinds),
		Funds:     choice(r, "funds", FundsStates),
		Limit:     r.limit("limit"),
		Cursor:    r.cursor("cursor"),
	}
	f.From, f.To = r.dates(clock.DateOf(now))
	f.AmountMin, f.AmountMax = r.amounts()
	f.Numbers = choice(r, "by", NumberKinds)
	f.Wanted = r.wanted("q", f.Numbers)
	f.CardKey = r.cardKey("card_key", f)
	r.flag("totals") // whoever shows the list reads it
	if f.TokenKind != AnyToken && f.Method != ByToken && !r.refused("method") {
		r.refuse("token_kind", "「處理方式」選擇 Token交易(國際卡組織) 後，才能指定類別。")
		f.TokenKind = AnyToken
	}
	r.refuseUnknown()
	return f, r.faults
}

// reader reads values and gathers what is wrong with them.
type reader struct {
	values url.Values
	faults fault.Group
}

func (r *reader) refuse(field, sentence string) { r.refuseWith(ErrFilter, field, sentence) }

// refuseWith tells a fault unless the field has one already.
func (r *reader) refuseWith(kind *fault.Fault, field, sentence string) {
	if r.refused(field) {
		return
	}
	f := kind.At(field)
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

// all returns the values of a field that are not empty, trimmed and folded.
func (r *reader) all(field string) []string {
	var given []string
	for _, value := range r.values[field] {
		if value = fold(value); value != "" && !slices.Contains(given, value) {
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

// choice returns one of the known values, the first of them by default.
func choice[T ~string](r *reader, field string, known []T) T {
	value := T(r.one(field))
	if value == "" || slices.Contains(known, value) {
		if value == "" {
			return known[0]
		}
		return value
	}
	r.refuse(field, notAChoice(string(value)))
	return known[0]
}

// choices returns the known values that were given, none by default.
func choices[T ~string](r *reader, field string, known []T) []T {
	var chosen []T
	for _, value := range r.all(field) {
		if !slices.Contains(known, T(value)) {
			r.refuse(field, notAChoice(value))
			continue
		}
		chosen = append(chosen, T(value))
	}
	return chosen
}

func notAChoice(value string) string {
	return fmt.Sprintf("「%s」不是可用的選項。", excerpt(value))
}

func (r *reader) flag(field string) bool {
	switch value := r.one(field); value {
	case "":
		return false
	case "1":
		return true
	default:
		r.refuse(field, notAChoice(value))
		return false
	}
}

func (r *reader) limit(field string) int {
	value := r.one(field)
	if value == "" {
		return RowsMax
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > RowsMax {
		r.refuse(field, fmt.Sprintf("每頁筆數須為 1 至 %d。", RowsMax))
		return RowsMax
	}
	return n
}

func (r *reader) cursor(field string) Cursor {
	c, err := ParseCursor(r.one(field))
	if err != nil {
		r.refuse(field, "分頁位置不正確，請從第一頁開始查詢。")
	}
	return c
}

func (r *reader) merchantIDs(field string) []string {
	var ids []string
	for _, id := range r.all(field) {
		const merchantIDMax = 15
		if len(id) > merchantIDMax || strings.Trim(id, upperDigits) != "" {
			r.refuse(field, fmt.Sprintf("「%s」不是商店代號。", excerpt(id)))
			continue
		}
		ids = append(ids, id)
	}
	return ids
}

func (r *reader) amounts() (low, high money.TWD) {
	low, high = r.amount("amt_min", 0), r.amount("amt_max", 1)
	if high > 0 && low > high {
		r.refuse("amt_max", "金額上限不可小於下限。")
		return 0, 0
	}
	return low, high
}

func (r *reader) amount(field string, least money.TWD) money.TWD {
	value := r.one(field)
	if value == "" {
		return 0
	}
	amount, err := money.ParseTWD(value)
	if err != nil || amount < least {
		r.refuse(field, fmt.Sprintf("請輸入 %d 至 %s 的整數金額。", least, money.Max.Grouped()))
		return 0
	}
	return amount
}

const upperDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// fold trims a value and turns full-width characters into plain ones.
func fold(value string) string { return strings.TrimSpace(width.Fold.String(value)) }

// excerpt returns the beginning of a value, for a sentence.
func excerpt(value string) string {
	const runesMax = 30
	runes := []rune(strings.ToValidUTF8(value, "�"))
	if len(runes) <= runesMax {
		return string(runes)
	}
	return string(runes[:runesMax]) + "…"
}
