package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/secret"
)

var _ report.Tokens = Reports{}

// TokenCounts implements report.Tokens. It reads the index alone.
func (r Reports) TokenCounts(
	ctx context.Context, s report.Scope, from, to clock.Date,
) ([]report.TokenCount, error) {
	q := scoped(s)
	q.and("t.day >= CAST(? AS date)", from.String())
	q.and("t.day <= CAST(? AS date)", to.String())
	var rows []struct {
		StoreID int64
		Day     time.Time
		Binds   int64
		Charges int64
	}
	err := r.raw(ctx, `
		SELECT t.store_id, t.day, count(*) FILTER (WHERE t.kind = 'bind') AS binds,
			count(*) FILTER (WHERE t.kind = 'charge') AS charges
		FROM token_events t WHERE `+q.where()+" GROUP BY t.store_id, t.day ORDER BY t.day DESC, t.store_id",
		q.args).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count token events: %w", err)
	}
	counts := make([]report.TokenCount, len(rows))
	for i, row := range rows {
		day, err := clock.ParseDate(row.Day.Format(time.DateOnly))
		if err != nil {
			return nil, fmt.Errorf("count token events: %w", err)
		}
		counts[i] = report.TokenCount{
			Store: member.StoreID(row.StoreID), Day: day, Binds: row.Binds, Charges: row.Charges,
		}
	}
	return counts, nil
}

// funnelSQL counts payments whatever number of verifications they had, as a whole and by
// each part in one go.
const funnelSQL = `
	SELECT CASE GROUPING(brand, browser, reason) WHEN 7 THEN 'all' WHEN 3 THEN 'brand' WHEN 5 THEN 'browser'
			ELSE 'reason' END AS part,
		coalesce(brand::text, browser, reason, '') AS value,
		count(DISTINCT id) AS eligible, count(DISTINCT id) FILTER (WHERE asked_at IS NOT NULL) AS asked,
		count(DISTINCT id) FILTER (WHERE bound_at IS NOT NULL) AS bound,
		count(DISTINCT id) FILTER (WHERE used_at IS NOT NULL) AS used,
		count(DISTINCT id) FILTER (WHERE reason IS NOT NULL) AS fell_back
	FROM (SELECT t.id, v.brand, v.browser, v.asked_at, v.bound_at, v.used_at, ` + fellBack + ` AS reason
		FROM verifications v JOIN transactions t ON t.id = v.transaction_id WHERE v.eligible AND %s) AS verified
	GROUP BY GROUPING SETS ((), (brand), (browser), (reason))
	HAVING count(*) > 0 AND (GROUPING(reason) = 1 OR reason IS NOT NULL) ORDER BY 1, 2`

// Funnel implements report.Tokens.
func (r Reports) Funnel(
	ctx context.Context, s report.Scope, from, to clock.Date,
) ([]report.FunnelCount, error) {
	q := scoped(s)
	q.and("t.created_at >= ?", from.Start())
	q.and("t.created_at < ?", to.End())
	q.and("v.created_at >= ?", from.Start()) // none is older than its order
	var counts []report.FunnelCount
	if err := r.raw(ctx, fmt.Sprintf(funnelSQL, q.where()), q.args).Scan(&counts).Error; err != nil {
		return nil, fmt.Errorf("count verifications: %w", err)
	}
	return counts, nil
}

// tokenLast4 returns the last four digits of the token that a transaction that is known to
// be in scope was charged with, or that was bound by it; empty for one that is older than
// the vault.
func (r Reports) tokenLast4(ctx context.Context, t payment.Transaction) (string, error) {
	if !t.TokenBind && !t.TokenCharge {
		return "", nil
	}
	var sealed []struct {
		Reference    string
		NumberSealed []byte
	}
	err := r.raw(ctx, `
		SELECT n.reference, n.number_sealed FROM token_events e JOIN network_tokens n ON n.id = e.token_id
		WHERE e.transaction_id = ? ORDER BY e.kind DESC LIMIT 1`, []any{int64(t.ID)}).Scan(&sealed).Error
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	if len(sealed) == 0 {
		return "", nil
	}
	plain, err := r.db.cipher.Open(sealed[0].NumberSealed, tokenContext(sealed[0].Reference))
	if err != nil {
		return "", fmt.Errorf("unseal the token %s: %w", sealed[0].Reference, err)
	}
	defer clear(plain)
	number, err := secret.ParsePAN(string(plain))
	if err != nil {
		return "", fmt.Errorf("read the token %s: %w", sealed[0].Reference, err)
	}
	return number.Last4(), nil
}
