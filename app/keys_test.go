package app_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
)

func TestKeysAreRotatedOnce(t *testing.T) {
	t.Parallel()
	first, err := app.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	var out, drawn bytes.Buffer
	o := app.RotateOptions{DatabaseURL: dbtest.New(t), Keyset: first, Out: &out, Progress: &drawn}
	seed := app.SeedOptions{DatabaseURL: o.DatabaseURL, Keyset: first, Transactions: 250, Seed: 1, Out: io.Discard}
	if err := app.Seed(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	run := func(want ...string) {
		t.Helper()
		out.Reset()
		if err := app.RotateKeys(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		for _, text := range want {
			if !strings.Contains(out.String(), text) {
				t.Errorf("it does not tell %q:\n%s", text, out.String())
			}
		}
	}
	run("stores.hash_key_sealed: 7 sealed, 0 by older keys, 0 sealed anew, 0 left\n", "the keyset has one key")
	waiting, err := app.AddKey(first, true)
	if err != nil {
		t.Fatal(err)
	}
	if o.Keyset, err = app.PromoteKey(waiting); err != nil {
		t.Fatal(err)
	}
	o.DryRun = true
	run("stores.hash_key_sealed: 7 sealed, 7 by older keys, 0 sealed anew, 7 left\n", "older keys must stay")
	o.DryRun = false
	run("stores.hash_iv_sealed: 7 sealed, 7 by older keys, 7 sealed anew, 0 left\n", "older keys seal nothing")
	if !strings.Contains(drawn.String(), "attempts.payer_sealed: 100 of ") {
		t.Errorf("the progress was %q", drawn.String())
	}
	run("attempts.payer_sealed", ", 0 by older keys, 0 sealed anew, 0 left\n")
	if o.Keyset = first; app.RotateKeys(t.Context(), o) == nil {
		t.Error("a keyset that opens nothing was content")
	}
}
