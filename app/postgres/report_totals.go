package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/report"
)

// Totals implements report.Transactions.
func (r Reports) Totals(ctx context.Context, s report.Scope, f report.TransactionFilter) (report.Totals, error) {
	if f.DaysAlone() {
		return r.days(ctx, s, f)
	}
	q := searching(s, f)
	var sums totalsRecord
	// What is pending, failed or voided has no authorised amount; all else was authorised.
	sql := `SELECT count(*) AS rows,
			CAST(coalesce(sum(t.amount) FILTER (WHERE t.status NOT IN ('pending', 'failed', 'voided')), 0) AS bigint)
				AS authorised,
			CAST(coalesce(sum(t.captured_amount), 0) AS bigint) AS captured,
			CAST(coalesce(sum(t.refunded_amount), 0) AS bigint) AS refunded
		FROM ` + q.rows()
	if err := r.raw(ctx, sql, q.args).Scan(&sums).Error; err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return report.Totals{}, report.ErrTotalsSlow.Because(err)
		}
		return report.Totals{}, fmt.Errorf("sum transactions: %w", err)
	}
	return sums.totals(), nil
}

type totalsRecord struct{ Rows, Authorised, Captured, Refunded int64 }

func (r totalsRecord) totals() report.Totals {
	return report.Totals{
		Rows: int(r.Rows), Authorised: money.TWD(r.Authorised), Captured: money.TWD(r.Captured),
		Refunded: money.TWD(r.Refunded),
	}
}

// daysAndChanges are the sums of days, with what is not folded into them yet.
const daysAndChanges = `(
	SELECT member_id, day, store_id, rows, authorised, captured, refunded FROM transaction_days
	UNION ALL
	SELECT member_id, day, store_id, rows, authorised, captured, refunded FROM transaction_day_changes) AS t`

// searchDays is the condition of a filter of days alone on daysAndChanges.
func searchDays(s report.Scope, f report.TransactionFilter) *search {
	q := scoped(s.Narrow(f))
	q.and("t.day BETWEEN CAST(? AS date) AND CAST(? AS date)", f.From.String(), f.To.String())
	return q
}

// days sums whole days from what is kept for each day and store, and from the changes
// that are not folded into it yet. One statement reads both as of the same moment.
func (r Reports) days(ctx context.Context, s report.Scope, f report.TransactionFilter) (report.Totals, error) {
	q := searchDays(s, f)
	var sums totalsRecord
	sql := `SELECT CAST(coalesce(sum(rows), 0) AS bigint) AS rows,
			CAST(coalesce(sum(authorised), 0) AS bigint) AS authorised,
			CAST(coalesce(sum(captured), 0) AS bigint) AS captured,
			CAST(coalesce(sum(refunded), 0) AS bigint) AS refunded
		FROM ` + daysAndChanges + ` WHERE ` + q.where()
	if err := r.raw(ctx, sql, q.args).Scan(&sums).Error; err != nil {
		return report.Totals{}, fmt.Errorf("sum days: %w", err)
	}
	return sums.totals(), nil
}

// FoldTotals adds up to limit changes to the sums of their days, and returns how many it
// was. Processes that fold at once take different changes.
func (r Reports) FoldTotals(ctx context.Context, limit int) (int, error) {
	var folded int
	err := r.raw(ctx, `
		WITH taken AS (
			DELETE FROM transaction_day_changes WHERE id IN (
				SELECT id FROM transaction_day_changes ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED)
			RETURNING member_id, day, store_id, rows, authorised, captured, refunded
		), folded AS (
			INSERT INTO transaction_days AS d (member_id, day, store_id, rows, authorised, captured, refunded)
			SELECT member_id, day, store_id, sum(rows), sum(authorised), sum(captured), sum(refunded)
			FROM taken GROUP BY member_id, day, store_id ORDER BY member_id, day, store_id
			ON CONFLICT (member_id, day, store_id) DO UPDATE SET rows = d.rows + excluded.rows,
				authorised = d.authorised + excluded.authorised, captured = d.captured + excluded.captured,
				refunded = d.refunded + excluded.refunded
		)
		SELECT count(*) FROM taken`, nil, limit).Scan(&folded).Error
	if err != nil {
		return 0, fmt.Errorf("fold the sums of days: %w", err)
	}
	return folded, nil
}
