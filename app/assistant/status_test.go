package assistant_test

import (
	"context"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/assistant"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/permit"
)

// act is one of the actions on an assistant's state.
type act func(context.Context, account.Actor, audit.By, string) error

func TestWhatMayBeDoneInWhichState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acts := map[string]act{
		"suspend": w.service.Suspend, "resume": w.service.Resume, "remove": w.service.Remove,
		"invite": w.service.Invite, "reset": w.service.ResetPassword,
	}
	const refused, gone = assistant.State("refused"), assistant.State("gone")
	tests := []struct {
		from assistant.State
		act  string
		want assistant.State
		log  audit.Kind
	}{
		{assistant.Invited, "suspend", assistant.Suspended, audit.AssistantSuspended},
		{assistant.Invited, "resume", refused, ""},
		{assistant.Invited, "remove", gone, audit.AssistantRemoved},
		{assistant.Invited, "invite", assistant.Invited, audit.AssistantInvited},
		{assistant.Invited, "reset", refused, ""},
		{assistant.Active, "suspend", assistant.Suspended, audit.AssistantSuspended},
		{assistant.Active, "resume", refused, ""},
		{assistant.Active, "remove", gone, audit.AssistantRemoved},
		{assistant.Active, "invite", refused, ""},
		{assistant.Active, "reset", assistant.Invited, audit.PasswordReset},
		{assistant.Suspended, "suspend", refused, ""},
		{assistant.Suspended, "resume", assistant.Active, audit.AssistantResumed},
		{assistant.Suspended, "remove", gone, audit.AssistantRemoved},
		{assistant.Suspended, "invite", refused, ""},
		{assistant.Suspended, "reset", refused, ""},
	}
	for i, tt := range tests {
		login := w.numbered(i)
		w.createIn(login, tt.from)
		before := len(w.log(w.owner.Member.ID))
		err := acts[tt.act](t.Context(), w.owner, w.by, login)
		if (tt.want == refused) != errors.Is(err, assistant.ErrStatus) || tt.want != refused && err != nil {
			t.Errorf("%s, %s: %v", tt.from, tt.act, err)
		}
		found, err := w.service.Find(t.Context(), w.owner, login)
		want := tt.want
		if want == refused {
			want = tt.from
		}
		if want == gone && !errors.Is(err, assistant.ErrNotFound) || want != gone && (err != nil || found.State != want) {
			t.Errorf("%s, %s: found %s, %v", tt.from, tt.act, found.State, err)
		}
		log := w.log(w.owner.Member.ID)[before:]
		told := len(log) == 1 && strings.HasPrefix(log[0], string(tt.log)+" "+login)
		if tt.log == "" && len(log) != 0 || tt.log != "" && !told {
			t.Errorf("%s, %s: recorded %q", tt.from, tt.act, log)
		}
	}
}

func TestSessionsEndAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for login, do := range map[string]act{
		"clerk01": w.service.Suspend, "clerk02": w.service.Remove, "clerk03": w.service.ResetPassword,
	} {
		made := w.createIn(login, assistant.Active)
		session, of := w.signIn(made.Account.ID), w.signIn(w.owner.Account.ID)
		must(t, do(t.Context(), w.owner, w.by, login))
		const ended = "SELECT ended_at IS NOT NULL FROM account_sessions WHERE id = $1"
		if w.text(ended, session) != "true" || w.text(ended, of) != "false" {
			t.Errorf("%s: its session ended %s, the owner's %s", login, w.text(ended, session), w.text(ended, of))
		}
	}
}

func TestInviteReplacesTheLinkBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create("clerk01")
	must(t, w.service.Invite(t.Context(), w.owner, w.by, "clerk01"))
	mails := w.mails()
	if len(mails) != 2 {
		t.Fatalf("%d mails", len(mails))
	}
	for i, want := range []string{"clerk01 invitation 3 days used", "clerk01 invitation 3 days open"} {
		if got := w.linkIn(mails[i]); got != want {
			t.Errorf("mail %d leads to %q, want %q", i, got, want)
		}
	}
}

func TestAPasskeyAloneMakesAnAssistantActive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.create("clerk01")
	w.run("INSERT INTO passkey_holders (account_id, handle) VALUES ($1, $2)", int64(made.Account.ID), make([]byte, 32))
	w.run(`INSERT INTO passkeys (account_id, place, name, credential_id, public_key, flags, sign_count, aaguid,
			transports, attachment, attestation_type, attestation_format, created_at)
		VALUES ($1, 1, '筆電', '\x01', '', 0, 0, '', '{}', '', '', '', $2)`, int64(made.Account.ID), noon)
	found := w.find("clerk01")
	if found.State != assistant.Active || found.Passkeys != 1 || !found.InvitedUntil.IsZero() {
		t.Errorf("found %+v", found)
	}
	if err := w.service.Invite(t.Context(), w.owner, w.by, "clerk01"); !errors.Is(err, assistant.ErrStatus) {
		t.Errorf("Invite = %v", err)
	}
}

// 邀請中 is who has never been here; a forgotten password does not make one a stranger.
func TestWhoHasSignedInIsNotInvitedAnyMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.createIn("clerk01", assistant.Active)
	w.create("clerk02")
	w.run("UPDATE accounts SET last_sign_in_at = $1 WHERE id = $2", noon, int64(made.Account.ID))
	must(t, w.service.ResetPassword(t.Context(), w.owner, w.by, "clerk01"))
	found := w.find("clerk01")
	if found.State != assistant.Active || !found.InvitedUntil.IsZero() {
		t.Errorf("found %+v", found)
	}
	for state, want := range map[assistant.State]string{assistant.Active: "clerk01", assistant.Invited: "clerk02"} {
		list, err := w.service.List(t.Context(), w.owner, assistant.Filter{State: state})
		if err != nil || len(list.Assistants) != 1 || list.Assistants[0].Account.Login != want {
			t.Errorf("%s: %+v, %v", state, list.Assistants, err)
		}
	}
	if err := w.service.Invite(t.Context(), w.owner, w.by, "clerk01"); !errors.Is(err, assistant.ErrStatus) {
		t.Errorf("Invite = %v", err)
	}
	must(t, w.service.ResetPassword(t.Context(), w.owner, w.by, "clerk01")) // the mail was lost
	if got := w.linkIn(w.lastMail()); got != "clerk01 recovery 3 days open" {
		t.Errorf("the link is %q", got)
	}
}

// An owner's look at the pages as an assistant ends with the assistant, and stays ended.
func TestAViewEndsWithTheAccountThatIsViewed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for login, end := range map[string]act{"clerk01": w.service.Suspend, "clerk02": w.service.Remove} {
		made, other := w.createIn(login, assistant.Active), w.createIn("other"+login, assistant.Active)
		const view = "UPDATE account_sessions SET viewed_account_id = $1 WHERE id = $2"
		session, beside := w.signIn(w.owner.Account.ID), w.signIn(w.owner.Account.ID)
		lapsed := w.signIn(w.owner.Account.ID)
		w.run(view, int64(made.Account.ID), session)
		w.run(view, int64(other.Account.ID), beside)
		w.run(view, int64(made.Account.ID), lapsed)
		w.run("UPDATE account_sessions SET seen_at = $1 WHERE id = $2", noon.Add(-account.SessionIdle), lapsed)
		entries := len(w.log(w.owner.Member.ID))
		must(t, end(t.Context(), w.owner, w.by, login))
		const viewed = "SELECT coalesce(viewed_account_id, 0) FROM account_sessions WHERE id = $1"
		if got := w.text(viewed, session) + " " + w.text(viewed, lapsed); got != "0 0" {
			t.Errorf("%s is still viewed: %s", login, got)
		}
		if got := w.text(viewed, beside); got != strconv.Itoa(int(other.Account.ID)) {
			t.Errorf("the view as another one: %s", got)
		}
		log := w.log(w.owner.Member.ID)[entries:]
		if len(log) != 2 || log[0] != "view_as_ended "+login {
			t.Errorf("recorded %q", log)
		}
	}
	// A view that began while the suspension was under way does not come back to life.
	late := w.signIn(w.owner.Account.ID)
	w.run("UPDATE account_sessions SET viewed_account_id = $1 WHERE id = $2", int64(w.find("clerk01").Account.ID), late)
	must(t, w.service.Resume(t.Context(), w.owner, w.by, "clerk01"))
	if got := w.text("SELECT viewed_account_id IS NULL FROM account_sessions WHERE id = $1", late); got != "true" {
		t.Error("a view came back with the account")
	}
}

func TestRemoveTellsWhatIsTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.create("clerk01")
	w.run("UPDATE account_grants SET until = '2026-11-23' WHERE account_id = $1 AND unit = 'pay_links'",
		int64(made.Account.ID))
	must(t, w.service.Remove(t.Context(), w.owner, w.by, "clerk01"))
	const want = "assistant_removed clerk01\n管理商店: MS1 店 MS1 → \n管理商店: MS2 店 MS2 → \n" +
		"交易查詢/單筆取消授權/請款/退款: 可瀏覽可修改 → 不可瀏覽"
	if got := w.lastLog(); got != want {
		t.Errorf("recorded %s", got)
	}
}

func TestResetPasswordMailsALink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.createIn("clerk01", assistant.Active)
	must(t, w.service.ResetPassword(t.Context(), w.owner, w.by, "clerk01"))
	if got := w.text("SELECT password_hash FROM accounts WHERE id = $1", int64(made.Account.ID)); got != "" {
		t.Errorf("the password is still %q", got)
	}
	letter := w.lastMail()
	if got := w.linkIn(letter); got != "clerk01 recovery 3 days open" || !strings.Contains(letter.Subject, "密碼重設") {
		t.Errorf("%s leads to %q", letter.Subject, got)
	}
}

func TestRemoveLeavesNothingOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.create("clerk01")
	link := w.lastMail()
	must(t, w.service.Ask(t.Context(), w.actor("clerk01"), w.by, permit.EWallet, permit.View))
	must(t, w.service.Remove(t.Context(), w.owner, w.by, "clerk01"))
	if got := w.linkIn(link); got != "clerk01 invitation 3 days used" {
		t.Errorf("the link is %q", got)
	}
	requests, err := w.service.Requests(t.Context(), w.owner)
	must(t, err)
	state := w.text("SELECT state FROM permission_requests WHERE account_id = $1", int64(made.Account.ID))
	if len(requests) != 0 || state != "withdrawn" {
		t.Errorf("the request is %s, the inbox %v", state, requests)
	}
	again := w.create("CLERK01")
	if again.Account.ID == made.Account.ID || len(again.Grants) != 2 {
		t.Errorf("the login again: %+v", again)
	}
	const kept = "SELECT concat_ws(' ', status, removed_at = $2, seat IS NULL) FROM accounts WHERE id = $1"
	if got := w.text(kept, int64(made.Account.ID), noon); got != "removed t t" {
		t.Errorf("the removed account is %s", got)
	}
}

// calls is every method of the service, for an assistant and its request.
func (w *world) calls() map[string]func(who account.Actor, login string, request int64) error {
	ctx, s := w.t.Context(), w.service
	named := func(do act) func(account.Actor, string, int64) error {
		return func(who account.Actor, login string, _ int64) error { return do(ctx, who, w.by, login) }
	}
	f := form("clerk99")
	return map[string]func(account.Actor, string, int64) error{
		"List": func(who account.Actor, _ string, _ int64) error {
			_, err := s.List(ctx, who, assistant.Filter{})
			return err
		},
		"Requests": func(who account.Actor, _ string, _ int64) error {
			_, err := s.Requests(ctx, who)
			return err
		},
		"OpenRequests": func(who account.Actor, _ string, _ int64) error {
			_, err := s.OpenRequests(ctx, who)
			return err
		},
		"Review": func(who account.Actor, _ string, _ int64) error {
			_, err := s.Review(ctx, who)
			return err
		},
		"Check": func(who account.Actor, _ string, _ int64) error { return s.Check(who, f, true) },
		"Create": func(who account.Actor, _ string, _ int64) error {
			_, err := s.Create(ctx, who, w.by, f)
			return err
		},
		"Find": func(who account.Actor, login string, _ int64) error {
			_, err := s.Find(ctx, who, login)
			return err
		},
		"Preview": func(who account.Actor, _ string, _ int64) error {
			_, err := s.Preview(who, assistant.Assistant{}, f)
			return err
		},
		"Save":    func(who account.Actor, login string, _ int64) error { return s.Save(ctx, who, w.by, login, f) },
		"Suspend": named(s.Suspend), "Resume": named(s.Resume), "Remove": named(s.Remove),
		"Invite": named(s.Invite), "ResetPassword": named(s.ResetPassword),
		"Grant":  func(who account.Actor, _ string, id int64) error { return s.Grant(ctx, who, w.by, id) },
		"Refuse": func(who account.Actor, _ string, id int64) error { return s.Refuse(ctx, who, w.by, id) },
	}
}

// ofActors are the methods that assistants themselves reach.
var ofActors = map[string]bool{"Ask": true, "NoteUse": true, "Standing": true}

func TestEveryMethodIsTriedByStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	calls := w.calls()
	for method := range reflect.TypeFor[*assistant.Service]().Methods() {
		if calls[method.Name] == nil && !ofActors[method.Name] {
			t.Errorf("nobody tries %s as a stranger: add it", method.Name)
		}
	}
}

func TestAnotherMembersOwnerFindsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.createIn("clerk01", assistant.Active)
	must(t, w.service.Ask(t.Context(), w.actor("clerk01"), w.by, permit.EWallet, permit.View))
	w.create("gone01")
	must(t, w.service.Remove(t.Context(), w.owner, w.by, "gone01"))
	before, request := w.state(), w.open(0).ID
	all := map[string]bool{
		"List": true, "Requests": true, "OpenRequests": true, "Review": true, "Check": true, "Create": true,
		"Preview": true, // of what Find found
	}
	for name, call := range w.calls() {
		if all[name] {
			continue
		}
		want := []error{assistant.ErrNotFound}
		if name == "Grant" || name == "Refuse" {
			want = []error{assistant.ErrNoRequest}
			if err := call(w.owner, "", request+1000); !errors.Is(err, want[0]) {
				t.Errorf("%s of no request: %v", name, err)
			}
		} else {
			for _, login := range []string{"gone01", "owner01", "nobody1", ""} {
				if err := call(w.owner, login, request); !errors.Is(err, want[0]) {
					t.Errorf("%s of %q: %v", name, login, err)
				}
			}
		}
		if err := call(w.other, "clerk01", request); !errors.Is(err, want[0]) {
			t.Errorf("%s by another owner: %v", name, err)
		}
	}
	list, err := w.service.List(t.Context(), w.other, assistant.Filter{})
	requests, _ := w.service.Requests(t.Context(), w.other)
	open, _ := w.service.OpenRequests(t.Context(), w.other)
	if err != nil || list.Used+len(list.Assistants)+len(requests)+open != 0 {
		t.Errorf("another owner reads %v, %v, %d, %v", list, requests, open, err)
	}
	if after := w.state(); after != before {
		t.Errorf("a stranger changed\n%s\nto\n%s", before, after)
	}
}

// state is all that the room keeps, in one text.
func (w *world) state() string {
	w.t.Helper()
	return w.text(`SELECT concat_ws(E'\n',
		(SELECT json_agg(a ORDER BY id) FROM accounts a),
		(SELECT json_agg(g ORDER BY account_id, unit) FROM account_grants g),
		(SELECT json_agg(s ORDER BY account_id, store_id) FROM account_stores s),
		(SELECT json_agg(r ORDER BY id) FROM permission_requests r),
		(SELECT json_agg(l ORDER BY id) FROM account_links l),
		(SELECT count(*) FROM mails), (SELECT count(*) FROM audit_entries))`)
}

func TestOnlyAnEnterprisesOwnerMayDoAnything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.createIn("clerk01", assistant.Active)
	must(t, w.service.Ask(t.Context(), w.actor("clerk01"), w.by, permit.EWallet, permit.View))
	before, request := w.state(), w.open(0).ID
	viewing, viewed, individual, staff := w.actor("clerk01"), w.owner, w.owner, w.owner
	viewing.Viewer, viewed.Viewer = w.owner.Account, w.owner.Account
	individual.Member.Kind = "individual"
	staff.Account.Kind = account.Staff
	for who, actor := range map[string]account.Actor{
		"an assistant": w.actor("clerk01"), "an owner who views as one": viewing, "a viewed owner": viewed,
		"an individual": individual, "staff": staff, "nobody": {},
	} {
		for name, call := range w.calls() {
			if err := call(actor, "clerk01", request); !errors.Is(err, assistant.ErrOwner) {
				t.Errorf("%s by %s: %v", name, who, err)
			}
		}
	}
	if after := w.state(); after != before {
		t.Errorf("changed\n%s\nto\n%s", before, after)
	}
}
