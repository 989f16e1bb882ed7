package bench_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/bench"
)

func TestVerifyMeasuresWhatItSays(t *testing.T) {
	t.Parallel()
	o := bench.VerifyOptions{Checks: 300, Rounds: 3, IconBytes: 90, Progress: io.Discard}
	c, err := bench.Verify(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for name, sample := range map[string]bench.Sample{
		"bare": c.Bare, "SPC": c.SPC, "WebAuthn": c.WebAuthn, "evidence": c.Evidence, "begin": c.Begin,
	} {
		if len(sample) != 3 || sample.Least() <= 0 {
			t.Errorf("%s: %v", name, sample)
		}
	}
	// The bare check is part of it: a verification that costs less was not made.
	if c.OverLimit() < 0.9 || c.Answer < 1000 {
		t.Errorf("%.2f × the limit, answers of %d bytes", c.OverLimit(), c.Answer)
	}
	var table bytes.Buffer
	if _, err := bench.WriteVerify(&table, o, c); err != nil || !strings.Contains(table.String(), "SPC verification") {
		t.Errorf("%v\n%s", err, table.String())
	}
}

func TestTheVerificationTableJudgesTheGoal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		spc  bench.Sample
		met  bool
		text string
	}{
		{"half as much again", bench.Sample{90_000, 90_000}, true, "1.50 ×; met."},
		{"a disturbed round", bench.Sample{72_000, 400_000}, true, "1.20 ×; met."},
		{"too slow", bench.Sample{91_000, 95_000}, false, "1.52 ×; MISSED."},
	}
	for _, tt := range tests {
		bare := bench.Sample{60_000, 60_000}
		cost := bench.VerifyCost{Bare: bare, SPC: tt.spc, WebAuthn: bare, Evidence: bare, Begin: bare}
		var table bytes.Buffer
		met, err := bench.WriteVerify(&table, bench.VerifyOptions{Checks: 1, Rounds: 2}, cost)
		if err != nil || met != tt.met || !strings.Contains(table.String(), tt.text) {
			t.Errorf("%s: met %v, %v\n%s", tt.name, met, err, table.String())
		}
	}
}

func TestVerifyStopsWhenItIsTold(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	o := bench.VerifyOptions{Checks: 1, Rounds: 1, Progress: io.Discard}
	if _, err := bench.Verify(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("Verify = %v", err)
	}
}
