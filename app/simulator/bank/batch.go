package bank

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/memberzone/memberzone/app/money"
)

// The operations of a batch.
const (
	opCapture = "capture"
	opRefund  = "refund"
)

// The results of an item.
const (
	resultDone    = "done"
	resultRefused = "refused"
)

// Respond codes of items (ISO 8583 field 39).
const (
	codeDone      = "00"
	codeInvalid   = "12" // the authorisation does not stand, or there is nothing to pay back
	codeAmount    = "13"
	codeUnknown   = "25" // no such authorisation
	codeDuplicate = "94"
)

const itemsMax = 1000

// batchRequest is the body of a batch.
type batchRequest struct {
	BatchID string        `json:"batch_id"`
	Day     string        `json:"day"` // YYYY-MM-DD in Taipei
	Items   []itemRequest `json:"items"`
}

// itemRequest is one capture or refund.
type itemRequest struct {
	ItemID       string    `json:"item_id"`
	Operation    string    `json:"operation"`
	RequestID    string    `json:"request_id"` // of the authorisation
	MerchantID   string    `json:"merchant_id"`
	TradeNo      string    `json:"trade_no"`
	ApprovalCode string    `json:"approval_code"`
	Authorised   money.TWD `json:"authorised"`
	AuthorisedAt time.Time `json:"authorised_at"`
	Amount       money.TWD `json:"amount"`
	Currency     string    `json:"currency"`
}

// batchAnswer is what the bank says of a batch. It has items once the batch is
// answered.
type batchAnswer struct {
	BatchID string       `json:"batch_id"`
	Status  string       `json:"status"` // received, answered
	Items   []itemAnswer `json:"items,omitempty"`
}

// itemAnswer is what became of one item.
type itemAnswer struct {
	ItemID      string `json:"item_id"`
	Result      string `json:"result"`
	RespondCode string `json:"respond_code"`
}

var (
	dayPattern      = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`)
	approvalPattern = regexp.MustCompile(`^([0-9]{6})?$`)
)

// decodeBatch reads a batch; its errors never quote the body.
func decodeBatch(body io.Reader) (batchRequest, error) {
	var q batchRequest
	if err := decodeJSON(body, &q); err != nil {
		return batchRequest{}, errInvalid
	}
	switch {
	case !idPattern.MatchString(q.BatchID):
		return batchRequest{}, fmt.Errorf("%w: batch_id", errInvalid)
	case !dayPattern.MatchString(q.Day):
		return batchRequest{}, fmt.Errorf("%w: day", errInvalid)
	case len(q.Items) == 0 || len(q.Items) > itemsMax:
		return batchRequest{}, fmt.Errorf("%w: items", errInvalid)
	}
	seen := map[string]bool{}
	for _, i := range q.Items {
		if field := i.fault(); field != "" {
			return batchRequest{}, fmt.Errorf("%w: %s", errInvalid, field)
		}
		if seen[i.ItemID] {
			return batchRequest{}, fmt.Errorf("%w: an item twice", errInvalid)
		}
		seen[i.ItemID] = true
	}
	return q, nil
}

// fault names the first field that cannot be, empty when the item is sound.
func (i itemRequest) fault() string {
	switch {
	case !idPattern.MatchString(i.ItemID):
		return "item_id"
	case i.Operation != opCapture && i.Operation != opRefund:
		return "operation"
	case !idPattern.MatchString(i.RequestID):
		return "request_id"
	case !merchantPattern.MatchString(i.MerchantID):
		return "merchant_id"
	case !tradeNoPattern.MatchString(i.TradeNo):
		return "trade_no"
	case !approvalPattern.MatchString(i.ApprovalCode):
		return "approval_code"
	case i.Authorised <= 0 || i.Authorised > money.Max:
		return "authorised"
	case i.AuthorisedAt.IsZero():
		return "authorised_at"
	case i.Amount <= 0 || i.Amount > money.Max:
		return "amount"
	case i.Currency != "TWD":
		return "currency"
	}
	return ""
}

// item is one capture or refund as the journal keeps it, with its result.
type item struct {
	ItemID      string    `json:"item_id"`
	Operation   string    `json:"operation"`
	RequestID   string    `json:"request_id"`
	TradeNo     string    `json:"trade_no"`
	Amount      money.TWD `json:"amount"`
	Authorised  money.TWD `json:"authorised"`
	RespondCode string    `json:"respond_code"`
	// Adopted tells that the bank had not seen the authorisation and took it over.
	Adopted bool `json:"adopted,omitempty"`
}

// same tells that it is the item that was asked for.
func (i item) same(q itemRequest) bool {
	return i.Operation == q.Operation && i.RequestID == q.RequestID && i.Amount == q.Amount && i.TradeNo == q.TradeNo
}

// batch is a batch that the bank has worked on.
type batch struct {
	id         string
	content    string
	items      []item
	readyAt    time.Time // when the answers may be fetched
	seq        int64
	deliveries int
	at         time.Time
}

// captured is what stands to be paid for an authorisation, and what was paid back.
type captured struct {
	amount, refunded money.TWD
	limit            money.TWD // of refunds: the captured amount
}

// take works on a batch, once, however often it is delivered. It returns errConflict
// for an id that another content has taken.
func (l *ledger) take(q batchRequest, s batchStep) (batchAnswer, error) {
	b, err := l.postBatch(q, s)
	if err != nil {
		return batchAnswer{}, err
	}
	return batchAnswer{BatchID: b.id, Status: "received"}, l.journal.sync(b.seq)
}

// batchStep is what was ordered for a batch.
type batchStep struct {
	refuse        []string // codes for its first items
	wait          time.Duration
	acceptUnknown bool
}

func (l *ledger) postBatch(q batchRequest, s batchStep) (batch, error) {
	content := l.keys.batchHash(q)
	l.mu.Lock()
	defer l.mu.Unlock()
	r := record{Kind: kindBatch, RequestID: q.BatchID, At: l.clock.Now(), Content: content}
	switch b := l.batches[q.BatchID]; {
	case b == nil && len(l.batches) >= requestsMax:
		return batch{}, fmt.Errorf("bank: the ledger is full at %d batches", requestsMax)
	case b != nil && b.content != content:
		return batch{}, errConflict
	case b != nil:
		r = record{Kind: kindBatchRepeat, RequestID: q.BatchID, At: r.At}
	default:
		r.ReadyAt, r.Items = r.At.Add(s.wait), l.work(q, s)
	}
	if err := l.write(r); err != nil {
		return batch{}, err
	}
	return *l.batches[q.BatchID], nil
}

// work decides on each item of a batch as the ledger stands after the ones before.
// The caller holds mu.
func (l *ledger) work(q batchRequest, s batchStep) []item {
	items, now := make([]item, len(q.Items)), map[string]captured{}
	for n, asked := range q.Items {
		i := item{
			ItemID: asked.ItemID, Operation: asked.Operation, RequestID: asked.RequestID, TradeNo: asked.TradeNo,
			Amount: asked.Amount, Authorised: asked.Authorised,
		}
		c, seen := now[asked.RequestID]
		if !seen {
			c = l.captured[asked.RequestID]
		}
		i.RespondCode, i.Adopted = l.judge(asked, c, s.acceptUnknown)
		if n < len(s.refuse) {
			i.RespondCode = s.refuse[n]
		}
		if _, known := l.items[asked.ItemID]; !known && i.RespondCode == codeDone {
			now[asked.RequestID] = c.with(i)
		}
		items[n] = i
	}
	return items
}

// judge gives the code for an item. An item that another batch brought before gets the
// same answer again; with another content it is a duplicate.
func (l *ledger) judge(q itemRequest, c captured, acceptUnknown bool) (code string, adopted bool) {
	if known, ok := l.items[q.ItemID]; ok {
		if !known.same(q) {
			return codeDuplicate, false
		}
		return known.RespondCode, known.Adopted
	}
	e, authorised := l.entries[q.RequestID], q.Authorised
	switch {
	case e != nil && (e.status() != Approved || e.TradeNo != q.TradeNo):
		return codeInvalid, false
	case e != nil:
		authorised = e.Answer.Amount
	case c.limit == 0 && (!acceptUnknown || !q.AuthorisedAt.Before(l.since)):
		return codeUnknown, false
	case c.limit == 0 && q.Operation == opRefund:
		c.limit = q.Authorised // captured before our time, we do not know how much
	}
	adopted = e == nil
	switch {
	case q.Operation == opCapture && c.limit > 0:
		code = codeDuplicate
	case q.Operation == opCapture && q.Amount > authorised:
		code = codeAmount
	case q.Operation == opRefund && c.limit == 0:
		code = codeInvalid
	case q.Operation == opRefund && c.refunded+q.Amount > c.limit:
		code = codeAmount
	default:
		code = codeDone
	}
	return code, adopted
}

// with adds an item that was done.
func (c captured) with(i item) captured {
	switch {
	case i.Operation == opCapture:
		c.amount, c.limit = c.amount+i.Amount, i.Amount
	case c.limit == 0: // adopted: captured before our time
		c.refunded, c.limit = i.Amount, i.Authorised
	default:
		c.refunded += i.Amount
	}
	return c
}

// applyBatch brings a batch of the journal into the memory.
func (l *ledger) applyBatch(r record, seq int64) {
	b := l.batches[r.RequestID]
	if b == nil {
		b = &batch{id: r.RequestID, content: r.Content, items: r.Items, readyAt: r.ReadyAt, seq: seq, at: r.At}
		l.batches[r.RequestID] = b
		l.batchOrder = append(l.batchOrder, r.RequestID)
		for _, i := range r.Items {
			if _, known := l.items[i.ItemID]; known {
				continue
			}
			l.items[i.ItemID] = i
			if i.RespondCode == codeDone {
				l.captured[i.RequestID] = l.captured[i.RequestID].with(i)
			}
		}
	}
	b.deliveries++
}

func (l *ledger) hasBatch(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.batches[id] != nil
}

// errNoBatch tells of a batch that the bank has never seen.
var errNoBatch = errors.New("bank: unknown batch")

// answers tells what became of a batch. It returns errNoBatch.
func (l *ledger) answers(id string) (batchAnswer, error) {
	l.mu.Lock()
	b := l.batches[id]
	if b == nil {
		l.mu.Unlock()
		return batchAnswer{}, errNoBatch
	}
	now := *b
	l.mu.Unlock()
	a := batchAnswer{BatchID: id, Status: "received"}
	if !l.clock.Now().Before(now.readyAt) {
		a.Status = "answered"
		for _, i := range now.items {
			a.Items = append(a.Items, i.answer())
		}
	}
	return a, l.journal.sync(now.seq)
}

func (i item) answer() itemAnswer {
	a := itemAnswer{ItemID: i.ItemID, Result: resultRefused, RespondCode: i.RespondCode}
	if i.RespondCode == codeDone {
		a.Result = resultDone
	}
	return a
}

// BatchReport is one batch as the management API shows it.
type BatchReport struct {
	BatchID    string       `json:"batch_id"`
	Deliveries int          `json:"deliveries"` // how often it arrived
	At         time.Time    `json:"at"`
	ReadyAt    time.Time    `json:"ready_at"` // when its answers may be fetched
	Items      []ItemReport `json:"items"`
}

// ItemReport is one capture or refund of a batch.
type ItemReport struct {
	ItemID      string    `json:"item_id"`
	Operation   string    `json:"operation"` // capture, refund
	RequestID   string    `json:"request_id"`
	TradeNo     string    `json:"trade_no"`
	Amount      money.TWD `json:"amount"`
	RespondCode string    `json:"respond_code"`
}

// Standing is what stands to the account of an authorisation.
type Standing struct {
	Captured money.TWD `json:"captured"`
	Refunded money.TWD `json:"refunded"`
}

// BatchesReport lists the batches in the order they came, and by the authorisation's
// request id what they add up to.
type BatchesReport struct {
	Batches  []BatchReport       `json:"batches"`
	Standing map[string]Standing `json:"standing"`
}

func (l *ledger) reportBatches() BatchesReport {
	rep := BatchesReport{Batches: []BatchReport{}, Standing: map[string]Standing{}}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range l.batchOrder {
		b := l.batches[id]
		one := BatchReport{BatchID: b.id, Deliveries: b.deliveries, At: b.at, ReadyAt: b.readyAt}
		for _, i := range b.items {
			one.Items = append(one.Items, ItemReport{
				ItemID: i.ItemID, Operation: i.Operation, RequestID: i.RequestID, TradeNo: i.TradeNo, Amount: i.Amount,
				RespondCode: i.RespondCode,
			})
		}
		rep.Batches = append(rep.Batches, one)
	}
	for id, c := range l.captured {
		rep.Standing[id] = Standing{Captured: c.amount, Refunded: c.refunded}
	}
	return rep
}
