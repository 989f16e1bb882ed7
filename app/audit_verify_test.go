package app_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
)

func TestVerifyAuditPrintsTheHeadsAndNamesTheFirstBadEntry(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	o := app.VerifyAuditOptions{DatabaseURL: dbtest.New(t), Out: &out}
	if err := app.VerifyAudit(t.Context(), o); err != nil || !strings.Contains(out.String(), "empty") {
		t.Errorf("an empty log: %q, %v", out.String(), err)
	}
	db, err := postgres.Open(t.Context(), postgres.Options{URL: o.DatabaseURL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	execute := func(sql string, args ...any) {
		t.Helper()
		if _, err := db.SQL().ExecContext(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	execute("INSERT INTO members (kind, code, name, created_at) VALUES ('enterprise', '12345675', '甲', $1)", now)
	for _, chain := range []int64{audit.Platform, 1, 1, 9} {
		e := audit.Entry{By: audit.By{Chain: chain, Login: "owner01"}, At: now, Kind: audit.SignedIn}
		if err := db.Audit().Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	out.Reset()
	if err := app.VerifyAudit(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	var told []string
	for line := range strings.Lines(out.String()) {
		name, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		count, hash, _ := strings.Cut(rest, "\t")
		if len(hash) != 64 {
			t.Errorf("the line %q has no hash", line)
		}
		told = append(told, name+" "+count)
	}
	if got := strings.Join(told, ", "); got != "平台 1, 12345675 2, chain 9 1" {
		t.Errorf("heads: %s", got)
	}
	execute("ALTER TABLE audit_entries DISABLE TRIGGER USER")
	execute("UPDATE audit_entries SET login = 'owner02' WHERE chain = 1 AND sequence = 2")
	err = app.VerifyAudit(t.Context(), o)
	var broken *audit.BrokenError
	if !errors.As(err, &broken) || !strings.Contains(err.Error(), "chain 1, entry 2: it was altered") ||
		strings.Contains(err.Error(), "\n") {
		t.Errorf("an altered log: %v", err)
	}
}

func TestVerifyAuditSaysWhereItLookedForADemo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	err := app.VerifyAudit(t.Context(), app.VerifyAuditOptions{Data: dir})
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "--data") {
		t.Errorf("no demo: %v", err)
	}
}
