package bench

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/report"
)

// shape is a kind of search: pages that are asked for in turn.
type shape struct {
	name    string
	targets []target
}

// The names of the shapes that goals are about.
const (
	shapeList      = "list, 7 days, all members"
	shapeGiant     = "list, 7 days"
	shapeTrade     = "by trade number"
	shapeOrder     = "by order number"
	shapePageOne   = "page 1, 395 days"
	shapePageFar   = "a page far back, 395 days"
	shapeNaive     = "list, 30 days, beside a naive page"
	shapeTotals30  = "totals, 30 days"
	shapeTotals395 = "totals, 395 days"
)

// longDays is nearly all of the thirteen months.
const longDays = 395

// days are the newest days of the giant member's rows as a filter.
func (l *lab) days(count int, more ...string) url.Values {
	to := clock.DateOf(l.newest)
	values := url.Values{"from": {to.AddDays(1 - count).String()}, "to": {to.String()}}
	for i := 0; i+1 < len(more); i += 2 {
		values.Add(more[i], more[i+1])
	}
	return values
}

// shapes lists what is measured, the goals' own first.
func (l *lab) shapes(ctx context.Context) ([]shape, error) {
	crowd := shape{name: shapeList}
	for _, v := range l.crowd {
		t, err := l.page(ctx, v, l.days(7))
		if err != nil {
			return nil, err
		}
		crowd.targets = append(crowd.targets, t)
	}
	sums, err := l.totals(ctx)
	if err != nil {
		return nil, err
	}
	list := append([]shape{crowd}, sums...)
	for _, s := range []struct {
		name   string
		values url.Values
	}{
		{shapeGiant, l.days(7)},
		{"amounts and a status, 30 days", l.days(30, "amt_min", "1000", "amt_max", "2000", "status", "captured")},
		{
			"three rare flags, 30 days",
			l.days(30, "threeds", "1", "method", "token", "token_kind", "bind", "funds", "pending"),
		},
		{"nothing found, 395 days", l.days(longDays, "amt_min", "777777777", "status", "captured")},
		{"a rare amount and status, 395 days", l.days(longDays, "amt_min", "195000", "status", "voided")},
		{"one store, 30 days", l.days(30, "store", l.giant.scope.Stores()[0].MerchantID)},
		{"two pay types, 30 days", l.days(30, "pay_type", "bonus", "pay_type", "unionpay")},
		{"phone, 90 days", l.days(90, "method", "phone")},
		{"token charged, 90 days", l.days(90, "method", "token", "token_kind", "charge")},
		{"by date of authorisation, 30 days", l.days(30, "date_kind", "authorised")},
		{"by date of capture, 30 days", l.days(30, "date_kind", "captured")},
		{"by date of refund, 30 days", l.days(30, "date_kind", "refunded")},
		{"by date of payout, 30 days", l.days(30, "date_kind", "settled")},
		{"waiting, 30 days", l.days(30, "waiting", "1")},
		{shapePageOne, l.days(longDays)},
	} {
		t, err := l.page(ctx, l.giant, s.values)
		if err != nil {
			return nil, err
		}
		list = append(list, shape{s.name, []target{t}})
	}
	far, err := l.farPage(ctx)
	if err != nil {
		return nil, err
	}
	list = append(list, shape{shapePageFar, []target{far}})
	numbers, err := l.lookUps(ctx)
	if err != nil {
		return nil, err
	}
	return append(list, numbers...), nil
}

// farRows is where page 20,001 begins.
const farRows = 1_000_000

// farPage is a page that many others come before: 20,000 where there are as many.
func (l *lab) farPage(ctx context.Context) (target, error) {
	var count int
	id := int64(l.giant.scope.Member())
	db := l.db.SQL()
	err := db.QueryRowContext(ctx, "SELECT count(*) FROM transactions WHERE member_id = $1", id).Scan(&count)
	if err != nil {
		return target{}, err
	}
	var c report.Cursor
	var no string
	err = db.QueryRowContext(ctx, `SELECT created_at, trade_no FROM transactions WHERE member_id = $1
		ORDER BY created_at DESC, id DESC OFFSET $2 LIMIT 1`, id, min(farRows, count/2)).Scan(&c.At, &no)
	if err != nil {
		return target{}, fmt.Errorf("find a page far back: %w", err)
	}
	c.Direction, c.TradeNo = report.Older, ident.TradeNo(no)
	return l.page(ctx, l.giant, l.days(longDays, "cursor", c.String()))
}

// lookUpTargets is how many different numbers of a kind are looked up.
const lookUpTargets = 64

// lookUps ask for numbers that are there, scattered over the giant member's rows.
func (l *lab) lookUps(ctx context.Context) ([]shape, error) {
	rows, err := l.db.SQL().QueryContext(ctx, `
		SELECT trade_no, order_no, auth_code, mandate_no, card_last4, card_first6 || card_last4 FROM transactions
		WHERE member_id = $1 AND created_at > $2 AND mandate_no <> '' AND auth_code <> '' LIMIT $3`,
		int64(l.giant.scope.Member()), l.newest.AddDate(0, -6, 0), report.NumbersMax)
	if err != nil {
		return nil, fmt.Errorf("find numbers to look up: %w", err)
	}
	defer func() { _ = rows.Close() }()
	kinds := []struct {
		name string
		by   report.NumberKind
	}{
		{shapeTrade, report.TradeNos},
		{shapeOrder, report.OrderNos},
		{"by approval code", report.AuthCodes},
		{"by mandate number", report.MandateNos},
		{"by last four digits", report.CardNos},
		{"by first six and last four digits", report.CardNos},
	}
	found := make([][]string, len(kinds))
	for rows.Next() {
		numbers := make([]string, len(kinds))
		places := make([]any, len(kinds))
		for i := range numbers {
			places[i] = &numbers[i]
		}
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		for i, number := range numbers {
			found[i] = append(found[i], number)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	var list []shape
	for i, kind := range kinds {
		s := shape{name: kind.name}
		for _, number := range found[i][:min(len(found[i]), lookUpTargets)] {
			t, err := l.page(ctx, l.giant, url.Values{"by": {string(kind.by)}, "q": {number}})
			if err != nil {
				return nil, err
			}
			s.targets = append(s.targets, t)
		}
		list = append(list, s)
	}
	paste, err := l.page(ctx, l.giant, url.Values{"q": {strings.Join(found[0], " ")}})
	if err != nil {
		return nil, err
	}
	return append(list, shape{strconv.Itoa(len(found[0])) + " numbers at once", []target{paste}}), nil
}

// totals ask for the sums as the button of the list does. The limit is the plain sum, which
// the page is held against, too.
func (l *lab) totals(ctx context.Context) ([]shape, error) {
	to := clock.DateOf(l.newest)
	var list []shape
	for _, one := range []struct {
		name string
		days int
	}{{shapeTotals30, 30}, {shapeTotals395, longDays}} {
		t := target{
			by: l.giant, values: l.days(one.days, "totals", "1"), fragment: "totals",
			limit: fmt.Sprintf(`SELECT count(*), sum(amount) FILTER (WHERE status NOT IN ('pending', 'failed', 'voided')),
				sum(captured_amount), sum(refunded_amount) FROM transactions WHERE member_id = %d
				AND created_at >= '%s' AND created_at < '%s'`, l.giant.scope.Member(),
				textOf(to.AddDays(1-one.days).Start()), textOf(to.End())),
		}
		var rows money.TWD
		var authorised, captured, refunded sql.Null[money.TWD]
		err := l.db.SQL().QueryRowContext(ctx, t.limit).Scan(&rows, &authorised, &captured, &refunded)
		if err != nil {
			return nil, fmt.Errorf("sum %d days: %w", one.days, err)
		}
		t.shown = []string{
			rows.Grouped() + " 筆", authorised.V.Display(), captured.V.Display(), refunded.V.Display(),
			(captured.V - refunded.V).Display(),
		}
		list = append(list, shape{one.name, []target{t}})
	}
	return list, nil
}
