package seeds

import (
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/memberzone/memberzone/app/payment"
)

// outcomeWithout is why a payment to which Passkey applied was verified by an OTP alone.
type outcomeWithout struct {
	reason   payment.RouteReason
	fellBack string // as a live verification has it; empty where the Passkey was never tried
}

// withoutPasskey are the outcomes. No source tells how often each is: these are plausible.
var withoutPasskey = []weighted[outcomeWithout]{
	{outcomeWithout{payment.ReasonDeviceUnsupported, "unsupported"}, 27},
	{outcomeWithout{payment.ReasonPhoneMismatch, ""}, 11},
	{outcomeWithout{payment.ReasonNoCredential, "chose_otp"}, 30},
	{outcomeWithout{payment.ReasonNoCredential, "cancelled"}, 8},
	{outcomeWithout{payment.ReasonNoCredential, "timed_out"}, 4},
	{outcomeWithout{payment.ReasonHasCredential, "chose_otp"}, 7},
	{outcomeWithout{payment.ReasonHasCredential, "no_credential"}, 6},
	{outcomeWithout{payment.ReasonHasCredential, "cancelled"}, 4},
	{outcomeWithout{payment.ReasonHasCredential, "failed"}, 2},
	{outcomeWithout{payment.ReasonHasCredential, "opted_out"}, 1},
}

var browsers = []weighted[string]{{"chrome", 46}, {"safari", 38}, {"edge", 9}, {"firefox", 4}, {"other", 3}}

// lotsOf draws for one transaction what its history does not tell. The trade number alone
// decides: the generator's own draws stay as they are.
func lotsOf(h *payment.History) *rand.Rand {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(h.TradeNo))
	return rand.New(rand.NewPCG(sum.Sum64(), 0))
}

// journeys are how the cardholder of a generated transaction was verified, where Passkey
// applied.
func journeys(h *payment.History) []payment.Journey {
	if len(h.Attempts) == 0 {
		return nil
	}
	a, rnd := h.Attempts[0], lotsOf(h)
	j := payment.Journey{
		Attempt: len(h.Attempts), Verified: a.Route.Verification,
		Route:  payment.Route{Verification: payment.VerifiedOTP, Bind: true, Reason: payment.ReasonNoCredential},
		Device: payment.Device{WebAuthn: true, UVPA: true, Browser: choose(rnd, browsers), SPC: "unknown"},
	}
	if j.Device.Browser == "chrome" || j.Device.Browser == "edge" {
		j.Device.SPC = "available"
	}
	switch a.Route.Reason {
	case reasonPasskeyFirst:
	case reasonPasskey:
		j.Route.Verification, j.Route.Reason = payment.VerifiedPasskey, payment.ReasonHasCredential
	case reasonPasskeyDeclined:
		without := choose(rnd, withoutPasskey)
		j.Route.Reason, j.FellBack = without.reason, without.fellBack
		switch without.reason {
		case payment.ReasonHasCredential:
			j.Route.Verification = payment.VerifiedPasskey
		case payment.ReasonDeviceUnsupported:
			j.Route.Bind, j.Device.UVPA, j.Device.SPC = false, false, "unknown"
		case payment.ReasonPhoneMismatch:
			j.Route.Bind = false
		}
	default:
		return nil
	}
	setTimes(&j, a, rnd)
	return []payment.Journey{j}
}

// setTimes lets the verification take its course until the attempt begins.
func setTimes(j *payment.Journey, a payment.Attempt, rnd *rand.Rand) {
	j.EndedAt = a.AskedAt
	back := func(seconds int) time.Time {
		return a.AskedAt.Add(-time.Duration(seconds)*time.Second - time.Duration(rnd.IntN(1000))*time.Millisecond)
	}
	j.BegunAt = back(20)
	if j.Route.Bind {
		j.AskedAt, j.ChosenAt = j.BegunAt, back(16)
	}
	switch j.Route.Reason {
	case payment.ReasonDeviceUnsupported:
		j.FellBackAt = j.BegunAt
	case payment.ReasonNoCredential:
		if j.FellBack == "chose_otp" {
			j.ChosenAt, j.FellBackAt = time.Time{}, back(14)
		} else if j.FellBack != "" {
			j.FellBackAt = a.AskedAt
		}
	case payment.ReasonHasCredential:
		if j.FellBack != "" {
			j.FellBackAt = back(12)
		}
		if j.FellBack == "chose_otp" {
			j.ChosenAt = time.Time{}
		}
	}
	switch a.Route.Reason {
	case reasonPasskey:
		j.UsedAt = a.AskedAt
	case reasonPasskeyFirst:
		j.OTPPassedAt, j.BoundAt = back(7), a.AskedAt
	default:
		j.OTPPassedAt = back(3)
	}
}
