package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
)

// rowsOfProperty are enough that every value of every field meets every other one.
const rowsOfProperty = 3000

// For each actor, the SQL finds exactly what the reference finds: with each value of
// each filter alone, and with random combinations of all of them.
func TestFiltersFindWhatTheReferenceFinds(t *testing.T) {
	t.Parallel()
	d := openDesk(t, rowsOfProperty)
	t.Run("alone", func(t *testing.T) {
		t.Parallel()
		r := rand.New(rand.NewPCG(5, 6))
		for _, one := range alone(d.rows, r) {
			f := everything()
			one.set(&f)
			for i, scope := range d.scopes {
				t.Run(fmt.Sprintf("%s/%d", one.name, i), func(t *testing.T) { d.check(t, scope, f, r) })
			}
		}
	})
	const parts, cases = 4, 2400
	for part := range parts {
		t.Run(fmt.Sprintf("together/%d", part), func(t *testing.T) {
			t.Parallel()
			d.together(t, part*cases/parts, cases/parts)
		})
	}
}

// together checks so many random combinations for random actors.
func (d *desk) together(t *testing.T, from, count int) {
	t.Helper()
	hits := 0
	for i := from; i < from+count; i++ {
		r := rand.New(rand.NewPCG(7, uint64(i)))
		f, scope := combination(d.rows, r), pick(r, d.scopes[:3])
		if len(reference(f, scope, d.rows)) > 0 {
			hits++
		}
		if !t.Run("", func(t *testing.T) { d.check(t, scope, f, r) }) {
			t.Fatalf("case %d: %+v", i, f)
		}
	}
	if hits < count/2 {
		t.Errorf("only %d of %d cases find anything", hits, count)
	}
}

type condition struct {
	name string
	set  func(f *report.TransactionFilter)
}

// alone lists every value of every field.
func alone(rows []stored, r *rand.Rand) []condition {
	list := []condition{{"none", func(*report.TransactionFilter) {}}}
	add := func(name string, set func(f *report.TransactionFilter)) { list = append(list, condition{name, set}) }
	for _, v := range report.DateKinds {
		add("date/"+string(v), func(f *report.TransactionFilter) { f.DateKind = v })
		for back := range 3 { // one day: both its borders
			day := clock.DateOf(noon).AddDays(-7 * (back + 1))
			add(fmt.Sprintf("day/%s/%s", v, day), func(f *report.TransactionFilter) { f.DateKind, f.From, f.To = v, day, day })
		}
	}
	for _, v := range payment.Statuses {
		add("status/"+string(v), func(f *report.TransactionFilter) { f.Statuses = []payment.Status{v} })
	}
	for _, v := range payment.PayTypes {
		add("pay type/"+string(v), func(f *report.TransactionFilter) { f.PayTypes = []payment.PayType{v} })
	}
	for _, v := range report.StoreTypes {
		add("store type/"+string(v), func(f *report.TransactionFilter) { f.StoreType = v })
	}
	for _, v := range report.FundsStates {
		add("funds/"+string(v), func(f *report.TransactionFilter) { f.Funds = v })
	}
	for _, v := range []string{"MS1", "MS2", "MS3", "MS4", "MS5"} {
		add("store/"+v, func(f *report.TransactionFilter) { f.Stores = []string{v} })
	}
	add("method/phone", func(f *report.TransactionFilter) { f.Method = report.ByPhone })
	for _, v := range report.TokenKinds {
		add("token/"+string(v), func(f *report.TransactionFilter) { f.Method, f.TokenKind = report.ByToken, v })
	}
	add("3D", func(f *report.TransactionFilter) { f.ThreeD = true })
	add("waiting", func(f *report.TransactionFilter) { f.Waiting = true })
	for _, v := range report.Journeys {
		add("journey/"+string(v), func(f *report.TransactionFilter) { f.Journey = v })
	}
	for amount := money.TWD(50); amount <= 450; amount += 50 {
		add(fmt.Sprintf("at least/%d", amount), func(f *report.TransactionFilter) { f.AmountMin = amount })
		add(fmt.Sprintf("at most/%d", amount), func(f *report.TransactionFilter) { f.AmountMax = amount })
	}
	for _, kind := range report.NumberKinds {
		for _, count := range []int{1, 7, report.NumbersMax} {
			wanted := numbers(rows, kind, count, r)
			add(fmt.Sprintf("number/%s/%d", kind, count), func(f *report.TransactionFilter) {
				f.Numbers, f.Wanted = kind, wanted
			})
		}
	}
	for _, pan := range append(slices.Clone(pans), unusedPAN) {
		add("card/"+pan[len(pan)-5:], func(f *report.TransactionFilter) { f.Numbers, f.CardKey = report.CardNos, pan })
	}
	return list
}

// numbers are some of a kind, most of them there, of anybody's transactions.
func numbers(rows []stored, kind report.NumberKind, count int, r *rand.Rand) []string {
	var wanted []string
	for len(wanted) < count {
		s := pick(r, rows)
		of := map[report.NumberKind][]string{
			report.TradeNos: {string(s.TradeNo), "26010100000000000"}, report.OrderNos: {s.OrderNo, "none" + s.OrderNo},
			report.AuthCodes: {s.AuthCode, "ZZ0000"}, report.MandateNos: {s.MandateNo, "M999"},
			report.CardNos: {s.CardFirst6 + "…" + s.CardLast4, s.CardLast4, "400000…0000", "0000"},
		}
		of[report.AnyNumber] = []string{
			string(s.TradeNo), s.OrderNo, s.AuthCode, s.MandateNo, s.CardFirst6 + "…" + s.CardLast4, s.CardLast4, "none",
			strings.ToLower(s.AuthCode),
		}
		number := pick(r, of[kind])
		if number == "" || number == "…" || slices.Contains(wanted, number) {
			if r.IntN(3*count) == 0 { // there are not so many of the kind
				break
			}
			continue
		}
		wanted = append(wanted, number)
	}
	return wanted
}

func combination(rows []stored, r *rand.Rand) report.TransactionFilter {
	f := everything()
	now := func(chance int) bool { return r.IntN(chance) == 0 }
	f.Limit = 1 + r.IntN(report.RowsMax)
	f.DateKind = pick(r, report.DateKinds)
	f.From = clock.DateOf(noon).AddDays(-r.IntN(42))
	f.To = f.From.AddDays(r.IntN(42))
	if now(3) { // a long time, which is searched in parts that end anywhere in the rows
		f.To = clock.DateOf(noon).AddDays(r.IntN(report.DaysMax))
		f.From = f.To.AddDays(-100 - r.IntN(report.DaysMax-100))
	}
	f.StoreType = pick(r, append(report.StoreTypes, report.AnyStoreType, report.AnyStoreType))
	if now(3) {
		f.Method = pick(r, report.Methods)
	}
	f.TokenKind = pick(r, report.TokenKinds)
	if now(4) {
		f.Funds = pick(r, report.FundsStates)
	}
	f.ThreeD, f.Waiting = now(4), now(8)
	if now(6) {
		f.Journey = pick(r, report.Journeys)
	}
	switch r.IntN(4) {
	case 0:
		f.Numbers = pick(r, report.NumberKinds)
		f.Wanted = numbers(rows, f.Numbers, 1+r.IntN(20), r)
	case 1:
		if now(3) {
			f.Numbers, f.CardKey = report.CardNos, pick(r, pans)
		}
	}
	if now(4) {
		f.Stores = some(r, []string{"MS1", "MS2", "MS3", "MS4"})
	}
	if now(3) {
		f.Statuses = some(r, payment.Statuses)
	}
	if now(3) {
		f.PayTypes = some(r, payment.PayTypes)
	}
	if now(4) {
		f.AmountMin = money.TWD(50 * r.IntN(6))
		f.AmountMax = f.AmountMin + money.TWD(50*r.IntN(4))
	}
	return f
}

// some are one or more of the values, each once.
func some[T any](r *rand.Rand, values []T) []T {
	shuffled := slices.Clone(values)
	r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	return shuffled[:1+r.IntN(len(shuffled)-1)]
}
