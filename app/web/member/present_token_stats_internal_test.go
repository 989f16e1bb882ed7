package member

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/report"
)

// Whatever the range and the counts are, no bar leaves the chart and every count has one.
func TestBarsStayInTheChart(t *testing.T) {
	t.Parallel()
	last, err := clock.ParseDate("2026-11-24")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.IntRange(1, statsDaysMax).Draw(t, "days")
		q := statsQuery{from: last.AddDays(1 - length), to: last}
		days := map[clock.Date]report.TokenCount{}
		bars := map[string]bool{}
		for range rapid.IntRange(0, 8).Draw(t, "counted") {
			day := q.from.AddDays(rapid.IntRange(0, length-1).Draw(t, "day"))
			days[day] = report.TokenCount{Binds: rapid.Int64Range(0, 1_000_000_000).Draw(t, "binds"), Charges: 1}
		}
		for day, c := range days {
			name := day.String()
			if length > chartDays {
				name = name[:7]
			}
			bars[name+"charge"] = true
			if c.Binds > 0 {
				bars[name+"bind"] = true
			}
		}
		chart := tokenChart(q, days)
		width := number(t, chart.Width)
		if len(chart.Bars) != len(bars) || width > chartSlot*chartDays {
			t.Fatalf("%d bars for %d counts, %d wide", len(chart.Bars), len(bars), width)
		}
		for _, bar := range chart.Bars {
			x, y, height := number(t, bar.X), number(t, bar.Y), number(t, bar.Height)
			if x < 0 || x+number(t, bar.Width) > width || y < 0 || height < 1 || y+height != chartHeight {
				t.Fatalf("bar %+v in %s by %s", bar, chart.Width, chart.Height)
			}
		}
	})
}

func number(t *rapid.T, text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
