package assistant_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/permit"
)

func names(list []assistant.Assistant) (logins []string) {
	for _, a := range list {
		logins = append(logins, a.Account.Login)
	}
	return logins
}

func (w *world) review() assistant.Review {
	w.t.Helper()
	found, err := w.service.Review(w.t.Context(), w.owner)
	must(w.t, err)
	return found
}

const days = 24 * time.Hour

func TestReviewFindsAccountsThatNobodyUses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for login, state := range map[string]assistant.State{
		"never1": assistant.Invited, "long1": assistant.Active, "late1": assistant.Active,
		"stopped1": assistant.Suspended, "gone1": assistant.Active,
	} {
		w.createIn(login, state)
	}
	w.clock.Advance(90 * days)
	if got := w.review().Unused; len(got) != 0 {
		t.Errorf("on the ninetieth day: %v", names(got))
	}
	w.clock.Advance(time.Hour)
	w.create("new1")
	must(t, w.service.Remove(t.Context(), w.owner, w.by, "gone1"))
	seen := func(login string, ago time.Duration) {
		w.run("UPDATE accounts SET last_sign_in_at = $1 WHERE login = $2", w.clock.Now().Add(-ago), login)
	}
	seen("long1", 90*days+time.Millisecond)
	seen("late1", 90*days)
	if diff := cmp.Diff([]string{"long1", "never1"}, names(w.review().Unused)); diff != "" {
		t.Error(diff)
	}
}

// use notes that an assistant opened a screen that needs the level of the row.
func (w *world) use(login string, u permit.Unit, l permit.Level) {
	w.t.Helper()
	row, _ := permit.RowOf(u)
	must(w.t, w.service.NoteUse(w.t.Context(), w.actor(login), permit.Decision{Allowed: true, Row: row, Needed: l}))
}

func TestReviewFindsPermissionsThatNobodyUses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := form("clerk01")
	f.Matrix = assistant.Matrix{
		permit.CardTrades: {Level: permit.Manage}, permit.CrossBorder: {Level: permit.Manage},
		permit.PayLinks: {Level: permit.View}, permit.EWallet: {Level: permit.View},
		permit.MandateList: {Level: permit.View, Until: date(t, "2026-11-30")},
	}
	_, err := w.service.Create(t.Context(), w.owner, w.by, f)
	must(t, err)
	w.createIn("stopped1", assistant.Suspended)
	w.use("clerk01", permit.CardTrades, permit.View)    // less than it holds: idle
	w.use("clerk01", permit.CrossBorder, permit.Manage) // all it holds
	w.use("clerk01", permit.PayLinks, permit.View)
	w.clock.Advance(30 * days)
	if got := w.review().Idle; len(got) != 0 {
		t.Errorf("on the thirtieth day: %v", got)
	}
	w.clock.Advance(time.Hour)
	want := []assistant.IdleGrant{
		{Login: "clerk01", Unit: permit.CardTrades, Level: permit.Manage, GrantedAt: noon},
		{Login: "clerk01", Unit: permit.EWallet, Level: permit.View, GrantedAt: noon},
	}
	if diff := cmp.Diff(want, w.review().Idle); diff != "" {
		t.Error(diff)
	}
	w.use("clerk01", permit.CardTrades, permit.Manage)
	if got := w.review().Idle; len(got) != 1 || got[0].Unit != permit.EWallet {
		t.Errorf("after a use: %v", got)
	}
}

// A use of an earlier grant says nothing about the present one.
func TestReviewCountsUsesSinceTheGrant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create("clerk01")
	w.use("clerk01", permit.PayLinks, permit.View)
	w.clock.Advance(40 * days)
	for _, level := range []permit.Level{permit.None, permit.View} {
		f := form("clerk01")
		f.Revision, f.Matrix = w.find("clerk01").Revision, assistant.Matrix{permit.PayLinks: {Level: level}}
		must(t, w.service.Save(t.Context(), w.owner, w.by, "clerk01", f))
	}
	w.clock.Advance(31 * days)
	want := []assistant.IdleGrant{
		{Login: "clerk01", Unit: permit.PayLinks, Level: permit.View, GrantedAt: noon.Add(40 * days)},
	}
	if diff := cmp.Diff(want, w.review().Idle); diff != "" {
		t.Error(diff)
	}
}

func TestReviewFindsGrantsThatEndSoon(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.create("clerk01")
	for unit, until := range map[string]string{
		"sales_records": "2026-11-23", "cross_border": "2026-11-24", "e_wallet": "2026-12-08", "mandate_list": "2026-12-09",
	} {
		w.run("INSERT INTO account_grants (account_id, unit, level, until) VALUES ($1, $2, 'view', $3)",
			int64(made.Account.ID), unit, until)
	}
	want := []assistant.EndingGrant{
		{Login: "clerk01", Unit: permit.CrossBorder, Level: permit.View, Until: date(t, "2026-11-24")},
		{Login: "clerk01", Unit: permit.EWallet, Level: permit.View, Until: date(t, "2026-12-08")},
	}
	if diff := cmp.Diff(want, w.review().Ending); diff != "" {
		t.Error(diff)
	}
}

// counter counts the writes of uses.
type counter struct {
	assistant.Store
	uses []assistant.Use
}

func (c *counter) NoteUse(_ context.Context, u assistant.Use) error {
	c.uses = append(c.uses, u)
	return nil
}

func TestAUseIsWrittenOnceADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	store := &counter{}
	service := assistant.New(assistant.Options{Store: store, Clock: w.clock})
	clerk := account.Actor{
		Account: account.Account{ID: 7, Kind: account.Assistant}, Member: member.Member{ID: 1, Kind: member.Enterprise},
	}
	viewing, individual := clerk, clerk
	viewing.Viewer = w.owner.Account
	individual.Member.Kind = member.Individual
	row, _ := permit.RowOf(permit.PayLinks)
	passed := permit.Decision{Allowed: true, Row: row, Held: permit.Manage, Needed: permit.View}
	refused := passed
	refused.Allowed = false
	note := func(actor account.Actor, d permit.Decision) { must(t, service.NoteUse(t.Context(), actor, d)) }
	note(clerk, passed)
	note(clerk, passed)
	note(clerk, refused)
	note(clerk, permit.Decision{Allowed: true}) // a gate that is no screen's
	note(viewing, passed)
	note(individual, passed)
	note(w.owner, passed)
	w.clock.Advance(12 * time.Hour) // midnight in Taipei
	note(clerk, passed)
	use := assistant.Use{AccountID: 7, Unit: permit.PayLinks, Level: permit.View, Day: date(t, "2026-11-24")}
	next := use
	next.Day = date(t, "2026-11-25")
	if diff := cmp.Diff([]assistant.Use{use, next}, store.uses); diff != "" {
		t.Error(diff)
	}
}

func TestListIsNarrowedAndCountsAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.createIn("bella2", assistant.Suspended)
	w.createIn("Anna1", assistant.Active)
	w.create("carl3")
	f := form("dora4")
	f.Stores, f.Email = []string{"MS4"}, "100%_fun@example.test"
	_, err := w.service.Create(t.Context(), w.owner, w.by, f)
	must(t, err)
	tests := map[string]struct {
		filter assistant.Filter
		want   []string
	}{
		"all":            {assistant.Filter{}, []string{"Anna1", "bella2", "carl3", "dora4"}},
		"part of login":  {assistant.Filter{Query: " Ａ1"}, []string{"Anna1"}},
		"part of mail":   {assistant.Filter{Query: "CARL3@"}, []string{"carl3"}},
		"a wildcard":     {assistant.Filter{Query: "%_"}, []string{"dora4"}},
		"active":         {assistant.Filter{State: assistant.Active}, []string{"Anna1"}},
		"suspended":      {assistant.Filter{State: assistant.Suspended}, []string{"bella2"}},
		"invited":        {assistant.Filter{State: assistant.Invited}, []string{"carl3", "dora4"}},
		"a store":        {assistant.Filter{Store: "MS1"}, []string{"Anna1", "bella2", "carl3"}},
		"another's":      {assistant.Filter{Store: "MS9"}, nil},
		"all conditions": {assistant.Filter{Query: "r", Store: "MS4", State: assistant.Invited}, []string{"dora4"}},
	}
	for name, tt := range tests {
		list, err := w.service.List(t.Context(), w.owner, tt.filter)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(tt.want, names(list.Assistants)); diff != "" || list.Used != 4 {
			t.Errorf("%s: %d used, %s", name, list.Used, diff)
		}
	}
}
