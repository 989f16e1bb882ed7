package passkey

import (
	"context"
	"time"

	"github.com/memberzone/memberzone/app/audit"
)

// Credential is what the relying party keeps of a passkey (WebAuthn Level 3 §4,
// credential record). Attestation is not asked for, so none is kept.
type Credential struct {
	ID                []byte // unique over all holders, at most 1,023 bytes
	PublicKey         []byte // COSE_Key
	Flags             byte   // of the authenticator data: UP, UV, BE, BS as of the last use
	SignCount         uint32
	AAGUID            []byte   // model of the authenticator, 16 bytes
	Transports        []string // such as internal, hybrid, usb
	Attachment        string   // platform, cross-platform or empty
	AttestationType   string
	AttestationFormat string
}

// Registered is a passkey with its credential.
type Registered struct {
	Passkey
	Credential Credential
}

// Holding is a holder's handle and passkeys.
type Holding struct {
	HolderID int64
	Handle   []byte       // 32 random bytes: the user handle that authenticators keep
	Passkeys []Registered // newest first
}

// Ritual is the kind of a ceremony.
type Ritual string

// The rituals.
const (
	Registration Ritual = "registration"
	SignIn       Ritual = "sign_in"
	Proof        Ritual = "proof"
)

// Pending is a ceremony that has begun.
type Pending struct {
	TokenHash []byte // SHA-256 of the token that the browser holds
	Ritual    Ritual
	HolderID  int64 // 0 for a sign-in
	// Session is the library's own JSON, kept as it stands: rebuilding it has lost
	// fields in other products. Its shape may change with the library; the five
	// minutes of a ceremony drain what a release leaves behind.
	Session   []byte
	ExpiresAt time.Time
}

// Use is a passkey's state after it answered.
type Use struct {
	PasskeyID int64
	SignCount uint32
	Flags     byte
	At        time.Time
}

// Store keeps passkeys and ceremonies. A method that looks for one thing returns
// ErrNotFound.
type Store interface {
	// KeepHandle gives the holder the fresh handle unless there is one already.
	KeepHandle(ctx context.Context, holderID int64, fresh []byte) error
	// ByHolder returns a holding without handle for a holder who has none.
	ByHolder(ctx context.Context, holderID int64) (Holding, error)
	ByHandle(ctx context.Context, handle []byte) (Holding, error)
	// SaveCeremony keeps a ceremony; TakeCeremony deletes and returns it, in one
	// statement, so that two answers cannot both have it.
	SaveCeremony(ctx context.Context, p Pending) error
	TakeCeremony(ctx context.Context, tokenHash []byte) (Pending, error)
	// MarkUsed stores the state after a use, unless the passkey is gone, marked as
	// cloned, or has meanwhile counted as far: then it returns ErrNotFound.
	MarkUsed(ctx context.Context, u Use) error
	MarkCloned(ctx context.Context, passkeyID int64) error
	InTx(ctx context.Context, do func(ctx context.Context, t Tx) error) error
}

// Tx is what changes together.
type Tx interface {
	// AddPasskey returns the passkey's ID, ErrFull, or ErrRefused when the
	// credential is registered already.
	AddPasskey(ctx context.Context, r Registered) (int64, error)
	// RenamePasskey and RemovePasskey return the name the passkey had, or ErrNotFound.
	// RemovePasskey returns ErrLast too, whatever else happens to the holder meanwhile.
	RenamePasskey(ctx context.Context, holderID, id int64, name string) (before string, err error)
	RemovePasskey(ctx context.Context, r Removal) (name string, err error)
	Record(ctx context.Context, e audit.Entry) error
}
