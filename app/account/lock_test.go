package account_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/secret"
)

func has(text, part string) bool { return strings.Contains(text, part) }

// contains fails unless a text has all parts.
func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !has(text, part) {
			t.Errorf("%q is not in %q", part, text)
		}
	}
}

func at(address string) account.Origin { return account.Origin{Address: address, RequestID: "req-2"} }

// guess lets somebody guess the owner's password so often.
func (w *world) guess(n int, o account.Origin) {
	w.t.Helper()
	for range n {
		if _, err := w.SignIn(w.t.Context(), typed("12345675", "owner01", "x"), o); !errors.Is(err, account.ErrSignIn) {
			w.t.Fatal(err)
		}
	}
}

func TestAStrangerLocksANameForTheOwnNetworkOnly(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.guess(5, at("198.51.100.1"))
	w.guess(5, at("2001:db8:1:2::3"))
	for address, locked := range map[string]bool{
		"198.51.100.1": true, "::ffff:198.51.100.1": true, "2001:db8:1:2:ffff::9": true,
		"198.51.100.2": false, "2001:db8:1:3::3": false,
	} {
		_, err := w.SignIn(t.Context(), typed("12345675", "OWNER01", right), at(address))
		if errors.Is(err, account.ErrSignIn) != locked || !locked && err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestManyNetworksLockANameEverywhere(t *testing.T) {
	t.Parallel()
	w := open(t)
	for i := range 9 {
		w.guess(5, at(fmt.Sprintf("198.51.100.%d", i)))
	}
	w.guess(4, at("198.51.100.99"))
	if _, err := w.SignIn(t.Context(), typed("12345675", "owner02", right), at("203.0.113.5")); err == nil {
		t.Error("nobody signed in")
	}
	w.guess(1, at("203.0.113.7"))
	if got := w.lastTold(1); got != "sign_in_failed owner01 鎖定中" {
		t.Errorf("the owner is told %q", got)
	}
	_, err := w.SignIn(t.Context(), typed("12345675", "owner01", right), at("203.0.113.8"))
	if !errors.Is(err, account.ErrSignIn) {
		t.Errorf("after fifty failures: %v", err)
	}
	w.clock.Advance(15 * time.Minute)
	_, err = w.SignIn(t.Context(), typed("12345675", "owner01", right), at("203.0.113.8"))
	must(t, err)
}

func TestWhoSetsAPasswordIsLetInFromTheLockedNetwork(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.guess(5, from)
	must(t, w.UseLink(t.Context(), w.link(owner, account.Recovery), secret.New(next), from))
	_, err := w.SignIn(t.Context(), typed("12345675", "owner01", next), from)
	must(t, err)
}

// The log of a member must not be filled by a stranger who goes on guessing.
func TestWhileALockHoldsTriesAreNotRecorded(t *testing.T) {
	t.Parallel()
	w := open(t)
	entries := func() int { return w.number("SELECT count(*) FROM audit_entries") }
	w.guess(4, from)
	if got := w.lastTold(1); got != "sign_in_failed owner01 密碼錯誤" || entries() != 4 {
		t.Errorf("the log says %v", w.told())
	}
	w.guess(1, from)
	if got := w.lastTold(1); got != "sign_in_failed owner01 鎖定中" || entries() != 5 {
		t.Errorf("the log says %v", w.told())
	}
	w.guess(20, from)
	if entries() != 5 {
		t.Errorf("the log says %v", w.told())
	}
	a := w.signIn("12345675", "clerk01")
	before := entries()
	for range 9 {
		err := w.StepUp(t.Context(), a, account.Proof{Password: secret.New("x")}, from)
		if !errors.Is(err, account.ErrStepUp) {
			t.Fatal(err)
		}
	}
	if got := w.lastTold(1); got != "step_up_failed clerk01 鎖定中" || entries() != before+5 {
		t.Errorf("the log says %v", w.told())
	}
}
