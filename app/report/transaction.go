package report

import (
	"context"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/payment"
)

// ErrNotFound tells that there is no such transaction in the scope, whether or
// not there is one outside.
var ErrNotFound = fault.New(fault.NotFound, "transaction_not_in_scope", "查無此交易。")

// Row is one transaction of the list, as far as the list shows it.
type Row struct {
	TradeNo      ident.TradeNo
	OrderNo      string
	StoreID      member.StoreID
	CreatedAt    time.Time
	ListedAt     time.Time // of the date kind that the list is ordered by
	Amount       money.TWD
	Status       payment.Status
	PayType      payment.PayType
	Instalments  int // months, 0 for none
	Verification payment.Verification
	ThreeD       bool
	TokenBind    bool
	TokenCharge  bool
	Settled      bool // paid out to the store: 已收款
	Brand        payment.Brand
	CardFirst6   string
	CardLast4    string
	AuthCode     string
	MandateNo    string
	Captured     money.TWD // requested, sent or confirmed
	Refunded     money.TWD // requested, sent or confirmed
	AuthorisedAt time.Time // zero like those below until it happens
	CapturedAt   time.Time
	RefundedAt   time.Time
	SettledAt    time.Time
}

// Page is a part of the list, newest first, and whether there is more on either side.
type Page struct {
	Rows  []Row
	Older Cursor // 下一頁, zero when there is none
	Newer Cursor // 上一頁, zero when there is none
}

// Count is how many transactions a filter finds.
type Count struct {
	Rows int  // at most CountMax
	More bool // there are more than CountMax
}

// Transactions reads card transactions. Every method sees only what is in the
// scope.
type Transactions interface {
	// List returns the page at the filter's cursor.
	List(ctx context.Context, s Scope, f TransactionFilter) (Page, error)
	// Count counts what the filter finds, up to CountMax.
	Count(ctx context.Context, s Scope, f TransactionFilter) (Count, error)
	// Totals sums exactly what the filter finds. It returns ErrTotalsSlow where the
	// context's deadline comes first.
	Totals(ctx context.Context, s Scope, f TransactionFilter) (Totals, error)
	// Find returns one transaction with its history. It returns ErrNotFound.
	Find(ctx context.Context, s Scope, no ident.TradeNo) (Detail, error)
	// Pick returns those of the transactions that are in the scope, in no order.
	Pick(ctx context.Context, s Scope, numbers []ident.TradeNo) ([]payment.Transaction, error)
	// Day returns the figures of one day in Taipei.
	Day(ctx context.Context, s Scope, day clock.Date) (Day, error)
	// Open returns up to limit transactions created since then that somebody
	// should look at, the newest first.
	Open(ctx context.Context, s Scope, since time.Time, limit int) ([]Concern, error)
}

// Screen is one page of the query screen, as an account sees it.
type Screen struct {
	Page    Page
	Count   Count
	Views   []View
	Columns []Column
	LookUp  LookUp // what became of the wanted numbers; zero where the filter looks up none
}

// Desk is everything that the query screen works with.
type Desk interface {
	// Screen returns List, Count, Views and ListColumns in one go, and what became of the
	// wanted numbers.
	Screen(ctx context.Context, s Scope, f TransactionFilter, by account.ID) (Screen, error)
	Transactions
	Cards
	Views
	Layout
	Tokens
	Labs
}

// Detail is one transaction with everything that happened to it.
type Detail struct {
	Transaction   payment.Transaction
	Store         account.Store
	Request       payment.Request
	Attempt       *payment.Attempt    // the latest one, nil before the first
	Events        []payment.Event     // the oldest first
	Notifications []Notification      // the oldest first
	Messages      []payment.Message   // the oldest first
	MandateNo     string              // 委託單號 of the mandate that it is a period of; empty for none
	Lab           payment.LabScenario // what the Passkey lab played; empty outside it
	TokenLast4    string              // of the network token that was bound or charged; empty for none
	PayoutDue     clock.Date          // the earliest day of the payout that is to come; zero where none is known
}

// Notification is a message to the merchant's NotifyURL with its deliveries.
type Notification struct {
	URL       string
	State     notify.State
	CreatedAt time.Time
	Tries     []Try // the oldest first
}

// Try is one delivery of a notification.
type Try struct {
	At         time.Time
	HTTPStatus int // 0 where no answer came
	Duration   time.Duration
	Error      string
	Answer     string // the beginning of the body, card numbers masked
}

// Day is the figures of one day, by the time the order came.
type Day struct {
	Rows   int
	Amount money.TWD
	Status map[payment.Status]Sum
}

// Sum is how many and how much.
type Sum struct {
	Rows   int
	Amount money.TWD
}

// ConcernKind is why somebody should look at a transaction.
type ConcernKind string

// The kinds of concern.
const (
	NotNotified    ConcernKind = "not_notified"    // the notification was given up
	OutcomeUnknown ConcernKind = "outcome_unknown" // the bank's answer is not known yet
)

// Concern is a transaction that somebody should look at.
type Concern struct {
	Kind    ConcernKind
	TradeNo ident.TradeNo
	OrderNo string
	At      time.Time
}
