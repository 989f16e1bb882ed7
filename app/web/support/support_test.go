package support_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/lockout"
	"github.com/memberzone/memberzone/app/lookup"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/web/member"
	"github.com/memberzone/memberzone/app/web/support"
	"github.com/memberzone/memberzone/policies"
	view "github.com/memberzone/memberzone/views/support"
)

// noon is 12:00 in Taipei on 2026-11-24, the fixed time of these tests.
var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

const password = "Correct-Horse-2026"

// passwordHash is made once: it is meant to be slow.
var passwordHash = sync.OnceValues(func() (secret.String, error) { return account.HashPassword(secret.New(password)) })

// console is both consoles on a fresh database with the staff agent01, reviewer01 and
// admin01, and one member.
type console struct {
	t      *testing.T
	db     *postgres.DB
	clock  *clock.Fake
	server *web.Server
	queue  *jobs
	ring   *ring
	days   *days

	applications *onboarding.Service
	ready        *ready
}

// jobs keeps who asked for recovery.
type jobs struct {
	postgres.Queue
	asked []string
}

func (*jobs) Mail(context.Context, *sql.Tx, int64) error { return nil }

func (j *jobs) Recover(_ context.Context, _ *sql.Tx, r account.RecoveryRequest) error {
	j.asked = append(j.asked, r.Member+"/"+r.Login)
	return nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// open opens the consoles; passwords lets staff sign in by password.
func open(t *testing.T, passwords bool) *console {
	t.Helper()
	keyset, err := fieldcrypt.NewKeyset()
	must(t, err)
	cipher, err := fieldcrypt.New(keyset)
	must(t, err)
	db, err := postgres.Open(t.Context(), postgres.Options{URL: dbtest.New(t), Cipher: cipher})
	must(t, err)
	t.Cleanup(db.Close)
	s := &console{
		t: t, db: db, clock: clock.NewFake(noon), queue: &jobs{}, ring: newRing(), days: &days{}, ready: &ready{},
	}
	s.applications = onboarding.New(onboarding.Options{
		Store: db.Onboarding(), Calendar: s.days, Readiness: s.ready, Clock: s.clock, PublicURL: "http://localhost",
	})
	db.UseQueue(s.queue)
	passkeys, err := passkey.New(passkey.Options{
		Origin: "http://localhost", Name: "支援主控台", Store: db.Passkeys(), Clock: s.clock,
	})
	must(t, err)
	accounts, err := account.New(account.Options{
		Store: db.Accounts(), Passkeys: passkeys, Clock: s.clock, PublicURL: "http://localhost", StaffPasswords: passwords,
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
	assistants := assistant.New(assistant.Options{Store: db.Assistants(), Clock: s.clock})
	s.server, err = web.New(web.Options{
		Log: slog.New(slog.DiscardHandler), Clock: s.clock, Sessions: memstore.NewWithCleanupInterval(0),
		Accounts: accounts, Permits: authority, Audit: db.Audit(), Uses: assistants,
	})
	must(t, err)
	member.Mount(member.Options{
		Server: s.server, Accounts: accounts, Passkeys: passkeys, Assistants: assistants, Permits: authority,
		Transactions: db.Reports(), Audit: db.Audit(), Clock: s.clock,
	})
	o := support.Options{
		Server: s.server, Accounts: accounts, Passkeys: passkeys, Clock: s.clock, Passwords: passwords,
		LookUps: lookup.New(db.LookUps(), db.Audit(), s.clock), Keyring: s.ring, Workdays: s.days,
		Queue: s.applications, Case: s.applications, Switches: s.applications,
	}
	if passwords {
		o.Demo, o.DemoAccounts = true, []view.DemoAccount{{Account: "agent01", Password: password, Role: "支援人員"}}
	}
	support.Mount(o)
	s.seed()
	return s
}

func (s *console) seed() {
	s.t.Helper()
	hash, err := passwordHash()
	must(s.t, err)
	_, err = s.db.SQL().Exec(`INSERT INTO members (kind, code, name, created_at)
		VALUES ('enterprise', '12345675', '晴川選物股份有限公司', $1)`, noon)
	must(s.t, err)
	_, err = s.db.SQL().Exec(`INSERT INTO accounts (member_id, kind, role, login, email, password_hash, created_at) VALUES
		(1, 'owner', NULL, 'owner01', 'owner@example.com', $1, $2),
		(NULL, 'staff', 'agent', 'agent01', 'agent@example.com', $1, $2),
		(NULL, 'staff', 'reviewer', 'reviewer01', 'reviewer@example.com', $1, $2),
		(NULL, 'staff', 'admin', 'admin01', 'admin@example.com', $1, $2)`, hash.Expose(), noon)
	must(s.t, err)
}

// visitor is a browser with its one cookie.
type visitor struct {
	s      *console
	cookie *http.Cookie
}

func (s *console) visitor() *visitor { return &visitor{s: s} }

func (v *visitor) do(method, path string, form url.Values) *answer {
	v.s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if v.cookie != nil {
		r.AddCookie(v.cookie)
	}
	w := httptest.NewRecorder()
	v.s.server.ServeHTTP(w, r)
	for _, cookie := range w.Result().Cookies() {
		v.cookie = cookie
	}
	body, err := io.ReadAll(w.Result().Body)
	must(v.s.t, err)
	return &answer{t: v.s.t, Response: w.Result(), body: string(body)}
}

func (v *visitor) get(path string) *answer { return v.do(http.MethodGet, path, nil) }
func (v *visitor) post(path string, form url.Values) *answer {
	return v.do(http.MethodPost, path, form)
}

// signedIn returns a browser in which the login has signed in by password.
func (s *console) signedIn(login string) *visitor {
	s.t.Helper()
	v := s.visitor()
	v.post("/support/login", url.Values{"account": {login}, "password": {password}}).leads("/support")
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
			a.t.Errorf("the page has %q\n%s", text, a.body)
		}
	}
	return a
}

func (a *answer) leads(to string) {
	a.t.Helper()
	if got := a.is(http.StatusSeeOther).Header.Get("Location"); got != to {
		a.t.Fatalf("leads to %q, want %q", got, to)
	}
}

// between returns the first text of the page between two others, as a browser reads it.
func (a *answer) between(before, after string) string {
	a.t.Helper()
	_, rest, ok := strings.Cut(a.body, before)
	if !ok {
		a.t.Fatalf("the page lacks %q\n%s", before, a.body)
	}
	text, _, _ := strings.Cut(rest, after)
	return html.UnescapeString(text)
}

// created answers the page's ceremony with a new passkey.
func (a *answer) created(device *passkeytest.Authenticator, name string) url.Values {
	a.t.Helper()
	response, err := device.Create([]byte(a.between(`data-options="`, `"`)))
	must(a.t, err)
	token := a.between(`name="ceremony" value="`, `"`)
	return url.Values{"ceremony": {token}, "response": {string(response)}, "name": {name}}
}

// signInBy answers the challenge of the sign-in page at the path.
func (v *visitor) signInBy(device *passkeytest.Authenticator, path string) *answer {
	v.s.t.Helper()
	var ceremony struct {
		Token   string          `json:"token"`
		Options json.RawMessage `json:"options"`
	}
	must(v.s.t, json.Unmarshal([]byte(v.post(path+"/passkey", nil).is(http.StatusOK).body), &ceremony))
	response, err := device.Get(ceremony.Options)
	must(v.s.t, err)
	return v.post(path+"/passkey/finish", url.Values{"ceremony": {ceremony.Token}, "response": {string(response)}})
}
