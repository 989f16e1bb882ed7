package app_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/memberzone/memberzone/app"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/bank"
)

// The commands on a history that was generated: what it has left sent is answered once.
func TestTheBatchCommandsTellWhatTheyDid(t *testing.T) {
	t.Parallel()
	shared, log := secret.New("a secret of the test's bank"), slog.New(slog.DiscardHandler)
	b, err := bank.New(bank.Options{Secret: shared, Clock: clock.System{}, Log: log, AcceptUnknown: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b.Handler())
	t.Cleanup(func() { _ = b.Close(); server.Close() })
	keyset, err := app.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	o := app.BatchOptions{DatabaseURL: dbtest.New(t), Clock: clock.System{}, Out: &out, Log: log}
	o.Acquirer.URL, o.Acquirer.Account, o.Acquirer.Secret = server.URL, bank.DefaultAccount, shared
	seed := app.SeedOptions{DatabaseURL: o.DatabaseURL, Keyset: keyset, Transactions: 1500, Seed: 1, Out: io.Discard}
	if err := app.Seed(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	run := func(do func() error) string {
		out.Reset()
		if err := do(); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	settle := func() error { return app.SettleBatch(t.Context(), o) }
	line := regexp.MustCompile(
		`^settle \d{4}-\d\d-\d\d: batches (\d+), captured (\d+), refunded (\d+), refused 0, paid out \d+\n$`)
	first := line.FindStringSubmatch(run(settle))
	if first == nil || first[1] == "0" || first[2] == "0" || first[3] == "0" {
		t.Errorf("the settlement tells %q", out.String())
	}
	day := clock.DateOf(clock.System{}.Now())
	want := fmt.Sprintf("settle %s: batches 0, captured 0, refunded 0, refused 0, paid out 0\n", day)
	if got := run(settle); got != want {
		t.Errorf("the second settlement tells %q", got)
	}
	o.Day = day.AddDays(-2)
	want = fmt.Sprintf("close %s: captures 0, refunds 0, batches 0\n", o.Day)
	if got := run(func() error { return app.CloseBatch(t.Context(), o) }); got != want {
		t.Errorf("the close tells %q", got)
	}
	o.Day = day.AddDays(1)
	if err := app.CloseBatch(t.Context(), o); err == nil {
		t.Error("tomorrow was closed")
	}
}
