package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/payment"
)

const (
	copyOperations = `COPY payment_operations (transaction_id, kind, state, amount, request_id, actor, requested_at,
		close_day, sent_at) FROM STDIN`
	copyPayouts = `COPY payouts (transaction_id, due) FROM STDIN`
)

// payingStores lists the stores for which the platform collects and pays out.
func (b Bulk) payingStores(ctx context.Context) (map[int64]bool, error) {
	rows, err := b.db.pool.Query(ctx, "SELECT id FROM stores WHERE kind = 'platform' AND mode = 'live'")
	if err != nil {
		return nil, fmt.Errorf("read stores: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("read stores: %w", err)
	}
	paying := make(map[int64]bool, len(ids))
	for _, id := range ids {
		paying[id] = true
	}
	return paying, nil
}

// batchSent gives what was copied as sent a batch. Its answers are asked for after the
// longest time that a bank's file takes.
func (b Bulk) batchSent(ctx context.Context) error {
	if _, err := b.db.pool.Exec(ctx, "SELECT batch_sent_operations('3 days')"); err != nil {
		return fmt.Errorf("batch what was sent: %w", err)
	}
	return nil
}

// openOperations are the operations that a transaction's history has left open. Those
// that are over are not made up.
func openOperations(t *payment.Transaction, events []payment.Event) []payment.Operation {
	switch t.Status {
	case payment.CaptureRequested, payment.CaptureSent, payment.RefundRequested, payment.RefundSent:
	default:
		return nil
	}
	capture := payment.Operation{Kind: payment.Capture, RequestID: "C" + string(t.TradeNo)}
	refund := payment.Operation{Kind: payment.Refund, RequestID: "R" + string(t.TradeNo)}
	for _, e := range events {
		switch e.Kind {
		case payment.EventCaptureRequested:
			capture.State, capture.Amount, capture.Actor, capture.RequestedAt = payment.Requested, e.Amount, e.Actor, e.At
		case payment.EventCaptureSent:
			capture.State, capture.SentAt = payment.Sent, e.At
		case payment.EventCaptured:
			capture.State = payment.Done
		case payment.EventRefundRequested:
			refund.State, refund.Amount, refund.Actor, refund.RequestedAt = payment.Requested, e.Amount, e.Actor, e.At
		case payment.EventRefundSent:
			refund.State, refund.SentAt = payment.Sent, e.At
		case payment.EventRefunded:
			refund.State = payment.Done
		}
	}
	var open []payment.Operation
	for _, o := range []payment.Operation{capture, refund} {
		if o.State.Open() {
			o.CloseDay = payment.CloseDayOf(o.RequestedAt)
			open = append(open, o)
		}
	}
	return open
}

// money writes what is open of a transaction: its operations, and the payout that the
// store has yet to get.
func (c *bulkChunk) money(id int64, t *payment.Transaction, events []payment.Event) {
	refunding := false
	for _, o := range openOperations(t, events) {
		refunding = refunding || o.Kind == payment.Refund
		c.operations.operation(id, o)
	}
	left := t.CapturedAmount > t.RefundedAmount || refunding
	if c.paying[int64(t.StoreID)] && !t.CapturedAt.IsZero() && t.SettledAt.IsZero() && left {
		c.payouts.number(id)
		c.payouts.text(clock.DateOf(t.CapturedAt).AddDays(payment.PayoutDays).String())
		c.payouts.end()
	}
}

func (c *copyText) operation(transaction int64, o payment.Operation) {
	c.number(transaction)
	c.text(string(o.Kind))
	c.text(string(o.State))
	c.number(int64(o.Amount))
	c.text(o.RequestID)
	c.text(o.Actor)
	c.time(o.RequestedAt)
	c.text(o.CloseDay.String())
	c.time(o.SentAt)
	c.end()
}
