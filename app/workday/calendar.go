package workday

import (
	"maps"
	"slices"
	"time"

	"github.com/memberzone/memberzone/app/clock"
)

// Kind says how a day differs from other days of its week.
type Kind string

// The kinds of day.
const (
	Off  Kind = "off"  // a weekday without work: a holiday, or a bridging day
	Work Kind = "work" // a Saturday with work, made up for a bridging day: 補行上班
)

// Day is one that differs from other days of its week.
type Day struct {
	Date clock.Date
	Kind Kind
	Name string // zh-Hant-TW
}

// Calendar knows the working days of some years. Its zero value knows none. It never
// changes, and is safe for concurrent use.
type Calendar struct {
	days  map[clock.Date]Day
	years []int // ascending
}

// New returns the calendar of the years of the given days. Of two of the same date the
// later one counts.
func New(days []Day) Calendar {
	c := Calendar{days: make(map[clock.Date]Day, len(days))}
	years := map[int]bool{}
	for _, d := range days {
		c.days[d.Date] = d
		years[yearOf(d.Date)] = true
	}
	c.years = slices.Sorted(maps.Keys(years))
	return c
}

// Merge returns a calendar with the years of both, those of other as a whole where both
// have one.
func (c Calendar) Merge(other Calendar) Calendar {
	days := other.Days()
	for _, d := range c.Days() {
		if !other.Knows(yearOf(d.Date)) {
			days = append(days, d)
		}
	}
	return New(days)
}

// Years returns the years that the calendar knows, in ascending order.
func (c Calendar) Years() []int { return slices.Clone(c.years) }

// Knows tells that the calendar has a year.
func (c Calendar) Knows(year int) bool {
	_, ok := slices.BinarySearch(c.years, year)
	return ok
}

// Days returns the days that differ, in their order.
func (c Calendar) Days() []Day {
	return slices.SortedFunc(maps.Values(c.days), func(a, b Day) int { return b.Date.DaysUntil(a.Date) })
}

// Year returns the calendar of one year alone: none if it is not known.
func (c Calendar) Year(year int) Calendar {
	return New(slices.DeleteFunc(c.Days(), func(d Day) bool { return yearOf(d.Date) != year }))
}

// Count is how a year's days add up.
type Count struct {
	Working int
	Off     int // weekdays without work
	MakeUp  int // Saturdays with work
}

// Count adds up the days of a year, with weekends only where the year is not known.
func (c Calendar) Count(year int) (n Count) {
	for d := dateOf(year, time.January, 1); yearOf(d) == year; d = d.AddDays(1) {
		if working, _ := c.IsWorking(d); working {
			n.Working++
		}
		switch c.days[d].Kind {
		case Off:
			n.Off++
		case Work:
			n.MakeUp++
		}
	}
	return n
}

// IsWorking tells whether people work on a day. Of a year that the calendar lacks it knows
// the weekends only: known is false.
func (c Calendar) IsWorking(d clock.Date) (working, known bool) {
	weekday := weekdayOf(d)
	working = weekday != time.Saturday && weekday != time.Sunday
	if day, ok := c.days[d]; ok {
		working = day.Kind == Work
	}
	return working, c.Knows(yearOf(d))
}

// Result is a day that was counted.
type Result struct {
	Date    clock.Date
	Missing []int // years on the way that the calendar lacks, in ascending order: not exact then
}

// Add returns the nth working day after a day, which does not count itself; the day itself
// for n below 1. Work is looked for on every day after it, so n should be small.
func (c Calendar) Add(d clock.Date, n int) Result {
	var missing []int
	for ; n > 0; n-- {
		for {
			d = d.AddDays(1)
			working, known := c.IsWorking(d)
			if !known {
				missing = note(missing, yearOf(d))
			}
			if working {
				break
			}
		}
	}
	return Result{Date: d, Missing: missing}
}

// Between counts the working days after one day up to and including another: Add with what
// it counts leads from the first to the second, if people work on that. It is 0 if the
// second is not after the first. missing is as in Result.
func (c Calendar) Between(from, to clock.Date) (n int, missing []int) {
	for d := from; d.Before(to); {
		d = d.AddDays(1)
		working, known := c.IsWorking(d)
		if !known {
			missing = note(missing, yearOf(d))
		}
		if working {
			n++
		}
	}
	return n, missing
}

// note adds a year, which comes in ascending order.
func note(years []int, year int) []int {
	if len(years) > 0 && years[len(years)-1] == year {
		return years
	}
	return append(years, year)
}

// noonOf is in the middle of the day, in Taipei.
func noonOf(d clock.Date) time.Time { return d.Start().Add(12 * time.Hour).In(clock.Taipei) }

func yearOf(d clock.Date) int             { return noonOf(d).Year() }
func weekdayOf(d clock.Date) time.Weekday { return noonOf(d).Weekday() }

func dateOf(year int, month time.Month, day int) clock.Date {
	return clock.DateOf(time.Date(year, month, day, 12, 0, 0, 0, clock.Taipei))
}

// Label returns the words of a kind (zh-Hant-TW).
func (k Kind) Label() string {
	switch k {
	case Off:
		return "放假"
	case Work:
		return "補行上班"
	}
	return "照常"
}

// String writes the day's kind and name, such as 放假（國慶日）; 照常 for the zero Day.
func (d Day) String() string {
	if d.Name == "" {
		return d.Kind.Label()
	}
	return d.Kind.Label() + "（" + d.Name + "）"
}
