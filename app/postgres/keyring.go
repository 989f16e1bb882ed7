package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/keyring"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
)

// Keyring keeps whose passkeys those of cards are, and the links to them. It implements
// keyring.Store.
type Keyring struct{ db *DB }

// Keyring returns the keeper of links to the passkeys of cards.
func (db *DB) Keyring() Keyring { return Keyring{db} }

var (
	_ keyring.Store = Keyring{}
	_ keyring.Tx    = keyringTx{}
)

// keyringTx is a transaction that changes passkeys by link.
type keyringTx struct{ *tx }

// mailText is what is hashed of an address, so that no other field's index can ever equal
// its own.
func mailText(mail string) []byte { return []byte("credential_mails/mail_index/" + mail) }

func keyringContext(place string) []byte { return []byte("keyring_asks/" + place + "/mail") }

// indexMail gives a credential its index under every key of the keyset.
func (t *tx) indexMail(ctx context.Context, id cardholder.CredentialID, mail string) error {
	keys := t.db.cipher.KeyIDs()
	for i, blind := range t.db.cipher.Blinds(mailText(mail)) {
		err := t.gorm.WithContext(ctx).Exec(`
			INSERT INTO credential_mails (credential_id, mail_index, key_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
			int64(id), blind, int64(keys[i])).Error
		if err != nil {
			return fmt.Errorf("index the mail address of a credential: %w", err)
		}
	}
	return nil
}

// InTx implements keyring.Store.
func (k Keyring) InTx(ctx context.Context, do func(context.Context, keyring.Tx) error) error {
	return k.db.inTx(ctx, func(ctx context.Context, t *tx) error { return do(ctx, keyringTx{t}) })
}

// Ask implements keyring.Store.
func (k Keyring) Ask(ctx context.Context, mail string, at time.Time) error {
	place := rand.Text()
	sealed, err := k.db.cipher.Seal([]byte(mail), keyringContext(place))
	if err != nil {
		return fmt.Errorf("seal a mail address: %w", err)
	}
	err = k.db.reader(ctx).Exec("INSERT INTO keyring_asks (place, mail_sealed, asked_at) VALUES (?, ?, ?)",
		place, sealed, at).Error
	if err != nil {
		return fmt.Errorf("insert ask for a link: %w", err)
	}
	return nil
}

// TakeAsk implements keyring.Tx.
func (t keyringTx) TakeAsk(ctx context.Context) (a keyring.Ask, found bool, err error) {
	var r struct {
		ID         int64
		Place      string
		MailSealed []byte
	}
	err = t.gorm.WithContext(ctx).Raw(`
		DELETE FROM keyring_asks WHERE id = (SELECT id FROM keyring_asks ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
		RETURNING id, place, mail_sealed`).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return keyring.Ask{}, false, nil
	}
	if err != nil {
		return keyring.Ask{}, false, fmt.Errorf("take ask for a link: %w", err)
	}
	mail, err := t.db.cipher.Open(r.MailSealed, keyringContext(r.Place))
	if err != nil {
		return keyring.Ask{}, false, fmt.Errorf("unseal ask %d for a link: %w", r.ID, err)
	}
	return keyring.Ask{ID: r.ID, Mail: string(mail)}, true, nil
}

// Knows implements keyring.Tx.
func (t keyringTx) Knows(ctx context.Context, mail string) (bool, error) {
	var ids []int64
	err := t.gorm.WithContext(ctx).Raw(`
		SELECT DISTINCT c.id FROM card_credentials c JOIN credential_mails m ON m.credential_id = c.id
		WHERE c.revoked_at IS NULL AND m.mail_index IN ?`, t.db.cipher.Blinds(mailText(mail))).Scan(&ids).Error
	if err != nil {
		return false, fmt.Errorf("look for passkeys of an address: %w", err)
	}
	for _, id := range ids {
		if err := t.indexMail(ctx, cardholder.CredentialID(id), mail); err != nil {
			return false, err
		}
	}
	return len(ids) > 0, nil
}

// ReplaceLink implements keyring.Tx.
func (t keyringTx) ReplaceLink(ctx context.Context, l keyring.Link) error {
	g := t.gorm.WithContext(ctx)
	err := g.Exec("DELETE FROM keyring_links WHERE mail_index IN ?", t.db.cipher.Blinds(mailText(l.Mail))).Error
	if err != nil {
		return fmt.Errorf("end links to passkeys: %w", err)
	}
	err = g.Exec("INSERT INTO keyring_links (created_at, expires_at, token_hash, mail_index) VALUES (?, ?, ?, ?)",
		l.At, l.ExpiresAt, l.TokenHash, t.db.cipher.Blind(mailText(l.Mail))).Error
	if err != nil {
		return fmt.Errorf("insert link to passkeys: %w", err)
	}
	return nil
}

type keyringRecord struct {
	ID         int64
	CardID     int64
	Brand      string
	Last4      string
	Browser    string
	CreatedAt  time.Time
	LastUsedAt *time.Time
	Flags      byte
	Distrust   string
	MemberID   int64
}

func (r keyringRecord) passkey() keyring.Passkey {
	return keyring.Passkey{
		ID: cardholder.CredentialID(r.ID), CardID: r.CardID, Brand: r.Brand, Last4: r.Last4, Browser: r.Browser,
		CreatedAt: r.CreatedAt.UTC(), LastUsedAt: timeOf(r.LastUsedAt), Synced: r.Flags&flagBackedUp != 0,
		Distrust: cardholder.Distrust(r.Distrust), MemberID: r.MemberID,
	}
}

const (
	keyringQuery = `SELECT c.id, c.card_id, v.brand, v.last4, c.browser, c.created_at, c.last_used_at, c.flags, c.distrust,
			coalesce((SELECT t.member_id FROM transactions t WHERE t.id = c.transaction_id), 0) AS member_id
		FROM card_credentials c JOIN cards v ON v.id = c.card_id WHERE c.revoked_at IS NULL AND `
	// openKeyring is the condition of a credential c that a link opens. It needs @hash.
	openKeyring = `c.id IN (SELECT m.credential_id FROM credential_mails m JOIN keyring_links l
		ON l.mail_index = m.mail_index WHERE l.token_hash = @hash)`
)

// keyringLink returns when a link ends, or keyring.ErrLink.
func keyringLink(g *gorm.DB, tokenHash []byte, now time.Time) (time.Time, error) {
	var r struct{ ExpiresAt time.Time }
	err := g.Raw("SELECT expires_at FROM keyring_links WHERE expires_at > ? AND token_hash = ?", now, tokenHash).
		Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return time.Time{}, keyring.ErrLink
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read link to passkeys: %w", err)
	}
	return r.ExpiresAt.UTC(), nil
}

// Ring implements keyring.Store.
func (k Keyring) Ring(ctx context.Context, tokenHash []byte, now time.Time) (ring keyring.Ring, err error) {
	if ring.ExpiresAt, err = keyringLink(k.db.reader(ctx), tokenHash, now); err != nil {
		return keyring.Ring{}, err
	}
	var rows []keyringRecord
	err = k.db.reader(ctx).Raw(keyringQuery+openKeyring+" ORDER BY c.created_at DESC, c.id DESC",
		map[string]any{"hash": tokenHash}).Scan(&rows).Error
	if err != nil {
		return keyring.Ring{}, fmt.Errorf("read passkeys of a link: %w", err)
	}
	for _, r := range rows {
		ring.Passkeys = append(ring.Passkeys, r.passkey())
	}
	return ring, nil
}

// Held implements keyring.Tx.
// SECURITY: the link's address is compared.
func (t keyringTx) Held(
	ctx context.Context, tokenHash []byte, id cardholder.CredentialID, now time.Time,
) (keyring.Passkey, error) {
	g := t.gorm.WithContext(ctx)
	if _, err := keyringLink(g, tokenHash, now); err != nil {
		return keyring.Passkey{}, err
	}
	return keyringPasskey(g, openKeyring+" AND c.id = @id", map[string]any{"hash": tokenHash, "id": int64(id)})
}

// Passkeys implements keyring.Tx.
func (t keyringTx) Passkeys(ctx context.Context, mail string) ([]keyring.Passkey, error) {
	var rows []keyringRecord
	err := t.gorm.WithContext(ctx).Raw(keyringQuery+`c.id IN (
			SELECT m.credential_id FROM credential_mails m WHERE m.mail_index IN @mail)
		ORDER BY c.created_at DESC, c.id DESC`,
		map[string]any{"mail": t.db.cipher.Blinds(mailText(mail))}).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read passkeys of an address: %w", err)
	}
	found := make([]keyring.Passkey, 0, len(rows))
	for _, r := range rows {
		found = append(found, r.passkey())
	}
	return found, nil
}

// Passkey implements keyring.Tx.
func (t keyringTx) Passkey(ctx context.Context, id cardholder.CredentialID) (keyring.Passkey, error) {
	return keyringPasskey(t.gorm.WithContext(ctx), "c.id = @id", map[string]any{"id": int64(id)})
}

func keyringPasskey(g *gorm.DB, where string, args map[string]any) (keyring.Passkey, error) {
	var r keyringRecord
	err := g.Raw(keyringQuery+where+" FOR UPDATE OF c", args).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return keyring.Passkey{}, cardholder.ErrNotFound
	}
	if err != nil {
		return keyring.Passkey{}, fmt.Errorf("read passkey: %w", err)
	}
	return r.passkey(), nil
}

// Prune deletes links that expired before the given time, and returns how many.
func (k Keyring) Prune(ctx context.Context, before time.Time) (int64, error) {
	done := k.db.gorm.WithContext(ctx).Exec("DELETE FROM keyring_links WHERE expires_at < ?", before)
	if done.Error != nil {
		return 0, fmt.Errorf("prune links to passkeys: %w", done.Error)
	}
	return done.RowsAffected, nil
}
