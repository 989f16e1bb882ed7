package postgres

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/memberzone/memberzone/app/report"
)

// Ways to find a number, each by an index of its own. An order number is unique within
// its store, so that the stores are named for an owner too.
const (
	byTradeNo  = "SELECT id FROM transactions WHERE trade_no"
	byOrderNo  = "SELECT id FROM transactions WHERE store_id = ANY (CAST(? AS bigint[])) AND order_no"
	byAuthCode = "SELECT id FROM transactions WHERE member_id = ? AND auth_code <> ''" +
		" AND auth_code = ANY (CAST(? AS text[]))"
	byMandateNo = "SELECT id FROM transactions WHERE member_id = ? AND mandate_no <> ''" +
		" AND mandate_no = ANY (CAST(? AS text[]))"
	byLast4 = "SELECT id FROM transactions WHERE member_id = ? AND card_last4 <> ''" +
		" AND card_last4 = ANY (CAST(? AS text[]))"
	byPair = "SELECT id FROM transactions WHERE member_id = ? AND card_last4 <> '' AND (card_last4, card_first6) IN" +
		" (SELECT * FROM unnest(CAST(? AS text[]), CAST(? AS text[])))"
	byCardIndex = "SELECT id FROM transactions WHERE member_id = ? AND card_index = ANY (CAST(? AS bytea[]))"
)

// ways gathers ways to find numbers, which together are one condition.
type ways struct {
	texts []string
	args  []any
}

func (w *ways) add(text string, args ...any) {
	w.texts = append(w.texts, text)
	w.args = append(w.args, args...)
}

// among adds a way that ends with the column of a number. One number alone is compared: such
// a statement is planned once, one with a list each time.
func (w *ways) among(text string, numbers []string, args ...any) {
	if len(numbers) == 1 {
		w.add(text+" = ?", append(args, numbers[0])...)
		return
	}
	w.add(text+" = ANY (CAST(? AS text[]))", append(args, textArray(numbers))...)
}

// lookUp finds the wanted numbers, or the card.
func (q *search) lookUp(s report.Scope, f report.TransactionFilter) {
	w := &ways{}
	memberID, wanted, stores := int64(s.Member()), textArray(f.Wanted), idArray(s.StoreIDs())
	anyKind := f.Numbers == report.AnyNumber
	if f.CardKey != "" {
		w.add(byCardIndex, memberID, byteaArray(f.Card.Indexes))
	}
	if anyKind || f.Numbers == report.TradeNos {
		w.among(byTradeNo, f.Wanted)
	}
	if anyKind || f.Numbers == report.OrderNos {
		w.among(byOrderNo, f.Wanted, stores)
	}
	if anyKind || f.Numbers == report.MandateNos {
		w.add(byMandateNo, memberID, wanted)
	}
	if codes := report.AuthCodesOf(f.Wanted); len(codes) > 0 && (anyKind || f.Numbers == report.AuthCodes) {
		w.add(byAuthCode, memberID, textArray(codes))
	}
	if anyKind || f.Numbers == report.CardNos {
		w.cards(memberID, f)
	}
	if len(w.texts) == 0 {
		q.and("false")
		return
	}
	q.and("t.id IN ("+strings.Join(w.texts, " UNION ALL ")+")", w.args...)
}

// cards adds the ways to the cards among the wanted numbers. Four digits alone may be
// an order number: they are a card's only where cards are looked up.
func (w *ways) cards(memberID int64, f report.TransactionFilter) {
	pairs, last4 := report.CardsOf(f.Wanted)
	if len(last4) > 0 && f.Numbers == report.CardNos {
		w.add(byLast4, memberID, textArray(last4))
	}
	if len(pairs) > 0 {
		var lasts, firsts []string
		for _, d := range pairs {
			lasts, firsts = append(lasts, d.Last4), append(firsts, d.First6)
		}
		w.add(byPair, memberID, textArray(lasts), textArray(firsts))
	}
}

// byteaArray is a bytea[] of PostgreSQL in its text form.
func byteaArray(values [][]byte) string {
	parts := make([]string, len(values))
	for i, value := range values {
		parts[i] = `"\\x` + hex.EncodeToString(value) + `"`
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// numbersRecord are the numbers by which a transaction can be found.
type numbersRecord struct{ TradeNo, OrderNo, AuthCode, MandateNo, CardFirst6, CardLast4 string }

// numberColumns says which columns tell of a kind whether a number was found.
var numberColumns = map[report.NumberKind]string{
	report.AnyNumber:  "t.trade_no, t.order_no, t.auth_code, t.mandate_no, t.card_first6, t.card_last4",
	report.TradeNos:   "t.trade_no",
	report.OrderNos:   "t.order_no",
	report.AuthCodes:  "t.auth_code",
	report.CardNos:    "t.card_first6, t.card_last4",
	report.MandateNos: "t.mandate_no",
}

// lookUp tells what became of the wanted numbers. Where the page shows all that was found,
// its rows tell which numbers were.
func (r Reports) lookUp(
	ctx context.Context, s report.Scope, f report.TransactionFilter, page report.Page,
) (report.LookUp, error) {
	result := report.LookUp{Wanted: len(f.Wanted)}
	if len(f.Wanted) == 0 {
		return result, nil
	}
	var found map[string]bool
	if f.Cursor.IsZero() && page.Older.IsZero() {
		found = report.Answered(f.Numbers, f.Wanted, numbersIn(page))
	} else {
		var err error
		if found, err = r.answered(ctx, searching(s, f), f); err != nil {
			return report.LookUp{}, err
		}
	}
	elsewhere, err := r.elsewhere(ctx, s, f, found)
	if err != nil {
		return report.LookUp{}, err
	}
	for _, number := range f.Wanted {
		switch {
		case found[number]:
			result.Found++
		case elsewhere[number]:
			result.Outside = append(result.Outside, number)
		default:
			result.Missing = append(result.Missing, number)
		}
	}
	return result, nil
}

func numbersIn(page report.Page) []report.Numbers {
	all := make([]report.Numbers, len(page.Rows))
	for i, row := range page.Rows {
		all[i] = report.Numbers{
			TradeNo: string(row.TradeNo), OrderNo: row.OrderNo, AuthCode: row.AuthCode, MandateNo: row.MandateNo,
			Card: report.CardDigits{First6: row.CardFirst6, Last4: row.CardLast4},
		}
	}
	return all
}

// answered tells which of the wanted numbers a search finds.
func (r Reports) answered(ctx context.Context, q *search, f report.TransactionFilter) (map[string]bool, error) {
	var records []numbersRecord
	sql := "SELECT DISTINCT " + numberColumns[f.Numbers] + " FROM " + q.rows()
	if err := r.raw(ctx, sql, q.args).Scan(&records).Error; err != nil {
		return nil, fmt.Errorf("look numbers up: %w", err)
	}
	all := make([]report.Numbers, len(records))
	for i, n := range records {
		all[i] = report.Numbers{
			TradeNo: n.TradeNo, OrderNo: n.OrderNo, AuthCode: n.AuthCode, MandateNo: n.MandateNo,
			Card: report.CardDigits{First6: n.CardFirst6, Last4: n.CardLast4},
		}
	}
	return report.Answered(f.Numbers, f.Wanted, all), nil
}

// elsewhere tells which of the wanted numbers are of a store of the member outside the
// scope.
//
// SECURITY: it never leaves the member, and asks only for numbers that name one
// transaction: where a card was used is nothing that an account without the store
// should learn, and an approval code is anybody's.
func (r Reports) elsewhere(
	ctx context.Context, s report.Scope, f report.TransactionFilter, found map[string]bool,
) (map[string]bool, error) {
	if s.AllStores() || s.Member() == 0 || f.Numbers == report.CardNos || f.Numbers == report.AuthCodes {
		return map[string]bool{}, nil
	}
	var rest []string
	for _, number := range f.Wanted {
		if !found[number] {
			rest = append(rest, number)
		}
	}
	if len(rest) == 0 {
		return map[string]bool{}, nil
	}
	memberID, wanted := int64(s.Member()), textArray(rest)
	q, w := &search{}, &ways{}
	q.and("t.member_id = ?", memberID)
	q.and("NOT t.store_id = ANY (CAST(? AS bigint[]))", idArray(s.StoreIDs()))
	if f.Numbers != report.OrderNos && f.Numbers != report.MandateNos {
		w.among(byTradeNo, rest)
	}
	if f.Numbers != report.TradeNos && f.Numbers != report.MandateNos {
		w.add("SELECT id FROM transactions WHERE store_id IN (SELECT id FROM stores WHERE member_id = ?)"+
			" AND order_no = ANY (CAST(? AS text[]))", memberID, wanted)
	}
	if f.Numbers != report.TradeNos && f.Numbers != report.OrderNos {
		w.add(byMandateNo, memberID, wanted)
	}
	q.and("t.id IN ("+strings.Join(w.texts, " UNION ALL ")+")", w.args...)
	var records []struct{ TradeNo, OrderNo, MandateNo string }
	sql := "SELECT t.trade_no, t.order_no, t.mandate_no FROM " + q.rows()
	if err := r.raw(ctx, sql, q.args).Scan(&records).Error; err != nil {
		return nil, fmt.Errorf("look numbers up in other stores: %w", err)
	}
	all := make([]report.Numbers, len(records))
	for i, n := range records {
		all[i] = report.Numbers{TradeNo: n.TradeNo, OrderNo: n.OrderNo, MandateNo: n.MandateNo}
	}
	return report.Answered(f.Numbers, rest, all), nil
}
