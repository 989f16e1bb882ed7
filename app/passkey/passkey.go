package passkey

import (
	"context"
	"time"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
)

// Holder is who registers a passkey.
type Holder struct {
	ID          int64
	Name        string // shown by the browser beneath the name, such as 12345675/owner01
	DisplayName string
}

// Passkey is a registered passkey as its holder sees it.
type Passkey struct {
	ID         int64
	HolderID   int64
	Name       string // 1 to 60 characters, chosen by the holder
	CreatedAt  time.Time
	LastUsedAt time.Time // zero when it was never used
	Synced     bool      // backed up, so that it may be on several devices
	Cloned     bool      // its signature counter went backwards: a copy may exist, and it is refused for ever
}

// Ceremony is what the browser needs to begin. Options is what
// PublicKeyCredential.parseCreationOptionsFromJSON or parseRequestOptionsFromJSON
// reads (WebAuthn Level 3 §5.1.8, §5.1.9); Token comes back with the answer.
type Ceremony struct {
	Token   string
	Options []byte
}

// ErrRefused is the one answer to an assertion or attestation that does not verify,
// whatever was wrong; its cause says so.
var ErrRefused = fault.New(fault.Refused, "passkey_refused", "無法以 Passkey 驗證，請再試一次，或改用其他方式。")

// ErrNotFound tells that the holder has no such passkey.
var ErrNotFound = fault.New(fault.NotFound, "passkey_not_found", "查無此 Passkey。")

// ErrName tells that a name is empty or longer than 60 characters.
var ErrName = fault.New(fault.Invalid, "passkey_name", "名稱需為 1 至 60 個字。").At("name")

// ErrFull tells that the holder has as many passkeys as one may have.
var ErrFull = fault.New(fault.Refused, "passkey_limit", "每個帳號最多 20 個 Passkey，請先移除不再使用的。")

// ErrLast tells that the passkey is the only way in that the holder has.
var ErrLast = fault.New(fault.Refused, "passkey_last", "這是唯一的登入方式。請先新增另一個 Passkey，或設定密碼。")

// HolderMax is how many passkeys a holder has at most.
const HolderMax = 20

// Ceremonies is what the other rooms use of this one. *Service implements it.
type Ceremonies interface {
	// BeginRegistration makes the challenge for a new passkey: discoverable, user
	// verification required, those that the holder has excluded. It returns ErrFull.
	BeginRegistration(ctx context.Context, h Holder) (Ceremony, error)
	// VerifyRegistration checks the browser's answer and returns the passkey that
	// StoreRegistration is to store. It returns ErrRefused, or ErrName, after which the
	// same answer is still good. It must not be called inside a transaction: it uses the
	// answer up, whatever becomes of the transaction.
	VerifyRegistration(ctx context.Context, h Holder, a Answer) (Registered, error)
	// StoreRegistration stores a passkey that VerifyRegistration returned, together with
	// the entry, whose kind, time and subject it sets. It is part of the caller's
	// transaction if there is one. It returns ErrRefused or ErrFull.
	StoreRegistration(ctx context.Context, r Registered, e audit.Entry) (Passkey, error)
	// BeginSignIn makes the challenge for a sign-in with a discoverable passkey.
	BeginSignIn(ctx context.Context) (Ceremony, error)
	// FinishSignIn returns the holder whose passkey answered, or ErrRefused.
	FinishSignIn(ctx context.Context, a Answer) (holderID int64, err error)
	// BeginProof makes the challenge for a holder who proves again who is there. It
	// returns ErrNotFound when no passkey of the holder can.
	BeginProof(ctx context.Context, holderID int64) (Ceremony, error)
	// FinishProof returns nil when one of the holder's passkeys answered, else ErrRefused.
	FinishProof(ctx context.Context, holderID int64, a Answer) error
	// List returns the holder's passkeys, newest first.
	List(ctx context.Context, holderID int64) ([]Passkey, error)
	// Rename and Remove change the passkey together with the entry, whose kind, time
	// and subject they set. They return ErrNotFound for a passkey of somebody else
	// too, and ErrName. Remove is part of the caller's transaction if there is one, and
	// returns ErrLast.
	Rename(ctx context.Context, holderID, id int64, name string, e audit.Entry) error
	Remove(ctx context.Context, r Removal, e audit.Entry) error
}

// Removal says which passkey is to be removed.
type Removal struct {
	HolderID int64
	ID       int64
	// MayBeLast allows to remove the last one that works: the holder has another way in.
	// One that is marked as cloned lets nobody in and may always go.
	MayBeLast bool
}

// Usable counts the passkeys that let their holder in: those without the mark of a copy.
func Usable(list []Passkey) (n int) {
	for _, p := range list {
		if !p.Cloned {
			n++
		}
	}
	return n
}

// Answer is what the browser answers a Ceremony with.
type Answer struct {
	Token    string // of the Ceremony
	Response []byte // JSON of the PublicKeyCredential, as its toJSON writes it
	Name     string // of a new passkey
}
