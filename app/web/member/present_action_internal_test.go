package member

import (
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/views/ui"
)

func TestTheNoticeTellsWhereTheOperationStands(t *testing.T) {
	t.Parallel()
	day := clock.DateOf(time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC))
	one := func(kind payment.OperationKind, state payment.OperationState) payment.Operation {
		return payment.Operation{Kind: kind, State: state, Amount: 1250, CloseDay: day, RespondCode: "05"}
	}
	for _, tt := range []struct {
		done       string
		operations []payment.Operation
		title      string
		text       string
		tone       ui.Tone
	}{
		{"capture", nil, "", "", ui.ToneNeutral},
		{"settle", []payment.Operation{one(payment.Capture, payment.Done)}, "", "", ui.ToneNeutral},
		{
			"capture",
			[]payment.Operation{one(payment.Capture, payment.Requested)},
			"已申請請款", "2026-11-24 21:00 送出",
			ui.ToneGood,
		},
		{"capture", []payment.Operation{one(payment.Capture, payment.Sent)}, "已送出請款", "不能取消", ui.ToneGood},
		{"capture", []payment.Operation{one(payment.Capture, payment.Done)}, "已完成請款", "無法復原", ui.ToneGood},
		{"refund", []payment.Operation{one(payment.Refund, payment.Refused)}, "銀行拒絕退款", "05", ui.ToneBad},
		{"void", []payment.Operation{one(payment.Void, payment.Requested)}, "已送出取消授權", "等待銀行回覆", ui.ToneWait},
		{"undo-refund", []payment.Operation{one(payment.Refund, payment.Undone)}, "已完成取消退款", "不會送出", ui.ToneGood},
		{"undo-refund", []payment.Operation{one(payment.Refund, payment.Requested)}, "", "", ui.ToneNeutral},
		{
			"refund",
			[]payment.Operation{one(payment.Refund, payment.Requested), one(payment.Refund, payment.Undone)},
			"", "",
			ui.ToneNeutral,
		},
	} {
		got := actionNotice(tt.done, tt.operations)
		if got.Title != tt.title || !strings.Contains(got.Text, tt.text) || got.Tone != tt.tone {
			t.Errorf("%s of %v: %+v", tt.done, tt.operations, got)
		}
	}
}

func TestTheCountdownLeadsToTheNextClose(t *testing.T) {
	t.Parallel()
	for at, left := range map[string]string{
		"2026-11-24T12:59:59.5Z": "還有 0 小時 0 分 1 秒",
		"2026-11-24T13:00:00Z":   "還有 24 小時 0 分 0 秒",
		"2026-11-24T04:30:00Z":   "還有 8 小時 30 分 0 秒",
	} {
		now, err := time.Parse(time.RFC3339Nano, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := closeCountdown(payment.ActCapture, now); got.Left != left {
			t.Errorf("%s: %q, want %q", at, got.Left, left)
		}
	}
	if got := closeCountdown(payment.ActVoid, time.Unix(0, 0)); got.At != "" {
		t.Errorf("a void waits for the close of %s", got.At)
	}
}

func TestEveryEventHasItsWords(t *testing.T) {
	t.Parallel()
	for _, kind := range []payment.EventKind{
		payment.EventVoidRequested, payment.EventVoided, payment.EventCaptureRequested, payment.EventCaptureUndone,
		payment.EventCaptureSent, payment.EventCaptured, payment.EventCaptureRefused, payment.EventRefundRequested,
		payment.EventRefundUndone, payment.EventRefundSent, payment.EventRefunded, payment.EventRefundRefused,
		payment.EventSettled,
	} {
		got := presentEvent(payment.Event{Kind: kind, Actor: "clerk01"})
		if got.Text == string(kind) || got.Actor != "clerk01" {
			t.Errorf("%s is shown as %+v", kind, got)
		}
	}
}
