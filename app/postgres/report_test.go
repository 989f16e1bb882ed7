package postgres_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/report"
)

// stored is a transaction as the reference filter knows it.
type stored struct {
	report.Row
	id       int
	memberID int
	times    map[report.DateKind]time.Time
}

// storeIDs by member of the fixture; kinds by store.
var (
	memberOf    = map[int]int{1: 1, 2: 1, 3: 1, 4: 2}
	storeTypeOf = map[int]report.StoreType{
		1: report.PlatformStores, 2: report.GatewayStores, 3: report.PlatformStores, 4: report.PlatformStores,
	}
)

// fill stores count random transactions of the last 30 days; several share one
// instant, so that pages must be told apart by more than time.
func fill(t *testing.T, db *postgres.DB, count int) []stored {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	rows := make([]stored, count)
	for i := range rows {
		rows[i] = randomRow(r, i)
		insert(t, db, &rows[i])
	}
	return rows
}

func pick[T any](r *rand.Rand, values []T) T { return values[r.IntN(len(values))] }

func randomRow(r *rand.Rand, i int) stored {
	created := noon.Add(-time.Duration(r.IntN(30*24)) * time.Hour)
	store := 1 + r.IntN(4)
	s := stored{memberID: memberOf[store], times: map[report.DateKind]time.Time{report.ByTrade: created}}
	s.Row = report.Row{
		TradeNo: ident.NewTradeNo(created, int64(i)), OrderNo: fmt.Sprintf("R%d", i), CreatedAt: created,
		Amount: money.TWD(50 * (1 + r.IntN(8))), Status: pick(r, payment.Statuses), PayType: pick(r, payment.PayTypes),
		Verification: pick(r, []payment.Verification{"none", "otp", "passkey"}), ThreeD: r.IntN(2) == 0,
		TokenBind: r.IntN(4) == 0, TokenCharge: r.IntN(3) == 0,
	}
	s.StoreID = member.StoreID(store)
	if s.Status == payment.Pending || s.Status == payment.Failed {
		return s
	}
	at := created
	for _, kind := range []report.DateKind{report.ByAuthorised, report.ByCaptured, report.ByRefunded, report.BySettled} {
		if kind != report.ByAuthorised && r.IntN(3) == 0 {
			continue
		}
		at = at.Add(time.Duration(r.IntN(48)) * time.Hour)
		s.times[kind] = at
	}
	s.Settled = !s.times[report.BySettled].IsZero()
	return s
}

func insert(t *testing.T, db *postgres.DB, s *stored) {
	t.Helper()
	when := func(kind report.DateKind) any {
		if at := s.times[kind]; !at.IsZero() {
			return at
		}
		return nil
	}
	var reason any
	if s.Status == payment.Failed {
		reason = "declined"
	}
	err := db.SQL().QueryRowContext(t.Context(), `
		INSERT INTO transactions (member_id, store_id, trade_no, order_no, item_desc, amount, status, pay_type,
			verification, three_d, token_bind, token_charge, created_at, authorised_at, captured_at, refunded_at,
			settled_at, failure_reason)
		VALUES ($1, $2, $3, $4, 'x', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING id`,
		s.memberID, int64(s.StoreID), string(s.TradeNo), s.OrderNo, int64(s.Amount), string(s.Status), string(s.PayType),
		string(s.Verification), s.ThreeD, s.TokenBind, s.TokenCharge, s.CreatedAt, when(report.ByAuthorised),
		when(report.ByCaptured), when(report.ByRefunded), when(report.BySettled), reason).Scan(&s.id)
	if err != nil {
		t.Fatal(err)
	}
}

// matches is the slow reference: the filter's meaning, read from the contract and
// written without a look at the SQL.
func matches(f report.TransactionFilter, scope report.Scope, s stored) bool {
	store := int(s.StoreID)
	if s.memberID != int(scope.Member()) || !slices.Contains(scope.StoreIDs(), s.StoreID) {
		return false
	}
	if len(f.Stores) > 0 && !slices.Contains(f.Stores, fmt.Sprintf("MS%d", store)) {
		return false
	}
	if f.StoreType != report.AnyStoreType && f.StoreType != storeTypeOf[store] {
		return false
	}
	if len(f.Wanted) > 0 {
		byTrade := f.Numbers != report.OrderNos && slices.Contains(f.Wanted, string(s.TradeNo))
		byOrder := f.Numbers != report.TradeNos && slices.Contains(f.Wanted, s.OrderNo)
		if !byTrade && !byOrder {
			return false
		}
	} else if day := clock.DateOf(s.times[f.DateKind]); s.times[f.DateKind].IsZero() ||
		day.Before(f.From) || f.To.Before(day) {
		return false
	}
	ways := map[report.Method]bool{
		report.AnyMethod: true, report.ByPhone: s.Verification == payment.VerifiedOTP,
		report.ByToken: map[report.TokenKind]bool{
			report.AnyToken: s.TokenBind || s.TokenCharge, report.TokenBind: s.TokenBind, report.TokenCharge: s.TokenCharge,
		}[f.TokenKind],
	}
	funds := map[report.Funds]bool{
		report.AnyFunds: true, report.FundsReceived: s.Settled, report.FundsPending: !s.Settled,
	}
	return ways[f.Method] && funds[f.Funds] && (!f.ThreeD || s.ThreeD) &&
		(f.AmountMin == 0 || s.Amount >= f.AmountMin) && (f.AmountMax == 0 || s.Amount <= f.AmountMax) &&
		(len(f.Statuses) == 0 || slices.Contains(f.Statuses, s.Status)) &&
		(len(f.PayTypes) == 0 || slices.Contains(f.PayTypes, s.PayType))
}

func drawFilter(t *rapid.T, rows []stored) report.TransactionFilter {
	today := clock.DateOf(noon)
	from := today.AddDays(-rapid.IntRange(0, 35).Draw(t, "days back"))
	f := report.TransactionFilter{
		DateKind: rapid.SampledFrom(report.DateKinds).Draw(t, "date kind"),
		From:     from, To: from.AddDays(rapid.IntRange(0, 35).Draw(t, "days")),
		Numbers:   rapid.SampledFrom(report.NumberKinds).Draw(t, "by"),
		StoreType: rapid.SampledFrom(report.StoreTypes).Draw(t, "store type"),
		Method:    rapid.SampledFrom(report.Methods).Draw(t, "method"),
		TokenKind: rapid.SampledFrom(report.TokenKinds).Draw(t, "token kind"),
		Funds:     rapid.SampledFrom(report.FundsStates).Draw(t, "funds"),
		ThreeD:    rapid.Bool().Draw(t, "3D"),
		Limit:     rapid.IntRange(1, 20).Draw(t, "limit"),
	}
	if rapid.IntRange(0, 2).Draw(t, "looks up") == 0 {
		for range rapid.IntRange(1, 30).Draw(t, "numbers") {
			row := rapid.SampledFrom(rows).Draw(t, "row")
			f.Wanted = append(f.Wanted,
				rapid.SampledFrom([]string{string(row.TradeNo), row.OrderNo, "none" + row.OrderNo}).Draw(t, "number"))
		}
		slices.Sort(f.Wanted)
		f.Wanted = slices.Compact(f.Wanted)
	}
	few := func(name string) bool { return rapid.IntRange(0, 3).Draw(t, name) == 0 }
	if few("stores") {
		f.Stores = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"MS1", "MS2", "MS3", "MS4"}), 1, 2, rapid.ID).
			Draw(t, "store")
	}
	if few("statuses") {
		f.Statuses = rapid.SliceOfNDistinct(rapid.SampledFrom(payment.Statuses), 1, 5, rapid.ID).Draw(t, "status")
	}
	if few("pay types") {
		f.PayTypes = rapid.SliceOfNDistinct(rapid.SampledFrom(payment.PayTypes), 1, 5, rapid.ID).Draw(t, "pay type")
	}
	if few("amounts") {
		f.AmountMin = money.TWD(50 * rapid.IntRange(0, 6).Draw(t, "min"))
		f.AmountMax = f.AmountMin + money.TWD(50*rapid.IntRange(0, 4).Draw(t, "more"))
	}
	return f
}

// For random filters of three actors, the SQL finds exactly what the reference
// finds, in order; its pages, forwards and back, show each row once.
func TestFiltersFindWhatTheReferenceFinds(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	rows := fill(t, db, 300)
	scopes := []report.Scope{
		report.ScopeOf(actorOf(t, db, 1)), report.ScopeOf(actorOf(t, db, 2)), report.ScopeOf(actorOf(t, db, 3)), {},
	}
	rapid.Check(t, func(rt *rapid.T) {
		f := drawFilter(rt, rows)
		scope := scopes[rapid.IntRange(0, len(scopes)-1).Draw(rt, "actor")]
		want := reference(f, scope, rows)
		forwards, backwards := walk(rt, db, scope, f)
		if diff := gocmp.Diff(want, forwards); diff != "" {
			rt.Fatalf("forwards:\n%s", diff)
		}
		if diff := gocmp.Diff(want, backwards); diff != "" {
			rt.Fatalf("and back:\n%s", diff)
		}
		count, err := db.Reports().Count(t.Context(), scope, f)
		if err != nil || count.Rows != len(want) || count.More {
			rt.Fatalf("Count = %+v, %v; want %d", count, err, len(want))
		}
		missing, err := db.Reports().Missing(t.Context(), scope, f)
		if diff := gocmp.Diff(missingOf(f, scope, rows), missing); diff != "" || err != nil {
			rt.Fatalf("Missing: %v\n%s", err, diff)
		}
	})
}

// reference lists the trade numbers that match, newest first.
func reference(f report.TransactionFilter, scope report.Scope, rows []stored) []string {
	var found []stored
	for _, row := range rows {
		if matches(f, scope, row) {
			found = append(found, row)
		}
	}
	kind := f.DateKind
	if f.LooksUp() {
		kind = report.ByTrade
	}
	slices.SortFunc(found, func(a, b stored) int {
		return cmp.Or(b.times[kind].Compare(a.times[kind]), cmp.Compare(b.id, a.id))
	})
	numbers := []string{}
	for _, row := range found {
		numbers = append(numbers, string(row.TradeNo))
	}
	return numbers
}

func missingOf(f report.TransactionFilter, scope report.Scope, rows []stored) []string {
	var missing []string
	for _, number := range f.Wanted {
		one := f
		one.Wanted = []string{number}
		if len(reference(one, scope, rows)) == 0 {
			missing = append(missing, number)
		}
	}
	return missing
}

// walk turns all pages to the oldest and back to the newest.
func walk(t *rapid.T, db *postgres.DB, s report.Scope, f report.TransactionFilter) (forwards, backwards []string) {
	forwards = []string{}
	var page report.Page
	for turns := 0; ; turns++ {
		var err error
		if page, err = db.Reports().List(t.Context(), s, f); err != nil || turns > 400 {
			t.Fatalf("page %d: %v", turns, err)
		}
		forwards = append(forwards, numbersOf(page)...)
		if f.Cursor.IsZero() != page.Newer.IsZero() {
			t.Fatalf("page %d: 前一頁 is %v", turns, page.Newer)
		}
		if page.Older.IsZero() {
			break
		}
		f.Cursor = page.Older
	}
	backwards = numbersOf(page)
	for turns := 0; !page.Newer.IsZero(); turns++ {
		f.Cursor = page.Newer
		var err error
		if page, err = db.Reports().List(t.Context(), s, f); err != nil || turns > 400 {
			t.Fatalf("page %d back: %v", turns, err)
		}
		if page.Older.IsZero() {
			t.Fatal("no way forwards from a page that was come back to")
		}
		backwards = append(numbersOf(page), backwards...)
	}
	return forwards, backwards
}

func numbersOf(p report.Page) []string {
	numbers := []string{}
	for _, row := range p.Rows {
		numbers = append(numbers, string(row.TradeNo))
	}
	return numbers
}

func TestListShowsWhatWasStored(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	rows := fill(t, db, 40)
	owner := report.ScopeOf(actorOf(t, db, 1))
	for _, want := range rows {
		f := report.TransactionFilter{
			Numbers: report.AnyNumber, Wanted: []string{string(want.TradeNo)}, Limit: 50,
			StoreType: report.AnyStoreType, Method: report.AnyMethod, Funds: report.AnyFunds,
		}
		page, err := db.Reports().List(t.Context(), owner, f)
		if err != nil {
			t.Fatal(err)
		}
		if want.memberID != 1 {
			if len(page.Rows) != 0 {
				t.Errorf("another member's %s is seen", want.TradeNo)
			}
			continue
		}
		want.ListedAt = want.CreatedAt
		if len(page.Rows) != 1 {
			t.Fatalf("%d rows for %s", len(page.Rows), want.TradeNo)
		}
		if diff := gocmp.Diff(want.Row, page.Rows[0]); diff != "" {
			t.Error(diff)
		}
	}
}

func TestFindSeesOnlyItsScope(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	rows := fill(t, db, 60)
	for _, id := range []account.ID{1, 2, 3} {
		scope := report.ScopeOf(actorOf(t, db, id))
		for _, row := range rows {
			d, err := db.Reports().Find(t.Context(), scope, row.TradeNo)
			seen := row.memberID == int(scope.Member()) && slices.Contains(scope.StoreIDs(), row.StoreID)
			if seen != (err == nil) || !seen && !errors.Is(err, report.ErrNotFound) {
				t.Errorf("account %d, store %d: %v", id, row.StoreID, err)
			}
			if seen && (d.Transaction.OrderNo != row.OrderNo || d.Store.ID != row.StoreID) {
				t.Errorf("found %+v for %s", d, row.OrderNo)
			}
		}
		if _, err := db.Reports().Find(t.Context(), scope, "26112412000099999"); !errors.Is(err, report.ErrNotFound) {
			t.Errorf("an unknown number: %v", err)
		}
	}
}
