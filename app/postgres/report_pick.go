package postgres

import (
	"context"
	"fmt"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
)

// Pick implements report.Transactions.
func (r Reports) Pick(
	ctx context.Context, s report.Scope, numbers []ident.TradeNo,
) ([]payment.Transaction, error) {
	q := scoped(s)
	q.and("t.trade_no = ANY (CAST(? AS text[]))", textArray(texts(numbers)))
	var records []transactionRecord
	sql := "SELECT " + transactionColumns + " FROM transactions t WHERE " + q.where()
	if err := r.raw(ctx, sql, q.args).Scan(&records).Error; err != nil {
		return nil, fmt.Errorf("read picked transactions: %w", err)
	}
	found := make([]payment.Transaction, len(records))
	for i, record := range records {
		found[i] = record.transaction()
	}
	return found, nil
}
