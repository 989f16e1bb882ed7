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

func permitOptions(members ...int) bench.PermitOptions {
	return bench.PermitOptions{
		Members: members, Assistants: 3, Checks: 500, Rounds: 2, Seed: 7, Progress: io.Discard,
	}
}

func TestPermitMeasuresEachNumberOfMembers(t *testing.T) {
	t.Parallel()
	o := permitOptions(1, 20)
	costs, err := bench.Permit(t.Context(), o)
	if err != nil || len(costs) != 2 {
		t.Fatalf("%d lines, %v", len(costs), err)
	}
	for i, c := range costs {
		if c.Members != o.Members[i] || c.Accounts != 3*o.Members[i] {
			t.Errorf("line %d is of %d members, %d accounts", i, c.Members, c.Accounts)
		}
		if c.OverLimit() <= 0 {
			t.Errorf("%d members: %.2f × the limit", c.Members, c.OverLimit())
		}
		// Casbin's own answer takes thousands of times as long: the snapshots were read.
		if c.Casbin.Least() < 10*c.Check.Least() {
			t.Errorf("%d members: a check takes %.0f ns, Casbin %.0f ns", c.Members, c.Check.Least(), c.Casbin.Least())
		}
	}
	var table bytes.Buffer
	if met, err := bench.WritePermit(&table, o, costs); err != nil || !met {
		t.Errorf("met %v, %v", met, err)
	}
	for _, text := range []string{"÷ map[account]", " × ", "Goal (1000 members × 60): not measured."} {
		if !strings.Contains(table.String(), text) {
			t.Errorf("the table lacks %q:\n%s", text, table.String())
		}
	}
}

func TestTheTableJudgesTheGoal(t *testing.T) {
	t.Parallel()
	// Two rounds of a bare look-up in 20 ns.
	limit, small := bench.Sample{20, 20}, int64(1<<20)
	tests := []struct {
		name      string
		check     bench.Sample
		snapshots int64
		met       bool
		text      string
	}{
		{"five times", bench.Sample{100, 100}, small, true, "5.0 ×; at most 50 MB: 1.0 MB; met."},
		{"a disturbed round", bench.Sample{80, 900}, small, true, "4.0 ×; at most 50 MB: 1.0 MB; met."},
		{"too slow", bench.Sample{102, 110}, small, false, "5.1 ×; at most 50 MB: 1.0 MB; MISSED."},
		{"too large", bench.Sample{80, 80}, 51 << 20, false, "4.0 ×; at most 50 MB: 51.0 MB; MISSED."},
	}
	for _, tt := range tests {
		o := permitOptions(1000)
		o.Assistants = 60
		cost := bench.PermitCost{
			Members: 1000, Accounts: 60_000, AccountMap: limit, PairMap: limit, Check: tt.check,
			Parallel: tt.check, Casbin: tt.check, Snapshots: tt.snapshots,
		}
		var table bytes.Buffer
		met, err := bench.WritePermit(&table, o, []bench.PermitCost{cost})
		if err != nil || met != tt.met || !strings.Contains(table.String(), tt.text) {
			t.Errorf("%s: met %v, %v\n%s", tt.name, met, err, table.String())
		}
	}
}

func TestPermitStopsWhenItIsTold(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := bench.Permit(ctx, permitOptions(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Permit = %v", err)
	}
}
