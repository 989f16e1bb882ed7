package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/account"
)

// openLink is the condition of a link l of an account a, of a member m if it has one,
// that may be used. It needs @hash and @now.
const openLink = `l.token_hash = @hash AND l.used_at IS NULL AND l.expires_at > @now AND a.status = 'active'
	AND (a.kind = 'staff' OR m.status = 'active')`

// Link implements account.Accounts.
func (a Accounts) Link(ctx context.Context, tokenHash []byte, now time.Time) (account.Link, error) {
	var r struct {
		Account    accountRecord `gorm:"embedded"`
		Purpose    string
		ExpiresAt  time.Time
		MemberID   int64
		MemberCode string
		MemberName string
	}
	err := a.db.gorm.WithContext(ctx).Raw(`
		SELECT a.id, a.kind, coalesce(a.role::text, '') AS role, a.login, a.email, a.status, l.purpose, l.expires_at,
			coalesce(m.id, 0) AS member_id, coalesce(m.code, '') AS member_code, coalesce(m.name, '') AS member_name
		FROM account_links l JOIN accounts a ON a.id = l.account_id LEFT JOIN members m ON m.id = a.member_id
		WHERE `+openLink, map[string]any{"hash": tokenHash, "now": now}).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return account.Link{}, account.ErrLink
	}
	if err != nil {
		return account.Link{}, fmt.Errorf("read link: %w", err)
	}
	return account.Link{
		Purpose: account.Purpose(r.Purpose), Account: r.Account.account(), MemberID: r.MemberID,
		MemberCode: r.MemberCode, Member: r.MemberName, ExpiresAt: r.ExpiresAt.UTC(),
	}, nil
}

// TakeLink implements account.Tx. Of several at once, one finds the link unused.
func (t *tx) TakeLink(ctx context.Context, tokenHash []byte, at time.Time) (account.ID, error) {
	g := t.gorm.WithContext(ctx)
	var locked []int64
	err := g.Raw(`
		SELECT a.id FROM accounts a JOIN account_links l ON l.account_id = a.id
		WHERE l.token_hash = ? FOR NO KEY UPDATE OF a`, tokenHash).Scan(&locked).Error
	if err != nil {
		return 0, fmt.Errorf("lock the account of a link: %w", err)
	}
	var ids []int64
	err = g.Raw(`
		UPDATE account_links l SET used_at = @now
		FROM accounts a LEFT JOIN members m ON m.id = a.member_id
		WHERE a.id = l.account_id AND `+openLink+` RETURNING l.account_id`,
		map[string]any{"hash": tokenHash, "now": at}).Scan(&ids).Error
	if err != nil {
		return 0, fmt.Errorf("use link: %w", err)
	}
	if len(ids) == 0 {
		return 0, account.ErrLink
	}
	return account.ID(ids[0]), t.EndLinks(ctx, account.ID(ids[0]), at)
}

// ReplaceLink implements account.Tx, and the assistants' Tx. The account's row is locked:
// of two at once, the later one stays open.
func (t *tx) ReplaceLink(ctx context.Context, n account.NewLink) error {
	if err := t.lockAccount(ctx, n.AccountID); err != nil {
		return err
	}
	g := t.gorm.WithContext(ctx)
	err := g.Exec("UPDATE account_links SET used_at = ? WHERE account_id = ? AND purpose = ? AND used_at IS NULL",
		n.At, int64(n.AccountID), string(n.Purpose)).Error
	if err != nil {
		return fmt.Errorf("end the links before: %w", err)
	}
	err = g.Exec(`
		INSERT INTO account_links (account_id, purpose, token_hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?)`,
		int64(n.AccountID), string(n.Purpose), n.TokenHash, n.At, n.ExpiresAt).Error
	if err != nil {
		return fmt.Errorf("insert link: %w", err)
	}
	return nil
}

// EndLinks implements account.Tx and assistant.Tx.
func (t *tx) EndLinks(ctx context.Context, id account.ID, at time.Time) error {
	err := t.gorm.WithContext(ctx).Exec(
		"UPDATE account_links SET used_at = ? WHERE account_id = ? AND used_at IS NULL", at, int64(id)).Error
	if err != nil {
		return fmt.Errorf("end links: %w", err)
	}
	return nil
}

// QueueRecovery implements account.Tx.
func (t *tx) QueueRecovery(ctx context.Context, r account.RecoveryRequest) error {
	s, err := t.sqlTx()
	if err != nil {
		return err
	}
	return t.db.queue.Recover(ctx, s, r)
}
