package account_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/lockout"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
	"github.com/memberzone/memberzone/app/secret"
)

// noon is 12:00 in Taipei, the time at which the clock of these tests stands.
var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

const (
	right = "Correct-Horse-2026"
	next  = "Quarry-Lantern-58"
	site  = "https://pay.example.com"
)

// rightHash is made once: it is meant to be slow.
var rightHash = sync.OnceValues(func() (secret.String, error) { return account.HashPassword(secret.New(right)) })

// The accounts of the fixture.
const (
	owner     account.ID = iota + 1 // of 12345675, an enterprise
	clerk                           // an assistant of it with store 1
	suspended                       // another one, suspended
	invited                         // another one, without a password
	nomail                          // another one, without an address
	single                          // the owner of A100000001, an individual
	stopped                         // the owner of 22099131, a suspended member
	staff
)

var from = account.Origin{Address: "192.0.2.7", Agent: "Firefox", RequestID: "req-1"}

// world is the room on a fresh database.
type world struct {
	t        *testing.T
	db       *postgres.DB
	clock    *clock.Fake
	passkeys *ceremonies
	jobs     *jobsQueue
	*account.Service
}

func open(t *testing.T, change ...func(*account.Options)) *world {
	t.Helper()
	return openWith(t, 0, change...)
}

// openWith is open with so many connections of the database; 0 for the usual number.
func openWith(t *testing.T, connections int, change ...func(*account.Options)) *world {
	t.Helper()
	keyset, err := fieldcrypt.NewKeyset()
	must(t, err)
	cipher, err := fieldcrypt.New(keyset)
	must(t, err)
	db, err := postgres.Open(t.Context(), postgres.Options{
		URL: dbtest.New(t), Cipher: cipher, MaxConnections: connections,
	})
	must(t, err)
	t.Cleanup(db.Close)
	w := &world{t: t, db: db, clock: clock.NewFake(noon), jobs: &jobsQueue{}}
	w.passkeys = &ceremonies{world: w, held: map[int64]int{}, marked: map[int64]bool{}}
	db.UseQueue(w.jobs)
	guard := func(p lockout.Policy) account.Lock { return lockout.New(p, db.Lockouts(), w.clock) }
	o := account.Options{
		Store: db.Accounts(), Passkeys: w.passkeys, Clock: w.clock, PublicURL: site,
		Lock: guard(lockout.SignIn), NameLock: guard(lockout.SignInName),
		StepUpLock: guard(lockout.StepUp), RecoveryLock: guard(lockout.Recovery),
	}
	for _, c := range change {
		c(&o)
	}
	w.Service, err = account.New(o)
	must(t, err)
	w.seed()
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) run(query string, args ...any) {
	w.t.Helper()
	if _, err := w.db.SQL().ExecContext(context.Background(), query, args...); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
}

func (w *world) number(query string, args ...any) (n int) {
	w.t.Helper()
	must(w.t, w.db.SQL().QueryRowContext(w.t.Context(), query, args...).Scan(&n))
	return n
}

func (w *world) seed() {
	w.t.Helper()
	w.run(`INSERT INTO members (kind, code, name, status, created_at) VALUES
		('enterprise', '12345675', '晴川', 'active', $1), ('individual', 'A100000001', '林', 'active', $1),
		('enterprise', '22099131', '遠岸', 'suspended', $1)`, noon)
	w.run(`INSERT INTO stores (member_id, merchant_id, name, email, hash_key_sealed, hash_iv_sealed, kind, mode, three_d,
			passkey, amount_max, created_at)
		SELECT m, 'MS' || m || n, '店', '', '', '', 'platform', 'live', true, true, 1000, $1
		FROM (VALUES (1, 1), (1, 2), (2, 1), (3, 1)) v (m, n)`, noon)
	hash, err := rightHash()
	must(w.t, err)
	w.run(`INSERT INTO accounts (member_id, kind, role, login, email, password_hash, status, created_at) VALUES
		(1, 'owner', NULL, 'owner01', 'owner01@example.test', $1, 'active', $2),
		(1, 'assistant', NULL, 'clerk01', 'clerk01@example.test', $1, 'active', $2),
		(1, 'assistant', NULL, 'gone01', 'gone01@example.test', $1, 'suspended', $2),
		(1, 'assistant', NULL, 'new01', 'new01@example.test', '', 'active', $2),
		(1, 'assistant', NULL, 'nomail01', '', $1, 'active', $2),
		(2, 'owner', NULL, 'owner01', 'single@example.test', $1, 'active', $2),
		(3, 'owner', NULL, 'owner01', 'stopped@example.test', $1, 'active', $2),
		(NULL, 'staff', 'reviewer', 'agent01', 'agent01@staff.example.test', $1, 'active', $2)`, hash.Expose(), noon)
	w.run("INSERT INTO account_stores VALUES (1, 2, 1)")
}

// signIn signs in by the right password and returns who a request then runs as.
func (w *world) signIn(memberCode, login string) account.Actor {
	w.t.Helper()
	started, err := w.SignIn(w.t.Context(), typed(memberCode, login, right), from)
	must(w.t, err)
	return w.actor(started.ID)
}

func (w *world) actor(id account.SessionID) account.Actor {
	w.t.Helper()
	a, err := w.Actor(w.t.Context(), id)
	must(w.t, err)
	return a
}

// ended fails unless the sign-in is over.
func (w *world) ended(id account.SessionID, why string) {
	w.t.Helper()
	if _, err := w.Actor(w.t.Context(), id); !errors.Is(err, account.ErrNotFound) {
		w.t.Errorf("after %s: %v", why, err)
	}
}

func typed(memberCode, login, password string) account.Credentials {
	return account.Credentials{Member: memberCode, Account: login, Password: secret.New(password)}
}

// told returns the entries of the audit log in order, each as chain, kind, login, subject.
func (w *world) told() []string {
	w.t.Helper()
	rows, err := w.db.SQL().QueryContext(w.t.Context(), `
		SELECT chain || ' ' || kind || ' ' || login || ' ' || subject FROM audit_entries ORDER BY chain, sequence`)
	must(w.t, err)
	defer func() { _ = rows.Close() }()
	var lines []string
	for rows.Next() {
		var line string
		must(w.t, rows.Scan(&line))
		lines = append(lines, strings.TrimSpace(line))
	}
	must(w.t, rows.Err())
	return lines
}

// lastTold returns the latest entry of a chain.
func (w *world) lastTold(chain int) (line string) {
	w.t.Helper()
	must(w.t, w.db.SQL().QueryRowContext(w.t.Context(), `
		SELECT kind || ' ' || login || ' ' || subject FROM audit_entries WHERE chain = $1
		ORDER BY sequence DESC LIMIT 1`, chain).Scan(&line))
	return line
}

// mails returns the texts of the mails that are owed, each after its recipient.
func (w *world) mails() []string {
	w.t.Helper()
	var texts []string
	for _, id := range w.jobs.mails {
		m, sent, err := w.db.Notifications().Mail(w.t.Context(), id)
		must(w.t, err)
		if !sent {
			texts = append(texts, m.To+"\n"+m.Subject+"\n"+m.Text)
		}
	}
	return texts
}

// token returns the token of the link in the latest mail.
func (w *world) token() string {
	w.t.Helper()
	all := w.mails()
	if len(all) == 0 {
		w.t.Fatal("no mail is owed")
	}
	_, rest, found := strings.Cut(all[len(all)-1], site+account.LinkPath)
	if !found {
		w.t.Fatalf("no link in %s", all[len(all)-1])
	}
	token, _, _ := strings.Cut(rest, "\n")
	return token
}

// jobsQueue notes the jobs that were queued. It does not know of transactions that were
// given up: the tests that use it have none.
type jobsQueue struct {
	mu         sync.Mutex
	mails      []int64
	recoveries []string
	asked      []account.RecoveryRequest
}

func (q *jobsQueue) Deliver(context.Context, *sql.Tx, int64) error { return nil }

func (q *jobsQueue) Export(context.Context, *sql.Tx, int64) error { return nil }

func (q *jobsQueue) Text(context.Context, *sql.Tx, int64) error { return nil }

func (q *jobsQueue) Mail(_ context.Context, _ *sql.Tx, id int64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.mails = append(q.mails, id)
	return nil
}

func (q *jobsQueue) Recover(_ context.Context, _ *sql.Tx, r account.RecoveryRequest) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.recoveries, q.asked = append(q.recoveries, r.Member+"/"+r.Login), append(q.asked, r)
	return nil
}

// ceremonies are passkeys whose answers are right when their token is the holder's
// number: the room of passkeys tests the real ones.
type ceremonies struct {
	passkey.Ceremonies
	world *world
	mu    sync.Mutex
	held  map[int64]int
	// marked are the holders whose passkeys are all marked as cloned.
	marked map[int64]bool
}

func tokenOf(id account.ID) string { return string(rune('A' + int(id))) }

func (c *ceremonies) List(_ context.Context, holderID int64) ([]passkey.Passkey, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]passkey.Passkey, c.held[holderID])
	for i := range list {
		list[i].Cloned = c.marked[holderID]
	}
	return list, nil
}

func (c *ceremonies) BeginRegistration(_ context.Context, h passkey.Holder) (passkey.Ceremony, error) {
	return passkey.Ceremony{Token: tokenOf(account.ID(h.ID)), Options: []byte(h.Name)}, nil
}

func (c *ceremonies) VerifyRegistration(
	_ context.Context, h passkey.Holder, a passkey.Answer,
) (passkey.Registered, error) {
	if a.Token != tokenOf(account.ID(h.ID)) {
		return passkey.Registered{}, passkey.ErrRefused
	}
	return passkey.Registered{Passkey: passkey.Passkey{HolderID: h.ID, Name: a.Name}}, nil
}

func (c *ceremonies) StoreRegistration(
	ctx context.Context, r passkey.Registered, e audit.Entry,
) (passkey.Passkey, error) {
	err := c.world.db.Passkeys().InTx(ctx, func(ctx context.Context, t passkey.Tx) error { return t.Record(ctx, e) })
	if err != nil {
		return passkey.Passkey{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held[r.HolderID]++
	return r.Passkey, nil
}

func (c *ceremonies) FinishSignIn(_ context.Context, a passkey.Answer) (int64, error) {
	for id := owner; id <= staff; id++ {
		if a.Token == tokenOf(id) {
			return int64(id), nil
		}
	}
	return 0, passkey.ErrRefused
}

func (c *ceremonies) FinishProof(_ context.Context, holderID int64, a passkey.Answer) error {
	if a.Token != tokenOf(account.ID(holderID)) {
		return passkey.ErrRefused
	}
	return nil
}
