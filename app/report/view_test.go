package report_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/report"
)

func TestAViewMovesWithTheDay(t *testing.T) {
	t.Parallel()
	today := clock.DateOf(now) // 2026-11-24
	tests := []struct {
		name, query     string
		period          report.Period
		on, from, until string
	}{
		{"seven days", "", report.LastDays, "2027-03-02", "2027-02-24", "2027-03-02"},
		{"today", "from=2026-11-24&to=2026-11-24", report.LastDays, "2026-12-31", "2026-12-31", "2026-12-31"},
		{"yesterday", "from=2026-11-23&to=2026-11-23", report.Yesterday, "2027-01-01", "2026-12-31", "2026-12-31"},
		{"this month", "from=2026-11-01&to=2026-11-24", report.ThisMonth, "2028-02-29", "2028-02-01", "2028-02-29"},
		{"last month", "from=2026-10-01&to=2026-10-31", report.LastMonth, "2028-03-01", "2028-02-01", "2028-02-29"},
		{"in January", "from=2026-10-01&to=2026-10-31", report.LastMonth, "2027-01-31", "2026-12-01", "2026-12-31"},
		{"fixed", "from=2026-10-05&to=2026-10-07", report.FixedDays, "2027-10-05", "2026-10-05", "2026-10-07"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			values := query(t, "status=failed&status=voided&limit=20&cursor=&totals=1&"+tt.query)
			f, faults := report.ParseTransactionFilter(values, now)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			v, err := report.NewView(f, values, tt.period, today)
			if err != nil {
				t.Fatal(err)
			}
			want := url.Values{
				"status": {"failed", "voided"}, "limit": {"20"}, "from": {tt.from}, "to": {tt.until},
			}
			if diff := cmp.Diff(want, v.Values(date(t, tt.on))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAViewTakesOnlyAPeriodThatItsDaysMean(t *testing.T) {
	t.Parallel()
	today := clock.DateOf(now)
	for _, tt := range []struct {
		query string
		want  []report.Period
	}{
		{"", []report.Period{report.LastDays, report.FixedDays}},
		{"from=2026-11-01&to=2026-11-24", []report.Period{report.LastDays, report.ThisMonth, report.FixedDays}},
		{"from=2026-10-01&to=2026-10-31", []report.Period{report.LastMonth, report.FixedDays}},
		{"from=2026-11-23&to=2026-11-23", []report.Period{report.Yesterday, report.FixedDays}},
		{"from=2026-11-01&to=2026-11-05", []report.Period{report.FixedDays}},
	} {
		values := query(t, tt.query)
		f, _ := report.ParseTransactionFilter(values, now)
		if got := report.Periods(f, today); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v", tt.query, got)
		}
		for _, period := range []report.Period{
			report.LastDays, report.Yesterday, report.ThisMonth, report.LastMonth, report.FixedDays, "", "year",
		} {
			_, err := report.NewView(f, values, period, today)
			if fits := slices.Contains(tt.want, period); fits != (err == nil) || !fits && !errors.Is(err, report.ErrViewPeriod) {
				t.Errorf("%s as %q: %v", tt.query, period, err)
			}
		}
	}
}

func TestAViewKeepsNoCard(t *testing.T) {
	t.Parallel()
	values := query(t, "by=card_no&card_key=KEY&status=failed")
	f, faults := report.ParseTransactionFilter(values, now)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	v, err := report.NewView(f, values, report.LastDays, clock.DateOf(now))
	if err != nil || v.Query.Encode() != "status=failed" {
		t.Errorf("%q, %v", v.Query.Encode(), err)
	}
	values.Set("q", strings.Repeat("x", 8001))
	if _, err := report.NewView(f, values, report.LastDays, clock.DateOf(now)); !errors.Is(err, report.ErrViewLong) {
		t.Errorf("too long: %v", err)
	}
}

func TestParseViewName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" 每日 \n 對帳 ": "每日 對帳", strings.Repeat("字", 40): strings.Repeat("字", 40), "": "", " \t": "",
		strings.Repeat("字", 41): "", "a\x01b": "",
	} {
		got, err := report.ParseViewName(text)
		if got != want || (want == "") != errors.Is(err, report.ErrViewName) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

func TestKnownColumns(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		in, want  []report.Column
		wantUsual bool
	}{
		{name: "none are the usual ones", wantUsual: true},
		{name: "unknown ones alone", in: []report.Column{"x"}, wantUsual: true},
		{
			name: "order kept, each once, the trade number always there",
			in:   []report.Column{report.ColAmount, "x", report.ColStatus, report.ColAmount},
			want: []report.Column{report.ColTradeNo, report.ColAmount, report.ColStatus},
		},
		{
			name: "the trade number where it was put", in: []report.Column{report.ColAmount, report.ColTradeNo},
			want: []report.Column{report.ColAmount, report.ColTradeNo},
		},
	} {
		want := tt.want
		if tt.wantUsual {
			want = report.UsualColumns
		}
		if got := report.KnownColumns(tt.in); !slices.Equal(got, want) {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
