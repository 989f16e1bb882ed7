package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
)

type operationRecord struct {
	ID            int64
	TransactionID int64
	Kind          string
	State         string
	Amount        int64
	RequestID     string
	UndoID        *string
	Actor         string
	RequestedAt   time.Time
	CloseDay      *time.Time
	SentAt        *time.Time
	EndedAt       *time.Time
	RespondCode   string
	BatchID       *int64
	Tries         int
	NextTryAt     *time.Time
}

const operationColumns = `o.id, o.transaction_id, o.kind, o.state, o.amount, o.request_id, o.undo_id, o.actor,
	o.requested_at, o.close_day, o.sent_at, o.ended_at, o.respond_code, o.batch_id, o.tries, o.next_try_at`

func (r operationRecord) operation() payment.Operation {
	o := payment.Operation{
		ID: payment.OperationID(r.ID), TransactionID: payment.ID(r.TransactionID),
		Kind: payment.OperationKind(r.Kind), State: payment.OperationState(r.State), Amount: money.TWD(r.Amount),
		RequestID: r.RequestID, UndoID: textOf(r.UndoID), Actor: r.Actor, RequestedAt: r.RequestedAt.UTC(),
		CloseDay: dayOf(r.CloseDay), SentAt: timeOf(r.SentAt), EndedAt: timeOf(r.EndedAt),
		RespondCode: r.RespondCode, Tries: r.Tries, NextTryAt: timeOf(r.NextTryAt),
	}
	if r.BatchID != nil {
		o.BatchID = payment.BatchID(*r.BatchID)
	}
	return o
}

// dayOf reads a date column, which the driver gives as midnight UTC: the same day in
// Taipei.
func dayOf(t *time.Time) clock.Date {
	if t == nil {
		return clock.Date{}
	}
	return clock.DateOf(*t)
}

// nullDate writes a date column.
func nullDate(d clock.Date) *string {
	if d.IsZero() {
		return nil
	}
	return nullText(d.String())
}

func operations(g *gorm.DB, id payment.ID) ([]payment.Operation, error) {
	var records []operationRecord
	err := g.Raw("SELECT "+operationColumns+" FROM payment_operations o WHERE o.transaction_id = ? ORDER BY o.id",
		int64(id)).Scan(&records).Error
	if err != nil {
		return nil, fmt.Errorf("read operations: %w", err)
	}
	list := make([]payment.Operation, len(records))
	for i, r := range records {
		list[i] = r.operation()
	}
	return list, nil
}

// Operations implements payment.OperationStore.
func (p Payments) Operations(ctx context.Context, id payment.ID) ([]payment.Operation, error) {
	return operations(p.db.gorm.WithContext(ctx), id)
}

// LockLedger implements payment.Tx. Whatever is read behind the lock is as the last
// holder of the lock has left it.
func (t *tx) LockLedger(ctx context.Context, id payment.ID) (payment.Ledger, error) {
	g := t.gorm.WithContext(ctx)
	var r transactionRecord
	err := g.Raw("SELECT "+transactionColumns+" FROM transactions t WHERE t.id = ? FOR UPDATE", int64(id)).Take(&r).Error
	if err != nil {
		return payment.Ledger{}, notFound(err)
	}
	l := payment.Ledger{Transaction: r.transaction()}
	var origin struct {
		RequestID  string
		MerchantID string
		Simulated  bool
		PaysOut    bool
	}
	err = g.Raw(`
		SELECT a.request_id, s.merchant_id, a.simulated, s.kind = 'platform' AND NOT a.simulated AS pays_out
		FROM attempts a JOIN stores s ON s.id = ? WHERE a.transaction_id = ? AND a.state = 'authorised'`,
		r.StoreID, r.ID).Take(&origin).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return payment.Ledger{}, fmt.Errorf("read the approved attempt: %w", err)
	}
	l.RequestID, l.MerchantID = origin.RequestID, origin.MerchantID
	l.Simulated, l.PaysOut = origin.Simulated, origin.PaysOut
	l.Operations, err = operations(g, id)
	return l, err
}

// AddOperation implements payment.Tx.
func (t *tx) AddOperation(ctx context.Context, o payment.Operation) (payment.OperationID, error) {
	var id int64
	err := t.gorm.WithContext(ctx).Raw(`
		INSERT INTO payment_operations (transaction_id, kind, state, amount, request_id, actor, requested_at,
			close_day, next_try_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, CAST(? AS date), ?) RETURNING id`,
		int64(o.TransactionID), string(o.Kind), string(o.State), int64(o.Amount), o.RequestID, o.Actor, o.RequestedAt,
		nullDate(o.CloseDay), nullTime(o.NextTryAt)).Scan(&id).Error
	if violates(err, "payment_operations_request_id_key") {
		return 0, payment.ErrKeyTaken
	}
	if err != nil {
		return 0, fmt.Errorf("insert operation: %w", err)
	}
	return payment.OperationID(id), nil
}

// SaveOperation implements payment.Tx.
func (t *tx) SaveOperation(ctx context.Context, o payment.Operation, from payment.OperationState) error {
	done := t.gorm.WithContext(ctx).Exec(`
		UPDATE payment_operations SET state = ?, undo_id = ?, sent_at = ?, ended_at = ?, respond_code = ?, batch_id = ?,
			tries = ?, next_try_at = ?
		WHERE id = ? AND state = ?`,
		string(o.State), nullText(o.UndoID), nullTime(o.SentAt), nullTime(o.EndedAt), o.RespondCode,
		nullNumber(int64(o.BatchID)), o.Tries, nullTime(o.NextTryAt), int64(o.ID), string(from))
	if violates(done.Error, "payment_operations_undo_id_key") {
		return payment.ErrKeyTaken
	}
	return onlyOne(done, "update operation")
}

// SaveMoney implements payment.Tx.
func (t *tx) SaveMoney(ctx context.Context, n payment.Transaction, from payment.Status) error {
	done := t.gorm.WithContext(ctx).Exec(`
		UPDATE transactions SET status = ?, captured_at = ?, refunded_at = ?, settled_at = ?, captured_amount = ?,
			refunded_amount = ?
		WHERE id = ? AND status = ?`,
		string(n.Status), nullTime(n.CapturedAt), nullTime(n.RefundedAt), nullTime(n.SettledAt),
		int64(n.CapturedAmount), int64(n.RefundedAmount), int64(n.ID), string(from))
	return onlyOne(done, "update the money of a transaction")
}

// DueVoids implements payment.OperationStore.
func (p Payments) DueVoids(ctx context.Context, now time.Time, limit int) ([]payment.ID, error) {
	var ids []payment.ID
	err := p.db.gorm.WithContext(ctx).Raw(`
		SELECT transaction_id FROM payment_operations
		WHERE state = 'requested' AND kind = 'void' AND next_try_at <= ?
		ORDER BY next_try_at LIMIT ?`, now, limit).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("read due voids: %w", err)
	}
	return ids, nil
}

// DueOperations implements payment.OperationStore.
func (p Payments) DueOperations(
	ctx context.Context, day clock.Date, after payment.DueOperation, limit int,
) ([]payment.DueOperation, error) {
	behind := after.Day.String()
	if after.Day.IsZero() {
		behind = "-infinity"
	}
	var records []operationRecord
	err := p.db.gorm.WithContext(ctx).Raw(`
		SELECT id, transaction_id, close_day FROM payment_operations
		WHERE state = 'requested' AND kind <> 'void' AND close_day <= CAST(? AS date)
			AND (close_day, id) > (CAST(? AS date), ?)
		ORDER BY close_day, id LIMIT ?`,
		day.String(), behind, int64(after.ID), limit).Scan(&records).Error
	if err != nil {
		return nil, fmt.Errorf("read due operations: %w", err)
	}
	due := make([]payment.DueOperation, len(records))
	for i, r := range records {
		due[i] = payment.DueOperation{
			Day: dayOf(r.CloseDay), ID: payment.OperationID(r.ID), TransactionID: payment.ID(r.TransactionID),
		}
	}
	return due, nil
}

// DuePayouts implements payment.OperationStore.
func (p Payments) DuePayouts(
	ctx context.Context, day clock.Date, after payment.ID, limit int,
) ([]payment.ID, error) {
	var ids []payment.ID
	err := p.db.gorm.WithContext(ctx).Raw(`
		SELECT transaction_id FROM payouts WHERE due <= CAST(? AS date) AND transaction_id > ?
		ORDER BY transaction_id LIMIT ?`, day.String(), int64(after), limit).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("read due payouts: %w", err)
	}
	return ids, nil
}

// OwePayout implements payment.Tx.
func (t *tx) OwePayout(ctx context.Context, id payment.ID, due clock.Date) error {
	err := t.gorm.WithContext(ctx).Exec(
		"INSERT INTO payouts (transaction_id, due) VALUES (?, CAST(? AS date)) ON CONFLICT DO NOTHING",
		int64(id), due.String()).Error
	if err != nil {
		return fmt.Errorf("insert payout: %w", err)
	}
	return nil
}

// EndPayout implements payment.Tx.
func (t *tx) EndPayout(ctx context.Context, id payment.ID) error {
	err := t.gorm.WithContext(ctx).Exec("DELETE FROM payouts WHERE transaction_id = ?", int64(id)).Error
	if err != nil {
		return fmt.Errorf("delete payout: %w", err)
	}
	return nil
}
