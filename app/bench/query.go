package bench

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"slices"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/postgres/naive"
)

// QueryOptions say how 信用卡交易專用查詢 is measured.
type QueryOptions struct {
	Rows         []int         // transactions, a database for each
	Within       time.Duration // of one measurement, whole seconds
	Rounds       int           // of which the middle one counts
	Clients      int
	Combinations int    // of filters
	Shapes       int    // the first so many kinds of search alone; 0 for all
	Data         string // keeps the databases for the next run; empty: they are removed
	Binaries     string // folder of PostgreSQL's programs; empty: look for them
	Seed         uint64
	Progress     io.Writer
}

// ShapeCost is what one kind of search costs over HTTP, and its statement alone.
type ShapeCost struct {
	Name    string
	Program Load
	Limit   Load
}

// Ratio is the program's rate as a part of the database's own.
func (c ShapeCost) Ratio() float64 { return c.Program.Rate / c.Limit.Rate }

// QueryCost is what was measured with one number of rows.
type QueryCost struct {
	Rows         int
	Shapes       []ShapeCost
	Combinations Load // one client, each once
	Empty        int  // combinations that found nothing
	Export       ExportCost
	PeakMemory   int64 // bytes that the program, and this measurement in it, took at most
}

// shape returns the cost of a shape by its name.
func (c QueryCost) shape(name string) ShapeCost {
	i := slices.IndexFunc(c.Shapes, func(s ShapeCost) bool { return s.Name == name })
	if i < 0 {
		return ShapeCost{}
	}
	return c.Shapes[i]
}

// Query measures pages of 信用卡交易專用查詢 over HTTP, signed in, permission checked and
// compressed, beside the same statements sent by pgbench. Every page is held against
// the database before it is timed.
func Query(ctx context.Context, o QueryOptions) (costs []QueryCost, err error) {
	if o.Data == "" {
		if o.Data, err = os.MkdirTemp("", "memberzone-bench"); err != nil {
			return nil, fmt.Errorf("make a directory: %w", err)
		}
		data := o.Data
		defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	}
	for _, rows := range o.Rows {
		cost, err := queryCost(ctx, o, rows)
		if err != nil {
			return nil, fmt.Errorf("measure %d transactions: %w", rows, err)
		}
		costs = append(costs, cost)
	}
	return costs, nil
}

func queryCost(ctx context.Context, o QueryOptions, rows int) (cost QueryCost, err error) {
	_, _ = fmt.Fprintf(o.Progress, "%d transactions: starting\n", rows)
	l, err := openLab(ctx, o, rows)
	defer func() { err = errors.Join(err, l.close()) }()
	if err != nil {
		return QueryCost{}, err
	}
	cost.Rows = rows
	if cost.Export.MemoryBefore, err = memoryNow(); err != nil {
		return QueryCost{}, err
	}
	forgetPeak()
	shapes, err := l.shapes(ctx)
	if err != nil {
		return QueryCost{}, err
	}
	if o.Shapes > 0 {
		shapes = shapes[:o.Shapes]
	}
	for _, s := range shapes {
		c, err := l.measure(ctx, s)
		if err != nil {
			return QueryCost{}, fmt.Errorf("%s: %w", s.name, err)
		}
		_, _ = fmt.Fprintf(o.Progress, "%s: %.0f/s, %.0f %% of the database's\n", s.name, c.Program.Rate, 100*c.Ratio())
		cost.Shapes = append(cost.Shapes, c)
	}
	naive, err := l.naive(ctx)
	if err != nil {
		return QueryCost{}, err
	}
	cost.Shapes = append(cost.Shapes, naive)
	if cost.Combinations, cost.Empty, err = l.combinations(ctx); err != nil {
		return QueryCost{}, err
	}
	if cost.PeakMemory, err = peakMemory(); err != nil {
		return QueryCost{}, err
	}
	cost.Export, err = l.export(ctx, cost.Export.MemoryBefore)
	return cost, err
}

// naive asks for the list of 30 days, and for the same page as it is often written.
func (l *lab) naive(ctx context.Context) (ShapeCost, error) {
	t, err := l.page(ctx, l.giant, l.days(30))
	if err != nil {
		return ShapeCost{}, err
	}
	to := clock.DateOf(l.newest)
	list, err := naive.Open(l.url)
	if err != nil {
		return ShapeCost{}, err
	}
	defer func() { _ = list.Close() }()
	server := httptest.NewServer(list.Handler(naive.Query{
		Member: int64(l.giant.scope.Member()), From: to.AddDays(-29).Start(), To: to.End(),
	}))
	defer server.Close()
	address := server.Listener.Addr().String()
	body, err := t.fetch(ctx, address)
	if err != nil {
		return ShapeCost{}, err
	}
	if n := bytes.Count(body, []byte("<tr>")); n != len(t.shown) {
		return ShapeCost{}, fmt.Errorf("%w: the naive page shows %d rows, ours %d", errAnswer, n, len(t.shown))
	}
	return l.inTurns(ctx, shape{shapeNaive, []target{t}}, func(o loadOptions) (Load, error) {
		o.address = address
		return load(ctx, o, [][]byte{t.request(address)})
	})
}

func (l *lab) loadOptions() loadOptions {
	return loadOptions{address: l.address, clients: l.o.Clients, within: l.o.Within, seed: l.o.Seed}
}

// measure asks for the pages of a shape, and sends their statements, in turns.
func (l *lab) measure(ctx context.Context, s shape) (ShapeCost, error) {
	statements := make([]string, len(s.targets))
	for i, t := range s.targets {
		statements[i] = t.limit
	}
	return l.inTurns(ctx, s, func(o loadOptions) (Load, error) { return l.limit.run(ctx, o, statements) })
}

// inTurns asks for the pages of a shape, checked first, and does what they stand beside, in
// turns.
func (l *lab) inTurns(ctx context.Context, s shape, beside func(loadOptions) (Load, error)) (ShapeCost, error) {
	o, requests := l.loadOptions(), make([][]byte, len(s.targets))
	for i, t := range s.targets {
		if err := l.verify(ctx, t); err != nil {
			return ShapeCost{}, err
		}
		requests[i] = t.request(l.address)
	}
	var program, limit []Load
	for range l.o.Rounds {
		one, err := load(ctx, o, requests)
		if err != nil {
			return ShapeCost{}, err
		}
		alone, err := beside(o)
		if err != nil {
			return ShapeCost{}, err
		}
		program, limit = append(program, one), append(limit, alone)
	}
	return ShapeCost{Name: s.name, Program: middle(program), Limit: middle(limit)}, nil
}

// middle is the load whose rate is in the middle.
func middle(loads []Load) Load {
	slices.SortFunc(loads, func(a, b Load) int { return cmp.Compare(a.Rate, b.Rate) })
	return loads[len(loads)/2]
}
