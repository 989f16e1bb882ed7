package payment

import "github.com/memberzone/memberzone/app/member"

// Route is the verification that an attempt takes, and why: support and the
// merchant can read the reason.
type Route struct {
	Verification Verification
	Reason       RouteReason
}

// RouteReason says why a verification was chosen.
type RouteReason string

// The reasons.
const (
	// ReasonTestMode: a test-mode store never asks for OTP or Passkey (domain
	// rule on the test environment).
	ReasonTestMode RouteReason = "test_mode"
	// ReasonNotOffered: cardholder verification is not part of the product yet;
	// the payment is recorded as unverified.
	ReasonNotOffered RouteReason = "not_offered"
)

// ChooseRoute decides how the cardholder is verified before the acquirer is
// asked. Every payment passes here, between card entry and authorisation.
func ChooseRoute(store member.Store) Route {
	if store.Mode == member.Test {
		return Route{Unverified, ReasonTestMode}
	}
	return Route{Unverified, ReasonNotOffered}
}

// PhoneNeeded tells that the cardholder must give a phone number: a Passkey
// payment falls back on a one-time password by SMS (domain rule on cardholder
// fields).
func PhoneNeeded(store member.Store) bool { return store.Passkey && store.Mode == member.Live }
