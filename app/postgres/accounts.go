package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/secret"
)

// Accounts keeps the accounts that sign in. It implements account.Accounts.
type Accounts struct{ db *DB }

// Accounts returns the keeper of accounts.
func (db *DB) Accounts() Accounts { return Accounts{db} }

// InTx implements account.Accounts.
func (a Accounts) InTx(ctx context.Context, do func(context.Context, account.Tx) error) error {
	return a.db.inTx(ctx, func(ctx context.Context, t *tx) error { return do(ctx, t) })
}

type accountRecord struct {
	ID     int64
	Kind   string
	Role   string
	Login  string
	Email  string
	Status string
}

func (r accountRecord) account() account.Account {
	return account.Account{
		ID: account.ID(r.ID), Kind: account.Kind(r.Kind), Role: account.Role(r.Role), Login: r.Login,
		Email: r.Email, Status: account.Status(r.Status),
	}
}

type credentialRecord struct {
	Account      accountRecord `gorm:"embedded"`
	PasswordHash string
	MemberID     int64
	MemberCode   string
	MemberName   string
	MemberStatus string
}

// credentialColumns are all empty for a member without such an account, and for staff
// those of the member.
const credentialColumns = `coalesce(a.id, 0) AS id, coalesce(a.kind::text, '') AS kind,
	coalesce(a.role::text, '') AS role, coalesce(a.login, '') AS login, coalesce(a.email, '') AS email,
	coalesce(a.status::text, '') AS status, coalesce(a.password_hash, '') AS password_hash,
	coalesce(m.id, 0) AS member_id, coalesce(m.code, '') AS member_code, coalesce(m.name, '') AS member_name,
	coalesce(m.status::text, '') AS member_status`

// Credential implements account.Accounts. It is one statement, whatever there is.
func (a Accounts) Credential(ctx context.Context, memberCode, login string) (account.Credential, error) {
	return a.credential(ctx, `
		FROM members m LEFT JOIN accounts a
			ON a.member_id = m.id AND lower(a.login) = lower(?) AND a.status <> 'removed'
		WHERE m.code = ?`, login, memberCode)
}

// StaffCredential implements account.Accounts.
func (a Accounts) StaffCredential(ctx context.Context, login string) (account.Credential, error) {
	return a.credential(ctx, `
		FROM accounts a LEFT JOIN members m ON m.id = a.member_id
		WHERE a.kind = 'staff' AND lower(a.login) = lower(?) AND a.status <> 'removed'`, login)
}

// CredentialOf implements account.Accounts.
func (a Accounts) CredentialOf(ctx context.Context, id account.ID) (account.Credential, error) {
	return a.credential(ctx, credentialOf, int64(id))
}

const credentialOf = "FROM accounts a LEFT JOIN members m ON m.id = a.member_id WHERE a.id = ?"

func (a Accounts) credential(ctx context.Context, from string, args ...any) (account.Credential, error) {
	return readCredential(a.db.gorm.WithContext(ctx), from, args...)
}

func readCredential(g *gorm.DB, from string, args ...any) (account.Credential, error) {
	var r credentialRecord
	err := g.Raw("SELECT "+credentialColumns+" "+from, args...).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return account.Credential{}, account.ErrNotFound
	}
	if err != nil {
		return account.Credential{}, fmt.Errorf("read credential: %w", err)
	}
	found := account.Credential{
		Account: r.Account.account(), MemberID: member.ID(r.MemberID), MemberCode: r.MemberCode,
		MemberName: r.MemberName, MemberStatus: member.Status(r.MemberStatus), PasswordHash: secret.New(r.PasswordHash),
	}
	if found.Account.ID == 0 {
		return found, account.ErrNotFound
	}
	return found, nil
}

// lockAccount locks an account's row. Accounts come before their links, sign-ins and
// passkeys, in every transaction.
func (t *tx) lockAccount(ctx context.Context, id account.ID) error {
	err := t.gorm.WithContext(ctx).Exec("SELECT 1 FROM accounts WHERE id = ? FOR NO KEY UPDATE", int64(id)).Error
	if err != nil {
		return fmt.Errorf("lock account: %w", err)
	}
	return nil
}

// LockAccount implements account.Tx. One statement for the lock and the reading would
// read what was there before it waited.
func (t *tx) LockAccount(ctx context.Context, id account.ID) (account.Held, error) {
	if err := t.lockAccount(ctx, id); err != nil {
		return account.Held{}, err
	}
	g := t.gorm.WithContext(ctx)
	found, err := readCredential(g, credentialOf, int64(id))
	if err != nil {
		return account.Held{}, err
	}
	held := account.Held{Credential: found}
	err = g.Raw("SELECT count(*) FROM passkeys WHERE account_id = ?", int64(id)).Scan(&held.Passkeys).Error
	if err != nil {
		return account.Held{}, fmt.Errorf("count passkeys: %w", err)
	}
	return held, nil
}

// SwapPassword implements account.Tx. The row is locked first: the condition must see what
// another transaction did to the sign-in meanwhile.
func (t *tx) SwapPassword(ctx context.Context, s account.PasswordSwap) error {
	if err := t.lockAccount(ctx, s.AccountID); err != nil {
		return err
	}
	done := t.gorm.WithContext(ctx).Exec(`
		UPDATE accounts a SET password_hash = @hash
		WHERE a.id = @id AND a.status = 'active' AND a.password_hash = @proved AND EXISTS (
			SELECT 1 FROM account_sessions x WHERE x.id = @session AND x.account_id = a.id AND x.ended_at IS NULL)`,
		map[string]any{
			"id": int64(s.AccountID), "session": int64(s.Session), "proved": s.Proved.Expose(), "hash": s.Hash.Expose(),
		})
	if done.Error != nil {
		return fmt.Errorf("swap password: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return account.ErrPasswordMoved
	}
	return t.EndLinks(ctx, s.AccountID, s.At)
}

// SetStaffStatus implements account.Tx.
func (t *tx) SetStaffStatus(ctx context.Context, id account.ID, to account.Status, at time.Time) error {
	var removed *time.Time
	if to == account.Removed {
		removed = &at
	}
	done := t.gorm.WithContext(ctx).Exec("UPDATE accounts SET status = ?, removed_at = ? WHERE id = ? AND kind = 'staff'",
		string(to), removed, int64(id))
	return onlyOne(done, "set the status of our staff")
}

// SetPassword implements account.Tx.
func (t *tx) SetPassword(ctx context.Context, id account.ID, hash secret.String, at time.Time) error {
	done := t.gorm.WithContext(ctx).Exec(
		"UPDATE accounts SET password_hash = ? WHERE id = ? AND status = 'active'", hash.Expose(), int64(id))
	if done.Error != nil {
		return fmt.Errorf("set password: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return account.ErrNotFound
	}
	return t.EndLinks(ctx, id, at)
}

// Add stores an account with its stores and grants, all or nothing, and returns
// its ID. It returns account.ErrLoginTaken.
func (a Accounts) Add(ctx context.Context, n account.NewAccount) (id account.ID, err error) {
	err = a.db.inTx(ctx, func(ctx context.Context, t *tx) error {
		id, err = t.AddAccount(ctx, n)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("add account %s: %w", n.Login, err)
	}
	return id, nil
}

// AddAccount implements account.Tx.
func (t *tx) AddAccount(ctx context.Context, n account.NewAccount) (account.ID, error) {
	var of *int64
	if n.MemberID != 0 {
		of = (*int64)(&n.MemberID)
	}
	var id int64
	err := t.gorm.WithContext(ctx).Raw(`
		INSERT INTO accounts (member_id, kind, role, login, email, password_hash, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		of, string(n.Kind), nullText(string(n.Role)), n.Login, n.Email, n.PasswordHash.Expose(), n.At).Scan(&id).Error
	if violates(err, "accounts_login") || violates(err, "accounts_staff_login") {
		return 0, account.ErrLoginTaken.Because(err)
	}
	if err != nil {
		return 0, fmt.Errorf("insert account: %w", err)
	}
	if err := t.assignStores(ctx, n.MemberID, account.ID(id), n.Stores); err != nil {
		return 0, err
	}
	return account.ID(id), t.putGrants(ctx, account.ID(id), n.Grants, n.At)
}

// Prune deletes sign-ins that ended, or saw no request since, and links that were made
// before the given time, and returns how many.
func (a Accounts) Prune(ctx context.Context, before time.Time) (int64, error) {
	var pruned int64
	for _, old := range []string{
		"DELETE FROM account_sessions WHERE seen_at < @before OR ended_at < @before",
		"DELETE FROM account_links WHERE created_at < @before AND expires_at < @before",
	} {
		done := a.db.gorm.WithContext(ctx).Exec(old, map[string]any{"before": before})
		if done.Error != nil {
			return pruned, fmt.Errorf("prune sign-ins and links: %w", done.Error)
		}
		pruned += done.RowsAffected
	}
	return pruned, nil
}
