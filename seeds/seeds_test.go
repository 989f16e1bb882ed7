package seeds_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
	"github.com/memberzone/memberzone/seeds"
)

// now is a quarter past three in the afternoon in Taipei.
var now = time.Date(2026, 11, 24, 7, 15, 0, 0, time.UTC)

// fresh returns an empty database with the schema.
func fresh(t testing.TB) *postgres.DB {
	t.Helper()
	url := dbtest.New(t)
	keyset, err := fieldcrypt.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	cipher, err := fieldcrypt.New(keyset)
	if err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(t.Context(), postgres.Options{URL: url, MaxConnections: 4, Cipher: cipher})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// loaded returns a database with the demonstration in it.
func loaded(t testing.TB) *postgres.DB {
	t.Helper()
	db := fresh(t)
	load(t, db)
	return db
}

func load(t testing.TB, db *postgres.DB) {
	t.Helper()
	o := seeds.LoadOptions{Stores: db.Bulk(), Accounts: db.Accounts(), Now: now}
	if err := seeds.Load(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

func generate(t testing.TB, db *postgres.DB, o seeds.GenerateOptions) {
	t.Helper()
	if o.Now.IsZero() {
		o.Now = now
	}
	if err := seeds.Generate(t.Context(), db.Bulk(), o); err != nil {
		t.Fatal(err)
	}
}

func number(t testing.TB, db *postgres.DB, query string, args ...any) int {
	t.Helper()
	var n int
	if err := db.Pool().QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	return n
}

// content is the hash of all rows that a query finds, in its order.
func content(t testing.TB, db *postgres.DB, query string) string {
	t.Helper()
	var hash string
	err := db.Pool().QueryRow(t.Context(),
		fmt.Sprintf("SELECT coalesce(md5(string_agg(r::text, chr(10))), '') FROM (%s) AS r", query)).Scan(&hash)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	return hash
}
