package member

import (
	"context"
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

	Instalments []int // terms in months that the store may offer
	Bonus       bool  // 紅利付款
	Amex        bool  // American Express

	AmountMax money.TWD // the largest single payment
	ReturnURL string    // used where a request names none
	NotifyURL string    // used where a request names none
	CreatedAt time.Time
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
