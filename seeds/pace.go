package seeds

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/memberzone/memberzone/app/clock"
)

// hourWeights is a day's rhythm in Taipei: quiet before dawn, a peak at noon, the
// highest after dinner.
var hourWeights = [24]int64{
	34, 18, 10, 6, 5, 7, 14, 26, 40, 58, 72, 80, 92, 78, 70, 70, 68, 66, 70, 82, 96, 104, 92, 62,
}

// weekdayWeights are per cent, from Sunday.
var weekdayWeights = [7]int64{112, 98, 94, 95, 96, 101, 108}

// pace hands out times in ascending order, spread over hours by their weight.
type pace struct {
	slots   []slot
	total   int64 // rows
	weight  int64 // of all slots
	passed  int64 // weight of the slots that were handed out
	given   int64 // rows of the slots that were handed out
	current []int64
}

// slot is an hour of the range, the first and the last perhaps cut.
type slot struct {
	start, milliseconds, weight int64 // start in Unix milliseconds
}

func newPace(from, to time.Time, rows int, seed uint64) *pace {
	p := &pace{total: int64(rows)}
	span := max(to.Sub(from).Milliseconds(), 1)
	for start := from; start.Before(to); {
		end := start.Truncate(time.Hour).Add(time.Hour)
		if end.After(to) {
			end = to
		}
		length := end.Sub(start).Milliseconds()
		growth := 80 + 40*start.Sub(from).Milliseconds()/span
		jitter := 80 + int64(mix(seed+uint64(start.Unix()))%41)
		w := dayWeight(start) * growth / 100 * jitter / 100 * length / time.Hour.Milliseconds()
		p.slots = append(p.slots, slot{start.UnixMilli(), length, w})
		p.weight += w
		start = end
	}
	return p
}

// dayWeight is the weight of a whole hour by its hour, weekday and day.
func dayWeight(at time.Time) int64 {
	local := at.In(clock.Taipei)
	w := hourWeights[local.Hour()] * 100 * weekdayWeights[local.Weekday()] / 100
	switch day := local.Day(); {
	case local.Month() == time.November && day == 11, local.Month() == time.December && day == 12:
		return w * 240 / 100 // shopping festivals
	case day >= 5 && day <= 10:
		return w * 118 / 100 // pay days
	}
	return w
}

// next returns the next time, to the millisecond; the zero time at the end.
func (p *pace) next(rnd *rand.Rand) time.Time {
	for len(p.current) == 0 {
		if len(p.slots) == 0 {
			return time.Time{}
		}
		p.openSlot(rnd)
	}
	at := time.UnixMilli(p.current[0]).UTC()
	p.current = p.current[1:]
	return at
}

// openSlot draws the times of the next slot. The shares are cut from the running
// total, so that all rows are handed out and none twice.
func (p *pace) openSlot(rnd *rand.Rand) {
	s := p.slots[0]
	p.slots = p.slots[1:]
	p.passed += s.weight
	due := p.total
	if len(p.slots) > 0 && p.weight > 0 {
		due = p.total * p.passed / p.weight
	}
	p.current = p.current[:0]
	for ; p.given < due; p.given++ {
		p.current = append(p.current, s.start+rnd.Int64N(s.milliseconds))
	}
	slices.Sort(p.current)
}
