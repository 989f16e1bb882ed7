package assistant

import (
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/permit"
)

// Limit is how many assistants a member may have (the manual's 助理帳號設定).
const Limit = 60

// Refusals of this room. Those of a form's field carry the field's name: login,
// email, stores, unit.UNIT (a row of the matrix), until.UNIT.
var (
	ErrNotFound  = fault.New(fault.NotFound, "assistant_not_found", "查無此助理帳號。")
	ErrFull      = fault.New(fault.Conflict, "assistants_full", "助理帳號已達 60 個上限，請先移除不再使用的帳號。")
	ErrChanged   = fault.New(fault.Conflict, "assistant_changed", "此帳號的設定剛剛已被變更，請確認最新內容後再儲存。")
	ErrStatus    = fault.New(fault.Conflict, "assistant_status", "此帳號目前的狀態不能執行這個動作。")
	ErrLogin     = fault.New(fault.Invalid, "assistant_login", "帳號需為英文字母與數字混合，20 個字元以內。").At("login")
	ErrEmail     = fault.New(fault.Invalid, "assistant_email", "請輸入正確的電子信箱。").At("email")
	ErrStores    = fault.New(fault.Invalid, "assistant_stores", "請選擇至少一個管理商店。").At("stores")
	ErrNoRequest = fault.New(fault.NotFound, "permission_request_not_found", "查無此申請，或已經處理過。")
	// ErrUnknownStore tells that the owner's member has no such store.
	ErrUnknownStore = fault.New(fault.Invalid, "assistant_store_unknown", "管理商店中有查無的商店，請重新選擇。").At("stores")
	// ErrLevel and ErrUntil come with the field of their row.
	ErrLevel = fault.New(fault.Invalid, "assistant_level", "請選擇不可瀏覽、僅可瀏覽或可瀏覽可修改。")
	ErrUntil = fault.New(fault.Invalid, "assistant_until", "期限需為今天起 5 年內的日期，且僅用於可瀏覽的項目。")
	// ErrOwner tells that only the owner of an enterprise member has assistants.
	ErrOwner = fault.New(fault.Denied, "assistant_owner_only", "僅企業會員的擁有者可管理助理帳號。")
	// ErrHeld, ErrAsker and ErrWanted refuse an assistant's request for a permission.
	ErrHeld   = fault.New(fault.Conflict, "permission_held", "您已具備此權限，請重新整理頁面。")
	ErrAsker  = fault.New(fault.Denied, "permission_asker", "僅助理帳號本人可申請權限。")
	ErrWanted = fault.New(fault.Invalid, "permission_wanted", "查無此功能項目或權限。")
)

// State is how an assistant stands, in one word for the list.
type State string

// The states.
const (
	Invited   State = "invited"   // 邀請中: has no password and no passkey, and never signed in
	Active    State = "active"    // 使用中
	Suspended State = "suspended" // 已停用
)

// Assistant is one 助理帳號 as its owner sees it.
type Assistant struct {
	Account      account.Account
	State        State
	Stores       []account.Store // 管理商店, by MerchantID
	Grants       []account.Grant // by unit in the matrix's order; those that have ended too
	Revision     int64
	CreatedAt    time.Time
	LastSignInAt time.Time // zero when it never signed in
	// InvitedUntil is the end of the latest mailed link that waits to be used, past
	// when that has run out. It is zero for none, and unless the state is Invited.
	InvitedUntil time.Time
	Passkeys     int
}

// Form is what an owner fills in for an assistant.
type Form struct {
	Login  string // of a new assistant; it never changes afterwards
	Email  string
	Stores []string // MerchantIDs
	Matrix Matrix
	// Revision is that of the Assistant which the form was filled with: Save refuses
	// a form that has been overtaken. It does not count for a new assistant.
	Revision int64
}

// Matrix is the permission matrix of one assistant; a unit without a cell is 不可瀏覽.
type Matrix map[permit.Unit]Cell

// Cell is one row's level, and until when it holds.
type Cell struct {
	Level permit.Level
	Until clock.Date // the last day; zero for no end
}

// Filter narrows the list.
type Filter struct {
	Query string // part of the login or the mail address
	State State  // "" for all
	Store string // MerchantID, "" for all
}

// List is what the list shows.
type List struct {
	Used       int // of Limit, whatever the filter
	Assistants []Assistant
}

// Request is an assistant's request for a permission, in the owner's inbox.
type Request struct {
	ID      int64
	Login   string
	Unit    permit.Unit
	Held    permit.Level // now
	Wanted  permit.Level
	AskedAt time.Time
	// DecidedAt is zero while the request waits.
	DecidedAt time.Time
	Granted   bool
}

// Review is what the access review finds.
type Review struct {
	Unused []Assistant   // no sign-in for UnusedDays
	Idle   []IdleGrant   // permissions never used since they were granted
	Ending []EndingGrant // grants that end within EndingDays
}

// The bounds of the review, in days.
const (
	UnusedDays = 90
	EndingDays = 14
	// IdleDays is how old a grant is before it counts as never used: a new one has
	// had no chance yet.
	IdleDays = 30
)

// IdleGrant is a permission that its assistant never used at its level since it
// was granted: 可瀏覽可修改 that only ever opened pages to look at is idle.
type IdleGrant struct {
	Login     string
	Unit      permit.Unit
	Level     permit.Level
	GrantedAt time.Time
}

// EndingGrant is a permission that will end soon.
type EndingGrant struct {
	Login string
	Unit  permit.Unit
	Level permit.Level
	Until clock.Date
}
