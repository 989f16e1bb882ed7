package postgres_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/postgres"
)

// The looks that the sweeps take every two seconds, with many operations that
// are over, and many that wait for a later close.
func TestSweepsReadAnIndexWhenNothingIsDue(t *testing.T) {
	t.Parallel()
	db, s := bulkStore(t)
	same := func(*payment.Transaction) {}
	if err := db.Bulk().CopyTransactions(t.Context(), times(s, 3000, same, io.EOF), func(int) {}); err != nil {
		t.Fatal(err)
	}
	_, err := db.Pool().Exec(t.Context(), `
		INSERT INTO close_batches (request_id, day, state, created_at, sent_at, answered_at)
			SELECT 'B' || n, '2026-01-01', 'answered', now(), now(), now() FROM generate_series(1, 2000) n;
		INSERT INTO payment_operations
			(transaction_id, kind, state, amount, request_id, actor, requested_at, close_day, ended_at)
			SELECT id, 'capture', 'done', 1, 'D' || id, 'x', now(), '2026-01-01', now() FROM transactions
			WHERE id % 2 = 0;
		INSERT INTO payment_operations (transaction_id, kind, state, amount, request_id, actor, requested_at, close_day)
			SELECT id, 'capture', 'requested', 1, 'D' || id, 'x', now(), '2026-12-31' FROM transactions WHERE id % 2 = 1;
		INSERT INTO payouts (transaction_id, due) SELECT id, '2026-12-31' FROM transactions;
		ANALYZE`)
	if err != nil {
		t.Fatal(err)
	}
	for name, query := range map[string]string{
		"payment_operations_due": `SELECT id, transaction_id, close_day FROM payment_operations
			WHERE state = 'requested' AND kind <> 'void' AND close_day <= '2026-11-24'
			AND (close_day, id) > ('-infinity'::date, 0) ORDER BY close_day, id LIMIT 200`,
		"payment_operations_voids": `SELECT transaction_id FROM payment_operations
			WHERE state = 'requested' AND kind = 'void' AND next_try_at <= '2026-11-24' ORDER BY next_try_at LIMIT 100`,
		"close_batches_open": `SELECT id FROM close_batches WHERE state = 'sealed' AND id > 0 ORDER BY id LIMIT 50`,
		"payouts_due": `SELECT transaction_id FROM payouts WHERE due <= '2026-11-24' AND transaction_id > 0
			ORDER BY transaction_id LIMIT 200`,
	} {
		plan := explain(t, db, query)
		if !strings.Contains(plan, name) || strings.Contains(plan, "Seq Scan") {
			t.Errorf("%s is not used:\n%s", name, plan)
		}
	}
}

func explain(t *testing.T, db *postgres.DB, query string) string {
	t.Helper()
	rows, err := db.Pool().Query(t.Context(), "EXPLAIN "+query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, line)
	}
	return strings.Join(plan, "\n")
}

// The database keeps what the payment core promises, whatever a program does.
func TestTheDatabaseRefusesASecondOpenOperation(t *testing.T) {
	t.Parallel()
	db, s := bulkStore(t)
	if err := db.Bulk().CopyTransactions(t.Context(), times(s, 1, func(*payment.Transaction) {}, io.EOF),
		func(int) {}); err != nil {
		t.Fatal(err)
	}
	add := func(kind, state, key string) error {
		_, err := db.Pool().Exec(t.Context(), `INSERT INTO payment_operations
			(transaction_id, kind, state, amount, request_id, actor, requested_at, close_day, sent_at, ended_at)
			SELECT id, $1::text::operation_kind, $2::text::operation_state, 1, $3, 'x', now(),
				CASE WHEN $1::text <> 'void' THEN date '2026-11-24' END, now(),
				CASE WHEN $2::text IN ('done', 'undone', 'refused') THEN now() END FROM transactions`, kind, state, key)
		return err
	}
	for i, c := range []struct {
		kind, state string
		ok          bool
	}{
		{"refund", "requested", true},
		{"refund", "sent", false},
		{"refund", "done", true},
		{"capture", "undone", true},
		{"capture", "refused", true},
		{"capture", "done", true},
		{"capture", "requested", false},
		{"void", "requested", false},
	} {
		if err := add(c.kind, c.state, string(rune('A'+i))); (err == nil) != c.ok {
			t.Errorf("%d: %s %s: %v", i, c.kind, c.state, err)
		}
	}
}

func TestASealedBatchTakesNoMore(t *testing.T) {
	t.Parallel()
	db, s := bulkStore(t)
	ctx, p := t.Context(), db.Payments()
	next := times(s, 1, func(*payment.Transaction) {}, io.EOF)
	if err := db.Bulk().CopyTransactions(ctx, next, func(int) {}); err != nil {
		t.Fatal(err)
	}
	fresh := payment.Batch{
		RequestID: "B1", Day: clock.DateOf(bulkTime), State: payment.BatchCollecting, CreatedAt: bulkTime,
	}
	empty, err := p.AddBatch(ctx, fresh)
	if err != nil {
		t.Fatal(err)
	}
	fresh.RequestID = "B2"
	full, err := p.AddBatch(ctx, fresh)
	if err != nil {
		t.Fatal(err)
	}
	hold := func(id payment.BatchID) (held bool) {
		err := p.InTx(ctx, func(ctx context.Context, tx payment.Tx) (err error) {
			held, err = tx.HoldBatch(ctx, id)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return held
	}
	_, err = db.Pool().Exec(ctx, `INSERT INTO payment_operations (transaction_id, kind, state, amount, request_id, actor,
		requested_at, close_day, sent_at, batch_id)
		SELECT id, 'capture', 'sent', 1, 'C1', 'x', $1, '2026-11-24', $1, $2 FROM transactions`, bulkTime, int64(full))
	if err != nil {
		t.Fatal(err)
	}
	if !hold(empty) || !hold(full) {
		t.Error("a batch that collects takes nothing")
	}
	for range 2 {
		for _, id := range []payment.BatchID{empty, full} {
			if err := p.SealBatch(ctx, id); err != nil {
				t.Fatal(err)
			}
		}
	}
	if hold(empty) || hold(full) {
		t.Error("a batch that is sealed takes more")
	}
	sealed, err := p.Batches(ctx, payment.BatchFilter{State: payment.BatchSealed, AtMost: 10})
	if err != nil || len(sealed) != 1 || sealed[0].ID != full || sealed[0].Day != fresh.Day {
		t.Errorf("sealed: %+v, %v", sealed, err)
	}
}

// A batch is not sealed while somebody puts an operation into it.
func TestSealingWaitsForWhoFills(t *testing.T) {
	t.Parallel()
	db, _ := bulkStore(t)
	ctx, p := t.Context(), db.Payments()
	id, err := p.AddBatch(ctx, payment.Batch{
		RequestID: "B1", Day: clock.DateOf(bulkTime), State: payment.BatchCollecting, CreatedAt: bulkTime,
	})
	if err != nil {
		t.Fatal(err)
	}
	sealed := make(chan error, 1)
	err = p.InTx(ctx, func(inner context.Context, tx payment.Tx) error {
		held, err := tx.HoldBatch(inner, id)
		if err != nil || !held {
			return errors.Join(err, errors.New("not held"))
		}
		go func() { sealed <- p.SealBatch(ctx, id) }()
		select {
		case <-sealed:
			return errors.New("it was sealed meanwhile")
		case <-time.After(300 * time.Millisecond):
			return nil
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-sealed; err != nil {
		t.Error(err)
	}
}
