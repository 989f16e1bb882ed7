package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
)

// Credentials keeps the passkeys of cards and their ceremonies. It implements
// cardholder.Store.
type Credentials struct{ db *DB }

// Credentials returns the keeper of the passkeys of cards.
func (db *DB) Credentials() Credentials { return Credentials{db} }

// Handle implements cardholder.Store.
func (c Credentials) Handle(ctx context.Context, cardID int64) ([]byte, error) {
	var r struct{ Handle []byte }
	err := c.db.reader(ctx).Raw("SELECT handle FROM card_handles WHERE card_id = ?", cardID).Scan(&r).Error
	if err != nil {
		return nil, fmt.Errorf("read card handle: %w", err)
	}
	return r.Handle, nil
}

type cardCredentialRecord struct {
	ID                int64
	CardID            int64
	RPID              string `gorm:"column:rp_id"`
	Handle            []byte
	CredentialID      []byte
	PublicKey         []byte
	Flags             byte
	SignCount         uint32
	AAGUID            []byte `gorm:"column:aaguid"`
	Transports        string
	Attachment        string
	AttestationType   string
	AttestationFormat string
	TransactionID     int64
	Browser           string
	CreatedAt         time.Time
	LastUsedAt        *time.Time
	Distrust          string
	RevokedAt         *time.Time
	RevokedBy         string
	RevokedReason     string
	BrowserKey        []byte // null without one; one row for each
	KeyTrusted        bool
}

func (r cardCredentialRecord) bound() cardholder.Bound {
	return cardholder.Bound{
		Credential: cardholder.Credential{
			ID: cardholder.CredentialID(r.ID), CardID: r.CardID, TransactionID: r.TransactionID, Browser: r.Browser,
			CreatedAt: r.CreatedAt.UTC(), LastUsedAt: timeOf(r.LastUsedAt), Synced: r.Flags&flagBackedUp != 0,
			Distrust: cardholder.Distrust(r.Distrust),
			Revocation: cardholder.Revocation{
				At: timeOf(r.RevokedAt), By: cardholder.Revoker(r.RevokedBy), Reason: r.RevokedReason,
			},
		},
		RPID: r.RPID, Handle: r.Handle,
		Record: passkey.Credential{
			ID: r.CredentialID, PublicKey: r.PublicKey, Flags: r.Flags, SignCount: r.SignCount, AAGUID: r.AAGUID,
			Transports: strings.Fields(r.Transports), Attachment: r.Attachment,
			AttestationType: r.AttestationType, AttestationFormat: r.AttestationFormat,
		},
	}
}

// list reads credentials with their browsers' keys in one statement.
func (c Credentials) list(ctx context.Context, where string, args ...any) ([]cardholder.Bound, error) {
	var rows []cardCredentialRecord
	err := c.db.reader(ctx).Raw(`
		SELECT c.id, c.card_id, c.rp_id, c.handle, c.credential_id, c.public_key, c.flags, c.sign_count, c.aaguid,
			array_to_string(c.transports, ' ') AS transports, c.attachment, c.attestation_type, c.attestation_format,
			coalesce(c.transaction_id, 0) AS transaction_id, c.browser, c.created_at, c.last_used_at, c.distrust,
			c.revoked_at, coalesce(CAST(c.revoked_by AS text), '') AS revoked_by,
			coalesce(c.revoked_reason, '') AS revoked_reason,
			k.public_key AS browser_key, k.trusted_at IS NOT NULL AS key_trusted
		FROM card_credentials c LEFT JOIN browser_bound_keys k ON k.credential_id = c.id
		WHERE `+where+" ORDER BY c.created_at DESC, c.id DESC, k.seen_at, k.public_key", args...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read card credentials: %w", err)
	}
	var list []cardholder.Bound
	for _, row := range rows {
		if len(list) == 0 || list[len(list)-1].ID != cardholder.CredentialID(row.ID) {
			list = append(list, row.bound())
		}
		if row.BrowserKey != nil {
			b := &list[len(list)-1]
			b.BrowserKeys = append(b.BrowserKeys, cardholder.BrowserKey{PublicKey: row.BrowserKey, Trusted: row.KeyTrusted})
		}
	}
	return list, nil
}

// ByCard implements cardholder.Store.
func (c Credentials) ByCard(ctx context.Context, rpID string, cardID int64) ([]cardholder.Bound, error) {
	return c.list(ctx, "c.card_id = ? AND c.rp_id = ?", cardID, rpID)
}

// ByID implements cardholder.Store.
func (c Credentials) ByID(ctx context.Context, rpID string, credentialID []byte) (cardholder.Bound, error) {
	list, err := c.list(ctx, "c.rp_id = ? AND c.credential_id = ?", rpID, credentialID)
	if err != nil {
		return cardholder.Bound{}, err
	}
	if len(list) == 0 {
		return cardholder.Bound{}, cardholder.ErrNotFound
	}
	return list[0], nil
}

// HasUsable implements cardholder.Store.
func (c Credentials) HasUsable(ctx context.Context, rpID string, cardID int64) (has bool, err error) {
	err = c.db.reader(ctx).Raw(`
		SELECT EXISTS (SELECT 1 FROM card_credentials
			WHERE card_id = ? AND rp_id = ? AND revoked_at IS NULL AND distrust = '')`, cardID, rpID).Scan(&has).Error
	if err != nil {
		return false, fmt.Errorf("look for card credentials: %w", err)
	}
	return has, nil
}

// SaveCeremony implements cardholder.Store.
func (c Credentials) SaveCeremony(ctx context.Context, p cardholder.Pending) error {
	// The bytes do not come first: gorm takes a slice after a parenthesis for a list.
	err := c.db.reader(ctx).Exec(`
		INSERT INTO cardholder_ceremonies (ritual, token_hash, subject, card_id, session, expires_at)
		VALUES (?, ?, ?, ?, ?, ?)`,
		string(p.Ritual), p.TokenHash, int64(p.Subject), nullNumber(p.CardID), p.Session, p.ExpiresAt).Error
	if err != nil {
		return fmt.Errorf("insert cardholder ceremony: %w", err)
	}
	return nil
}

// TakeCeremony implements cardholder.Store. It is no part of the caller's transaction:
// an answer is spent whatever becomes of that.
func (c Credentials) TakeCeremony(ctx context.Context, tokenHash []byte) (cardholder.Pending, error) {
	var r struct {
		Ritual    string
		Subject   int64
		CardID    int64
		Session   []byte
		ExpiresAt time.Time
	}
	err := c.db.gorm.WithContext(ctx).Raw(`
		DELETE FROM cardholder_ceremonies WHERE token_hash = ?
		RETURNING ritual, subject, coalesce(card_id, 0) AS card_id, session, expires_at`, tokenHash).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return cardholder.Pending{}, cardholder.ErrNotFound
	}
	if err != nil {
		return cardholder.Pending{}, fmt.Errorf("take cardholder ceremony: %w", err)
	}
	return cardholder.Pending{
		TokenHash: tokenHash, Ritual: cardholder.Ritual(r.Ritual), Subject: cardholder.Subject(r.Subject),
		CardID: r.CardID, Session: r.Session, ExpiresAt: r.ExpiresAt,
	}, nil
}

// Prune deletes ceremonies that expired before the given time, and returns how many.
func (c Credentials) Prune(ctx context.Context, before time.Time) (int64, error) {
	done := c.db.gorm.WithContext(ctx).Exec("DELETE FROM cardholder_ceremonies WHERE expires_at < ?", before)
	if done.Error != nil {
		return 0, fmt.Errorf("prune cardholder ceremonies: %w", done.Error)
	}
	return done.RowsAffected, nil
}

// MarkUsed implements cardholder.Store. The counter is compared once more where it is
// written: two answers at once must not both count on from the same value.
func (c Credentials) MarkUsed(ctx context.Context, u cardholder.Use) error {
	return c.db.joinTx(ctx, func(ctx context.Context, t *tx) error {
		done := t.gorm.WithContext(ctx).Exec(`
			UPDATE card_credentials SET sign_count = @count, flags = @flags, last_used_at = @at
			WHERE id = @id AND revoked_at IS NULL AND distrust = ''
				AND (sign_count < @count OR sign_count = 0 AND CAST(@count AS bigint) = 0)`,
			map[string]any{"count": int64(u.SignCount), "flags": int(u.Flags), "at": u.At, "id": int64(u.ID)})
		if err := credentialFound(done, "mark card credential as used"); err != nil || u.BrowserKey == nil {
			return err
		}
		return t.trustKey(ctx, u.ID, u.BrowserKey, u.At)
	})
}

// trustKey keeps a browser bound key as trusted.
func (t *tx) trustKey(ctx context.Context, id cardholder.CredentialID, key []byte, at time.Time) error {
	err := t.gorm.WithContext(ctx).Exec(`
		INSERT INTO browser_bound_keys (credential_id, public_key, seen_at, trusted_at) VALUES (@id, @key, @at, @at)
		ON CONFLICT (credential_id, public_key) DO UPDATE SET seen_at = excluded.seen_at, subject = NULL,
			trusted_at = coalesce(browser_bound_keys.trusted_at, excluded.trusted_at)`,
		map[string]any{"id": int64(id), "key": key, "at": at}).Error
	if err != nil {
		return fmt.Errorf("keep browser bound key: %w", err)
	}
	return nil
}

// See implements cardholder.Store.
func (c Credentials) See(ctx context.Context, s cardholder.Sighting) error {
	err := c.db.gorm.WithContext(ctx).Exec(`
		INSERT INTO browser_bound_keys (credential_id, public_key, subject, seen_at) VALUES (@id, @key, @subject, @at)
		ON CONFLICT (credential_id, public_key) DO UPDATE SET seen_at = excluded.seen_at, subject = excluded.subject
		WHERE browser_bound_keys.trusted_at IS NULL`,
		map[string]any{"id": int64(s.ID), "key": s.PublicKey, "subject": int64(s.Subject), "at": s.At}).Error
	if err != nil {
		return fmt.Errorf("keep unknown browser bound key: %w", err)
	}
	return nil
}

// Trust implements cardholder.Store. It is part of the caller's transaction if there is one.
func (c Credentials) Trust(ctx context.Context, subject cardholder.Subject, at time.Time) error {
	err := c.db.reader(ctx).Exec(
		"UPDATE browser_bound_keys SET trusted_at = ?, subject = NULL WHERE subject = ? AND trusted_at IS NULL",
		at, int64(subject)).Error
	if err != nil {
		return fmt.Errorf("trust browser bound keys: %w", err)
	}
	return nil
}

// MarkDistrusted implements cardholder.Store.
func (c Credentials) MarkDistrusted(
	ctx context.Context, id cardholder.CredentialID, why cardholder.Distrust,
) error {
	done := c.db.gorm.WithContext(ctx).Exec(`
		UPDATE card_credentials SET distrust = CASE WHEN distrust = '' THEN CAST(? AS credential_distrust) ELSE distrust END
		WHERE id = ?`, string(why), int64(id))
	return credentialFound(done, "mark card credential as not trusted")
}

// Add implements cardholder.Store. The card's row is locked, so that passkeys that are
// bound at once take different places.
func (c Credentials) Add(ctx context.Context, b cardholder.Binder) (id cardholder.CredentialID, err error) {
	err = c.db.joinTx(ctx, func(ctx context.Context, t *tx) error {
		if id, err = t.addCredential(ctx, b); err != nil {
			return err
		}
		if mail := cardholder.FoldMail(b.Facts.Mail); mail != "" {
			if err := t.indexMail(ctx, id, mail); err != nil {
				return err
			}
		}
		if b.Registered.BrowserKey == nil {
			return nil
		}
		return t.trustKey(ctx, id, b.Registered.BrowserKey, b.Registered.CreatedAt)
	})
	return id, err
}

func (t *tx) addCredential(ctx context.Context, b cardholder.Binder) (cardholder.CredentialID, error) {
	r, k := b.Registered, b.Registered.Credential
	err := t.gorm.WithContext(ctx).Exec(
		"INSERT INTO card_handles (card_id, handle) VALUES (?, ?) ON CONFLICT (card_id) DO NOTHING",
		b.CardID, r.Handle).Error
	if err != nil {
		return 0, fmt.Errorf("insert card handle: %w", err)
	}
	err = t.gorm.WithContext(ctx).Exec("SELECT 1 FROM card_handles WHERE card_id = ? FOR UPDATE", b.CardID).Error
	if err != nil {
		return 0, fmt.Errorf("lock card handle: %w", err)
	}
	var id int64
	done := t.gorm.WithContext(ctx).Raw(`
		INSERT INTO card_credentials (card_id, rp_id, place, handle, credential_id, public_key, flags, sign_count,
			aaguid, transports, attachment, attestation_type, attestation_format, discoverable, client_data,
			attestation, transaction_id, browser, created_at)
		SELECT @card, @rp, min(free), @handle, @credential, @key, @flags, @count, @aaguid,
			CAST(@transports AS text[]), @attachment, @type, @format, @discoverable, @client, @attestation,
			nullif(CAST(@transaction AS bigint), 0), @browser, @at
		FROM generate_series(1, @most) free
		WHERE NOT EXISTS (SELECT 1 FROM card_credentials c
			WHERE c.card_id = @card AND c.rp_id = @rp AND c.place = free AND c.revoked_at IS NULL)
		HAVING min(free) IS NOT NULL
		RETURNING id`,
		map[string]any{
			"card": b.CardID, "rp": b.RPID, "handle": r.Handle, "credential": k.ID, "key": k.PublicKey,
			"flags": int(k.Flags), "count": int64(k.SignCount), "aaguid": k.AAGUID,
			"transports": textArray(k.Transports), "attachment": k.Attachment, "type": k.AttestationType,
			"format": k.AttestationFormat, "discoverable": r.Discoverable, "client": r.ClientData,
			"attestation": r.Attestation, "transaction": b.Facts.TransactionID, "browser": b.Facts.Browser,
			"at": r.CreatedAt, "most": cardholder.CardMax,
		}).Scan(&id)
	if violates(done.Error, "card_credentials_credential") {
		return 0, cardholder.ErrRefused.Because(done.Error)
	}
	if done.Error != nil {
		return 0, fmt.Errorf("insert card credential: %w", done.Error)
	}
	if id == 0 {
		return 0, cardholder.ErrFull
	}
	return cardholder.CredentialID(id), nil
}

// Revoke implements cardholder.Store.
// SECURITY: the card is compared.
func (c Credentials) Revoke(
	ctx context.Context, cardID int64, id cardholder.CredentialID, r cardholder.Revocation,
) error {
	done := c.db.reader(ctx).Exec(`
		UPDATE card_credentials SET revoked_at = ?, revoked_by = ?, revoked_reason = ?
		WHERE id = ? AND card_id = ? AND revoked_at IS NULL`, r.At, string(r.By), r.Reason, int64(id), cardID)
	return credentialFound(done, "revoke card credential")
}

func credentialFound(done *gorm.DB, what string) error {
	if done.Error != nil {
		return fmt.Errorf("%s: %w", what, done.Error)
	}
	if done.RowsAffected == 0 {
		return cardholder.ErrNotFound
	}
	return nil
}
