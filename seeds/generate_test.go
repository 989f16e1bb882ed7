package seeds_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/seeds"
)

// laws are queries that find the rows that break a rule.
var laws = map[string]string{
	"not older than now": "SELECT 1 FROM transactions WHERE created_at >= $1",
	"not before the months asked": `SELECT 1 FROM transactions
		WHERE created_at < $1::timestamptz - interval '3 months 1 hour'`,
	"nothing happens after now": `SELECT 1 FROM transactions WHERE greatest(created_at, authorised_at, captured_at,
		refunded_at, settled_at, failed_at) > $1 UNION ALL SELECT 1 FROM payment_events WHERE at > $1`,
	"the trade number holds the time": `SELECT 1 FROM transactions
		WHERE left(trade_no, 12) <> to_char(created_at AT TIME ZONE 'Asia/Taipei', 'YYMMDDHH24MISS') AND created_at < $1`,
	"an authorised one has its answer": `SELECT 1 FROM transactions WHERE authorised_at IS NOT NULL
		AND (auth_code !~ '^[0-9]{6}$' OR respond_code <> '00' OR brand IS NULL OR acquirer_bank = ''
			OR card_first6 = '' OR failed_at IS NOT NULL) AND created_at < $1`,
	"a failed one has no money": `SELECT 1 FROM transactions WHERE status IN ('failed', 'pending')
		AND (authorised_at IS NOT NULL OR captured_amount > 0 OR auth_code <> '' OR token_bind OR token_charge)
		AND created_at < $1`,
	"failed has a time": `SELECT 1 FROM transactions
		WHERE (status = 'failed') <> (failed_at IS NOT NULL) AND created_at < $1`,
	"declined has the bank's code": `SELECT 1 FROM transactions t JOIN stores s ON s.id = t.store_id
		WHERE failure_reason = 'declined' AND (respond_message = '' OR (respond_code IN ('', '00')) <> (s.mode = 'test'))
		AND t.created_at < $1`,
	"dates are in order": `SELECT 1 FROM transactions WHERE created_at < $1 AND (authorised_at <= created_at
		OR captured_at <= authorised_at OR refunded_at <= captured_at OR settled_at < captured_at + interval '3 days')`,
	"amounts follow the status": `SELECT 1 FROM transactions WHERE created_at < $1 AND (
		(status IN ('capture_requested','capture_sent','captured','refund_requested','refund_sent','refunded'))
			<> (captured_amount > 0)
		OR (status IN ('refund_requested','refund_sent','refunded')) <> (refunded_amount > 0)
		OR (status IN ('captured','refund_requested','refund_sent','refunded')) <> (captured_at IS NOT NULL)
		OR (status = 'refunded') <> (refunded_at IS NOT NULL))`,
	"instalments and bonus move as a whole": `SELECT 1 FROM transactions WHERE created_at < $1
		AND pay_type IN ('instalment', 'bonus')
		AND (captured_amount NOT IN (0, amount) OR refunded_amount NOT IN (0, amount))`,
	"instalments add up": `SELECT 1 FROM transactions WHERE created_at < $1 AND (
		(pay_type = 'instalment' AND authorised_at IS NOT NULL) <> (instalments > 0)
		OR instalments > 0 AND instalment_first + instalment_each * (instalments - 1) <> amount)`,
	"eight months only at 閘道 stores": `SELECT 1 FROM transactions t JOIN stores s ON s.id = t.store_id
		WHERE t.instalments > 0 AND t.instalments <> ALL (s.instalments) AND t.created_at < $1`,
	"bonus leaves something to pay": `SELECT 1 FROM transactions WHERE created_at < $1
		AND (pay_type = 'bonus' AND authorised_at IS NOT NULL) <> (bonus_paid > 0)`,
	"only 金流 stores in live mode are paid out": `SELECT 1 FROM transactions t JOIN stores s ON s.id = t.store_id
		WHERE t.settled AND (s.kind <> 'platform' OR s.mode <> 'live') AND t.created_at < $1`,
	"3D has an ECI and others none": `SELECT 1 FROM transactions WHERE created_at < $1 AND (three_d <> (eci <> '')
		OR eci NOT IN ('', '2', '5') OR three_d AND (eci = '2') <> (brand = 'mastercard')
		OR verification = 'none' AND three_d OR verification = 'otp' AND NOT three_d)`,
	"a 3D store verifies cards": `SELECT 1 FROM transactions t JOIN stores s ON s.id = t.store_id
		WHERE s.three_d AND s.mode = 'live' AND t.brand IS NOT NULL AND t.verification = 'none'
		AND t.payment_method IN ('CREDIT', 'FOREIGN', 'NTCB') AND t.mandate_no = '' AND t.created_at < $1`,
	"test mode verifies nobody": `SELECT 1 FROM transactions t JOIN stores s ON s.id = t.store_id
		WHERE s.mode = 'test' AND (t.verification <> 'none' OR t.authorised_at IS NOT NULL AND t.acquirer_bank <> 'KGI'
			OR t.authorised_at IS NOT NULL AND t.card_first6 NOT IN ('400022', '400355')) AND t.created_at < $1`,
	"Passkey is for its stores and brands": `SELECT 1 FROM transactions t JOIN stores s ON s.id = t.store_id
		WHERE t.verification = 'passkey' AND (NOT s.passkey OR t.brand NOT IN ('visa', 'mastercard')) AND t.created_at < $1`,
	"Token only with Passkey": `SELECT 1 FROM transactions WHERE created_at < $1 AND (
		token_bind AND NOT token_charge OR token_charge AND verification <> 'passkey'
		OR verification = 'passkey' AND authorised_at IS NOT NULL AND NOT token_charge)`,
	"a card binds once, before it charges": `SELECT 1 FROM (SELECT token_bind, row_number() OVER (
			PARTITION BY store_id, card_first6, card_last4, card_expiry ORDER BY authorised_at) AS nth
		FROM transactions WHERE token_charge AND created_at < $1) x WHERE token_bind <> (nth = 1)`,
	"a card that was used is found by its number": `SELECT 1 FROM transactions
		WHERE (brand IS NOT NULL) <> (card_index IS NOT NULL) AND created_at < $1`,
	"a mandate charges one card and one amount": `SELECT 1 FROM transactions WHERE mandate_no <> '' AND created_at < $1
		GROUP BY mandate_no HAVING count(DISTINCT card_index) > 1 OR count(DISTINCT amount) > 1
			OR count(DISTINCT store_id) > 1`,
	"a mandate has its number's form": `SELECT 1 FROM transactions
		WHERE mandate_no <> '' AND mandate_no !~ '^P[0-9]{12}[A-Za-z0-9]{6}$' AND created_at < $1`,
	"foreign cards have no issuer here": `SELECT 1 FROM transactions WHERE created_at < $1
		AND authorised_at IS NOT NULL AND acquirer_bank <> 'KGI' AND (payment_method = 'FOREIGN') <> (issuer_bank = '')`,
	"within the store's limit": `SELECT 1 FROM transactions t JOIN stores s ON s.id = t.store_id
		WHERE t.amount > s.amount_max AND t.created_at < $1`,

	"every one was opened": `SELECT 1 FROM transactions t WHERE created_at < $1 AND (SELECT count(*) FROM payment_events e
		WHERE e.transaction_id = t.id AND e.kind = 'opened' AND e.from_status IS NULL AND e.at = t.created_at) <> 1`,
	"the last event leads to the status": `SELECT 1 FROM transactions t WHERE created_at < $1 AND status <>
		(SELECT to_status FROM payment_events e WHERE e.transaction_id = t.id ORDER BY id DESC LIMIT 1)`,
	"events are a chain in time": `SELECT 1 FROM (SELECT from_status, at,
			lag(to_status) OVER w AS was, lag(at) OVER w AS before
		FROM payment_events WINDOW w AS (PARTITION BY transaction_id ORDER BY id)) x
		WHERE from_status IS DISTINCT FROM was OR before > at AND at < $1`,
	"the authorisation is an event": `SELECT 1 FROM transactions t WHERE created_at < $1 AND authorised_at IS NOT NULL
		AND NOT EXISTS (SELECT FROM payment_events e JOIN attempts a ON a.id = e.attempt_id
			WHERE e.transaction_id = t.id AND a.transaction_id = t.id AND e.kind = 'auth_approved' AND e.at = t.authorised_at
				AND a.state = 'authorised' AND a.answered_at = t.authorised_at)`,
	"attempts are over": `SELECT 1 FROM attempts WHERE state IN ('asked', 'unknown')
		OR next_inquiry_at IS NOT NULL OR answered_at IS NULL OR answered_at > $1`,
	"a card comes from an attempt": `SELECT 1 FROM transactions t
		WHERE created_at < $1 AND brand IS NOT NULL AND NOT EXISTS (
			SELECT FROM attempts a WHERE a.transaction_id = t.id AND a.card_first6 = t.card_first6
			AND a.card_last4 = t.card_last4 AND a.card_expiry = t.card_expiry AND a.brand = t.brand
			AND a.route = t.verification)`,
	"events of attempts stay with their transaction": `SELECT 1 FROM payment_events e
		JOIN attempts a ON a.id = e.attempt_id WHERE a.transaction_id <> e.transaction_id AND e.at < $1`,
	"an open capture or refund is an operation": `SELECT 1 FROM (SELECT t.id, t.status,
			count(*) FILTER (WHERE o.kind = 'capture' AND o.state = 'requested') AS cr,
			count(*) FILTER (WHERE o.kind = 'capture' AND o.state = 'sent') AS cs,
			count(*) FILTER (WHERE o.kind = 'refund' AND o.state = 'requested') AS rr,
			count(*) FILTER (WHERE o.kind = 'refund' AND o.state = 'sent') AS rs, count(o.id) AS n,
			(t.captured_at IS NULL)::integer AS unconfirmed
		FROM transactions t LEFT JOIN payment_operations o ON o.transaction_id = t.id
		WHERE t.created_at < $1 GROUP BY t.id) x
		WHERE ARRAY[cr, cs, rr, rs, n]::integer[] <> CASE status
			WHEN 'capture_requested' THEN ARRAY[1, 0, 0, 0, 1]
			WHEN 'capture_sent' THEN ARRAY[0, 1, 0, 0, 1]
			WHEN 'refund_requested' THEN ARRAY[0, unconfirmed, 1, 0, 1 + unconfirmed]
			WHEN 'refund_sent' THEN ARRAY[0, unconfirmed, 0, 1, 1 + unconfirmed]
			ELSE ARRAY[0, 0, 0, 0, 0] END`,
	"operations carry the amounts": `SELECT 1 FROM payment_operations o JOIN transactions t ON t.id = o.transaction_id
		WHERE t.created_at < $1 AND (o.kind = 'capture' AND o.amount <> t.captured_amount
			OR o.kind = 'refund' AND o.amount > t.refunded_amount)`,
	"what is requested waits for a close to come": `SELECT 1 FROM payment_operations WHERE state = 'requested'
		AND (close_day + time '21:00') AT TIME ZONE 'Asia/Taipei' <= $1`,
	"what is sent went with its close": `SELECT 1 FROM payment_operations o JOIN close_batches b ON b.id = o.batch_id
		WHERE o.sent_at <> (o.close_day + time '21:00') AT TIME ZONE 'Asia/Taipei' OR b.day <> o.close_day
			OR b.state <> 'sent' OR o.requested_at >= o.sent_at OR b.sent_at > $1`,
	"what is sent has a batch": `SELECT 1 FROM payment_operations
		WHERE (state = 'sent') <> (batch_id IS NOT NULL) AND requested_at < $1`,
	"batches are small": `SELECT 1 FROM payment_operations WHERE requested_at < $1 GROUP BY batch_id
		HAVING batch_id IS NOT NULL AND count(*) > 200`,
	"a payout is owed for what is not settled": `SELECT 1 FROM transactions t JOIN stores s ON s.id = t.store_id
		LEFT JOIN payouts p ON p.transaction_id = t.id WHERE t.created_at < $1 AND (p.transaction_id IS NOT NULL) <>
			(t.captured_at IS NOT NULL AND t.settled_at IS NULL AND s.kind = 'platform' AND s.mode = 'live'
			AND (t.captured_amount > t.refunded_amount OR t.status IN ('refund_requested', 'refund_sent')))`,
	"captures close at nine in the evening": `SELECT 1 FROM payment_events WHERE kind IN ('capture_sent', 'refund_sent')
		AND to_char(at AT TIME ZONE 'Asia/Taipei', 'HH24:MI:SS') <> '21:00:00' AND at < $1`,
}

func TestGenerateKeepsTheLaws(t *testing.T) {
	t.Parallel()
	db := loaded(t)
	generate(t, db, seeds.GenerateOptions{Transactions: 12_000, Seed: 7})
	if n := number(t, db, "SELECT count(*) FROM transactions"); n != 12_000 {
		t.Errorf("%d transactions", n)
	}
	for name, query := range laws {
		if n := number(t, db, "SELECT count(*) FROM ("+query+") AS broken", now); n != 0 {
			t.Errorf("%s: broken by %d", name, n)
		}
	}
	for name, query := range map[string]string{
		"statuses":      "SELECT count(DISTINCT status) - 10 FROM transactions",
		"pay types":     "SELECT count(DISTINCT pay_type) - 9 FROM transactions",
		"brands":        "SELECT count(DISTINCT brand) - 5 FROM transactions",
		"verifications": "SELECT count(DISTINCT verification) - 3 FROM transactions",
		"failures":      "SELECT count(DISTINCT failure_reason) - 3 FROM transactions",
		"stores":        "SELECT count(DISTINCT store_id) - 7 FROM transactions",
		"attempts":      "SELECT count(DISTINCT state) - 3 FROM attempts",
		"operations":    "SELECT count(DISTINCT (kind, state)) - 4 FROM payment_operations",
		"owed":          "SELECT CASE WHEN EXISTS (SELECT FROM payouts) THEN 0 ELSE -1 END",
		"mandates": `SELECT CASE WHEN count(*) > 20 + count(DISTINCT mandate_no) THEN 0 ELSE -1 END
			FROM transactions WHERE mandate_no <> ''`,
		"methods": "SELECT count(DISTINCT payment_method) - 8 FROM transactions",
	} {
		if n := number(t, db, query); n != 0 {
			t.Errorf("%s: %+d of those there should be", name, n)
		}
	}
	shares := `SELECT 100 * count(*) / (SELECT count(*) FROM transactions) FROM transactions t
		JOIN members m ON m.id = t.member_id WHERE m.code = '12345675'`
	if share := number(t, db, shares); share < 75 || share > 85 {
		t.Errorf("%d %% go to the first member", share)
	}
}

func TestGenerateShowsEveryStatusAtAnyHour(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{
		time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC), // the daily close itself
		time.Date(2026, 11, 24, 12, 59, 59, 0, time.UTC),
		time.Date(2026, 3, 1, 1, 0, 0, 999_000_000, time.UTC),
	} {
		t.Run(at.Format("01021504"), func(t *testing.T) {
			t.Parallel()
			db := loaded(t)
			generate(t, db, seeds.GenerateOptions{Transactions: 900, Seed: 3, Now: at})
			if n := number(t, db, "SELECT count(DISTINCT status) FROM transactions"); n != 10 {
				t.Errorf("%d statuses", n)
			}
			for name, query := range laws {
				if n := number(t, db, "SELECT count(*) FROM ("+query+") AS broken", at); n != 0 {
					t.Errorf("%s: broken by %d", name, n)
				}
			}
		})
	}
}

// generatedRows are the queries of everything that is generated but the sealed
// payers, whose cipher is never the same twice.
var generatedRows = []string{
	"SELECT to_jsonb(t) - 'card_index' FROM transactions t ORDER BY id", // each test has a keyset of its own
	"SELECT * FROM payment_events ORDER BY id",
	`SELECT id, transaction_id, request_id, state, route, route_reason, simulated, pay_type, instalments, brand,
		card_first6, card_last4, card_expiry, payer_ip, asked_at, answered_at, inquiries FROM attempts ORDER BY id`,
}

func TestGenerateGivesTheSameRowsForTheSameSeed(t *testing.T) {
	t.Parallel()
	one, same, other := loaded(t), loaded(t), loaded(t)
	generate(t, one, seeds.GenerateOptions{Transactions: 2_500, Seed: 11})
	generate(t, same, seeds.GenerateOptions{Transactions: 2_500, Seed: 11})
	generate(t, other, seeds.GenerateOptions{Transactions: 2_500, Seed: 12})
	for _, query := range generatedRows {
		first := content(t, one, query)
		if content(t, same, query) != first {
			t.Errorf("another result of %.40s", query)
		}
		if content(t, other, query) == first {
			t.Errorf("the seed does not matter to %.40s", query)
		}
	}
}

func TestGenerateAgainAppends(t *testing.T) {
	t.Parallel()
	db := loaded(t)
	// A live row holds the very number that the first generated row wants.
	probe := loaded(t)
	generate(t, probe, seeds.GenerateOptions{Transactions: 500, Seed: 5})
	var wanted string
	if err := probe.Pool().QueryRow(t.Context(), "SELECT min(trade_no) FROM transactions").Scan(&wanted); err != nil {
		t.Fatal(err)
	}
	_, err := db.Pool().Exec(t.Context(), `INSERT INTO transactions
		(member_id, store_id, trade_no, order_no, item_desc, amount, created_at)
		SELECT member_id, id, $1, 'LIVE1', '高山烏龍茶', 1250, now() FROM stores LIMIT 1`, wanted)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		generate(t, db, seeds.GenerateOptions{Transactions: 500, Seed: 5})
	}
	if n := number(t, db, "SELECT count(*) FROM transactions"); n != 1501 {
		t.Errorf("%d transactions", n)
	}
	if n := number(t, db, "SELECT count(DISTINCT created_at) FROM transactions"); n > 501 {
		t.Errorf("the same seed gave other times: %d", n)
	}
}

func TestGenerateForManyMembers(t *testing.T) {
	t.Parallel()
	db := fresh(t)
	o := seeds.GenerateOptions{Transactions: 6_000, Members: 40, Months: 13, Seed: 1}
	generate(t, db, o)
	o.Seed = 2
	generate(t, db, o)
	if n := number(t, db, "SELECT count(*) FROM members"); n != 40 {
		t.Errorf("%d members: the second run must use those of the first", n)
	}
	giant := number(t, db, `SELECT 100 * max(n) / sum(n)::int FROM (
		SELECT count(*) AS n FROM transactions GROUP BY member_id) AS x`)
	if giant < 27 || giant > 33 {
		t.Errorf("the giant has %d %%", giant)
	}
	months := number(t, db, `SELECT count(DISTINCT date_trunc('month', created_at)) FROM transactions`)
	if months < 13 {
		t.Errorf("%d months", months)
	}
	if n := number(t, db, `SELECT count(*) FROM members WHERE kind = 'enterprise' AND code ~ '^[0-9]{8}$' AND (
		SELECT sum(p / 10 + p % 10) FROM (SELECT substr(code, i, 1)::int * (ARRAY[1,2,1,2,1,2,4,1])[i] AS p
			FROM generate_series(1, 8) AS i) AS x) % 10 <> 0`); n != 0 {
		t.Errorf("%d 統一編號 with a wrong check digit", n)
	}
}

func TestGeneratedPayersOpenOnTheirPage(t *testing.T) {
	t.Parallel()
	db := loaded(t)
	generate(t, db, seeds.GenerateOptions{Transactions: 300, Seed: 9})
	credential, err := db.Accounts().Credential(t.Context(), "12345675", "owner01")
	if err != nil {
		t.Fatal(err)
	}
	actor := account.Actor{
		Account: credential.Account, Member: member.Member{ID: credential.MemberID, Status: member.Active},
	}
	d := find(t, db, actor, `SELECT trade_no FROM transactions t JOIN members m ON m.id = t.member_id
		WHERE m.code = '12345675' AND t.status = 'captured' ORDER BY trade_no LIMIT 1`)
	if d.Attempt == nil || d.Attempt.Payer.Email == "" || d.Attempt.Payer.Phone[:5] != "+8869" {
		t.Errorf("attempt %+v", d.Attempt)
	}
	if len(d.Events) < 6 || d.Transaction.Status != payment.Captured {
		t.Errorf("%d events of a %s one", len(d.Events), d.Transaction.Status)
	}
}

func find(t *testing.T, db *postgres.DB, actor account.Actor, query string) report.Detail {
	t.Helper()
	var no string
	if err := db.Pool().QueryRow(t.Context(), query).Scan(&no); err != nil {
		t.Fatal(err)
	}
	d, err := db.Reports().Find(t.Context(), report.ScopeOf(actor), ident.TradeNo(no))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestGenerateTellsHowFarItIs(t *testing.T) {
	t.Parallel()
	db := loaded(t)
	var told []string
	generate(t, db, seeds.GenerateOptions{
		Transactions: 10_500, Seed: 1,
		Progress: func(done, total int) { told = append(told, fmt.Sprint(done, "/", total)) },
	})
	if fmt.Sprint(told) != "[10000/10500 10500/10500]" {
		t.Errorf("told %v", told)
	}
}

func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	db := fresh(t)
	for name, tt := range map[string]struct {
		options seeds.GenerateOptions
		want    error
	}{
		"a negative count":          {seeds.GenerateOptions{Transactions: -1, Now: now}, seeds.ErrOptions},
		"negative months":           {seeds.GenerateOptions{Months: -1, Now: now}, seeds.ErrOptions},
		"no time":                   {seeds.GenerateOptions{Transactions: 1}, seeds.ErrOptions},
		"a database without a demo": {seeds.GenerateOptions{Transactions: 1, Now: now}, seeds.ErrNoDemo},
	} {
		if err := seeds.Generate(t.Context(), db.Bulk(), tt.options); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	load(t, db)
	generate(t, db, seeds.GenerateOptions{Transactions: 0})
	if n := number(t, db, "SELECT count(*) FROM transactions"); n != 0 {
		t.Errorf("%d transactions of none", n)
	}
}

func TestGenerateStopsWithACompletePart(t *testing.T) {
	t.Parallel()
	db := loaded(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := seeds.Generate(ctx, db.Bulk(), seeds.GenerateOptions{
		Transactions: 60_000, Seed: 1, Now: now, Progress: func(int, int) { cancel() },
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if n := number(t, db, "SELECT count(*) FROM transactions"); n != 10_000 {
		t.Errorf("%d transactions", n)
	}
	open := `SELECT count(*) FROM transactions t WHERE NOT EXISTS (
		SELECT FROM payment_events e WHERE e.transaction_id = t.id)`
	if n := number(t, db, open); n != 0 {
		t.Errorf("%d without events", n)
	}
}

func TestGenerateFollowsTheDay(t *testing.T) {
	t.Parallel()
	db := loaded(t)
	generate(t, db, seeds.GenerateOptions{Transactions: 9_000, Seed: 4})
	inHour := func(hour int) int {
		return number(t, db, `SELECT count(*) FROM transactions
			WHERE extract(hour FROM created_at AT TIME ZONE 'Asia/Taipei') = $1`, hour)
	}
	if night, evening := inHour(4), inHour(21); night*5 > evening {
		t.Errorf("%d at four in the morning, %d at nine in the evening", night, evening)
	}
	festival := clock.DateOf(time.Date(2026, 11, 11, 4, 0, 0, 0, time.UTC))
	onDay := func(d clock.Date) int {
		return number(t, db, "SELECT count(*) FROM transactions WHERE created_at >= $1 AND created_at < $2",
			d.Start(), d.End())
	}
	if f, w := onDay(festival), onDay(festival.AddDays(7)); f < w*3/2 {
		t.Errorf("%d on 11 November, %d a week later", f, w)
	}
}

// What the migration makes of a history is what the bulk load writes beside it.
func TestTheMigrationFindsTheSameOperations(t *testing.T) {
	t.Parallel()
	db := loaded(t)
	generate(t, db, seeds.GenerateOptions{Transactions: 4_000, Seed: 3})
	kept := map[string]string{
		"operations": `SELECT o.transaction_id, o.kind, o.state, o.amount, o.request_id, o.actor, o.requested_at, o.close_day,
			o.sent_at, b.day, b.state, b.sent_at, b.next_try_at
			FROM payment_operations o LEFT JOIN close_batches b ON b.id = o.batch_id ORDER BY 1, 2`,
		"payouts": "SELECT * FROM payouts ORDER BY 1",
	}
	before := map[string]string{}
	for name, query := range kept {
		before[name] = content(t, db, query)
	}
	text, err := os.ReadFile("../app/postgres/migrations/00040_operations.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, backfill, found := strings.Cut(string(text), "-- What is open already")
	backfill, _, found2 := strings.Cut(backfill, "-- +goose StatementBegin")
	if !found || !found2 {
		t.Fatal("the migration has another shape")
	}
	empty := "DELETE FROM payment_operations; DELETE FROM close_batches; DELETE FROM payouts;\n--"
	_, err = db.Pool().Exec(t.Context(), empty+backfill+";\nSELECT batch_sent_operations('3 days')")
	if err != nil {
		t.Fatal(err)
	}
	for name, query := range kept {
		if content(t, db, query) != before[name] {
			t.Errorf("%s differ", name)
		}
	}
}
