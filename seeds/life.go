package seeds

import (
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
)

// ending is where a transaction is steered, as far as its age allows.
type ending int

const (
	anyEnding ending = iota
	endPending
	endFailed
	endAuthorised
	endVoided
	endCaptureRequested
	endCaptureSent
	endRefundRequested
	endRefundSent
	endRefunded
	endings
)

// A transaction of this age can stand anywhere in its life. Every markedEvery-th
// of them is steered, through all endings in turn, so that a few hundred rows
// show every status whatever the hour is.
const (
	markedAgeLeast = 6 * 24 * time.Hour
	markedAgeMax   = 20 * 24 * time.Hour
	markedEvery    = 10
)

func (g *generator) steer(at time.Time) ending {
	if age := g.now.Sub(at); age < markedAgeLeast || age > markedAgeMax {
		return anyEnding
	}
	g.marked++
	if g.marked%markedEvery != 0 {
		return anyEnding
	}
	return 1 + ending(g.marked/markedEvery)%(endings-1)
}

// live gives a transaction its life up to now.
func (g *generator) live(h *history, at time.Time) {
	s := g.sites.pick(g.rnd)
	p := drawPayType(g.rnd, s.store)
	*h = history{
		site: s,
		History: payment.History{Attempts: h.Attempts[:0], Events: h.Events[:0], Transaction: payment.Transaction{
			MemberID: s.store.MemberID, StoreID: s.store.ID, ItemDesc: drawItem(g.rnd), Amount: drawAmount(g.rnd, p),
			Status: payment.Pending, PayType: payment.PayInFull, Verification: payment.Unverified, CreatedAt: at,
		}},
	}
	h.happen(happening{kind: payment.Opened, actor: "merchant", at: at})
	end := g.steer(at)
	asked := at.Add(time.Duration(25_000+g.rnd.IntN(215_000)) * time.Millisecond)
	abandoned := g.rnd.IntN(1000) < 28 && end == anyEnding || end == endPending
	// Nothing is left under way: an answer that had not come would set the
	// acquirer's inquiry off.
	if abandoned || asked.Add(slowestAnswer).After(g.now) {
		g.leave(h, abandoned && end != endPending)
		return
	}
	period := p == payment.PayInFull && s.store.Mode == member.Live && g.rnd.IntN(1000) < mandateShare
	g.pay(h, payTry{payType: p, period: period, asked: asked, end: end})
}

// slowestAnswer is the longest that a generated attempt takes.
const slowestAnswer = 2 * time.Minute

// leave lets the cardholder go without a try to pay. Two thirds of such orders
// had a time limit.
func (g *generator) leave(h *history, limited bool) {
	limits := [...]time.Duration{3 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute}
	ended := h.CreatedAt.Add(limits[g.rnd.IntN(len(limits))])
	if !limited || g.rnd.IntN(3) == 0 || ended.After(g.now) {
		return
	}
	h.FailedAt, h.Failure = ended, payment.FailedExpired
	h.happen(happening{kind: payment.CheckoutEnded, to: payment.Failed, actor: "system", at: ended})
}

// happening is an entry of a history. An empty to leaves the status as it is.
type happening struct {
	kind    payment.EventKind
	to      payment.Status
	amount  money.TWD // 0 for that of the order
	actor   string
	detail  string
	attempt int // its place in attempts, from 1
	at      time.Time
}

// happen adds an entry and moves the status.
func (h *history) happen(e happening) {
	from := h.Status
	if e.kind == payment.Opened {
		from = ""
	}
	if e.to == "" {
		e.to = h.Status
	}
	event := payment.Event{
		AttemptID: payment.AttemptID(e.attempt), Kind: e.kind, From: from, To: e.to,
		Amount: h.Amount, Actor: e.actor, Detail: e.detail, At: e.at,
	}
	if e.amount != 0 {
		event.Amount = e.amount
	}
	h.Status = e.to
	h.Events = append(h.Events, event)
}

// lastClose is the latest daily close, 21:00 in Taipei, at or before a time.
func lastClose(t time.Time) time.Time {
	closing := clock.DateOf(t).Start().Add(21 * time.Hour)
	if closing.After(t) {
		closing = closing.AddDate(0, 0, -1) // Taipei has no summer time
	}
	return closing
}

// nextClose is the first daily close after a time.
func nextClose(t time.Time) time.Time { return lastClose(t).AddDate(0, 0, 1) }

// between draws a time from low up to high, to the millisecond.
func (g *generator) between(low, high time.Time) time.Time {
	span := high.Sub(low).Milliseconds()
	if span <= 0 {
		return low
	}
	return low.Add(time.Duration(g.rnd.Int64N(span)) * time.Millisecond)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
