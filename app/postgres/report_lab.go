package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
)

var _ report.Labs = Reports{}

// LabStores implements report.Labs.
func (r Reports) LabStores(ctx context.Context, s report.Scope) ([]report.LabStore, error) {
	q := scoped(s)
	var stores []report.LabStore
	err := r.raw(ctx, `
		SELECT t.merchant_id, t.name, t.passkey_lab AS "on", t.passkey
		FROM (SELECT *, id AS store_id FROM stores WHERE mode = 'test') AS t WHERE `+q.where()+" ORDER BY t.merchant_id",
		q.args).Scan(&stores).Error
	if err != nil {
		return nil, fmt.Errorf("list stores in test mode: %w", err)
	}
	return stores, nil
}

// LabRuns implements report.Labs.
func (r Reports) LabRuns(ctx context.Context, s report.Scope) ([]report.LabRun, error) {
	q := scoped(s)
	var records []struct {
		Scenario, MerchantID, TradeNo, Status, FellBack string
		BegunAt                                         time.Time
		Notice                                          string
	}
	err := r.raw(ctx, `
		SELECT DISTINCT ON (v.lab) v.lab AS scenario, s.merchant_id, t.trade_no, t.status,
			coalesce(v.fell_back::text, '') AS fell_back, v.created_at AS begun_at,
			coalesce((SELECT m.fields::text FROM payment_messages m WHERE m.transaction_id = t.id AND m.kind = 'order'
				AND m.direction = 'out' ORDER BY m.at DESC, m.id DESC LIMIT 1), '[]') AS notice
		FROM verifications v JOIN transactions t ON t.id = v.transaction_id JOIN stores s ON s.id = t.store_id
		WHERE v.lab IS NOT NULL AND `+q.where()+" ORDER BY v.lab, v.created_at DESC, v.id DESC",
		q.args).Scan(&records).Error
	if err != nil {
		return nil, fmt.Errorf("list runs of the lab: %w", err)
	}
	runs := make([]report.LabRun, len(records))
	for i, record := range records {
		runs[i] = report.LabRun{
			Scenario: payment.LabScenario(record.Scenario), MerchantID: record.MerchantID,
			TradeNo: ident.TradeNo(record.TradeNo), Status: payment.Status(record.Status), FellBack: record.FellBack,
			BegunAt: record.BegunAt.UTC(),
		}
		if err := json.Unmarshal([]byte(record.Notice), &runs[i].Notice); err != nil {
			return nil, fmt.Errorf("read what the merchant of %s was told: %w", record.TradeNo, err)
		}
	}
	return runs, nil
}
