package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/postgres"
)

func TestARequestReadsItsActorInOneStatement(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	run(t, db, `INSERT INTO accounts (kind, role, login, email, created_at)
		VALUES ('staff', 'agent', 'agent01', '', $1)`, noon)
	viewing := signedIn(t, db, 1, noon)
	run(t, db, "UPDATE account_sessions SET viewed_account_id = 3 WHERE id = $1", int64(viewing))
	n, err := postgres.CountStatements(db)
	if err != nil {
		t.Fatal(err)
	}
	for name, session := range map[string]account.SessionID{
		"owner": signedIn(t, db, 1, noon), "assistant": signedIn(t, db, 3, noon), "staff": signedIn(t, db, 4, noon),
		"viewing": viewing,
	} {
		for range 2 { // read, and remembered
			n.Store(0)
			if _, err := db.Accounts().Actor(t.Context(), session, noon); err != nil || n.Load() != 1 {
				t.Errorf("%s: %d statements, %v", name, n.Load(), err)
			}
		}
	}
	n.Store(0)
	if _, err := db.Accounts().Actor(t.Context(), 99, noon); !errors.Is(err, account.ErrNotFound) || n.Load() != 1 {
		t.Errorf("nobody: %d statements, %v", n.Load(), err)
	}
}

func TestAGrantEndsWithItsLastDayInTaipei(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	run(t, db, "UPDATE account_grants SET until = '2026-11-24' WHERE account_id = 3 AND unit = 'card_trades'")
	last, err := clock.ParseDate("2026-11-24")
	if err != nil {
		t.Fatal(err)
	}
	session := signedIn(t, db, 3, last.End().Add(-time.Minute))
	always := account.Grant{Unit: "pay_links", Level: "view"}
	limited := account.Grant{Unit: "card_trades", Level: "manage", Until: last}
	var days []clock.Date
	for _, tt := range []struct {
		at   time.Time
		want []account.Grant
	}{
		{last.End().Add(-time.Millisecond), []account.Grant{limited, always}},
		{last.End(), []account.Grant{always}}, // 16:00 UTC
	} {
		a, err := db.Accounts().Actor(t.Context(), session, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, a.Grants); diff != "" {
			t.Errorf("at %s: %s", tt.at, diff)
		}
		days = append(days, a.Revision.Day)
	}
	if days[0] == days[1] {
		t.Error("the revision does not tell the days apart")
	}
}

func TestTheRevisionMovesWithGrantsAndStores(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	session := signedIn(t, db, 3, noon)
	read := func() account.Revision {
		a, err := db.Accounts().Actor(t.Context(), session, noon)
		if err != nil {
			t.Fatal(err)
		}
		return a.Revision
	}
	before := read()
	if again := read(); again != before {
		t.Error("reading moved the revision")
	}
	for _, change := range []string{
		"UPDATE account_grants SET level = 'view' WHERE account_id = 3 AND unit = 'card_trades'",
		"DELETE FROM account_grants WHERE account_id = 3 AND unit = 'pay_links'",
		"DELETE FROM account_stores WHERE account_id = 3 AND store_id = 2",
	} {
		run(t, db, change)
		after := read()
		if after == before {
			t.Errorf("%s: the revision is still %v", change, after)
		}
		before = after
	}
}

// A statement beside the open transaction would take a second connection of the request.
func TestNoStatementIsSentBesideTheOpenTransaction(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	session := signedIn(t, db, 1, noon)
	err := db.Accounts().InTx(t.Context(), func(ctx context.Context, _ account.Tx) error {
		for name, err := range map[string]error{
			"a query": second(db.Accounts().CredentialOf(ctx, 1)),
			"rows":    second(db.Accounts().Sessions(ctx, 1, noon)),
			"a write": db.Accounts().Touch(ctx, session, noon.Add(time.Hour)),
		} {
			if err == nil || !strings.Contains(err.Error(), "outside the transaction") {
				t.Errorf("%s: %v", name, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }
