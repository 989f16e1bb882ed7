package payment_test

import (
	"errors"
	"testing"

	"github.com/memberzone/memberzone/app/payment"
)

var eventKinds = []payment.EventKind{
	payment.Opened, payment.AuthAsked, payment.AuthNotSent, payment.AuthNoAnswer,
	payment.AuthApproved, payment.AuthDeclined, payment.AuthReversed, payment.CheckoutEnded,
	payment.EventVoided, payment.EventCaptureRequested, payment.EventCaptureSent, payment.EventCaptured,
	payment.EventRefundRequested, payment.EventRefundSent, payment.EventRefunded, payment.EventSettled,
}

func TestEveryStatusAndEventIsDecided(t *testing.T) {
	t.Parallel()
	allowed := map[payment.Status]map[payment.EventKind]payment.Status{
		payment.Pending: {
			payment.AuthAsked:     payment.Pending,
			payment.AuthNotSent:   payment.Pending,
			payment.AuthNoAnswer:  payment.Pending,
			payment.AuthApproved:  payment.Authorised,
			payment.AuthDeclined:  payment.Failed,
			payment.AuthReversed:  payment.Failed,
			payment.CheckoutEnded: payment.Failed,
		},
	}
	for _, from := range payment.Statuses {
		for _, event := range eventKinds {
			got, err := from.After(event)
			want, ok := allowed[from][event]
			switch {
			case ok && (err != nil || got != want):
				t.Errorf("%s after %s = %s, %v; want %s", from, event, got, err, want)
			case !ok && (!errors.Is(err, payment.ErrNotAllowed) || got != from):
				t.Errorf("%s after %s = %s, %v; want a refusal", from, event, got, err)
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
