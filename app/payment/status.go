package payment

import (
	"fmt"

	"github.com/memberzone/memberzone/app/fault"
)

// Status is where a transaction stands: 交易狀態.
type Status string

// The statuses, in the order of a transaction's life.
const (
	Pending          Status = "pending"           // 待付款
	Authorised       Status = "authorised"        // 授權成功
	Failed           Status = "failed"            // 授權失敗
	Voided           Status = "voided"            // 已取消授權
	CaptureRequested Status = "capture_requested" // 請款申請中
	CaptureSent      Status = "capture_sent"      // 請款處理中
	Captured         Status = "captured"          // 請款完成
	RefundRequested  Status = "refund_requested"  // 退款申請中
	RefundSent       Status = "refund_sent"       // 退款處理中
	Refunded         Status = "refunded"          // 退款完成
)

// Statuses lists every status in the order of a transaction's life.
var Statuses = []Status{
	Pending, Authorised, Failed, Voided,
	CaptureRequested, CaptureSent, Captured, RefundRequested, RefundSent, Refunded,
}

// AttemptState is where one try to authorise stands.
type AttemptState string

// The states of an attempt.
const (
	Asked           AttemptState = "asked"       // the acquirer is being asked
	Unknown         AttemptState = "unknown"     // it may have been charged; only the acquirer knows
	AttemptApproved AttemptState = "authorised"  // the bank said yes
	AttemptDeclined AttemptState = "declined"    // the bank said no
	NotCharged      AttemptState = "not_charged" // certain: nothing was and nothing will be charged
)

// UnderWay tells that the outcome is still open.
func (s AttemptState) UnderWay() bool { return s == Asked || s == Unknown }

// EventKind is what happened to a transaction.
type EventKind string

// The kinds of event.
const (
	Opened        EventKind = "opened"         // the merchant sent the order
	AuthAsked     EventKind = "auth_asked"     // the acquirer is asked to authorise
	AuthNotSent   EventKind = "auth_not_sent"  // the request certainly did not reach the acquirer
	AuthNoAnswer  EventKind = "auth_no_answer" // the acquirer's answer did not arrive
	AuthApproved  EventKind = "auth_approved"  // the bank authorised
	AuthDeclined  EventKind = "auth_declined"  // the bank refused
	AuthReversed  EventKind = "auth_reversed"  // the request was undone at the acquirer
	CheckoutEnded EventKind = "checkout_ended" // the time limit passed unpaid
)

// The kinds of event after the authorisation.
const (
	EventVoidRequested    EventKind = "void_requested" // the acquirer is asked to undo the authorisation
	EventVoided           EventKind = "voided"
	EventCaptureRequested EventKind = "capture_requested"
	EventCaptureUndone    EventKind = "capture_undone" // taken back before the close
	EventCaptureSent      EventKind = "capture_sent"   // the 21:00 close sent it to the acquirer
	EventCaptured         EventKind = "captured"       // the bank's file confirmed it
	EventCaptureRefused   EventKind = "capture_refused"
	EventRefundRequested  EventKind = "refund_requested"
	EventRefundUndone     EventKind = "refund_undone" // taken back before the close
	EventRefundSent       EventKind = "refund_sent"
	EventRefunded         EventKind = "refunded"
	EventRefundRefused    EventKind = "refund_refused"
	EventSettled          EventKind = "settled" // paid out to the store
)

// The kinds of event of the cardholder's verification. None has a phone number, a code
// or card data in its detail.
const (
	EventVerificationBegun   EventKind = "verification_begun"   // detail: why in that way
	EventVerificationRefused EventKind = "verification_refused" // the card cannot be verified; detail: why
	EventVerificationFailed  EventKind = "verification_failed"  // every code is spent: the payment fails
	EventVerificationLeft    EventKind = "verification_left"    // detail: other_card or expired
	EventOTPSent             EventKind = "otp_sent"
	EventOTPPassed           EventKind = "otp_passed"
	EventOTPFailed           EventKind = "otp_failed"
	EventPasskeyAsked        EventKind = "passkey_asked"      // detail: bind or use
	EventPasskeyVerified     EventKind = "passkey_verified"   // detail: spc or webauthn
	EventPasskeyFellBack     EventKind = "passkey_fell_back"  // detail: why
	EventPasskeyBound        EventKind = "passkey_bound"      // a passkey of the card was made
	EventPasskeyDistrusted   EventKind = "passkey_distrusted" // it is used no more; detail: cloned or backup_flag
	EventTokenBound          EventKind = "token_bound"        // Token綁定
	EventTokenCharged        EventKind = "token_charged"      // Token交易
)

// restored stands in the table where an event takes a refund away: the status is
// the one that the capture and earlier refunds have earned.
const restored Status = "restored"

// transitions says where an event takes a transaction. What is not listed is
// refused: an allow list, so that a new status is closed until it is opened. While
// a refund is on its way the status tells of the refund, and the capture's
// confirmation and the payout leave it there.
var transitions = map[Status]map[EventKind]Status{
	Pending: {
		AuthAsked:     Pending,
		AuthNotSent:   Pending,
		AuthNoAnswer:  Pending,
		AuthApproved:  Authorised,
		AuthDeclined:  Failed,
		AuthReversed:  Failed,
		CheckoutEnded: Failed,

		EventVerificationBegun:   Pending,
		EventVerificationRefused: Pending,
		EventVerificationFailed:  Failed,
		EventVerificationLeft:    Pending,
		EventOTPSent:             Pending,
		EventOTPPassed:           Pending,
		EventOTPFailed:           Pending,
		EventPasskeyAsked:        Pending,
		EventPasskeyVerified:     Pending,
		EventPasskeyFellBack:     Pending,
		EventPasskeyBound:        Pending,
		EventPasskeyDistrusted:   Pending,
		EventTokenBound:          Pending,
	},
	Authorised: {
		EventTokenCharged:     Authorised,
		EventVoidRequested:    Authorised,
		EventVoided:           Voided,
		EventCaptureRequested: CaptureRequested,
	},
	CaptureRequested: {
		EventCaptureUndone: Authorised,
		EventCaptureSent:   CaptureSent,
	},
	CaptureSent: {
		EventCaptured:        Captured,
		EventCaptureRefused:  Authorised,
		EventRefundRequested: RefundRequested,
	},
	Captured: {
		EventRefundRequested: RefundRequested,
		EventSettled:         Captured,
	},
	RefundRequested: {
		EventCaptured:      RefundRequested,
		EventRefundUndone:  restored,
		EventRefundSent:    RefundSent,
		EventRefundRefused: restored,
		EventSettled:       RefundRequested,
	},
	RefundSent: {
		EventCaptured:      RefundSent,
		EventRefunded:      Refunded,
		EventRefundRefused: restored,
		EventSettled:       RefundSent,
	},
	Refunded: {
		EventCaptured:        Refunded,
		EventRefundRequested: RefundRequested,
		EventSettled:         Refunded,
	},
}

// attemptTransitions says where an event takes an attempt.
var attemptTransitions = map[AttemptState]map[EventKind]AttemptState{
	Asked: {
		AuthNotSent:  NotCharged,
		AuthNoAnswer: Unknown,
		AuthApproved: AttemptApproved,
		AuthDeclined: AttemptDeclined,
		AuthReversed: NotCharged,
	},
	Unknown: {
		AuthNoAnswer: Unknown,
		AuthApproved: AttemptApproved,
		AuthDeclined: AttemptDeclined,
		AuthReversed: NotCharged,
	},
}

// ErrNotAllowed tells that an event cannot happen in the present state.
var ErrNotAllowed = fault.New(fault.Refused, "transition_not_allowed", "目前的交易狀態無法執行此動作。")

// After returns the status that the event leads to, or ErrNotAllowed. For an event
// that takes a refund away it is the one that the transaction has earned else.
func (t Transaction) After(e EventKind) (Status, error) {
	next, ok := transitions[t.Status][e]
	switch {
	case !ok:
		return t.Status, ErrNotAllowed.Because(fmt.Errorf("%s in status %s", e, t.Status))
	case next != restored:
		return next, nil
	case !t.RefundedAt.IsZero():
		return Refunded, nil
	case !t.CapturedAt.IsZero():
		return Captured, nil
	}
	return CaptureSent, nil
}

// After returns the state that the event leads to, or ErrNotAllowed.
func (s AttemptState) After(e EventKind) (AttemptState, error) {
	next, ok := attemptTransitions[s][e]
	if !ok {
		return s, ErrNotAllowed.Because(fmt.Errorf("%s in attempt state %s", e, s))
	}
	return next, nil
}
