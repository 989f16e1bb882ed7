package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"time"

	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
)

// combinations asks for the first page of random combinations of filters over the giant
// member's year, one after the other: once to hold the page against the database, which
// also brings what it needs into memory, and once to time it.
func (l *lab) combinations(ctx context.Context) (Load, int, error) {
	random := rand.New(rand.NewPCG(l.o.Seed, 0xc0b1))
	targets := make([]target, l.o.Combinations)
	empty := 0
	for i := range targets {
		t, err := l.page(ctx, l.giant, l.combination(random))
		if err != nil {
			return Load{}, 0, err
		}
		if err := l.verify(ctx, t); err != nil {
			return Load{}, 0, err
		}
		if len(t.shown) == 0 {
			empty++
		}
		targets[i] = t
	}
	b, err := newBrowser(ctx, l.address)
	if err != nil {
		return Load{}, 0, err
	}
	defer func() { _ = b.Close() }()
	took := make([]time.Duration, len(targets))
	start := time.Now()
	for i, t := range targets {
		took[i] = timed(func() { err = b.get(t.request(l.address)) })
		if err != nil {
			return Load{}, 0, fmt.Errorf("%s: %w", t.path(), err)
		}
		if took[i] > slowCombination {
			_, _ = fmt.Fprintf(l.o.Progress, "slow: %v %s\n", took[i].Round(time.Millisecond), t.path())
		}
	}
	return loadOf(took, time.Since(start)), empty, nil
}

// slowCombination is what a combination may take at most; a slower one is told.
const slowCombination = 150 * time.Millisecond

// combination draws two to six conditions, rare ones among them.
func (l *lab) combination(random *rand.Rand) url.Values {
	values := l.days(longDays)
	stores := l.giant.scope.Stores()
	add := []func(){
		func() { values.Set("date_kind", string(pick(random, report.DateKinds))) },
		func() { values["store"] = []string{pick(random, stores).MerchantID} },
		func() { values["pay_type"] = []string{string(pick(random, payment.PayTypes))} },
		func() { values.Set("threeds", "1") },
		func() {
			low := 1 + random.IntN(200_000)
			values.Set("amt_min", strconv.Itoa(low))
			values.Set("amt_max", strconv.Itoa(low+random.IntN(2_000)))
		},
		func() { values.Set("store_type", string(pick(random, report.StoreTypes))) },
		func() {
			values.Set("method", string(report.ByToken))
			values.Set("token_kind", string(pick(random, report.TokenKinds)))
		},
		func() { values.Set("method", string(report.ByPhone)); values.Del("token_kind") },
		func() { values["status"] = []string{string(pick(random, payment.Statuses))} },
		func() {
			values["status"] = []string{string(pick(random, payment.Statuses[:5])), string(pick(random, payment.Statuses[5:]))}
		},
		func() { values.Set("funds", string(pick(random, report.FundsStates))) },
	}
	random.Shuffle(len(add), func(i, j int) { add[i], add[j] = add[j], add[i] })
	for _, condition := range add[:2+random.IntN(5)] {
		condition()
	}
	return values
}

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }
