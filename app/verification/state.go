package verification

import (
	"fmt"
	"slices"
	"time"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/token"
)

// State is where a verification stands.
type State string

// The states.
const (
	Arriving State = "arriving" // the card came from the merchant's server: the cardholder's browser is awaited
	Choosing State = "choosing" // asked whether to bind or to use a Passkey
	Coding   State = "otp"      // a one-time password is awaited
	Offering State = "offering" // after a good code: asked whether to bind on this new device
	Binding  State = "binding"  // after a good code: the Passkey is being made
	Touching State = "passkey"  // the Passkey is being used

	Verified State = "verified" // the payment was started
	Failed   State = "failed"   // every code is spent: the payment has failed
	Left     State = "left"     // for another card
	Expired  State = "expired"  // the time passed; the payment may be tried again
	Refused  State = "refused"  // never begun: the card cannot be verified
)

// States lists every state.
var States = []State{
	Arriving, Choosing, Coding, Offering, Binding, Touching, Verified, Failed, Left, Expired, Refused,
}

// Live tells that the verification has not ended.
func (s State) Live() bool {
	switch s {
	case Arriving, Choosing, Coding, Offering, Binding, Touching:
		return true
	}
	return false
}

// moves says where a verification may go. What is not listed is refused: an allow list.
// Offering and Binding stand behind a good code: they end with a payment, unless the
// cardholder takes another card, or it is too late for one.
var moves = map[State][]State{
	Arriving: {Choosing, Coding, Touching, Left, Expired},
	Choosing: {Coding, Touching, Left, Expired},
	Coding:   {Offering, Binding, Verified, Failed, Left, Expired},
	Offering: {Binding, Verified, Left, Expired},
	Binding:  {Verified, Left, Expired},
	Touching: {Coding, Verified, Left, Expired},
}

// ErrNotNow tells that the verification is at another step: the page is from before.
var ErrNotNow = fault.New(fault.Conflict, "verification_not_now", "驗證步驟已更新，請重新整理頁面。")

// ErrNotFound tells that there is no such verification.
var ErrNotFound = fault.New(fault.NotFound, "verification_not_found", "查無此驗證，請回到付款頁面。")

// To returns ErrNotNow unless the verification may go to the state.
func (s State) To(next State) error {
	if !slices.Contains(moves[s], next) {
		return ErrNotNow.Because(fmt.Errorf("from %s to %s", s, next))
	}
	return nil
}

// Verification is one verification of a cardholder.
type Verification struct {
	ID            ID
	TransactionID payment.ID
	State         State
	Route         payment.Route // as it was chosen
	Card          payment.Card  // without First6 and Expiry
	CardID        token.CardID  // 0 while the card is not in the vault
	Device        payment.Device
	FellBack      FellBack

	CreatedAt   time.Time
	AskedAt     time.Time // the Passkey was offered; zero until it happened, as the times below
	ChosenAt    time.Time // to bind or to use
	OTPPassedAt time.Time
	BoundAt     time.Time
	UsedAt      time.Time
	FellBackAt  time.Time
	EndedAt     time.Time
	ExpiresAt   time.Time

	SealKey    string // unique: binds what is sealed to its row
	Kept       *Kept  // nil once it has ended
	RefHash    []byte // nil before the first Ref
	AnswerHash []byte // of the token of the ceremony that was answered last
	VerifiedBy payment.Verification
	AttemptID  payment.AttemptID

	Lab      payment.LabScenario // what is played; empty outside the lab
	LabTries int                 // wrong codes in the lab
}

// Kept is what is sealed while a verification lives.
type Kept struct {
	Card  payment.CheckedCard
	Phone string      // E.164, as the issuer holds it
	Ref   ident.Token // the present one
	// Checkout is the token of the checkout, where the cardholder's browser does not have
	// it yet: the card came from the merchant's server. Else it is empty.
	Checkout ident.Token
}

// wantsBinding tells that the cardholder has chosen to bind before the code came.
func (v Verification) wantsBinding() bool {
	return v.Route.Bind && v.Route.Verification == payment.VerifiedOTP && !v.ChosenAt.IsZero() && v.FellBack == NotFallen
}

// offer is what the cardholder is asked now.
func (v Verification) offer() Offer {
	switch {
	case v.State == Choosing && v.Route.Verification == payment.VerifiedPasskey:
		return OfferUse
	case v.State == Choosing, v.State == Offering:
		return OfferBind
	}
	return OfferNothing
}

func (v Verification) step() Step {
	switch v.State {
	case Arriving:
		return StepArrive
	case Choosing, Offering:
		return StepChoose
	case Coding:
		return StepOTP
	case Binding:
		return StepBind
	case Touching:
		return StepPasskey
	case Verified:
		return StepDone
	}
	return StepEnded
}
