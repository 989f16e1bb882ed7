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
	q := searching(s, f)
	var sums struct{ Rows, Authorised, Captured, Refunded int64 }
	// What is pending, failed or voided has no authorised amount; all else was authorised.
	sql := `SELECT count(*) AS rows,
			CAST(coalesce(sum(t.amount) FILTER (WHERE t.status NOT IN ('pending', 'failed', 'voided')), 0) AS bigint)
				AS authorised,
			CAST(coalesce(sum(t.captured_amount), 0) AS bigint) AS captured,
			CAST(coalesce(sum(t.refunded_amount), 0) AS bigint) AS refunded
		FROM transactions t WHERE ` + q.where()
	if err := r.raw(ctx, sql, q.args).Scan(&sums).Error; err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return report.Totals{}, report.ErrTotalsSlow.Because(err)
		}
		return report.Totals{}, fmt.Errorf("sum transactions: %w", err)
	}
	return report.Totals{
		Rows: int(sums.Rows), Authorised: money.TWD(sums.Authorised), Captured: money.TWD(sums.Captured),
		Refunded: money.TWD(sums.Refunded),
	}, nil
}
