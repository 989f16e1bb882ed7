package payment_test

import (
	"errors"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
)

// taipei reads a time of the wall clock in Taipei.
func taipei(s string) time.Time {
	t, err := time.ParseInLocation(time.DateTime, s, clock.Taipei)
	if err != nil {
		panic(err)
	}
	return t
}

const authorised = "2026-11-02 10:00:00"

// stand is a transaction of NT$1,000 that was authorised on 2 November.
func stand(s payment.Status, captured, refunded money.TWD) payment.Transaction {
	return payment.Transaction{
		Status: s, Amount: 1000, AuthorisedAt: taipei(authorised), PayType: payment.PayInFull,
		CapturedAmount: captured, RefundedAmount: refunded,
	}
}

// confirmed is one whose capture the bank has confirmed.
func confirmed(s payment.Status, captured, refunded money.TWD, at string) payment.Transaction {
	t := stand(s, captured, refunded)
	t.CapturedAt = taipei(at)
	return t
}

func with(t payment.Transaction, p payment.PayType) payment.Transaction {
	t.PayType = p
	return t
}

func operation(k payment.OperationKind, s payment.OperationState, amount money.TWD, at string) payment.Operation {
	o := payment.Operation{Kind: k, State: s, Amount: amount, RequestedAt: taipei(at)}
	if k != payment.Void {
		o.CloseDay = payment.CloseDayOf(o.RequestedAt)
	}
	if s == payment.Sent || s == payment.Done {
		o.SentAt = payment.CloseOf(o.CloseDay)
	}
	return o
}

// rule is one rule of the provider's manual on captures, refunds and voids.
type rule struct {
	name   string
	action payment.Action
	t      payment.Transaction
	o      []payment.Operation
	now    string
	amount money.TWD
	want   *fault.Fault // nil: possible
}

var rules = []rule{
	// 取消授權: authorised, before the capture, 21 days until 21:00, in full.
	{"void", payment.ActVoid, stand(payment.Authorised, 0, 0), nil, "2026-11-02 10:00:01", 1000, nil},
	{
		"void of a part", payment.ActVoid, stand(payment.Authorised, 0, 0),
		nil, authorised, 999, payment.ErrWholeOnly,
	},
	{
		"void until 21:00 of day 21", payment.ActVoid, stand(payment.Authorised, 0, 0),
		nil, "2026-11-23 20:59:59", 1000, nil,
	},
	{
		"void at 21:00 of day 21", payment.ActVoid, stand(payment.Authorised, 0, 0),
		nil, "2026-11-23 21:00:00", 1000, payment.ErrWindowOver,
	},
	{
		"void of a requested capture", payment.ActVoid, stand(payment.CaptureRequested, 1000, 0),
		nil, authorised, 1000, payment.ErrCaptured,
	},
	{
		"void of a capture", payment.ActVoid, confirmed(payment.Captured, 1000, 0, authorised),
		nil, authorised, 1000, payment.ErrCaptured,
	},
	{"void again", payment.ActVoid, stand(payment.Voided, 0, 0), nil, authorised, 1000, payment.ErrVoided},
	{
		"void under way", payment.ActVoid, stand(payment.Authorised, 0, 0),
		[]payment.Operation{operation(payment.Void, payment.Requested, 1000, authorised)},
		authorised, 1000,
		payment.ErrVoidUnderWay,
	},
	{
		"void unpaid", payment.ActVoid,
		payment.Transaction{Status: payment.Pending, Amount: 1000},
		nil, authorised, 1000, payment.ErrNotAuthorised,
	},
	{
		"void failed", payment.ActVoid,
		payment.Transaction{Status: payment.Failed, Amount: 1000},
		nil, authorised, 1000, payment.ErrNotAuthorised,
	},

	// 請款: 21 days until 21:00, once, at most what was authorised.
	{"capture", payment.ActCapture, stand(payment.Authorised, 0, 0), nil, authorised, 1000, nil},
	{"capture of a part", payment.ActCapture, stand(payment.Authorised, 0, 0), nil, authorised, 1, nil},
	{
		"capture of nothing", payment.ActCapture, stand(payment.Authorised, 0, 0),
		nil, authorised, 0, payment.ErrAmountZero,
	},
	{
		"capture of less than nothing", payment.ActCapture, stand(payment.Authorised, 0, 0),
		nil, authorised, -5, payment.ErrAmountZero,
	},
	{
		"capture of too much", payment.ActCapture, stand(payment.Authorised, 0, 0),
		nil, authorised, 1001, payment.ErrOverAuthorised,
	},
	{
		"capture until 21:00 of day 21", payment.ActCapture, stand(payment.Authorised, 0, 0),
		nil, "2026-11-23 20:59:59", 1000, nil,
	},
	{
		"capture at 21:00 of day 21", payment.ActCapture, stand(payment.Authorised, 0, 0),
		nil, "2026-11-23 21:00:00", 1000, payment.ErrWindowOver,
	},
	{
		"second capture", payment.ActCapture, stand(payment.CaptureSent, 500, 0),
		nil, authorised, 500, payment.ErrCaptured,
	},
	{
		"capture of a void", payment.ActCapture, stand(payment.Voided, 0, 0),
		nil, authorised, 1000, payment.ErrVoided,
	},
	{
		"capture while a void is under way", payment.ActCapture, stand(payment.Authorised, 0, 0),
		[]payment.Operation{operation(payment.Void, payment.Requested, 1000, authorised)},
		authorised, 1000,
		payment.ErrVoidUnderWay,
	},
	{
		"instalments captured in part", payment.ActCapture, with(stand(payment.Authorised, 0, 0), payment.PayInstalment),
		nil, authorised, 999, payment.ErrWholeOnly,
	},
	{
		"bonus captured in part", payment.ActCapture, with(stand(payment.Authorised, 0, 0), payment.PayBonus),
		nil, authorised, 999, payment.ErrWholeOnly,
	},
	{
		"UnionPay captured in part", payment.ActCapture, with(stand(payment.Authorised, 0, 0), payment.PayUnionPay),
		nil, authorised, 999, payment.ErrWholeOnly,
	},
	{
		"instalments captured", payment.ActCapture, with(stand(payment.Authorised, 0, 0), payment.PayInstalment),
		nil, authorised, 1000, nil,
	},
	{
		"a foreign card captured in part", payment.ActCapture, with(stand(payment.Authorised, 0, 0), payment.PayForeign),
		nil, authorised, 999, nil,
	},
	{
		"a wallet captured in part", payment.ActCapture, with(stand(payment.Authorised, 0, 0), payment.PayGoogle),
		nil, authorised, 999, nil,
	},

	// 退款: from the close that sent the capture on, 90 days until 21:00, one a day.
	{
		"refund before a capture", payment.ActRefund, stand(payment.Authorised, 0, 0),
		nil, authorised, 1, payment.ErrNotCaptured,
	},
	{
		"refund before the close", payment.ActRefund, stand(payment.CaptureRequested, 1000, 0),
		nil, authorised, 1, payment.ErrCaptureWaiting,
	},
	{
		"refund after the close", payment.ActRefund, stand(payment.CaptureSent, 1000, 0),
		[]payment.Operation{operation(payment.Capture, payment.Sent, 1000, authorised)},
		"2026-11-02 22:27:00", 1000, nil,
	},
	{
		"refund of a part", payment.ActRefund, confirmed(payment.Captured, 800, 0, authorised),
		nil, authorised, 1, nil,
	},
	{
		"refund of more than was captured", payment.ActRefund, confirmed(payment.Captured, 800, 0, authorised),
		nil, authorised, 801, payment.ErrOverCaptured,
	},
	{
		"refund of more than is left", payment.ActRefund, confirmed(payment.Refunded, 800, 300, authorised),
		nil, authorised, 501, payment.ErrOverRefundable,
	},
	{
		"refund of all that is left", payment.ActRefund, confirmed(payment.Refunded, 800, 300, authorised),
		nil, authorised, 500, nil,
	},
	{
		"refund of nothing left", payment.ActRefund, confirmed(payment.Refunded, 800, 800, authorised),
		nil, authorised, 1, payment.ErrRefundedWhole,
	},
	{"refund of a void", payment.ActRefund, stand(payment.Voided, 0, 0), nil, authorised, 1, payment.ErrVoided},
	{
		"refund until 21:00 of day 90", payment.ActRefund, confirmed(payment.Captured, 1000, 0, "2026-11-03 09:30:00"),
		nil, "2027-02-01 20:59:59", 1000, nil,
	},
	{
		"refund at 21:00 of day 90", payment.ActRefund, confirmed(payment.Captured, 1000, 0, "2026-11-03 09:30:00"),
		nil, "2027-02-01 21:00:00", 1000, payment.ErrWindowOver,
	},
	{
		"refund while one waits", payment.ActRefund, confirmed(payment.RefundRequested, 1000, 100, authorised),
		[]payment.Operation{operation(payment.Refund, payment.Requested, 100, authorised)},
		authorised, 1,
		payment.ErrRefundOpen,
	},
	{
		"refund while one is sent", payment.ActRefund, confirmed(payment.RefundSent, 1000, 100, authorised),
		[]payment.Operation{operation(payment.Refund, payment.Sent, 100, authorised)},
		"2026-11-09 10:00:00", 1,
		payment.ErrRefundOpen,
	},
	{
		"second refund on the day", payment.ActRefund, confirmed(payment.Refunded, 1000, 100, authorised),
		[]payment.Operation{operation(payment.Refund, payment.Done, 100, "2026-11-05 00:00:00")},
		"2026-11-05 23:59:59", 1,
		payment.ErrRefundToday,
	},
	{
		"second refund on the day after", payment.ActRefund, confirmed(payment.Refunded, 1000, 100, authorised),
		[]payment.Operation{operation(payment.Refund, payment.Done, 100, "2026-11-05 23:59:59")},
		"2026-11-06 00:00:00", 1,
		nil,
	},
	{
		"refund on the day of a refused one", payment.ActRefund, confirmed(payment.Captured, 1000, 0, authorised),
		[]payment.Operation{operation(payment.Refund, payment.Refused, 100, "2026-11-05 09:00:00")},
		"2026-11-05 23:00:00", 1,
		payment.ErrRefundToday,
	},
	{
		"refund on the day of one that was undone", payment.ActRefund, confirmed(payment.Captured, 1000, 0, authorised),
		[]payment.Operation{operation(payment.Refund, payment.Undone, 100, "2026-11-05 09:00:00")},
		"2026-11-05 09:00:01", 1,
		nil,
	},
	{
		"instalments refunded in part", payment.ActRefund,
		with(confirmed(payment.Captured, 1000, 0, authorised), payment.PayInstalment),
		nil, authorised, 999, payment.ErrWholeOnly,
	},
	{
		"bonus refunded in part", payment.ActRefund, with(confirmed(payment.Captured, 1000, 0, authorised), payment.PayBonus),
		nil, authorised, 999, payment.ErrWholeOnly,
	},
	{
		"UnionPay refunded in part", payment.ActRefund,
		with(confirmed(payment.Captured, 1000, 0, authorised), payment.PayUnionPay),
		nil, authorised, 999, nil,
	},

	// 取消請款, 取消退款: until the 21:00 that would send them.
	{
		"undo of a capture", payment.ActUndoCapture, stand(payment.CaptureRequested, 700, 0),
		[]payment.Operation{operation(payment.Capture, payment.Requested, 700, authorised)},
		"2026-11-02 20:59:59", 700, nil,
	},
	{
		"undo of another amount", payment.ActUndoCapture, stand(payment.CaptureRequested, 700, 0),
		[]payment.Operation{operation(payment.Capture, payment.Requested, 700, authorised)},
		authorised, 699,
		payment.ErrWholeOnly,
	},
	{
		"undo of a capture at 21:00", payment.ActUndoCapture, stand(payment.CaptureRequested, 700, 0),
		[]payment.Operation{operation(payment.Capture, payment.Requested, 700, authorised)},
		"2026-11-02 21:00:00", 700,
		payment.ErrCloseOver,
	},
	{
		"undo the day after, of what was requested in the evening", payment.ActUndoCapture,
		stand(payment.CaptureRequested, 700, 0),
		[]payment.Operation{operation(payment.Capture, payment.Requested, 700, "2026-11-02 21:00:00")},
		"2026-11-03 20:59:59", 700, nil,
	},
	{
		"undo of a capture that is sent", payment.ActUndoCapture, stand(payment.CaptureSent, 700, 0),
		[]payment.Operation{operation(payment.Capture, payment.Sent, 700, authorised)},
		"2026-11-02 21:00:01", 700,
		payment.ErrCloseOver,
	},
	{
		"undo of no capture", payment.ActUndoCapture, stand(payment.Authorised, 0, 0),
		nil, authorised, 1, payment.ErrNothingToUndo,
	},
	{
		"undo of a capture that is done", payment.ActUndoCapture, confirmed(payment.Captured, 700, 0, authorised),
		[]payment.Operation{operation(payment.Capture, payment.Done, 700, authorised)},
		authorised, 700,
		payment.ErrNothingToUndo,
	},
	{
		"undo of a refund", payment.ActUndoRefund, confirmed(payment.RefundRequested, 700, 50, authorised),
		[]payment.Operation{operation(payment.Refund, payment.Requested, 50, "2026-11-05 09:00:00")},
		"2026-11-05 20:59:59", 50, nil,
	},
	{
		"undo of a refund at 21:00", payment.ActUndoRefund, confirmed(payment.RefundRequested, 700, 50, authorised),
		[]payment.Operation{operation(payment.Refund, payment.Requested, 50, "2026-11-05 09:00:00")},
		"2026-11-05 21:00:00", 50, payment.ErrCloseOver,
	},
	{
		"undo of no refund", payment.ActUndoRefund, confirmed(payment.Captured, 700, 0, authorised),
		nil, authorised, 1, payment.ErrNothingToUndo,
	},
	{"an unknown action", "steal", stand(payment.Authorised, 0, 0), nil, authorised, 1, payment.ErrNotAllowed},
}

func TestTheRulesOfTheManual(t *testing.T) {
	t.Parallel()
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			now := taipei(r.now)
			v := payment.Judge(r.action, r.t, r.o, now)
			err := v.Check(r.amount, r.t)
			if r.want == nil && err != nil || r.want != nil && !errors.Is(err, r.want) {
				t.Fatalf("%v, want %v", err, r.want)
			}
			if v.Allowed() != (v.Refusal == nil) || v.Allowed() == v.Until.IsZero() {
				t.Errorf("allowed is %t, until %s", v.Allowed(), v.Until)
			}
			if v.Allowed() && !now.Before(v.Until) {
				t.Errorf("possible until %s, which is over", v.Until)
			}
		})
	}
}

func TestWhatIsPossibleStopsBeingSoAtItsEnd(t *testing.T) {
	t.Parallel()
	for _, r := range rules {
		v := payment.Judge(r.action, r.t, r.o, taipei(r.now))
		if !v.Allowed() {
			continue
		}
		if last := payment.Judge(r.action, r.t, r.o, v.Until.Add(-time.Millisecond)); !last.Allowed() {
			t.Errorf("%s: refused a moment before its end: %v", r.name, last.Refusal)
		}
		if over := payment.Judge(r.action, r.t, r.o, v.Until); over.Allowed() {
			t.Errorf("%s: allowed at its end", r.name)
		}
	}
}

func TestTheCloseThatTakesARequest(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]string{
		"2026-11-24 00:00:00": "2026-11-24",
		"2026-11-24 20:59:59": "2026-11-24",
		"2026-11-24 21:00:00": "2026-11-25",
		"2026-12-31 23:00:00": "2027-01-01",
	} {
		if got := payment.CloseDayOf(taipei(at)); got.String() != want {
			t.Errorf("%s goes with the close of %s, want %s", at, got, want)
		}
	}
}

func TestMoneyOfATransaction(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		t    payment.Transaction
		want payment.Money
	}{
		{payment.Transaction{Status: payment.Pending, Amount: 1000}, payment.Money{}},
		{stand(payment.Authorised, 0, 0), payment.Money{Authorised: 1000}},
		{stand(payment.Voided, 0, 0), payment.Money{}},
		{stand(payment.RefundSent, 800, 300), payment.Money{Authorised: 1000, Captured: 800, Refunded: 300, Refundable: 500}},
	} {
		if got := payment.MoneyOf(tt.t); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.t.Status, got, tt.want)
		}
	}
}
