package gateway

import (
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/lockout"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/wire"
)

const hour = time.Hour

// pageCodes are the codes of the payment page for the faults that its handlers
// return. What is not listed is a fault of ours: ConnectionFault.
var pageCodes = map[fault.Code]wire.Code{
	member.ErrStoreNotFound.Code: wire.MPGNoStore,
	payment.ErrOrderNoTaken.Code: wire.MPGDuplicateOrder,
	payment.ErrNotFound.Code:     wire.MPGNoStore,
	payment.ErrEnded.Code:        wire.MPGExpired,
	web.ErrNoPage.Code:           wire.MPGNoStore,
	web.ErrMethod.Code:           wire.MPGSource,
	web.ErrForm.Code:             wire.MPGTradeInfo,
	web.ErrTooLarge.Code:         wire.MPGTradeInfo,
}

// queryCodes are the codes of QueryTradeInfo.
var queryCodes = map[fault.Code]wire.Code{
	member.ErrStoreNotFound.Code: wire.TRANoStore,
	payment.ErrNotFound.Code:     wire.TRANotFound,
	lockout.ErrLocked.Code:       wire.TRAQueryLocked,
	web.ErrForm.Code:             wire.TRAIncomplete,
	web.ErrTooLarge.Code:         wire.TRAIncomplete,
}

// sharedChangeCodes are the codes of Cancel and Close that do not depend on what was asked for.
var sharedChangeCodes = map[fault.Code]wire.Code{
	payment.ErrNotFound.Code:   wire.TRANotFound,
	payment.ErrAmountZero.Code: wire.TRAAmt,
	errStoreClosed.Code:        wire.TRAStoreClosed,
	errTooManyCloses.Code:      wire.TRATooManyCloses,
	errTooManyFailures.Code:    wire.TRATooManyFailures,
}

// changeCodes are the codes of the rules of payment.Judge, per action. The manual has one code for a refund in
// progress and for a second one on the same day, and none for a void that comes too late.
var changeCodes = map[payment.Action]map[fault.Code]wire.Code{
	payment.ActVoid: {
		payment.ErrNotAuthorised.Code:  wire.TRANotVoidable,
		payment.ErrVoided.Code:         wire.TRANotVoidable,
		payment.ErrVoidUnderWay.Code:   wire.TRAVoidWaits,
		payment.ErrCaptured.Code:       wire.TRANotVoidable,
		payment.ErrWindowOver.Code:     wire.TRAVoidFailed,
		payment.ErrOverAuthorised.Code: wire.TRAAmtDiffers,
		payment.ErrWholeOnly.Code:      wire.TRAAmtDiffers,
	},
	payment.ActCapture: {
		payment.ErrNotAuthorised.Code:  wire.TRANotAuthorised,
		payment.ErrVoided.Code:         wire.TRANotAuthorised,
		payment.ErrVoidUnderWay.Code:   wire.TRANotAuthorised,
		payment.ErrCaptured.Code:       wire.TRACaptured,
		payment.ErrWindowOver.Code:     wire.TRAWindowOver,
		payment.ErrOverAuthorised.Code: wire.TRAOverAuthorised,
		payment.ErrWholeOnly.Code:      wire.TRAWholeOnly, // TRAUnionPayWhole for a card of UnionPay
	},
	payment.ActRefund: {
		payment.ErrNotAuthorised.Code:  wire.TRANotCaptured,
		payment.ErrVoided.Code:         wire.TRANotCaptured,
		payment.ErrNotCaptured.Code:    wire.TRANotCaptured,
		payment.ErrCaptureWaiting.Code: wire.TRANotCaptured,
		payment.ErrRefundOpen.Code:     wire.TRARefundOpen,
		payment.ErrRefundToday.Code:    wire.TRARefundOpen,
		payment.ErrRefundedWhole.Code:  wire.TRAOverRefundable,
		payment.ErrWindowOver.Code:     wire.TRAWindowOver,
		payment.ErrOverCaptured.Code:   wire.TRAOverCaptured,
		payment.ErrOverRefundable.Code: wire.TRAOverRefundable,
		payment.ErrWholeOnly.Code:      wire.TRAWholeOnly,
	},
	payment.ActUndoCapture: undoCodes,
	payment.ActUndoRefund:  undoCodes,
}

var undoCodes = map[fault.Code]wire.Code{
	payment.ErrNothingToUndo.Code:  wire.TRAUndoFailed,
	payment.ErrCloseOver.Code:      wire.TRACloseOver,
	payment.ErrOverAuthorised.Code: wire.TRAUndoFailed, // the amount is not that of what waits
	payment.ErrWholeOnly.Code:      wire.TRAUndoFailed,
}

// changeRefusal tells a merchant why a Cancel or a Close is refused.
func changeRefusal(a payment.Action, p payment.PayType, f *fault.Fault) *wire.Error {
	code, ok := changeCodes[a][f.Code]
	if !ok {
		code, ok = sharedChangeCodes[f.Code]
	}
	switch {
	case !ok:
		return wire.Refuse(wire.ConnectionFault, "")
	case code == wire.TRANotFound:
		return wire.RefuseWith(code, wire.MsgNoCardTrade)
	case code == wire.TRAOverRefundable:
		return wire.RefuseWith(code, wire.MsgOverRefundable)
	case code == wire.TRAWindowOver && a == payment.ActRefund:
		return wire.RefuseWith(code, fmt.Sprintf(wire.MsgWindowOver, payment.RefundDays))
	case code == wire.TRAWindowOver:
		return wire.RefuseWith(code, fmt.Sprintf(wire.MsgWindowOver, payment.CaptureDays))
	case code == wire.TRAWholeOnly && p == payment.PayUnionPay:
		return wire.Refuse(wire.TRAUnionPayWhole, "")
	}
	return wire.Refuse(code, "")
}

func pageRefusal(f *fault.Fault) *wire.Error { return refusalFrom(pageCodes, f) }

func queryRefusal(f *fault.Fault) *wire.Error { return refusalFrom(queryCodes, f) }

func refusalFrom(codes map[fault.Code]wire.Code, f *fault.Fault) *wire.Error {
	if code, ok := codes[f.Code]; ok {
		return wire.Refuse(code, f.Field)
	}
	return wire.Refuse(wire.ConnectionFault, "")
}
