package seeds

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/payment"
)

// Next hands out one generated transaction after the other, the oldest first. What it
// returns may be read until the next call. It ends with io.EOF. No ID is set: the
// database gives them.
type Next = func() (*payment.History, error)

// Target is a database that takes generated rows.
type Target interface {
	Stores
	// Taken returns those of the trade numbers that are in use already. The
	// numbers come in ascending order.
	Taken(ctx context.Context, nos []ident.TradeNo) ([]ident.TradeNo, error)
	// CopyTransactions stores what next hands out, in constant memory, and calls
	// stored with the number of transactions that were committed since the last
	// call. After an error, what was reported as stored stays, complete.
	CopyTransactions(ctx context.Context, next Next, stored func(transactions int)) error
}

// defaultMonths is how far back generated transactions go.
const defaultMonths = 3

// GenerateOptions say what to generate.
type GenerateOptions struct {
	Transactions int
	Members      int // generated members to spread them over; 0 for the demonstration's stores
	Months       int // how far back from Now they go; 0 for 3
	Seed         uint64
	Now          time.Time             // the newest row is older than this
	Progress     func(done, total int) // transactions; may be nil
}

// ErrOptions tells that a number is negative or that Now is missing.
var ErrOptions = errors.New("seeds: Transactions, Members and Months must not be negative, and Now must be set")

// Generate stores generated transactions with their attempts and events. The
// same options give the same rows over the same stores.
//
// A further run adds to what is there. Trade numbers in use are passed over: a
// row then takes the next free number of its second, so that the same seed twice
// gives the same history under other numbers. Order numbers and the acquirer's
// request IDs follow from the trade number and are as unique. Live traffic is
// never in the way: its numbers carry a later second than the newest row.
//
// With Members, the first of them gets three tenths of the rows and the others
// ever fewer. A generated member that is there already is used again.
func Generate(ctx context.Context, target Target, o GenerateOptions) error {
	if o.Transactions < 0 || o.Members < 0 || o.Months < 0 || o.Now.IsZero() {
		return ErrOptions
	}
	if o.Months == 0 {
		o.Months = defaultMonths
	}
	now := o.Now.UTC().Truncate(time.Second)
	from := now.AddDate(0, -o.Months, 0)
	sites, err := findSites(ctx, target, o.Members, from)
	if err != nil {
		return fmt.Errorf("generate transactions: %w", err)
	}
	g := &generator{
		target: target, sites: sites, seed: o.Seed, now: now,
		rnd:  rand.New(rand.NewPCG(o.Seed, 0x5eed)),
		pace: newPace(from, now, o.Transactions, o.Seed),
	}
	done := 0
	stored := func(transactions int) {
		done += transactions
		if o.Progress != nil {
			o.Progress(done, o.Transactions)
		}
	}
	if err := target.CopyTransactions(ctx, g.next(ctx), stored); err != nil {
		return fmt.Errorf("generate transactions: %w", err)
	}
	return nil
}

// batchRows is how many transactions are numbered at once, a few more where a
// second would be split.
const batchRows = 2000

// history is one transaction with everything that happened to it.
type history struct {
	payment.History
	site *site
}

type generator struct {
	target Target
	sites  *sites
	pace   *pace
	rnd    *rand.Rand
	seed   uint64
	now    time.Time

	batch  []history
	at     int       // the next of batch to hand out
	ahead  time.Time // the first time of the next batch; zero before the first and after the last
	marked int       // transactions old enough to stand anywhere in a life, see life.go
}

func (g *generator) next(ctx context.Context) Next {
	g.ahead = g.pace.next(g.rnd)
	return func() (*payment.History, error) {
		if g.at == len(g.batch) {
			g.fill()
			if err := g.number(ctx); err != nil {
				return nil, err
			}
		}
		if len(g.batch) == 0 {
			return nil, io.EOF
		}
		h := &g.batch[g.at]
		g.at++
		return &h.History, nil
	}
}

// fill makes the next batch, empty at the end. It never splits a second: the
// numbers of one second are given out together.
func (g *generator) fill() {
	g.batch, g.at = g.batch[:0], 0
	for !g.ahead.IsZero() {
		n := len(g.batch)
		if n >= batchRows && g.ahead.Unix() != g.batch[n-1].CreatedAt.Unix() {
			return
		}
		g.batch = grow(g.batch)
		g.live(&g.batch[n], g.ahead)
		g.ahead = g.pace.next(g.rnd)
	}
}

// grow makes the batch one longer, with the memory of the last time.
func grow(batch []history) []history {
	if len(batch) < cap(batch) {
		return batch[:len(batch)+1]
	}
	return append(batch, history{})
}

// secondNumbers is how many transactions of one second have different numbers.
const secondNumbers = 100_000

// ErrSecondFull tells that the numbers of one second are used up.
var ErrSecondFull = errors.New("seeds: a second has no free trade number left: use another Now, or more months")

// number gives the batch its trade numbers and what follows from them.
func (g *generator) number(ctx context.Context) error {
	given := map[int64]int64{} // numbers given out, by second
	open := make([]int, len(g.batch))
	for i := range open {
		open[i] = i
	}
	for len(open) > 0 {
		nos := make([]ident.TradeNo, len(open))
		for i, place := range open {
			h := &g.batch[place]
			second := h.CreatedAt.Unix()
			if given[second] == secondNumbers {
				return fmt.Errorf("%w (%s)", ErrSecondFull, h.CreatedAt.In(clock.Taipei).Format(time.DateTime))
			}
			h.TradeNo = ident.NewTradeNo(h.CreatedAt, secondDigits(g.seed, second, given[second]))
			given[second]++
			nos[i] = h.TradeNo
		}
		taken, err := g.target.Taken(ctx, sorted(nos))
		if err != nil {
			return fmt.Errorf("look for trade numbers in use: %w", err)
		}
		open = stillOpen(g.batch, open, taken)
	}
	for i := range g.batch {
		g.batch[i].identify()
	}
	return nil
}

// secondDigits walks through all numbers of a second in steps that share no
// factor with their count, from a place that depends on seed and second.
func secondDigits(seed uint64, second, n int64) int64 {
	start := int64(mix(seed^uint64(second)) % secondNumbers)
	return (start + n*7919) % secondNumbers
}

// mix scatters the bits of a number (the finaliser of SplitMix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
