package keyring

import (
	"context"
	"net/mail"
	"time"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
)

// Path is where cardholders ask for a link; the link leads beneath it.
const Path = "/passkeys"

// Lifetime is how long a link is good.
const Lifetime = 30 * time.Minute

var (
	// ErrMail tells of what is no mail address.
	ErrMail = fault.New(fault.Invalid, "keyring_mail", "請輸入正確的電子信箱。").At("email")
	// ErrLink tells of a link that is too old, was replaced, or never was.
	ErrLink = fault.New(fault.NotFound, "keyring_link", "此連結已失效。請重新申請，並使用最新一封信裡的連結。")
)

// mailMax is how long a mail address may be, as on the card form (RFC 5321 §4.5.3.1.3).
const mailMax = 254

// parseMail returns an address as it is compared and mailed to, or ErrMail.
// SECURITY: the mail goes to this spelling and not to the one that was typed: two that
// are the same here must not reach two mailboxes.
func parseMail(typed string) (string, error) {
	folded := cardholder.FoldMail(typed)
	address, err := mail.ParseAddress(folded)
	if err != nil || address.Address != folded || len(folded) > mailMax {
		return "", ErrMail
	}
	return folded, nil
}

// Passkey is a passkey of a card as its cardholder sees it.
type Passkey struct {
	ID         cardholder.CredentialID
	CardID     int64
	Brand      string // as the vault has it, such as visa
	Last4      string
	Browser    string // family, such as chrome; empty when it is not known
	CreatedAt  time.Time
	LastUsedAt time.Time // zero when it was never used
	Synced     bool
	Distrust   cardholder.Distrust
	// MemberID is the member with whom it was made; 0 when that is not known. Its chain of
	// the audit log is told when our support removes the passkey.
	MemberID int64
}

// name tells one passkey from others in the audit log.
func (p Passkey) name() string { return "•••• " + p.Last4 }

// Ring is what a link opens: the passkeys that are not revoked, newest first.
type Ring struct {
	Passkeys  []Passkey
	ExpiresAt time.Time
}

// Ask is an address that waits for its link.
type Ask struct {
	ID   int64
	Mail string
}

// Link is a link as it is stored.
type Link struct {
	TokenHash []byte // SHA-256
	Mail      string // kept as a blind index only
	At        time.Time
	ExpiresAt time.Time
}

// Credentials revoke. Revoke joins the caller's transaction.
type Credentials interface {
	Revoke(ctx context.Context, cardID int64, id cardholder.CredentialID, r cardholder.Revocation) error
}

// Store keeps asks and links, and knows whose passkeys those are.
type Store interface {
	// InTx runs do in one database transaction, which commits if do returns nil. do may
	// run again after a deadlock: it must have no other effect.
	InTx(ctx context.Context, do func(ctx context.Context, tx Tx) error) error
	// Ask keeps an address, sealed, until TakeAsk takes it.
	Ask(ctx context.Context, mail string, at time.Time) error
	// Ring returns what a link opens, or ErrLink.
	Ring(ctx context.Context, tokenHash []byte, now time.Time) (Ring, error)
}

// Tx is what a change needs; all of it commits together.
type Tx interface {
	// TakeAsk deletes and returns the oldest ask that nobody else holds, or found false.
	TakeAsk(ctx context.Context) (a Ask, found bool, err error)
	// Knows tells whether the address has passkeys that are not revoked. An address that
	// was found by an older key of the keyset has its index under all keys from then on.
	Knows(ctx context.Context, mail string) (bool, error)
	// ReplaceLink stores a link and ends all others of its address.
	ReplaceLink(ctx context.Context, l Link) error
	// Held returns one passkey of a link and locks it, or ErrLink, or
	// cardholder.ErrNotFound for one that is revoked or another's.
	Held(ctx context.Context, tokenHash []byte, id cardholder.CredentialID, now time.Time) (Passkey, error)
	// Passkeys returns the passkeys of an address that are not revoked, newest first.
	Passkeys(ctx context.Context, mail string) ([]Passkey, error)
	// Passkey returns a passkey that is not revoked and locks it, or
	// cardholder.ErrNotFound.
	Passkey(ctx context.Context, id cardholder.CredentialID) (Passkey, error)
	// Mail owes somebody a mail.
	Mail(ctx context.Context, m notify.Mail) error
	// Record appends to the audit log.
	Record(ctx context.Context, e audit.Entry) error
}
