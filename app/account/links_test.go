package account_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/secret"
)

// link stores a link of an account and returns its token.
func (w *world) link(id account.ID, p account.Purpose) string {
	w.t.Helper()
	link, token := account.MintLink(id, p, w.clock.Now())
	must(w.t, w.db.Accounts().InTx(w.t.Context(), func(ctx ctx, t account.Tx) error { return t.ReplaceLink(ctx, link) }))
	return string(token)
}

func TestALinkSetsThePasswordOnce(t *testing.T) {
	t.Parallel()
	w := open(t)
	before, other := w.signIn("12345675", "clerk01"), w.signIn("12345675", "owner01")
	for range 5 {
		_, _ = w.SignIn(t.Context(), typed("12345675", "clerk01", "x"), from)
	}
	token := w.link(clerk, account.Recovery)
	for range 3 { // a mail scanner opens links
		l, err := w.OpenLink(t.Context(), token)
		must(t, err)
		if l.Account.ID != clerk || l.Member != "晴川" || l.MemberCode != "12345675" || l.Purpose != account.Recovery {
			t.Errorf("opened %+v", l)
		}
	}
	must(t, w.UseLink(t.Context(), token, secret.New(next), from))
	w.ended(before.Session.ID, "a new password")
	w.actor(other.Session.ID)
	if got := w.lastTold(1); got != "password_set clerk01 clerk01" {
		t.Errorf("the log says %q", got)
	}
	if all := w.mails(); len(all) != 1 || !strings.HasPrefix(all[0], "clerk01@example.test\n") ||
		!strings.Contains(all[0], "密碼已變更") {
		t.Errorf("mails %q", all)
	}
	// The failures before do not keep the holder out.
	if _, err := w.SignIn(t.Context(), typed("12345675", "clerk01", next), from); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if err := w.UseLink(t.Context(), token, secret.New(next+"!"), from); !errors.Is(err, account.ErrLink) {
		t.Errorf("a second use: %v", err)
	}
}

func TestOfTwentyUsesOfALinkAtOnceOneCounts(t *testing.T) {
	t.Parallel()
	w := open(t)
	token := w.link(invited, account.Invitation)
	var used atomic.Int32
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			var err error
			if i%2 == 0 {
				err = w.UseLink(t.Context(), token, secret.New(fmt.Sprintf("%s-%d", next, i)), from)
			} else {
				err = w.UseLinkPasskey(t.Context(), token, passkey.Answer{Token: tokenOf(invited)}, from)
			}
			switch {
			case err == nil:
				used.Add(1)
			case !errors.Is(err, account.ErrLink):
				t.Errorf("use %d: %v", i, err)
			}
		})
	}
	all.Wait()
	if used.Load() != 1 {
		t.Errorf("%d uses counted", used.Load())
	}
	if n := w.number("SELECT count(*) FROM audit_entries WHERE kind IN ('password_set', 'passkey_added')"); n != 1 {
		t.Errorf("the log says %v", w.told())
	}
	if n := w.number("SELECT count(*) FROM mails"); n != 1 {
		t.Errorf("%d mails", n)
	}
}

func TestALinkThatIsNoMoreGood(t *testing.T) {
	t.Parallel()
	tests := map[string]func(w *world) (token string){
		"unknown": func(*world) string { return string(ident.NewToken()) },
		"empty":   func(*world) string { return "" },
		"an invitation after three days": func(w *world) string {
			defer w.clock.Advance(account.InvitationLifetime)
			return w.link(clerk, account.Invitation)
		},
		"a recovery after half an hour": func(w *world) string {
			defer w.clock.Advance(account.RecoveryLifetime)
			return w.link(clerk, account.Recovery)
		},
		"replaced": func(w *world) string {
			token := w.link(clerk, account.Invitation)
			w.clock.Advance(time.Second)
			w.link(clerk, account.Invitation)
			return token
		},
		"another of the account was used": func(w *world) string {
			token := w.link(clerk, account.Invitation)
			must(w.t, w.UseLink(w.t.Context(), w.link(clerk, account.Recovery), secret.New(next), from))
			return token
		},
		"another of the account was used for a passkey": func(w *world) string {
			token := w.link(invited, account.Recovery)
			answer := passkey.Answer{Token: tokenOf(invited)}
			must(w.t, w.UseLinkPasskey(w.t.Context(), w.link(invited, account.Invitation), answer, from))
			return token
		},
		"of a suspended account": func(w *world) string { return w.link(suspended, account.Recovery) },
		"of a suspended member":  func(w *world) string { return w.link(stopped, account.Recovery) },
		"after the password was changed": func(w *world) string {
			a, token := w.signIn("12345675", "clerk01"), w.link(clerk, account.Recovery)
			must(w.t, w.ChangePassword(w.t.Context(), a, secret.New(right), secret.New(next), from))
			return token
		},
	}
	for name, make := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			token := make(w)
			hash := w.number("SELECT count(*) FROM accounts WHERE password_hash LIKE '$argon2id%'")
			_, opened := w.OpenLink(t.Context(), token)
			_, begun := w.LinkPasskey(t.Context(), token)
			for step, err := range map[string]error{
				"open": opened, "begin": begun, "use": w.UseLink(t.Context(), token, secret.New(next+"-2"), from),
				"passkey": w.UseLinkPasskey(t.Context(), token, passkey.Answer{Token: tokenOf(clerk)}, from),
			} {
				if !errors.Is(err, account.ErrLink) {
					t.Errorf("%s: %v", step, err)
				}
			}
			if n := w.number("SELECT count(*) FROM accounts WHERE password_hash LIKE '$argon2id%'"); n != hash {
				t.Error("a password was set")
			}
		})
	}
}

func TestAReplacementIsGood(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.link(invited, account.Invitation)
	must(t, w.UseLink(t.Context(), w.link(invited, account.Invitation), secret.New(next), from))
	if n := w.number("SELECT count(*) FROM account_links WHERE used_at IS NULL"); n != 0 {
		t.Errorf("%d links are open", n)
	}
}

func TestALinkSetsAPasskey(t *testing.T) {
	t.Parallel()
	w := open(t)
	before := w.signIn("12345675", "clerk01")
	token := w.link(clerk, account.Recovery)
	begun, err := w.LinkPasskey(t.Context(), token)
	must(t, err)
	if string(begun.Options) != "12345675/clerk01" {
		t.Errorf("begun for %s", begun.Options)
	}
	// A refusal of the ceremony uses nothing up and tells nobody.
	err = w.UseLinkPasskey(t.Context(), token, passkey.Answer{Token: "?"}, from)
	if !errors.Is(err, passkey.ErrRefused) || w.number("SELECT count(*) FROM mails") != 0 {
		t.Errorf("a wrong answer: %v, %v", err, w.told())
	}
	w.actor(before.Session.ID)
	must(t, w.UseLinkPasskey(t.Context(), token, passkey.Answer{Token: begun.Token, Name: "手機"}, from))
	w.ended(before.Session.ID, "a passkey set by a link")
	if !slices.Contains(w.told(), "1 passkey_added clerk01 clerk01") || w.number("SELECT count(*) FROM mails") != 1 {
		t.Errorf("the log says %v", w.told())
	}
}

func TestStaffLinksSetPasskeysOnly(t *testing.T) {
	t.Parallel()
	w := open(t)
	token := w.link(staff, account.Recovery)
	if err := w.UseLink(t.Context(), token, secret.New(next), from); !errors.Is(err, account.ErrPasskeyOnly) {
		t.Errorf("a password: %v", err)
	}
	must(t, w.UseLinkPasskey(t.Context(), token, passkey.Answer{Token: tokenOf(staff)}, from))
}

func TestALinkRefusesAPasswordThatIsEasyToGuessAndStaysGood(t *testing.T) {
	t.Parallel()
	w := open(t)
	token := w.link(clerk, account.Recovery)
	for password, want := range map[string]error{
		"short": account.ErrPasswordLength, "my-CLERK01-secret": account.ErrPasswordName,
		"qwertyuiop123": account.ErrPasswordCommon,
	} {
		if err := w.UseLink(t.Context(), token, secret.New(password), from); !errors.Is(err, want) {
			t.Errorf("%s: %v", password, err)
		}
	}
	must(t, w.UseLink(t.Context(), token, secret.New(next), from))
}
