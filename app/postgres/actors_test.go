package postgres_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/report"
)

// actorChange is a change of what an actor and its screen are made from, and on whom of
// the sign-ins o (an owner), a (an assistant), v (the owner, viewing as the assistant) and x
// (another member's owner) it shows.
type actorChange struct{ name, change, shows string }

var actorChanges = []actorChange{
	{"nothing", "SELECT 1", ""},
	{"a store's name", "UPDATE stores SET name = '新店' WHERE id = 1", "oav"},
	{"Passkey of a store", "UPDATE stores SET passkey = true WHERE id = 3", "o"},
	{"a new store", `
		INSERT INTO stores (member_id, merchant_id, name, email, hash_key_sealed, hash_iv_sealed, kind, mode, three_d,
			passkey, amount_max, created_at)
		VALUES (2, 'MS9', '店', '', '', '', 'gateway', 'live', true, false, 1, now())`, "x"},
	{"a store that is taken", "DELETE FROM account_stores WHERE account_id = 3 AND store_id = 2", "av"},
	{"a store that is given", "INSERT INTO account_stores VALUES (1, 3, 3)", "av"},
	{"a level", "UPDATE account_grants SET level = 'view' WHERE unit = 'card_trades'", "av"},
	{"a grant's end", "UPDATE account_grants SET until = '2026-11-24' WHERE unit = 'pay_links'", "av"},
	{theNextDay, "UPDATE account_sessions SET seen_at = seen_at + interval '5 hours'", "av"},
	{"a mail address", "UPDATE accounts SET email = 'a@example.test' WHERE id = 1", "ov"},
	{"the member's name", "UPDATE members SET name = '丙' WHERE id = 2", "x"},
	{"a proof", "UPDATE account_sessions SET stepped_up_at = now()", "oavx"},
	{"a view of one's own", `
		INSERT INTO saved_views (member_id, account_id, name, shared, query, period, days, created_at)
		VALUES (1, 1, '我的', false, 'status=captured', 'days', 7, now())`, "o"},
	{"a view that is shared", "UPDATE saved_views SET shared = true", "oav"},
	{"who shares it", "UPDATE accounts SET login = 'owner02' WHERE id = 1", "oav"},
	{"no view any more", "DELETE FROM saved_views", "oav"},
	{"columns", "INSERT INTO list_columns (account_id, columns) VALUES (3, '{trade_no,amount}')", "av"},
	{"other columns", "UPDATE list_columns SET columns = '{amount,trade_no}'", "av"},
	{"the usual columns", "DELETE FROM list_columns", "av"},
	{"the end of a view", "UPDATE account_sessions SET viewed_account_id = NULL WHERE viewed_account_id = 3", "v"},
	{"a suspended assistant", "UPDATE accounts SET status = 'suspended' WHERE id = 3", "a"},
	{"the end of a sign-in", "UPDATE account_sessions SET ended_at = now() WHERE account_id = 1", "ov"},
	{"a suspended member", "UPDATE members SET status = 'suspended' WHERE id = 2", "x"},
}

const theNextDay = "the next day"

// actorScreen is what is remembered for a sign-in.
type actorScreen struct {
	Actor   account.Actor
	Views   []report.View
	Columns []report.Column
}

func readActorScreen(t *testing.T, db *postgres.DB, id account.SessionID, at time.Time) (s actorScreen, err error) {
	t.Helper()
	if s.Actor, err = db.Accounts().Actor(t.Context(), id, at); err != nil {
		return s, err
	}
	all, err := db.Reports().Screen(t.Context(), report.ScopeOf(s.Actor), everything(), s.Actor.Account.ID)
	s.Views, s.Columns = all.Views, all.Columns
	return s, err
}

// Whatever changes, who was read before is read again: the same comes out as where nothing
// was ever read.
func TestWhoIsRememberedIsWhatTheDatabaseSays(t *testing.T) {
	t.Parallel()
	db := openReports(t)
	at := noon.Add(8 * time.Hour) // 20:00 in Taipei
	sessions := map[rune]account.SessionID{
		'o': signedIn(t, db, 1, at), 'a': signedIn(t, db, 3, at), 'v': signedIn(t, db, 1, at), 'x': signedIn(t, db, 2, at),
	}
	run(t, db, "UPDATE account_sessions SET viewed_account_id = 3 WHERE id = $1", int64(sessions['v']))
	for _, tt := range actorChanges {
		before := map[rune]actorScreen{}
		for who, id := range sessions {
			for range 2 { // read, and remembered
				before[who], _ = readActorScreen(t, db, id, at)
			}
		}
		run(t, db, tt.change)
		if tt.name == theNextDay {
			at = at.Add(5 * time.Hour)
		}
		fresh := openWith(t, db.Pool().Config().ConnString(), nil)
		for who, id := range sessions {
			want, wantErr := readActorScreen(t, fresh, id, at)
			got, err := readActorScreen(t, db, id, at)
			if diff := cmp.Diff(want, got); diff != "" || !errors.Is(err, wantErr) {
				t.Errorf("%s, %c: %v, want %v\n%s", tt.name, who, err, wantErr, diff)
			}
			got.Actor.State, got.Actor.Revision = before[who].Actor.State, before[who].Actor.Revision
			got.Actor.Session.SeenAt = before[who].Actor.Session.SeenAt
			if shows := cmp.Diff(before[who], got) != ""; shows != strings.ContainsRune(tt.shows, who) {
				t.Errorf("%s shows on %c: %v", tt.name, who, shows)
			}
		}
	}
}
