package account

import (
	"net/netip"
	"time"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/secret"
)

// SessionID is a sign-in's number inside the program.
type SessionID int64

// Method is how somebody signed in.
type Method string

// The methods.
const (
	ByPassword Method = "password"
	ByPasskey  Method = "passkey"
)

// How long a sign-in lasts.
const (
	SessionIdle     = 30 * time.Minute // without any request
	SessionLifetime = 12 * time.Hour   // from sign-in on, whatever happens
	// SteppedUpFor is how long a proof of identity, the sign-in's own among them, is
	// good for changes of permissions, keys and money.
	SteppedUpFor = 5 * time.Minute
)

// Session is one sign-in of an account on one device.
type Session struct {
	ID          SessionID
	Method      Method
	Address     string // of the client when it signed in
	Agent       string // what the browser called itself, shortened
	StartedAt   time.Time
	SeenAt      time.Time // the latest request, to the minute
	SteppedUpAt time.Time // the latest proof of identity
}

// SteppedUp tells that the latest proof of identity is fresh enough for changes of
// permissions, keys and money.
func (s Session) SteppedUp(now time.Time) bool { return now.Sub(s.SteppedUpAt) < SteppedUpFor }

// Origin is where a request to sign in comes from.
type Origin struct {
	Address   string // of the client
	Agent     string // User-Agent
	RequestID string
}

// Network is what one client holds: its IPv4 address, or the /64 of its IPv6 one. Addresses
// that cannot be read share the zero Prefix.
func (o Origin) Network() netip.Prefix {
	a, err := netip.ParseAddr(o.Address)
	if err != nil {
		return netip.Prefix{}
	}
	bits := 64
	if a = a.Unmap(); a.Is4() {
		bits = 32
	}
	p, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// Proof is what somebody proves with who they are: a password, or a passkey's
// assertion.
type Proof struct {
	Password secret.String
	Passkey  passkey.Answer // when its Token is not empty
}

// ErrStepUp is the one answer to a proof of identity that fails.
var ErrStepUp = fault.New(fault.Refused, "step_up_refused",
	"無法確認身分，請再試一次。連續失敗達 5 次時，請於 15 分鐘後再試。")

// ErrLink tells that a mailed link is unknown, used, replaced or too old.
var ErrLink = fault.New(fault.NotFound, "link_invalid", "此連結已失效或已使用過。請重新申請，或請會員擁有者重新寄送。")

// Purpose is what a mailed link is for.
type Purpose string

// The purposes of a link, and how long one is good for.
const (
	Invitation Purpose = "invitation"
	Recovery   Purpose = "recovery"

	InvitationLifetime = 72 * time.Hour
	RecoveryLifetime   = 30 * time.Minute
)

// LinkPath is where a mailed link leads: the site's address, this, and the token.
const LinkPath = "/link/"

// NewLink is a link that is to be stored. It replaces the account's open ones of the same
// purpose.
type NewLink struct {
	AccountID ID
	Purpose   Purpose
	TokenHash []byte // SHA-256 of the token
	At        time.Time
	ExpiresAt time.Time
}

// Link is a mailed one-time link to set a password or a passkey.
type Link struct {
	Purpose    Purpose
	Account    Account
	MemberID   int64  // 0 for staff
	Member     string // the member's name, empty for staff
	MemberCode string // empty for staff
	ExpiresAt  time.Time
}
