package payment

import (
	"strconv"
	"strings"

	"github.com/memberzone/memberzone/app/member"
)

// Device is what a browser said of itself before the card form was sent. The zero value
// is a browser that said nothing: one without scripts.
type Device struct {
	WebAuthn bool   // it has the Web Authentication API
	UVPA     bool   // a platform authenticator that verifies its user is there
	SPC      string // PaymentRequest.securePaymentConfirmationAvailability(), or "unknown"
	Browser  string // the family: chrome, edge, firefox, safari, other; empty when it is not known
}

// Able tells that a Passkey can be made and used there: the authenticator that verifies
// its user is what both ceremonies ask for (SPC §3, registration).
func (d Device) Able() bool { return d.WebAuthn && d.UVPA }

// APIKind is the interface by which an order came.
type APIKind string

// The interfaces.
const (
	Hosted APIKind = "hosted" // 幕前: the hosted checkout, MPG
	Server APIKind = "server" // 幕後: server to server, NDNT
)

// Facts are all that the choice of a verification depends on.
type Facts struct {
	ThreeD  bool // a 3D store
	Passkey bool // the store has Passkey服務
	Mode    member.Mode
	P3D     bool // the order asks for 3-D Secure or Passkey
	API     APIKind
	Version string // of the API: 2.0, 2.5, …
	Brand   Brand
	Device  Device

	HasCredential bool // the card has a Passkey that can be used
	PhoneMatches  bool // the phone that was typed is the one that the issuer holds
}

// Route is the verification that a payment takes, and why: support and the merchant can
// read the reason.
type Route struct {
	Verification Verification // the first way to try; what falls back takes the OTP
	Bind         bool         // after a good OTP a Passkey may be made
	Reason       RouteReason
}

// RouteReason says why a verification was chosen.
type RouteReason string

// The reasons.
const (
	// ReasonTestMode: a test-mode store never asks for OTP or Passkey (domain
	// rule on the test environment).
	ReasonTestMode RouteReason = "test_mode"
	// ReasonNotAsked: a non-3D store whose order did not ask for it (P3D≠1).
	ReasonNotAsked RouteReason = "not_asked"
	// ReasonPasskeyOff: the store has no Passkey服務.
	ReasonPasskeyOff RouteReason = "passkey_off"
	// ReasonVersionTooOld: Passkey needs the hosted API 2.0 or the server API 2.5.
	ReasonVersionTooOld RouteReason = "version_too_old"
	// ReasonBrandUnsupported: Passkey is for Visa and Mastercard.
	ReasonBrandUnsupported RouteReason = "brand_unsupported"
	// ReasonDeviceUnsupported: the device or the browser has no Passkey.
	ReasonDeviceUnsupported RouteReason = "device_unsupported"
	// ReasonPhoneMismatch: the phone is another one than the issuer holds.
	ReasonPhoneMismatch RouteReason = "phone_mismatch"
	// ReasonNoCredential: the card has no Passkey yet.
	ReasonNoCredential RouteReason = "no_credential"
	// ReasonHasCredential: the card has a Passkey.
	ReasonHasCredential RouteReason = "has_credential"
	// ReasonNoPhone: the issuer holds no phone, so that the card cannot be verified.
	ReasonNoPhone RouteReason = "no_phone"
	// ReasonNotOffered: the payment is from before there was cardholder verification.
	ReasonNotOffered RouteReason = "not_offered"
)

// Eligible tells that Passkey applied to the payment, whether or not the device, the
// phone and the card let it happen: where the funnel begins.
func (r RouteReason) Eligible() bool {
	switch r {
	case ReasonDeviceUnsupported, ReasonPhoneMismatch, ReasonNoCredential, ReasonHasCredential:
		return true
	}
	return false
}

// ChooseRoute decides how the cardholder is verified before the acquirer is asked (the
// provider's manual on P3D and Passkey; domain rules on the Passkey service). Every
// payment passes here, between card entry and authorisation. The first rule that fits
// decides; facts that come behind it need not be known.
func ChooseRoute(f Facts) Route {
	otp := func(why RouteReason) Route { return Route{Verification: VerifiedOTP, Reason: why} }
	switch {
	case f.Mode == member.Test:
		return Route{Verification: Unverified, Reason: ReasonTestMode}
	case !f.ThreeD && !f.P3D:
		return Route{Verification: Unverified, Reason: ReasonNotAsked}
	case !f.Passkey:
		return otp(ReasonPasskeyOff)
	case !recent(f.API, f.Version):
		return otp(ReasonVersionTooOld)
	case f.Brand != Visa && f.Brand != Mastercard:
		return otp(ReasonBrandUnsupported)
	case !f.Device.Able():
		return otp(ReasonDeviceUnsupported)
	case !f.PhoneMatches:
		return otp(ReasonPhoneMismatch)
	case !f.HasCredential:
		return Route{Verification: VerifiedOTP, Bind: true, Reason: ReasonNoCredential}
	}
	return Route{Verification: VerifiedPasskey, Bind: true, Reason: ReasonHasCredential}
}

// recent tells that the API's version knows Passkey: hosted 2.0, server to server 2.5.
func recent(api APIKind, version string) bool {
	major, minor, ok := versionOf(version)
	needed := 0
	if api == Server {
		needed = 5
	}
	return ok && (major > 2 || major == 2 && minor >= needed)
}

func versionOf(text string) (major, minor int, ok bool) {
	first, second, found := strings.Cut(text, ".")
	major, firstErr := strconv.Atoi(first)
	minor, secondErr := strconv.Atoi(second)
	return major, minor, found && firstErr == nil && secondErr == nil
}

// mustVerify tells that a payment may not be authorised unverified, whatever its card.
func mustVerify(store member.Store, r Request) bool {
	return ChooseRoute(factsOf(r, store, "", Device{})).Verification != Unverified
}

// PhoneNeeded tells that the cardholder must give a phone number: a Passkey
// payment falls back on a one-time password by SMS (domain rule on cardholder
// fields).
func PhoneNeeded(store member.Store) bool { return store.Passkey && store.Mode == member.Live }

// phoneNeeded is PhoneNeeded for one order. One that came server to server needs the
// phone only where a Passkey may be asked for: from version 2.5 on it is the merchant who
// gives it, and older versions have none (the provider's manual on Passkey, 幕後).
func (r Request) phoneNeeded(store member.Store, b Brand) bool {
	if !r.Server {
		return PhoneNeeded(store)
	}
	f := factsOf(r, store, b, Device{WebAuthn: true, UVPA: true})
	f.PhoneMatches = true
	return ChooseRoute(f).Reason.Eligible()
}

// payerOptional tells that the cardholder's name need not be given: server to server
// before version 2.5 (the same manual).
func (r Request) payerOptional() bool { return r.Server && !recent(Server, r.Version) }
