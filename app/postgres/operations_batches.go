package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
)

// AddBatch implements payment.OperationStore.
func (p Payments) AddBatch(ctx context.Context, b payment.Batch) (payment.BatchID, error) {
	var id int64
	err := p.db.gorm.WithContext(ctx).Raw(`
		INSERT INTO close_batches (request_id, day, state, created_at) VALUES (?, CAST(? AS date), ?, ?) RETURNING id`,
		b.RequestID, b.Day.String(), string(b.State), b.CreatedAt).Scan(&id).Error
	if err != nil {
		return 0, fmt.Errorf("insert batch: %w", err)
	}
	return payment.BatchID(id), nil
}

// HoldBatch implements payment.Tx.
func (t *tx) HoldBatch(ctx context.Context, id payment.BatchID) (bool, error) {
	var states []string
	err := t.gorm.WithContext(ctx).
		Raw("SELECT state FROM close_batches WHERE id = ? FOR SHARE", int64(id)).Scan(&states).Error
	if err != nil {
		return false, fmt.Errorf("hold batch: %w", err)
	}
	return len(states) == 1 && payment.BatchState(states[0]) == payment.BatchCollecting, nil
}

// SealBatch implements payment.OperationStore. The lock waits for those who still
// put operations into the batch.
func (p Payments) SealBatch(ctx context.Context, id payment.BatchID) error {
	return p.db.inTx(ctx, func(ctx context.Context, t *tx) error {
		g := t.gorm.WithContext(ctx)
		var states []string
		err := g.Raw("SELECT state FROM close_batches WHERE id = ? FOR UPDATE", int64(id)).Scan(&states).Error
		if err != nil || len(states) == 0 || payment.BatchState(states[0]) != payment.BatchCollecting {
			return err
		}
		var filled bool
		err = g.Raw("SELECT EXISTS (SELECT FROM payment_operations WHERE batch_id = ?)", int64(id)).Scan(&filled).Error
		if err != nil {
			return fmt.Errorf("look into batch: %w", err)
		}
		if !filled {
			return g.Exec("DELETE FROM close_batches WHERE id = ?", int64(id)).Error
		}
		return onlyOne(g.Exec("UPDATE close_batches SET state = 'sealed' WHERE id = ?", int64(id)), "seal batch")
	})
}

// SaveBatch implements payment.OperationStore.
func (p Payments) SaveBatch(ctx context.Context, b payment.Batch, from payment.BatchState) (bool, error) {
	done := p.db.gorm.WithContext(ctx).Exec(`
		UPDATE close_batches SET state = ?, sent_at = ?, answered_at = ?, tries = ?, next_try_at = ?
		WHERE id = ? AND state = ?`,
		string(b.State), nullTime(b.SentAt), nullTime(b.AnsweredAt), b.Tries, nullTime(b.NextTryAt),
		int64(b.ID), string(from))
	if done.Error != nil {
		return false, fmt.Errorf("update batch: %w", done.Error)
	}
	return done.RowsAffected == 1, nil
}

// Batches implements payment.OperationStore.
func (p Payments) Batches(ctx context.Context, f payment.BatchFilter) ([]payment.Batch, error) {
	where, args := "state = ? AND id > ?", []any{string(f.State), int64(f.After)}
	if !f.Day.IsZero() {
		where, args = where+" AND day <= CAST(? AS date)", append(args, f.Day.String())
	}
	if !f.Before.IsZero() {
		where, args = where+" AND created_at <= ?", append(args, f.Before)
	}
	if !f.DueBy.IsZero() {
		where, args = where+" AND next_try_at <= ?", append(args, f.DueBy)
	}
	var records []struct {
		ID         int64
		RequestID  string
		Day        time.Time
		State      string
		CreatedAt  time.Time
		SentAt     *time.Time
		AnsweredAt *time.Time
		Tries      int
		NextTryAt  *time.Time
	}
	err := p.db.gorm.WithContext(ctx).Raw(`
		SELECT id, request_id, day, state, created_at, sent_at, answered_at, tries, next_try_at
		FROM close_batches WHERE `+where+" ORDER BY id LIMIT ?", append(args, f.AtMost)...).Scan(&records).Error
	if err != nil {
		return nil, fmt.Errorf("read batches: %w", err)
	}
	list := make([]payment.Batch, len(records))
	for i, r := range records {
		list[i] = payment.Batch{
			ID: payment.BatchID(r.ID), RequestID: r.RequestID, Day: dayOf(&r.Day), State: payment.BatchState(r.State),
			CreatedAt: r.CreatedAt.UTC(), SentAt: timeOf(r.SentAt), AnsweredAt: timeOf(r.AnsweredAt),
			Tries: r.Tries, NextTryAt: timeOf(r.NextTryAt),
		}
	}
	return list, nil
}

// BatchItems implements payment.OperationStore.
func (p Payments) BatchItems(ctx context.Context, id payment.BatchID) ([]payment.BatchItem, error) {
	var records []struct {
		ID            int64
		TransactionID int64
		Kind          string
		Amount        int64
		RequestID     string
		Authorisation string
		MerchantID    string
		TradeNo       string
		Authorised    int64
		AuthorisedAt  time.Time
		AuthCode      string
		Simulated     bool
	}
	err := p.db.gorm.WithContext(ctx).Raw(`
		SELECT o.id, o.transaction_id, o.kind, o.amount, o.request_id, a.request_id AS authorisation, s.merchant_id,
			t.trade_no, t.amount AS authorised, t.authorised_at, t.auth_code, a.simulated
		FROM payment_operations o JOIN transactions t ON t.id = o.transaction_id JOIN stores s ON s.id = t.store_id
			JOIN attempts a ON a.transaction_id = t.id AND a.state = 'authorised'
		WHERE o.batch_id = ? ORDER BY o.id`, int64(id)).Scan(&records).Error
	if err != nil {
		return nil, fmt.Errorf("read the operations of a batch: %w", err)
	}
	items := make([]payment.BatchItem, len(records))
	for i, r := range records {
		items[i] = payment.BatchItem{
			OperationID: payment.OperationID(r.ID), TransactionID: payment.ID(r.TransactionID), Simulated: r.Simulated,
			BatchLine: payment.BatchLine{
				ID: r.RequestID, Kind: payment.OperationKind(r.Kind), RequestID: r.Authorisation,
				MerchantID: r.MerchantID, TradeNo: r.TradeNo, Authorised: money.TWD(r.Authorised),
				AuthorisedAt: r.AuthorisedAt.UTC(), AuthCode: r.AuthCode, Amount: money.TWD(r.Amount),
			},
		}
	}
	return items, nil
}
