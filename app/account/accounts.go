package account

import (
	"context"
	"time"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/secret"
)

// Credential is what a sign-in is checked against.
type Credential struct {
	Account      Account
	MemberID     member.ID // 0 for staff
	MemberCode   string
	MemberName   string
	MemberStatus member.Status
	PasswordHash secret.String // argon2id in PHC form; empty where there is no password
}

// mayEnter tells that neither the account nor its member is suspended.
func (c Credential) mayEnter() bool {
	return c.Account.ID != 0 && c.Account.Status == Active &&
		(c.Account.Kind == Staff || c.MemberStatus == member.Active)
}

// Accounts keeps accounts, their sign-ins and their links.
type Accounts interface {
	// Credential finds an account by its member's code and its login, whose case does
	// not matter. With ErrNotFound it still returns the member, if there is one.
	Credential(ctx context.Context, memberCode, login string) (Credential, error)
	// StaffCredential finds one of our staff.
	StaffCredential(ctx context.Context, login string) (Credential, error)
	// CredentialOf finds an account by its number.
	CredentialOf(ctx context.Context, id ID) (Credential, error)
	// Actor reads who a sign-in is, with member, stores and today's grants, in one
	// statement. It returns ErrNotFound for a sign-in that has ended, was idle or old at
	// the time given, or whose account or member is not active.
	Actor(ctx context.Context, id SessionID, now time.Time) (Actor, error)
	// Touch notes the time of a sign-in's latest request.
	Touch(ctx context.Context, id SessionID, now time.Time) error
	// Sessions lists the account's sign-ins that are open at the time, newest first.
	Sessions(ctx context.Context, id ID, now time.Time) ([]Session, error)
	// Link finds a link that is open at the time and whose account may sign in, or
	// returns ErrLink.
	Link(ctx context.Context, tokenHash []byte, now time.Time) (Link, error)
	// InTx runs do in one database transaction. do may run again after a conflict.
	InTx(ctx context.Context, do func(ctx context.Context, t Tx) error) error
}

// Tx is one database transaction. Record locks the chain: it comes last but for mails.
type Tx interface {
	// LockAccount reads an account and its member, and keeps the account's row locked
	// until the transaction ends. Whoever changes how to sign in, or ends sign-ins or
	// links, does this first. It returns ErrNotFound.
	LockAccount(ctx context.Context, id ID) (Held, error)
	// StartSession stores a sign-in and the time of it in its account. It returns
	// ErrNotFound if the account is not active any more, or its password is another by
	// now than the one that was proved. A password is no proof of identity, and
	// SteppedUpAt long ago, where the account has a passkey that can prove it.
	StartSession(ctx context.Context, n NewSession) (Session, error)
	// EndSession ends an open sign-in of the account, or returns ErrSessionNotFound.
	EndSession(ctx context.Context, id ID, session SessionID, at time.Time) error
	// EndSessions ends all sign-ins of the account but one (0 for none spared). It locks
	// the account's row.
	EndSessions(ctx context.Context, id ID, except SessionID, at time.Time) error
	// StepUpSession notes a proof of identity. It returns ErrSessionNotFound.
	StepUpSession(ctx context.Context, session SessionID, at time.Time) error
	// ViewInSession sets the assistant as whom an owner looks at the pages; 0 for none. It
	// returns ErrSessionNotFound.
	ViewInSession(ctx context.Context, session SessionID, viewed ID) error
	// SetPassword replaces the password of an active account, the empty hash by none, and
	// ends its open links. It returns ErrNotFound. The account's row stays locked until the
	// transaction ends.
	SetPassword(ctx context.Context, id ID, hash secret.String, at time.Time) error
	// SwapPassword is SetPassword by somebody who proved the password so far in a sign-in.
	// It returns ErrPasswordMoved if either has changed meanwhile.
	SwapPassword(ctx context.Context, s PasswordSwap) error
	// SetStaffStatus suspends, resumes or removes one of our staff.
	SetStaffStatus(ctx context.Context, id ID, to Status, at time.Time) error
	// ReplaceLink stores a link and ends the account's open ones of the same purpose.
	ReplaceLink(ctx context.Context, n NewLink) error
	// TakeLink uses an open link up, and ends all others of its account, whose row it
	// locks first. It returns ErrLink.
	TakeLink(ctx context.Context, tokenHash []byte, at time.Time) (ID, error)
	// EndLinks ends the account's open links.
	EndLinks(ctx context.Context, id ID, at time.Time) error
	// QueueRecovery queues the job that calls SendRecovery.
	QueueRecovery(ctx context.Context, r RecoveryRequest) error
	// AddAccount stores an account. It returns ErrLoginTaken.
	AddAccount(ctx context.Context, n NewAccount) (ID, error)
	Mail(ctx context.Context, m notify.Mail) error
	Record(ctx context.Context, e audit.Entry) error
}

// Held is an account as it stands while its row is locked.
type Held struct {
	Credential
	Passkeys int // that are registered, marked ones among them
}

// isInvited tells that the account has never had a way to sign in, or has none left.
func (h Held) isInvited() bool { return h.PasswordHash.IsEmpty() && h.Passkeys == 0 }

// PasswordSwap replaces a password that was proved.
type PasswordSwap struct {
	AccountID ID
	Session   SessionID     // in which it was proved
	Proved    secret.String // its hash; empty where there was none
	Hash      secret.String // of the new one
	At        time.Time
}

// RecoveryRequest is what somebody who cannot sign in asked for, and from where.
type RecoveryRequest struct {
	Member string // code; empty for our staff
	Login  string
	From   Origin // but for the browser
}

// NewSession is a sign-in that is to be stored.
type NewSession struct {
	AccountID ID
	Method    Method
	Address   string
	Agent     string
	At        time.Time
	// Proved is the hash of the password that was proved; empty for a passkey.
	Proved secret.String
}
