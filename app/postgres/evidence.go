package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/evidence"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/payment"
)

// Evidence reads what proves payments. It implements evidence.Store.
type Evidence struct{ db *DB }

// Evidence returns the reader of what proves payments.
func (db *DB) Evidence() Evidence { return Evidence{db} }

type evidenceRecord struct {
	TradeNo      string
	OrderNo      string
	MerchantID   string
	VerifiedBy   string
	Browser      string
	Recipient    string
	SentAt       *time.Time
	PassedAt     *time.Time
	CredentialID int64
	Kind         string
	Evidence     string // empty without a proof
	Synced       bool
	BrowserBound bool
	At           *time.Time
	BoundAt      *time.Time // null for a credential that is kept no more
	BoundBrowser string
	ClientData   []byte
	Attestation  []byte
}

// evidenceQuery reads the latest verification that succeeded: a payment that was declined
// may have been tried again.
const evidenceQuery = `
	SELECT t.trade_no, t.order_no, s.merchant_id, CAST(v.verified_by AS text) AS verified_by, v.browser,
		coalesce(o.recipient, '') AS recipient, v.otp_passed_at AS passed_at,
		(SELECT max(e.at) FROM payment_events e
			WHERE e.transaction_id = t.id AND e.kind = 'otp_sent' AND e.at >= v.created_at AND e.at <= v.otp_passed_at)
			AS sent_at,
		coalesce(p.credential_id, 0) AS credential_id, coalesce(p.kind, '') AS kind,
		coalesce(CAST(p.evidence AS text), '') AS evidence, coalesce(p.synced, false) AS synced,
		coalesce(p.browser_bound, false) AS browser_bound, p.at,
		c.created_at AS bound_at, coalesce(c.browser, '') AS bound_browser, c.client_data, c.attestation
	FROM verifications v JOIN transactions t ON t.id = v.transaction_id JOIN stores s ON s.id = t.store_id
		LEFT JOIN verification_proofs p ON p.verification_id = v.id
		LEFT JOIN card_credentials c ON c.id = p.credential_id
		LEFT JOIN one_time_codes o ON o.subject = 'verification/' || v.id
	WHERE v.transaction_id = ? AND v.state = 'verified' ORDER BY v.id DESC LIMIT 1`

// Evidence implements evidence.Store.
func (e Evidence) Evidence(ctx context.Context, id payment.ID) (evidence.Record, error) {
	var r evidenceRecord
	err := e.db.reader(ctx).Raw(evidenceQuery, int64(id)).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return evidence.Record{}, evidence.ErrNone
	}
	if err != nil {
		return evidence.Record{}, fmt.Errorf("read evidence: %w", err)
	}
	return r.record()
}

func (r evidenceRecord) record() (evidence.Record, error) {
	out := evidence.Record{
		TradeNo: r.TradeNo, OrderNo: r.OrderNo, MerchantID: r.MerchantID, By: payment.Verification(r.VerifiedBy),
		Browser: r.Browser,
		Code:    evidence.Code{To: r.Recipient, SentAt: timeOf(r.SentAt), PassedAt: timeOf(r.PassedAt)},
	}
	if r.Evidence == "" {
		return out, nil
	}
	proof := cardholder.Proof{
		CredentialID: cardholder.CredentialID(r.CredentialID), Kind: cardholder.Kind(r.Kind), At: timeOf(r.At),
		Synced: r.Synced, BrowserBound: r.BrowserBound,
	}
	if err := json.Unmarshal([]byte(r.Evidence), &proof.Evidence); err != nil {
		return evidence.Record{}, fmt.Errorf("read the proof: %w", err)
	}
	out.Proof = &proof
	if r.BoundAt != nil && len(r.Attestation) > 0 {
		out.Binding = &evidence.Bound{
			At: timeOf(r.BoundAt), Browser: r.BoundBrowser, ClientData: r.ClientData, Attestation: r.Attestation,
		}
	}
	return out, nil
}
