package payment

import (
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/secret"
)

// LabScenario is what the Passkey lab of a test-mode store plays with a card; empty for
// none.
type LabScenario string

// The scenarios.
const (
	LabBind        LabScenario = "bind"        // a Passkey is made
	LabUse         LabScenario = "use"         // the Passkey that was made confirms the payment
	LabUnsupported LabScenario = "unsupported" // the device has none
	LabCancel      LabScenario = "cancel"      // the cardholder turns the device away
	LabTimeout     LabScenario = "timeout"     // the device is not answered in time
	LabNewDevice   LabScenario = "new_device"  // this device has no Passkey of the card
	LabWrongOTP    LabScenario = "wrong_otp"   // no code is right
	LabRevoked     LabScenario = "revoked"     // the Passkey was removed before it is used
)

// LabCard is a card of the lab.
type LabCard struct {
	Number   string // of the range below, its check digit right
	Scenario LabScenario
}

// LabCards lists the lab's cards, one a scenario, in the order of its page: all are of the
// range 4000 2299 0000 0000 to 4000 2299 0000 0099, beside the provider's published test
// cards, which stay as they are. A test-mode store takes them while it has the lab on.
var LabCards = []LabCard{
	{"4000229900000016", LabBind},
	{"4000229900000024", LabUse},
	{"4000229900000032", LabUnsupported},
	{"4000229900000040", LabCancel},
	{"4000229900000057", LabTimeout},
	{"4000229900000065", LabNewDevice},
	{"4000229900000073", LabWrongOTP},
	{"4000229900000081", LabRevoked},
}

// LabScenarioOf is what the lab plays with a card in a store.
//
// SECURITY: nothing of the lab is reachable but through here; to a live store, and to one
// that has the lab off, its cards are cards like any other.
func LabScenarioOf(store member.Store, pan secret.PAN) LabScenario {
	if !store.InLab() {
		return ""
	}
	for _, card := range LabCards {
		if card.Number == pan.Expose() {
			return card.Scenario
		}
	}
	return ""
}
