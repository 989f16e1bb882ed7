package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/token"
	"github.com/memberzone/memberzone/app/verification"
)

// Verifications keeps verifications of cardholders. It implements verification.Store.
type Verifications struct{ db *DB }

// Verifications returns the keeper of verifications of cardholders.
func (db *DB) Verifications() Verifications { return Verifications{db} }

type verificationRecord struct {
	ID            int64
	TransactionID int64
	State         string
	Route         string
	Bind          bool
	Reason        string
	Brand         string
	CardLast4     string
	CardID        *int64
	Browser       string
	Webauthn      bool
	Uvpa          bool
	Spc           string
	FellBack      *string
	CreatedAt     time.Time
	AskedAt       *time.Time
	ChosenAt      *time.Time
	OtpPassedAt   *time.Time
	BoundAt       *time.Time
	UsedAt        *time.Time
	FellBackAt    *time.Time
	EndedAt       *time.Time
	ExpiresAt     time.Time
	SealKey       string
	Sealed        []byte
	RefHash       []byte
	AnswerHash    []byte
	VerifiedBy    *string
	AttemptID     *int64
	Lab           *string
	LabTries      int
}

const verificationQuery = `
	SELECT v.id, v.transaction_id, v.state, v.route, v.bind, v.reason, v.brand, v.card_last4, v.card_id, v.browser,
		v.webauthn, v.uvpa, v.spc, v.fell_back, v.created_at, v.asked_at, v.chosen_at, v.otp_passed_at, v.bound_at,
		v.used_at, v.fell_back_at, v.ended_at, v.expires_at, v.seal_key, v.sealed, v.ref_hash, v.answer_hash,
		v.verified_by, v.attempt_id, v.lab, v.lab_tries
	FROM verifications v WHERE `

// InTx implements verification.Store.
func (s Verifications) InTx(ctx context.Context, do func(context.Context, verification.Tx) error) error {
	return s.db.inTx(ctx, func(ctx context.Context, t *tx) error { return do(ctx, verificationTx{t}) })
}

// verificationTx implements verification.Tx.
type verificationTx struct{ *tx }

// Live implements verification.Store.
func (s Verifications) Live(ctx context.Context, id payment.ID) (verification.Verification, error) {
	return s.db.verification(s.db.gorm.WithContext(ctx), "v.transaction_id = ? AND v.ended_at IS NULL", int64(id))
}

// ByRef implements verification.Store.
func (s Verifications) ByRef(ctx context.Context, refHash []byte) (verification.Verification, error) {
	return s.db.verification(s.db.gorm.WithContext(ctx), "v.ref_hash = ?", refHash)
}

// Due implements verification.Store.
func (s Verifications) Due(ctx context.Context, now time.Time, limit int) ([]verification.Verification, error) {
	var records []verificationRecord
	err := s.db.gorm.WithContext(ctx).Raw(
		verificationQuery+"v.ended_at IS NULL AND v.expires_at <= ? ORDER BY v.expires_at LIMIT ?", now, limit,
	).Scan(&records).Error
	if err != nil {
		return nil, fmt.Errorf("read due verifications: %w", err)
	}
	due := make([]verification.Verification, len(records))
	for i, r := range records {
		if due[i], err = s.db.openVerification(r); err != nil {
			return nil, err
		}
	}
	return due, nil
}

// CheckoutByID implements verification.Store.
func (s Verifications) CheckoutByID(ctx context.Context, id payment.ID) (payment.Checkout, error) {
	return s.db.checkout(s.db.reader(ctx), "t.id = ?", int64(id))
}

func (db *DB) verification(g *gorm.DB, where string, arg any) (verification.Verification, error) {
	var r verificationRecord
	err := g.Raw(verificationQuery+where, arg).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return verification.Verification{}, verification.ErrNotFound
	}
	if err != nil {
		return verification.Verification{}, fmt.Errorf("read verification: %w", err)
	}
	return db.openVerification(r)
}

// openVerification maps a record and unseals what a live one keeps.
func (db *DB) openVerification(r verificationRecord) (verification.Verification, error) {
	v := verification.Verification{
		ID: verification.ID(r.ID), TransactionID: payment.ID(r.TransactionID), State: verification.State(r.State),
		Route: payment.Route{
			Verification: payment.Verification(r.Route), Bind: r.Bind, Reason: payment.RouteReason(r.Reason),
		},
		Card:     payment.Card{Brand: payment.Brand(r.Brand), Last4: r.CardLast4},
		Device:   payment.Device{WebAuthn: r.Webauthn, UVPA: r.Uvpa, SPC: r.Spc, Browser: r.Browser},
		FellBack: verification.FellBack(textOf(r.FellBack)), CreatedAt: r.CreatedAt.UTC(),
		AskedAt: timeOf(r.AskedAt), ChosenAt: timeOf(r.ChosenAt), OTPPassedAt: timeOf(r.OtpPassedAt),
		BoundAt: timeOf(r.BoundAt), UsedAt: timeOf(r.UsedAt), FellBackAt: timeOf(r.FellBackAt),
		EndedAt: timeOf(r.EndedAt), ExpiresAt: r.ExpiresAt.UTC(),
		SealKey: r.SealKey, RefHash: r.RefHash, AnswerHash: r.AnswerHash,
		VerifiedBy: payment.Verification(textOf(r.VerifiedBy)),
		Lab:        payment.LabScenario(textOf(r.Lab)), LabTries: r.LabTries,
	}
	if r.CardID != nil {
		v.CardID = token.CardID(*r.CardID)
	}
	if r.AttemptID != nil {
		v.AttemptID = payment.AttemptID(*r.AttemptID)
	}
	if r.Sealed == nil {
		return v, nil
	}
	plain, err := db.cipher.Open(r.Sealed, verificationContext(r.SealKey))
	if err != nil {
		return verification.Verification{}, fmt.Errorf("unseal the card of verification %d: %w", r.ID, err)
	}
	defer clear(plain)
	v.Kept, err = openKept(plain)
	return v, err
}

type keptRecord struct {
	Card  json.RawMessage `json:"card"`
	Phone string          `json:"phone"`
	Ref   string          `json:"ref"`
	// Checkout leads the cardholder's browser to the payment; empty for a browser that is there.
	Checkout string `json:"checkout,omitempty"`
}

func openKept(plain []byte) (*verification.Kept, error) {
	var r keptRecord
	if err := json.Unmarshal(plain, &r); err != nil {
		return nil, errors.New("postgres: what a verification keeps cannot be read")
	}
	card, err := payment.OpenCard(r.Card)
	if err != nil {
		return nil, err
	}
	return &verification.Kept{
		Card: card, Phone: r.Phone, Ref: ident.Token(r.Ref), Checkout: ident.Token(r.Checkout),
	}, nil
}

// sealKept returns nil for what has ended.
func (db *DB) sealKept(v verification.Verification) ([]byte, error) {
	if v.Kept == nil {
		return nil, nil
	}
	return v.Kept.Card.Seal(func(card []byte) ([]byte, error) {
		plain, err := json.Marshal(keptRecord{card, v.Kept.Phone, string(v.Kept.Ref), string(v.Kept.Checkout)})
		if err != nil {
			return nil, errors.New("postgres: what a verification keeps cannot be written")
		}
		defer clear(plain)
		return db.cipher.Seal(plain, verificationContext(v.SealKey))
	})
}

// Begun implements verification.Tx.
func (t verificationTx) Begun(ctx context.Context, id payment.ID) (int, error) {
	var n int
	err := t.gorm.WithContext(ctx).Raw(
		"SELECT count(*) FROM verifications WHERE transaction_id = ?", int64(id)).Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count verifications: %w", err)
	}
	return n, nil
}

// Add implements verification.Tx.
func (t verificationTx) Add(ctx context.Context, v verification.Verification) (verification.ID, error) {
	sealed, err := t.db.sealKept(v)
	if err != nil {
		return 0, fmt.Errorf("seal the card: %w", err)
	}
	var id int64
	err = t.gorm.WithContext(ctx).Raw(`
		INSERT INTO verifications (transaction_id, state, route, bind, reason, eligible, brand, card_last4, card_id,
			browser, webauthn, uvpa, spc, fell_back, fell_back_at, created_at, asked_at, ended_at, expires_at, seal_key,
			sealed, lab)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		int64(v.TransactionID), string(v.State), string(v.Route.Verification), v.Route.Bind, string(v.Route.Reason),
		v.Counted(), string(v.Card.Brand), v.Card.Last4, nullNumber(int64(v.CardID)),
		v.Device.Browser, v.Device.WebAuthn, v.Device.UVPA, v.Device.SPC, nullText(string(v.FellBack)),
		nullTime(v.FellBackAt), v.CreatedAt, nullTime(v.AskedAt), nullTime(v.EndedAt), v.ExpiresAt, v.SealKey, sealed,
		nullText(string(v.Lab)),
	).Scan(&id).Error
	if err != nil {
		return 0, fmt.Errorf("insert verification: %w", err)
	}
	return verification.ID(id), nil
}

// Hold implements verification.Tx.
func (t verificationTx) Hold(ctx context.Context, id verification.ID) (verification.Verification, error) {
	return t.db.verification(t.gorm.WithContext(ctx), "v.id = ? FOR UPDATE", int64(id))
}

// HoldLive implements verification.Tx.
func (t verificationTx) HoldLive(ctx context.Context, id payment.ID) (verification.Verification, error) {
	return t.db.verification(t.gorm.WithContext(ctx),
		"v.transaction_id = ? AND v.ended_at IS NULL FOR UPDATE", int64(id))
}

// Save implements verification.Tx.
func (t verificationTx) Save(ctx context.Context, v verification.Verification, from verification.State) error {
	sealed, err := t.db.sealKept(v)
	if err != nil {
		return fmt.Errorf("seal the card: %w", err)
	}
	done := t.gorm.WithContext(ctx).Exec(`
		UPDATE verifications SET state = ?, card_id = ?, fell_back = ?, fell_back_at = ?, asked_at = ?, chosen_at = ?,
			otp_passed_at = ?, bound_at = ?, used_at = ?, ended_at = ?, expires_at = ?, sealed = ?, ref_hash = ?,
			answer_hash = ?, verified_by = ?, attempt_id = ?, route = ?, bind = ?, reason = ?, eligible = ?,
			browser = ?, webauthn = ?, uvpa = ?, spc = ?, lab_tries = ?
		WHERE id = ? AND state = ?`,
		string(v.State), nullNumber(int64(v.CardID)), nullText(string(v.FellBack)), nullTime(v.FellBackAt),
		nullTime(v.AskedAt), nullTime(v.ChosenAt), nullTime(v.OTPPassedAt), nullTime(v.BoundAt), nullTime(v.UsedAt),
		nullTime(v.EndedAt), v.ExpiresAt, sealed, v.RefHash, v.AnswerHash, nullText(string(v.VerifiedBy)),
		nullNumber(int64(v.AttemptID)), string(v.Route.Verification), v.Route.Bind, string(v.Route.Reason),
		v.Counted(), v.Device.Browser, v.Device.WebAuthn, v.Device.UVPA, v.Device.SPC,
		v.LabTries, int64(v.ID), string(from))
	return onlyOne(done, "update verification")
}

// KeepProof implements verification.Tx.
func (t verificationTx) KeepProof(ctx context.Context, v verification.Verification, p cardholder.Proof) error {
	evidence, err := json.Marshal(p.Evidence)
	if err != nil {
		return fmt.Errorf("write the proof: %w", err)
	}
	err = t.gorm.WithContext(ctx).Exec(`
		INSERT INTO verification_proofs (verification_id, transaction_id, credential_id, kind, evidence, synced,
			browser_bound, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		int64(v.ID), int64(v.TransactionID), int64(p.CredentialID), string(p.Kind), string(evidence), p.Synced,
		p.BrowserBound, p.At).Error
	if err != nil {
		return fmt.Errorf("insert proof: %w", err)
	}
	return nil
}
