package bench

import (
	"runtime"
	"slices"
	"time"
)

// Sample is what one thing took in each round, in nanoseconds for one time.
type Sample []float64

func (s *Sample) add(took time.Duration, times int) {
	*s = append(*s, float64(took.Nanoseconds())/float64(times))
}

// Least is the shortest round: the one that the rest of the machine disturbed least.
func (s Sample) Least() float64 { return slices.Min(s) }

// Median is the round in the middle.
func (s Sample) Median() float64 {
	sorted := slices.Sorted(slices.Values(s))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// timed measures do.
func timed(do func()) time.Duration {
	start := time.Now()
	do()
	return time.Since(start)
}

// heap returns the bytes of the heap that are in use once the garbage is collected.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what the first one only marked for finalisation
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
