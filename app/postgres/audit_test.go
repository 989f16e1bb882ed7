package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/postgres"
)

func entry(chain int64, kind audit.Kind, login, subject string) audit.Entry {
	return audit.Entry{By: audit.By{Chain: chain, Login: login}, At: noon, Kind: kind, Subject: subject}
}

func record(t *testing.T, db *postgres.DB, entries ...audit.Entry) {
	t.Helper()
	for _, e := range entries {
		if err := db.Audit().Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

// verify returns the heads of the chains that are whole, and what is broken.
func verify(t *testing.T, db *postgres.DB) ([]audit.Head, *audit.BrokenError) {
	t.Helper()
	var heads []audit.Head
	err := db.Audit().Verify(t.Context(), func(h audit.Head) error {
		heads = append(heads, h)
		return nil
	})
	var broken *audit.BrokenError
	if err != nil && !errors.As(err, &broken) {
		t.Fatal(err)
	}
	return heads, broken
}

// lines reads a whole chain of the fixture's day.
func lines(t *testing.T, db *postgres.DB, chain int64, change ...func(*audit.Filter)) (list []audit.Line) {
	t.Helper()
	f := audit.Filter{From: clock.DateOf(noon), To: clock.DateOf(noon)}
	for _, do := range change {
		do(&f)
	}
	err := db.Audit().Each(t.Context(), chain, f, func(l audit.Line) error {
		list = append(list, l)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestAnEntryIsKeptAsItWasGiven(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	e := audit.Entry{
		By: audit.By{
			Chain: 1, AccountID: 1, Login: "owner01", ViewedAs: "clerk01", Address: "2001:db8::1", RequestID: "REQUEST",
		},
		At: noon.Add(123456 * time.Microsecond), Kind: audit.AssistantChanged, Subject: `<clerk"02>`,
		Changes: []audit.Change{{Field: "查詢?", Before: "僅可瀏覽 & \"\u2028\x01", After: "可瀏覽可修改"}, {}},
	}
	record(t, db, e)
	got := lines(t, db, 1)
	if len(got) != 1 || got[0].Sequence != 1 || got[0].Previous != (audit.Hash{}) {
		t.Fatalf("%+v", got)
	}
	if diff := cmp.Diff(e, got[0].Entry); diff != "" {
		t.Error(diff)
	}
	if heads, broken := verify(t, db); broken != nil || len(heads) != 1 ||
		heads[0] != (audit.Head{Chain: 1, Member: "12345675", Sequence: 1, Hash: got[0].Hash}) {
		t.Errorf("%+v, %v", heads, broken)
	}
	if err := db.Audit().Record(t.Context(), audit.Entry{Kind: audit.SignedIn}); !errors.Is(err, audit.ErrEntry) {
		t.Errorf("an entry without a time: %v", err)
	}
}

func TestAnythingThatIsTypedCanBeRecorded(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	record(t, db, entry(audit.Platform, audit.SignInFailed, "a\x00\xff'; DROP", strings.Repeat("長", 9000)))
	if heads, broken := verify(t, db); broken != nil || len(heads) != 1 || heads[0].Member != "" {
		t.Errorf("%+v, %v", heads, broken)
	}
}

func TestFiftyAppendsAtOnceMakeOneUnbrokenChain(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	const appends = 50
	var all errgroup.Group
	for i := range appends {
		all.Go(func() error {
			return db.Audit().Record(context.Background(), entry(1, audit.SignedIn, "owner01", fmt.Sprint(i)))
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	heads, broken := verify(t, db)
	if broken != nil || len(heads) != 1 || heads[0].Sequence != appends {
		t.Errorf("%+v, %v", heads, broken)
	}
}

func TestChainsAreApart(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	for i := range int64(3) {
		record(t, db, entry(1, audit.SignedIn, "a", ""), entry(2, audit.SignedIn, "b", ""))
		if got := len(lines(t, db, 2)); int64(got) != i+1 {
			t.Errorf("chain 2 shows %d entries", got)
		}
	}
	if heads, broken := verify(t, db); broken != nil || len(heads) != 2 || heads[1].Sequence != 3 {
		t.Errorf("%+v, %v", heads, broken)
	}
}

func TestAnEntryIsPartOfItsTransaction(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	record(t, db, entry(1, audit.SignedIn, "owner01", "before"))
	refused := errors.New("refused")
	err := postgres.InTx(t.Context(), db, func(ctx context.Context, r audit.Recorder) error {
		if err := r.Record(ctx, entry(1, audit.PasswordSet, "owner01", "")); err != nil {
			return err
		}
		if err := r.Record(ctx, entry(2, audit.PasswordSet, "owner01", "")); err != nil {
			return err
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Fatal(err)
	}
	record(t, db, entry(1, audit.SignedOut, "owner01", "after"))
	if heads, broken := verify(t, db); broken != nil || len(heads) != 1 || heads[0].Sequence != 2 {
		t.Errorf("after a rollback: %+v, %v", heads, broken)
	}
}

func TestTheLogCannotBeChanged(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	record(t, db, entry(1, audit.SignedIn, "owner01", ""))
	for _, sql := range []string{
		"UPDATE audit_entries SET login = 'x'", "DELETE FROM audit_entries", "TRUNCATE audit_entries",
		"DELETE FROM audit_chains", "TRUNCATE audit_chains", "DELETE FROM audit_entries WHERE false",
	} {
		_, err := db.SQL().ExecContext(t.Context(), sql)
		if err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if len(lines(t, db, 1)) != 1 {
		t.Error("the entry is gone")
	}
}

func TestTheHeadOfAChainMovesByOneEntryOnly(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	record(t, db, entry(1, audit.SignedIn, "owner01", "1"), entry(1, audit.SignedIn, "owner01", "2"),
		entry(2, audit.SignedIn, "owner01", "1"))
	for _, sql := range []string{
		"UPDATE audit_chains SET sequence = 1 WHERE chain = 1", "UPDATE audit_chains SET sequence = 4 WHERE chain = 1",
		"UPDATE audit_chains SET hash = sha256('x') WHERE chain = 1",
		"UPDATE audit_chains SET chain = 7, sequence = sequence + 1 WHERE chain = 1",
		"INSERT INTO audit_chains VALUES (9, 2, sha256('x'))",
	} {
		_, err := db.SQL().ExecContext(t.Context(), sql)
		if err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if heads, broken := verify(t, db); broken != nil || len(heads) != 2 || heads[0].Sequence != 2 {
		t.Errorf("%+v, %v", heads, broken)
	}
}

func TestVerifyMissesATriggerThatDoesNotStand(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, harm, told string }{
		{"none", "SELECT 1", ""},
		{
			"disabled", "ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_append_only",
			"audit_entries_append_only of audit_entries is disabled",
		},
		{
			"for replicas only", "ALTER TABLE audit_chains ENABLE REPLICA TRIGGER audit_chains_step",
			"audit_chains_step of audit_chains is disabled",
		},
		{
			"dropped", "DROP TRIGGER audit_chains_kept ON audit_chains",
			"audit_chains_kept of audit_chains is missing",
		},
		{"for less", `DROP TRIGGER audit_entries_append_only ON audit_entries;
			CREATE TRIGGER audit_entries_append_only BEFORE TRUNCATE ON audit_entries
			FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()`, "audit_entries_append_only of audit_entries is another one"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := openReports(t)
			record(t, db, entry(1, audit.SignedIn, "owner01", ""))
			run(t, db, tt.harm)
			heads := 0
			err := db.Audit().Verify(t.Context(), func(audit.Head) error {
				heads++
				return nil
			})
			if errors.Is(err, audit.ErrUnguarded) != (tt.told != "") || err != nil && !strings.HasSuffix(err.Error(), tt.told) ||
				heads != 1 {
				t.Errorf("%v, after %d heads; want %q", err, heads, tt.told)
			}
		})
	}
}

func TestTheHashOfOneEntry(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	record(t, db, entry(1, audit.SignedIn, "owner01", "1"), entry(1, audit.SignedIn, "owner01", "2"))
	for i, l := range lines(t, db, 1) {
		if got, err := db.Audit().HashAt(t.Context(), 1, int64(i)+1); err != nil || got != l.Hash {
			t.Errorf("entry %d: %s, %v", i+1, got, err)
		}
	}
	if _, err := db.Audit().HashAt(t.Context(), 1, 3); !errors.Is(err, audit.ErrNoEntry) {
		t.Errorf("an entry that is not there: %v", err)
	}
}

func TestVerifyNamesTheFirstBadEntry(t *testing.T) {
	t.Parallel()
	const swap = `UPDATE audit_entries SET sequence = CASE sequence WHEN 13 THEN 2 ELSE 3 END
		WHERE chain = 1 AND sequence IN (12, 13)`
	for _, tt := range []struct {
		name  string
		harm  []string
		chain int64
		bad   int64
	}{
		{"altered login", []string{"UPDATE audit_entries SET login = 'x' WHERE chain = 1 AND sequence = 3"}, 1, 3},
		{"altered time", []string{"UPDATE audit_entries SET at = at + '1us' WHERE chain = 1 AND sequence = 5"}, 1, 5},
		{
			"altered changes",
			[]string{`UPDATE audit_entries SET changes = '[{"field":"x"}]' WHERE chain = 1 AND sequence = 2`},
			1, 2,
		},
		{"altered spacing", []string{"UPDATE audit_entries SET changes = '[ ]' WHERE chain = 1 AND sequence = 2"}, 1, 2},
		{"middle deleted", []string{"DELETE FROM audit_entries WHERE chain = 1 AND sequence = 3"}, 1, 3},
		{"first deleted", []string{"DELETE FROM audit_entries WHERE chain = 1 AND sequence = 1"}, 1, 1},
		{"tail cut", []string{"DELETE FROM audit_entries WHERE chain = 1 AND sequence >= 4"}, 1, 4},
		{"all deleted", []string{"DELETE FROM audit_entries WHERE chain = 1"}, 1, 1},
		{"head deleted", []string{"DELETE FROM audit_chains WHERE chain = 2"}, 2, 1},
		{"head altered", []string{"UPDATE audit_chains SET hash = sha256('x') WHERE chain = 2"}, 2, 5},
		{"two swapped", []string{
			"UPDATE audit_entries SET sequence = sequence + 10 WHERE chain = 1 AND sequence IN (2, 3)", swap,
		}, 1, 2},
		{"moved to another chain", []string{
			"UPDATE audit_entries SET chain = 2, sequence = 6 WHERE chain = 1 AND sequence = 5",
		}, 1, 5},
		{"one inserted", []string{`INSERT INTO audit_entries SELECT chain, 6, at, kind, account_id, login, viewed_as,
			address, request_id, subject, changes, hash, hash FROM audit_entries WHERE chain = 1 AND sequence = 5`}, 1, 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := openReports(t)
			for i := range 5 {
				record(t, db, entry(1, audit.SignedIn, fmt.Sprint(i), ""), entry(2, audit.SignedIn, "b", ""))
			}
			run(t, db, "ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_append_only")
			run(t, db, "ALTER TABLE audit_chains DISABLE TRIGGER USER")
			for _, sql := range tt.harm {
				run(t, db, sql)
			}
			heads, broken := verify(t, db)
			if broken == nil || broken.Chain != tt.chain || broken.Sequence != tt.bad {
				t.Fatalf("%v, want entry %d of chain %d", broken, tt.bad, tt.chain)
			}
			if len(heads) != int(tt.chain)-1 {
				t.Errorf("heads before it: %+v", heads)
			}
		})
	}
}

func TestAFilterFindsItsLines(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	late := entry(1, audit.SignedIn, "owner01", "late")
	late.At = clock.DateOf(noon).End()
	early := entry(1, audit.SignedIn, "owner01", "early")
	early.At = clock.DateOf(noon).Start().Add(-time.Microsecond)
	record(t, db, late, early,
		entry(1, audit.SignedIn, "owner01", "one"), entry(1, audit.SignInFailed, "Clerk01", "two"),
		entry(1, audit.TransactionViewed, "clerk01", "26112412000000001"), entry(2, audit.SignedIn, "owner01", "other"))
	viewing := entry(1, audit.TransactionsListed, "owner01", "as")
	viewing.ViewedAs = "Clerk01"
	record(t, db, viewing)
	for name, tt := range map[string]struct {
		change func(*audit.Filter)
		want   string
	}{
		"the day":   {func(*audit.Filter) {}, "one two 26112412000000001 as"},
		"the login": {func(f *audit.Filter) { f.Login = "CLERK01" }, "two 26112412000000001 as"},
		"nobody":    {func(f *audit.Filter) { f.Login = "nobody01" }, ""},
		"the kinds": {func(f *audit.Filter) { f.Kinds = []audit.Kind{audit.SignedIn, audit.SignInFailed} }, "one two"},
		"a subject": {func(f *audit.Filter) { f.Subject = "24120" }, "26112412000000001"},
		"no wild":   {func(f *audit.Filter) { f.Subject = "%" }, ""},
		"two days":  {func(f *audit.Filter) { f.To = f.To.AddDays(1) }, "late one two 26112412000000001 as"},
	} {
		var subjects []string
		for _, l := range lines(t, db, 1, tt.change) {
			subjects = append(subjects, l.Subject)
		}
		if got := strings.Join(subjects, " "); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestPagesOfTheLogMeetAndMissNothing(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	const entries = 2*audit.RowsMax + 7
	for i := range entries { // a clock that was put back now and then: the chain is the order
		e := entry(1, audit.SignedIn, "owner01", fmt.Sprint(i))
		e.At = noon.Add(time.Duration(i%40) * time.Second)
		record(t, db, e)
	}
	f := audit.Filter{From: clock.DateOf(noon), To: clock.DateOf(noon)}
	var down []string
	var cursors []audit.Cursor
	for {
		page, err := db.Audit().List(t.Context(), 1, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range page.Lines {
			down = append(down, l.Subject)
		}
		cursors = append(cursors, page.Newer)
		if page.Older.IsZero() {
			break
		}
		f.Cursor = page.Older
	}
	want := make([]string, entries)
	for i := range want {
		want[i] = fmt.Sprint(entries - 1 - i)
	}
	if !slices.Equal(down, want) || len(cursors) != 3 || !cursors[0].IsZero() {
		t.Errorf("down: %v, %v", down, cursors)
	}
	f.Cursor = cursors[2] // back up from the last page
	page, err := db.Audit().List(t.Context(), 1, f)
	if err != nil || len(page.Lines) != audit.RowsMax || page.Lines[0].Subject != want[audit.RowsMax] ||
		page.Newer.IsZero() || page.Older.IsZero() {
		t.Errorf("up: %+v, %v", page, err)
	}
	f.Cursor = page.Newer
	page, err = db.Audit().List(t.Context(), 1, f)
	if err != nil || len(page.Lines) != audit.RowsMax || page.Lines[0].Subject != want[0] || !page.Newer.IsZero() {
		t.Errorf("the first page again: %+v, %v", page, err)
	}
}
