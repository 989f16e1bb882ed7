package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
)

// noon is the fixed time of these tests.
var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// openFresh opens a fresh database, with the cipher of its fields.
func openFresh(t *testing.T) (*postgres.DB, *fieldcrypt.Cipher) {
	t.Helper()
	keyset, err := fieldcrypt.NewKeyset()
	noError(t, err)
	cipher, err := fieldcrypt.New(keyset)
	noError(t, err)
	return openWith(t, dbtest.New(t), cipher), cipher
}

func openWith(t *testing.T, url string, c *fieldcrypt.Cipher) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Options{URL: url, Cipher: c})
	noError(t, err)
	t.Cleanup(db.Close)
	return db
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// openReports opens a fresh database with two members: 1 has the stores 1 to 3, 2
// has store 4. The account of a member's owner has the member's number.
func openReports(t *testing.T) *postgres.DB {
	t.Helper()
	db, _ := openFresh(t)
	run(t, db, `INSERT INTO members (kind, code, name, created_at)
		VALUES ('enterprise', '12345675', '甲', $1), ('enterprise', '22099131', '乙', $1)`, noon)
	for i, store := range []struct {
		member int
		kind   string
	}{{1, "platform"}, {1, "gateway"}, {1, "platform"}, {2, "platform"}} {
		run(t, db, `INSERT INTO stores (member_id, merchant_id, name, email, hash_key_sealed, hash_iv_sealed, kind, mode,
				three_d, passkey, amount_max, created_at)
			VALUES ($1, $2, '店', '', '', '', $3, 'live', true, false, 100000, $4)`,
			store.member, fmt.Sprintf("MS%d", i+1), store.kind, noon)
	}
	run(t, db, `INSERT INTO accounts (member_id, kind, login, email, password_hash, created_at)
		VALUES (1, 'owner', 'owner01', '', '', $1), (2, 'owner', 'owner01', '', '', $1),
			(1, 'assistant', 'clerk01', '', '', $1)`, noon)
	run(t, db, "INSERT INTO account_stores VALUES (1, 3, 1), (1, 3, 2)")
	run(t, db, "INSERT INTO account_grants VALUES (3, 'card_trades', 'manage'), (3, 'pay_links', 'view')")
	return db
}

func run(t *testing.T, db *postgres.DB, sql string, args ...any) {
	t.Helper()
	if _, err := db.SQL().ExecContext(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// signedIn stores a sign-in of an account at a time.
func signedIn(t *testing.T, db *postgres.DB, id account.ID, at time.Time) account.SessionID {
	t.Helper()
	var session int64
	err := db.SQL().QueryRowContext(t.Context(), `
		INSERT INTO account_sessions (account_id, method, address, agent, started_at, seen_at, stepped_up_at)
		VALUES ($1, 'password', '', '', $2, $2, $2) RETURNING id`, int64(id), at).Scan(&session)
	if err != nil {
		t.Fatal(err)
	}
	return account.SessionID(session)
}

// actorOf reads an account of the fixture as a request at noon would.
func actorOf(t *testing.T, db *postgres.DB, id account.ID) account.Actor {
	t.Helper()
	a, err := db.Accounts().Actor(t.Context(), signedIn(t, db, id, noon), noon)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
