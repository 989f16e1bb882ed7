package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
)

type actorRecord struct {
	Versions     versions
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

// versions are those of the rows that an actor hangs on: of the sign-in, of its person, of
// who is looked at, and of the member. PostgreSQL gives a row another one (xmin) with each
// update; triggers update the account's for its grants and stores (revision), and the
// member's for everything else (state).
// The version of a row that there is not is 0.
type versions struct {
	Session uint32
	account.State
}

func (v *versions) places() []any { return []any{&v.Session, &v.Person, &v.Viewed, &v.Member} }

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
	SELECT x.xmin, o.xmin, coalesce(v.xmin, '0'), coalesce(m.xmin, '0'),
		` + sessionColumns + `, a.id, a.kind, coalesce(a.role::text, '') AS role, a.login, a.email, a.status,
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

// versionsQuery reads the versions of an actor's rows: of the sign-in $1, the person $2, who
// is looked at $3, and the member $4.
const versionsQuery = `
	SELECT xmin, coalesce((SELECT xmin FROM accounts WHERE id = $2), '0'),
		coalesce((SELECT xmin FROM accounts WHERE id = $3), '0'), coalesce((SELECT xmin FROM members WHERE id = $4), '0')
	FROM account_sessions WHERE id = $1`

// places are where the columns of actorQuery go.
func (r *actorRecord) places() []any {
	x, a, v := &r.Session, &r.Account, &r.Viewer
	return append(r.Versions.places(),
		&x.SessionID, &x.Method, &x.Address, &x.Agent, &x.StartedAt, &x.SeenAt, &x.SteppedUpAt,
		&a.ID, &a.Kind, &a.Role, &a.Login, &a.Email, &a.Status, &r.Revision, &r.Viewing,
		&v.ID, &v.Kind, &v.Login, &v.Email, &v.Status,
		&r.MemberID, &r.MemberKind, &r.MemberCode, &r.MemberName, &r.MemberStatus, &r.Stores, &r.Grants,
	)
}

// knownActor is one that was read before. SECURITY: it is believed only while all rows that it
// was read from have the same versions, which is asked for every time.
type knownActor struct {
	account.Actor
	versions versions
	viewed   account.ID
}

// Actor implements account.Accounts, in one statement: it runs on each request. Of who was
// read before it is a short one.
func (a Accounts) Actor(ctx context.Context, id account.SessionID, now time.Time) (actor account.Actor, err error) {
	err = a.db.native(ctx, func(conn *pgx.Conn) error {
		known, ok := a.db.actors.Get(id)
		if ok && known.holds(now) {
			var v versions
			err := conn.QueryRow(ctx, versionsQuery, int64(id), int64(known.Person().ID), int64(known.viewed),
				int64(known.Member.ID)).Scan(v.places()...)
			if err == nil && v == known.versions {
				actor = known.Actor
				return nil
			}
			if err != nil && !errors.Is(err, pgx.ErrNoRows) {
				return err
			}
		}
		read, err := readActor(ctx, conn, id, now)
		if err == nil {
			a.db.actors.Add(id, read)
			actor = read.Actor
		}
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return account.Actor{}, account.ErrNotFound
	}
	if err != nil {
		return account.Actor{}, fmt.Errorf("read actor: %w", err)
	}
	return actor, nil
}

// holds tells that time alone does not end what was read: the sign-in, or a grant.
func (k knownActor) holds(now time.Time) bool {
	return k.Session.SeenAt.After(now.Add(-account.SessionIdle)) &&
		k.Session.StartedAt.After(now.Add(-account.SessionLifetime)) && k.Revision.Day == clock.DateOf(now)
}

func readActor(ctx context.Context, conn *pgx.Conn, id account.SessionID, now time.Time) (knownActor, error) {
	args := openArguments(now)
	var r actorRecord
	err := conn.QueryRow(ctx, actorNative, int64(id), args["idle"], args["oldest"], args["today"]).Scan(r.places()...)
	if err != nil {
		return knownActor{}, err
	}
	known := knownActor{versions: r.Versions, Actor: account.Actor{
		Account: r.Account.account(), Session: r.Session.session(),
		Revision: account.Revision{Number: r.Revision, Day: clock.DateOf(now)}, State: r.Versions.State,
		Member: member.Member{
			ID: member.ID(r.MemberID), Kind: member.Kind(r.MemberKind), Code: r.MemberCode,
			Name: r.MemberName, Status: member.Status(r.MemberStatus),
		},
	}}
	if r.Viewing {
		known.Viewer, known.viewed = r.Viewer.account(), known.Account.ID
	}
	if err := json.Unmarshal(r.Stores, &known.Stores); err != nil {
		return knownActor{}, fmt.Errorf("read the actor's stores: %w", err)
	}
	if known.Grants, err = grantsOf(r.Grants); err != nil {
		return knownActor{}, fmt.Errorf("read the actor's grants: %w", err)
	}
	return known, nil
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
