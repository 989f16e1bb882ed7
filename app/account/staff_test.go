package account_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/passkey"
)

func TestTheFirstOfOurStaffIsInvited(t *testing.T) {
	t.Parallel()
	w := open(t)
	chen := account.NewStaff{Login: "chen01", Email: "chen@example.com", Role: account.Admin}
	must(t, w.InviteStaff(t.Context(), chen))
	l, err := w.OpenLink(t.Context(), w.token())
	must(t, err)
	if l.Account.Kind != account.Staff || l.Account.Role != account.Admin || l.Purpose != account.Invitation ||
		l.MemberID != 0 {
		t.Errorf("invited %+v", l)
	}
	if got := w.lastTold(0); got != "staff_invited chen01 admin" {
		t.Errorf("the log says %q", got)
	}
	if err := w.InviteStaff(t.Context(), chen); !errors.Is(err, account.ErrLoginTaken) {
		t.Errorf("again: %v", err)
	}
	for _, wrong := range []account.NewStaff{
		{Login: "", Email: "a@example.com", Role: account.Admin},
		{Login: "a'b", Email: "a@example.com", Role: account.Admin},
		{Login: "wu01", Email: "Wu <a@example.com>", Role: account.Admin},
		{Login: "wu01", Email: "a@example.com\r\nBcc: b@example.com", Role: account.Admin},
		{Login: "wu01", Email: "a@example.com", Role: "root"},
	} {
		if err := w.InviteStaff(t.Context(), wrong); err == nil {
			t.Errorf("%+v was invited", wrong)
		}
	}
}

func TestStaffAreSuspendedLetInAgainAndRemoved(t *testing.T) {
	t.Parallel()
	w := open(t)
	signIn := func() (account.Session, error) {
		return w.SignInPasskey(t.Context(), true, passkey.Answer{Token: tokenOf(staff)}, from)
	}
	started, err := signIn()
	must(t, err)
	token := w.link(staff, account.Recovery)
	must(t, w.SetStaffStatus(t.Context(), "AGENT01", account.Suspended))
	w.ended(started.ID, "a suspension")
	if _, err := w.OpenLink(t.Context(), token); !errors.Is(err, account.ErrLink) {
		t.Errorf("the link: %v", err)
	}
	if _, err := signIn(); !errors.Is(err, account.ErrSignIn) {
		t.Errorf("while suspended: %v", err)
	}
	if err := w.SetStaffStatus(t.Context(), "agent01", account.Suspended); err == nil {
		t.Error("suspended twice")
	}
	must(t, w.SetStaffStatus(t.Context(), "agent01", account.Active))
	w.ended(started.ID, "a suspension that is over")
	if _, err := w.OpenLink(t.Context(), token); !errors.Is(err, account.ErrLink) {
		t.Errorf("the link came back: %v", err)
	}
	started, err = signIn()
	must(t, err)
	must(t, w.SetStaffStatus(t.Context(), "agent01", account.Removed))
	w.ended(started.ID, "the removal")
	for _, login := range []string{"agent01", "owner01", "nobody"} { // removed, a member's, none
		if err := w.SetStaffStatus(t.Context(), login, account.Active); !errors.Is(err, account.ErrNotFound) {
			t.Errorf("%s: %v", login, err)
		}
	}
	must(t, w.InviteStaff(t.Context(), account.NewStaff{Login: "agent01", Email: "a@example.com", Role: account.Agent}))
	want := []string{
		"0 signed_in agent01 Passkey", "0 staff_suspended agent01 reviewer", "0 sign_in_failed agent01 帳號已停用",
		"0 staff_resumed agent01 reviewer", "0 signed_in agent01 Passkey", "0 staff_removed agent01 reviewer",
		"0 staff_invited agent01 agent",
	}
	if diff := cmp.Diff(want, w.told()); diff != "" {
		t.Error(diff)
	}
}
