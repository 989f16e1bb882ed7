package seeds

import (
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
)

// payTry is a try to pay.
type payTry struct {
	payType payment.PayType
	period  bool // of a mandate (定期定額)
	asked   time.Time
	end     ending
}

// outcome is how a try to pay goes.
type outcome int

const (
	approved    outcome = iota
	declined            // the bank refuses
	reversed            // no answer comes, and the request is undone
	answerFound         // no answer comes; an inquiry finds that the bank approved
	resent              // the bank is not reached; the next try is approved
)

var outcomes = []weighted[outcome]{{approved, 936}, {declined, 54}, {reversed, 4}, {answerFound, 3}, {resent, 3}}

func (t payTry) outcome(g *generator, simulated bool) outcome {
	switch drawn := choose(g.rnd, outcomes); {
	case t.end == endFailed:
		return declined
	case t.end != anyEnding, simulated && drawn != declined:
		return approved
	default:
		return drawn
	}
}

// pay makes the attempts of a transaction, and the rest of its life if the bank
// says yes.
func (g *generator) pay(h *history, t payTry) {
	store := h.site.store
	w, who := g.verify(h.site, t.payType, t.asked)
	if t.period {
		w, who = g.period(h, w, who)
	}
	simulated := store.Mode == member.Test
	result := t.outcome(g, simulated)
	if result == declined || result == reversed {
		w = w.unpaid()
	}
	if simulated && result == declined {
		who.take(unpublished, payment.Visa)
	}
	months := 0
	if t.payType == payment.PayInstalment {
		months = drawTerm(g.rnd, store)
	}
	a := payment.Attempt{
		Route: w.route, Simulated: simulated, PayType: t.payType, Instalments: months,
		Card: who.card, Payer: who.payer, PayerIP: who.ip, AskedAt: t.asked,
	}
	if t.payType == payment.PayForeign {
		a.PayType = payment.PayInFull // the answer tells that the card is foreign
	}
	h.Card, h.CardNo, h.PayerIP, h.PayType = a.Card, who.number, a.PayerIP, a.PayType
	h.Verification, h.ThreeD, h.ECI = w.route.Verification, w.threeD, w.eci(who.card.Brand)
	h.PaymentMethod = "CREDIT"
	if method, ok := paymentMethods[t.payType]; ok {
		h.PaymentMethod = method
	}
	answered := g.attempt(h, a, result)
	switch {
	case h.Status == payment.Authorised:
		h.TokenBind, h.TokenCharge = w.bind, w.charge
		if w.bind {
			h.site.bound = keep(g.rnd, h.site.bound, who)
		}
		g.authorised(h, t, approval{who.bin, answered, months})
	case result == declined:
		g.refused(h, who.bin)
	}
}

// attempt lets the try take its course and returns when its outcome was known.
func (g *generator) attempt(h *history, a payment.Attempt, result outcome) time.Time {
	answer := time.Duration(420+g.rnd.IntN(2_600)) * time.Millisecond
	known := a.AskedAt.Add(answer)
	if a.Simulated {
		known = a.AskedAt.Add(time.Duration(3+g.rnd.IntN(20)) * time.Millisecond)
	}
	if result == resent {
		missed := a
		missed.State, missed.AnsweredAt = payment.NotCharged, a.AskedAt.Add(1200*time.Millisecond)
		place := h.ask(missed)
		h.happen(happening{kind: payment.AuthNotSent, actor: "system", attempt: place, at: missed.AnsweredAt})
		a.AskedAt = a.AskedAt.Add(20 * time.Second)
		known = a.AskedAt.Add(answer)
	}
	place := h.ask(a)
	if result == reversed || result == answerFound {
		silent := a.AskedAt.Add(10 * time.Second)
		h.happen(happening{kind: payment.AuthNoAnswer, actor: "system", attempt: place, at: silent})
		known = silent.Add(2100 * time.Millisecond)
		h.Attempts[place-1].Inquiries = 1
	}
	e := happening{kind: payment.AuthApproved, to: payment.Authorised, actor: "acquirer", detail: "00", attempt: place}
	state := payment.AttemptApproved
	switch result {
	case declined:
		e.kind, e.to, state = payment.AuthDeclined, payment.Failed, payment.AttemptDeclined
		e.detail = ""
		h.Failure = payment.FailedDeclined
	case reversed:
		known = a.AskedAt.Add(31 * time.Second)
		e.kind, e.to, state = payment.AuthReversed, payment.Failed, payment.NotCharged
		e.detail = ""
		h.Failure = payment.FailedReversed
	}
	if a.Simulated || result == reversed || result == answerFound {
		e.actor = "system"
	}
	if e.at = known; e.to == payment.Failed {
		h.FailedAt = known
	}
	h.happen(e)
	h.Attempts[place-1].State, h.Attempts[place-1].AnsweredAt = state, known
	return known
}

// ask adds an attempt with its first event and returns its place, from 1.
func (h *history) ask(a payment.Attempt) int {
	h.Attempts = append(h.Attempts, a)
	place := len(h.Attempts)
	h.happen(happening{
		kind: payment.AuthAsked, actor: "cardholder", detail: string(a.Route.Reason), attempt: place, at: a.AskedAt,
	})
	return place
}

// refused takes over the bank's refusal. A test-mode store's comes from no bank.
func (g *generator) refused(h *history, b bin) {
	if h.site.store.Mode == member.Test {
		h.RespondMessage = "拒絕卡號"
		return
	}
	no := choose(g.rnd, refusals)
	h.RespondCode, h.RespondMessage = no.code, no.words
	h.AcquirerBank, h.IssuerBank = b.acquirer, b.issuer
	h.Events[len(h.Events)-1].Detail = no.code
}

// approval is what an authorisation brings.
type approval struct {
	bin    bin
	at     time.Time
	months int
}

// authorised takes over the bank's approval and goes on with the money.
func (g *generator) authorised(h *history, t payTry, a approval) {
	h.AuthorisedAt, h.PayType = a.at, t.payType
	h.RespondCode, h.RespondMessage = "00", "授權成功"
	h.AuthCode = fmt.Sprintf("%06d", g.rnd.IntN(1_000_000))
	h.AcquirerBank, h.IssuerBank = a.bin.acquirer, a.bin.issuer
	if h.site.store.Mode == member.Test {
		h.AcquirerBank, h.IssuerBank = "KGI", ""
		h.AuthCode = fmt.Sprintf("%06d", h.Amount%1_000_000)
	}
	if t.payType == payment.PayBonus {
		h.BonusPaid = h.Amount - min(h.Amount/10, 500)
	}
	if a.months > 0 {
		h.Instalments = a.months
		h.InstalmentEach = h.Amount / money.TWD(a.months)
		h.InstalmentFirst = h.Amount - h.InstalmentEach*money.TWD(a.months-1)
	}
	g.move(h, t.end)
}
