package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/permit"
)

// AddAssistant implements assistant.Tx.
func (t *tx) AddAssistant(ctx context.Context, n account.NewAccount) (account.ID, error) {
	id, err := t.AddAccount(ctx, n)
	if violates(err, "accounts_seats") {
		return 0, assistant.ErrFull.Because(err)
	}
	return id, err
}

// assignStores adds stores to an account. The foreign keys refuse a store of
// another member.
func (t *tx) assignStores(ctx context.Context, of member.ID, to account.ID, stores []member.StoreID) error {
	if len(stores) == 0 {
		return nil
	}
	err := t.gorm.WithContext(ctx).Exec(`
		INSERT INTO account_stores (member_id, account_id, store_id)
		SELECT ?, ?, unnest(CAST(? AS bigint[]))`, int64(of), int64(to), idArray(stores)).Error
	if err != nil {
		return fmt.Errorf("assign stores: %w", err)
	}
	return nil
}

// putGrants stores grants, over those that there are. A grant whose level stays keeps
// the time since when it is held, unless it was not held any more.
func (t *tx) putGrants(ctx context.Context, to account.ID, grants []account.Grant, at time.Time) error {
	if len(grants) == 0 {
		return nil
	}
	var units, levels, ends []string
	for _, g := range grants {
		units, levels, ends = append(units, g.Unit), append(levels, g.Level), append(ends, g.Until.String())
	}
	err := t.gorm.WithContext(ctx).Exec(`
		INSERT INTO account_grants AS g (account_id, unit, level, until, granted_at)
		SELECT ?, n.unit, CAST(n.level AS permit_level), CAST(nullif(n.until, '') AS date), ?
		FROM unnest(CAST(? AS text[]), CAST(? AS text[]), CAST(? AS text[])) AS n (unit, level, until)
		ON CONFLICT (account_id, unit) DO UPDATE SET level = excluded.level, until = excluded.until,
			granted_at = CASE WHEN g.level = excluded.level AND (g.until IS NULL OR g.until >= CAST(? AS date))
				THEN g.granted_at ELSE excluded.granted_at END`,
		int64(to), at, textArray(units), textArray(levels), textArray(ends), clock.DateOf(at).String()).Error
	if err != nil {
		return fmt.Errorf("store grants: %w", err)
	}
	return nil
}

// EditAssistant implements assistant.Tx. The triggers count the revision on for each
// row of stores and grants; the last statement sets it to what the caller knows.
func (t *tx) EditAssistant(ctx context.Context, e assistant.Edit) error {
	if err := t.assignStores(ctx, e.MemberID, e.AccountID, e.Add); err != nil {
		return err
	}
	if len(e.Take) > 0 {
		err := t.gorm.WithContext(ctx).Exec(
			"DELETE FROM account_stores WHERE account_id = ? AND store_id = ANY (CAST(? AS bigint[]))",
			int64(e.AccountID), idArray(e.Take)).Error
		if err != nil {
			return fmt.Errorf("take stores away: %w", err)
		}
	}
	if err := t.putGrants(ctx, e.AccountID, e.Put, e.At); err != nil {
		return err
	}
	if len(e.Drop) > 0 {
		err := t.gorm.WithContext(ctx).Exec(
			"DELETE FROM account_grants WHERE account_id = ? AND unit = ANY (CAST(? AS text[]))",
			int64(e.AccountID), textArray(texts(e.Drop))).Error
		if err != nil {
			return fmt.Errorf("take grants away: %w", err)
		}
	}
	done := t.gorm.WithContext(ctx).Exec(
		"UPDATE accounts SET email = coalesce(?, email), revision = ? WHERE id = ? AND member_id = ?",
		nullText(e.Email), e.Revision, int64(e.AccountID), int64(e.MemberID))
	return onlyOne(done, "update assistant")
}

// SetAssistantStatus implements assistant.Tx.
func (t *tx) SetAssistantStatus(ctx context.Context, id account.ID, to account.Status, at time.Time) error {
	var removed *time.Time
	if to == account.Removed {
		removed = &at
	}
	done := t.gorm.WithContext(ctx).Exec(
		"UPDATE accounts SET status = ?, removed_at = ? WHERE id = ? AND kind = 'assistant'",
		string(to), removed, int64(id))
	return onlyOne(done, "set the status of an assistant")
}

// ClearAssistantPassword implements assistant.Tx.
func (t *tx) ClearAssistantPassword(ctx context.Context, id account.ID) error {
	done := t.gorm.WithContext(ctx).Exec(
		"UPDATE accounts SET password_hash = '' WHERE id = ? AND kind = 'assistant'", int64(id))
	return onlyOne(done, "clear the password of an assistant")
}

// AddPermissionRequest implements assistant.Tx. The account's row is locked first: a save
// that is under way is waited for, and its grants are then seen. Permission levels of the
// database compare in the matrix's order.
func (t *tx) AddPermissionRequest(ctx context.Context, n assistant.NewRequest) (bool, error) {
	g := t.gorm.WithContext(ctx)
	if err := g.Exec("SELECT 1 FROM accounts WHERE id = ? FOR SHARE", int64(n.AccountID)).Error; err != nil {
		return false, fmt.Errorf("lock the account of a permission request: %w", err)
	}
	done := g.Exec(`
		INSERT INTO permission_requests AS r (member_id, account_id, unit, wanted, asked_at)
		SELECT a.member_id, a.id, @unit, CAST(@wanted AS permit_level), CAST(@at AS timestamptz) FROM accounts a
		WHERE a.id = @account AND a.member_id = @member AND a.status = 'active' AND NOT EXISTS (
			SELECT 1 FROM account_grants g WHERE g.account_id = a.id AND g.unit = @unit
				AND g.level >= CAST(@wanted AS permit_level) AND (g.until IS NULL OR g.until >= CAST(@today AS date)))
		ON CONFLICT (account_id, unit) WHERE state = 'open'
		DO UPDATE SET wanted = excluded.wanted, asked_at = excluded.asked_at WHERE r.wanted < excluded.wanted`,
		map[string]any{
			"account": int64(n.AccountID), "member": int64(n.MemberID), "unit": string(n.Unit),
			"wanted": n.Wanted.String(), "at": n.At, "today": clock.DateOf(n.At).String(),
		})
	if done.Error != nil {
		return false, fmt.Errorf("insert permission request: %w", done.Error)
	}
	return done.RowsAffected > 0, nil
}

// LockPermissionRequest implements assistant.Tx. The account comes first, as in every
// other change of it, so that two changes cannot wait for each other.
func (t *tx) LockPermissionRequest(
	ctx context.Context, of member.ID, id int64,
) (assistant.Request, assistant.Assistant, error) {
	a, err := t.lockAssistant(ctx, assistantScope+` AND a.id = (
		SELECT r.account_id FROM permission_requests r WHERE r.id = ? AND r.member_id = ?)`, int64(of), id, int64(of))
	if errors.Is(err, assistant.ErrNotFound) {
		return assistant.Request{}, a, assistant.ErrNoRequest
	}
	if err != nil {
		return assistant.Request{}, a, err
	}
	var records []requestRecord
	err = t.gorm.WithContext(ctx).Raw(`
		SELECT r.id, r.unit, r.wanted, r.asked_at FROM permission_requests r
		WHERE r.id = ? AND r.member_id = ? AND r.account_id = ? AND r.state = 'open' FOR UPDATE`,
		id, int64(of), int64(a.Account.ID)).Scan(&records).Error
	if err != nil {
		return assistant.Request{}, a, fmt.Errorf("lock permission request: %w", err)
	}
	if len(records) == 0 {
		return assistant.Request{}, a, assistant.ErrNoRequest
	}
	records[0].Login = a.Account.Login
	r, err := records[0].request()
	return r, a, err
}

// DecidePermissionRequest implements assistant.Tx.
func (t *tx) DecidePermissionRequest(ctx context.Context, d assistant.Decided) error {
	state := "refused"
	if d.Granted {
		state = "granted"
	}
	done := t.gorm.WithContext(ctx).Exec(`
		UPDATE permission_requests SET state = ?, decided_at = ?, decided_by = ? WHERE id = ? AND state = 'open'`,
		state, d.At, int64(d.By), d.RequestID)
	return onlyOne(done, "decide a permission request")
}

// GrantSatisfiedRequests implements assistant.Tx.
func (t *tx) GrantSatisfiedRequests(ctx context.Context, s assistant.Satisfied) error {
	err := t.gorm.WithContext(ctx).Exec(`
		UPDATE permission_requests r SET state = 'granted', decided_at = ?, decided_by = ?
		FROM account_grants g
		WHERE r.account_id = ? AND r.state = 'open' AND g.account_id = r.account_id AND g.unit = r.unit
			AND g.level >= r.wanted AND (g.until IS NULL OR g.until >= CAST(? AS date))`,
		s.At, int64(s.By), int64(s.AccountID), clock.DateOf(s.At).String()).Error
	if err != nil {
		return fmt.Errorf("close satisfied permission requests: %w", err)
	}
	return nil
}

// EndViews implements assistant.Tx.
func (t *tx) EndViews(ctx context.Context, viewed account.ID, at time.Time) (int, error) {
	args := openArguments(at)
	args["viewed"] = int64(viewed)
	var held []bool
	err := t.gorm.WithContext(ctx).Raw(`
		UPDATE account_sessions x SET viewed_account_id = NULL WHERE x.viewed_account_id = @viewed
		RETURNING `+openSession, args).Scan(&held).Error
	if err != nil {
		return 0, fmt.Errorf("end views: %w", err)
	}
	return len(slices.DeleteFunc(held, func(h bool) bool { return !h })), nil
}

// WithdrawPermissionRequests implements assistant.Tx.
func (t *tx) WithdrawPermissionRequests(ctx context.Context, id account.ID, at time.Time) error {
	err := t.gorm.WithContext(ctx).Exec(`
		UPDATE permission_requests SET state = 'withdrawn', decided_at = ? WHERE account_id = ? AND state = 'open'`,
		at, int64(id)).Error
	if err != nil {
		return fmt.Errorf("withdraw permission requests: %w", err)
	}
	return nil
}

// OwnerEmail implements assistant.Tx.
func (t *tx) OwnerEmail(ctx context.Context, of member.ID) (string, error) {
	var email string
	err := t.gorm.WithContext(ctx).Raw(
		"SELECT email FROM accounts WHERE member_id = ? AND kind = 'owner'", int64(of)).Take(&email).Error
	if err != nil {
		return "", fmt.Errorf("read the owner's address: %w", err)
	}
	return email, nil
}

// NoteUse implements assistant.Store.
func (a Assistants) NoteUse(ctx context.Context, u assistant.Use) error {
	err := a.db.gorm.WithContext(ctx).Exec(`
		INSERT INTO grant_uses AS u (account_id, unit, level, used_on) VALUES (?, ?, ?, ?)
		ON CONFLICT (account_id, unit, level) DO UPDATE SET used_on = excluded.used_on
		WHERE u.used_on < excluded.used_on`,
		int64(u.AccountID), string(u.Unit), u.Level.String(), u.Day.String()).Error
	if err != nil {
		return fmt.Errorf("note a use: %w", err)
	}
	return nil
}

// levelOf reads a level of the database.
func levelOf(s string) (permit.Level, error) {
	level, ok := permit.ParseLevel(s)
	if !ok {
		return permit.None, fmt.Errorf("postgres: the permission level %q", s)
	}
	return level, nil
}
