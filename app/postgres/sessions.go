package postgres

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
)

type sessionRecord struct {
	SessionID   int64
	Method      string
	Address     string
	Agent       string
	StartedAt   time.Time
	SeenAt      time.Time
	SteppedUpAt time.Time
}

const sessionColumns = `x.id AS session_id, x.method, x.address, x.agent, x.started_at, x.seen_at, x.stepped_up_at`

func (r sessionRecord) session() account.Session {
	return account.Session{
		ID: account.SessionID(r.SessionID), Method: account.Method(r.Method), Address: r.Address, Agent: r.Agent,
		StartedAt: r.StartedAt.UTC(), SeenAt: r.SeenAt.UTC(), SteppedUpAt: r.SteppedUpAt.UTC(),
	}
}

// openSession is the condition of a sign-in that holds. It needs @idle and @oldest.
const openSession = "x.ended_at IS NULL AND x.seen_at > @idle AND x.started_at > @oldest"

func openArguments(now time.Time) map[string]any {
	return map[string]any{
		"idle": now.Add(-account.SessionIdle), "oldest": now.Add(-account.SessionLifetime),
		"today": clock.DateOf(now).String(),
	}
}

// Touch implements account.Accounts. A row that another transaction holds is left for the
// next minute: a request must not wait, with its connection, for what ends its sign-in.
func (a Accounts) Touch(ctx context.Context, id account.SessionID, now time.Time) error {
	err := a.db.gorm.WithContext(ctx).Exec(`
		UPDATE account_sessions SET seen_at = @now WHERE id = (
			SELECT id FROM account_sessions WHERE id = @id AND ended_at IS NULL AND seen_at < @now
			FOR NO KEY UPDATE SKIP LOCKED)`,
		map[string]any{"now": now, "id": int64(id)}).Error
	if err != nil {
		return fmt.Errorf("touch session: %w", err)
	}
	return nil
}

// Sessions implements account.Accounts.
func (a Accounts) Sessions(ctx context.Context, id account.ID, now time.Time) ([]account.Session, error) {
	args := openArguments(now)
	args["id"] = int64(id)
	var rows []sessionRecord
	err := a.db.gorm.WithContext(ctx).Raw("SELECT "+sessionColumns+`
		FROM account_sessions x WHERE x.account_id = @id AND `+openSession+`
		ORDER BY x.started_at DESC, x.id DESC`, args).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	open := make([]account.Session, len(rows))
	for i, row := range rows {
		open[i] = row.session()
	}
	return open, nil
}

// StartSession implements account.Tx. The account's row is locked: a suspension or a new
// password comes either before, and no sign-in is stored, or after, and ends it.
// SECURITY: of who has a passkey that works, a password proves nothing.
func (t *tx) StartSession(ctx context.Context, n account.NewSession) (account.Session, error) {
	var rows []sessionRecord
	err := t.gorm.WithContext(ctx).Raw(`
		WITH entering AS (
			UPDATE accounts SET last_sign_in_at = @at
			WHERE id = @account AND status = 'active' AND (@method <> 'password' OR password_hash = @proved)
			RETURNING id)
		INSERT INTO account_sessions AS x (account_id, method, address, agent, started_at, seen_at, stepped_up_at)
		SELECT id, CAST(@method AS sign_in_method), @address, @agent, @at, @at, CASE
			WHEN @method = 'password' AND EXISTS (
				SELECT 1 FROM passkeys p WHERE p.account_id = entering.id AND NOT p.cloned)
			THEN to_timestamp(0) ELSE @at END
		FROM entering RETURNING `+sessionColumns,
		map[string]any{
			"account": int64(n.AccountID), "method": string(n.Method), "proved": n.Proved.Expose(),
			"address": n.Address, "agent": n.Agent, "at": n.At,
		}).Scan(&rows).Error
	if err != nil {
		return account.Session{}, fmt.Errorf("start session: %w", err)
	}
	if len(rows) == 0 {
		return account.Session{}, account.ErrNotFound
	}
	return rows[0].session(), nil
}

// EndSession implements account.Tx.
func (t *tx) EndSession(ctx context.Context, id account.ID, session account.SessionID, at time.Time) error {
	done := t.gorm.WithContext(ctx).Exec(
		"UPDATE account_sessions SET ended_at = ? WHERE id = ? AND account_id = ? AND ended_at IS NULL",
		at, int64(session), int64(id))
	return openOnly(done, "end session")
}

// EndSessions implements account.Tx. The lock of the account's row keeps new sign-ins out,
// and whoever else ends them waits.
func (t *tx) EndSessions(ctx context.Context, id account.ID, except account.SessionID, at time.Time) error {
	if err := t.lockAccount(ctx, id); err != nil {
		return err
	}
	err := t.gorm.WithContext(ctx).Exec(
		"UPDATE account_sessions SET ended_at = ? WHERE account_id = ? AND id <> ? AND ended_at IS NULL",
		at, int64(id), int64(except)).Error
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// StepUpSession implements account.Tx.
func (t *tx) StepUpSession(ctx context.Context, session account.SessionID, at time.Time) error {
	done := t.gorm.WithContext(ctx).Exec(
		"UPDATE account_sessions SET stepped_up_at = ? WHERE id = ? AND ended_at IS NULL", at, int64(session))
	return openOnly(done, "step up session")
}

// ViewInSession implements account.Tx.
func (t *tx) ViewInSession(ctx context.Context, session account.SessionID, viewed account.ID) error {
	done := t.gorm.WithContext(ctx).Exec(
		"UPDATE account_sessions SET viewed_account_id = ? WHERE id = ? AND ended_at IS NULL",
		nullNumber(int64(viewed)), int64(session))
	return openOnly(done, "view in session")
}

// openOnly returns account.ErrSessionNotFound for a change that met no open sign-in.
func openOnly(done *gorm.DB, what string) error {
	if done.Error != nil {
		return fmt.Errorf("%s: %w", what, done.Error)
	}
	if done.RowsAffected == 0 {
		return account.ErrSessionNotFound
	}
	return nil
}
