package workday

import (
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
)

// ErrYear tells that a calendar is not that of whole years. What is returned says what
// is missing.
var ErrYear = fault.New(fault.Invalid, "calendar_year", "工作日曆不完整。").At("csv")

// Bounds of what a year can be: 2024 to 2026 have 12 to 19 days off.
const (
	offMin      = 6
	offMax      = 30
	newYearDays = 5 // at least, in one stretch with its weekends
)

// fixed are the holidays that fall on the same date every year and are always free of work
// (the act on memorial days and holidays; 紀念日及節日實施條例).
var fixed = []struct {
	month time.Month
	day   int
	name  string
}{
	{time.January, 1, "開國紀念日"},
	{time.February, 28, "和平紀念日"},
	{time.April, 4, "兒童節"},
	{time.October, 10, "國慶日"},
}

// season is a part of a year in which at least one weekday is free: the holiday that moves
// in it, or what makes up for it.
type season struct {
	from  time.Month
	first int
	until time.Month
	last  int
	name  string
}

// seasons of the holidays of the lunar calendar besides its New Year.
var seasons = []season{
	{time.May, 25, time.June, 30, "端午節"},
	{time.September, 4, time.October, 8, "中秋節"},
}

// CheckYears tells whether the calendar has all of each of its years, as far as that can be
// told: half a year's file, or one of another year, is found. It returns ErrYear.
func (c Calendar) CheckYears() error {
	for _, year := range c.years {
		if why := c.incomplete(year); why != "" {
			f := *ErrYear
			f.Public = fmt.Sprintf("%d 年的工作日曆不完整：%s。", year, why)
			return &f
		}
	}
	return nil
}

func (c Calendar) incomplete(year int) string {
	for _, holiday := range fixed {
		at := dateOf(year, holiday.month, holiday.day)
		if working, _ := c.IsWorking(at); working {
			return fmt.Sprintf("%s（%s）不是放假日", holiday.name, at)
		}
	}
	if !c.hasNewYear(year) {
		return fmt.Sprintf("找不到連續 %d 天以上的春節假期", newYearDays)
	}
	for _, s := range seasons {
		if !c.hasOff(dateOf(year, s.from, s.first), dateOf(year, s.until, s.last)) {
			return "找不到" + s.name + "的假期"
		}
	}
	if off := c.Count(year).Off; off < offMin || off > offMax {
		return fmt.Sprintf("平日放假 %d 天，應為 %d 至 %d 天", off, offMin, offMax)
	}
	return ""
}

// hasNewYear tells that there is a stretch without work where the Lunar New Year can be: its
// first day falls between 21 January and 20 February.
func (c Calendar) hasNewYear(year int) bool {
	start := dateOf(year, time.January, 15)
	stretch := 0
	for n := range 45 {
		if working, _ := c.IsWorking(start.AddDays(n)); working {
			stretch = 0
			continue
		}
		if stretch++; stretch >= newYearDays {
			return true
		}
	}
	return false
}

func (c Calendar) hasOff(from, to clock.Date) bool {
	for d := from; !to.Before(d); d = d.AddDays(1) {
		if c.days[d].Kind == Off {
			return true
		}
	}
	return false
}

// Change is a day that two calendars see differently. A zero Before or After is a day like
// others of its week.
type Change struct {
	Date          clock.Date
	Before, After Day
}

// Diff lists the days of the years of next that it sees differently than c does, in their
// order. A name that differs is a change.
func (c Calendar) Diff(next Calendar) []Change {
	var changes []Change
	for _, d := range New(append(next.Days(), c.Days()...)).Days() { // each date of either, once
		before, after := c.days[d.Date], next.days[d.Date]
		if next.Knows(yearOf(d.Date)) && before != after {
			changes = append(changes, Change{Date: d.Date, Before: before, After: after})
		}
	}
	return changes
}
