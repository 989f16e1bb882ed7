package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// WriteQuery writes what was measured as tables, with the goals. met is false if one was
// measured and missed.
func WriteQuery(w io.Writer, o QueryOptions, costs []QueryCost) (met bool, err error) {
	var text strings.Builder
	for _, c := range costs {
		_, _ = fmt.Fprintf(&text, "%d transactions, %d clients; the middle of %d rounds of %v.\n",
			c.Rows, o.Clients, o.Rounds, o.Within)
		table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
		_, _ = fmt.Fprint(table, "page over HTTP\t/s\tp50 ms\tp99 ms\tstatement /s\tp50 ms\tp99 ms\tratio\t\n")
		for _, s := range c.Shapes {
			_, _ = fmt.Fprintf(table, "%s\t%.0f\t%s\t%s\t%.0f\t%s\t%s\t%.2f\t\n", s.Name,
				s.Program.Rate, ms(s.Program.Median), ms(s.Program.Percent),
				s.Limit.Rate, ms(s.Limit.Median), ms(s.Limit.Percent), s.Ratio())
		}
		if err := table.Flush(); err != nil {
			return false, fmt.Errorf("write the table: %w", err)
		}
		e := c.Export
		_, _ = fmt.Fprintf(&text, "CSV export of %d rows: %.0f rows/s, COPY %.0f rows/s, ratio %.2f; "+
			"memory %.0f MB, at most %.0f MB.\n",
			e.Rows, e.Program, e.Limit, e.Ratio(), megabytes(e.MemoryBefore), megabytes(e.MemoryPeak))
		_, _ = fmt.Fprintf(&text, "%d combinations of filters, %d of them finding nothing: "+
			"p50 %s, p99 %s, worst %s ms. Peak memory %.0f MB.\n\n", c.Combinations.Answers, c.Empty,
			ms(c.Combinations.Median), ms(c.Combinations.Percent), ms(c.Combinations.Worst), megabytes(c.PeakMemory))
	}
	met = true
	measured := costs[len(costs)-1].Rows >= goalRows
	_, _ = fmt.Fprintf(&text, "Goals, of %d transactions or more:\n", goalRows)
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, g := range goals(costs) {
		word := "met"
		switch {
		case !measured:
			word = "not measured: too few rows"
		case !g.met:
			word, met = "MISSED", false
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", g.name, g.limit, g.measured, word)
	}
	if err := table.Flush(); err != nil {
		return false, fmt.Errorf("write the goals: %w", err)
	}
	_, err = io.WriteString(w, text.String())
	return met, err
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f", float64(d.Microseconds())/1000) }
