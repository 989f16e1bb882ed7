package account

import (
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/secret"
)

// ID is an account's number inside the program.
type ID int64

// Kind tells the owner from assistants, and members' people from our own.
type Kind string

// The kinds of account.
const (
	Owner     Kind = "owner"     // one for each member; may do everything
	Assistant Kind = "assistant" // 助理帳號: its stores and its grants, no more
	Staff     Kind = "staff"     // our own support staff; belongs to no member
)

// Role is what a member of our staff does. It is empty for members' accounts.
type Role string

// The roles of staff, each including the ones before it.
const (
	Agent    Role = "agent"    // works applications and answers questions
	Reviewer Role = "reviewer" // approves what agents prepared
	Admin    Role = "admin"    // runs the platform
)

// Status says whether an account may sign in.
type Status string

// The statuses of an account.
const (
	Active    Status = "active"
	Suspended Status = "suspended"
	Removed   Status = "removed" // kept for the audit log; its login may be used again
)

// Account is somebody who signs in: for a member, or as our staff.
type Account struct {
	ID     ID
	Kind   Kind
	Role   Role   // of staff
	Login  string // letters and digits, at most 20; unique within the member whatever the case
	Email  string
	Status Status
}

// Grant is one row of an assistant's matrix (管理者權限) as it is stored: the
// stable id of the unit, and none, view or manage. Package permit gives it its
// meaning.
type Grant struct {
	Unit  string
	Level string
	Until clock.Date // the last day on which it holds; zero for no end
}

// Store is a store as far as an Actor needs it: what it is called and what it
// has switched on, but not its keys.
type Store struct {
	ID         member.StoreID
	MerchantID string
	Name       string
	Kind       member.StoreKind
	Mode       member.Mode
	Status     member.Status
	ThreeD     bool
	Passkey    bool
}

// Revision says in which state an account's grants were read: two actors of one
// account and revision hold the same grants. The zero Revision equals none that
// was read.
type Revision struct {
	Number int64
	Day    clock.Date // grants end with their day
}

// State says in which state everything was read that an account's pages are made from
// besides transactions: the accounts, the member, its stores, and what the accounts have
// chosen to see. Equal states that are not zero hold equal things.
type State struct{ Person, Viewed, Member uint32 }

// Actor is who a request runs as, with everything that says what it may see.
type Actor struct {
	Account  Account
	Member   member.Member // empty for staff
	Stores   []Store       // 管理商店, by MerchantID: all of the member's for the owner
	Grants   []Grant       // by unit, those that hold today; empty for an owner
	Revision Revision
	State    State
	Session  Session
	// Viewer is the owner who looks at the pages as Account would, read-only. It is
	// empty when people see their own pages.
	Viewer Account
}

// Viewing tells that an owner looks at the pages as an assistant would.
func (a Actor) Viewing() bool { return a.Viewer.ID != 0 }

// NeedsGrants tells that the actor may open only what was granted: an assistant
// of an enterprise. Owners may open everything, and an individual member needs no
// permission setting (domain rule on 信用卡交易專用查詢). Staff have no grants, and so
// may open nothing of a member's.
func (a Actor) NeedsGrants() bool {
	return a.Account.Kind != Owner && a.Member.Kind != member.Individual
}

// SeesAllStores tells that the actor sees each of the member's stores, those
// opened later included.
func (a Actor) SeesAllStores() bool { return a.Account.Kind == Owner }

// ErrNotFound tells that there is no such account, or that it or its member is
// suspended.
var ErrNotFound = fault.New(fault.NotFound, "account_not_found", "查無此帳號。")

// ErrLoginTaken tells that the member has an account of this name, whatever the
// case of its letters.
var ErrLoginTaken = fault.New(fault.Conflict, "login_taken", "已有相同的帳號。")

// NewAccount is an account that is to be stored.
type NewAccount struct {
	MemberID     member.ID // 0 for staff
	Kind         Kind
	Role         Role // of staff
	Login        string
	Email        string
	PasswordHash secret.String // of HashPassword; empty for one who is invited
	Stores       []member.StoreID
	Grants       []Grant
	At           time.Time
}
