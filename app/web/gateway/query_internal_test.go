package gateway

import (
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/wire"
)

func TestEveryStatusIsToldOnTheWire(t *testing.T) {
	t.Parallel()
	for _, status := range payment.Statuses {
		if got, ok := progressOf[status]; !ok || got.trade == "" || got.capture == "" || got.refund == "" {
			t.Errorf("%s is told as %+v", status, got)
		}
	}
}

func TestAmountsOfAnAnswer(t *testing.T) {
	t.Parallel()
	number := func(n *int64) int64 {
		if n == nil {
			return -1
		}
		return *n
	}
	for _, tt := range []struct {
		status                       payment.Status
		captured, refunded           money.TWD
		wantCaptured, wantRefundable int64 // -1 for null
	}{
		{payment.Pending, 0, 0, -1, 1250},
		{payment.Authorised, 0, 0, -1, 1250},
		{payment.Voided, 0, 0, -1, -1},
		{payment.CaptureRequested, 1000, 0, 1000, 1000},
		{payment.Captured, 1250, 0, 1250, 1250},
		{payment.RefundRequested, 1250, 250, 1250, 1000},
		{payment.Refunded, 1250, 1250, 1250, 0},
	} {
		a := queryAnswer(payment.Transaction{
			Amount: 1250, Status: tt.status, CapturedAmount: tt.captured, RefundedAmount: tt.refunded,
		}, member.Store{}, "JSON")
		if got := number(a.CloseAmt); got != tt.wantCaptured {
			t.Errorf("%s: CloseAmt %d, want %d", tt.status, got, tt.wantCaptured)
		}
		if got := number(a.BackBalance); got != tt.wantRefundable {
			t.Errorf("%s: BackBalance %d, want %d", tt.status, got, tt.wantRefundable)
		}
	}
}

func TestARefundOnItsWayHidesNothing(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name                 string
		status               payment.Status
		captured, refunded   time.Time
		trade                wire.TradeStatus
		closeStep, backwards wire.StepStatus
	}{
		{
			"requested before the capture is confirmed", payment.RefundRequested,
			time.Time{},
			time.Time{},
			wire.TradeAuthorised, wire.StepProcessing, wire.StepWaiting,
		},
		{
			"sent before the capture is confirmed", payment.RefundSent,
			time.Time{},
			time.Time{},
			wire.TradeAuthorised, wire.StepProcessing, wire.StepProcessing,
		},
		{
			"requested after it", payment.RefundRequested, day,
			time.Time{},
			wire.TradeAuthorised, wire.StepDone, wire.StepWaiting,
		},
		{
			"a second one after the first is done", payment.RefundRequested, day, day,
			wire.TradeRefunded, wire.StepDone, wire.StepWaiting,
		},
		{"done", payment.Refunded, day, day, wire.TradeRefunded, wire.StepDone, wire.StepDone},
	} {
		a := queryAnswer(payment.Transaction{
			Amount: 1250, CapturedAmount: 1250, RefundedAmount: 250, Status: tt.status,
			CapturedAt: tt.captured, RefundedAt: tt.refunded,
		}, member.Store{}, "JSON")
		if a.TradeStatus != tt.trade || a.CloseStatus != tt.closeStep || a.BackStatus != tt.backwards {
			t.Errorf("%s: told as %s, %s, %s", tt.name, a.TradeStatus, a.CloseStatus, a.BackStatus)
		}
	}
}
