package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/passkey"
)

// Passkeys keeps passkeys and their ceremonies. It implements passkey.Store; a
// holder is an account.
type Passkeys struct{ db *DB }

// Passkeys returns the keeper of passkeys.
func (db *DB) Passkeys() Passkeys { return Passkeys{db} }

// flagBackedUp is BS of the authenticator data (WebAuthn Level 3 §6.1).
const flagBackedUp = 0x10

// InTx implements passkey.Store. It is part of the caller's transaction if there is one.
func (p Passkeys) InTx(ctx context.Context, do func(context.Context, passkey.Tx) error) error {
	return p.db.joinTx(ctx, func(ctx context.Context, t *tx) error { return do(ctx, t) })
}

// KeepHandle implements passkey.Store.
func (p Passkeys) KeepHandle(ctx context.Context, holderID int64, fresh []byte) error {
	err := p.db.gorm.WithContext(ctx).Exec(
		"INSERT INTO passkey_holders (account_id, handle) VALUES (?, ?) ON CONFLICT (account_id) DO NOTHING",
		holderID, fresh).Error
	if err != nil {
		return fmt.Errorf("insert passkey holder: %w", err)
	}
	return nil
}

// ByHolder implements passkey.Store.
func (p Passkeys) ByHolder(ctx context.Context, holderID int64) (passkey.Holding, error) {
	holding, err := p.holding(ctx, "h.account_id = ?", holderID)
	if errors.Is(err, passkey.ErrNotFound) {
		return passkey.Holding{HolderID: holderID}, nil
	}
	return holding, err
}

// ByHandle implements passkey.Store.
func (p Passkeys) ByHandle(ctx context.Context, handle []byte) (passkey.Holding, error) {
	return p.holding(ctx, "h.handle = ?", handle)
}

type passkeyRecord struct {
	AccountID         int64
	Handle            []byte
	ID                *int64 // null for a holder without passkeys, like all that follows
	Name              string
	CredentialID      []byte
	PublicKey         []byte
	Flags             byte
	SignCount         uint32
	Cloned            bool
	AAGUID            []byte `gorm:"column:aaguid"`
	Transports        string
	Attachment        string
	AttestationType   string
	AttestationFormat string
	CreatedAt         *time.Time
	LastUsedAt        *time.Time
}

func (r passkeyRecord) registered() passkey.Registered {
	return passkey.Registered{
		Passkey: passkey.Passkey{
			ID: *r.ID, HolderID: r.AccountID, Name: r.Name, CreatedAt: timeOf(r.CreatedAt),
			LastUsedAt: timeOf(r.LastUsedAt), Synced: r.Flags&flagBackedUp != 0, Cloned: r.Cloned,
		},
		Credential: passkey.Credential{
			ID: r.CredentialID, PublicKey: r.PublicKey, Flags: r.Flags, SignCount: r.SignCount,
			AAGUID: r.AAGUID, Transports: strings.Fields(r.Transports), Attachment: r.Attachment,
			AttestationType: r.AttestationType, AttestationFormat: r.AttestationFormat,
		},
	}
}

// holding reads a holder with all passkeys in one statement.
func (p Passkeys) holding(ctx context.Context, where string, arg any) (passkey.Holding, error) {
	var rows []passkeyRecord
	err := p.db.gorm.WithContext(ctx).Raw(`
		SELECT h.account_id, h.handle, p.id, coalesce(p.name, '') AS name, p.credential_id, p.public_key,
			coalesce(p.flags, 0) AS flags, coalesce(p.sign_count, 0) AS sign_count,
			coalesce(p.cloned, false) AS cloned, p.aaguid,
			coalesce(array_to_string(p.transports, ' '), '') AS transports,
			coalesce(p.attachment, '') AS attachment, coalesce(p.attestation_type, '') AS attestation_type,
			coalesce(p.attestation_format, '') AS attestation_format, p.created_at, p.last_used_at
		FROM passkey_holders h LEFT JOIN passkeys p ON p.account_id = h.account_id
		WHERE `+where+" ORDER BY p.created_at DESC, p.id DESC", arg).Scan(&rows).Error
	if err != nil {
		return passkey.Holding{}, fmt.Errorf("read passkeys: %w", err)
	}
	if len(rows) == 0 {
		return passkey.Holding{}, passkey.ErrNotFound
	}
	holding := passkey.Holding{HolderID: rows[0].AccountID, Handle: rows[0].Handle}
	for _, row := range rows {
		if row.ID != nil {
			holding.Passkeys = append(holding.Passkeys, row.registered())
		}
	}
	return holding, nil
}

// SaveCeremony implements passkey.Store.
func (p Passkeys) SaveCeremony(ctx context.Context, c passkey.Pending) error {
	var holder *int64
	if c.HolderID != 0 {
		holder = &c.HolderID
	}
	// The bytes do not come first: gorm takes a slice after a parenthesis for a list.
	err := p.db.gorm.WithContext(ctx).Exec(`
		INSERT INTO passkey_ceremonies (ritual, token_hash, account_id, session, expires_at) VALUES (?, ?, ?, ?, ?)`,
		string(c.Ritual), c.TokenHash, holder, string(c.Session), c.ExpiresAt).Error
	if err != nil {
		return fmt.Errorf("insert passkey ceremony: %w", err)
	}
	return nil
}

// TakeCeremony implements passkey.Store.
func (p Passkeys) TakeCeremony(ctx context.Context, tokenHash []byte) (passkey.Pending, error) {
	var r struct {
		Ritual    string
		AccountID int64
		Session   string
		ExpiresAt time.Time
	}
	err := p.db.gorm.WithContext(ctx).Raw(`
		DELETE FROM passkey_ceremonies WHERE token_hash = ?
		RETURNING ritual, coalesce(account_id, 0) AS account_id, session, expires_at`, tokenHash).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return passkey.Pending{}, passkey.ErrNotFound
	}
	if err != nil {
		return passkey.Pending{}, fmt.Errorf("take passkey ceremony: %w", err)
	}
	return passkey.Pending{
		TokenHash: tokenHash, Ritual: passkey.Ritual(r.Ritual), HolderID: r.AccountID,
		Session: []byte(r.Session), ExpiresAt: r.ExpiresAt,
	}, nil
}

// MarkUsed implements passkey.Store. The counter is compared once more where it is
// written: two answers at once must not both count on from the same value.
func (p Passkeys) MarkUsed(ctx context.Context, u passkey.Use) error {
	done := p.db.gorm.WithContext(ctx).Exec(`
		UPDATE passkeys SET sign_count = @count, flags = @flags, last_used_at = @at
		WHERE id = @id AND NOT cloned AND (sign_count < @count OR sign_count = 0 AND CAST(@count AS bigint) = 0)`,
		map[string]any{"count": int64(u.SignCount), "flags": int(u.Flags), "at": u.At, "id": u.PasskeyID})
	return passkeyFound(done, "mark passkey as used")
}

// MarkCloned implements passkey.Store.
func (p Passkeys) MarkCloned(ctx context.Context, id int64) error {
	done := p.db.gorm.WithContext(ctx).Exec("UPDATE passkeys SET cloned = true WHERE id = ?", id)
	return passkeyFound(done, "mark passkey as cloned")
}

func passkeyFound(done *gorm.DB, what string) error {
	if done.Error != nil {
		return fmt.Errorf("%s: %w", what, done.Error)
	}
	if done.RowsAffected == 0 {
		return passkey.ErrNotFound
	}
	return nil
}

// Prune deletes ceremonies that expired before the given time, and returns how
// many: sign-ins that strangers begin and leave must not fill the table.
func (p Passkeys) Prune(ctx context.Context, before time.Time) (int64, error) {
	done := p.db.gorm.WithContext(ctx).Exec("DELETE FROM passkey_ceremonies WHERE expires_at < ?", before)
	if done.Error != nil {
		return 0, fmt.Errorf("prune passkey ceremonies: %w", done.Error)
	}
	return done.RowsAffected, nil
}

// AddPasskey implements passkey.Tx. The holder's row is locked, so that additions of
// one holder take different places.
func (t *tx) AddPasskey(ctx context.Context, r passkey.Registered) (int64, error) {
	if err := t.lockHolder(ctx, r.HolderID); err != nil {
		return 0, err
	}
	var id int64
	c := r.Credential
	done := t.gorm.WithContext(ctx).Raw(`
		INSERT INTO passkeys (account_id, place, name, credential_id, public_key, flags, sign_count, aaguid,
			transports, attachment, attestation_type, attestation_format, created_at)
		SELECT @holder, min(free), @name, @credential, @key, @flags, @count, @aaguid, CAST(@transports AS text[]),
			@attachment, @type, @format, @at
		FROM generate_series(1, @most) free
		WHERE NOT EXISTS (SELECT 1 FROM passkeys p WHERE p.account_id = @holder AND p.place = free)
		HAVING min(free) IS NOT NULL
		RETURNING id`,
		map[string]any{
			"holder": r.HolderID, "name": r.Name, "credential": c.ID, "key": c.PublicKey, "flags": int(c.Flags),
			"count": int64(c.SignCount), "aaguid": c.AAGUID, "transports": textArray(c.Transports),
			"attachment": c.Attachment, "type": c.AttestationType, "format": c.AttestationFormat, "at": r.CreatedAt,
			"most": passkey.HolderMax,
		}).Scan(&id)
	if violates(done.Error, "passkeys_credential_id_key") {
		return 0, passkey.ErrRefused.Because(done.Error)
	}
	if done.Error != nil {
		return 0, fmt.Errorf("insert passkey: %w", done.Error)
	}
	if id == 0 {
		return 0, passkey.ErrFull
	}
	return id, nil
}

// RenamePasskey implements passkey.Tx.
// SECURITY: the holder is compared, here and in RemovePasskey.
func (t *tx) RenamePasskey(ctx context.Context, holderID, id int64, name string) (string, error) {
	var before []string
	done := t.gorm.WithContext(ctx).Raw(`
		UPDATE passkeys p SET name = @name
		FROM (SELECT id, name FROM passkeys WHERE id = @id AND account_id = @holder FOR UPDATE) old
		WHERE p.id = old.id RETURNING old.name`,
		map[string]any{"name": name, "id": id, "holder": holderID}).Scan(&before)
	return onePasskey(done, before, "rename passkey")
}

// RemovePasskey implements passkey.Tx. The holder's row is locked, so that of the last
// two one stays when both are removed at once.
func (t *tx) RemovePasskey(ctx context.Context, r passkey.Removal) (string, error) {
	if err := t.lockHolder(ctx, r.HolderID); err != nil {
		return "", err
	}
	g := t.gorm.WithContext(ctx)
	var usable []bool // of the passkey, and of the holder's others
	err := g.Raw("SELECT NOT cloned FROM passkeys WHERE account_id = ? ORDER BY id <> ?", r.HolderID, r.ID).
		Scan(&usable).Error
	if err != nil {
		return "", fmt.Errorf("read passkeys: %w", err)
	}
	var name []string
	done := g.Raw("DELETE FROM passkeys WHERE id = ? AND account_id = ? RETURNING name", r.ID, r.HolderID).Scan(&name)
	removed, err := onePasskey(done, name, "remove passkey")
	if err != nil {
		return "", err
	}
	if !r.MayBeLast && usable[0] && !slices.Contains(usable[1:], true) {
		return "", passkey.ErrLast
	}
	return removed, nil
}

// lockHolder locks the holder's row until the transaction ends.
func (t *tx) lockHolder(ctx context.Context, id int64) error {
	err := t.gorm.WithContext(ctx).Exec("SELECT 1 FROM passkey_holders WHERE account_id = ? FOR UPDATE", id).Error
	if err != nil {
		return fmt.Errorf("lock passkey holder: %w", err)
	}
	return nil
}

func onePasskey(done *gorm.DB, names []string, what string) (string, error) {
	if done.Error != nil {
		return "", fmt.Errorf("%s: %w", what, done.Error)
	}
	if len(names) == 0 {
		return "", passkey.ErrNotFound
	}
	return names[0], nil
}
