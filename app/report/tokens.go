package report

import (
	"context"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
)

// TokenCount is how often a store's cards were bound and charged on one day.
type TokenCount struct {
	Store   member.StoreID
	Day     clock.Date // in Taipei
	Binds   int64      // Token綁定
	Charges int64      // Token交易
}

// FunnelPart is what the payments of a FunnelCount have in common.
type FunnelPart string

// The parts.
const (
	FunnelAll     FunnelPart = "all"     // nothing: the whole funnel
	FunnelBrand   FunnelPart = "brand"   // visa, mastercard
	FunnelBrowser FunnelPart = "browser" // chrome, edge, firefox, safari, other; empty when it is not known
	FunnelReason  FunnelPart = "reason"  // why they fell back, as Journey.Reason has it
)

// FunnelCount is how far payments came to which Passkey applied. Each counts once in each
// figure, however many verifications it had: the list with the Journey has as many.
type FunnelCount struct {
	Part  FunnelPart
	Value string

	Eligible int64
	Asked    int64
	Bound    int64
	Used     int64
	FellBack int64
}

// Tokens counts what is done with Passkeys and tokens. Both ends of a range are included.
type Tokens interface {
	// TokenCounts lists the days and stores with events, the latest day first, then by store.
	TokenCounts(ctx context.Context, s Scope, from, to clock.Date) ([]TokenCount, error)
	// Funnel counts the payments that were ordered in the days, by each FunnelPart. It
	// returns nothing when there is none.
	Funnel(ctx context.Context, s Scope, from, to clock.Date) ([]FunnelCount, error)
}
