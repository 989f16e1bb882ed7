package seeds

import (
	"slices"
	"time"

	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
)

// payoutDelay is the earliest payout after the capture.
const payoutDelay = 3 * 24 * time.Hour

// never is later than every now.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// plan is when the money of a transaction moves; what lies after now does not
// happen. A zero time is not planned.
type plan struct {
	void                           time.Time
	capture, captureOut, captureIn time.Time // requested, sent, confirmed
	refund, refundOut, refundIn    time.Time
	settle                         time.Time
}

// move plans the life after the authorisation and lets happen what lies before now.
func (g *generator) move(h *history, end ending) {
	p := g.plan(h, end)
	amount, back := g.amounts(h)
	capturer := "merchant"
	if h.site.autoCapture {
		capturer = "system"
	}
	if back == amount && !p.refund.IsZero() && p.refund.Before(p.settle) {
		p.settle = time.Time{} // nothing is left to pay out
	}
	steps := []happening{
		{kind: payment.EventVoided, to: payment.Voided, actor: "merchant", at: p.void},
		{kind: payment.EventCaptureRequested, to: payment.CaptureRequested, amount: amount, actor: capturer, at: p.capture},
		{kind: payment.EventCaptureSent, to: payment.CaptureSent, amount: amount, actor: "system", at: p.captureOut},
		{kind: payment.EventCaptured, to: payment.Captured, amount: amount, actor: "acquirer", at: p.captureIn},
		{kind: payment.EventSettled, amount: amount, actor: "system", at: p.settle},
		{kind: payment.EventRefundRequested, to: payment.RefundRequested, amount: back, actor: "merchant", at: p.refund},
		{kind: payment.EventRefundSent, to: payment.RefundSent, amount: back, actor: "system", at: p.refundOut},
		{kind: payment.EventRefunded, to: payment.Refunded, amount: back, actor: "acquirer", at: p.refundIn},
	}
	slices.SortStableFunc(steps, func(a, b happening) int { return a.at.Compare(b.at) })
	for _, s := range steps {
		if s.at.IsZero() || s.at.After(g.now) {
			continue
		}
		h.note(s)
		h.happen(s)
	}
}

// note keeps what a step changes beside the status.
func (h *history) note(s happening) {
	switch s.kind {
	case payment.EventCaptureRequested:
		h.CapturedAmount = s.amount
	case payment.EventCaptured:
		h.CapturedAt = s.at
	case payment.EventRefundRequested:
		h.RefundedAmount = s.amount
	case payment.EventRefunded:
		h.RefundedAt = s.at
	case payment.EventSettled:
		h.SettledAt = s.at
	}
}

// amounts draws what is captured and what of it is paid back.
func (g *generator) amounts(h *history) (capture, refund money.TWD) {
	capture = h.Amount
	if !fullOnly(h.PayType) && g.rnd.IntN(100) < 5 {
		capture = max(1, h.Amount*money.TWD(50+g.rnd.IntN(50))/100)
	}
	refund = capture
	partly := h.PayType != payment.PayInstalment && h.PayType != payment.PayBonus
	if partly && g.rnd.IntN(100) < 25 {
		refund = max(1, capture*money.TWD(10+g.rnd.IntN(85))/100)
	}
	return capture, refund
}

func (g *generator) plan(h *history, end ending) plan {
	at, closing := h.AuthorisedAt, lastClose(g.now)
	switch p := (plan{}); end {
	case endAuthorised:
		return p
	case endVoided:
		p.void = g.between(at, g.now)
		return p
	case endCaptureRequested:
		return g.captureAt(h, g.between(later(at, closing), g.now))
	case endCaptureSent:
		p = g.captureAt(h, g.between(later(at, closing.AddDate(0, 0, -1)), closing))
		p.captureIn, p.settle = never, never
		return p
	case endRefundRequested, endRefundSent, endRefunded:
		return g.planRefund(h, end)
	}
	if g.rnd.IntN(1000) < 14 {
		return plan{void: at.Add(time.Duration(10+g.rnd.IntN(2_800)) * time.Minute)}
	}
	p := g.captureAt(h, at.Add(g.captureDelay(h.site)))
	if g.rnd.IntN(1000) < 42 {
		g.refundAt(&p, p.captureIn.Add(time.Duration(30+g.rnd.IntN(36_000))*time.Minute))
	}
	return p
}

// planRefund captures at once, so that the refund stands where it should.
func (g *generator) planRefund(h *history, end ending) plan {
	closing := lastClose(g.now)
	p := g.captureAt(h, h.AuthorisedAt.Add(10*time.Minute))
	p.captureIn = p.captureOut.Add(12*time.Hour + 30*time.Minute)
	p.settle = h.payout(p.captureIn)
	switch end {
	case endRefundRequested:
		g.refundAt(&p, g.between(later(p.captureIn, closing), g.now))
	case endRefundSent:
		g.refundAt(&p, g.between(later(p.captureIn, closing.AddDate(0, 0, -1)), closing))
		p.refundIn = never
	default:
		g.refundAt(&p, p.captureIn.Add(2*time.Hour))
		p.refundIn = p.refundOut.Add(12*time.Hour + 30*time.Minute)
	}
	return p
}

// captureDelay is soon for stores that capture by themselves; others do it when
// they ship, and a few never.
func (g *generator) captureDelay(s *site) time.Duration {
	if s.autoCapture {
		return time.Duration(5+g.rnd.IntN(55)) * time.Minute
	}
	if g.rnd.IntN(100) < 3 {
		return never.Sub(g.now)
	}
	return time.Duration(60+g.rnd.IntN(7_000)) * time.Minute
}

// captureAt plans a capture that is requested at a time: sent by the next 21:00
// close, confirmed by the bank's file some mornings later, then paid out.
func (g *generator) captureAt(h *history, at time.Time) plan {
	p := plan{capture: at, captureOut: nextClose(at)}
	p.captureIn = p.captureOut.Add(g.bankFile())
	p.settle = h.payout(p.captureIn)
	return p
}

func (g *generator) refundAt(p *plan, at time.Time) {
	p.refund, p.refundOut = at, nextClose(at)
	p.refundIn = p.refundOut.Add(g.bankFile())
}

// bankFile is how long after the close the bank's file comes.
func (g *generator) bankFile() time.Duration {
	days := choose(g.rnd, []weighted[int]{{0, 70}, {1, 24}, {2, 6}})
	return time.Duration(days)*24*time.Hour + 12*time.Hour + time.Duration(g.rnd.IntN(60))*time.Minute
}

// payout is when a capture is paid out; zero for a 閘道 store, which has its own
// contract with the acquirer, and in test mode, where there is no money.
func (h *history) payout(captured time.Time) time.Time {
	if h.site.store.Kind == member.Gateway || h.site.store.Mode == member.Test {
		return time.Time{}
	}
	return captured.Add(payoutDelay)
}
