package evidence

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/payment"
)

// ErrNone tells that nothing is kept of how a payment's cardholder was verified: nobody
// was, or the payment is older than the verification of cardholders.
var ErrNone = fault.New(fault.NotFound, "evidence_none", "這筆交易沒有 Passkey 付款證據。")

// Record is what is kept of the verification that a payment was made with, the latest one
// that succeeded.
type Record struct {
	TradeNo    string
	OrderNo    string
	MerchantID string
	By         payment.Verification // VerifiedOTP or VerifiedPasskey
	Browser    string               // family, such as chrome; empty when it is not known
	Code       Code                 // of a one-time password
	// Proof is of a Passkey, nil for a one-time password.
	Proof   *cardholder.Proof
	Binding *Bound // how the Passkey was made, if that was kept
}

// Code is what is known of a one-time password. Times are zero when they were not kept.
type Code struct {
	To       string // the phone, masked; empty once it is forgotten
	SentAt   time.Time
	PassedAt time.Time
}

// Bound is how a passkey was made.
type Bound struct {
	At          time.Time
	Browser     string
	ClientData  []byte
	Attestation []byte
}

// Store reads what was kept.
type Store interface {
	// Evidence returns the record of a transaction that is known to be in the reader's
	// scope, or ErrNone.
	Evidence(ctx context.Context, id payment.ID) (Record, error)
}

// Service finds evidence. It is safe for concurrent use.
type Service struct{ store Store }

// New returns a service.
func New(s Store) *Service { return &Service{s} }

// Of returns the record of a transaction that is known to be in the reader's scope. It
// returns ErrNone.
func (s *Service) Of(ctx context.Context, id payment.ID) (Record, error) {
	r, err := s.store.Evidence(ctx, id)
	if err != nil {
		return Record{}, fmt.Errorf("find the evidence of transaction %d: %w", id, err)
	}
	return r, nil
}

// Bundle returns the file's bytes and what is in it. It returns ErrNone for a record
// without a proof, and an error for a proof whose request cannot be read. Whether the
// proof holds is Bundle.Confirm's to tell: it is handed out as it stands.
func (r Record) Bundle() ([]byte, Bundle, error) {
	if r.Proof == nil {
		return nil, Bundle{}, ErrNone
	}
	request, err := cardholder.ReadRequest(r.Proof.Request)
	if err != nil {
		return nil, Bundle{}, fmt.Errorf("read the evidence of %s: %w", r.TradeNo, err)
	}
	b := Bundle{
		Format: Format, Evidence: r.Proof.Evidence,
		Payment: Payment{
			TradeNo: r.TradeNo, OrderNo: r.OrderNo, MerchantID: r.MerchantID, PayeeName: request.PayeeName,
			PayeeOrigin: request.PayeeOrigin, Currency: request.Total.Currency, Amount: request.Total.Value,
			Card: cardOf(request), AskedAt: request.BegunAt, ConfirmedAt: r.Proof.At.UTC(),
		},
		Passkey: Passkey{
			Kind: r.Proof.Kind, Synced: r.Proof.Synced, BrowserBound: r.Proof.BrowserBound, Browser: r.Browser,
		},
	}
	if b.Passkey.Origin, b.Passkey.TopOrigin, err = cardholder.Where(r.Proof.ClientDataJSON); err != nil {
		return nil, Bundle{}, fmt.Errorf("read the evidence of %s: %w", r.TradeNo, err)
	}
	if r.Binding != nil {
		b.Binding = r.Binding.bundled()
	}
	return b.Write()
}

func (b Bound) bundled() *Binding {
	in := &Binding{BoundAt: b.At.UTC(), Browser: b.Browser, ClientDataJSON: b.ClientData, Attestation: b.Attestation}
	// SECURITY: a passkey that was made inside another store's page tells which one.
	if bytes.Contains(b.ClientData, []byte("topOrigin")) {
		in.ClientDataJSON = nil
	}
	return in
}
