package gateway

import (
	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/lockout"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/wire"
)

// CloseCalls is the rule behind TRA10702: too many calls of Close within an hour lock the store's Close for one
// (the provider's manual, NDNF-1.1.9 §5). The manual keeps the number to itself; a thousand is ours.
var CloseCalls = lockout.Policy{Scope: "close_call", Limit: 1000, Window: hour, Lock: hour}

// ChangeFailures is the rule behind TRA11002: too many refusals of Cancel or of Close within an hour lock that
// function of the store for four (the same section). The manual keeps the number to itself; a hundred is ours.
var ChangeFailures = lockout.Policy{Scope: "change_failure", Limit: 100, Window: hour, Lock: 4 * hour}

// closeTrade is POST /API/CreditCard/Close (NPA-B031 to B034).
func (g *Gateway) closeTrade(c *gin.Context, p posted) error {
	req, refusal := wire.ParseClose(p.inner, g.o.Clock.Now())
	if refusal != nil {
		answer(c, wire.ChangeRefusal(refusal, req.RespondType))
		return nil
	}
	action := closeActions[closeKind{req.CloseType, req.Cancel}]
	done, err := g.change(c, p.store, change{req.ChangeRequest, action, p.inner})
	if err != nil {
		return err
	}
	a := wire.CloseAnswer{ChangeAnswer: done.answer(p.store, req.ChangeRequest)}
	if done.refusal == nil {
		a.Status, a.Message = wire.Success, closed(action, p.store.Mode)
		g.keepAnswer(c, done, action, a.ChangeAnswer)
	} else if done.transaction.ID == 0 {
		a.MerchantOrderNo = req.MerchantOrderNo // recorded: Close repeats the number that it did not find
	}
	answer(c, a.Body())
	return nil
}

type closeKind struct {
	about  wire.CloseType
	cancel bool
}

// closeActions is the manual's table of functions (NDNF-1.1.9 §4.5).
var closeActions = map[closeKind]payment.Action{
	{wire.CloseCapture, false}: payment.ActCapture,
	{wire.CloseRefund, false}:  payment.ActRefund,
	{wire.CloseCapture, true}:  payment.ActUndoCapture,
	{wire.CloseRefund, true}:   payment.ActUndoRefund,
}

// closed is what a merchant is told when it is done; stores in test mode are told that no bank took part.
func closed(a payment.Action, mode member.Mode) string {
	switch a {
	case payment.ActCapture:
		if mode == member.Test {
			return wire.MsgSimulatedCaptured
		}
		return wire.MsgCaptured
	case payment.ActRefund:
		if mode == member.Test {
			return wire.MsgSimulatedRefunded
		}
		return wire.MsgRefunded
	case payment.ActUndoCapture:
		return wire.MsgCaptureUndone
	default:
		return wire.MsgRefundUndone
	}
}
