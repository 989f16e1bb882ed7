package report

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/width"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/param"
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
	"store_type", "method", "token_kind", "status", "funds", "journey", "waiting", "card_key", "totals", "cursor", "limit",
}

// ParseTransactionFilter reads the query parameters of 信用卡交易專用查詢. What is
// absent or empty takes its default; every value that cannot be is told in the
// group, at most one for each field, and takes its default in the filter.
func ParseTransactionFilter(values url.Values, now time.Time) (TransactionFilter, fault.Group) {
	r := &reader{param.New(values, param.Options{Invalid: ErrFilter, Clean: fold, Excerpt: excerpt})}
	f := TransactionFilter{
		DateKind:  param.Choice(r.Reader, "date_kind", DateKinds),
		Stores:    r.merchantIDs("store"),
		PayTypes:  param.Choices(r.Reader, "pay_type", payment.PayTypes),
		Statuses:  param.Choices(r.Reader, "status", payment.Statuses),
		ThreeD:    r.Flag("threeds"),
		Waiting:   r.Flag("waiting"),
		StoreType: param.Choice(r.Reader, "store_type", StoreTypes),
		Method:    param.Choice(r.Reader, "method", Methods),
		TokenKind: param.Choice(r.Reader, "token_kind", TokenKinds),
		Funds:     param.Choice(r.Reader, "funds", FundsStates),
		Journey:   param.Choice(r.Reader, "journey", Journeys),
		Limit:     r.limit("limit"),
		Cursor:    r.cursor("cursor"),
	}
	f.From, f.To = r.Days(clock.DateOf(now), param.Range{Label: "限定期間", Default: DaysDefault, Max: DaysMax})
	f.AmountMin, f.AmountMax = r.amounts()
	f.Numbers = param.Choice(r.Reader, "by", NumberKinds)
	f.Wanted = r.wanted("q", f.Numbers)
	f.CardKey = r.cardKey("card_key", f)
	r.Flag("totals") // whoever shows the list reads it
	if f.TokenKind != AnyToken && f.Method != ByToken && !r.Refused("method") {
		r.Refuse("token_kind", "「處理方式」選擇 Token交易(國際卡組織) 後，才能指定類別。")
		f.TokenKind = AnyToken
	}
	r.RefuseUnknown(parameters)
	return f, r.Faults()
}

// reader adds what only this filter has.
type reader struct{ *param.Reader }

func (r *reader) limit(field string) int {
	value := r.One(field)
	if value == "" {
		return RowsMax
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > RowsMax {
		r.Refuse(field, fmt.Sprintf("每頁筆數須為 1 至 %d。", RowsMax))
		return RowsMax
	}
	return n
}

func (r *reader) cursor(field string) Cursor {
	c, err := ParseCursor(r.One(field))
	if err != nil {
		r.Refuse(field, "分頁位置不正確，請從第一頁開始查詢。")
	}
	return c
}

func (r *reader) merchantIDs(field string) []string {
	var ids []string
	for _, id := range r.All(field) {
		const merchantIDMax = 15
		if len(id) > merchantIDMax || strings.Trim(id, upperDigits) != "" {
			r.Refuse(field, fmt.Sprintf("「%s」不是商店代號。", excerpt(id)))
			continue
		}
		ids = append(ids, id)
	}
	return ids
}

func (r *reader) amounts() (low, high money.TWD) {
	low, high = r.amount("amt_min", 0), r.amount("amt_max", 1)
	if high > 0 && low > high {
		r.Refuse("amt_max", "金額上限不可小於下限。")
		return 0, 0
	}
	return low, high
}

func (r *reader) amount(field string, least money.TWD) money.TWD {
	value := r.One(field)
	if value == "" {
		return 0
	}
	amount, err := money.ParseTWD(value)
	if err != nil || amount < least {
		r.Refuse(field, fmt.Sprintf("請輸入 %d 至 %s 的整數金額。", least, money.Max.Grouped()))
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
