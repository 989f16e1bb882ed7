package verification

import (
	"time"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/payment"
)

// ID is a verification's number inside the program.
type ID int64

// Step is what the cardholder has to do next.
type Step string

// The steps.
const (
	StepArrive  Step = "arrive"  // tell what the browser can: the card came without it
	StepChoose  Step = "choose"  // answer the Offer
	StepOTP     Step = "otp"     // type the one-time password
	StepBind    Step = "bind"    // make a Passkey on the relying party's origin
	StepPasskey Step = "passkey" // use the Passkey
	StepDone    Step = "done"    // verified: the payment is under way or over
	StepEnded   Step = "ended"   // over without a payment: another card, the time limit, or a failure
)

// Offer is what the cardholder is asked.
type Offer string

// The offers.
const (
	OfferNothing Offer = ""
	OfferBind    Offer = "bind" // 是否綁定 Passkey
	OfferUse     Offer = "use"  // 是否使用 Passkey
)

// Choice is what the cardholder answers or clicks.
type Choice string

// The choices.
const (
	ChooseBind   Choice = "bind"
	SkipBind     Choice = "skip-bind"
	UsePasskey   Choice = "use-passkey"
	UseOTP       Choice = "use-otp"    // 改用簡訊驗證: lives in every step before the end
	UseOtherCard Choice = "other-card" // 改用其他卡片
)

// FellBack is why the Passkey way was left.
type FellBack string

// The reasons, as the funnel counts them.
const (
	NotFallen    FellBack = ""
	Unsupported  FellBack = "unsupported"   // the device or the browser cannot
	NoCredential FellBack = "no_credential" // this device has no Passkey of the card
	ChoseOTP     FellBack = "chose_otp"
	Cancelled    FellBack = "cancelled"
	TimedOut     FellBack = "timed_out"
	FailedHere   FellBack = "failed" // the authenticator, the signature, or the token failed
	OptedOut     FellBack = "opted_out"
)

// Caller is where a ceremony is called from.
type Caller struct {
	Origin    string // of the page that calls, such as https://pay.example.com
	TopOrigin string // of the page that frames it; empty at the top level
}

// View is a verification as pages show it.
type View struct {
	ID        ID
	Step      Step
	Offer     Offer // in StepChoose
	Brand     payment.Brand
	Last4     string
	OTP       otp.Sent // in StepOTP; zero when no code could be sent yet
	Asks      bool     // in StepArrive: what the browser can decides how it goes on
	Binds     bool     // in StepOTP: a good code leads to the making of a Passkey
	Reason    payment.RouteReason
	FellBack  FellBack
	Ref       ident.Token // in StepBind and StepPasskey: the address part on the relying party's origin
	ExpiresAt time.Time   // when the verification ends by itself

	Lab     payment.LabScenario // what the lab plays; empty outside it
	LabCode string              // in StepOTP: the code that the page says; empty outside the lab

	SPC       string // PaymentRequest.securePaymentConfirmationAvailability() as the browser told; or unknown
	TradeNo   ident.TradeNo
	Store     string // name
	OrderNo   string
	Item      string
	Amount    money.TWD
	Language  string   // of the checkout
	Embedders []string // origins that may frame the relying party's page, besides the site itself
}
