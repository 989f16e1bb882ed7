package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/secret"
)

func TestASignInEndsByItself(t *testing.T) {
	t.Parallel()
	w := open(t)
	idle := w.signIn("12345675", "owner01").Session.ID
	w.clock.Advance(account.SessionIdle - time.Second)
	w.actor(idle) // the latest request counts
	w.clock.Advance(account.SessionIdle - time.Second)
	w.actor(idle)
	w.clock.Advance(account.SessionIdle)
	w.ended(idle, "half an hour without a request")

	busy := w.signIn("12345675", "owner01").Session.ID
	for elapsed := time.Duration(0); elapsed < account.SessionLifetime-time.Minute; elapsed += 20 * time.Minute {
		w.actor(busy)
		w.clock.Advance(20 * time.Minute)
	}
	w.ended(busy, "twelve hours, with a request every twenty minutes")
}

func TestTheLatestRequestIsKeptToTheMinute(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.signIn("12345675", "owner01")
	for _, tt := range []struct{ advance, want time.Duration }{
		{59 * time.Second, 0}, {time.Second, time.Minute}, {59 * time.Second, time.Minute}, {time.Second, 2 * time.Minute},
	} {
		w.clock.Advance(tt.advance)
		if got := w.actor(a.Session.ID).Session.SeenAt; !got.Equal(noon.Add(tt.want)) {
			t.Errorf("seen at %s, want %s", got, noon.Add(tt.want))
		}
	}
}

func TestSuspensionEndsAllAccessAtOnce(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"the account's suspension": "UPDATE accounts SET status = 'suspended' WHERE id = 2",
		"the account's removal":    "UPDATE accounts SET status = 'removed', removed_at = now() WHERE id = 2",
		"the member's suspension":  "UPDATE members SET status = 'suspended' WHERE id = 1",
		"the end of the sign-in":   "UPDATE account_sessions SET ended_at = now()",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			a := w.signIn("12345675", "clerk01")
			w.run(change)
			w.ended(a.Session.ID, name)
		})
	}
}

func TestSessionsAreListedAndEndedByTheirOwnPersonOnly(t *testing.T) {
	t.Parallel()
	w := open(t)
	first := w.signIn("12345675", "owner01")
	w.clock.Advance(time.Minute)
	second, third := w.signIn("12345675", "owner01"), w.signIn("12345675", "owner01")
	other := w.signIn("12345675", "clerk01")
	stranger := w.signIn("A100000001", "owner01")

	ids := func(a account.Actor) (list []account.SessionID) {
		open, err := w.Sessions(t.Context(), a)
		must(t, err)
		for _, s := range open {
			list = append(list, s.ID)
		}
		return list
	}
	newest := []account.SessionID{third.Session.ID, second.Session.ID, first.Session.ID}
	if diff := cmp.Diff(newest, ids(first)); diff != "" {
		t.Error(diff)
	}
	for _, a := range []account.Actor{other, stranger} {
		if err := w.EndSession(t.Context(), a, first.Session.ID, from); !errors.Is(err, account.ErrSessionNotFound) {
			t.Errorf("%s ended another's: %v", a.Account.Login, err)
		}
	}
	must(t, w.EndSession(t.Context(), first, second.Session.ID, from))
	w.ended(second.Session.ID, "its end from another device")
	if err := w.EndSession(t.Context(), first, second.Session.ID, from); !errors.Is(err, account.ErrSessionNotFound) {
		t.Errorf("ended twice: %v", err)
	}
	must(t, w.EndOtherSessions(t.Context(), first, from))
	w.ended(third.Session.ID, "the end of all others")
	if diff := cmp.Diff([]account.SessionID{first.Session.ID}, ids(first)); diff != "" {
		t.Error(diff)
	}
	must(t, w.SignOut(t.Context(), first, from))
	must(t, w.SignOut(t.Context(), first, from)) // twice is no error, and told once
	w.ended(first.Session.ID, "signing out")
	w.actor(other.Session.ID)
	w.actor(stranger.Session.ID)
	if n := w.number("SELECT count(*) FROM audit_entries WHERE kind IN ('session_ended', 'signed_out')"); n != 3 {
		t.Errorf("%v", w.told())
	}
}

func TestStepUpAsksForAPasskeyFromWhoHasOne(t *testing.T) {
	t.Parallel()
	password := func(p string) account.Proof { return account.Proof{Password: secret.New(p)} }
	key := func(token string) account.Proof { return account.Proof{Passkey: passkey.Answer{Token: token}} }
	both := account.Proof{Password: secret.New(right), Passkey: passkey.Answer{Token: "?"}}
	tests := []struct {
		name  string
		held  int
		proof account.Proof
		ok    bool
	}{
		{"the password", 0, password(right), true},
		{"a wrong password", 0, password("x"), false},
		{"no password", 0, password(""), false},
		{"a passkey that is not held", 0, key(tokenOf(owner)), false},
		{"the passkey", 1, key(tokenOf(owner)), true},
		{"another's passkey", 1, key(tokenOf(clerk)), false},
		{"the password in place of the passkey", 1, password(right), false},
		{"the password beside a wrong passkey", 1, both, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			w.passkeys.held[int64(owner)] = tt.held
			a, other := w.signIn("12345675", "owner01"), w.signIn("12345675", "owner01")
			w.clock.Advance(account.SteppedUpFor)
			if w.actor(a.Session.ID).Session.SteppedUp(w.clock.Now()) {
				t.Fatal("the sign-in's own proof is still fresh")
			}
			err := w.StepUp(t.Context(), a, tt.proof, from)
			if (err == nil) != tt.ok || err != nil && !errors.Is(err, account.ErrStepUp) {
				t.Errorf("StepUp = %v", err)
			}
			if got := w.actor(a.Session.ID).Session.SteppedUp(w.clock.Now()); got != tt.ok {
				t.Errorf("stepped up: %t", got)
			}
			if w.actor(other.Session.ID).Session.SteppedUp(w.clock.Now()) {
				t.Error("another device is stepped up")
			}
			kind := map[bool]string{true: "stepped_up", false: "step_up_failed"}[tt.ok]
			if n := w.number("SELECT count(*) FROM audit_entries WHERE kind = $1 AND login = 'owner01'", kind); n != 1 {
				t.Errorf("the log says %v", w.told())
			}
		})
	}
}

func TestStepUpIsLockedByFailuresWhateverTheSignIn(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.signIn("12345675", "owner01")
	proof := account.Proof{Password: secret.New(right)}
	for range 5 {
		err := w.StepUp(t.Context(), a, account.Proof{Password: secret.New("x")}, from)
		if !errors.Is(err, account.ErrStepUp) {
			t.Fatal(err)
		}
	}
	b := w.signIn("12345675", "owner01")
	if err := w.StepUp(t.Context(), b, proof, from); !errors.Is(err, account.ErrStepUp) {
		t.Errorf("after five failures: %v", err)
	}
	must(t, w.StepUp(t.Context(), w.signIn("12345675", "clerk01"), proof, from))
	w.clock.Advance(15 * time.Minute)
	must(t, w.StepUp(t.Context(), b, proof, from))
}

func TestViewAsShowsWhatTheAssistantSees(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.run("INSERT INTO account_grants (account_id, unit, level) VALUES (2, 'card_trades', 'manage')")
	a := w.signIn("12345675", "owner01")
	must(t, w.StartViewAs(t.Context(), a, "CLERK01", from))
	viewing := w.actor(a.Session.ID)
	if !viewing.Viewing() || viewing.Viewer != a.Account || viewing.Account.ID != clerk || viewing.SeesAllStores() {
		t.Errorf("looks as %+v", viewing)
	}
	if len(viewing.Stores) != 1 || len(viewing.Grants) != 1 || viewing.Session.ID != a.Session.ID {
		t.Errorf("looks as %+v", viewing)
	}
	if got := account.PasskeyHolder(viewing); got.ID != int64(owner) || got.Name != "12345675/owner01" {
		t.Errorf("passkeys of %+v", got)
	}
	err := w.StepUp(t.Context(), viewing, account.Proof{Password: secret.New(right)}, from)
	if !errors.Is(err, account.ErrStepUp) {
		t.Errorf("step up while viewing: %v", err)
	}
	for name, err := range map[string]error{
		"another view":    w.StartViewAs(t.Context(), viewing, "new01", from),
		"a password":      w.ChangePassword(t.Context(), viewing, secret.New(right), secret.New(next), from),
		"a session's end": w.EndSession(t.Context(), viewing, a.Session.ID, from),
		"others' end":     w.EndOtherSessions(t.Context(), viewing, from),
	} {
		if !errors.Is(err, account.ErrViewing) {
			t.Errorf("%s while viewing: %v", name, err)
		}
	}
	must(t, w.EndViewAs(t.Context(), viewing, from))
	if back := w.actor(a.Session.ID); back.Viewing() || back.Account != a.Account || len(back.Stores) != 2 {
		t.Errorf("back as %+v", back)
	}
	want := []string{"1 signed_in owner01 密碼", "1 view_as_started owner01 clerk01", "1 view_as_ended owner01 clerk01"}
	if diff := cmp.Diff(want, w.told()); diff != "" {
		t.Error(diff)
	}
	if n := w.number("SELECT count(*) FROM audit_entries WHERE kind = 'view_as_ended' AND viewed_as = 'clerk01'"); n != 1 {
		t.Error("the end does not say as whom")
	}
}

func TestSigningOutEndsTheViewFirst(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.signIn("12345675", "owner01")
	must(t, w.StartViewAs(t.Context(), a, "clerk01", from))
	viewing := w.actor(a.Session.ID)
	must(t, w.SignOut(t.Context(), viewing, from))
	must(t, w.SignOut(t.Context(), viewing, from)) // twice is told once
	w.ended(a.Session.ID, "signing out")
	want := []string{
		"1 signed_in owner01 密碼", "1 view_as_started owner01 clerk01", "1 view_as_ended owner01 clerk01",
		"1 signed_out owner01",
	}
	if diff := cmp.Diff(want, w.told()); diff != "" {
		t.Error(diff)
	}
	if n := w.number("SELECT count(*) FROM audit_entries WHERE viewed_as = 'clerk01'"); n != 1 {
		t.Errorf("%d entries are told as of the view", n)
	}
}

func TestViewAsIsForOwnersAndTheirAssistantsOnly(t *testing.T) {
	t.Parallel()
	w := open(t)
	boss, assistant := w.signIn("12345675", "owner01"), w.signIn("12345675", "clerk01")
	alone := w.signIn("A100000001", "owner01")
	for _, tt := range []struct {
		who   account.Actor
		login string
	}{
		{boss, "owner01"},
		{boss, "gone01"},
		{boss, "nobody"},
		{boss, "agent01"},
		{boss, ""},
		{boss, "'"},
		{assistant, "new01"},
		{alone, "clerk01"},
	} {
		if err := w.StartViewAs(t.Context(), tt.who, tt.login, from); !errors.Is(err, account.ErrNotFound) {
			t.Errorf("%s as %q: %v", tt.who.Account.Login, tt.login, err)
		}
		if w.actor(tt.who.Session.ID).Viewing() {
			t.Errorf("%s looks as %q", tt.who.Account.Login, tt.login)
		}
	}
}

func TestAViewFallsBackToTheOwnerWhenTheAssistantGoes(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.signIn("12345675", "owner01")
	must(t, w.StartViewAs(t.Context(), a, "clerk01", from))
	w.run("UPDATE accounts SET status = 'suspended' WHERE id = 2")
	if got := w.actor(a.Session.ID); got.Viewing() || got.Account.ID != owner {
		t.Errorf("runs as %+v", got)
	}
	// A row that names an account of another member shows nothing of it.
	w.run(`INSERT INTO accounts (member_id, kind, login, email, created_at)
		VALUES (2, 'assistant', 'clerk02', '', $1)`, noon)
	for _, viewed := range []account.ID{single, staff, staff + 1} {
		w.run("UPDATE account_sessions SET viewed_account_id = $1 WHERE id = $2", int64(viewed), int64(a.Session.ID))
		if got := w.actor(a.Session.ID); got.Viewing() || got.Account.ID != owner {
			t.Errorf("runs as %+v", got)
		}
	}
}
