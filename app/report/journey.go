package report

import "strings"

// Journey is how far a payment came on the way of the Passkey: 驗證歷程. A payment with
// several verifications came as far as each of them did.
type Journey string

// The steps, and why the Passkey was not used in the end. A step stands for the payments
// that a bar of Passkey 統計 counts.
const (
	AnyJourney      Journey = "any"
	JourneyEligible Journey = "eligible"  // Passkey applied
	JourneyAsked    Journey = "asked"     // the cardholder was asked whether to bind or use one
	JourneyBound    Journey = "bound"     // one was made
	JourneyUsed     Journey = "used"      // one confirmed the payment
	JourneyFellBack Journey = "fell_back" // an SMS code was asked for in its place

	FellBackUnsupported   Journey = fellBackFor + "unsupported"
	FellBackPhoneMismatch Journey = fellBackFor + "phone_mismatch"
	FellBackNoCredential  Journey = fellBackFor + "no_credential"
	FellBackChoseOTP      Journey = fellBackFor + "chose_otp"
	FellBackCancelled     Journey = fellBackFor + "cancelled"
	FellBackTimedOut      Journey = fellBackFor + "timed_out"
	FellBackFailed        Journey = fellBackFor + "failed"
	FellBackOptedOut      Journey = fellBackFor + "opted_out"
)

const fellBackFor = "fell_back."

// Journeys lists all of them, AnyJourney first.
var Journeys = []Journey{
	AnyJourney, JourneyEligible, JourneyAsked, JourneyBound, JourneyUsed, JourneyFellBack,
	FellBackUnsupported, FellBackPhoneMismatch, FellBackNoCredential, FellBackChoseOTP, FellBackCancelled,
	FellBackTimedOut, FellBackFailed, FellBackOptedOut,
}

// FellBackFor is the Journey of those that fell back for a reason of a FunnelCount.
func FellBackFor(reason string) Journey { return Journey(fellBackFor + reason) }

// Reason is why it fell back; found is false for a Journey that has no reason.
func (j Journey) Reason() (reason string, found bool) {
	return strings.CutPrefix(string(j), fellBackFor)
}
