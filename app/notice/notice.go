package notice

import (
	"context"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/report"
)

// ID is a notice's number.
type ID int64

// Notice is something that a member is told.
type Notice struct {
	ID       ID
	MemberID member.ID
	StoreID  member.StoreID // 0 for the member as a whole, which its owner sees
	Title    string         // zh-Hant-TW, up to TitleMax characters
	Text     string         // plain text, up to TextMax characters
	Href     string         // a page of the owner where to go on, a path of the site; empty for none
	At       time.Time
	ReadAt   time.Time // by the account that looks; zero before
}

// The limits of a notice, in characters.
const (
	TitleMax = 100
	TextMax  = 4000
	HrefMax  = 300
)

// Shown is how many notices are listed: the latest.
const Shown = 100

// ErrNotFound tells that there is no such notice, or not in the actor's scope.
var ErrNotFound = fault.New(fault.NotFound, "notice_not_found", "查無此通知。")

// Store keeps notices. What is outside of a scope does not exist for it.
type Store interface {
	// Notices lists the latest in the scope, the newest first, with when the account read them.
	Notices(ctx context.Context, s report.Scope, who account.ID, limit int) ([]Notice, error)
	// Unread counts what the account has not read; of more than limit it returns limit.
	Unread(ctx context.Context, s report.Scope, who account.ID, limit int) (int, error)
	// MarkRead notes that the account has read a notice, and returns its Href. It returns
	// ErrNotFound.
	MarkRead(ctx context.Context, s report.Scope, r Reading) (href string, err error)
	// MarkAllRead notes that it has read all up to and including the given one.
	MarkAllRead(ctx context.Context, s report.Scope, r Reading) error
}

// Reading is that an account has read a notice.
type Reading struct {
	Notice  ID
	Account account.ID
	At      time.Time
}

// Tx writes notices with the change that they tell of.
type Tx interface {
	// AddNotice stores a notice; its ID and ReadAt are ignored.
	AddNotice(ctx context.Context, n Notice) error
}
