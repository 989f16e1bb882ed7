package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/secret"
)

// stored is a transaction as the reference filter knows it.
type stored struct {
	report.Row
	id       int
	memberID int
	times    map[report.DateKind]time.Time
	pan      string // "" where the index of the card is not known
	waiting  bool
	journeys map[report.Journey]bool // how far it came with a Passkey
}

// storeIDs by member of the fixture; kinds by store.
var (
	memberOf    = map[int]int{1: 1, 2: 1, 3: 1, 4: 2}
	storeTypeOf = map[int]report.StoreType{
		1: report.PlatformStores, 2: report.GatewayStores, 3: report.PlatformStores, 4: report.PlatformStores,
	}
	// Three of them share first six and last four, and two only the last four.
	pans = []string{
		"4111111111111111", "4111112222221111", "4111119999991111", "5555555555551111", "3530111333300000", "371449635398431",
	}
	unusedPAN = "6200000000000005"
)

// fill stores count random transactions of the last 40 days; several share one
// instant, so that pages must be told apart by more than time.
func fill(t *testing.T, db *postgres.DB, count int) []stored {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	rows := make([]stored, count)
	for i := range rows {
		rows[i] = randomRow(r, i)
	}
	store(t, db, rows)
	return rows
}

func pick[T any](r *rand.Rand, values []T) T { return values[r.IntN(len(values))] }

// randomTime is a moment of 40 days: often the first or the last of a day in Taipei.
func randomTime(r *rand.Rand) time.Time {
	day := clock.DateOf(noon).AddDays(-r.IntN(40))
	switch r.IntN(5) {
	case 0:
		return day.Start().UTC()
	case 1:
		return day.End().Add(-time.Microsecond).UTC()
	default:
		return day.Start().Add(time.Duration(r.IntN(24)) * time.Hour).UTC()
	}
}

func randomRow(r *rand.Rand, i int) stored {
	created := randomTime(r)
	no := 1 + r.IntN(4)
	s := stored{memberID: memberOf[no], times: map[report.DateKind]time.Time{report.ByTrade: created}}
	s.Row = report.Row{
		TradeNo: ident.NewTradeNo(created, int64(i)), OrderNo: fmt.Sprintf("R%d", i/2), CreatedAt: created,
		Amount: money.TWD(50 * (1 + r.IntN(8))), Status: pick(r, payment.Statuses), PayType: pick(r, payment.PayTypes),
		Verification: pick(r, []payment.Verification{"none", "otp", "passkey"}), ThreeD: r.IntN(2) == 0,
		TokenBind: r.IntN(4) == 0, TokenCharge: r.IntN(3) == 0, StoreID: member.StoreID(no),
	}
	if r.IntN(9) == 0 { // four digits and six: they may be a card's or an approval's, too
		s.OrderNo = []string{fmt.Sprintf("%06d", i), fmt.Sprintf("%04d", i), fmt.Sprintf("AB%04d", i)}[r.IntN(3)]
	} else {
		s.OrderNo = fmt.Sprintf("R%d", i)
	}
	if r.IntN(5) == 0 {
		s.MandateNo = fmt.Sprintf("M%d", r.IntN(60))
	}
	if s.Status == payment.Pending {
		return s
	}
	pan := pick(r, pans)
	s.CardFirst6, s.CardLast4 = pan[:6], pan[len(pan)-4:]
	if r.IntN(3) > 0 {
		s.pan = pan
	}
	if s.Status == payment.Failed {
		return s
	}
	s.AuthCode = fmt.Sprintf("%02X%04d", 0xA0+r.IntN(3), r.IntN(40))
	s.Captured = s.Amount * money.TWD(r.IntN(3)) / 2
	s.Refunded = s.Captured * money.TWD(r.IntN(3)) / 2
	s.times[report.ByAuthorised] = randomTime(r)
	for _, kind := range []report.DateKind{report.ByCaptured, report.ByRefunded, report.BySettled} {
		if r.IntN(3) > 0 {
			s.times[kind] = randomTime(r)
		}
	}
	s.AuthorisedAt, s.CapturedAt = s.times[report.ByAuthorised], s.times[report.ByCaptured]
	s.RefundedAt, s.SettledAt = s.times[report.ByRefunded], s.times[report.BySettled]
	s.Settled = !s.SettledAt.IsZero()
	return s
}

// store inserts rows and what may wait about them.
func store(t *testing.T, db *postgres.DB, rows []stored) {
	t.Helper()
	const atOnce, columns = 500, 24
	indexes := cardIndexes(t, db)
	for from := 0; from < len(rows); from += atOnce {
		part := rows[from:min(from+atOnce, len(rows))]
		places := make([]string, len(part))
		args := make([]any, 0, columns*len(part))
		for i := range part {
			marks := make([]string, columns)
			for k := range marks {
				marks[k] = fmt.Sprintf("$%d", i*columns+k+1)
			}
			places[i] = "(" + strings.Join(marks, ", ") + ")"
			args = append(args, values(&part[i], indexes)...)
			part[i].id = from + i + 1
		}
		run(t, db, `INSERT INTO transactions (id, member_id, store_id, trade_no, order_no, item_desc, amount, status,
			pay_type, verification, three_d, token_bind, token_charge, created_at, authorised_at, captured_at, refunded_at,
			settled_at, failure_reason, captured_amount, refunded_amount, auth_code, card_first6, card_last4, mandate_no,
			card_index) OVERRIDING SYSTEM VALUE SELECT row_number() OVER () + `+fmt.Sprint(from)+`, v.member_id, v.store_id,
			v.trade_no, v.order_no, 'x', v.amount, v.status::transaction_status, v.pay_type::pay_type,
			v.verification::verification, v.three_d, v.bind, v.charge, v.created, v.authorised, v.captured, v.refunded,
			v.settled, v.reason::failure_reason, v.captured_amount, v.refunded_amount, v.auth_code, v.first6, v.last4,
			v.mandate_no, v.card_index
			FROM (VALUES `+strings.Replace(strings.Join(places, ", "), places[0], typed(places[0]), 1)+`) AS v
			(member_id, store_id, trade_no, order_no, amount, status, pay_type, verification, three_d, bind, charge, created,
			authorised, captured, refunded, settled, reason, captured_amount, refunded_amount, auth_code, first6, last4,
			mandate_no, card_index)`, args...)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for i := range rows {
		wait(t, db, r, &rows[i])
	}
	verifySome(t, db, r, rows)
	run(t, db, "ANALYZE transactions, verifications")
}

// typed gives the first row of a VALUES list the types of its columns.
func typed(row string) string {
	types := []string{
		"bigint", "bigint", "text", "text", "bigint", "text", "text", "text", "boolean", "boolean", "boolean",
		"timestamptz", "timestamptz", "timestamptz", "timestamptz", "timestamptz", "text", "bigint", "bigint", "text",
		"text", "text", "text", "bytea",
	}
	marks := strings.Split(strings.Trim(row, "()"), ", ")
	for i := range marks {
		marks[i] += "::" + types[i]
	}
	return "(" + strings.Join(marks, ", ") + ")"
}

func values(s *stored, indexes map[string][]byte) []any {
	when := func(kind report.DateKind) any {
		if at := s.times[kind]; !at.IsZero() {
			return at
		}
		return nil
	}
	var reason any
	if s.Status == payment.Failed {
		reason = "declined"
	}
	return []any{
		s.memberID, int64(s.StoreID), string(s.TradeNo), s.OrderNo, int64(s.Amount), string(s.Status), string(s.PayType),
		string(s.Verification), s.ThreeD, s.TokenBind, s.TokenCharge, s.CreatedAt, when(report.ByAuthorised),
		when(report.ByCaptured), when(report.ByRefunded), when(report.BySettled), reason, int64(s.Captured),
		int64(s.Refunded), s.AuthCode, s.CardFirst6, s.CardLast4, s.MandateNo, indexes[s.pan],
	}
}

// wait gives a row, now and then, one of the things that 待處理 is about.
func wait(t *testing.T, db *postgres.DB, r *rand.Rand, s *stored) {
	t.Helper()
	s.waiting = s.Status == payment.CaptureRequested || s.Status == payment.RefundRequested
	switch r.IntN(60) {
	case 0:
		addAttempt(t, db, s.id, "unknown")
		s.waiting = true
	case 1:
		addAttempt(t, db, s.id, "declined")
	case 2, 3:
		state := []string{"requested", "undone"}[r.IntN(2)]
		run(t, db, `INSERT INTO payment_operations (transaction_id, kind, state, amount, request_id, actor, requested_at,
			ended_at) VALUES ($1, 'void', $2::operation_state, 1, $3, 'x', $4,
			CASE WHEN $2 = 'undone' THEN $4::timestamptz END)`, s.id, state, fmt.Sprintf("V%d", s.id), noon)
		s.waiting = s.waiting || state == "requested"
	case 4, 5:
		ended := r.IntN(2) == 0
		run(t, db, `INSERT INTO notifications (transaction_id, url, body, state, created_at, finished_at)
			VALUES ($1, 'x', '', 'failed', $2, CASE WHEN $3 THEN $2::timestamptz END)`, s.id, noon, ended)
		s.waiting = s.waiting || ended
	}
}

// verifySome gives some rows one verification or several, some of which Passkey did not apply to.
func verifySome(t *testing.T, db *postgres.DB, r *rand.Rand, rows []stored) {
	t.Helper()
	null := func(is bool) string {
		if is {
			return "now()"
		}
		return "NULL"
	}
	var places []string
	for i := range rows {
		s := &rows[i]
		s.journeys = map[report.Journey]bool{}
		for n := range r.IntN(7) - 3 {
			reason := pick(r, []string{
				"no_credential", "has_credential", "device_unsupported", "phone_mismatch", "passkey_off",
			})
			fell := pick(r, []string{
				"", "", "", "unsupported", "no_credential", "chose_otp", "cancelled", "timed_out", "failed", "opted_out",
			})
			eligible, asked, bound, used := reason != "passkey_off", r.IntN(3) > 0, r.IntN(3) == 0, r.IntN(3) == 0
			fellBack := "NULL"
			if fell != "" {
				fellBack = "'" + fell + "'::passkey_fall_back"
			}
			places = append(places, fmt.Sprintf(
				"(%d, 'left'::verification_state, 'otp'::verification, true, '%s', %v, '%s'::card_brand, '1111', '%s', true,"+
					"true, %s, %s::timestamptz, '%s'::timestamptz, %s::timestamptz, %s::timestamptz, %s::timestamptz, now(),"+
					" now(), '%d/%d')", s.id, reason, eligible, pick(r, []string{"visa", "mastercard"}),
				pick(r, []string{"", "chrome", "safari"}), fellBack, null(fell != ""),
				s.CreatedAt.Add(time.Second).Format(time.RFC3339Nano), null(asked), null(bound), null(used), s.id, n))
			if !eligible {
				continue
			}
			why := fell
			if why == "" && (reason == "device_unsupported" || reason == "phone_mismatch") {
				why = strings.TrimPrefix(reason, "device_")
			}
			for j, came := range map[report.Journey]bool{
				report.JourneyEligible: true, report.JourneyAsked: asked, report.JourneyBound: bound,
				report.JourneyUsed: used, report.JourneyFellBack: why != "", report.FellBackFor(why): why != "",
			} {
				s.journeys[j] = s.journeys[j] || came
			}
		}
	}
	run(t, db, `INSERT INTO verifications (transaction_id, state, route, bind, reason, eligible, brand, card_last4,
		browser, webauthn, uvpa, fell_back, fell_back_at, created_at, asked_at, bound_at, used_at, ended_at, expires_at,
		seal_key)
		VALUES `+strings.Join(places, ", "))
}

func addAttempt(t *testing.T, db *postgres.DB, id int, state string) payment.AttemptID {
	t.Helper()
	var attempt int64
	err := db.SQL().QueryRowContext(t.Context(), `INSERT INTO attempts (transaction_id, request_id, state, route,
			route_reason, simulated, pay_type, instalments, brand, card_first6, card_last4, card_expiry, payer_sealed,
			payer_ip, asked_at)
		VALUES ($1, $2, $3, 'none', '', false, 'full', 0, 'visa', '411111', '1111', '3012', '', '', $4) RETURNING id`,
		id, fmt.Sprintf("%s-%d", state, id), state, noon).Scan(&attempt)
	if err != nil {
		t.Fatal(err)
	}
	return payment.AttemptID(attempt)
}

// cardIndexer is what the store's transactions can do besides payment.Tx.
type cardIndexer interface {
	IndexCard(ctx context.Context, id payment.AttemptID, pan secret.PAN) error
}

// cardIndexes returns the stored index of each card, as an attempt with it gets it.
func cardIndexes(t *testing.T, db *postgres.DB) map[string][]byte {
	t.Helper()
	run(t, db, `INSERT INTO transactions (id, member_id, store_id, trade_no, order_no, item_desc, amount, created_at)
		OVERRIDING SYSTEM VALUE VALUES (1000000, 2, 4, '26010112000000000', 'INDEX', 'x', 1, $1)`, noon)
	indexes := map[string][]byte{}
	attempt := addAttempt(t, db, 1_000_000, "declined")
	for _, number := range pans {
		indexCard(t, db, attempt, number)
		var index []byte
		err := db.SQL().QueryRowContext(t.Context(), "SELECT card_index FROM attempts WHERE id = $1", int64(attempt)).
			Scan(&index)
		if err != nil || len(index) != 32 {
			t.Fatalf("index %x: %v", index, err)
		}
		indexes[number] = index
	}
	run(t, db, "DELETE FROM attempts")
	run(t, db, "DELETE FROM transactions")
	return indexes
}

func indexCard(t *testing.T, db *postgres.DB, attempt payment.AttemptID, number string) {
	t.Helper()
	pan, err := secret.ParsePAN(number)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Payments().InTx(t.Context(), func(ctx context.Context, tx payment.Tx) error {
		return tx.(cardIndexer).IndexCard(ctx, attempt, pan)
	})
	if err != nil {
		t.Fatal(err)
	}
}
