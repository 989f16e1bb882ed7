package verification_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/lockout"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/token"
	"github.com/memberzone/memberzone/app/verification"
)

const (
	site         = "https://pay.example"
	relyingParty = "https://passkey.example"
	shop         = "https://shop.example"
	goodPhone    = "+886912345678"
	visa         = "4111111111111111"
	otherVisa    = "4012888888881881"
	mastercard   = "5555555555554444"
	jcb          = "3530111333300000"
	phoneless    = "4000000000000077"
)

var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// able is a browser with SPC and a platform authenticator.
var able = payment.Device{WebAuthn: true, UVPA: true, SPC: "available", Browser: "chrome"}

// world is the verification of cardholders on a fresh database: the rooms are the real
// ones, only the outside parties are in memory.
type world struct {
	t         testing.TB
	db        *postgres.DB
	clock     *clock.Fake
	bank      *outside
	texts     *texts
	codes     *otp.Service
	tokens    *token.Service
	payments  *payment.Service
	passkeys  *cardholder.Service
	service   *verification.Service
	store     member.Store
	orders    int
	stops     *stops
	log       *lines
	keyed     *fieldcrypt.Cipher
	cards     int
	authority payment.Acquirer

	distrusted func(cardholder.Distrust)
}

// queue takes jobs and does nothing: the tests work what they need by hand.
type queue struct{ postgres.Queue }

func (queue) Deliver(context.Context, *sql.Tx, int64) error { return nil }
func (queue) Mail(context.Context, *sql.Tx, int64) error    { return nil }
func (queue) Text(context.Context, *sql.Tx, int64) error    { return nil }

// texts is the phone.
type texts struct {
	mu    sync.Mutex
	words map[string]string // by phone: the last
}

// Send implements otp.Sender.
func (s *texts) Send(_ context.Context, m otp.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.words[m.To.Expose()] = m.Words.Expose()
	return nil
}

// lines is the log.
type lines struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newWorld(t testing.TB, change func(*member.Store)) *world {
	t.Helper()
	keyset, err := fieldcrypt.NewKeyset()
	must(t, err)
	cipher, err := fieldcrypt.New(keyset)
	must(t, err)
	db, err := postgres.Open(t.Context(), postgres.Options{URL: dbtest.New(t), Cipher: cipher, MaxConnections: 8})
	must(t, err)
	t.Cleanup(db.Close)
	db.UseQueue(queue{})
	w := &world{
		t: t, db: db, clock: clock.NewFake(noon), bank: newOutside(), texts: &texts{words: map[string]string{}},
		stops: &stops{}, log: &lines{}, keyed: cipher,
	}
	w.addStore(change)
	w.authority = w.bank
	w.build(w.bank, w.bank)
	return w
}

func (w *world) addStore(change func(*member.Store)) {
	w.t.Helper()
	stores := w.db.Stores()
	owner, err := stores.AddMember(w.t.Context(), member.Member{
		Kind: member.Enterprise, Code: "12345675", Name: "晴川選物股份有限公司", Status: member.Active,
	}, noon)
	must(w.t, err)
	store := member.Store{
		MemberID: owner, MerchantID: "MS100000001", Name: "晴川選物", Email: "store@example.test",
		HashKey: secret.New("DemoKey00000000000000MS100000001"), HashIV: secret.New("DemoIV0100000001"),
		Kind: member.Platform, Mode: member.Live, Status: member.Active, ThreeD: true, Passkey: true,
		Bonus: true, Amex: true, AmountMax: 1_000_000, CreatedAt: noon, PayeeOrigins: []string{shop},
	}
	if change != nil {
		change(&store)
	}
	_, err = stores.AddStore(w.t.Context(), store)
	must(w.t, err)
	w.store, err = stores.StoreByMerchantID(w.t.Context(), store.MerchantID)
	must(w.t, err)
}

// build makes the rooms, with the outside parties given.
func (w *world) build(issuer otp.Issuer, network token.Network) {
	w.t.Helper()
	log := slog.New(slog.NewTextHandler(w.log, nil))
	many := func(scope string) lockout.Policy {
		return lockout.Policy{Scope: scope, Limit: 100_000, Window: time.Hour, Lock: time.Hour}
	}
	w.codes = otp.New(otp.Options{
		Store: w.db.Codes(), Lockouts: w.db.Lockouts(), Keyed: w.keyed, Sender: w.texts, Clock: w.clock,
		Host: "pay.example", Limits: otp.Limits{Card: many("card"), Phone: many("phone"), Store: many("store")},
	})
	w.tokens = token.New(token.Options{Store: w.db.Tokens(), Network: network, Clock: w.clock})
	w.payments = payment.New(payment.Options{
		Store: w.db.Payments(), Stores: w.db.Stores(), Acquirer: w.authority, Tokens: w.tokens, Clock: w.clock,
		Log: log,
	})
	var err error
	w.passkeys, err = cardholder.New(cardholder.Options{
		Origin: relyingParty, Name: "Passkey 付款驗證", Store: w.db.Credentials(), Clock: w.clock,
	})
	must(w.t, err)
	w.service, err = verification.New(verification.Options{
		Store: faulty{w.db.Verifications(), w.stops}, Stores: w.db.Stores(), Payments: w.payments, Codes: w.codes,
		Issuer: issuer, Credentials: w.passkeys, Tokens: w.tokens, Keyed: w.keyed, Clock: w.clock, Log: log,
		PublicURL: site, RelyingPartyURL: relyingParty, Distrusted: w.distrusted,
	})
	must(w.t, err)
}

// open registers an order of NT$1,250 and returns its token.
func (w *world) open(change func(*payment.NewOrder)) ident.Token {
	w.t.Helper()
	w.orders++
	o := payment.NewOrder{
		Store: w.store, OrderNo: fmt.Sprintf("order_%d", w.orders), ItemDesc: "茶具", Amount: 1250,
		Request: payment.Request{
			Version: "2.2", RespondType: "JSON", Language: "zh-tw", NotifyURL: "https://shop.test/notify",
			InFull: true, Major: true, Amex: true,
		},
	}
	if change != nil {
		change(&o)
	}
	token, err := w.payments.Open(w.t.Context(), o)
	must(w.t, err)
	return token
}

// card is a filled-in card form.
func card(number string) payment.CardInput {
	return payment.CardInput{
		CardNo: secret.New(number), ExpMonth: "12", ExpYear: "30", CVC: secret.New("123"), LastName: "王",
		FirstName: "小明", Phone: goodPhone, Email: "ming@example.test", IP: "203.0.113.9",
	}
}

func (w *world) submit(token ident.Token, number string, d payment.Device) {
	w.t.Helper()
	must(w.t, w.service.Submit(w.t.Context(), token, card(number), d))
}

func (w *world) choose(token ident.Token, c verification.Choice) {
	w.t.Helper()
	must(w.t, w.service.Choose(w.t.Context(), token, c))
}

// view returns the live verification, which must be at the step.
func (w *world) view(token ident.Token, step verification.Step) verification.View {
	w.t.Helper()
	v, found, err := w.service.Current(w.t.Context(), token)
	must(w.t, err)
	if !found || v.Step != step {
		w.t.Fatalf("the checkout is at %q (%v), want %q", v.Step, found, step)
	}
	return v
}

// none checks that no verification is live.
func (w *world) none(token ident.Token) {
	w.t.Helper()
	v, found, err := w.service.Current(w.t.Context(), token)
	must(w.t, err)
	if found {
		w.t.Fatalf("a verification is at %q", v.Step)
	}
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// code is the code that the phone shows.
func (w *world) code(phone string) secret.String {
	w.t.Helper()
	var ids []int64
	rows, err := w.db.SQL().QueryContext(w.t.Context(), "SELECT id FROM text_messages WHERE state = 'pending' ORDER BY id")
	must(w.t, err)
	for rows.Next() {
		var id int64
		must(w.t, rows.Scan(&id))
		ids = append(ids, id)
	}
	must(w.t, rows.Err())
	must(w.t, rows.Close())
	for _, id := range ids {
		must(w.t, w.codes.Deliver(w.t.Context(), id))
	}
	w.texts.mu.Lock()
	defer w.texts.mu.Unlock()
	return secret.New(sixDigits.FindString(w.texts.words[phone]))
}

// wrong is a code that is not the given one.
func wrong(right secret.String) secret.String {
	if right.Expose() == "000000" {
		return secret.New("000001")
	}
	return secret.New("000000")
}

func (w *world) passCode(token ident.Token) {
	w.t.Helper()
	must(w.t, w.service.EnterOTP(w.t.Context(), token, w.code(goodPhone)))
}

// bind makes a Passkey on a device for the verification that waits for one.
func (w *world) bind(token ident.Token, a *passkeytest.Authenticator) {
	w.t.Helper()
	v := w.view(token, verification.StepBind)
	must(w.t, w.service.FinishBind(w.t.Context(), v.Ref, w.created(v.Ref, a)))
}

func (w *world) created(ref ident.Token, a *passkeytest.Authenticator) cardholder.Answer {
	w.t.Helper()
	a.Origin, a.TopOrigin = relyingParty, ""
	c, err := w.service.BeginBind(w.t.Context(), ref, verification.Caller{Origin: relyingParty})
	must(w.t, err)
	made, err := a.Create(c.Options)
	must(w.t, err)
	return cardholder.Answer{Token: c.Token, Response: made}
}

// signed confirms the payment on a device by SPC from the checkout.
func (w *world) signed(ref ident.Token, a *passkeytest.Authenticator) cardholder.Answer {
	w.t.Helper()
	a.Origin, a.TopOrigin = site, ""
	c, err := w.service.BeginPasskey(w.t.Context(), ref, verification.Caller{Origin: site})
	must(w.t, err)
	answer, err := a.Pay(c.SPC)
	must(w.t, err)
	return cardholder.Answer{Token: c.Token, Response: answer}
}

// bound opens an order, and pays it with a card and a new Passkey on the device.
func (w *world) bound(number string, a *passkeytest.Authenticator) ident.Token {
	w.t.Helper()
	token := w.open(nil)
	w.submit(token, number, able)
	w.choose(token, verification.ChooseBind)
	w.passCode(token)
	w.bind(token, a)
	return token
}

func (w *world) transaction(token ident.Token) payment.Transaction {
	w.t.Helper()
	c, _, err := w.payments.Checkout(w.t.Context(), token)
	must(w.t, err)
	return c.Transaction
}

// count runs a counting query.
func (w *world) count(query string, args ...any) int {
	w.t.Helper()
	var n int
	must(w.t, w.db.SQL().QueryRowContext(w.t.Context(), query, args...).Scan(&n))
	return n
}

// story lists the kinds of a transaction's events, with their details, in order.
func (w *world) story(token ident.Token) string {
	w.t.Helper()
	var s string
	must(w.t, w.db.SQL().QueryRowContext(w.t.Context(), `
		SELECT string_agg(kind || CASE detail WHEN '' THEN '' ELSE ':' || detail END, ' ' ORDER BY id)
		FROM payment_events WHERE transaction_id = $1`, int64(w.transaction(token).ID)).Scan(&s))
	return s
}
