package member

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/wire"
)

// ID is a member's number inside the program.
type ID int64

// StoreID is a store's number inside the program.
type StoreID int64

// Kind tells enterprise members (企業會員) from individual ones (個人會員).
type Kind string

// The kinds of member.
const (
	Enterprise Kind = "enterprise"
	Individual Kind = "individual"
)

// Status says whether a member or a store may do business.
type Status string

// The statuses of members and stores.
const (
	Active    Status = "active"
	Suspended Status = "suspended"
)

// Member is a merchant: 會員.
type Member struct {
	ID     ID
	Kind   Kind
	Code   string // 統一編號 of an enterprise, 會員代號 of an individual
	Name   string
	Status Status
}

// StoreKind says who holds the acquiring contract (product decision on 商店類型).
type StoreKind string

// The kinds of store.
const (
	Gateway  StoreKind = "gateway"  // 閘道特約商店: its own contract, no payout by us
	Platform StoreKind = "platform" // 金流特約商店: the platform collects and pays out
)

// Mode says whether a store's payments are real.
type Mode string

// The modes of a store.
const (
	Live Mode = "live"
	Test Mode = "test" // nothing reaches an acquirer; only published test cards pass
)

// Store is a 商店 with what it has switched on.
type Store struct {
	ID         StoreID
	MemberID   ID
	MerchantID string // on the wire: MS and digits, at most 15 characters
	Name       string
	Email      string // who hears of notifications that could not be delivered
	HashKey    secret.String
	HashIV     secret.String
	Kind       StoreKind
	Mode       Mode
	Status     Status

	ThreeD  bool // a 3D store: each payment is verified
	Passkey bool // Passkey服務 is switched on

	// PasskeyLab plays scenarios of the verification with the lab's cards; see InLab.
	PasskeyLab bool

	Instalments []int // terms in months that the store may offer
	Bonus       bool  // 紅利付款
	Amex        bool  // American Express

	AutoCapture bool // 自動請款: an authorisation asks for its capture by itself

	AmountMax money.TWD // the largest single payment
	ReturnURL string    // used where a request names none
	NotifyURL string    // used where a request names none
	CreatedAt time.Time

	// PayeeOrigins are the origins of the store's own pages, the payee's first: from them
	// SPC may be called, and they may frame the relying party (SPC §5, caller and payee
	// origin). All are IsPayeeOrigin.
	PayeeOrigins []string
}

// InLab tells that the store has the Passkey lab, which is for test mode only: a store that
// is live has none whatever was switched on before.
func (s Store) InLab() bool { return s.PasskeyLab && s.Mode == Test }

// ErrLabLive tells that a live store cannot have the lab.
var ErrLabLive = fault.New(fault.Refused, "lab_live", "Passkey 實驗室只供測試環境的商店使用。")

// IsPayeeOrigin tells that a text is an origin as browsers write it: https, or http on
// this machine (localhost, for demonstrations), a host in lower case, no path.
func IsPayeeOrigin(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != text || strings.ToLower(text) != text {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && u.Hostname() == "localhost"
}

// WireKeys returns the store's keys ready for the wire protocol.
func (s Store) WireKeys() wire.Keys {
	return wire.NewKeys(wire.KeyPair{HashKey: s.HashKey.Expose(), HashIV: s.HashIV.Expose()})
}

// ErrStoreNotFound tells that no store has the MerchantID.
var ErrStoreNotFound = fault.New(fault.NotFound, "store_not_found", "查無此商店代號")

// Stores finds stores. Its queries are not scoped to a member: they serve the
// wire API, where the MerchantID and the store's keys identify the caller.
type Stores interface {
	// StoreByMerchantID returns ErrStoreNotFound if no store has the MerchantID.
	StoreByMerchantID(ctx context.Context, merchantID string) (Store, error)
	// StoreByID returns ErrStoreNotFound if there is no such store.
	StoreByID(ctx context.Context, id StoreID) (Store, error)
}
