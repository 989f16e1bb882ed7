package member_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/scs/postgresstore"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/approval"
	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/evidence"
	"github.com/memberzone/memberzone/app/export"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/lockout"
	members "github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/notice"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/web/member"
	"github.com/memberzone/memberzone/app/web/public"
	"github.com/memberzone/memberzone/app/workday"
	"github.com/memberzone/memberzone/policies"
	"github.com/memberzone/memberzone/seeds"
)

// noon is 12:00 in Taipei on 2026-11-24, the fixed time of these tests.
var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

const password = "Correct-Horse-2026"

// passwordHash is made once: it is meant to be slow.
var passwordHash = sync.OnceValues(func() (secret.String, error) { return account.HashPassword(secret.New(password)) })

// site is the whole of 會員專區 on a fresh database.
type site struct {
	t       *testing.T
	db      *postgres.DB
	clock   *clock.Fake
	server  *web.Server
	log     *lockedBuffer
	exports *export.Service
	bank    *bankDesk
	cipher  *fieldcrypt.Cipher
	desk    *onboarding.Service
}

// bankDesk is the acquirer of these tests. Voids are all that pages ask it for.
type bankDesk struct {
	payment.Acquirer
	silent   atomic.Bool // it does not answer
	reversed atomic.Int64
}

func (b *bankDesk) Reverse(context.Context, string) error {
	b.reversed.Add(1)
	if b.silent.Load() {
		return payment.ErrNoAnswer
	}
	return nil
}

// lockedBuffer is a buffer that requests write to at once.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// idleQueue takes every job; none is worked here.
type idleQueue struct{ postgres.Queue }

func (idleQueue) Mail(context.Context, *sql.Tx, int64) error { return nil }

func (idleQueue) Export(context.Context, *sql.Tx, int64) error { return nil }

func openSite(t *testing.T) *site {
	t.Helper()
	keyset, err := fieldcrypt.NewKeyset()
	must(t, err)
	cipher, err := fieldcrypt.New(keyset)
	must(t, err)
	db, err := postgres.Open(t.Context(), postgres.Options{URL: dbtest.New(t), Cipher: cipher})
	must(t, err)
	t.Cleanup(db.Close)
	db.UseQueue(idleQueue{})
	s := &site{t: t, db: db, clock: clock.NewFake(noon), log: &lockedBuffer{}, bank: &bankDesk{}, cipher: cipher}
	passkeys, err := passkey.New(passkey.Options{
		Origin: "http://localhost", Name: "會員專區", Store: db.Passkeys(), Clock: s.clock,
	})
	must(t, err)
	accounts, err := account.New(account.Options{
		Store: db.Accounts(), Passkeys: passkeys, Clock: s.clock, PublicURL: "http://localhost",
		Lock:         lockout.New(lockout.SignIn, db.Lockouts(), s.clock),
		NameLock:     lockout.New(lockout.SignInName, db.Lockouts(), s.clock),
		StepUpLock:   lockout.New(lockout.StepUp, db.Lockouts(), s.clock),
		RecoveryLock: lockout.New(lockout.Recovery, db.Lockouts(), s.clock),
	})
	must(t, err)
	authority, err := permit.New(permit.Source{
		Model: policies.Model, Policy: policies.Policy, Screens: policies.Screens, Staff: policies.Staff,
	})
	must(t, err)
	assistants := assistant.New(assistant.Options{Store: db.Assistants(), Clock: s.clock, PublicURL: "http://localhost"})
	s.server, err = web.New(web.Options{
		Log:   slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Clock: s.clock, Sessions: postgresstore.NewWithCleanupInterval(db.SQL(), 0), Accounts: accounts, Permits: authority,
		Audit: db.Audit(), Uses: assistants,
		Checks: []web.Check{{Name: "database", Probe: db.Ping}},
	})
	must(t, err)
	s.exports = export.New(export.Options{
		Store: db.Exports(), Cards: db.Reports(), Clock: s.clock, Words: member.ExportWords(),
	})
	payments := payment.New(payment.Options{
		Store: db.Payments(), Stores: db.Stores(), Acquirer: s.bank, Clock: s.clock, Log: slog.New(slog.DiscardHandler),
	})
	s.desk = onboarding.New(onboarding.Options{
		Store: db.Onboarding(), Calendar: unprobed{}, Readiness: unprobed{}, Clock: s.clock, PublicURL: "http://localhost",
	})
	member.Mount(member.Options{
		Server: s.server, Accounts: accounts, Passkeys: passkeys, Assistants: assistants, Permits: authority,
		Transactions: db.Reports(), Exports: s.exports, Audit: db.Audit(), Clock: s.clock,
		Evidence: evidence.New(db.Evidence()), Notices: notice.New(db.Notices(), s.clock),
		Applications: s.desk, Readiness: unprobed{},
		Actions: payments, Stores: db.Stores(), Approvals: approval.New(approval.Options{
			Store: db.Approvals(), Payments: payments, Permits: authority, Clock: s.clock, PublicURL: "http://localhost",
		}),
	})
	public.Mount(public.Options{Server: s.server})
	s.seed()
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *site) run(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.db.SQL().ExecContext(context.Background(), sql, args...); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
}

// seed stores three members: 1 an enterprise with the stores 1 and 2, 2 an
// individual with store 3, 3 another enterprise with store 4.
func (s *site) seed() {
	s.t.Helper()
	s.run(`INSERT INTO members (kind, code, name, created_at) VALUES ('enterprise', '12345675', '晴川選物股份有限公司', $1),
		('individual', 'A100000001', '林小舖', $1), ('enterprise', '22099131', '遠岸科技股份有限公司', $1)`, noon)
	for _, store := range []struct {
		member               int
		merchantID, name, kd string
	}{
		{1, "MS100000001", "晴川一店", "platform"},
		{1, "MS100000002", "晴川二店", "gateway"},
		{2, "MS200000001", "林小舖", "platform"},
		{3, "MS300000001", "遠岸", "platform"},
	} {
		s.run(`INSERT INTO stores (member_id, merchant_id, name, email, hash_key_sealed, hash_iv_sealed, kind, mode,
				three_d, passkey, amount_max, created_at)
			VALUES ($1, $2, $3, '', '', '', $4, 'live', true, true, 200000, $5)`,
			store.member, store.merchantID, store.name, store.kd, noon)
	}
	hash, err := passwordHash()
	must(s.t, err)
	for _, a := range []struct {
		member       int
		kind, login  string
		stores       []int
		level, other string
	}{
		{1, "owner", "owner01", nil, "", ""},
		{1, "assistant", "clerk01", []int{1}, "manage", ""},
		{1, "assistant", "viewer01", []int{1, 2}, "view", ""},
		{1, "assistant", "denied01", []int{1}, "none", "manage"},
		{2, "owner", "owner01", nil, "", ""},
		{2, "assistant", "helper01", []int{3}, "", ""},
		{3, "owner", "owner01", nil, "", ""},
	} {
		var id int
		must(s.t, s.db.SQL().QueryRow(`INSERT INTO accounts (member_id, kind, login, email, password_hash, created_at)
			VALUES ($1, $2, $3, '', $4, $5) RETURNING id`, a.member, a.kind, a.login, hash.Expose(), noon).Scan(&id))
		for _, store := range a.stores {
			s.run("INSERT INTO account_stores VALUES ($1, $2, $3)", a.member, id, store)
		}
		if a.level != "" {
			s.run("INSERT INTO account_grants VALUES ($1, 'card_trades', $2)", id, a.level)
		}
		if a.other != "" {
			s.run("INSERT INTO account_grants VALUES ($1, 'pay_links', $2)", id, a.other)
		}
	}
}

// trade stores an authorised transaction and returns its trade number.
func (s *site) trade(store int, orderNo string, amount int, at time.Time) string {
	s.t.Helper()
	var no string
	must(s.t, s.db.SQL().QueryRow(`
		INSERT INTO transactions (member_id, store_id, trade_no, order_no, item_desc, amount, status, created_at,
			authorised_at, brand, card_first6, card_last4, card_expiry, auth_code, respond_code)
		SELECT member_id, id, $2::text || lpad(nextval('trade_no_sequence')::text, 5, '0'), $3, '茶葉', $4, 'authorised',
			$5, $5, 'visa', '411111', '1111', '3012', '930637', '00'
		FROM stores WHERE id = $1 RETURNING trade_no`,
		store, at.In(clock.Taipei).Format("060102150405"), orderNo, amount, at).Scan(&no))
	return no
}

// visitor is a browser: it keeps its cookies.
type visitor struct {
	site    *site
	cookies map[string]*http.Cookie
	header  http.Header // added to each request
}

func (s *site) visitor() *visitor {
	return &visitor{site: s, cookies: map[string]*http.Cookie{}, header: http.Header{}}
}

func (v *visitor) do(method, path string, form url.Values) *answer {
	v.site.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return v.send(r)
}

// send sends a request with the browser's cookies, and keeps those that come back.
func (v *visitor) send(r *http.Request) *answer {
	v.site.t.Helper()
	for name, values := range v.header {
		r.Header[name] = values
	}
	for _, cookie := range v.cookies {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	v.site.server.ServeHTTP(w, r)
	result := w.Result()
	for _, cookie := range result.Cookies() {
		if cookie.MaxAge < 0 {
			delete(v.cookies, cookie.Name)
			continue
		}
		v.cookies[cookie.Name] = cookie
	}
	return &answer{t: v.site.t, Response: result, body: w.Body.String()}
}

func (v *visitor) get(path string) *answer { return v.do(http.MethodGet, path, nil) }

func (v *visitor) post(path string, form url.Values) *answer {
	return v.do(http.MethodPost, path, form)
}

func credentials(memberCode, login, password string) url.Values {
	return url.Values{"member": {memberCode}, "account": {login}, "password": {password}}
}

// signedIn returns a visitor who has signed in.
func (s *site) signedIn(memberCode, login string) *visitor {
	s.t.Helper()
	v := s.visitor()
	if got := v.post("/login", credentials(memberCode, login, password)); got.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("sign-in of %s: %d\n%s", login, got.StatusCode, got.body)
	}
	return v
}

// answer is a response with its body read.
type answer struct {
	t *testing.T
	*http.Response
	body string
}

// is fails the test unless the status is the given one and the body holds each text.
func (a *answer) is(status int, texts ...string) *answer {
	a.t.Helper()
	if a.StatusCode != status {
		a.t.Fatalf("status %d, want %d; Location %q\n%s", a.StatusCode, status, a.Header.Get("Location"), a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			a.t.Errorf("the page lacks %q\n%s", text, a.body)
		}
	}
	return a
}

func (a *answer) lacks(texts ...string) *answer {
	a.t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			a.t.Errorf("the page has %q", text)
		}
	}
	return a
}

// orders lists data-order-no of the rows, in order.
func (a *answer) orders() []string {
	orders := []string{}
	for part := range strings.SplitSeq(a.body, "<tr data-trade-no=") {
		if _, rest, ok := strings.Cut(part, ` data-order-no="`); ok {
			no, _, _ := strings.Cut(rest, `"`)
			orders = append(orders, no)
		}
	}
	return orders
}

// errorOf returns the sentence beside a field, "" for none.
func (a *answer) errorOf(field string) string {
	_, rest, ok := strings.Cut(a.body, fmt.Sprintf(`data-error-for="%s"`, field))
	if !ok {
		return ""
	}
	rest, _, _ = strings.Cut(rest, "</p>")
	_, rest, _ = strings.Cut(rest, "<span>")
	text, _, _ := strings.Cut(rest, "</span>")
	return text
}

// unprobed finds every store ready without calling anybody, and something worth a look.
// It knows the working days.
type unprobed struct{}

func (unprobed) Check(_ context.Context, stores []members.StoreID) ([]onboarding.Check, error) {
	checks := make([]onboarding.Check, len(stores))
	for i, id := range stores {
		checks[i] = onboarding.Check{At: noon, Store: id, Items: []onboarding.Item{
			{Code: onboarding.ItemThreeD, Verdict: onboarding.Pass, Label: "3D 交易驗證", Found: "3D 商店"},
			{Code: onboarding.ItemVersion, Verdict: onboarding.Warn, Label: "API 版本", Todo: "請一併升級。"},
		}}
	}
	return checks, nil
}

func (unprobed) Calendar(context.Context) (workday.Calendar, error) { return seeds.TaiwanWorkdays() }
