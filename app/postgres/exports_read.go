package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/memberzone/memberzone/app/export"
	"github.com/memberzone/memberzone/app/report"
)

// readField is one database column of an export: its name, and where its binary form goes.
// A NULL arrives as nil.
type readField struct {
	name string
	into func(r *export.Row, b []byte)
}

// readFields says which database columns a column of the list needs.
var readFields = map[report.Column][]readField{
	report.ColCreated:    {atField("created_at", func(r *export.Row) *int64 { return &r.CreatedAt })},
	report.ColAuthorised: {atField("authorised_at", func(r *export.Row) *int64 { return &r.AuthorisedAt })},
	report.ColCapturedAt: {atField("captured_at", func(r *export.Row) *int64 { return &r.CapturedAt })},
	report.ColRefundedAt: {atField("refunded_at", func(r *export.Row) *int64 { return &r.RefundedAt })},
	report.ColSettledAt:  {atField("settled_at", func(r *export.Row) *int64 { return &r.SettledAt })},
	report.ColTradeNo:    {{"trade_no", func(r *export.Row, b []byte) { r.TradeNo = b }}},
	report.ColOrderNo:    {{"order_no", func(r *export.Row, b []byte) { r.OrderNo = b }}},
	report.ColAuthCode:   {{"auth_code", func(r *export.Row, b []byte) { r.AuthCode = b }}},
	report.ColMandateNo:  {{"mandate_no", func(r *export.Row, b []byte) { r.MandateNo = b }}},
	report.ColBrand:      {{"brand", func(r *export.Row, b []byte) { r.Brand = b }}},
	report.ColStatus:     {statusField},
	report.ColAmount:     {{"amount", func(r *export.Row, b []byte) { r.Amount = int8Of(b) }}},
	report.ColCaptured: {
		statusField, {"captured_amount", func(r *export.Row, b []byte) { r.Captured = int8Of(b) }},
	},
	report.ColRefunded: {
		statusField, {"refunded_amount", func(r *export.Row, b []byte) { r.Refunded = int8Of(b) }},
	},
	report.ColStore:  {{"store_id", func(r *export.Row, b []byte) { r.StoreID = int8Of(b) }}},
	report.ColFunds:  {{"settled", func(r *export.Row, b []byte) { r.Settled = boolOf(b) }}},
	report.ColThreeD: {{"three_d", func(r *export.Row, b []byte) { r.ThreeD = boolOf(b) }}},
	report.ColPayType: {
		{"pay_type", func(r *export.Row, b []byte) { r.PayType = b }},
		{"instalments", func(r *export.Row, b []byte) { r.Instalments = int2Of(b) }},
	},
	report.ColCard: {
		{"card_first6", func(r *export.Row, b []byte) { r.First6 = b }},
		{"card_last4", func(r *export.Row, b []byte) { r.Last4 = b }},
	},
	report.ColMethod: {
		{"verification", func(r *export.Row, b []byte) { r.Verification = b }},
		{"token_bind", func(r *export.Row, b []byte) { r.TokenBind = boolOf(b) }},
		{"token_charge", func(r *export.Row, b []byte) { r.TokenCharge = boolOf(b) }},
	},
}

var statusField = readField{"status", func(r *export.Row, b []byte) { r.Status = b }}

func atField(name string, of func(r *export.Row) *int64) readField {
	return readField{name, func(r *export.Row, b []byte) { *of(r) = microsOf(b) }}
}

// Binary forms of PostgreSQL: big-endian integers; times are microseconds since 2000.
func int8Of(b []byte) int64 { return int64(binary.BigEndian.Uint64(b)) }
func int2Of(b []byte) int64 { return int64(int16(binary.BigEndian.Uint16(b))) }
func boolOf(b []byte) bool  { return b[0] != 0 }

func microsOf(b []byte) int64 {
	if b == nil {
		return export.Never
	}
	const year2000 = 946_684_800_000_000
	return int8Of(b) + year2000
}

// fieldsOf returns what the columns need, each database column once.
func fieldsOf(columns []report.Column) (fields []readField) {
	for _, column := range columns {
		for _, f := range readFields[column] {
			if !slices.ContainsFunc(fields, func(known readField) bool { return known.name == f.name }) {
				fields = append(fields, f)
			}
		}
	}
	return fields
}

// numbered turns the marks ? of a statement into $1, $2, …, which the driver knows. The
// fixed texts of a search hold no other question mark.
func numbered(sql string) string {
	var b strings.Builder
	n := 0
	for {
		before, after, found := strings.Cut(sql, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		n++
		b.WriteString("$" + strconv.Itoa(n))
		sql = after
	}
}

// Snapshot implements export.Store. Nothing of it is kept in memory but one row, in the
// driver's own buffer.
func (e Exports) Snapshot(
	ctx context.Context, q export.Query, begin func(total int64) error, row func(*export.Row) error,
) error {
	moment := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return e.db.native(ctx, func(conn *pgx.Conn) error {
		return pgx.BeginTxFunc(ctx, conn, moment, func(tx pgx.Tx) error {
			return readSnapshot(ctx, tx, q, begin, row)
		})
	})
}

func readSnapshot(
	ctx context.Context, tx pgx.Tx, q export.Query, begin func(total int64) error, row func(*export.Row) error,
) error {
	s := searching(q.Scope, q.Filter)
	var total int64
	sql := numbered("SELECT count(*) FROM " + s.rows())
	if err := tx.QueryRow(ctx, sql, s.args...).Scan(&total); err != nil {
		return fmt.Errorf("count what is exported: %w", err)
	}
	if err := begin(total); err != nil {
		return err
	}
	fields := fieldsOf(q.Columns)
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = "t." + f.name
	}
	sql = numbered("SELECT " + strings.Join(names, ", ") + " FROM " + s.rows() +
		" ORDER BY " + s.column + " DESC, t.id DESC")
	rows, err := tx.Query(ctx, sql, append([]any{pgx.QueryResultFormats{pgx.BinaryFormatCode}}, s.args...)...)
	if err != nil {
		return fmt.Errorf("export transactions: %w", err)
	}
	defer rows.Close()
	var r export.Row
	for rows.Next() {
		for i, b := range rows.RawValues() {
			fields[i].into(&r, b)
		}
		if err := row(&r); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("export transactions: %w", err)
	}
	return nil
}

// Rows implements export.Store.
func (e Exports) Rows(ctx context.Context, s report.Scope, f report.TransactionFilter) (int64, error) {
	q := searching(s, f)
	var total int64
	err := e.db.gorm.WithContext(ctx).Raw("SELECT count(*) FROM "+q.rows(), q.args...).
		Scan(&total).Error
	if err != nil {
		return 0, fmt.Errorf("count transactions: %w", err)
	}
	return total, nil
}
