package cardholder

import (
	"context"
	"time"

	"github.com/memberzone/memberzone/app/passkey"
)

// Bound is a stored credential: as people see it, and as the check needs it.
type Bound struct {
	Credential
	RPID        string
	Handle      []byte // the user handle that it was made with
	Record      passkey.Credential
	BrowserKeys []BrowserKey
}

// BrowserKey is a browser bound key of a credential (SPC: a key that never leaves the
// device and the browser).
type BrowserKey struct {
	PublicKey []byte // COSE_Key
	Trusted   bool
}

// Ritual is the kind of a ceremony.
type Ritual string

// The rituals.
const (
	Binding Ritual = "registration"
	Paying  Ritual = "payment"
)

// Pending is a ceremony that has begun.
type Pending struct {
	TokenHash []byte // SHA-256 of the token that the browser holds
	Ritual    Ritual
	Subject   Subject
	CardID    int64 // 0 for a card that is not in the vault yet
	// Session is what the check needs: for Paying the frozen request, byte for byte; for
	// Binding the library's own JSON as it stands, and what is expected of the origin.
	Session   []byte
	ExpiresAt time.Time
}

// Use is a credential's state after it answered.
type Use struct {
	ID        CredentialID
	SignCount uint32
	Flags     byte
	At        time.Time
	// BrowserKey is to be known from then on; nil for none.
	BrowserKey []byte
}

// Binder is a verified registration on its way to the store.
type Binder struct {
	CardID     int64
	RPID       string
	Registered Registered
	Facts      Facts
}

// Sighting is a browser bound key that a credential never came with before.
type Sighting struct {
	ID        CredentialID
	PublicKey []byte // COSE_Key
	Subject   Subject
	At        time.Time
}

// Store keeps credentials and ceremonies. A method that looks for one thing returns
// ErrNotFound.
type Store interface {
	// Handle returns the card's user handle, or nil if it has none.
	Handle(ctx context.Context, cardID int64) ([]byte, error)
	// ByCard returns the card's credentials of the relying party, newest first, with
	// those revoked.
	ByCard(ctx context.Context, rpID string, cardID int64) ([]Bound, error)
	// ByID returns the credential, whosever it is, revoked or not.
	ByID(ctx context.Context, rpID string, credentialID []byte) (Bound, error)
	// HasUsable reports whether the card has a credential that Usable is true of.
	HasUsable(ctx context.Context, rpID string, cardID int64) (bool, error)
	// SaveCeremony keeps a ceremony; TakeCeremony deletes and returns it, in one
	// statement, so that two answers cannot both have it.
	SaveCeremony(ctx context.Context, p Pending) error
	TakeCeremony(ctx context.Context, tokenHash []byte) (Pending, error)
	// MarkUsed stores the state after a use, unless the credential is usable no more, or
	// has meanwhile counted as far: then it returns ErrNotFound.
	MarkUsed(ctx context.Context, u Use) error
	// MarkDistrusted keeps the first reason.
	MarkDistrusted(ctx context.Context, id CredentialID, why Distrust) error
	// See keeps a browser bound key that is not trusted; Trust trusts those that were
	// seen in a verification. Both are no error when there is nothing to do.
	See(ctx context.Context, s Sighting) error
	Trust(ctx context.Context, subject Subject, at time.Time) error
	// Add stores a credential, and its handle as the card's if the card has none. It is
	// part of the caller's transaction if there is one. It returns ErrFull, or ErrRefused
	// when the credential is registered already.
	Add(ctx context.Context, b Binder) (CredentialID, error)
	// Revoke revokes a credential of the card that is not revoked, or returns ErrNotFound.
	// It is part of the caller's transaction if there is one.
	Revoke(ctx context.Context, cardID int64, id CredentialID, r Revocation) error
}
