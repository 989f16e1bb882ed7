package clock

import (
	"sync"
	"time"
	_ "time/tzdata" // a bare container must answer the same as a full machine
)

// Precision is the finest time that is kept anywhere.
const Precision = time.Millisecond

// Taipei is the zone of every date and time that a person or a merchant sees.
// It has had no summer time since 1979.
var Taipei = mustLoad("Asia/Taipei")

func mustLoad(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic("clock: the embedded zone data lacks " + name)
	}
	return zone
}

// Clock tells the present time, in UTC, truncated to Precision.
type Clock interface {
	Now() time.Time
}

// System is the machine's clock.
type System struct{}

// Now implements Clock.
func (System) Now() time.Time { return time.Now().UTC().Truncate(Precision) }

// Fake is a clock that stands still until it is moved. Its zero value stands at
// the zero time. It is safe for concurrent use.
type Fake struct {
	mu  sync.Mutex
	now time.Time
}

// NewFake returns a clock that stands at now.
func NewFake(now time.Time) *Fake {
	return &Fake{now: now.UTC().Truncate(Precision)}
}

// Now implements Clock.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// Advance moves the clock by d.
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d).Truncate(Precision)
}
