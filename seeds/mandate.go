package seeds

import (
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
)

// mandateShare is how many of a thousand payments in full are a period of a mandate.
const mandateShare = 80

// mandate is a cardholder's consent to be charged again and again (定期定額).
type mandate struct {
	no     string // 委託單號
	amount money.TWD
	who    holder
}

// reasonMandate is why a later period was not verified: the cardholder is not there.
const reasonMandate payment.RouteReason = "mandate"

// period makes the payment one of a mandate: of one that the store has, charged
// without the cardholder, or the first of a new one, verified as any payment.
func (g *generator) period(h *history, first way, who holder) (way, holder) {
	at := h.CreatedAt.In(clock.Taipei)
	if n := len(h.site.mandates); n > 0 && g.rnd.IntN(100) < 85 {
		known := g.rnd.IntN(n)
		m := h.site.mandates[known]
		if m.who.card.Expiry >= at.Format("0601") {
			h.MandateNo, h.Amount = m.no, m.amount
			h.Events[0].Amount = m.amount
			return way{route: payment.Route{Verification: payment.Unverified, Reason: reasonMandate}}, m.who
		}
		h.site.mandates = append(h.site.mandates[:known], h.site.mandates[known+1:]...) // the card has run out
	}
	// The provider's manual NDNP (定期定額): P, the time, six letters or digits.
	h.MandateNo = "P" + at.Format("060102150405") + g.letters(6)
	h.site.mandates = keep(g.rnd, h.site.mandates, mandate{h.MandateNo, h.Amount, who})
	return first, who
}

func (g *generator) letters(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	text := make([]byte, n)
	for i := range text {
		text[i] = alphabet[g.rnd.IntN(len(alphabet))]
	}
	return string(text)
}
