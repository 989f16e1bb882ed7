package postgres_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/report"
)

// plainly adds a condition that every transaction of the fixture meets: the sums then come
// from the transactions themselves.
func plainly(f report.TransactionFilter) report.TransactionFilter {
	f.AmountMin = 1
	return f
}

// checkDays holds the sums by day of every scope, over ranges that begin and end on any
// day, and the count of the list against the plain sums.
func checkDays(t *testing.T, d *desk, r *rand.Rand) {
	t.Helper()
	for range 12 {
		scope, f := d.scopes[r.IntN(len(d.scopes))], everything()
		f.From = clock.DateOf(noon).AddDays(-r.IntN(40))
		f.To = f.From.AddDays(r.IntN(41))
		if r.IntN(3) == 0 {
			f.StoreType = report.StoreTypes[r.IntN(len(report.StoreTypes))]
		}
		got, err := d.Reports().Totals(t.Context(), scope, f)
		if err != nil {
			t.Fatal(err)
		}
		want, err := d.Reports().Totals(t.Context(), scope, plainly(f))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s to %s: %s", f.From, f.To, diff)
		}
		screen, err := d.Reports().Screen(t.Context(), scope, f, 1)
		if err != nil || screen.Count.Rows != min(want.Rows, report.CountMax) {
			t.Fatalf("counted %d of %d, %v", screen.Count.Rows, want.Rows, err)
		}
	}
}

// changes are what happens to transactions, to some of them at random.
var changes = []string{
	"UPDATE transactions SET status = 'voided' WHERE id % 7 = $1 AND status = 'authorised'",
	"UPDATE transactions SET captured_amount = amount, refunded_amount = amount / 3 WHERE id % 7 = $1",
	"UPDATE transactions SET captured_amount = 0, refunded_amount = 0 WHERE id % 7 = $1",
	"UPDATE transactions SET created_at = created_at - interval '9 hours' WHERE id % 7 = $1",
	"UPDATE transactions SET item_desc = item_desc || '.' WHERE id % 7 = $1",
	`INSERT INTO transactions (id, member_id, store_id, trade_no, order_no, item_desc, amount, created_at)
		OVERRIDING SYSTEM VALUE
		SELECT top + n, member_id, store_id, lpad((top + n)::text, 17, '9'), 'N' || top + n, '', amount, created_at
		FROM (SELECT *, row_number() OVER () AS n, (SELECT max(id) FROM transactions) AS top FROM transactions
			WHERE id % 31 = $1) AS copied`,
}

// Sums by day are the plain sums, whatever happens and whenever changes are folded.
func TestSumsByDayAreThePlainSums(t *testing.T) {
	t.Parallel()
	d := openDesk(t, 400)
	r := rand.New(rand.NewPCG(3, 9))
	checkDays(t, d, r)
	for range 40 {
		run(t, d.DB, changes[r.IntN(len(changes))], r.IntN(7))
		if r.IntN(2) == 0 {
			fold(t, d.DB, 1+r.IntN(60))
		}
		checkDays(t, d, r)
	}
	for fold(t, d.DB, 50) > 0 {
		checkDays(t, d, r)
	}
}

func fold(t *testing.T, db *postgres.DB, limit int) int {
	t.Helper()
	folded, err := db.Reports().FoldTotals(t.Context(), limit)
	if err != nil {
		t.Fatal(err)
	}
	if folded > limit {
		t.Fatalf("%d folded, %d allowed", folded, limit)
	}
	return folded
}

// Processes that fold while transactions change lose nothing and count nothing twice.
func TestSumsByDayAreFoldedByManyAtOnce(t *testing.T) {
	t.Parallel()
	d := openDesk(t, 400)
	var all sync.WaitGroup
	for worker := range 3 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(8, uint64(worker)))
			for range 15 {
				if _, err := d.SQL().ExecContext(t.Context(), changes[1+r.IntN(2)], 2*worker+r.IntN(2)); err != nil {
					t.Error(err)
					return
				}
			}
		})
		all.Go(func() {
			for end := time.Now().Add(time.Second); time.Now().Before(end); {
				if _, err := d.Reports().FoldTotals(t.Context(), 40); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	checkDays(t, d, rand.New(rand.NewPCG(1, 1)))
}
