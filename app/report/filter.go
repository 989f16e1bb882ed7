package report

import (
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
)

// DateKind is the date that the range applies to: 期間種類.
type DateKind string

// The date kinds.
const (
	ByTrade      DateKind = "trade"      // 交易日期
	ByAuthorised DateKind = "authorised" // 授權日期
	ByCaptured   DateKind = "captured"   // 請款日期
	ByRefunded   DateKind = "refunded"   // 退款日期
	BySettled    DateKind = "settled"    // 撥款日期
)

// DateKinds lists the date kinds in the order of the screen.
var DateKinds = []DateKind{ByTrade, ByAuthorised, ByCaptured, ByRefunded, BySettled}

// NumberKind is what the numbers of 輸入查詢 are.
type NumberKind string

// The kinds of number that can be looked up.
const (
	AnyNumber  NumberKind = "any"        // 不限定: any of those below; of cards only 411111…1111
	TradeNos   NumberKind = "trade_no"   // 金流交易序號
	OrderNos   NumberKind = "order_no"   // 商店訂單編號
	AuthCodes  NumberKind = "auth_code"  // 授權碼
	CardNos    NumberKind = "card_no"    // 信用卡號
	MandateNos NumberKind = "mandate_no" // 委託單號
)

// NumberKinds lists the kinds of number in the order of the screen.
var NumberKinds = []NumberKind{AnyNumber, TradeNos, OrderNos, AuthCodes, CardNos, MandateNos}

// StoreType is 商店類型.
type StoreType string

// The store types.
const (
	AnyStoreType   StoreType = "any"
	GatewayStores  StoreType = "gateway"  // 閘道特約商店
	PlatformStores StoreType = "platform" // 金流特約商店
)

// StoreTypes lists the store types in the order of the screen.
var StoreTypes = []StoreType{AnyStoreType, GatewayStores, PlatformStores}

// Method is 處理方式.
type Method string

// The methods.
const (
	AnyMethod Method = "any"
	ByPhone   Method = "phone" // 綁定信用卡電話驗證: verified by an SMS OTP
	ByToken   Method = "token" // Token交易(國際卡組織)
)

// Methods lists the methods in the order of the screen.
var Methods = []Method{AnyMethod, ByPhone, ByToken}

// TokenKind is the category beneath the method Token交易(國際卡組織).
type TokenKind string

// The token kinds.
const (
	AnyToken    TokenKind = "any"
	TokenBind   TokenKind = "bind"   // Token綁定
	TokenCharge TokenKind = "charge" // Token交易
)

// TokenKinds lists the token kinds in the order of the screen.
var TokenKinds = []TokenKind{AnyToken, TokenBind, TokenCharge}

// Funds is 款項狀態: whether the money was paid out to the store.
type Funds string

// The states of funds.
const (
	AnyFunds      Funds = "any"
	FundsReceived Funds = "received" // 已收款
	FundsPending  Funds = "pending"  // 未收款
)

// FundsStates lists the states of funds in the order of the screen.
var FundsStates = []Funds{AnyFunds, FundsReceived, FundsPending}

// The limits of a query (product decisions on the query screen).
const (
	DaysDefault = 7   // the range when none is given, today included
	DaysMax     = 400 // the longest range
	NumbersMax  = 200 // numbers looked up at once
	RowsMax     = 50  // rows a page
	CountMax    = 10_000
)

// TransactionFilter is what 信用卡交易專用查詢 asks for. Make one with
// ParseTransactionFilter: its zero value is not a filter.
type TransactionFilter struct {
	DateKind  DateKind
	From, To  clock.Date // both inclusive, in Taipei
	Numbers   NumberKind
	Wanted    []string // the numbers to look up, each once; empty for none
	CardKey   string   // names a whole card number that was posted; "" for none
	Card      Card     // the card that CardKey names, once it was opened
	Stores    []string // MerchantIDs; empty for all
	PayTypes  []payment.PayType
	Statuses  []payment.Status
	ThreeD    bool      // 限定查詢 3D交易
	AmountMin money.TWD // 0 for no limit
	AmountMax money.TWD // 0 for no limit
	StoreType StoreType
	Method    Method
	TokenKind TokenKind
	Funds     Funds
	Journey   Journey // 驗證歷程
	Waiting   bool    // 待處理: only what waits for somebody or something
	Cursor    Cursor  // zero for the first page
	Limit     int     // rows a page, 1 to RowsMax
}

// DaysAlone tells that nothing but days of trade, and stores, are asked for: what sums
// by day and store can answer.
func (f TransactionFilter) DaysAlone() bool {
	return f.DateKind == ByTrade && !f.LooksUp() && len(f.PayTypes) == 0 && len(f.Statuses) == 0 && !f.ThreeD &&
		f.AmountMin == 0 && f.AmountMax == 0 && f.Method == AnyMethod && f.Funds == AnyFunds && !f.Waiting &&
		f.Journey == AnyJourney
}

// LooksUp tells that numbers, or a card, are looked up. The date range and its kind
// are then left aside: a number finds its transactions whatever the dates say.
func (f TransactionFilter) LooksUp() bool { return len(f.Wanted) > 0 || f.CardKey != "" }
