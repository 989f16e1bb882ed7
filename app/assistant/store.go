package assistant

import (
	"context"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/permit"
)

// Store keeps assistants. All it does is bounded by the member it is given; what
// belongs to another member does not exist for it.
type Store interface {
	// InTx runs do in one database transaction, which commits if do returns nil.
	// do may run again after a deadlock: it must have no other effect.
	InTx(ctx context.Context, do func(ctx context.Context, t Tx) error) error
	// Assistants lists a member's assistants by login, the removed ones left out,
	// and counts them whatever the filter.
	Assistants(ctx context.Context, of member.ID, f Filter) (List, error)
	// Assistant finds an assistant by its login, whose case does not matter. It
	// returns ErrNotFound, for a removed one too.
	Assistant(ctx context.Context, of member.ID, login string) (Assistant, error)
	// Requests lists the open requests, the oldest first, and after them those
	// decided last, the latest first, as many as given. Held is what holds today.
	Requests(ctx context.Context, of member.ID, today clock.Date, decided int) ([]Request, error)
	// Standing finds the member's owner, and the open request of an account for a unit.
	Standing(ctx context.Context, of member.ID, id account.ID, unit permit.Unit) (Standing, error)
	// OpenRequests counts the requests that wait.
	OpenRequests(ctx context.Context, of member.ID) (int, error)
	// Review finds what lies outside the bounds. It leaves suspended accounts out.
	Review(ctx context.Context, of member.ID, b Bounds) (Review, error)
	// NoteUse keeps the latest day on which an account used a unit at a level.
	NoteUse(ctx context.Context, u Use) error
}

// Bounds are the limits of a review.
type Bounds struct {
	Today         clock.Date
	UnusedBefore  time.Time  // the last sign-in, or the creation where there was none
	GrantedBefore time.Time  // of a grant that was never used
	EndingBy      clock.Date // the last day of a grant that is about to end
}

// Use is that an account used a unit at a level on a day.
type Use struct {
	AccountID account.ID
	Unit      permit.Unit
	Level     permit.Level // that the screen needed
	Day       clock.Date
}

// Tx is what a change of an assistant needs; all of it commits together.
type Tx interface {
	// AddAssistant stores an account with its stores and grants. It returns ErrFull
	// and account.ErrLoginTaken.
	AddAssistant(ctx context.Context, n account.NewAccount) (account.ID, error)
	// LockAssistant reads an assistant and holds its row until the end. It returns
	// ErrNotFound, for a removed one too.
	LockAssistant(ctx context.Context, of member.ID, login string) (Assistant, error)
	// EditAssistant stores what an edit changes. A grant whose level stays keeps the
	// time at which it was granted, unless it had ended in between.
	EditAssistant(ctx context.Context, e Edit) error
	// SetAssistantStatus suspends, resumes or removes. A removed account gives its
	// seat and its login back.
	SetAssistantStatus(ctx context.Context, id account.ID, to account.Status, at time.Time) error
	// ClearAssistantPassword empties the password hash.
	ClearAssistantPassword(ctx context.Context, id account.ID) error
	// EndLinks ends the account's open links.
	EndLinks(ctx context.Context, id account.ID, at time.Time) error
	// ReplaceLink stores a link; the account's open ones end.
	ReplaceLink(ctx context.Context, l account.NewLink) error
	// EndSessions ends the account's sign-ins but for one; 0 spares none.
	EndSessions(ctx context.Context, id account.ID, except account.SessionID, at time.Time) error
	// EndViews ends all looks at the pages as the account. It counts those whose sign-in
	// still held.
	EndViews(ctx context.Context, viewed account.ID, at time.Time) (int, error)

	// AddPermissionRequest stores a request, or raises the open one of the unit to the wanted
	// level. It reports false where the open one asks for as much already, or the
	// account holds it by now or is not active any more.
	AddPermissionRequest(ctx context.Context, n NewRequest) (made bool, err error)
	// LockPermissionRequest reads an open request with its assistant, and holds both rows
	// until the end. It returns ErrNoRequest.
	LockPermissionRequest(ctx context.Context, of member.ID, id int64) (Request, Assistant, error)
	// DecidePermissionRequest closes a locked request.
	DecidePermissionRequest(ctx context.Context, d Decided) error
	// GrantSatisfiedRequests closes those open requests of an account for which it holds
	// what they want.
	GrantSatisfiedRequests(ctx context.Context, s Satisfied) error
	// WithdrawPermissionRequests closes the account's open requests undecided.
	WithdrawPermissionRequests(ctx context.Context, id account.ID, at time.Time) error
	// OwnerEmail returns the mail address of a member's owner.
	OwnerEmail(ctx context.Context, of member.ID) (string, error)

	// Record appends to the member's audit log.
	Record(ctx context.Context, e audit.Entry) error
	// Mail stores a mail and the job that sends it.
	Mail(ctx context.Context, m notify.Mail) error
}

// Edit is what a save changes on an assistant, and nothing besides.
type Edit struct {
	AccountID account.ID
	MemberID  member.ID
	Email     string // empty when it stays
	Add       []member.StoreID
	Take      []member.StoreID
	Put       []account.Grant // new ones, and those with another level or end
	Drop      []permit.Unit
	Revision  int64 // which the account has afterwards
	At        time.Time
}

// NewRequest is a request that is to be stored.
type NewRequest struct {
	MemberID  member.ID
	AccountID account.ID
	Unit      permit.Unit
	Wanted    permit.Level
	At        time.Time
}

// Decided is the answer to a request.
type Decided struct {
	RequestID int64
	Granted   bool
	By        account.ID
	At        time.Time
}

// Satisfied is that an account was given permissions past its requests.
type Satisfied struct {
	AccountID account.ID
	By        account.ID
	At        time.Time
}
