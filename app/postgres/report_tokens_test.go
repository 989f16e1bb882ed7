package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/token"
)

// Each figure of the funnel is the number of payments in the list that it leads to.
func TestTheFunnelCountsWhatTheListFinds(t *testing.T) {
	t.Parallel()
	d := openDesk(t, 1500)
	r := rand.New(rand.NewPCG(8, 9))
	for range 40 {
		f, scope := everything(), pick(r, d.scopes)
		f.From = clock.DateOf(noon).AddDays(-r.IntN(42))
		f.To = f.From.AddDays(r.IntN(42))
		if r.IntN(2) == 0 {
			f.Stores = some(r, []string{"MS1", "MS2", "MS3", "MS4"})
		}
		counts, err := d.Reports().Funnel(t.Context(), scope.Narrow(f), f.From, f.To)
		if err != nil {
			t.Fatal(err)
		}
		figures := map[report.Journey]int64{}
		brands := int64(0)
		for _, c := range counts {
			switch c.Part {
			case report.FunnelAll:
				figures[report.JourneyEligible], figures[report.JourneyAsked] = c.Eligible, c.Asked
				figures[report.JourneyBound], figures[report.JourneyUsed] = c.Bound, c.Used
				figures[report.JourneyFellBack] = c.FellBack
			case report.FunnelReason:
				figures[report.FellBackFor(c.Value)] = c.Eligible
			case report.FunnelBrand:
				brands += c.Eligible
			case report.FunnelBrowser:
			}
		}
		if brands < figures[report.JourneyEligible] {
			t.Errorf("the brands have %d of %d payments", brands, figures[report.JourneyEligible])
		}
		for _, j := range report.Journeys[1:] {
			f.Journey = j
			if want := len(reference(f, scope, d.rows)); figures[j] != int64(want) {
				t.Errorf("%s in %s to %s, stores %v: %d, the list has %d", j, f.From, f.To, f.Stores, figures[j], want)
			}
		}
	}
}

// A transaction shows the last four digits of the token that it was charged with, even
// after the card got another one; one from before the vault shows none.
func TestATransactionShowsItsOwnToken(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	for i, order := range []string{"FIRST", "SECOND", "OLD", "PLAIN"} {
		run(t, db, `INSERT INTO transactions (member_id, store_id, trade_no, order_no, item_desc, amount, created_at,
				token_charge) VALUES (1, 1, $1, $2, 'x', 100, $3, $4)`,
			fmt.Sprintf("2611241200000000%d", i+1), order, noon, order != "PLAIN")
	}
	run(t, db, `INSERT INTO token_events (kind, transaction_id, member_id, store_id, at)
		SELECT 'charge', id, 1, 1, $1 FROM transactions WHERE order_no = 'OLD'`, noon)
	number := func(digits string) secret.PAN {
		pan, err := secret.ParsePAN(digits)
		if err != nil {
			t.Fatal(err)
		}
		return pan
	}
	for i, digits := range []string{"4895370000001117", "4895370000002222"} {
		by := token.Event{TransactionID: int64(i + 1), At: noon}
		c, _, err := db.Tokens().Keep(t.Context(), token.Provisioned{
			PAN: number("4111111111111111"), Expiry: "3012",
			Token: token.Issued{Reference: fmt.Sprintf("REF%d", i), Number: number(digits), Expiry: "3101", Brand: "visa"},
		}, by)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Tokens().Charged(t.Context(), c.ID, by); err != nil {
			t.Fatal(err)
		}
	}
	scope := report.ScopeOf(actorOf(t, db, 1))
	for no, want := range map[ident.TradeNo]string{
		"26112412000000001": "1117", "26112412000000002": "2222", "26112412000000003": "", "26112412000000004": "",
	} {
		d, err := db.Reports().Find(t.Context(), scope, no)
		if err != nil || d.TokenLast4 != want {
			t.Errorf("%s shows token %q, %v; want %q", no, d.TokenLast4, err, want)
		}
	}
}
