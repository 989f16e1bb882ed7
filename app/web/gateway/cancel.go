package gateway

import (
	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/wire"
)

// cancelAuthorisation is POST /API/CreditCard/Cancel (NPA-B01).
func (g *Gateway) cancelAuthorisation(c *gin.Context, p posted) error {
	req, refusal := wire.ParseCancel(p.inner, g.o.Clock.Now())
	if refusal != nil {
		answer(c, wire.ChangeRefusal(refusal, req.RespondType))
		return nil
	}
	done, err := g.change(c, p.store, change{req.ChangeRequest, payment.ActVoid, p.inner})
	if err != nil {
		return err
	}
	a := wire.CancelAnswer{ChangeAnswer: done.answer(p.store, req.ChangeRequest)}
	if done.refusal == nil {
		a.Status, a.Message = voided(done.operation)
		g.keepAnswer(c, done, payment.ActVoid, a.ChangeAnswer)
	}
	body, err := a.Body(p.store.WireKeys())
	if err != nil {
		return err
	}
	answer(c, body)
	return nil
}

// voided tells how far a void is. While the acquirer has not answered, the void waits as it does where a bank takes
// voids in batches.
func voided(o payment.Operation) (wire.Code, string) {
	switch o.State {
	case payment.Done:
		return wire.Success, wire.MsgVoided
	case payment.Requested, payment.Sent:
		return wire.TRAVoidWaits, wire.TRAVoidWaits.Message()
	default:
		return wire.TRAVoidFailed, wire.TRAVoidFailed.Message()
	}
}
