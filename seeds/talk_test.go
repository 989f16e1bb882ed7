package seeds_test

import (
	"testing"

	"github.com/memberzone/memberzone/seeds"
)

// TestTalkTellsOnlyWhatHappened: the generated messages fit the transactions, and hold no
// card number.
func TestTalkTellsOnlyWhatHappened(t *testing.T) {
	t.Parallel()
	db := loaded(t)
	err := seeds.Generate(t.Context(), seeds.Talk(db.Bulk()), seeds.GenerateOptions{
		Transactions: 600, Seed: 3, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	for what, query := range map[string]string{
		"a transaction without its order": `SELECT count(*) FROM transactions t WHERE NOT EXISTS (
			SELECT FROM payment_messages m WHERE m.transaction_id = t.id AND kind = 'order' AND direction = 'in'
				AND fields @> jsonb_build_array(jsonb_build_object('name', 'MerchantOrderNo', 'value', t.order_no)))`,
		"a result of what is not finished": `SELECT count(*) FROM transactions t JOIN payment_messages m
			ON m.transaction_id = t.id WHERE kind = 'order' AND direction = 'out' AND status = 'pending'`,
		"a finished transaction without a result": `SELECT count(*) FROM transactions t WHERE status <> 'pending'
			AND NOT EXISTS (SELECT FROM payment_messages m
				WHERE m.transaction_id = t.id AND kind = 'order' AND direction = 'out')`,
		"a test payment that a bank was asked about": `SELECT count(*) FROM attempts a JOIN payment_messages m
			USING (transaction_id) WHERE a.simulated AND m.kind <> 'order'`,
		"a message from before its order": `SELECT count(*) FROM payment_messages m JOIN transactions t
			ON t.id = m.transaction_id WHERE m.at < t.created_at`,
		"a bare card number": `SELECT count(*) FROM payment_messages, jsonb_array_elements(fields) f
			WHERE f->>'name' = 'pan' AND f->>'value' !~ '^[0-9]{6}[*]+[0-9]{4}$'`,
	} {
		if n := number(t, db, query); n != 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
	if n := number(t, db, "SELECT count(*) FROM payment_messages WHERE kind = 'auth' AND direction = 'in'"); n < 300 {
		t.Errorf("only %d answers of the bank", n)
	}
}
