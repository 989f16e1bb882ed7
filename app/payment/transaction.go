package payment

import (
	"time"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/token"
)

// ID is a transaction's number inside the program.
type ID int64

// AttemptID is an attempt's number inside the program.
type AttemptID int64

// PayType is how the cardholder pays: 支付型態.
type PayType string

// The pay types.
const (
	PayInFull     PayType = "full"        // 一次付清
	PayInstalment PayType = "instalment"  // 分期付款
	PayBonus      PayType = "bonus"       // 紅利折抵
	PayUnionPay   PayType = "unionpay"    // 銀聯卡
	PayGoogle     PayType = "google_pay"  // Google Pay
	PayApple      PayType = "apple_pay"   // Apple Pay
	PaySamsung    PayType = "samsung_pay" // Samsung Pay
	PayTravel     PayType = "travel"      // 國民旅遊卡
	PayForeign    PayType = "foreign"     // 國外卡
)

// PayTypes lists every pay type in the order of the query screen.
var PayTypes = []PayType{
	PayInFull, PayInstalment, PayBonus, PayUnionPay, PayGoogle, PayApple, PaySamsung, PayTravel, PayForeign,
}

// Verification is how the cardholder proved who they are.
type Verification string

// The ways of verification.
const (
	Unverified      Verification = "none"
	VerifiedOTP     Verification = "otp"     // 3-D Secure with an SMS one-time password
	VerifiedPasskey Verification = "passkey" // the device's own unlock
)

// ECI is the electronic commerce indicator of a payment that was verified so: 2 for
// Mastercard, 5 for the others, empty for one that was not (the provider's manual, result
// field ECI; EMV 3-D Secure).
func (v Verification) ECI(b Brand) string {
	switch {
	case v == Unverified:
		return ""
	case b == Mastercard:
		return "2"
	}
	return "5"
}

// FailureReason is why a transaction failed.
type FailureReason string

// The reasons for a failure.
const (
	FailedDeclined FailureReason = "declined" // the bank refused
	FailedReversed FailureReason = "reversed" // the bank's answer never came; the request was undone
	FailedExpired  FailureReason = "expired"  // the time limit passed unpaid
	// FailedUnverified tells that the cardholder could not be verified: every one-time
	// password was spent.
	FailedUnverified FailureReason = "unverified"
)

// Transaction is a 交易: one order of a merchant and what became of its money.
type Transaction struct {
	ID       ID
	MemberID member.ID
	StoreID  member.StoreID
	TradeNo  ident.TradeNo
	OrderNo  string // MerchantOrderNo, unique within the store
	ItemDesc string
	Amount   money.TWD
	Status   Status
	PayType  PayType

	Verification Verification
	ThreeD       bool
	TokenBind    bool // a Token綁定 happened with this payment
	TokenCharge  bool // it was charged with a Token: Token交易
	ECI          string

	CreatedAt    time.Time
	AuthorisedAt time.Time // zero until it happened, as the times below
	CapturedAt   time.Time
	RefundedAt   time.Time
	SettledAt    time.Time // 撥款日期: the money was paid out
	FailedAt     time.Time
	Failure      FailureReason // why it failed, empty for the other statuses

	CapturedAmount money.TWD
	RefundedAmount money.TWD

	Instalments     int // months, 0 for none
	InstalmentFirst money.TWD
	InstalmentEach  money.TWD
	BonusPaid       money.TWD // amount left to pay after bonus points; 0 for other payments

	Card           Card
	RespondCode    string
	RespondMessage string
	AuthCode       string
	AcquirerBank   string // AuthBank of the wire
	IssuerBank     string // CardBank of the wire
	PaymentMethod  string // CREDIT, FOREIGN, … of the wire
	PayerIP        string
}

// Card is what may be kept of a card.
type Card struct {
	Brand  Brand
	First6 string
	Last4  string
	Expiry string // YYMM
}

// Checkout is what the merchant asked for when it sent the cardholder to the
// hosted page, with its transaction.
type Checkout struct {
	Transaction Transaction
	Request     Request
	Attempt     *Attempt // the latest attempt, nil before the first
}

// Request is the part of a merchant's order that only the checkout needs. It
// never changes.
type Request struct {
	Version       string // of the wire: 1.4 … 2.3
	RespondType   string // JSON or String
	Language      string // zh-tw, en or jp
	Comment       string
	Email         string
	EmailFixed    bool // the payer may not change the address
	ReturnURL     string
	NotifyURL     string
	ClientBackURL string
	InFull        bool  // 一次付清 is offered
	Instalments   []int // terms in months that are offered
	Bonus         bool  // 紅利付款 is offered
	Major         bool  // Visa, Mastercard and JCB are accepted
	Amex          bool  // American Express is accepted
	P3D           bool  // the merchant asks for 3-D Secure or Passkey
	Server        bool  // 幕後: the order came from the merchant's server, with its card
	ExpiresAt     time.Time
}

// Expired tells that the time limit has passed.
func (r Request) Expired(now time.Time) bool {
	return !r.ExpiresAt.IsZero() && !now.Before(r.ExpiresAt)
}

// Payable tells that the checkout waits for a card: it is neither over nor being paid.
func (c Checkout) Payable() bool {
	return c.Transaction.Status == Pending && (c.Attempt == nil || !c.Attempt.State.UnderWay())
}

// Attempt is one try to authorise a transaction: 授權紀錄.
type Attempt struct {
	ID            AttemptID
	TransactionID ID
	RequestID     string // the acquirer's idempotency key
	State         AttemptState
	Route         Route
	Simulated     bool // a test-mode store: no acquirer was asked
	PayType       PayType
	Instalments   int
	Card          Card
	Payer         Payer
	PayerIP       string
	AskedAt       time.Time
	AnsweredAt    time.Time
	Inquiries     int
	NextInquiryAt time.Time
	ECI           string       // of the verification; empty when unverified
	TokenCard     token.CardID // whose token is charged; 0 for the card number
}

// Payer is the cardholder as typed on the checkout. It is stored sealed.
type Payer struct {
	LastName  string `json:"last_name"`
	FirstName string `json:"first_name"`
	Phone     string `json:"phone"` // E.164, or empty
	Email     string `json:"email"`
}

// Event is one entry of a transaction's append-only history.
type Event struct {
	TransactionID ID
	AttemptID     AttemptID // 0 where no attempt takes part
	Kind          EventKind
	From          Status // empty for the first event
	To            Status
	Amount        money.TWD
	Actor         string // "merchant", "cardholder", "acquirer", "system", or an account's login
	Detail        string // free of card data and of personal data
	At            time.Time
}
