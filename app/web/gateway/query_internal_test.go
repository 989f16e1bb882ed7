package gateway

import (
	"testing"

	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
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
