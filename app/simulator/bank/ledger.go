package bank

import (
	"fmt"
	"sync"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/secret"
)

// requestsMax bounds the ledger: a simulator that has run for months says so
// instead of eating the machine's memory.
const requestsMax = 2_000_000

// ledger is the bank's truth: what has become of each request id.
type ledger struct {
	keys    keys
	clock   clock.Clock
	journal *journal

	mu      sync.Mutex
	entries map[string]*entry
	order   []string // request ids as they came

	batches    map[string]*batch
	batchOrder []string            // batch ids as they came
	items      map[string]item     // of all batches
	captured   map[string]captured // by request id of the authorisation
	since      time.Time           // of the first record, or of the opening
	vault      *vault
}

type entry struct {
	record
	deliveries int
	reversed   bool
	seq        int64 // of the entry's last record that counts, in the journal
}

func openLedger(path string, k keys, c clock.Clock) (*ledger, error) {
	l := &ledger{keys: k, clock: c, since: c.Now()}
	l.forget()
	j, err := openJournal(path, l.apply)
	if err != nil {
		return nil, err
	}
	l.journal = j
	return l, nil
}

// apply brings one record of the journal into the memory: at the start, and for
// each record after it was written.
func (l *ledger) apply(r record, seq int64) {
	if r.At.Before(l.since) {
		l.since = r.At
	}
	if r.Kind == kindBatch || r.Kind == kindBatchRepeat {
		l.applyBatch(r, seq)
		return
	}
	if l.vault.apply(r, l.keys) {
		return
	}
	e := l.entries[r.RequestID]
	if e == nil {
		e = &entry{record: r, seq: seq}
		l.entries[r.RequestID] = e
		l.order = append(l.order, r.RequestID)
	}
	switch r.Kind {
	case kindReversal:
		e.reversed, e.seq = true, seq
	case kindAuthorisation, kindRepeat:
		e.deliveries++
	}
}

// authorise processes one delivery of a request. A decline ordered from outside
// counts only if the id is new. It returns errConflict for an id that another
// content has taken.
func (l *ledger) authorise(q request, pan secret.PAN, decline string) (answer, error) {
	e, err := l.post(record{
		Kind: kindAuthorisation, RequestID: q.RequestID, At: l.clock.Now(), Content: l.keys.contentHash(q),
		MerchantID: q.MerchantID, TradeNo: q.TradeNo, ECI: q.ECI,
	}, func(r *record) {
		l.decideFor(r, q, pan)
		if a := &r.Answer; decline != "" {
			a.Status, a.RespondCode, a.Message, a.BonusPaid = Declined, decline, words[decline], 0
		}
		if r.Answer.Status == Approved {
			r.Answer.ApprovalCode = l.keys.approvalCode(q.RequestID)
		}
	})
	if err != nil {
		return answer{}, err
	}
	return e.answer(), l.journal.sync(e.seq)
}

// decideFor fills in the decision. A token's is the one of the card behind it. The caller
// holds mu.
func (l *ledger) decideFor(r *record, q request, pan secret.PAN) {
	if q.NetworkToken {
		l.decideForToken(r, q, pan)
		return
	}
	r.Card, r.First6, r.Last4 = l.keys.cardHash(pan), pan.First6(), pan.Last4()
	r.Answer = decide(q, faceOf(pan), r.At)
}

// post writes the record of a delivery: the first decides, later ones only count.
func (l *ledger) post(r record, decide func(*record)) (entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch e := l.entries[r.RequestID]; {
	case e == nil && len(l.entries) >= requestsMax:
		return entry{}, fmt.Errorf("bank: the ledger is full at %d requests", requestsMax)
	case e != nil && e.Content != "" && e.Content != r.Content:
		return entry{}, errConflict
	case e != nil:
		r = record{Kind: kindRepeat, RequestID: r.RequestID, At: r.At}
	default:
		decide(&r)
	}
	if err := l.write(r); err != nil {
		return entry{}, err
	}
	return *l.entries[r.RequestID], nil
}

// reverse makes sure that the id is not charged, now or later. An id never seen
// is kept as reversed. A declined request stays declined: it is not charged. What is
// captured stays approved: it takes a refund to give that back.
func (l *ledger) reverse(id string) (answer, error) {
	e, err := l.tombstone(id)
	if err != nil {
		return answer{}, err
	}
	return e.answer(), l.journal.sync(e.seq)
}

func (l *ledger) tombstone(id string) (entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.entries[id]; e == nil || !e.reversed && l.captured[id].amount == 0 {
		if e == nil && len(l.entries) >= requestsMax {
			return entry{}, fmt.Errorf("bank: the ledger is full at %d requests", requestsMax)
		}
		if err := l.write(record{Kind: kindReversal, RequestID: id, At: l.clock.Now()}); err != nil {
			return entry{}, err
		}
	}
	return *l.entries[id], nil
}

// write journals a record and brings it into the memory. The caller holds mu.
func (l *ledger) write(r record) error {
	seq, err := l.journal.append(r)
	if err != nil {
		return err
	}
	l.apply(r, seq)
	return nil
}

// inquire tells what has become of an id; ok is false for one never seen.
func (l *ledger) inquire(id string) (a answer, ok bool, err error) {
	l.mu.Lock()
	e := l.entries[id]
	if e == nil {
		l.mu.Unlock()
		return answer{}, false, nil
	}
	now := *e
	l.mu.Unlock()
	return now.answer(), true, l.journal.sync(now.seq)
}

func (l *ledger) reset() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.journal.truncate(); err != nil {
		return err
	}
	l.forget()
	l.since = l.clock.Now()
	return nil
}

// forget empties the memory.
func (l *ledger) forget() {
	l.entries, l.order = map[string]*entry{}, nil
	l.batches, l.batchOrder = map[string]*batch{}, nil
	l.items, l.captured = map[string]item{}, map[string]captured{}
	l.vault = newVault(l.vault)
}

func (l *ledger) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.journal.close()
}

func (e entry) status() Status {
	if e.reversed && e.Answer.Status != Declined {
		return Reversed
	}
	return e.Answer.Status
}

func (e entry) answer() answer {
	a := e.Answer
	if e.status() == Reversed {
		a.RequestID, a.Status, a.RespondCode, a.Message = e.RequestID, Reversed, "12", reversedWords
		a.ApprovalCode, a.BonusPaid = "", 0
	}
	return a
}

// Charge is one request as the management API shows it.
type Charge struct {
	RequestID    string    `json:"request_id"`
	MerchantID   string    `json:"merchant_id"`
	TradeNo      string    `json:"trade_no"` // empty for an id reversed before it was seen
	Amount       money.TWD `json:"amount"`
	Status       Status    `json:"status"`
	RespondCode  string    `json:"respond_code"`
	ApprovalCode string    `json:"approval_code"`
	ECI          string    `json:"eci"`
	First6       string    `json:"card_first6"`
	Last4        string    `json:"card_last4"`
	Token        string    `json:"network_token,omitempty"` // its reference, of a payment by token
	Deliveries   int       `json:"deliveries"`              // how often the request arrived
	At           time.Time `json:"at"`
}

// Totals count requests. Charges are those approved and not reversed: what the
// cardholders pay.
type Totals struct {
	Requests   int       `json:"requests"`
	Deliveries int       `json:"deliveries"`
	Charges    int       `json:"charges"`
	Amount     money.TWD `json:"amount"` // of the charges
	Declined   int       `json:"declined"`
	Reversed   int       `json:"reversed"`
}

// Report lists requests in the order they came, with their totals, over all and
// for each trade number.
type Report struct {
	Charges []Charge          `json:"charges"`
	Totals  Totals            `json:"totals"`
	TradeNo map[string]Totals `json:"by_trade_no"`
}

// Filter narrows a Report; empty fields do not.
type Filter struct {
	RequestID string
	TradeNo   string
}

func (f Filter) fits(c Charge) bool {
	return (f.RequestID == "" || f.RequestID == c.RequestID) && (f.TradeNo == "" || f.TradeNo == c.TradeNo)
}

func (l *ledger) report(f Filter) Report {
	rep := Report{Charges: []Charge{}, TradeNo: map[string]Totals{}}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range l.order {
		if c := l.entries[id].charge(); f.fits(c) {
			rep.Charges = append(rep.Charges, c)
		}
	}
	for _, c := range rep.Charges {
		rep.Totals = rep.Totals.with(c)
		if c.TradeNo != "" {
			rep.TradeNo[c.TradeNo] = rep.TradeNo[c.TradeNo].with(c)
		}
	}
	return rep
}

func (e entry) charge() Charge {
	a, reference := e.answer(), ""
	if e.By != nil {
		reference = e.By.Reference
	}
	return Charge{
		Token:     reference,
		RequestID: e.RequestID, MerchantID: e.MerchantID, TradeNo: e.TradeNo, Amount: a.Amount,
		Status: a.Status, RespondCode: a.RespondCode, ApprovalCode: a.ApprovalCode, ECI: e.ECI,
		First6: e.First6, Last4: e.Last4, Deliveries: e.deliveries, At: e.At,
	}
}

func (t Totals) with(c Charge) Totals {
	t.Requests++
	t.Deliveries += c.Deliveries
	switch c.Status {
	case Approved:
		t.Charges++
		t.Amount += c.Amount
	case Declined:
		t.Declined++
	case Reversed:
		t.Reversed++
	}
	return t
}
