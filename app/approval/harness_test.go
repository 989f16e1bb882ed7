package approval_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/approval"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
	"github.com/memberzone/memberzone/policies"
)

// bank answers voids; nothing else is asked of it here.
type bank struct {
	payment.Acquirer
	voids atomic.Int64
}

func (b *bank) Reverse(ctx context.Context, _ string) error {
	if payment.InTx(ctx) {
		panic("the acquirer was called inside a database transaction")
	}
	b.voids.Add(1)
	return nil
}

// queue takes every job; none is worked here.
type queue struct{ postgres.Queue }

func (queue) Mail(context.Context, *sql.Tx, int64) error { return nil }

// office is a member with the stores 1 and 2, an owner, two assistants who may act on
// store 1, one who may act on store 2 and one who may only look; and another member.
type office struct {
	t        *testing.T
	db       *postgres.DB
	cipher   *fieldcrypt.Cipher
	clock    *clock.Fake
	bank     *bank
	payments *payment.Service
	service  *approval.Service
	who      map[string]account.Actor
	orders   int
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openOffice(t *testing.T) *office {
	t.Helper()
	keyset, err := fieldcrypt.NewKeyset()
	must(t, err)
	cipher, err := fieldcrypt.New(keyset)
	must(t, err)
	db, err := postgres.Open(t.Context(), postgres.Options{URL: dbtest.New(t), Cipher: cipher, MaxConnections: 8})
	must(t, err)
	t.Cleanup(db.Close)
	db.UseQueue(queue{})
	authority, err := permit.New(permit.Source{
		Model: policies.Model, Policy: policies.Policy, Screens: policies.Screens, Staff: policies.Staff,
	})
	must(t, err)
	w := &office{
		t: t, db: db, cipher: cipher, bank: &bank{}, who: map[string]account.Actor{},
		clock: clock.NewFake(time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)),
	}
	w.payments = payment.New(payment.Options{
		Store: db.Payments(), Stores: db.Stores(), Acquirer: w.bank, Clock: w.clock, Log: slog.New(slog.DiscardHandler),
	})
	w.service = approval.New(approval.Options{
		Store: db.Approvals(), Payments: w.payments, Permits: authority, Clock: w.clock, PublicURL: "http://localhost",
	})
	w.people()
	return w
}

func (w *office) run(query string, args ...any) {
	w.t.Helper()
	if _, err := w.db.SQL().ExecContext(context.Background(), query, args...); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
}

func (w *office) count(query string, args ...any) (n int) {
	w.t.Helper()
	must(w.t, w.db.SQL().QueryRowContext(context.Background(), query, args...).Scan(&n))
	return n
}

// people stores who there is, with their actors as a sign-in would give them.
func (w *office) people() {
	w.t.Helper()
	at := w.clock.Now()
	w.run(`INSERT INTO members (kind, code, name, created_at) VALUES ('enterprise', '12345675', '晴川選物', $1),
		('enterprise', '22099131', '遠岸科技', $1)`, at)
	for of, name := range map[string]int{"MS100000001": 1, "MS100000002": 1, "MS300000001": 2} {
		w.run(`INSERT INTO stores (member_id, merchant_id, name, email, hash_key_sealed, hash_iv_sealed, kind, mode,
			three_d, passkey, amount_max, created_at)
			VALUES ($1, $2, $2, '', '', '', 'platform', 'live', true, true, 200000, $3)`,
			name, of, at)
	}
	for _, one := range []struct {
		of           int
		kind, login  string
		store, level string
	}{
		{1, "owner", "owner01", "", ""},
		{1, "assistant", "maker01", "MS100000001", "manage"},
		{1, "assistant", "checker1", "MS100000001", "manage"},
		{1, "assistant", "other01", "MS100000002", "manage"},
		{1, "assistant", "viewer01", "MS100000001", "view"},
		{2, "owner", "stranger", "", ""},
	} {
		var id int
		must(w.t, w.db.SQL().QueryRow(`INSERT INTO accounts (member_id, kind, login, email, created_at)
			VALUES ($1, $2, $3, $3 || '@example.test', $4) RETURNING id`, one.of, one.kind, one.login, at).Scan(&id))
		if one.store != "" {
			w.run("INSERT INTO account_stores SELECT member_id, $1, id FROM stores WHERE merchant_id = $2", id, one.store)
			w.run("INSERT INTO account_grants (account_id, unit, level) VALUES ($1, 'card_trades', $2)", id, one.level)
		}
	}
	for of := range member.ID(2) {
		found, err := w.db.Approvals().People(w.t.Context(), of+1, at)
		must(w.t, err)
		for _, actor := range found {
			w.who[actor.Account.Login] = actor
		}
	}
}

// threshold sets the amount past the rules of the settings page.
func (w *office) threshold(from money.TWD) {
	w.t.Helper()
	must(w.t, w.service.SetThreshold(w.t.Context(), w.who["owner01"], w.by("owner01"), from))
}

func (w *office) by(login string) audit.By {
	a := w.who[login]
	return audit.By{Chain: int64(a.Member.ID), AccountID: int64(a.Account.ID), Login: login, Address: "203.0.113.9"}
}

// paid stores an authorised transaction of NT$1,250 and returns its ID.
func (w *office) paid(store string) payment.ID {
	w.t.Helper()
	w.orders++
	order := fmt.Sprintf("A%d", w.orders)
	at := w.clock.Now()
	var id payment.ID
	must(w.t, w.db.SQL().QueryRow(`
		INSERT INTO transactions (member_id, store_id, trade_no, order_no, item_desc, amount, status, created_at,
			authorised_at, brand, card_first6, card_last4, card_expiry, auth_code, respond_code)
		SELECT member_id, id, $2::text || lpad(nextval('trade_no_sequence')::text, 5, '0'), $3, '茶葉', 1250, 'authorised',
			$4, $4, 'visa', '411111', '1111', '3012', '930637', '00'
		FROM stores WHERE merchant_id = $1 RETURNING id`,
		store, at.In(clock.Taipei).Format("060102150405"), order, at).Scan(&id))
	payer, err := w.cipher.Seal([]byte("{}"), []byte("attempts/ASKED"+order+"/payer"))
	must(w.t, err)
	w.run(`INSERT INTO attempts (transaction_id, request_id, state, route, route_reason, simulated, pay_type,
			instalments, brand, card_first6, card_last4, card_expiry, payer_sealed, payer_ip, asked_at)
		VALUES ($1, 'ASKED' || $2::text, 'authorised', 'none', 'not_offered', false, 'full', 0, 'visa', '411111', '1111',
			'3012', $3, '', $4)`, int64(id), order, payer, at)
	return id
}

// ask is what a page would send.
func (w *office) ask(login string, id payment.ID, a payment.Action, amount money.TWD) payment.ActRequest {
	return payment.ActRequest{
		TransactionID: id, Action: a, Amount: amount, Key: payment.NewKey(), Actor: login, By: w.by(login),
	}
}

// asked makes a request that waits.
func (w *office) asked(login string, id payment.ID, a payment.Action) approval.Request {
	w.t.Helper()
	o, err := w.service.Act(w.t.Context(), w.who[login], w.ask(login, id, a, 1250))
	must(w.t, err)
	if o.Request == nil || o.Request.State != approval.Waiting || o.Operation.ID != 0 {
		w.t.Fatalf("%s of %s led to %+v", a, login, o)
	}
	return *o.Request
}

// want checks status and amounts of a transaction, and the state of a request.
func (w *office) want(id payment.ID, r approval.ID, want string) {
	w.t.Helper()
	var got string
	must(w.t, w.db.SQL().QueryRow(`
		SELECT format('%s %s/%s %s', t.status, t.captured_amount, t.refunded_amount, a.state)
		FROM transactions t JOIN payment_approvals a ON a.transaction_id = t.id WHERE t.id = $1 AND a.id = $2`,
		int64(id), int64(r)).Scan(&got))
	if got != want {
		w.t.Errorf("the transaction and its request are %q, want %q", got, want)
	}
}
