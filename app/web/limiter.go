package web

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
)

// AddressLimiter bounds how often each client address may do something. Its memory
// is bounded: of two generations of addresses the older is dropped when the younger
// is full. It is safe for concurrent use.
type AddressLimiter struct {
	clock clock.Clock
	every rate.Limit
	burst int

	mu      sync.Mutex
	younger map[netip.Prefix]*rate.Limiter
	older   map[netip.Prefix]*rate.Limiter
}

// addressesMax is how many addresses one generation holds.
const addressesMax = 20_000

// NewAddressLimiter allows each address burst at once, and one more after every
// pause.
func NewAddressLimiter(c clock.Clock, burst int, every time.Duration) *AddressLimiter {
	return &AddressLimiter{
		clock: c, every: rate.Every(every), burst: burst, younger: map[netip.Prefix]*rate.Limiter{},
	}
}

// Allow reports whether the address may, and counts it.
func (l *AddressLimiter) Allow(address string) bool {
	return l.limiter(account.Origin{Address: address}.Network()).AllowN(l.clock.Now(), 1)
}

func (l *AddressLimiter) limiter(p netip.Prefix) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if known, ok := l.younger[p]; ok {
		return known
	}
	known, ok := l.older[p]
	if !ok {
		known = rate.NewLimiter(l.every, l.burst)
	}
	if len(l.younger) >= addressesMax {
		l.older, l.younger = l.younger, make(map[netip.Prefix]*rate.Limiter, addressesMax)
	}
	l.younger[p] = known
	return known
}
