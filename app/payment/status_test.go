package payment_test

import (
	"errors"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/payment"
)

var eventKinds = []payment.EventKind{
	payment.Opened, payment.AuthAsked, payment.AuthNotSent, payment.AuthNoAnswer,
	payment.AuthApproved, payment.AuthDeclined, payment.AuthReversed, payment.CheckoutEnded,
	payment.EventVoidRequested, payment.EventVoided,
	payment.EventCaptureRequested, payment.EventCaptureUndone, payment.EventCaptureSent, payment.EventCaptured,
	payment.EventCaptureRefused,
	payment.EventRefundRequested, payment.EventRefundUndone, payment.EventRefundSent, payment.EventRefunded,
	payment.EventRefundRefused, payment.EventSettled,
	payment.EventVerificationBegun, payment.EventVerificationRefused, payment.EventVerificationFailed,
	payment.EventVerificationLeft, payment.EventOTPSent, payment.EventOTPPassed, payment.EventOTPFailed,
	payment.EventPasskeyAsked, payment.EventPasskeyVerified, payment.EventPasskeyFellBack, payment.EventPasskeyBound,
	payment.EventTokenBound, payment.EventTokenCharged,
}

// standings are what an event may find beside the status.
var standings = []struct {
	name  string
	has   payment.Transaction
	again payment.Status // where a refund that is taken away leaves the transaction
}{
	{"the capture is sent", payment.Transaction{}, payment.CaptureSent},
	{"the capture is confirmed", payment.Transaction{CapturedAt: someTime}, payment.Captured},
	{"an earlier refund is done", payment.Transaction{CapturedAt: someTime, RefundedAt: someTime}, payment.Refunded},
	{"an earlier refund is done before the capture's answer", payment.Transaction{RefundedAt: someTime}, payment.Refunded},
}

var someTime = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// again stands for the status that a standing leaves.
const again payment.Status = "again"

var allowedMoves = map[payment.Status]map[payment.EventKind]payment.Status{
	payment.Pending: {
		payment.AuthAsked: payment.Pending, payment.AuthNotSent: payment.Pending, payment.AuthNoAnswer: payment.Pending,
		payment.AuthApproved: payment.Authorised, payment.AuthDeclined: payment.Failed,
		payment.AuthReversed: payment.Failed, payment.CheckoutEnded: payment.Failed,
		payment.EventVerificationBegun: payment.Pending, payment.EventVerificationRefused: payment.Pending,
		payment.EventVerificationFailed: payment.Failed, payment.EventVerificationLeft: payment.Pending,
		payment.EventOTPSent: payment.Pending, payment.EventOTPPassed: payment.Pending,
		payment.EventOTPFailed: payment.Pending, payment.EventPasskeyAsked: payment.Pending,
		payment.EventPasskeyVerified: payment.Pending, payment.EventPasskeyFellBack: payment.Pending,
		payment.EventPasskeyBound: payment.Pending, payment.EventTokenBound: payment.Pending,
	},
	payment.Authorised: {
		payment.EventTokenCharged:  payment.Authorised,
		payment.EventVoidRequested: payment.Authorised, payment.EventVoided: payment.Voided,
		payment.EventCaptureRequested: payment.CaptureRequested,
	},
	payment.CaptureRequested: {
		payment.EventCaptureUndone: payment.Authorised, payment.EventCaptureSent: payment.CaptureSent,
	},
	payment.CaptureSent: {
		payment.EventCaptured: payment.Captured, payment.EventCaptureRefused: payment.Authorised,
		payment.EventRefundRequested: payment.RefundRequested,
	},
	payment.Captured: {
		payment.EventRefundRequested: payment.RefundRequested, payment.EventSettled: payment.Captured,
	},
	payment.RefundRequested: {
		payment.EventRefundUndone: again, payment.EventRefundSent: payment.RefundSent, payment.EventRefundRefused: again,
		payment.EventCaptured: payment.RefundRequested, payment.EventSettled: payment.RefundRequested,
	},
	payment.RefundSent: {
		payment.EventRefunded: payment.Refunded, payment.EventRefundRefused: again,
		payment.EventCaptured: payment.RefundSent, payment.EventSettled: payment.RefundSent,
	},
	payment.Refunded: {
		payment.EventRefundRequested: payment.RefundRequested,
		payment.EventCaptured:        payment.Refunded, payment.EventSettled: payment.Refunded,
	},
}

func TestEveryStatusAndEventIsDecided(t *testing.T) {
	t.Parallel()
	for _, s := range standings {
		for _, from := range payment.Statuses {
			for _, event := range eventKinds {
				now := s.has
				now.Status = from
				got, err := now.After(event)
				want, ok := allowedMoves[from][event]
				if want == again {
					want = s.again
				}
				switch {
				case ok && (err != nil || got != want):
					t.Errorf("%s: %s after %s = %s, %v; want %s", s.name, from, event, got, err, want)
				case !ok && (!errors.Is(err, payment.ErrNotAllowed) || got != from):
					t.Errorf("%s: %s after %s = %s, %v; want a refusal", s.name, from, event, got, err)
				}
			}
		}
	}
}

func TestEveryAttemptStateAndEventIsDecided(t *testing.T) {
	t.Parallel()
	open := map[payment.EventKind]payment.AttemptState{
		payment.AuthNoAnswer: payment.Unknown,
		payment.AuthApproved: payment.AttemptApproved,
		payment.AuthDeclined: payment.AttemptDeclined,
		payment.AuthReversed: payment.NotCharged,
	}
	states := []payment.AttemptState{
		payment.Asked, payment.Unknown, payment.AttemptApproved, payment.AttemptDeclined, payment.NotCharged,
	}
	for _, from := range states {
		for _, event := range eventKinds {
			want, ok := open[event]
			if event == payment.AuthNotSent && from == payment.Asked {
				want, ok = payment.NotCharged, true
			}
			ok = ok && from.UnderWay()
			got, err := from.After(event)
			switch {
			case ok && (err != nil || got != want):
				t.Errorf("%s after %s = %s, %v; want %s", from, event, got, err, want)
			case !ok && !errors.Is(err, payment.ErrNotAllowed):
				t.Errorf("%s after %s = %s, %v; want a refusal", from, event, got, err)
			}
		}
	}
}
