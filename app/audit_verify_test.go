package app_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
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
	l := newLog(t)
	o := app.VerifyAuditOptions{DatabaseURL: l.url, Out: &out}
	if err := app.VerifyAudit(t.Context(), o); err != nil || !strings.Contains(out.String(), "empty") {
		t.Errorf("an empty log: %q, %v", out.String(), err)
	}
	for _, chain := range []int64{audit.Platform, 1, 1, 9} {
		l.append(chain, "owner01")
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
	const disable = "ALTER TABLE audit_entries DISABLE TRIGGER USER"
	l.execute(disable)
	if err := app.VerifyAudit(t.Context(), o); !errors.Is(err, audit.ErrUnguarded) ||
		!strings.Contains(err.Error(), "audit_entries_append_only") {
		t.Errorf("a log without its guards: %v", err)
	}
	l.execute("UPDATE audit_entries SET login = 'owner02' WHERE chain = 1 AND sequence = 2")
	err := app.VerifyAudit(t.Context(), o)
	var broken *audit.BrokenError
	if !errors.As(err, &broken) || !strings.Contains(err.Error(), "chain 1, entry 2: it was altered") ||
		strings.Contains(err.Error(), "\n") {
		t.Errorf("an altered log: %v", err)
	}
}

// Whoever can write the database can make a chain anew, whole in itself: the earlier
// print tells.
func TestVerifyAuditHoldsTheLogAgainstAnEarlierPrint(t *testing.T) {
	t.Parallel()
	const forget = `ALTER TABLE audit_entries DISABLE TRIGGER USER; ALTER TABLE audit_chains DISABLE TRIGGER USER;
		DELETE FROM audit_entries WHERE chain = 1; DELETE FROM audit_chains WHERE chain = 1;
		ALTER TABLE audit_entries ENABLE TRIGGER USER; ALTER TABLE audit_chains ENABLE TRIGGER USER`
	for _, tt := range []struct {
		name   string
		harm   string
		append []string // logins, to chain 1
		told   string   // "" for nothing
	}{
		{"as it was", "", nil, ""},
		{"longer now", "", []string{"owner01", "owner01"}, ""},
		{"shorter, made anew", forget, []string{"x"}, "it has 1 entries, it had 2"},
		{"longer, made anew", forget, []string{"x", "y", "z"}, "entry 2 has another hash"},
		{"gone", forget, nil, "the chain is missing, it had 2 entries"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := newLog(t)
			l.append(1, "owner01", "owner01")
			l.append(audit.Platform, "agent01")
			var printed strings.Builder
			o := app.VerifyAuditOptions{DatabaseURL: l.url, Out: &printed}
			if err := app.VerifyAudit(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			o.Against = filepath.Join(t.TempDir(), "earlier")
			if err := os.WriteFile(o.Against, []byte(printed.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			if tt.harm != "" {
				l.execute(tt.harm)
			}
			l.append(1, tt.append...)
			err := app.VerifyAudit(t.Context(), o)
			if tt.told == "" && err != nil {
				t.Fatal(err)
			}
			if tt.told != "" && (err == nil || !strings.HasPrefix(err.Error(), "12345675: ") ||
				!strings.HasSuffix(err.Error(), tt.told) || strings.Contains(err.Error(), "\n")) {
				t.Errorf("%v, want a line about 12345675: %s", err, tt.told)
			}
		})
	}
}

func TestVerifyAuditRefusesWhatIsNoPrint(t *testing.T) {
	t.Parallel()
	o := app.VerifyAuditOptions{DatabaseURL: "nowhere", Out: io.Discard, Against: filepath.Join(t.TempDir(), "none")}
	if err := app.VerifyAudit(t.Context(), o); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	for _, text := range []string{"", "12345675\t2\n"} {
		if err := os.WriteFile(o.Against, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := app.VerifyAudit(t.Context(), o)
		if !errors.Is(err, audit.ErrReceipt) || !strings.Contains(err.Error(), o.Against) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// auditLog is the log of a fresh database with member 1.
type auditLog struct {
	t   *testing.T
	db  *postgres.DB
	url string
}

var logNoon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

func newLog(t *testing.T) *auditLog {
	t.Helper()
	l := &auditLog{t: t, url: dbtest.New(t)}
	var err error
	if l.db, err = postgres.Open(t.Context(), postgres.Options{URL: l.url}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.db.Close)
	l.execute("INSERT INTO members (kind, code, name, created_at) VALUES ('enterprise', '12345675', '甲', '2026-11-24')")
	return l
}

func (l *auditLog) execute(statements string) {
	l.t.Helper()
	for statement := range strings.SplitSeq(statements, ";") {
		if _, err := l.db.SQL().ExecContext(l.t.Context(), statement); err != nil {
			l.t.Fatalf("%s: %v", statement, err)
		}
	}
}

func (l *auditLog) append(chain int64, logins ...string) {
	l.t.Helper()
	for _, login := range logins {
		e := audit.Entry{By: audit.By{Chain: chain, Login: login}, At: logNoon, Kind: audit.SignedIn}
		if err := l.db.Audit().Record(l.t.Context(), e); err != nil {
			l.t.Fatal(err)
		}
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
