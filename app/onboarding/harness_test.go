package onboarding_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
	"github.com/memberzone/memberzone/app/workday"
	"github.com/memberzone/memberzone/seeds"
)

// queue takes every job; none is worked here.
type queue struct{ postgres.Queue }

func (queue) Mail(context.Context, *sql.Tx, int64) error { return nil }

// calendar is Taiwan's, as the program carries it.
type calendar struct{}

func (calendar) Calendar(context.Context) (workday.Calendar, error) { return seeds.TaiwanWorkdays() }

// checker finds stores ready, or not.
type checker struct{ verdict onboarding.Verdict }

func (c *checker) Check(_ context.Context, stores []member.StoreID) ([]onboarding.Check, error) {
	var list []onboarding.Check
	for _, id := range stores {
		items := []onboarding.Item{{Code: onboarding.ItemThreeD, Verdict: c.verdict}}
		list = append(list, onboarding.Check{Store: id, Items: items})
	}
	return list, nil
}

// desk is our staff with a member of two stores, and another member of one.
type desk struct {
	t       testing.TB
	db      *postgres.DB
	clock   *clock.Fake
	checker *checker
	service *onboarding.Service
	staff   map[string]onboarding.Staff
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openDesk(t testing.TB, onePerson bool) *desk {
	t.Helper()
	keyset, err := fieldcrypt.NewKeyset()
	must(t, err)
	cipher, err := fieldcrypt.New(keyset)
	must(t, err)
	db, err := postgres.Open(t.Context(), postgres.Options{URL: dbtest.New(t), Cipher: cipher, MaxConnections: 8})
	must(t, err)
	t.Cleanup(db.Close)
	db.UseQueue(queue{})
	w := &desk{
		t: t, db: db, clock: clock.NewFake(time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)),
		checker: &checker{onboarding.Pass}, staff: map[string]onboarding.Staff{},
	}
	w.service = onboarding.New(onboarding.Options{
		Store: db.Onboarding(), Calendar: calendar{}, Readiness: w.checker, Clock: w.clock, PublicURL: "http://localhost",
		OnePersonActivates: onePerson,
	})
	w.people()
	return w
}

func (w *desk) run(query string, args ...any) {
	w.t.Helper()
	if _, err := w.db.SQL().ExecContext(context.Background(), query, args...); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
}

func (w *desk) count(query string, args ...any) (n int) {
	w.t.Helper()
	must(w.t, w.db.SQL().QueryRowContext(context.Background(), query, args...).Scan(&n))
	return n
}

func (w *desk) people() {
	w.t.Helper()
	at := w.clock.Now()
	w.run(`INSERT INTO members (kind, code, name, created_at) VALUES ('enterprise', '12345675', '晴川選物', $1),
		('enterprise', '22099131', '遠岸科技', $1)`, at)
	for i, store := range []string{"MS100000001", "MS100000002", "MS300000001"} {
		w.run(`INSERT INTO stores (member_id, merchant_id, name, email, hash_key_sealed, hash_iv_sealed, kind, mode,
			three_d, passkey, amount_max, created_at)
			VALUES ($1, $2, $2, $3, '', '', 'platform', 'live', true, false, 200000, $4)`,
			1+i/2, store, "store@example.test", at)
	}
	for login, role := range map[string]account.Role{
		"agent01": account.Agent, "reviewer01": account.Reviewer, "reviewer02": account.Reviewer, "admin01": account.Admin,
	} {
		id, err := w.db.Accounts().Add(w.t.Context(), account.NewAccount{
			Kind: account.Staff, Role: role, Login: login, Email: login + "@example.test", At: at,
		})
		must(w.t, err)
		w.staff[login] = onboarding.Staff{ID: id, Role: role, By: audit.By{AccountID: int64(id), Login: login}}
	}
}

func goodForm() onboarding.Form {
	return onboarding.Form{
		Kind: onboarding.Apply, Subject: onboarding.SubjectPasskey, Name: "晴川選物", Phone: "02-2345-6789",
		Email: "Chen@Example.test", Message: "想要開通", Slots: []onboarding.Slot{onboarding.Slot13}, Consent: true,
	}
}

func (w *desk) submitted() onboarding.Application {
	w.t.Helper()
	a, err := w.service.Submit(w.t.Context(), goodForm(), onboarding.Applicant{})
	must(w.t, err)
	return a
}

func (w *desk) move(login string, a onboarding.Application, f onboarding.MoveForm) (onboarding.Application, error) {
	f.Receipt, f.Version = a.Receipt, a.Version
	return w.service.Move(w.t.Context(), w.staff[login], f)
}

func (w *desk) moved(login string, a onboarding.Application, f onboarding.MoveForm) onboarding.Application {
	w.t.Helper()
	next, err := w.move(login, a, f)
	if err != nil {
		w.t.Fatalf("%s by %s from %s: %v", f.Move, login, a.State, err)
	}
	return next
}

// confirmed is an application of both stores whose data are confirmed.
func (w *desk) confirmed() onboarding.Application {
	w.t.Helper()
	a := w.submitted()
	a = w.moved("agent01", a, onboarding.MoveForm{Move: onboarding.StartContact})
	must(w.t, w.service.AddContact(w.t.Context(), w.staff["agent01"], a.Receipt, onboarding.Contact{
		How: onboarding.ByPhone, Result: onboarding.Reached,
	}))
	a, err := w.service.Link(w.t.Context(), w.staff["agent01"], onboarding.LinkForm{
		Receipt: a.Receipt, Version: a.Version, Stores: []string{"MS100000001", "MS100000002"},
	})
	must(w.t, err)
	return w.moved("agent01", a, onboarding.MoveForm{Move: onboarding.Confirm})
}
