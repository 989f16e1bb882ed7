package approval

import (
	"context"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
)

// ID is a request's number.
type ID int64

// State is where a request stands.
type State string

// The states of a request. Only Waiting is not an end.
const (
	Waiting   State = "waiting"
	Approved  State = "approved"  // and done, or asked of the acquirer
	Refused   State = "refused"   // with a reason
	Withdrawn State = "withdrawn" // by its maker
	Expired   State = "expired"   // the deadline of the action has passed
)

// Request is what somebody asked for and somebody else has to approve.
type Request struct {
	ID            ID
	MemberID      member.ID
	StoreID       member.StoreID
	TransactionID payment.ID
	TradeNo       ident.TradeNo
	OrderNo       string
	Action        payment.Action
	Amount        money.TWD
	Key           string // of the form that asked, and of the operation that comes of it
	MakerID       account.ID
	Maker         string // the login
	MadeAt        time.Time
	Until         time.Time // the action's deadline when the request was made
	State         State
	Checker       string    // the login of who approved or refused; else empty
	DecidedAt     time.Time // zero while it waits
	Reason        string    // of a refusal
}

// ReasonMax is the longest reason of a refusal, in characters.
const ReasonMax = 200

// Refusals.
var (
	// ErrNotFound tells that there is no such request, or not in the actor's stores.
	ErrNotFound = fault.New(fault.NotFound, "approval_not_found", "查無此覆核申請。")
	// ErrOwn tells that a maker would check their own request.
	ErrOwn = fault.New(fault.Refused, "approval_own", "不能覆核自己提出的申請，請由其他帳號覆核；不再需要時可以撤回。")
	// ErrNotMaker tells that somebody would withdraw what another asked for.
	ErrNotMaker = fault.New(fault.Refused, "approval_not_maker", "只有提出申請的帳號可以撤回；您可以同意或拒絕。")
	// ErrDecided tells that a request has ended before.
	ErrDecided = fault.New(fault.Conflict, "approval_decided", "這件申請已經結束，沒有再執行任何動作。")
	// ErrReason tells that a refusal has no reason, or too long a one.
	ErrReason = fault.New(fault.Invalid, "approval_reason", "請輸入拒絕的原因，最多 200 字。").At("reason")
	// ErrWaiting tells that a transaction has a request that waits.
	ErrWaiting = fault.New(fault.Conflict, "approval_waiting", "這筆交易已有一件等待覆核的申請，請先覆核或撤回那一件。")
	// ErrNoChecker tells that nobody else could check a request.
	ErrNoChecker = fault.New(fault.Refused, "approval_no_checker",
		"金額達到需要覆核的標準，但沒有其他帳號可以覆核這家商店的交易。請會員擁有者增加可覆核的助理帳號，或調整覆核金額。")
	// ErrNobody tells that a member has nobody who could check the owner's requests.
	ErrNobody = fault.New(fault.Refused, "approval_nobody",
		"目前沒有其他帳號可以覆核。請先讓至少一個助理帳號具有「交易查詢/單筆取消授權/請款/退款」的「可瀏覽可修改」權限，並指定管理商店。").At("threshold")
	// ErrThreshold tells that a text is no amount.
	ErrThreshold = fault.New(fault.Invalid, "approval_threshold", "請輸入大於 0 的整數金額；不需要覆核時請留空。").At("threshold")
	// ErrEnterpriseOwner tells that the actor is not the owner of an enterprise member.
	ErrEnterpriseOwner = fault.New(fault.Denied, "approval_enterprise_owner", "只有企業會員的擁有者可以設定覆核金額。")
)

// Standing is what is to be known of a member's requests on every page.
type Standing struct {
	Threshold money.TWD // 0 for none
	ToCheck   int       // requests in the scope that wait for this account
}

// Store keeps requests. What is outside of a scope does not exist for it.
type Store interface {
	// Join runs do in the database transaction that is open, or in one of its own.
	Join(ctx context.Context, do func(ctx context.Context, t Tx) error) error
	// Threshold returns from which amount on a member's people need another; 0 for none.
	Threshold(ctx context.Context, of member.ID) (money.TWD, error)
	// Standing counts what waits in the scope and was not made by the account.
	Standing(ctx context.Context, s report.Scope, who account.ID, now time.Time) (Standing, error)
	// People lists a member's active accounts with the grants that hold now.
	People(ctx context.Context, of member.ID, now time.Time) ([]account.Actor, error)
	// Approval returns a request. It returns ErrNotFound.
	Approval(ctx context.Context, s report.Scope, id ID) (Request, error)
	// ApprovalByKey returns the request that a member's form has led to, nil for none.
	ApprovalByKey(ctx context.Context, of member.ID, key string) (*Request, error)
	// Approvals lists the requests that wait, the oldest first, and then as many as given
	// of those that ended, the latest first.
	Approvals(ctx context.Context, s report.Scope, ended int) ([]Request, error)
	// ApprovalOf returns the request of a transaction that waits, nil for none.
	ApprovalOf(ctx context.Context, s report.Scope, id payment.ID) (*Request, error)
	// ExpireApprovals ends up to limit requests whose deadline has passed.
	ExpireApprovals(ctx context.Context, now time.Time, limit int) (int, error)
}

// Tx is what a change needs; all of it commits together.
type Tx interface {
	// AddApproval stores a request and returns its ID. It returns ErrWaiting and
	// payment.ErrKeyTaken.
	AddApproval(ctx context.Context, r Request) (ID, error)
	// DecideApproval ends a request. It returns ErrDecided for one that does not wait, or
	// not any more at that time.
	DecideApproval(ctx context.Context, d Decision) error
	// SetThreshold stores the amount, 0 for none, and returns the one before.
	SetThreshold(ctx context.Context, of member.ID, from money.TWD) (money.TWD, error)
	// Mail stores a mail and the job that sends it.
	Mail(ctx context.Context, m notify.Mail) error
	// Record appends to the audit log. It locks the chain until the end: it comes last.
	Record(ctx context.Context, e audit.Entry) error
}

// Decision is how a request ends.
type Decision struct {
	Request ID
	To      State
	Checker account.ID // 0 for a withdrawal
	Reason  string
	At      time.Time
}
