package verification_test

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/payment"
)

// lawful checks one payment against the laws of the package comment.
func (w *world) lawful(token ident.Token) {
	w.t.Helper()
	if err := w.broken(token); err != nil {
		w.t.Errorf("%v\n%s", err, w.story(token))
	}
}

// broken tells which law a payment breaks.
func (w *world) broken(token ident.Token) error {
	got := w.transaction(token)
	var charges, byToken int
	for _, r := range w.bank.charged() {
		if r.TradeNo != string(got.TradeNo) {
			continue
		}
		if charges++; r.NetworkToken {
			byToken++
		}
	}
	id := int64(got.ID)
	paid := got.Status == payment.Authorised
	var errs []error
	law := func(kept bool, format string, args ...any) {
		if !kept {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	law(charges <= 1, "charged %d times", charges)
	law(!paid || charges == 1, "authorised with %d charges", charges)
	law(got.Failure != payment.FailedUnverified || charges == 0, "charged although its cardholder failed")
	law(got.TokenCharge == (paid && byToken == 1), "token_charge %v with %d charges by token", got.TokenCharge, byToken)
	law(w.count("SELECT count(*) FROM token_events WHERE kind = 'charge' AND transaction_id = $1", id) ==
		map[bool]int{true: 1}[got.TokenCharge], "the Token交易 is not counted once")
	law(w.count("SELECT count(*) FROM token_events WHERE kind = 'bind' AND transaction_id = $1", id) ==
		map[bool]int{true: 1}[got.TokenBind], "the Token綁定 is not counted once")
	law(w.count(`SELECT count(*) FROM (SELECT card_id FROM token_events WHERE kind = 'bind'
		GROUP BY card_id HAVING count(*) > 1) c`) == 0, "a card was bound twice")
	law(w.count(`SELECT count(*) FROM verifications WHERE (sealed IS NULL) <> (ended_at IS NOT NULL)`) == 0,
		"a card is kept after the end, or lost before it")
	law(w.count("SELECT count(*) FROM verifications WHERE transaction_id = $1 AND state = 'verified'", id) <= 1,
		"verified twice")
	law(charges == 0 || w.verifiedAs(got) == nil, "%v", w.verifiedAs(got))
	return errors.Join(errs...)
}

// verifiedAs returns nil when a payment that was charged was verified as its route
// demands.
func (w *world) verifiedAs(t payment.Transaction) error {
	var (
		route, by string
		passed    bool
		proofs    int
	)
	err := w.db.SQL().QueryRowContext(w.t.Context(), `
		SELECT v.route, v.verified_by, v.otp_passed_at IS NOT NULL,
			(SELECT count(*) FROM verification_proofs p WHERE p.verification_id = v.id)
		FROM verifications v WHERE v.transaction_id = $1 AND v.state = 'verified'`, int64(t.ID)).
		Scan(&route, &by, &passed, &proofs)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return errors.New("charged without a verification")
	case err != nil:
		return err
	case by == "otp" && !passed, by == "passkey" && (proofs != 1 || route != "passkey"),
		t.Status == payment.Authorised && string(t.Verification) != by:
		return fmt.Errorf("route %s, verified by %s, code passed %v, %d proofs, shown as %s", route, by, passed, proofs,
			t.Verification)
	}
	return nil
}
