package shop

import (
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/wire"
)

const (
	ordersMax   = 300 // the oldest are forgotten
	failuresMax = 20  // notifications that may be made to fail at once
)

// order is what the shop knows of a sale.
type order struct {
	number   string
	store    store
	amount   money.TWD
	at       time.Time
	returned *delivery // by ReturnURL, the latest genuine one
	notified *delivery // by NotifyURL, the latest genuine one
	answered *delivery // by /API/CreditCard, the latest whose CheckCode holds
	proven   bool      // a genuine delivery has said once that it is paid

	page    string          // for the cardholder's browser, while they are to be verified
	passkey json.RawMessage // what the shop's page needs to ask for the Passkey; nil for none
}

// delivery is what arrived by one way.
type delivery struct {
	at      time.Time
	outer   []wire.Pair
	notice  *wire.Notice // nil when it is not genuine
	problem string       // why it does not count, zh-Hant-TW
}

// paid tells that a genuine delivery is of a payment.
func (d *delivery) paid() bool { return d.notice.Status == string(wire.Success) }

// traded tells that the gateway has made a trade of the order: only then will it
// notify, and find the order when asked.
func (o order) traded() bool {
	return o.returned != nil && o.returned.notice.Result["TradeNo"] != "" ||
		o.notified != nil && o.notified.notice.Result["TradeNo"] != "" ||
		o.answered != nil && o.answered.notice.Result["TradeNo"] != ""
}

// orders is the shop's memory. It hands out copies.
type orders struct {
	mu       sync.Mutex
	byNumber map[string]*order
	sequence []string // numbers, the oldest first
	failures int      // how many of the next notifications are to fail
}

func newOrders() *orders { return &orders{byNumber: map[string]*order{}} }

// open keeps a new order. ok is false if the number stands for another sale; the
// same sale may be sent to the gateway once more.
func (o *orders) open(n order) (ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if known, found := o.byNumber[n.number]; found {
		return known.store.merchantID == n.store.merchantID && known.amount == n.amount
	}
	o.keep(n)
	return true
}

func (o *orders) keep(n order) {
	o.byNumber[n.number] = &n
	o.sequence = append(o.sequence, n.number)
	if len(o.sequence) > ordersMax {
		delete(o.byNumber, o.sequence[0])
		o.sequence = slices.Delete(o.sequence, 0, 1)
	}
}

// find returns an order.
func (o *orders) find(number string) (order, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	known, found := o.byNumber[number]
	if !found {
		return order{}, false
	}
	return *known, true
}

// change changes an order that is there.
func (o *orders) change(number string, do func(*order)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if known, found := o.byNumber[number]; found {
		do(known)
	}
}

// all lists the orders, the newest first.
func (o *orders) all() []order {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := make([]order, 0, len(o.sequence))
	for _, number := range slices.Backward(o.sequence) {
		list = append(list, *o.byNumber[number])
	}
	return list
}

// failNext sets how many of the next notifications fail.
func (o *orders) failNext(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failures = min(max(n, 0), failuresMax)
}

// failing returns how many of the next notifications fail.
func (o *orders) failing() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failures
}

// takeFailure reports whether this notification is to fail, and counts it.
func (o *orders) takeFailure() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failures == 0 {
		return false
	}
	o.failures--
	return true
}
