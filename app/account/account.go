package account

import (
	"context"
	"time"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/secret"
)

// ID is an account's number inside the program.
type ID int64

// Kind tells the owner from assistants.
type Kind string

// The kinds of account.
const (
	Owner     Kind = "owner"     // one for each member; may do everything
	Assistant Kind = "assistant" // 助理帳號: its stores and its grants, no more
)

// Status says whether an account may sign in.
type Status string

// The statuses of an account.
const (
	Active    Status = "active"
	Suspended Status = "suspended"
)

// Account is somebody who signs in for a member.
type Account struct {
	ID     ID
	Kind   Kind
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

// Actor is who a request runs as, with everything that says what it may see.
type Actor struct {
	Account Account
	Member  member.Member
	Stores  []Store // 管理商店, by MerchantID: all of the member's for the owner
	Grants  []Grant // by unit; empty for an owner
}

// NeedsGrants tells that the actor may open only what was granted: an assistant
// of an enterprise. Owners may open everything, and an individual member needs no
// permission setting (domain rule on 信用卡交易專用查詢).
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
	MemberID     member.ID
	Kind         Kind
	Login        string
	Email        string
	PasswordHash secret.String // of HashPassword
	Stores       []member.StoreID
	Grants       []Grant
	At           time.Time
}

// Credential is what a sign-in is checked against.
type Credential struct {
	Account      Account
	MemberStatus member.Status
	PasswordHash secret.String // argon2id in PHC form
}

// Accounts keeps accounts. It returns ErrNotFound for what does not exist, and leaves
// suspension to the caller.
type Accounts interface {
	// Credential finds an account by its member's code and its login, whose case
	// does not matter.
	Credential(ctx context.Context, memberCode, login string) (Credential, error)
	// Actor reads an account with its member, its stores and its grants.
	Actor(ctx context.Context, id ID) (Actor, error)
	// MarkSignedIn keeps the time of the latest sign-in.
	MarkSignedIn(ctx context.Context, id ID, at time.Time) error
}
