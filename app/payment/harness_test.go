package payment_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
	"github.com/memberzone/memberzone/app/secret"
)

// acquirer is a bank in memory that charges each request at most once and can
// be told to lose its answers or to be out of reach.
type acquirer struct {
	mu        sync.Mutex
	charges   map[string]payment.AuthoriseAnswer
	tombs     map[string]bool
	asked     int
	answer    payment.AuthoriseAnswer
	authorise error         // what Authorise returns in place of its answer
	inquire   error         // what Inquire returns in place of its answer
	lost      bool          // the request itself never arrives
	slow      chan struct{} // Authorise waits for it
}

func newAcquirer() *acquirer {
	return &acquirer{
		charges: map[string]payment.AuthoriseAnswer{}, tombs: map[string]bool{},
		answer: payment.AuthoriseAnswer{
			Approved: true, RespondCode: "00", Message: "授權成功", ApprovalCode: "123456", Bank: "KGI", Issuer: "CTBC",
		},
	}
}

func (a *acquirer) Authorise(ctx context.Context, req payment.AuthoriseRequest) (payment.AuthoriseAnswer, error) {
	if payment.InTx(ctx) {
		panic("the acquirer was called inside a database transaction")
	}
	if a.slow != nil {
		<-a.slow
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	if a.lost || a.tombs[req.ID] {
		return payment.AuthoriseAnswer{}, a.authorise
	}
	if _, ok := a.charges[req.ID]; !ok {
		a.charges[req.ID] = a.answer
	}
	return a.charges[req.ID], a.authorise
}

func (a *acquirer) Inquire(ctx context.Context, id string) (payment.AuthoriseAnswer, error) {
	if payment.InTx(ctx) {
		panic("the acquirer was called inside a database transaction")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.inquire != nil {
		return payment.AuthoriseAnswer{}, a.inquire
	}
	answer, ok := a.charges[id]
	if !ok {
		return payment.AuthoriseAnswer{}, payment.ErrUnknownRequest
	}
	return answer, nil
}

func (a *acquirer) Reverse(_ context.Context, id string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.inquire != nil {
		return a.inquire
	}
	a.tombs[id] = true
	delete(a.charges, id)
	return nil
}

func (*acquirer) SendBatch(context.Context, payment.BatchRequest) error { return payment.ErrNoAnswer }

func (*acquirer) BatchAnswer(context.Context, string) ([]payment.ItemAnswer, bool, error) {
	return nil, false, payment.ErrNoAnswer
}

// approved counts the charges that stand.
func (a *acquirer) approved() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, c := range a.charges {
		if c.Approved {
			n++
		}
	}
	return n
}

// queue counts the jobs that were inserted, in the transaction they belong to.
type queue struct{ postgres.Queue }

func (queue) Deliver(ctx context.Context, tx *sql.Tx, id int64) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO job_probe VALUES ('deliver', $1)", id)
	return err
}

func (queue) Mail(ctx context.Context, tx *sql.Tx, id int64) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO job_probe VALUES ('mail', $1)", id)
	return err
}

// world is a payment core on a fresh database.
type world struct {
	t        *testing.T
	db       *postgres.DB
	clock    *clock.Fake
	acquirer *acquirer
	service  *payment.Service
	store    member.Store
	orders   int
}

func newWorld(t *testing.T, change func(*member.Store)) *world {
	t.Helper()
	ctx := t.Context()
	keyset, err := fieldcrypt.NewKeyset()
	must(t, err)
	cipher, err := fieldcrypt.New(keyset)
	must(t, err)
	db, err := postgres.Open(ctx, postgres.Options{URL: dbtest.New(t), Cipher: cipher, MaxConnections: 8})
	must(t, err)
	t.Cleanup(db.Close)
	db.UseQueue(queue{})
	_, err = db.SQL().ExecContext(ctx, "CREATE TABLE job_probe (kind text, id bigint)")
	must(t, err)

	w := &world{
		t: t, db: db, acquirer: newAcquirer(),
		clock: clock.NewFake(time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)),
	}
	stores := db.Stores()
	owner, err := stores.AddMember(ctx, member.Member{
		Kind: member.Enterprise, Code: "12345675", Name: "晴川選物股份有限公司", Status: member.Active,
	}, w.clock.Now())
	must(t, err)
	store := member.Store{
		MemberID: owner, MerchantID: "MS100000001", Name: "晴川選物", Email: "store@example.test",
		HashKey: secret.New("DemoKey00000000000000MS100000001"), HashIV: secret.New("DemoIV0100000001"),
		Kind: member.Platform, Mode: member.Live, Status: member.Active, ThreeD: true, Passkey: true,
		Instalments: []int{3, 6}, Bonus: true, Amex: true, AmountMax: 1_000_000, CreatedAt: w.clock.Now(),
	}
	if change != nil {
		change(&store)
	}
	store.ID, err = stores.AddStore(ctx, store)
	must(t, err)
	w.store, err = stores.StoreByMerchantID(ctx, store.MerchantID)
	must(t, err)
	w.service = payment.New(payment.Options{
		Store: db.Payments(), Stores: stores, Acquirer: w.acquirer, Clock: w.clock, Log: slog.New(slog.DiscardHandler),
	})
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// open registers an order of NT$1,250 and returns its token.
func (w *world) open(change func(*payment.NewOrder)) ident.Token {
	w.t.Helper()
	w.orders++
	o := payment.NewOrder{
		Store: w.store, OrderNo: fmt.Sprintf("order_%d", w.orders), ItemDesc: "茶具", Amount: money.TWD(1250),
		Request: payment.Request{
			Version: "2.2", RespondType: "JSON", Language: "zh-tw", ReturnURL: "https://shop.test/return",
			NotifyURL: "https://shop.test/notify", InFull: true, Instalments: []int{3, 6}, Bonus: true, Major: true, Amex: true,
		},
	}
	if change != nil {
		change(&o)
	}
	token, err := w.service.Open(w.t.Context(), o)
	must(w.t, err)
	return token
}

func goodCard() payment.CardInput {
	return payment.CardInput{
		CardNo: secret.New("4111 1111 1111 1111"), ExpMonth: "12", ExpYear: "30", CVC: secret.New("123"),
		LastName: "王", FirstName: "小明", Phone: "+886 912 345 678", Email: "ming@example.test", IP: "203.0.113.9",
	}
}

// pay authorises a checkout whose cardholder was verified as its route asks.
func (w *world) pay(token ident.Token, in payment.CardInput) error {
	w.t.Helper()
	ctx := w.t.Context()
	c, err := w.service.Check(ctx, token, in)
	if err != nil || !c.Checkout.Payable() {
		return err
	}
	var started *payment.Started
	err = w.db.Payments().InTx(ctx, func(ctx context.Context, tx payment.Tx) (err error) {
		started, err = w.service.Start(ctx, tx, payment.Verified{
			TransactionID: c.Checkout.Transaction.ID, Store: c.Store, Card: c.Card,
			Route: payment.ChooseRoute(c.Facts(payment.Device{})),
		})
		return err
	})
	if err != nil || started == nil {
		return err
	}
	return w.service.Authorise(ctx, *started)
}

// checkout reads the present state.
func (w *world) checkout(token ident.Token) payment.Checkout {
	w.t.Helper()
	c, _, err := w.service.Checkout(w.t.Context(), token)
	must(w.t, err)
	return c
}

// count runs a counting query.
func (w *world) count(query string, args ...any) int {
	w.t.Helper()
	var n int
	must(w.t, w.db.SQL().QueryRowContext(w.t.Context(), query, args...).Scan(&n))
	return n
}

// kinds lists the kinds of a transaction's events in order.
func (w *world) kinds(id payment.ID) string {
	w.t.Helper()
	var s string
	must(w.t, w.db.SQL().QueryRowContext(w.t.Context(),
		"SELECT string_agg(kind, ' ' ORDER BY id) FROM payment_events WHERE transaction_id = $1", int64(id)).Scan(&s))
	return s
}

// wantTold checks how many notifications and mails are owed, each with its job.
func (w *world) wantTold(notifications, mails int) {
	w.t.Helper()
	got := [4]int{
		w.count("SELECT count(*) FROM notifications"), w.count("SELECT count(*) FROM job_probe WHERE kind = 'deliver'"),
		w.count("SELECT count(*) FROM mails"), w.count("SELECT count(*) FROM job_probe WHERE kind = 'mail'"),
	}
	if want := [4]int{notifications, notifications, mails, mails}; got != want {
		w.t.Errorf("notifications, their jobs, mails, their jobs = %v, want %v", got, want)
	}
}
