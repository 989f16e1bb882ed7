package verification

import (
	"context"
	"time"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/token"
)

// Payments is the payment core.
type Payments interface {
	Checkout(ctx context.Context, token ident.Token) (payment.Checkout, member.Store, error)
	Check(ctx context.Context, token ident.Token, in payment.CardInput) (payment.Checked, error)
	PayUnverified(ctx context.Context, c payment.Checked) error
	Start(ctx context.Context, tx payment.Tx, v payment.Verified) (*payment.Started, error)
	Authorise(ctx context.Context, a payment.Started) error
	Note(ctx context.Context, tx payment.Tx, c payment.Checkout, e payment.Event) error
	NoteTokenBound(ctx context.Context, tx payment.Tx, c payment.Checkout) error
	FailUnverified(ctx context.Context, tx payment.Tx, c payment.Checkout, card payment.Card) error
}

// Codes sends and checks one-time passwords. All of it joins the caller's transaction.
type Codes interface {
	Send(ctx context.Context, r otp.Request) (otp.Sent, error)
	Current(ctx context.Context, subject string) (otp.Sent, error)
	Check(ctx context.Context, subject string, code secret.String) (otp.Outcome, error)
}

// Credentials is the relying party.
type Credentials interface {
	HasCredential(ctx context.Context, cardID int64) (bool, error)
	BeginRegistration(ctx context.Context, r cardholder.Registration) (cardholder.Ceremony, error)
	VerifyRegistration(
		ctx context.Context, s cardholder.Subject, a cardholder.Answer,
	) (cardholder.Registered, error)
	// StoreRegistration joins the caller's transaction.
	StoreRegistration(
		ctx context.Context, cardID int64, r cardholder.Registered, f cardholder.Facts,
	) (cardholder.CredentialID, error)
	BeginPayment(ctx context.Context, r cardholder.PaymentRequest) (cardholder.PaymentCeremony, error)
	FinishPayment(ctx context.Context, s cardholder.Subject, a cardholder.Answer) (cardholder.Proof, error)
	// Trust joins the caller's transaction, and so do List and Revoke.
	Trust(ctx context.Context, s cardholder.Subject) error
	List(ctx context.Context, cardID int64) ([]cardholder.Credential, error)
	Revoke(ctx context.Context, cardID int64, id cardholder.CredentialID, r cardholder.Revocation) error
}

// Tokens is the vault.
type Tokens interface {
	Find(ctx context.Context, pan secret.PAN) (token.Card, error)
	Provision(ctx context.Context, r token.ProvisionRequest) (token.Provisioned, error)
	// Keep joins the caller's transaction.
	Keep(ctx context.Context, p token.Provisioned, transactionID int64) (c token.Card, first bool, err error)
	Cryptogram(ctx context.Context, id token.CardID, r token.CryptogramRequest) (token.Payable, error)
}

// Store keeps verifications.
type Store interface {
	// InTx runs do in one database transaction, which commits if do returns nil.
	// do may run again after a deadlock: it must have no other effect.
	InTx(ctx context.Context, do func(ctx context.Context, tx Tx) error) error
	// Live returns the live verification of a transaction, or ErrNotFound.
	Live(ctx context.Context, id payment.ID) (Verification, error)
	// ByRef returns the verification with the hash of a Ref, live or not, or ErrNotFound.
	ByRef(ctx context.Context, refHash []byte) (Verification, error)
	// Due lists up to limit live verifications whose time has passed, the longest due
	// first.
	Due(ctx context.Context, now time.Time, limit int) ([]Verification, error)
	// CheckoutByID reads the checkout of a transaction.
	CheckoutByID(ctx context.Context, id payment.ID) (payment.Checkout, error)
}

// Tx is what a change of a verification needs, with the payment's own; all of it commits
// together. The transaction's row is locked first, by Lock.
type Tx interface {
	payment.Tx
	// Begun tells how many verifications the transaction has had.
	Begun(ctx context.Context, id payment.ID) (int, error)
	// Add stores a new verification with its Kept sealed, and returns its ID. A second
	// live one of a transaction is refused by the database.
	Add(ctx context.Context, v Verification) (ID, error)
	// Hold reads a verification and locks it until the end. It returns ErrNotFound.
	Hold(ctx context.Context, id ID) (Verification, error)
	// HoldLive reads the live verification of a transaction and locks it until the end.
	// It returns ErrNotFound.
	HoldLive(ctx context.Context, id payment.ID) (Verification, error)
	// Save stores how a verification stands if its state still is from, and fails
	// otherwise. One that has ended loses what was sealed.
	Save(ctx context.Context, v Verification, from State) error
	// KeepProof stores what proves a payment by Passkey.
	KeepProof(ctx context.Context, v Verification, p cardholder.Proof) error
}
