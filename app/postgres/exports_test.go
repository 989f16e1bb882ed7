package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/export"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/report"
)

// exported are the trade numbers of a snapshot, whose count must be right.
func exported(t *testing.T, db *postgres.DB, q export.Query, during func()) []string {
	t.Helper()
	numbers, total := []string{}, int64(-1)
	err := db.Exports().Snapshot(t.Context(), q, func(n int64) error {
		total = n
		during()
		return nil
	}, func(r *export.Row) error {
		numbers = append(numbers, string(r.TradeNo))
		return nil
	})
	if err != nil || total != int64(len(numbers)) {
		t.Fatalf("%d rows, %d counted: %v", len(numbers), total, err)
	}
	return numbers
}

// An export is what the list shows, page after page, in its order: for random filters.
func TestAnExportIsTheWholeList(t *testing.T) {
	t.Parallel()
	d := openDesk(t, 600)
	for i := range 250 {
		r := rand.New(rand.NewPCG(11, uint64(i)))
		f, scope := combination(d.rows, r), pick(r, d.scopes[:3])
		want := numbersOf(reference(f, scope, d.rows))
		if f.CardKey != "" {
			var err error
			if f.Card, err = d.Reports().OpenCard(t.Context(), d.keys[f.CardKey], 1, noon); err != nil {
				t.Fatal(err)
			}
		}
		q := export.Query{Scope: scope, Filter: f, Columns: report.UsualColumns}
		got := exported(t, d.DB, q, func() {})
		told, err := d.Exports().Rows(t.Context(), scope, f)
		if err != nil || told != int64(len(got)) {
			t.Fatalf("case %d: %d rows are told before, %d are written: %v", i, told, len(got), err)
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("case %d: %+v\n%s", i, f, diff)
		}
	}
}

// What is stored while an export is read is not in it.
func TestAnExportIsOneMoment(t *testing.T) {
	t.Parallel()
	d := openDesk(t, 60)
	q := export.Query{Scope: d.scopes[0], Filter: everything(), Columns: report.Columns}
	before := exported(t, d.DB, q, func() {
		run(t, d.DB, "SELECT setval(pg_get_serial_sequence('transactions', 'id'), 100000)")
		run(t, d.DB, `INSERT INTO transactions (member_id, store_id, trade_no, order_no, item_desc, amount, created_at)
			VALUES (1, 1, '26112412000099998', 'LATE1', 'x', 5, $1)`, noon)
	})
	if slices.Contains(before, "26112412000099998") {
		t.Error("what came later is in the file")
	}
	if after := exported(t, d.DB, q, func() {}); len(after) != len(before)+1 {
		t.Errorf("%d rows then, %d now", len(before), len(after))
	}
}

// Every column of the list comes as it is stored, and only what is needed is read.
func TestAnExportReadsWhatWasStored(t *testing.T) {
	t.Parallel()
	d := openDesk(t, 200)
	stored := map[string]report.Row{}
	for _, s := range d.rows {
		stored[string(s.TradeNo)] = s.Row
	}
	q := export.Query{Scope: d.scopes[0], Filter: everything(), Columns: report.Columns}
	rows := 0
	err := d.Exports().Snapshot(t.Context(), q, func(int64) error { return nil }, func(r *export.Row) error {
		rows++
		want := stored[string(r.TradeNo)]
		same := string(r.OrderNo) == want.OrderNo && r.StoreID == int64(want.StoreID) && r.Amount == int64(want.Amount) &&
			r.Captured == int64(want.Captured) && r.Refunded == int64(want.Refunded) &&
			string(r.Status) == string(want.Status) && string(r.PayType) == string(want.PayType) &&
			string(r.Verification) == string(want.Verification) && string(r.First6) == want.CardFirst6 &&
			string(r.Last4) == want.CardLast4 && string(r.AuthCode) == want.AuthCode &&
			string(r.MandateNo) == want.MandateNo && r.ThreeD == want.ThreeD && r.TokenBind == want.TokenBind &&
			r.TokenCharge == want.TokenCharge && r.Settled == want.Settled && r.Instalments == int64(want.Instalments) &&
			string(r.Brand) == string(want.Brand)
		for _, at := range []struct {
			micros int64
			want   time.Time
		}{
			{r.CreatedAt, want.CreatedAt},
			{r.AuthorisedAt, want.AuthorisedAt},
			{r.CapturedAt, want.CapturedAt},
			{r.RefundedAt, want.RefundedAt},
			{r.SettledAt, want.SettledAt},
		} {
			same = same && (at.want.IsZero() && at.micros == export.Never || at.want.UnixMicro() == at.micros)
		}
		if !same {
			t.Errorf("%+v\n%+v", want, *r)
		}
		return nil
	})
	if err != nil || rows < 50 {
		t.Fatal(rows, err)
	}
}

// exportQueue counts the jobs.
type exportQueue struct {
	postgres.Queue
	jobs []int64
}

func (q *exportQueue) Export(_ context.Context, _ *sql.Tx, id int64) error {
	q.jobs = append(q.jobs, id)
	return nil
}

func openExports(t *testing.T) (*postgres.DB, *exportQueue) {
	t.Helper()
	db, queue := openReports(t), &exportQueue{}
	db.UseQueue(queue)
	return db, queue
}

func anExport() export.Record {
	return export.Record{
		Token: ident.NewToken(), By: audit.By{Chain: 1, AccountID: 1, Login: "owner01"}, Account: 1, Format: export.CSV,
		State: export.Waiting, Query: "q=1", Subject: "q=1", Conditions: []export.Condition{{Label: "甲", Value: "乙"}},
		Columns: report.UsualColumns, DateKind: report.ByTrade, File: "a.csv", Total: -1, CreatedAt: noon,
	}
}

func TestAnExportIsItsAccountsAndNobodyElses(t *testing.T) {
	t.Parallel()
	db, _ := openExports(t)
	x := db.Exports()
	r := anExport()
	r.Scope = []member.StoreID{1, 2}
	if err := x.Enqueue(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	got, err := x.Find(t.Context(), 1, 1, r.Token)
	r.ID = got.ID
	if diff := gocmp.Diff(r, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for name, find := range map[string]func() (export.Record, error){
		"another account": func() (export.Record, error) { return x.Find(t.Context(), 1, 3, r.Token) },
		"another member":  func() (export.Record, error) { return x.Find(t.Context(), 2, 1, r.Token) },
		"another link":    func() (export.Record, error) { return x.Find(t.Context(), 1, 1, ident.NewToken()) },
	} {
		if _, err := find(); !errors.Is(err, export.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var text string
	err = db.SQL().QueryRowContext(t.Context(), "SELECT exports::text FROM exports").Scan(&text)
	if err != nil || strings.Contains(text, string(r.Token)) {
		t.Error("whoever reads the database has the link", err)
	}
}

func TestAMemberHasSoManyExportsAtOnce(t *testing.T) {
	t.Parallel()
	db, queue := openExports(t)
	for i := range export.JobsMax + 1 {
		err := db.Exports().Enqueue(t.Context(), anExport())
		if (i < export.JobsMax) != (err == nil) || err != nil && !errors.Is(err, export.ErrBusy) {
			t.Errorf("export %d: %v", i+1, err)
		}
	}
	other := anExport()
	other.By.Chain, other.Account = 2, 2
	if err := db.Exports().Enqueue(t.Context(), other); err != nil {
		t.Errorf("another member: %v", err)
	}
	if len(queue.jobs) != export.JobsMax+1 {
		t.Errorf("%d jobs", len(queue.jobs))
	}
}

// A run that was thought dead and goes on after all writes nothing into the file of the
// next one.
func TestARunThatLostItsExportWritesNothing(t *testing.T) {
	t.Parallel()
	db, queue := openExports(t)
	x, r := db.Exports(), anExport()
	if err := x.Enqueue(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	id, lease := queue.jobs[0], noon.Add(time.Minute)
	first, found, err := x.Claim(t.Context(), id, lease)
	if err != nil || !found || first.Run != 1 {
		t.Fatal(first, found, err)
	}
	if _, again, err := x.Claim(t.Context(), id, lease); again || err != nil {
		t.Fatal("two runs at once", err)
	}
	dead := export.Lease{ID: id, Run: 1, Until: lease}
	if err := x.Keep(t.Context(), dead, 0, []byte("old")); err != nil {
		t.Fatal(err)
	}
	if n, err := x.Revive(t.Context(), lease, 10); n != 0 || err != nil {
		t.Fatalf("%d revived that are alive: %v", n, err)
	}
	if n, err := x.Revive(t.Context(), lease.Add(time.Second), 10); n != 1 || err != nil || len(queue.jobs) != 2 {
		t.Fatal(n, err, queue.jobs)
	}
	second, found, err := x.Claim(t.Context(), id, lease)
	if err != nil || !found || second.Run != 2 || second.Tries != 1 {
		t.Fatal(second, found, err)
	}
	for name, err := range map[string]error{
		"keep":    x.Keep(t.Context(), dead, 1, []byte("old")),
		"advance": x.Advance(t.Context(), dead, 1, 1),
		"finish":  x.Finish(t.Context(), finished(first), nil),
		"release": x.Release(t.Context(), first, noon),
	} {
		if !errors.Is(err, export.ErrLost) {
			t.Errorf("%s by the dead run: %v", name, err)
		}
	}
	live := export.Lease{ID: id, Run: 2, Until: lease}
	for i, part := range []string{"ne", "w"} {
		if err := x.Keep(t.Context(), live, i, []byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Finish(t.Context(), finished(second), nil); err != nil {
		t.Fatal(err)
	}
	got, err := x.Find(t.Context(), 1, 1, r.Token)
	if err != nil {
		t.Fatal(err)
	}
	if file := fileOf(t, db, got); file != "new" {
		t.Errorf("the file is %q", file)
	}
	if n, err := x.Prune(t.Context(), got.ExpiresAt); n != 2 || err != nil {
		t.Errorf("%d parts deleted: %v", n, err)
	}
	if err := x.Parts(t.Context(), got, func([]byte) error { return nil }); !errors.Is(err, export.ErrExpired) {
		t.Errorf("a file that is gone: %v", err)
	}
	if n, err := x.Prune(t.Context(), noon.Add(export.RecordLife+time.Second)); n != 1 || err != nil {
		t.Errorf("%d records deleted: %v", n, err)
	}
}

func finished(r export.Record) export.Record {
	r.State, r.Bytes, r.SHA256, r.Total, r.Rows = export.Done, 3, strings.Repeat("a", 64), 0, 0
	r.SnapshotAt, r.FinishedAt, r.ExpiresAt = noon, noon, noon.Add(export.FileLife)
	return r
}

func fileOf(t *testing.T, db *postgres.DB, r export.Record) string {
	t.Helper()
	var file strings.Builder
	err := db.Exports().Parts(t.Context(), r, func(part []byte) error {
		file.Write(part)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return file.String()
}

func TestAnExportThatDiesAgainAndAgainIsGivenUp(t *testing.T) {
	t.Parallel()
	db, queue := openExports(t)
	x, r := db.Exports(), anExport()
	if err := x.Enqueue(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for range export.TriesMax {
		if _, found, err := x.Claim(t.Context(), queue.jobs[0], noon); !found || err != nil {
			t.Fatal(found, err)
		}
		if _, err := x.Revive(t.Context(), noon.Add(time.Second), 10); err != nil {
			t.Fatal(err)
		}
	}
	got, err := x.Find(t.Context(), 1, 1, r.Token)
	if err != nil || got.State != export.Failed || got.Failure == "" || len(queue.jobs) != export.TriesMax {
		t.Errorf("%+v %v, %d jobs", got, err, len(queue.jobs))
	}
}
