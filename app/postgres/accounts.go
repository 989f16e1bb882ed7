package postgres

import (
	"context"
	"encoding/json"
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

type accountRecord struct {
	ID           int64
	Kind         string
	Login        string
	Email        string
	Status       string
	PasswordHash string
	MemberID     int64
	MemberKind   string
	MemberCode   string
	MemberName   string
	MemberStatus string
	Stores       []byte // JSON
	Grants       []byte // JSON
}

func (r accountRecord) account() account.Account {
	return account.Account{
		ID: account.ID(r.ID), Kind: account.Kind(r.Kind), Login: r.Login,
		Email: r.Email, Status: account.Status(r.Status),
	}
}

// Credential implements account.Accounts.
func (a Accounts) Credential(ctx context.Context, memberCode, login string) (account.Credential, error) {
	var r accountRecord
	err := a.db.gorm.WithContext(ctx).Raw(`
		SELECT a.id, a.kind, a.login, a.email, a.status, a.password_hash, m.status AS member_status
		FROM accounts a JOIN members m ON m.id = a.member_id
		WHERE m.code = ? AND lower(a.login) = lower(?)`, memberCode, login).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return account.Credential{}, account.ErrNotFound
	}
	if err != nil {
		return account.Credential{}, fmt.Errorf("read credential: %w", err)
	}
	return account.Credential{
		Account: r.account(), MemberStatus: member.Status(r.MemberStatus), PasswordHash: secret.New(r.PasswordHash),
	}, nil
}

// actorStores lists the member's stores for its owner, and the assigned ones for
// an assistant.
// SECURITY: the store's member is compared with the account's in both cases.
const actorStores = `
	SELECT json_agg(json_build_object(
		'ID', s.id, 'MerchantID', s.merchant_id, 'Name', s.name, 'Kind', s.kind, 'Mode', s.mode,
		'Status', s.status, 'ThreeD', s.three_d, 'Passkey', s.passkey) ORDER BY s.merchant_id)
	FROM stores s
	WHERE s.member_id = a.member_id AND (a.kind = 'owner' OR EXISTS (
		SELECT 1 FROM account_stores x WHERE x.account_id = a.id AND x.store_id = s.id))`

const actorGrants = `
	SELECT json_agg(json_build_object('Unit', g.unit, 'Level', g.level) ORDER BY g.unit)
	FROM account_grants g WHERE g.account_id = a.id AND a.kind <> 'owner'`

// Actor implements account.Accounts, in one statement: it runs on each request.
func (a Accounts) Actor(ctx context.Context, id account.ID) (account.Actor, error) {
	var r accountRecord
	err := a.db.gorm.WithContext(ctx).Raw(`
		SELECT a.id, a.kind, a.login, a.email, a.status, a.member_id, m.kind AS member_kind, m.code AS member_code,
			m.name AS member_name, m.status AS member_status,
			coalesce((`+actorStores+`), '[]') AS stores, coalesce((`+actorGrants+`), '[]') AS grants
		FROM accounts a JOIN members m ON m.id = a.member_id WHERE a.id = ?`, int64(id)).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return account.Actor{}, account.ErrNotFound
	}
	if err != nil {
		return account.Actor{}, fmt.Errorf("read actor: %w", err)
	}
	actor := account.Actor{Account: r.account(), Member: member.Member{
		ID: member.ID(r.MemberID), Kind: member.Kind(r.MemberKind), Code: r.MemberCode,
		Name: r.MemberName, Status: member.Status(r.MemberStatus),
	}}
	if err := json.Unmarshal(r.Stores, &actor.Stores); err != nil {
		return account.Actor{}, fmt.Errorf("read the actor's stores: %w", err)
	}
	if err := json.Unmarshal(r.Grants, &actor.Grants); err != nil {
		return account.Actor{}, fmt.Errorf("read the actor's grants: %w", err)
	}
	return actor, nil
}

// MarkSignedIn implements account.Accounts.
func (a Accounts) MarkSignedIn(ctx context.Context, id account.ID, at time.Time) error {
	done := a.db.gorm.WithContext(ctx).Exec("UPDATE accounts SET last_sign_in_at = ? WHERE id = ?", at, int64(id))
	return onlyOne(done, "mark sign-in")
}

// Add stores an account with its stores and grants, all or nothing, and returns
// its ID. It returns account.ErrLoginTaken.
func (a Accounts) Add(ctx context.Context, n account.NewAccount) (account.ID, error) {
	var id int64
	err := a.db.inTx(ctx, func(ctx context.Context, t *tx) error {
		err := t.gorm.WithContext(ctx).Raw(`
			INSERT INTO accounts (member_id, kind, login, email, password_hash, created_at)
			VALUES (?, ?, ?, ?, ?, ?) RETURNING id`,
			int64(n.MemberID), string(n.Kind), n.Login, n.Email, n.PasswordHash.Expose(), n.At).Scan(&id).Error
		if violates(err, "accounts_login") {
			return account.ErrLoginTaken.Because(err)
		}
		if err != nil {
			return fmt.Errorf("insert account: %w", err)
		}
		for _, store := range n.Stores {
			// The foreign keys refuse a store of another member.
			err := t.gorm.WithContext(ctx).Exec(
				"INSERT INTO account_stores (member_id, account_id, store_id) VALUES (?, ?, ?)",
				int64(n.MemberID), id, int64(store)).Error
			if err != nil {
				return fmt.Errorf("assign store %d: %w", store, err)
			}
		}
		for _, grant := range n.Grants {
			err := t.gorm.WithContext(ctx).Exec(
				"INSERT INTO account_grants (account_id, unit, level) VALUES (?, ?, ?)",
				id, grant.Unit, grant.Level).Error
			if err != nil {
				return fmt.Errorf("grant %s: %w", grant.Unit, err)
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("add account %s: %w", n.Login, err)
	}
	return account.ID(id), nil
}
