package clock

import (
	"errors"
	"fmt"
	"time"
)

// ErrDate tells that a text is not a calendar day of the form YYYY-MM-DD.
var ErrDate = errors.New("clock: not a date of the form YYYY-MM-DD")

// Date is a calendar day in Taipei. Its zero value is no day.
type Date struct {
	year  int
	month time.Month
	day   int
}

// DateOf returns the day in Taipei on which t falls.
func DateOf(t time.Time) Date {
	y, m, d := t.In(Taipei).Date()
	return Date{y, m, d}
}

// ParseDate reads YYYY-MM-DD. It returns ErrDate for anything else, days that
// the calendar lacks among them.
func ParseDate(s string) (Date, error) {
	t, err := time.ParseInLocation(time.DateOnly, s, Taipei)
	if err != nil || t.Year() < 1980 {
		return Date{}, fmt.Errorf("%w: %q", ErrDate, s)
	}
	return DateOf(t), nil
}

// IsZero tells that d is no day.
func (d Date) IsZero() bool { return d == Date{} }

// String writes YYYY-MM-DD, and nothing for the zero date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// AddDays returns the day n days later (earlier for a negative n).
func (d Date) AddDays(n int) Date {
	return DateOf(time.Date(d.year, d.month, d.day+n, 12, 0, 0, 0, Taipei))
}

// Start is the first instant of the day in Taipei, in UTC.
func (d Date) Start() time.Time {
	return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, Taipei).UTC()
}

// End is the first instant after the day: ranges of days are half open.
func (d Date) End() time.Time { return d.AddDays(1).Start() }

// Equal tells that both are the same day, or both no day.
func (d Date) Equal(other Date) bool { return d == other }

// Before tells that d comes before other.
func (d Date) Before(other Date) bool { return d.Start().Before(other.Start()) }

// DaysUntil counts the days from d to other: 0 for the same day.
func (d Date) DaysUntil(other Date) int {
	return int(other.Start().Sub(d.Start()) / (24 * time.Hour))
}
