package clock_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/clock"
)

func TestDateOfFollowsTaipei(t *testing.T) {
	t.Parallel()
	tests := []struct{ utc, want string }{
		{"2026-11-23T15:59:59Z", "2026-11-23"},
		{"2026-11-23T16:00:00Z", "2026-11-24"},
		{"2026-12-31T16:00:00Z", "2027-01-01"},
	}
	for _, tt := range tests {
		at, err := time.Parse(time.RFC3339, tt.utc)
		if err != nil {
			t.Fatal(err)
		}
		if got := clock.DateOf(at).String(); got != tt.want {
			t.Errorf("DateOf(%s) = %s, want %s", tt.utc, got, tt.want)
		}
	}
}

func TestParseDateRefuses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "2026-2-1", "2026-02-30", "2026/02/01", "20260201", "0001-01-01", "２０２６-01-01"} {
		if d, err := clock.ParseDate(in); !errors.Is(err, clock.ErrDate) {
			t.Errorf("ParseDate(%q) = %v, %v; want ErrDate", in, d, err)
		}
	}
}

func TestDaysAreHalfOpenAndTile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(315532800, 4102444800).Draw(t, "unix"), 0)
		d := clock.DateOf(at)
		if at.Before(d.Start()) || !at.Before(d.End()) {
			t.Fatalf("%v lies outside its own day %v", at, d)
		}
		if next := d.AddDays(1); !next.Start().Equal(d.End()) || d.DaysUntil(next) != 1 || !d.Before(next) {
			t.Fatalf("%v and %v do not tile", d, next)
		}
		if back, err := clock.ParseDate(d.String()); err != nil || back != d {
			t.Fatalf("ParseDate(%q) = %v, %v", d.String(), back, err)
		}
	})
}

func TestFakeStandsStillUntilMoved(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 24, 1, 2, 3, 4_000_999, time.UTC)
	f := clock.NewFake(start)
	if got := f.Now(); !got.Equal(start.Truncate(clock.Precision)) {
		t.Fatalf("Now = %v", got)
	}
	f.Advance(time.Minute)
	if got := f.Now(); !got.Equal(start.Truncate(clock.Precision).Add(time.Minute)) {
		t.Fatalf("Now after Advance = %v", got)
	}
}
