package cardholder

import (
	"time"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/passkey"
)

// Subject is the verification that a ceremony belongs to.
type Subject int64

// CredentialID is the number of a credential: not the ID that browsers know it by.
type CredentialID int64

// Kind is how a cardholder confirms a payment.
type Kind string

// The kinds.
const (
	// SPC signs what the browser showed: type payment.get (SPC §5).
	SPC Kind = "spc"
	// WebAuthn signs the challenge alone: type webauthn.get. What was shown is in the
	// frozen request, which the challenge commits to.
	WebAuthn Kind = "webauthn"
)

// ErrRefused is the one answer to whatever does not verify; its cause says why.
var ErrRefused = fault.New(fault.Refused, "cardholder_refused", "無法以 Passkey 驗證，請改用簡訊驗證。")

// ErrCloned tells of a good signature with a counter that did not go on: a copy of the
// passkey may exist. The credential is marked and asked for no more.
var ErrCloned = fault.New(fault.Refused, "cardholder_cloned", "此 Passkey 可能已遭複製，請改用簡訊驗證。")

// ErrBackupFlag tells of a good signature by a credential that says of itself, against
// what it said when it was bound, that it may or may not be backed up (WebAuthn Level 3
// §7.2 step 19). Some synchronised passkeys do so. It is not taken over in silence: the
// cardholder binds again after a one-time code.
var ErrBackupFlag = fault.New(fault.Refused, "cardholder_backup_flag", "此 Passkey 的狀態已變更，請改用簡訊驗證。")

// ErrNewDevice tells of a good signature by a synchronised passkey from a browser that
// it never came from. Trust makes it known, after a good one-time code.
var ErrNewDevice = fault.New(fault.Refused, "cardholder_new_device", "首次在此裝置上使用此 Passkey，請以簡訊驗證。")

// ErrUnknownCredential tells of a credential that no card has, or has no more. The page
// may tell the browser so (signalUnknownCredential).
var ErrUnknownCredential = fault.New(fault.Refused, "cardholder_unknown", "此 Passkey 已移除，請改用簡訊驗證。")

// ErrNoCredential tells that no passkey of the card can confirm a payment.
var ErrNoCredential = fault.New(fault.NotFound, "cardholder_no_credential", "此卡片尚未綁定 Passkey。")

// ErrNotFound tells that the card has no such credential, or has it no more.
var ErrNotFound = fault.New(fault.NotFound, "cardholder_credential_not_found", "查無此 Passkey。")

// ErrFull tells that the card has as many credentials as one may have.
var ErrFull = fault.New(fault.Refused, "cardholder_limit", "每張卡片最多綁定 20 個 Passkey，請先移除不再使用的。")

// ErrReason tells that a reason is missing, or longer than 200 characters.
var ErrReason = fault.New(fault.Invalid, "cardholder_reason", "請輸入 1 至 200 個字的原因。").At("reason")

// CardMax is how many credentials a card has at most, without those revoked.
const CardMax = 20

// Ceremony is what the browser needs to bind a passkey. Options is what
// PublicKeyCredential.parseCreationOptionsFromJSON reads; a browser that drops unknown
// extensions there needs extensions.payment put back by hand. Token comes back with
// the answer.
type Ceremony = passkey.Ceremony

// Registration says for which card a passkey is to be bound, and where.
type Registration struct {
	Subject     Subject
	CardID      int64  // 0 for a card that is not in the vault yet
	Name        string // shown by the browser, such as Visa •••• 1234
	DisplayName string // shown by the browser, such as the store's cardholder-facing name
	Origin      string // the calling page's: the relying party's own
	TopOrigin   string // of the window around it; empty for the same
}

// Answer is what the browser answers a ceremony with. Response is the JSON of the
// PublicKeyCredential as its toJSON writes it, with clientExtensionResults.payment put
// back by hand (SPC: toJSON leaves it out).
type Answer struct {
	Token    string
	Response []byte
}

// Registered is a passkey that VerifyRegistration has verified and nobody has stored.
type Registered struct {
	CreatedAt    time.Time
	Handle       []byte // the user handle that it was made with
	Credential   passkey.Credential
	Discoverable bool   // as the browser says
	BrowserKey   []byte // COSE_Key of the browser bound key, or nil
	ClientData   []byte // JSON as it was received, with Attestation the record of the binding
	Attestation  []byte // CBOR attestation object, as it was received
}

// Facts are what else is kept of a binding.
type Facts struct {
	TransactionID int64  // whose payment it was bound in; 0 for none
	Browser       string // for people to tell devices apart, such as Chrome 156 (Windows)
	// Mail is the payer's address, by which the cardholder finds the passkey again: only
	// its blind index is kept. Empty for none.
	Mail string
}

// Payee is who is paid, as the browser shows it.
type Payee struct {
	Name   string
	Origin string // an https address of the store; its path does not count
}

// Instrument is the card as the browser shows it.
type Instrument struct {
	DisplayName string // such as 國泰世華 CUBE 卡
	Icon        string // URL, best a data: one, so that the proof holds what was shown
	Details     string // such as •••• 1234; may be empty
	// IconOptional allows the browser to go on without the icon; it signs an empty one then.
	IconOptional bool
}

// Logo is a mark that the browser may show beside the payment: it may leave out any,
// from the end.
type Logo struct {
	URL   string `json:"url"`
	Label string `json:"label"`
}

// PaymentRequest is a payment that a cardholder is to confirm.
type PaymentRequest struct {
	Subject   Subject
	CardID    int64
	TradeNo   string // of the transaction, for the proof
	Origin    string // the page that calls SPC
	TopOrigin string // of the window around it; empty for the same
	// Kinds are the answers that are expected; none for both. A WebAuthn answer comes
	// from the relying party's own page: alone or inside TopOrigin when another page
	// calls SPC, else as Origin and TopOrigin say.
	Kinds      []Kind
	Payee      Payee
	Amount     money.TWD // above 0
	Instrument Instrument
	Logos      []Logo
}

// PaymentCeremony is what the browser needs to confirm a payment. SPC is
// {"data": SecurePaymentConfirmationRequest, "total": PaymentItem} with challenge and
// credentialIds in base64url; nil when SPC is not expected. WebAuthn is what
// PublicKeyCredential.parseRequestOptionsFromJSON reads; nil when it is not expected.
type PaymentCeremony struct {
	Token    string
	SPC      []byte
	WebAuthn []byte
}

// Proof is a confirmed payment, with what VerifyEvidence needs to repeat the check.
type Proof struct {
	Evidence
	CredentialID CredentialID
	Kind         Kind
	At           time.Time
	Synced       bool // the passkey is backed up, so that it may be on several devices
	BrowserBound bool // the browser's own key has signed as well
}

// Credential is a card's passkey as people see it.
type Credential struct {
	ID            CredentialID
	CardID        int64
	TransactionID int64 // whose payment it was bound in; 0 for none
	Browser       string
	CreatedAt     time.Time
	LastUsedAt    time.Time // zero when it was never used
	Synced        bool
	Distrust      Distrust
	Revocation    Revocation
}

// Usable reports whether the credential can confirm a payment.
func (c Credential) Usable() bool { return c.Distrust == Trusted && c.Revocation.At.IsZero() }

// Distrust is why a credential is asked for no more though nobody revoked it. The
// cardholder may bind the same authenticator again.
type Distrust string

// What a credential did to lose trust.
const (
	Trusted       Distrust = ""
	Cloned        Distrust = "cloned"      // its signature counter went backwards: there may be a copy
	BackupChanged Distrust = "backup_flag" // it says otherwise than before whether it may be backed up
)

// Revoker is who took a credential from a card.
type Revoker string

// The revokers.
const (
	ByCardholder Revoker = "cardholder"
	BySupport    Revoker = "support"
)

// Revocation tells when, by whom and why; its zero value of none.
type Revocation struct {
	At     time.Time
	By     Revoker
	Reason string // 1 to 200 characters
}
