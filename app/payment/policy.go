package payment

import (
	"fmt"
	"slices"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/money"
)

// Action is what a merchant may ask for on a transaction.
type Action string

// The actions.
const (
	ActVoid        Action = "void"         // 取消授權
	ActCapture     Action = "capture"      // 請款
	ActRefund      Action = "refund"       // 退款
	ActUndoCapture Action = "undo-capture" // 取消請款
	ActUndoRefund  Action = "undo-refund"  // 取消退款
)

// Actions lists the actions in the order of the page.
var Actions = []Action{ActVoid, ActCapture, ActRefund, ActUndoCapture, ActUndoRefund}

// How long after the event an action is possible, in calendar days, until 21:00 of
// the last (the provider's manual of 2020).
const (
	CaptureDays = 21 // void and capture, from the authorisation
	RefundDays  = 90 // refund, from the capture
)

// Refusals of an action. Each public sentence says what is possible instead.
var (
	ErrNotAuthorised  = fault.New(fault.Refused, "not_authorised", "這筆交易不是授權成功的狀態，不能執行這個動作。")
	ErrVoided         = fault.New(fault.Refused, "already_voided", "這筆交易已取消授權，不能再執行其他動作。")
	ErrVoidUnderWay   = fault.New(fault.Refused, "void_under_way", "取消授權處理中，請等待銀行回覆。")
	ErrCaptured       = fault.New(fault.Refused, "already_captured", "這筆交易已申請請款；要退還款項請在請款送出後申請退款。")
	ErrNotCaptured    = fault.New(fault.Refused, "not_captured", "尚未請款，不能退款；要放棄這筆交易請取消授權。")
	ErrCaptureWaiting = fault.New(fault.Refused, "capture_waiting", "請款尚未送出，不能退款；請先取消請款，再取消授權。")
	ErrWindowOver     = fault.New(fault.Refused, "window_over", "已超過可以申請的期限。")
	ErrCloseOver      = fault.New(fault.Refused, "close_over", "已過當日 21:00 關帳時間，不能取消。")
	ErrNothingToUndo  = fault.New(fault.Refused, "nothing_to_undo", "沒有等待中的申請可以取消。")
	ErrRefundOpen     = fault.New(fault.Refused, "refund_open", "上一筆退款還在處理中，完成後才能再申請。")
	ErrRefundToday    = fault.New(fault.Refused, "refund_today", "今天已申請過退款，每筆交易一天只能申請一次。")
	ErrRefundedWhole  = fault.New(fault.Refused, "refunded_whole", "已全額退款，沒有可以退還的金額。")
	ErrWholeOnly      = fault.New(fault.Refused, "whole_only", "這種付款方式只能全額申請。").At("amount")
	ErrAmountZero     = fault.New(fault.Invalid, "amount_zero", "請輸入大於 0 的整數金額。").At("amount")
	ErrOverAuthorised = fault.New(fault.Refused, "amount_over_authorised", "金額不可超過授權金額。").At("amount")
	ErrOverCaptured   = fault.New(fault.Refused, "amount_over_captured", "退款金額不可超過請款金額。").At("amount")
	ErrOverRefundable = fault.New(fault.Refused, "amount_over_refundable", "退款金額不可超過尚可退款的金額。").At("amount")
)

// Verdict is the answer to whether an action is possible now.
type Verdict struct {
	Action  Action
	Refusal *fault.Fault // nil if it is possible
	Max     money.TWD    // the largest amount; for what is undone, its amount
	Whole   bool         // only the largest amount is possible
	Until   time.Time    // when it stops being possible; zero if it is not possible
}

// Allowed tells that the action is possible.
func (v Verdict) Allowed() bool { return v.Refusal == nil }

// Check returns nil for an amount that the action may take, and a refusal else. An
// action that is not possible refuses every amount.
func (v Verdict) Check(amount money.TWD, t Transaction) error {
	switch {
	case v.Refusal != nil:
		return v.Refusal
	case amount <= 0:
		return ErrAmountZero
	case v.Action == ActRefund && amount > t.CapturedAmount:
		return ErrOverCaptured
	case v.Action == ActRefund && amount > v.Max:
		return ErrOverRefundable
	case amount > v.Max:
		return ErrOverAuthorised
	case v.Whole && amount != v.Max:
		return ErrWholeOnly
	}
	return nil
}

// Judge says whether an action is possible on a transaction now: the only place
// that knows the rules. Buttons, the wire API and every sentence about them come
// from here. The operations are all of the transaction's, the oldest first.
func Judge(a Action, t Transaction, operations []Operation, now time.Time) Verdict {
	v := Verdict{Action: a}
	switch a {
	case ActVoid, ActCapture:
		v.judgeAuthorised(t, operations, now)
	case ActRefund:
		v.judgeRefund(t, operations, now)
	case ActUndoCapture:
		v.judgeUndo(Capture, operations, now)
	case ActUndoRefund:
		v.judgeUndo(Refund, operations, now)
	default:
		v.Refusal = ErrNotAllowed.Because(fmt.Errorf("no action is called %q", a))
	}
	return v
}

// judgeAuthorised judges what needs an authorisation that nothing has touched yet.
func (v *Verdict) judgeAuthorised(t Transaction, operations []Operation, now time.Time) {
	v.Max = t.Amount
	v.Whole = v.Action == ActVoid || wholeCapture(t.PayType)
	until := CloseOf(clock.DateOf(t.AuthorisedAt).AddDays(CaptureDays))
	switch {
	case t.Status == Voided:
		v.Refusal = ErrVoided
	case t.AuthorisedAt.IsZero():
		v.Refusal = ErrNotAuthorised
	case open(operations, Void) != nil:
		v.Refusal = ErrVoidUnderWay
	case t.Status != Authorised:
		v.Refusal = ErrCaptured
	case !now.Before(until):
		v.Refusal = ErrWindowOver
	default:
		v.Until = until
	}
}

func (v *Verdict) judgeRefund(t Transaction, operations []Operation, now time.Time) {
	v.Max = MoneyOf(t).Refundable
	v.Whole = wholeRefund(t.PayType)
	until := CloseOf(clock.DateOf(capturedAt(t, operations)).AddDays(RefundDays))
	latest := latest(operations, Refund)
	switch {
	case t.Status == Voided:
		v.Refusal = ErrVoided
	case t.AuthorisedAt.IsZero():
		v.Refusal = ErrNotAuthorised
	case t.Status == Authorised:
		v.Refusal = ErrNotCaptured
	case t.Status == CaptureRequested:
		v.Refusal = ErrCaptureWaiting
	case open(operations, Refund) != nil:
		v.Refusal = ErrRefundOpen
	case v.Max == 0:
		v.Refusal = ErrRefundedWhole
	case latest != nil && latest.State != Undone && clock.DateOf(latest.RequestedAt) == clock.DateOf(now):
		v.Refusal = ErrRefundToday
	case !now.Before(until):
		v.Refusal = ErrWindowOver
	default:
		v.Until = until
	}
}

func (v *Verdict) judgeUndo(kind OperationKind, operations []Operation, now time.Time) {
	waiting := open(operations, kind)
	if waiting == nil {
		v.Refusal = ErrNothingToUndo
		return
	}
	v.Max, v.Whole = waiting.Amount, true
	until := CloseOf(waiting.CloseDay)
	if waiting.State == Sent || !now.Before(until) {
		v.Refusal = ErrCloseOver
		return
	}
	v.Until = until
}

// capturedAt is when the window of refunds begins: the bank's confirmation, or
// until it comes the close that took the capture.
func capturedAt(t Transaction, operations []Operation) time.Time {
	if !t.CapturedAt.IsZero() {
		return t.CapturedAt
	}
	if capture := latest(operations, Capture); capture != nil && !capture.SentAt.IsZero() {
		return capture.SentAt
	}
	return t.AuthorisedAt
}

// wholeCapture tells pay types of which only the whole amount is captured (the
// provider's manual NDNF-1.1.9 §4.5.1: instalment, bonus; and UnionPay).
func wholeCapture(p PayType) bool { return p == PayInstalment || p == PayBonus || p == PayUnionPay }

// wholeRefund tells pay types of which only the whole amount is refunded.
func wholeRefund(p PayType) bool { return p == PayInstalment || p == PayBonus }

// open returns the operation of a kind that is not over, nil if there is none. The
// database lets there be one at most.
func open(operations []Operation, kind OperationKind) *Operation {
	i := slices.IndexFunc(operations, func(o Operation) bool { return o.Kind == kind && o.State.Open() })
	if i < 0 {
		return nil
	}
	return &operations[i]
}

// latest returns the last operation of a kind, nil if there is none.
func latest(operations []Operation, kind OperationKind) *Operation {
	for i := len(operations) - 1; i >= 0; i-- {
		if operations[i].Kind == kind {
			return &operations[i]
		}
	}
	return nil
}
