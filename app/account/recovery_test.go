package account_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/secret"
)

type ctx = context.Context

// asked is a recovery as a page asks for it.
func asked(memberCode, login string) account.RecoveryRequest {
	return account.RecoveryRequest{Member: memberCode, Login: login, From: from}
}

func TestAskingForRecoveryDoesTheSameWhateverExists(t *testing.T) {
	t.Parallel()
	w := open(t)
	names := [][2]string{
		{"12345675", "clerk01"},
		{"12345675", "nobody"},
		{"99999999", "owner01"},
		{"12345675", "gone01"},
		{"22099131", "owner01"},
	}
	var want []string
	for _, name := range names {
		must(t, w.AskRecovery(t.Context(), name[0], name[1], from))
		want = append(want, name[0]+"/"+name[1])
	}
	must(t, w.AskRecovery(t.Context(), " ａ100000001", "ＯＷＮＥＲ０１ ", from))
	must(t, w.AskStaffRecovery(t.Context(), "agent01", from))
	want = append(want, "A100000001/OWNER01", "/agent01")
	for _, no := range [][2]string{
		{"", "owner01"}, {"12345675", ""}, {"1'", "owner01"}, {"12345675", strings.Repeat("a", 21)},
	} {
		must(t, w.AskRecovery(t.Context(), no[0], no[1], from))
	}
	if diff := cmp.Diff(want, w.jobs.recoveries); diff != "" {
		t.Error(diff)
	}
	if n := w.number("SELECT count(*) FROM mails") + w.number("SELECT count(*) FROM account_links"); n != 0 {
		t.Error("asking alone made links or mails")
	}
}

func TestRecoveryIsAskedForThreeTimesAnHour(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, login := range []string{"clerk01", "nobody"} {
		for range 5 {
			must(t, w.AskRecovery(t.Context(), "12345675", login, from))
		}
	}
	if n := len(w.jobs.recoveries); n != 6 {
		t.Errorf("%d recoveries were queued: %v", n, w.jobs.recoveries)
	}
	w.clock.Advance(time.Hour)
	must(t, w.AskRecovery(t.Context(), "12345675", "CLERK01", from))
	if n := len(w.jobs.recoveries); n != 7 {
		t.Errorf("%d recoveries were queued an hour later", n)
	}
}

func TestRecoveryGoesToWhoMaySignIn(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, name := range [][2]string{
		{"12345675", "nobody"},
		{"99999999", "owner01"},
		{"12345675", "gone01"},
		{"22099131", "owner01"},
		{"12345675", "nomail01"},
		{"", "owner01"},
		{"12345675", "agent01"},
	} {
		must(t, w.SendRecovery(t.Context(), asked(name[0], name[1])))
	}
	if len(w.mails()) != 0 || len(w.told()) != 0 || w.number("SELECT count(*) FROM account_links") != 0 {
		t.Errorf("sent %v, told %v", w.mails(), w.told())
	}
	must(t, w.SendRecovery(t.Context(), asked("12345675", "CLERK01")))
	first := w.token()
	must(t, w.SendRecovery(t.Context(), asked("12345675", "clerk01"))) // a job may run twice
	all := w.mails()
	if len(all) != 2 || !strings.HasPrefix(all[0], "clerk01@example.test\n") ||
		!strings.Contains(all[0], "2026-11-24 12:30") {
		t.Errorf("mails %q", all)
	}
	if _, err := w.OpenLink(t.Context(), first); err == nil {
		t.Error("two links are open")
	}
	if got := w.lastTold(1); got != "recovery_asked clerk01 clerk01" {
		t.Errorf("the log says %q", got)
	}
	must(t, w.UseLink(t.Context(), w.token(), secret.New(next), from))
	if _, err := w.SignIn(t.Context(), typed("12345675", "clerk01", next), from); err != nil {
		t.Error(err)
	}
	must(t, w.SendRecovery(t.Context(), asked("", "agent01")))
	if l, err := w.OpenLink(t.Context(), w.token()); err != nil || l.Account.ID != staff {
		t.Errorf("staff: %+v, %v", l, err)
	}
}

// Whoever reads the database must not be let in.
func TestNoLinkLiesInTheDatabase(t *testing.T) {
	t.Parallel()
	w := open(t)
	must(t, w.SendRecovery(t.Context(), asked("12345675", "clerk01")))
	token := w.token()
	for _, table := range []string{"mails", "account_links", "audit_entries"} {
		n := w.number("SELECT count(*) FROM "+table+` r
			WHERE r::text LIKE '%' || $1 || '%' OR r::text LIKE '%' || $2 || '%'`, token, hexOf(token))
		if n != 0 {
			t.Errorf("%s holds the token", table)
		}
	}
	mails := w.db.Notifications()
	must(t, mails.MarkSent(t.Context(), w.jobs.mails[0], w.clock.Now()))
	if n := w.number("SELECT count(*) FROM mails WHERE body <> '' OR body_sealed IS NOT NULL"); n != 0 {
		t.Error("the text of a mail outlives its sending")
	}
	w.run("INSERT INTO mails (recipient, subject, body, created_at) VALUES ('a@example.test', '舊信', '舊的內容', $1)", noon)
	m, sent, err := mails.Mail(t.Context(), w.jobs.mails[0]+1)
	if err != nil || sent || m.Text != "舊的內容" {
		t.Errorf("a mail of before: %+v, %t, %v", m, sent, err)
	}
}

func TestWhatIsOldIsPruned(t *testing.T) {
	t.Parallel()
	w := open(t)
	ended := w.signIn("12345675", "owner01")
	must(t, w.SignOut(t.Context(), ended, from))
	w.signIn("12345675", "owner01")
	w.link(clerk, account.Recovery)
	must(t, w.SendRecovery(t.Context(), asked("12345675", "owner01")))
	must(t, w.SendRecovery(t.Context(), asked("12345675", "clerk01")))
	must(t, w.db.Notifications().MarkSent(t.Context(), w.jobs.mails[0], noon))
	rows := func() [3]int {
		return [3]int{
			w.number("SELECT count(*) FROM account_sessions"), w.number("SELECT count(*) FROM account_links"),
			w.number("SELECT count(*) FROM mails"),
		}
	}
	for _, tt := range []struct {
		before time.Time
		want   [3]int
	}{{noon, [3]int{2, 3, 2}}, {noon.Add(time.Hour), [3]int{0, 0, 0}}} {
		_, err := w.db.Accounts().Prune(t.Context(), tt.before)
		must(t, err)
		_, err = w.db.Notifications().Prune(t.Context(), tt.before)
		must(t, err)
		if got := rows(); got != tt.want {
			t.Errorf("before %s: %v rows left, want %v", tt.before, got, tt.want)
		}
	}
}

func TestARecoveryDoesNotTakeAnInvitationAway(t *testing.T) {
	t.Parallel()
	w := open(t)
	invitation := w.link(clerk, account.Invitation)
	must(t, w.SendRecovery(t.Context(), asked("12345675", "clerk01")))
	for _, token := range []string{invitation, w.token()} {
		if _, err := w.OpenLink(t.Context(), token); err != nil {
			t.Errorf("a link ended: %v", err)
		}
	}
}

func TestARecoveryInvitesAgainWhoHasSetNothing(t *testing.T) {
	t.Parallel()
	w := open(t)
	first := w.link(invited, account.Invitation)
	w.clock.Advance(time.Hour)
	must(t, w.SendRecovery(t.Context(), asked("12345675", "new01")))
	l, err := w.OpenLink(t.Context(), w.token())
	must(t, err)
	want := w.clock.Now().Add(account.InvitationLifetime)
	if l.Purpose != account.Invitation || !l.ExpiresAt.Equal(want) {
		t.Errorf("sent %+v", l)
	}
	contains(t, w.mails()[0], "new01@example.test\n", "邀請您啟用助理帳號 new01")
	if _, err := w.OpenLink(t.Context(), first); err == nil {
		t.Error("two invitations are open")
	}
	w.run("UPDATE accounts SET password_hash = '' WHERE id = $1", int64(staff))
	must(t, w.SendRecovery(t.Context(), asked("", "agent01")))
	contains(t, w.mails()[1], "支援主控台】帳號邀請")
	w.store(invited, true) // a passkey was set once
	must(t, w.SendRecovery(t.Context(), asked("12345675", "new01")))
	contains(t, w.mails()[2], "重新設定登入方式")
}

func TestARecoveryIsToldWithWhereItWasAskedFor(t *testing.T) {
	t.Parallel()
	w := open(t)
	must(t, w.AskRecovery(t.Context(), "12345675", "clerk01", from))
	must(t, w.SendRecovery(t.Context(), w.jobs.asked[0]))
	told := "SELECT count(*) FROM audit_entries WHERE kind = 'recovery_asked' AND address = $1 AND request_id = $2"
	if w.number(told, from.Address, from.RequestID) != 1 {
		t.Error("the entry does not tell from where")
	}
}

func TestWhoIsSignedInHearsWhatBecomesOfTheLink(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.signIn("12345675", "clerk01")
	for range 3 {
		must(t, w.AskOwnRecovery(t.Context(), a, from))
	}
	if err := w.AskOwnRecovery(t.Context(), a, from); !errors.Is(err, account.ErrAskedOften) {
		t.Errorf("a fourth: %v", err)
	}
	err := w.AskOwnRecovery(t.Context(), w.signIn("12345675", "nomail01"), from)
	if !errors.Is(err, account.ErrNoAddress) {
		t.Errorf("without an address: %v", err)
	}
	started, err := w.SignInPasskey(t.Context(), true, passkey.Answer{Token: tokenOf(staff)}, from)
	must(t, err)
	must(t, w.AskOwnRecovery(t.Context(), w.actor(started.ID), from))
	want := []string{"12345675/clerk01", "12345675/clerk01", "12345675/clerk01", "/agent01"}
	if diff := cmp.Diff(want, w.jobs.recoveries); diff != "" {
		t.Error(diff)
	}
}
