package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

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
	Brand        pgtype.Text
	CardFirst6   string
	CardLast4    string
	AuthCode     string
	MandateNo    string

	CapturedAmount, RefundedAmount                  int64
	AuthorisedAt, CapturedAt, RefundedAt, SettledAt pgtype.Timestamptz
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
		Brand: payment.Brand(r.Brand.String), CardFirst6: r.CardFirst6, CardLast4: r.CardLast4, AuthCode: r.AuthCode,
		MandateNo: r.MandateNo, Captured: money.TWD(r.CapturedAmount), Refunded: money.TWD(r.RefundedAmount),
		AuthorisedAt: momentOf(r.AuthorisedAt), CapturedAt: momentOf(r.CapturedAt), RefundedAt: momentOf(r.RefundedAt),
		SettledAt: momentOf(r.SettledAt),
	}
}

// momentOf is a time in UTC; zero for NULL.
func momentOf(t pgtype.Timestamptz) time.Time {
	if !t.Valid {
		return time.Time{}
	}
	return t.Time.UTC()
}

// List implements report.Transactions.
func (r Reports) List(ctx context.Context, s report.Scope, f report.TransactionFilter) (report.Page, error) {
	list, _, err := r.listed(ctx, f, listStatement(s, f))
	return pageOf(list, f), err
}

// statement is a statement with its arguments. A counted one tells in its last column how
// many rows there are.
type statement struct {
	sql     string
	args    []any
	counted bool
}

// listed returns the rows of a page, and of one more, and how many there are where the
// statement counts. It reads on pgx's own connection: the busiest statement of the back
// office is not to pay for two layers that turn each value over.
func (r Reports) listed(
	ctx context.Context, f report.TransactionFilter, s statement,
) (list []report.Row, count int, err error) {
	var more []any
	if s.counted {
		more = []any{&count}
	}
	err = r.db.native(ctx, func(conn *pgx.Conn) error {
		rows, _ := conn.Query(ctx, numbered(s.sql), s.args...) // collecting tells the error
		list, err = collectRows(rows, f, more...)
		return err
	})
	return list, count, err
}

// pageOf makes a page of its rows, in the order of the statement, and of one row more
// that tells whether there is another page.
func pageOf(rows []report.Row, f report.TransactionFilter) report.Page {
	newer := f.Cursor.Direction == report.Newer
	more := len(rows) > f.Limit
	page := report.Page{Rows: rows[:min(len(rows), f.Limit)]}
	if newer {
		slices.Reverse(page.Rows)
	}
	if len(page.Rows) == 0 {
		return page
	}
	if newer || more {
		page.Older = place(report.Older, page.Rows[len(page.Rows)-1])
	}
	if newer && more || f.Cursor.Direction == report.Older {
		page.Newer = place(report.Newer, page.Rows[0])
	}
	return page
}

// collectRows reads the rows of a page; more are where further columns go.
func collectRows(rows pgx.Rows, f report.TransactionFilter, more ...any) ([]report.Row, error) {
	list := make([]report.Row, 0, f.Limit+1)
	var record rowRecord
	_, err := pgx.ForEachRow(rows, append(record.places(), more...), func() error {
		list = append(list, record.row())
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list transactions: %w", err)
	}
	return list, nil
}

// places are where the columns of rowColumns and the time listed by go.
func (r *rowRecord) places() []any {
	return []any{
		&r.TradeNo, &r.OrderNo, &r.StoreID, &r.CreatedAt, &r.Amount, &r.Status, &r.PayType, &r.Instalments,
		&r.Verification, &r.ThreeD, &r.TokenBind, &r.TokenCharge, &r.Settled, &r.Brand, &r.CardFirst6, &r.CardLast4,
		&r.AuthCode, &r.MandateNo, &r.CapturedAmount, &r.RefundedAmount, &r.AuthorisedAt, &r.CapturedAt, &r.RefundedAt,
		&r.SettledAt, &r.ListedAt,
	}
}

// listStatement is the statement of one page, and one row more.
func listStatement(s report.Scope, f report.TransactionFilter) statement {
	sql, args := listing(s, f, "")
	return statement{sql: sql, args: args}
}

// summedStatement is listStatement of days alone, with their sum in each row's last column.
func summedStatement(s report.Scope, f report.TransactionFilter) statement {
	sum, sumArgs := countStatement(s, f)
	sql, args := listing(s, f, ", ("+sum+")", sumArgs...)
	return statement{sql, args, true}
}

// listing is the statement of one page with one more column of its own, if any.
func listing(
	s report.Scope, f report.TransactionFilter, column string, columnArgs ...any,
) (sql string, args []any) {
	q := searching(s, f)
	q.from(f.Cursor, s)
	way := " DESC"
	if f.Cursor.Direction == report.Newer {
		way = ""
	}
	args = append(append(columnArgs, q.args...), f.Limit+1)
	order := " ORDER BY " + q.column + way + ", t.id" + way + " LIMIT ?"
	if f.DaysAlone() || f.LooksUp() || f.Waiting {
		return "SELECT " + rowColumns + ", " + q.column + " AS listed_at" + column + " FROM " + q.rows() + order, args
	}
	// The wide keys alone find the rows of a page, and only those are read. In one step each row
	// that a list of values refuses would be read as well: a million of them, in seconds.
	return "SELECT " + rowColumns + ", found.listed_at" + column + " FROM (SELECT t.id, " + q.column +
		" AS listed_at FROM " + q.rows() + order + ") AS found JOIN transactions t ON t.id = found.id" +
		" ORDER BY found.listed_at" + way + ", found.id" + way, args
}

// countedStatement is listStatement of a first page that also counts, in its last column:
// both in one pass, which stops past the cap.
func countedStatement(s report.Scope, f report.TransactionFilter) statement {
	q := searching(s, f)
	return statement{
		"WITH hits AS MATERIALIZED (SELECT t.id, " + q.column + " AS listed_at FROM " + q.rows() +
			" ORDER BY " + q.column + " DESC, t.id DESC LIMIT ?) SELECT " + rowColumns + `,
		found.listed_at, (SELECT count(*) FROM hits) FROM (
			SELECT id, listed_at FROM hits ORDER BY listed_at DESC, id DESC LIMIT ?) AS found
		JOIN transactions t ON t.id = found.id ORDER BY found.listed_at DESC, found.id DESC`,
		append(slices.Clone(q.args), report.CountMax+1, f.Limit+1), true,
	}
}

// ListSQL is the statement of a page with its values written out: what a measurement
// sends to the database beside the program.
func (r Reports) ListSQL(s report.Scope, f report.TransactionFilter) string {
	list := listStatement(s, f)
	return logger.ExplainSQL(list.sql, nil, "'", list.args...)
}

func place(d report.Direction, row report.Row) report.Cursor {
	return report.Cursor{Direction: d, At: row.ListedAt, TradeNo: row.TradeNo}
}

// Count implements report.Transactions. It stops counting past the cap, so that
// it costs a few milliseconds whatever the filter; days alone are summed.
func (r Reports) Count(ctx context.Context, s report.Scope, f report.TransactionFilter) (report.Count, error) {
	sql, args := countStatement(s, f)
	var rows int
	if err := r.raw(ctx, sql, args).Scan(&rows).Error; err != nil {
		return report.Count{}, fmt.Errorf("count transactions: %w", err)
	}
	return countOf(rows), nil
}

func countStatement(s report.Scope, f report.TransactionFilter) (sql string, args []any) {
	if f.DaysAlone() {
		q := searchDays(s, f)
		return "SELECT CAST(coalesce(sum(rows), 0) AS bigint) FROM " + daysAndChanges + " WHERE " + q.where(), q.args
	}
	q := searching(s, f)
	return "SELECT count(*) FROM (SELECT 1 FROM " + q.rows() + " LIMIT ?) AS found",
		append(q.args, report.CountMax+1)
}

func countOf(rows int) report.Count {
	return report.Count{Rows: min(rows, report.CountMax), More: rows > report.CountMax}
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
