package assistant_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
)

// queue notes the mails that are owed, in the transaction they belong to.
type queue struct{ postgres.Queue }

func (queue) Mail(ctx context.Context, tx *sql.Tx, id int64) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO job_probe VALUES ($1)", id)
	return err
}

// world is two enterprise members on a fresh database: owner has the stores MS1 to
// MS4, other has MS9.
type world struct {
	t       *testing.T
	db      *postgres.DB
	clock   *clock.Fake
	service *assistant.Service
	owner   account.Actor
	other   account.Actor
	by      audit.By
}

func newWorld(t *testing.T) *world {
	t.Helper()
	keyset, err := fieldcrypt.NewKeyset()
	must(t, err)
	cipher, err := fieldcrypt.New(keyset)
	must(t, err)
	db, err := postgres.Open(t.Context(), postgres.Options{URL: dbtest.New(t), Cipher: cipher})
	must(t, err)
	t.Cleanup(db.Close)
	db.UseQueue(queue{})
	w := &world{t: t, db: db, clock: clock.NewFake(noon)}
	w.service = assistant.New(assistant.Options{
		Store: db.Assistants(), Clock: w.clock, PublicURL: "https://pay.example.test",
	})
	w.run("CREATE TABLE job_probe (id bigint)")
	w.owner = w.addMember("12345675", "MS1", "MS2", "MS3", "MS4")
	w.other = w.addMember("22099131", "MS9")
	w.by = audit.By{
		Chain: int64(w.owner.Member.ID), AccountID: int64(w.owner.Account.ID), Login: "owner01", Address: "203.0.113.9",
	}
	return w
}

// addMember stores an enterprise with its owner and its stores.
func (w *world) addMember(code string, merchantIDs ...string) account.Actor {
	w.t.Helper()
	id, err := w.db.Stores().AddMember(w.t.Context(), member.Member{
		Kind: member.Enterprise, Code: code, Name: "晴川選物", Status: member.Active,
	}, noon)
	must(w.t, err)
	actor := ownerOf(id)
	actor.Member.Code = code
	for _, merchantID := range merchantIDs {
		store, err := w.db.Stores().AddStore(w.t.Context(), member.Store{
			MemberID: id, MerchantID: merchantID, Name: "店 " + merchantID, Kind: member.Platform, Mode: member.Live,
			Status: member.Active, AmountMax: 1000, CreatedAt: noon,
		})
		must(w.t, err)
		actor.Stores = append(actor.Stores, account.Store{
			ID: store, MerchantID: merchantID, Name: "店 " + merchantID, Kind: member.Platform, Mode: member.Live,
			Status: member.Active,
		})
	}
	must(w.t, w.db.SQL().QueryRowContext(w.t.Context(), `
		INSERT INTO accounts (member_id, kind, login, email, created_at)
		VALUES ($1, 'owner', 'owner01', 'owner@example.test', $2) RETURNING id`, int64(id), noon).Scan(&actor.Account.ID))
	return actor
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) run(statement string, args ...any) {
	w.t.Helper()
	if _, err := w.db.SQL().ExecContext(w.t.Context(), statement, args...); err != nil {
		w.t.Fatalf("%s: %v", statement, err)
	}
}

// text reads one value as text.
func (w *world) text(query string, args ...any) string {
	w.t.Helper()
	var s sql.NullString
	must(w.t, w.db.SQL().QueryRowContext(w.t.Context(), query, args...).Scan(&s))
	return s.String
}

// form is a good form for a new assistant.
func form(login string) assistant.Form {
	return assistant.Form{
		Login: login, Email: login + "@example.test", Stores: []string{"MS2", "MS1"},
		Matrix: assistant.Matrix{permit.CardTrades: {Level: permit.Manage}, permit.PayLinks: {Level: permit.View}},
	}
}

// create makes an assistant, invited.
func (w *world) create(login string) assistant.Assistant {
	w.t.Helper()
	made, err := w.service.Create(w.t.Context(), w.owner, w.by, form(login))
	must(w.t, err)
	return made
}

// createIn makes an assistant that is in a state.
func (w *world) createIn(login string, state assistant.State) assistant.Assistant {
	w.t.Helper()
	made := w.create(login)
	if state != assistant.Invited {
		w.run("UPDATE accounts SET password_hash = 'x' WHERE id = $1", int64(made.Account.ID))
	}
	if state == assistant.Suspended {
		must(w.t, w.service.Suspend(w.t.Context(), w.owner, w.by, login))
	}
	return w.find(login)
}

func (w *world) find(login string) assistant.Assistant {
	w.t.Helper()
	found, err := w.service.Find(w.t.Context(), w.owner, login)
	must(w.t, err)
	return found
}

// actor is an assistant that has signed in, with the grants that hold today.
func (w *world) actor(login string) account.Actor {
	w.t.Helper()
	found := w.find(login)
	actor := account.Actor{Account: found.Account, Member: w.owner.Member, Stores: found.Stores}
	for _, grant := range found.Grants {
		if grant.Until.IsZero() || !grant.Until.Before(clock.DateOf(w.clock.Now())) {
			actor.Grants = append(actor.Grants, grant)
		}
	}
	return actor
}

// signIn opens a session of an account and returns its number.
func (w *world) signIn(id account.ID) string {
	w.t.Helper()
	return w.text(`
		INSERT INTO account_sessions (account_id, method, address, agent, started_at, seen_at, stepped_up_at)
		VALUES ($1, 'password', '', '', $2, $2, $2) RETURNING id`, int64(id), noon)
}

// log reads a chain's entries as "kind subject [field: before → after]…".
func (w *world) log(chain member.ID) []string {
	w.t.Helper()
	rows, err := w.db.SQL().QueryContext(w.t.Context(),
		"SELECT kind, subject, changes FROM audit_entries WHERE chain = $1 ORDER BY sequence", int64(chain))
	must(w.t, err)
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var kind, subject string
		var text []byte
		must(w.t, rows.Scan(&kind, &subject, &text))
		var changes []audit.Change
		must(w.t, json.Unmarshal(text, &changes))
		lines = append(lines, strings.Join(append([]string{kind + " " + subject}, words(changes)...), "\n"))
	}
	must(w.t, rows.Err())
	return lines
}

// lastLog is the latest entry of the owner's member.
func (w *world) lastLog() string {
	w.t.Helper()
	lines := w.log(w.owner.Member.ID)
	if len(lines) == 0 {
		return ""
	}
	return lines[len(lines)-1]
}

func words(changes []audit.Change) []string {
	lines := make([]string, len(changes))
	for i, c := range changes {
		lines[i] = fmt.Sprintf("%s: %s → %s", c.Field, c.Before, c.After)
	}
	return lines
}

// mails reads the mails that are owed, in order.
func (w *world) mails() []notify.Mail {
	w.t.Helper()
	rows, err := w.db.SQL().QueryContext(w.t.Context(), "SELECT id FROM job_probe ORDER BY id")
	must(w.t, err)
	var ids []int64
	for rows.Next() {
		var id int64
		must(w.t, rows.Scan(&id))
		ids = append(ids, id)
	}
	must(w.t, rows.Err())
	var mails []notify.Mail
	for _, id := range ids {
		m, _, err := w.db.Notifications().Mail(w.t.Context(), id)
		must(w.t, err)
		mails = append(mails, m)
	}
	return mails
}

// lastMail is the latest mail that is owed.
func (w *world) lastMail() notify.Mail {
	w.t.Helper()
	mails := w.mails()
	if len(mails) == 0 {
		return notify.Mail{}
	}
	return mails[len(mails)-1]
}

// linkIn describes the stored link that a mail leads to.
func (w *world) linkIn(m notify.Mail) string {
	w.t.Helper()
	_, rest, ok := strings.Cut(m.Text, "https://pay.example.test/link/")
	if !ok {
		w.t.Fatalf("no link in\n%s", m.Text)
	}
	token, _, _ := strings.Cut(rest, "\n")
	sum := sha256.Sum256([]byte(token))
	return w.text(`
		SELECT concat_ws(' ', a.login, l.purpose, l.expires_at - l.created_at,
			CASE WHEN l.used_at IS NULL THEN 'open' ELSE 'used' END)
		FROM account_links l JOIN accounts a ON a.id = l.account_id WHERE l.token_hash = $1`, sum[:])
}
