package bench

import (
	"fmt"
	"time"
)

// goal is one limit that a measurement is held against.
type goal struct {
	name, limit, measured string
	met                   bool
}

// The goals, of 10 million transactions.
const (
	goalRows = 10_000_000

	goalRate      = 0.35 // of the statement's rate
	goalPercent   = 8.0  // times the statement's
	goalNaive     = 12.0
	goalGrowth    = 0.7
	goalFar       = 0.95
	goalTotals30  = 2.0 // times a list page
	goalTotals395 = 5.0
	goalExport    = 0.75
	goalMemory    = 64 << 20
	goalWorst     = 250 * time.Millisecond
)

// goals holds the largest size against the goals, and its growth from the smallest.
func goals(costs []QueryCost) []goal {
	small, c := costs[0], costs[len(costs)-1]
	list := c.shape(shapeList)
	atLeast := func(name string, value, least float64) goal {
		return goal{name, fmt.Sprintf("≥ %.2f", least), fmt.Sprintf("%.2f", value), value >= least}
	}
	atMost := func(name string, value, most float64) goal {
		return goal{name, fmt.Sprintf("≤ %.1f ×", most), fmt.Sprintf("%.1f ×", value), value <= most}
	}
	within := func(name string, value, most time.Duration) goal {
		return goal{name, "≤ " + ms(most) + " ms", ms(value) + " ms", value <= most}
	}
	times := func(name, page string) float64 { return c.shape(page).Program.Rate / c.shape(name).Program.Rate }
	found := []goal{
		atLeast("list page ÷ its statement alone", list.Ratio(), goalRate),
		atMost("p99 of the list page ÷ the statement's",
			float64(list.Program.Percent)/float64(list.Limit.Percent), goalPercent),
		atLeast("list page ÷ naive page, 30 days", c.shape(shapeNaive).Ratio(), goalNaive),
		within("combinations of filters, 395 days: p99", c.Combinations.Percent, slowCombination),
		within("combinations of filters: worst", c.Combinations.Worst, goalWorst),
		atLeast("look-up by trade number ÷ list page", 1/times(shapeTrade, shapeGiant), 1),
		atLeast("look-up by order number ÷ list page", 1/times(shapeOrder, shapeGiant), 1),
		atLeast("far page ÷ page 1", 1/times(shapePageFar, shapePageOne), goalFar),
		atMost("totals of 30 days ÷ list page, time", times(shapeTotals30, shapeGiant), goalTotals30),
		atMost("totals of 395 days ÷ list page, time", times(shapeTotals395, shapeGiant), goalTotals395),
		atLeast("CSV export ÷ COPY, rows", c.Export.Ratio(), goalExport),
		{
			"memory of the export above idle", fmt.Sprintf("≤ %.0f MB", megabytes(goalMemory)),
			fmt.Sprintf("%.0f MB", megabytes(c.Export.MemoryPeak-c.Export.MemoryBefore)),
			c.Export.MemoryPeak-c.Export.MemoryBefore <= goalMemory,
		},
	}
	if len(costs) > 1 { // of the giant, whose page is full at both sizes
		found = append(found, atLeast(fmt.Sprintf("list page at %d ÷ at %d", c.Rows, small.Rows),
			c.shape(shapeGiant).Program.Rate/small.shape(shapeGiant).Program.Rate, goalGrowth))
	}
	return found
}
