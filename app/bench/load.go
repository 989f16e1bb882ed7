package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Load is what came of asking for something again and again, with several clients.
type Load struct {
	Rate            float64       // answers a second
	Median, Percent time.Duration // the percentiles 50 and 99
	Worst           time.Duration
	Answers         int
}

// loadOf sums up the times of single answers.
func loadOf(took []time.Duration, within time.Duration) Load {
	if len(took) == 0 {
		return Load{}
	}
	slices.Sort(took)
	at := func(percent int) time.Duration { return took[(len(took)-1)*percent/100] }
	return Load{
		Rate: float64(len(took)) / within.Seconds(), Median: at(50), Percent: at(99),
		Worst: took[len(took)-1], Answers: len(took),
	}
}

// browser sends requests over one connection that stays open. It reads no more of an
// answer than it must, so that the measurement is of the server and not of itself.
type browser struct {
	net.Conn
	r *bufio.Reader
}

func newBrowser(ctx context.Context, address string) (*browser, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect to the program: %w", err)
	}
	return &browser{Conn: c, r: bufio.NewReaderSize(c, 64<<10)}, nil
}

var errAnswer = errors.New("the program's answer is not the page that was asked for")

// get sends a whole request and returns once the whole answer is there. It takes only
// answers with a length.
func (b *browser) get(request []byte) error {
	if _, err := b.Write(request); err != nil {
		return fmt.Errorf("send request: %w", err)
	}
	line, err := b.r.ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 200")) {
		return fmt.Errorf("%w: %s", errAnswer, bytes.TrimSpace(line))
	}
	length := -1
	for {
		line, err := b.r.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return fmt.Errorf("%w: %w", errAnswer, err)
			}
		}
	}
	if length < 0 {
		return fmt.Errorf("%w: it has no length", errAnswer)
	}
	if _, err := b.r.Discard(length); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return nil
}

// loadOptions say how requests are sent.
type loadOptions struct {
	address string
	clients int
	within  time.Duration
	seed    uint64
}

// load sends the requests in random order, each client the next one when the answer is
// there, until the time is over.
func load(ctx context.Context, o loadOptions, requests [][]byte) (Load, error) {
	took := make([][]time.Duration, o.clients)
	failed := make([]error, o.clients)
	var all sync.WaitGroup
	start := time.Now()
	for i := range o.clients {
		all.Go(func() { took[i], failed[i] = o.client(ctx, start, i, requests) })
	}
	all.Wait()
	return loadOf(slices.Concat(took...), time.Since(start)), errors.Join(failed...)
}

func (o loadOptions) client(
	ctx context.Context, start time.Time, number int, requests [][]byte,
) (took []time.Duration, err error) {
	b, err := newBrowser(ctx, o.address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = b.Close() }()
	random := rand.New(rand.NewPCG(o.seed, uint64(number)))
	for last := time.Now(); last.Sub(start) < o.within; {
		if err := b.get(requests[random.IntN(len(requests))]); err != nil {
			return took, err
		}
		now := time.Now()
		took, last = append(took, now.Sub(last)), now
		if ctx.Err() != nil {
			return took, ctx.Err()
		}
	}
	return took, nil
}
