package onboarding

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/notify"
)

// What a readiness check looks back on: the newest orders of the last 30 days.
const (
	SeenDays   = 30
	SeenOrders = 1000
)

// Verdict is what came of one item of a readiness check.
type Verdict string

// The verdicts.
const (
	Pass    Verdict = "ok"
	Warn    Verdict = "warn"    // Passkey will work, and something is worth a look
	Fail    Verdict = "fail"    // Passkey would not work, or not for these payments
	Unknown Verdict = "unknown" // nothing was seen that would tell
)

// Label returns the words of a verdict (zh-Hant-TW).
func (v Verdict) Label() string {
	switch v {
	case Pass:
		return "符合"
	case Warn:
		return "請留意"
	case Fail:
		return "需調整"
	}
	return "尚無資料"
}

// ItemCode names an item of a readiness check.
type ItemCode string

// The items, in the order of a check.
const (
	ItemStore        ItemCode = "store"         // the store does business, in live mode
	ItemThreeD       ItemCode = "threed"        // a 3D store, or orders with P3D=1
	ItemVersion      ItemCode = "api_version"   // hosted 2.0, server to server 2.5
	ItemPayer        ItemCode = "payer_fields"  // name in two fields, and phone
	ItemReturnURL    ItemCode = "return_url"    // an address that a browser can be sent to
	ItemNotifyURL    ItemCode = "notify_url"    // an address that we can call
	ItemNotifyAnswer ItemCode = "notify_answer" // it answers 200
	ItemBrands       ItemCode = "brands"        // Visa and Mastercard
)

// Item is one item of a readiness check, in the words of its day (zh-Hant-TW).
type Item struct {
	Code    ItemCode `json:"code"`
	Verdict Verdict  `json:"verdict"`
	Label   string   `json:"label"`
	Found   string   `json:"found"` // what was seen
	Todo    string   `json:"todo"`  // what to do; empty where there is nothing
}

// Check is a readiness check of one store.
type Check struct {
	At         time.Time      `json:"at"`
	Store      member.StoreID `json:"store"`
	MerchantID string         `json:"merchant_id"`
	Items      []Item         `json:"items"`
}

// Ready tells that no item has failed.
func (c Check) Ready() bool { return c.Worst() != Fail }

// Worst is the gravest verdict: Fail before Warn before Unknown before Pass.
func (c Check) Worst() Verdict {
	grave := map[Verdict]int{Unknown: 1, Warn: 2, Fail: 3}
	worst := Pass
	for _, item := range c.Items {
		if grave[item.Verdict] > grave[worst] {
			worst = item.Verdict
		}
	}
	return worst
}

// Checker tells how ready stores are for Passkey.
type Checker interface {
	// Check returns a check of each store that exists, in the order that was asked for. It
	// calls the stores' NotifyURLs, which takes seconds.
	Check(ctx context.Context, stores []member.StoreID) ([]Check, error)
}

// SeenStore reads what stores have shown of themselves.
type SeenStore interface {
	// Seen returns each store that exists with its newest orders since a time, the newest
	// first and at most limit of each, and what became of its notifications since.
	Seen(ctx context.Context, stores []member.StoreID, since time.Time, limit int) ([]Seen, error)
}

// Prober calls a merchant's NotifyURL to see whether it answers.
type Prober interface {
	Probe(ctx context.Context, url string) notify.Probe
}

// ReadinessOptions say what a Readier is built from. Seen, Prober and Clock are required.
type ReadinessOptions struct {
	Seen   SeenStore
	Prober Prober
	Clock  clock.Clock
	// LocalMerchants takes addresses on this machine and any port for good: for the demo
	// and for tests.
	LocalMerchants bool
}

// Readier checks stores. It implements Checker and is safe for concurrent use.
type Readier struct{ o ReadinessOptions }

// NewReadier returns a Readier.
func NewReadier(o ReadinessOptions) *Readier { return &Readier{o} }

// probesAtOnce bounds what one check calls at the same time.
const probesAtOnce = 4

// Check implements Checker.
func (r *Readier) Check(ctx context.Context, stores []member.StoreID) ([]Check, error) {
	now := r.o.Clock.Now()
	seen, err := r.o.Seen.Seen(ctx, stores, now.AddDate(0, 0, -SeenDays), SeenOrders)
	if err != nil {
		return nil, fmt.Errorf("read what the stores have shown: %w", err)
	}
	byID := make(map[member.StoreID]Facts, len(seen))
	for _, s := range seen {
		f := s.facts()
		f.Local = r.o.LocalMerchants
		byID[s.Store.ID] = f
	}
	probes := r.probe(ctx, byID)
	checks := make([]Check, 0, len(seen))
	for _, id := range stores {
		f, ok := byID[id]
		if !ok {
			continue
		}
		f.Probe = probes[f.NotifyURL]
		checks = append(checks, Check{At: now, Store: id, MerchantID: f.Store.MerchantID, Items: Readiness(f)})
	}
	return checks, nil
}

// probe calls each NotifyURL once, however many stores share it.
func (r *Readier) probe(ctx context.Context, stores map[member.StoreID]Facts) map[string]notify.Probe {
	urls := map[string]bool{}
	for _, f := range stores {
		if f.NotifyURL != "" {
			urls[f.NotifyURL] = true
		}
	}
	var (
		group  sync.WaitGroup
		mu     sync.Mutex
		probes = make(map[string]notify.Probe, len(urls))
		room   = make(chan struct{}, probesAtOnce)
	)
	for url := range urls {
		group.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			p := r.o.Prober.Probe(ctx, url)
			mu.Lock()
			defer mu.Unlock()
			probes[url] = p
		})
	}
	group.Wait()
	return probes
}
