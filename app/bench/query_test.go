package bench_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/bench"
)

func TestQueryMeasuresTheProgramAndItsLimit(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a private PostgreSQL")
	}
	o := bench.QueryOptions{
		Rows: []int{4000}, Within: time.Second, Rounds: 1, Clients: 2, Combinations: 25, Data: t.TempDir(), Seed: 1,
		Shapes: 4, Progress: io.Discard, // lists and sums
	}
	costs, err := bench.Query(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	c := costs[0]
	if len(c.Shapes) != 5 || c.Combinations.Answers != 25 || c.Empty == 25 || c.Export.Rows < 1000 {
		t.Errorf("%d shapes, %d combinations, %d of them empty, %d rows exported",
			len(c.Shapes), c.Combinations.Answers, c.Empty, c.Export.Rows)
	}
	for _, s := range c.Shapes {
		if s.Program.Rate <= 0 || s.Limit.Rate <= 0 || s.Program.Median > s.Program.Percent ||
			s.Program.Percent > s.Program.Worst {
			t.Errorf("%s: %+v beside %+v", s.Name, s.Program, s.Limit)
		}
	}
	var table bytes.Buffer
	if met, err := bench.WriteQuery(&table, o, costs); err != nil || !met {
		t.Errorf("met %v, %v", met, err)
	}
	for _, text := range []string{"4000 transactions, 2 clients", "not measured: too few rows", "CSV export of"} {
		if !strings.Contains(table.String(), text) {
			t.Errorf("the table lacks %q:\n%s", text, table.String())
		}
	}
}

func TestTheTableOfTheQueryJudgesItsGoals(t *testing.T) {
	t.Parallel()
	load := func(rate float64) bench.Load {
		return bench.Load{Rate: rate, Median: time.Millisecond, Percent: 2 * time.Millisecond, Answers: 1}
	}
	cost := func(rows int, list, giant float64) bench.QueryCost {
		c := bench.QueryCost{Rows: rows, Combinations: load(100), Export: bench.ExportCost{Program: 80, Limit: 100}}
		for name, rates := range map[string][2]float64{
			"list, 7 days, all members": {list, 10_000}, "list, 7 days": {giant, 10_000},
			"by trade number": {4100, 10_000}, "by order number": {4100, 10_000},
			"page 1, 395 days": {4000, 10_000}, "a page far back, 395 days": {3900, 10_000},
			"list, 30 days, beside a naive page": {4000, 200},
			"totals, 30 days":                    {3000, 10}, "totals, 395 days": {2000, 10},
		} {
			c.Shapes = append(c.Shapes, bench.ShapeCost{Name: name, Program: load(rates[0]), Limit: load(rates[1])})
		}
		return c
	}
	for _, tt := range []struct {
		name  string
		costs []bench.QueryCost
		met   bool
	}{
		{"all met", []bench.QueryCost{cost(100_000, 6000, 4000), cost(10_000_000, 3600, 4000)}, true},
		{"the list is too slow", []bench.QueryCost{cost(100_000, 4000, 4000), cost(10_000_000, 3400, 4000)}, false},
		{"it grows too much", []bench.QueryCost{cost(100_000, 4000, 6000), cost(10_000_000, 3600, 4000)}, false},
		{"too few rows to judge", []bench.QueryCost{cost(100_000, 100, 100)}, true},
	} {
		var table bytes.Buffer
		met, err := bench.WriteQuery(&table, bench.QueryOptions{}, tt.costs)
		if err != nil || met != tt.met || strings.Contains(table.String(), "MISSED") == tt.met {
			t.Errorf("%s: met %v, %v\n%s", tt.name, met, err, table.String())
		}
	}
}
