package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
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

type actorRecord struct {
	Session      sessionRecord
	Account      accountRecord
	Revision     int64
	Viewer       accountRecord
	Viewing      bool
	MemberID     int64
	MemberKind   string
	MemberCode   string
	MemberName   string
	MemberStatus string
	Stores       []byte // JSON
	Grants       []byte // JSON
}

// storesJSON and grantsJSON collect the stores s and the grants g of an account, NULL for
// none; unmarshalling into member.Store and grantsOf read them.
const (
	storesJSON = `json_agg(json_build_object(
		'ID', s.id, 'MerchantID', s.merchant_id, 'Name', s.name, 'Kind', s.kind, 'Mode', s.mode,
		'Status', s.status, 'ThreeD', s.three_d, 'Passkey', s.passkey) ORDER BY s.merchant_id)`
	grantsJSON = `json_agg(json_build_object(
		'Unit', g.unit, 'Level', g.level, 'Until', coalesce(g.until::text, '')) ORDER BY g.unit)`
)

// actorStores lists the member's stores for its owner, and the assigned ones for
// an assistant.
// SECURITY: the store's member is compared with the account's in both cases.
const actorStores = `
	SELECT ` + storesJSON + `
	FROM stores s
	WHERE s.member_id = a.member_id AND (a.kind = 'owner' OR EXISTS (
		SELECT 1 FROM account_stores y WHERE y.account_id = a.id AND y.store_id = s.id))`

// SECURITY: a grant that ended yesterday is not read today.
const actorGrants = `
	SELECT ` + grantsJSON + `
	FROM account_grants g
	WHERE g.account_id = a.id AND a.kind = 'assistant' AND (g.until IS NULL OR g.until >= CAST(@today AS date))`

// actorQuery reads the actor a of the sign-in x. Its person is o; a is another account
// only while an owner looks at the pages as an assistant.
// SECURITY: an owner sees as an active assistant of the own member and as nobody else;
// staff have no member and no stores; suspension of account or member ends all access.
const actorQuery = `
	SELECT ` + sessionColumns + `, a.id, a.kind, coalesce(a.role::text, '') AS role, a.login, a.email, a.status,
		a.revision, v.id IS NOT NULL AS viewing, o.id AS viewer_id, o.kind AS viewer_kind, o.login AS viewer_login,
		o.email AS viewer_email, o.status AS viewer_status, coalesce(m.id, 0) AS member_id,
		coalesce(m.kind::text, '') AS member_kind, coalesce(m.code, '') AS member_code,
		coalesce(m.name, '') AS member_name, coalesce(m.status::text, '') AS member_status,
		coalesce((` + actorStores + `), '[]') AS stores, coalesce((` + actorGrants + `), '[]') AS grants
	FROM account_sessions x
	JOIN accounts o ON o.id = x.account_id AND o.status = 'active'
	LEFT JOIN members m ON m.id = o.member_id
	LEFT JOIN accounts v ON v.id = x.viewed_account_id AND v.member_id = o.member_id AND v.kind = 'assistant'
		AND v.status = 'active' AND o.kind = 'owner'
	JOIN accounts a ON a.id = coalesce(v.id, o.id)
	WHERE x.id = @id AND ` + openSession + ` AND (o.kind = 'staff' OR m.status = 'active')`

// actorNative is actorQuery with the arguments id, idle, oldest and today by number.
var actorNative = strings.NewReplacer("@idle", "$2", "@id", "$1", "@oldest", "$3", "@today", "$4").Replace(actorQuery)

// places are where the columns of actorQuery go.
func (r *actorRecord) places() []any {
	x, a, v := &r.Session, &r.Account, &r.Viewer
	return []any{
		&x.SessionID, &x.Method, &x.Address, &x.Agent, &x.StartedAt, &x.SeenAt, &x.SteppedUpAt,
		&a.ID, &a.Kind, &a.Role, &a.Login, &a.Email, &a.Status, &r.Revision, &r.Viewing,
		&v.ID, &v.Kind, &v.Login, &v.Email, &v.Status,
		&r.MemberID, &r.MemberKind, &r.MemberCode, &r.MemberName, &r.MemberStatus, &r.Stores, &r.Grants,
	}
}

// Actor implements account.Accounts, in one statement: it runs on each request.
func (a Accounts) Actor(ctx context.Context, id account.SessionID, now time.Time) (account.Actor, error) {
	args := openArguments(now)
	args["id"] = int64(id)
	var r actorRecord
	err := a.db.native(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, actorNative, args["id"], args["idle"], args["oldest"], args["today"]).Scan(r.places()...)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return account.Actor{}, account.ErrNotFound
	}
	if err != nil {
		return account.Actor{}, fmt.Errorf("read actor: %w", err)
	}
	actor := account.Actor{
		Account: r.Account.account(), Session: r.Session.session(),
		Revision: account.Revision{Number: r.Revision, Day: clock.DateOf(now)},
		Member: member.Member{
			ID: member.ID(r.MemberID), Kind: member.Kind(r.MemberKind), Code: r.MemberCode,
			Name: r.MemberName, Status: member.Status(r.MemberStatus),
		},
	}
	if r.Viewing {
		actor.Viewer = r.Viewer.account()
	}
	if err := json.Unmarshal(r.Stores, &actor.Stores); err != nil {
		return account.Actor{}, fmt.Errorf("read the actor's stores: %w", err)
	}
	if actor.Grants, err = grantsOf(r.Grants); err != nil {
		return account.Actor{}, fmt.Errorf("read the actor's grants: %w", err)
	}
	return actor, nil
}

// grantsOf reads grants that json_agg wrote.
func grantsOf(text []byte) ([]account.Grant, error) {
	var rows []struct{ Unit, Level, Until string }
	if err := json.Unmarshal(text, &rows); err != nil {
		return nil, err
	}
	grants := make([]account.Grant, len(rows))
	for i, row := range rows {
		until, err := dateOf(row.Until)
		if err != nil {
			return nil, err
		}
		grants[i] = account.Grant{Unit: row.Unit, Level: row.Level, Until: until}
	}
	return grants, nil
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
