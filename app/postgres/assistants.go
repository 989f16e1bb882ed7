package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
)

// Assistants keeps assistant accounts, their requests and their uses. It
// implements assistant.Store.
type Assistants struct{ db *DB }

// Assistants returns the keeper of assistants.
func (db *DB) Assistants() Assistants { return Assistants{db} }

// InTx implements assistant.Store.
func (a Assistants) InTx(ctx context.Context, do func(context.Context, assistant.Tx) error) error {
	return a.db.inTx(ctx, func(ctx context.Context, t *tx) error { return do(ctx, t) })
}

type assistantRecord struct {
	ID           int64
	Login        string
	Email        string
	Status       string
	Revision     int64
	CreatedAt    time.Time
	LastSignInAt *time.Time
	HasPassword  bool
	Passkeys     int
	InvitedUntil *time.Time
	Stores       []byte // JSON
	Grants       []byte // JSON
}

const assistantColumns = `a.id, a.login, a.email, a.status, a.revision, a.created_at, a.last_sign_in_at,
	a.password_hash <> '' AS has_password,
	(SELECT count(*) FROM passkeys p WHERE p.account_id = a.id) AS passkeys,
	(SELECT l.expires_at FROM account_links l WHERE l.account_id = a.id AND l.used_at IS NULL
		ORDER BY l.id DESC LIMIT 1) AS invited_until,
	(SELECT coalesce(` + storesJSON + `, '[]')
		FROM account_stores x JOIN stores s ON s.id = x.store_id AND s.member_id = a.member_id
		WHERE x.account_id = a.id) AS stores,
	(SELECT coalesce(` + grantsJSON + `, '[]')
		FROM account_grants g WHERE g.account_id = a.id AND g.level <> 'none') AS grants`

func (r assistantRecord) assistant() (assistant.Assistant, error) {
	a := assistant.Assistant{
		Account: account.Account{
			ID: account.ID(r.ID), Kind: account.Assistant, Login: r.Login, Email: r.Email,
			Status: account.Status(r.Status),
		},
		State: assistant.Active, Revision: r.Revision, CreatedAt: r.CreatedAt.UTC(),
		LastSignInAt: timeOf(r.LastSignInAt), Passkeys: r.Passkeys,
	}
	switch {
	case a.Account.Status != account.Active:
		a.State = assistant.Suspended
	case !r.HasPassword && r.Passkeys == 0 && r.LastSignInAt == nil:
		a.State, a.InvitedUntil = assistant.Invited, timeOf(r.InvitedUntil)
	}
	if err := json.Unmarshal(r.Stores, &a.Stores); err != nil {
		return a, fmt.Errorf("read the stores of %s: %w", r.Login, err)
	}
	var grants []struct{ Unit, Level, Until string }
	if err := json.Unmarshal(r.Grants, &grants); err != nil {
		return a, fmt.Errorf("read the grants of %s: %w", r.Login, err)
	}
	for _, g := range grants {
		until, err := dateOf(g.Until)
		if err != nil {
			return a, fmt.Errorf("read the grant of %s to %s: %w", g.Unit, r.Login, err)
		}
		a.Grants = append(a.Grants, account.Grant{Unit: g.Unit, Level: g.Level, Until: until})
	}
	assistant.SortGrants(a.Grants)
	return a, nil
}

// assistantScope starts the condition of every statement on assistants.
// SECURITY: the member comes first; owners, staff and the removed do not exist here.
const assistantScope = "a.member_id = ? AND a.kind = 'assistant' AND a.status <> 'removed'"

// Assistants implements assistant.Store.
func (a Assistants) Assistants(ctx context.Context, of member.ID, f assistant.Filter) (assistant.List, error) {
	where, args := []string{assistantScope}, []any{int64(of)}
	if f.Query != "" {
		where = append(where, "(strpos(lower(a.login), lower(?)) > 0 OR strpos(lower(a.email), lower(?)) > 0)")
		args = append(args, f.Query, f.Query)
	}
	if f.Store != "" {
		where = append(where, `EXISTS (SELECT 1 FROM account_stores x JOIN stores s ON s.id = x.store_id
			WHERE x.account_id = a.id AND s.merchant_id = ?)`)
		args = append(args, f.Store)
	}
	var list assistant.List
	found, err := readAssistants(a.db.gorm.WithContext(ctx), strings.Join(where, " AND "), args...)
	if err != nil {
		return list, err
	}
	for _, one := range found {
		if f.State == "" || one.State == f.State {
			list.Assistants = append(list.Assistants, one)
		}
	}
	err = a.db.gorm.WithContext(ctx).Raw(
		"SELECT count(*) FROM accounts a WHERE "+assistantScope, int64(of)).Scan(&list.Used).Error
	if err != nil {
		return list, fmt.Errorf("count assistants: %w", err)
	}
	return list, nil
}

// Assistant implements assistant.Store.
func (a Assistants) Assistant(ctx context.Context, of member.ID, login string) (assistant.Assistant, error) {
	found, err := readAssistants(a.db.gorm.WithContext(ctx),
		assistantScope+" AND lower(a.login) = lower(?)", int64(of), login)
	if err != nil {
		return assistant.Assistant{}, err
	}
	if len(found) == 0 {
		return assistant.Assistant{}, assistant.ErrNotFound
	}
	return found[0], nil
}

func readAssistants(g *gorm.DB, where string, args ...any) ([]assistant.Assistant, error) {
	var records []assistantRecord
	err := g.Raw("SELECT "+assistantColumns+" FROM accounts a WHERE "+where+" ORDER BY lower(a.login)", args...).
		Scan(&records).Error
	if err != nil {
		return nil, fmt.Errorf("read assistants: %w", err)
	}
	found := make([]assistant.Assistant, 0, len(records))
	for _, r := range records {
		one, err := r.assistant()
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return found, nil
}

// LockAssistant implements assistant.Tx.
func (t *tx) LockAssistant(ctx context.Context, of member.ID, login string) (assistant.Assistant, error) {
	return t.lockAssistant(ctx, assistantScope+" AND lower(a.login) = lower(?)", int64(of), login)
}

// lockAssistant locks the row that the condition finds, and then reads. One statement
// for both would read grants and stores as they were before it waited for the lock.
func (t *tx) lockAssistant(ctx context.Context, where string, args ...any) (assistant.Assistant, error) {
	var id int64
	err := t.gorm.WithContext(ctx).Raw("SELECT a.id FROM accounts a WHERE "+where+" FOR UPDATE", args...).Take(&id).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return assistant.Assistant{}, assistant.ErrNotFound
	}
	if err != nil {
		return assistant.Assistant{}, fmt.Errorf("lock assistant: %w", err)
	}
	found, err := readAssistants(t.gorm.WithContext(ctx), "a.id = ?", id)
	if err != nil {
		return assistant.Assistant{}, err
	}
	if len(found) != 1 {
		return assistant.Assistant{}, fmt.Errorf("read locked assistant %d: %d rows", id, len(found))
	}
	return found[0], nil
}

// dateOf reads a date of the database as text; empty is no date.
func dateOf(s string) (clock.Date, error) {
	if s == "" {
		return clock.Date{}, nil
	}
	return clock.ParseDate(s)
}
