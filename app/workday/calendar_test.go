package workday_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/workday"
	"github.com/memberzone/memberzone/seeds"
)

func taiwan(t testing.TB) workday.Calendar {
	t.Helper()
	c, err := seeds.TaiwanWorkdays()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func date(t testing.TB, text string) clock.Date {
	t.Helper()
	d, err := clock.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDaysAreAsTaiwanAnnouncedThem(t *testing.T) {
	t.Parallel()
	c := taiwan(t)
	for text, want := range map[string]bool{
		"2024-01-01": false, // 開國紀念日
		"2024-01-02": true,
		"2024-02-07": true,
		"2024-02-08": false, // the Lunar New Year, eight days with the weekend
		"2024-02-12": false,
		"2024-02-14": false,
		"2024-02-15": true,
		"2024-02-17": true, // a Saturday, made up for 8 February
		"2024-02-18": false,
		"2024-04-05": false, // a bridge to the weekend
		"2025-01-27": false, // bridged to the Lunar New Year
		"2025-01-31": false,
		"2025-02-03": true,
		"2025-02-08": true, // a Saturday, made up for 27 January
		"2025-02-09": false,
		"2025-05-30": false, // 端午節 falls on a Saturday
		"2025-12-25": false, // a holiday since 2025
		"2024-12-25": true,
		"2026-02-13": true,
		"2026-02-14": false,
		"2026-02-20": false,
		"2026-02-23": true,
		"2026-05-01": false, // 勞動節, of everybody since 2026
		"2026-10-09": false, // 國慶日 falls on a Saturday
		"2026-10-10": false,
	} {
		if working, known := c.IsWorking(date(t, text)); working != want || !known {
			t.Errorf("%s: working %t, known %t; want %t", text, working, known, want)
		}
	}
	if working, known := c.IsWorking(date(t, "2027-01-01")); !working || known {
		t.Errorf("a Friday of a year that is missing: working %t, known %t", working, known)
	}
	if working, known := c.IsWorking(date(t, "2023-12-31")); working || known {
		t.Errorf("a Sunday of a year that is missing: working %t, known %t", working, known)
	}
}

func TestWorkingDaysAreCountedFromTheDayAfter(t *testing.T) {
	t.Parallel()
	c := taiwan(t)
	for _, tt := range []struct {
		name, from, third, fifth string
		missing                  []int
	}{
		{name: "an ordinary week", from: "2024-03-04", third: "2024-03-07", fifth: "2024-03-11"},
		{name: "from a Saturday", from: "2024-03-09", third: "2024-03-13", fifth: "2024-03-15"},
		{name: "Lunar New Year and its make-up Saturday", from: "2024-02-07", third: "2024-02-17", fifth: "2024-02-20"},
		{name: "within the Lunar New Year", from: "2024-02-10", third: "2024-02-17", fifth: "2024-02-20"},
		{name: "from a make-up Saturday", from: "2024-02-17", third: "2024-02-21", fifth: "2024-02-23"},
		{name: "Lunar New Year of 2025", from: "2025-01-24", third: "2025-02-05", fifth: "2025-02-07"},
		{name: "to the make-up Saturday of 2025", from: "2025-02-05", third: "2025-02-08", fifth: "2025-02-11"},
		{name: "over the make-up Saturday of 2025", from: "2025-02-07", third: "2025-02-11", fifth: "2025-02-13"},
		{name: "Lunar New Year and a bridge of 2026", from: "2026-02-13", third: "2026-02-25", fifth: "2026-03-02"},
		{name: "bridging holidays of spring 2024", from: "2024-04-03", third: "2024-04-10", fifth: "2024-04-12"},
		{name: "bridging holidays of spring 2026", from: "2026-04-02", third: "2026-04-09", fifth: "2026-04-13"},
		{name: "two holidays about a weekend", from: "2026-09-24", third: "2026-10-01", fifth: "2026-10-05"},
		{name: "the turn of a year", from: "2024-12-30", third: "2025-01-03", fifth: "2025-01-07"},
		{name: "Christmas and the turn of a year", from: "2025-12-24", third: "2025-12-30", fifth: "2026-01-02"},
		{
			name: "into a year that is missing", from: "2026-12-30", third: "2027-01-04", fifth: "2027-01-06",
			missing: []int{2027},
		},
		{
			name: "out of a year that is missing", from: "2023-12-28", third: "2024-01-03", fifth: "2024-01-05",
			missing: []int{2023},
		},
	} {
		from := date(t, tt.from)
		third, fifth := c.Add(from, 3), c.Add(from, 5)
		if third.Date.String() != tt.third || fifth.Date.String() != tt.fifth || !slices.Equal(fifth.Missing, tt.missing) {
			t.Errorf("%s: %v and %v, want %s and %s, missing %v", tt.name, third, fifth, tt.third, tt.fifth, tt.missing)
		}
		if n, missing := c.Between(from, fifth.Date); n != 5 || !slices.Equal(missing, tt.missing) {
			t.Errorf("%s: %d working days between, missing %v", tt.name, n, missing)
		}
	}
}

// The day of the clock is Taipei's: two minutes about midnight are two days.
func TestTheDayTurnsAtMidnightInTaipei(t *testing.T) {
	t.Parallel()
	c := taiwan(t)
	for at, want := range map[string]string{
		"2026-02-11T15:59:00Z": "2026-02-25", // 23:59 on Wednesday 11 February in Taipei
		"2026-02-11T16:01:00Z": "2026-02-26", // 00:01 on the Thursday
		"2024-02-16T15:59:00Z": "2024-02-22", // 23:59 on the day before a make-up Saturday
		"2024-02-16T16:01:00Z": "2024-02-23", // 00:01 on the make-up Saturday
	} {
		instant, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Add(clock.DateOf(instant), 5).Date.String(); got != want {
			t.Errorf("the fifth working day from %s is %s, want %s", at, got, want)
		}
	}
}

func TestAddingNothingStays(t *testing.T) {
	t.Parallel()
	c, d := taiwan(t), date(t, "2024-02-10")
	for _, n := range []int{0, -3} {
		if got := c.Add(d, n); got.Date != d || got.Missing != nil {
			t.Errorf("%d: %v", n, got)
		}
	}
	if n, missing := c.Between(d, d.AddDays(-30)); n != 0 || missing != nil {
		t.Errorf("backwards: %d, %v", n, missing)
	}
}

func TestACountLeadsBackToItsDay(t *testing.T) {
	t.Parallel()
	c, first := taiwan(t), date(t, "2023-06-01")
	rapid.Check(t, func(t *rapid.T) {
		from := first.AddDays(rapid.IntRange(0, 1500).Draw(t, "day"))
		n := rapid.IntRange(1, 60).Draw(t, "n")
		got := c.Add(from, n)
		if working, _ := c.IsWorking(got.Date); !working || !from.Before(got.Date) {
			t.Fatalf("%d after %s is %s, where nobody works", n, from, got.Date)
		}
		back, missing := c.Between(from, got.Date)
		if back != n || !slices.Equal(missing, got.Missing) {
			t.Fatalf("%s to %s: %d, missing %v; want %d, missing %v", from, got.Date, back, missing, n, got.Missing)
		}
		step := c.Add(c.Add(from, n-1).Date, 1)
		if n > 1 && step.Date != got.Date {
			t.Fatalf("%d after %s is %s, and one after the one before is %s", n, from, got.Date, step.Date)
		}
		sum := 0
		for d := from; d.Before(got.Date); d = d.AddDays(7) { // in pieces it is as many
			end := d.AddDays(7)
			if got.Date.Before(end) {
				end = got.Date
			}
			piece, _ := c.Between(d, end)
			sum += piece
		}
		if sum != n {
			t.Fatalf("%s to %s in pieces: %d, want %d", from, got.Date, sum, n)
		}
	})
}

func TestTheYearsOfTheProgramAreWhole(t *testing.T) {
	t.Parallel()
	c := taiwan(t)
	if years := c.Years(); !slices.Equal(years, []int{2024, 2025, 2026}) {
		t.Fatalf("years %v", years)
	}
	if err := c.CheckYears(); err != nil {
		t.Error(err)
	}
	// As the Directorate-General of Personnel Administration has announced.
	for year, want := range map[int]workday.Count{
		2024: {Working: 251, Off: 12, MakeUp: 1}, 2025: {Working: 247, Off: 15, MakeUp: 1}, 2026: {Working: 245, Off: 16},
		2027: {Working: 261},
	} {
		if got := c.Count(year); got != want {
			t.Errorf("%d: %+v, want %+v", year, got, want)
		}
	}
}

func TestALaterCalendarReplacesItsYearsAsAWhole(t *testing.T) {
	t.Parallel()
	c := taiwan(t)
	next := workday.New([]workday.Day{
		{Date: date(t, "2026-03-03"), Kind: workday.Off, Name: "颱風假"},
		{Date: date(t, "2027-01-01"), Kind: workday.Off, Name: "開國紀念日"},
	})
	merged := c.Merge(next)
	if years := merged.Years(); !slices.Equal(years, []int{2024, 2025, 2026, 2027}) {
		t.Errorf("years %v", years)
	}
	for text, want := range map[string]bool{
		"2026-03-03": false, "2026-02-16": true, "2027-01-01": false, "2025-02-08": true, "2024-02-12": false,
	} {
		if working, _ := merged.IsWorking(date(t, text)); working != want {
			t.Errorf("%s: working %t", text, working)
		}
	}
	changes := c.Diff(next)
	if len(changes) != 18 { // 16 days of 2026 fall away, two are new
		t.Fatalf("%d changes", len(changes))
	}
	if first := changes[0]; first.Date.String() != "2026-01-01" || first.Before.String() != "放假（開國紀念日）" ||
		first.After.String() != "照常" {
		t.Errorf("first %v", first)
	}
	if last := changes[17]; last.Date.String() != "2027-01-01" || last.Before != (workday.Day{}) {
		t.Errorf("last %v", last)
	}
	if same := c.Diff(c.Year(2025)); len(same) != 0 {
		t.Errorf("the same year differs: %v", same)
	}
	if name := (workday.Day{Kind: workday.Work, Name: "補行上班"}).String(); name != "補行上班（補行上班）" {
		t.Error(name)
	}
}
