package seeds_test

import (
	"testing"

	"github.com/memberzone/memberzone/seeds"
)

// The generated demonstration counts as live payments do: each Token event once, and a
// verification wherever Passkey applied.
func TestTokensAndVerificationsFitTheTransactions(t *testing.T) {
	t.Parallel()
	db := loaded(t)
	err := seeds.Generate(t.Context(), seeds.Talk(db.Bulk()), seeds.GenerateOptions{
		Transactions: 3000, Seed: 3, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	for what, query := range map[string]string{
		"a flag without its event": `SELECT count(*) FROM transactions t
			WHERE token_bind <> EXISTS (SELECT FROM token_events e WHERE e.transaction_id = t.id AND kind = 'bind')
				OR token_charge <> EXISTS (SELECT FROM token_events e WHERE e.transaction_id = t.id AND kind = 'charge')`,
		"an event of another store or day": `SELECT count(*) FROM token_events e JOIN transactions t
			ON t.id = e.transaction_id WHERE e.at <> t.authorised_at OR e.store_id <> t.store_id
				OR e.member_id <> t.member_id`,
		"a Token without a verification": `SELECT count(*) FROM transactions t WHERE token_charge AND NOT EXISTS (
			SELECT FROM verifications v WHERE v.transaction_id = t.id AND eligible
				AND CASE WHEN token_bind THEN bound_at IS NOT NULL AND otp_passed_at IS NOT NULL
					ELSE used_at IS NOT NULL AND bound_at IS NULL END)`,
		"a verification of a store without Passkey": `SELECT count(*) FROM verifications v
			JOIN transactions t ON t.id = v.transaction_id JOIN stores s ON s.id = t.store_id
			WHERE NOT s.passkey OR s.mode = 'test' OR NOT v.eligible OR t.brand NOT IN ('visa', 'mastercard')`,
		"a step out of order": `SELECT count(*) FROM verifications v JOIN transactions t ON t.id = v.transaction_id
			WHERE v.created_at < t.created_at OR v.created_at > least(asked_at, chosen_at, otp_passed_at, bound_at,
				used_at, fell_back_at) OR v.ended_at < greatest(asked_at, chosen_at, otp_passed_at, bound_at,
				used_at, fell_back_at)`,
		"both ways at once": `SELECT count(*) FROM verifications WHERE used_at IS NOT NULL AND fell_back IS NOT NULL
			OR bound_at IS NOT NULL AND fell_back IS NOT NULL OR asked_at IS NULL AND bind`,
		"verified by what the transaction was not": `SELECT count(*) FROM verifications v
			JOIN transactions t ON t.id = v.transaction_id WHERE v.verified_by <> t.verification`,
		"an attempt of another transaction": `SELECT count(*) FROM verifications v JOIN attempts a
			ON a.id = v.attempt_id WHERE a.transaction_id <> v.transaction_id OR a.card_last4 <> v.card_last4`,
	} {
		if n := number(t, db, query); n != 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
	reasons := number(t, db, "SELECT count(DISTINCT coalesce(fell_back::text, reason)) FROM verifications")
	if reasons < 9 {
		t.Errorf("only %d reasons and ways", reasons)
	}
	browsers := number(t, db, "SELECT count(DISTINCT (browser, brand)) FROM verifications")
	if browsers < 8 {
		t.Errorf("only %d browsers and brands", browsers)
	}
}
