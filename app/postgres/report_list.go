package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
)

// Reports reads what the back office shows. It implements report.Desk.
type Reports struct{ db *DB }

// Reports returns the reader of the back office's lists and pages.
func (db *DB) Reports() Reports { return Reports{db} }

// rowRecord is one line of the list: exactly the columns that are shown.
type rowRecord struct {
	TradeNo      string
	OrderNo      string
	StoreID      int64
	CreatedAt    time.Time
	ListedAt     time.Time
	Amount       int64
	Status       string
	PayType      string
	Instalments  int
	Verification string
	ThreeD       bool
	TokenBind    bool
	TokenCharge  bool
	Settled      bool
	Brand        *string
	CardFirst6   string
	CardLast4    string
	AuthCode     string
	MandateNo    string

	CapturedAmount, RefundedAmount                  int64
	AuthorisedAt, CapturedAt, RefundedAt, SettledAt *time.Time
}

const rowColumns = `t.trade_no, t.order_no, t.store_id, t.created_at, t.amount, t.status, t.pay_type, t.instalments,
	t.verification, t.three_d, t.token_bind, t.token_charge, t.settled, t.brand, t.card_first6, t.card_last4,
	t.auth_code, t.mandate_no, t.captured_amount, t.refunded_amount, t.authorised_at, t.captured_at, t.refunded_at,
	t.settled_at`

func (r rowRecord) row() report.Row {
	return report.Row{
		TradeNo: ident.TradeNo(r.TradeNo), OrderNo: r.OrderNo, StoreID: member.StoreID(r.StoreID),
		CreatedAt: r.CreatedAt.UTC(), ListedAt: r.ListedAt.UTC(), Amount: money.TWD(r.Amount),
		Status: payment.Status(r.Status), PayType: payment.PayType(r.PayType), Instalments: r.Instalments,
		Verification: payment.Verification(r.Verification), ThreeD: r.ThreeD,
		TokenBind: r.TokenBind, TokenCharge: r.TokenCharge, Settled: r.Settled,
		Brand: payment.Brand(textOf(r.Brand)), CardFirst6: r.CardFirst6, CardLast4: r.CardLast4, AuthCode: r.AuthCode,
		MandateNo: r.MandateNo, Captured: money.TWD(r.CapturedAmount), Refunded: money.TWD(r.RefundedAmount),
		AuthorisedAt: timeOf(r.AuthorisedAt), CapturedAt: timeOf(r.CapturedAt), RefundedAt: timeOf(r.RefundedAt),
		SettledAt: timeOf(r.SettledAt),
	}
}

// List implements report.Transactions. It asks for one row more than the page
// holds, to know whether there is another page.
func (r Reports) List(ctx context.Context, s report.Scope, f report.TransactionFilter) (report.Page, error) {
	q := searching(s, f)
	newer := f.Cursor.Direction == report.Newer
	q.from(f.Cursor, s)
	order := " ORDER BY " + q.column + " DESC, t.id DESC"
	if newer {
		order = " ORDER BY " + q.column + ", t.id"
	}
	sql := "SELECT " + rowColumns + ", " + q.column + " AS listed_at FROM transactions t WHERE " + q.where() + order +
		" LIMIT ?"
	records := make([]rowRecord, 0, f.Limit+1)
	if err := r.raw(ctx, sql, q.args, f.Limit+1).Scan(&records).Error; err != nil {
		return report.Page{}, fmt.Errorf("list transactions: %w", err)
	}
	more := len(records) > f.Limit
	records = records[:min(len(records), f.Limit)]
	if newer {
		slices.Reverse(records)
	}
	page := report.Page{Rows: make([]report.Row, len(records))}
	for i, record := range records {
		page.Rows[i] = record.row()
	}
	if len(page.Rows) == 0 {
		return page, nil
	}
	if newer || more {
		page.Older = place(report.Older, page.Rows[len(page.Rows)-1])
	}
	if newer && more || f.Cursor.Direction == report.Older {
		page.Newer = place(report.Newer, page.Rows[0])
	}
	return page, nil
}

func place(d report.Direction, row report.Row) report.Cursor {
	return report.Cursor{Direction: d, At: row.ListedAt, TradeNo: row.TradeNo}
}

// Count implements report.Transactions. It stops counting past the cap, so that
// it costs a few milliseconds whatever the filter.
func (r Reports) Count(ctx context.Context, s report.Scope, f report.TransactionFilter) (report.Count, error) {
	q := searching(s, f)
	var rows int
	sql := "SELECT count(*) FROM (SELECT 1 FROM transactions t WHERE " + q.where() + " LIMIT ?) AS found"
	if err := r.raw(ctx, sql, q.args, report.CountMax+1).Scan(&rows).Error; err != nil {
		return report.Count{}, fmt.Errorf("count transactions: %w", err)
	}
	return report.Count{Rows: min(rows, report.CountMax), More: rows > report.CountMax}, nil
}

func (r Reports) raw(ctx context.Context, sql string, args []any, more ...any) *gorm.DB {
	return r.db.gorm.WithContext(ctx).Raw(sql, append(slices.Clone(args), more...)...)
}

// textArray is a text[] of PostgreSQL, in its text form {"a","b"}.
func textArray(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
	}
	return "{" + strings.Join(quoted, ",") + "}"
}
