package wire

import "time"

// Version is a version of the payment page API.
type Version string

// The versions this gateway speaks. They order as text.
const (
	V14 Version = "1.4"
	V15 Version = "1.5"
	V16 Version = "1.6"
	V20 Version = "2.0"
	V21 Version = "2.1"
	V22 Version = "2.2"
	V23 Version = "2.3"
)

func (v Version) supported() bool {
	switch v {
	case V14, V15, V16, V20, V21, V22, V23:
		return true
	}
	return false
}

// tooOld says that the version is one of the CheckValue era, before TradeInfo existed.
func (v Version) tooOld() bool {
	switch v {
	case "1.0", "1.1", "1.2", "1.3":
		return true
	}
	return false
}

// AtLeast says whether the version is other or a later one.
func (v Version) AtLeast(other Version) bool { return v >= other }

// Lang is the language of the payment page.
type Lang string

// The languages of LangType.
const (
	LangZhTW Lang = "zh-tw"
	LangEn   Lang = "en"
	LangJp   Lang = "jp"
)

// Rules are the gateway's own choices in checking a request.
type Rules struct {
	// AnyPort lets ReturnURL and NotifyURL name any port, for a demo whose shop is on localhost. Otherwise
	// only 80 and 443 pass (manual, section 4.2 on ReturnURL).
	AnyPort bool
}

// PaymentRequest is the inner part of a post to the payment page that concerns cards (manual NDNF-1.1.9
// section 4.2). Fields of other payment methods are not kept.
type PaymentRequest struct {
	MerchantID      string
	RespondType     RespondType // JSON when the request's own value is wrong
	TimeStamp       time.Time
	Version         Version
	Lang            Lang
	MerchantOrderNo string
	Amt             int64  // TWD, whole dollars, at least 1
	ItemDesc        string // UTF-8, special characters taken out, at most 50 characters

	TradeLimit time.Duration // 60 to 900 s, or 0 for no limit

	ReturnURL     string // "" = the cardholder stays on our result page
	NotifyURL     string
	CustomerURL   string // of deferred methods; checked only
	ClientBackURL string

	Email        string
	EmailLocked  bool // EmailModify=0: the cardholder may not change it
	OrderComment string

	Methods    Methods
	Instalment Instalment
	TravelCard *TravelCard // nil: not a National Travel Card payment

	TokenTerm       string // "" = no card on file
	TokenTermDemand TokenTermDemand
	Force3D         bool // P3D=1: 3-D Secure or Passkey even if the store is set otherwise

	OrderDetail []OrderItem // version 2.2 and later; nil when not given
}

// Methods are the method flags of a request. When StoreDecides holds, no method at all was named and the
// store's own settings decide (manual section 4.2, note 1); otherwise the flags here and Instalment are the
// only methods allowed.
type Methods struct {
	StoreDecides bool
	Other        bool // at least one method that is not a one-time card payment was enabled

	Credit, CreditAE, UnionPay, Bonus bool
	ApplePay, GooglePay, SamsungPay   bool
}

// Instalment is InstFlag. The zero value is off.
type Instalment struct {
	All   bool  // "1": every number of periods the store has
	Terms []int // the numbers of periods named, ascending; nil when All
}

// TravelCard is a National Travel Card (國民旅遊卡) payment: NTCB and its three fields, all of them valid.
type TravelCard struct {
	Locate     string // area code 001 to 029
	Start, End string // YYYY-MM-DD, Start not after End
}

// TokenTermDemand says what the cardholder types again when paying with a card on file.
type TokenTermDemand int

// The values of TokenTermDemand.
const (
	DemandExpiryCVC TokenTermDemand = 1 // default
	DemandExpiry    TokenTermDemand = 2
	DemandCVC       TokenTermDemand = 3
	DemandNothing   TokenTermDemand = 4
)

// OrderItem is one element of OrderDetail.
type OrderItem struct {
	Name    string // 1 to 20 characters
	Amt     int64  // TWD, at least 1; of the whole line
	Type    int    // 1 goods, 2 ticket, 3 stored value, 4 as later manuals add
	OrderNo string // 1 to 20 characters, unique in the order
}
