package account_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
	"github.com/memberzone/memberzone/app/secret"
)

// registered is a browser's answer to a ceremony of a new passkey.
func registered(t *testing.T, begun passkey.Ceremony, err error) passkey.Answer {
	t.Helper()
	must(t, err)
	made, err := passkeytest.New(site).Create(begun.Options)
	must(t, err)
	return passkey.Answer{Token: begun.Token, Response: made, Name: "手機"}
}

// A request that takes a second connection while it holds one waits for itself here.
func TestNothingTakesTwoConnections(t *testing.T) {
	t.Parallel()
	w, genuine, _ := openRealWith(t, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	a := w.signIn("12345675", "clerk01")
	w.clock.Advance(2 * time.Minute)
	a = w.actor(a.Session.ID)
	must(t, w.StepUp(ctx, a, account.Proof{Password: secret.New(right)}, from))
	must(t, w.ChangePassword(ctx, a, secret.New(right), secret.New(next), from))
	begun, err := genuine.BeginRegistration(ctx, account.PasskeyHolder(a))
	added, err := w.AddPasskey(ctx, a, registered(t, begun, err), from)
	must(t, err)
	must(t, w.RemovePasskey(ctx, a, added.ID, from))
	must(t, w.AskOwnRecovery(ctx, a, from))
	must(t, w.SendRecovery(ctx, asked("12345675", "clerk01")))
	token := w.token()
	begun, err = w.LinkPasskey(ctx, token)
	must(t, w.UseLinkPasskey(ctx, token, registered(t, begun, err), from))
	must(t, w.UseLink(ctx, w.link(clerk, account.Recovery), secret.New(next+"-2"), from))
	owned := w.signIn("12345675", "owner01")
	must(t, w.StartViewAs(ctx, owned, "clerk01", from))
	must(t, w.SignOut(ctx, w.actor(owned.Session.ID), from))
	must(t, w.InviteStaff(ctx, account.NewStaff{Login: "chen01", Email: "c@example.com", Role: account.Agent}))
	must(t, w.SetStaffStatus(ctx, "chen01", account.Suspended))
}

// All connections of the process must not wait for one account's sign-ins to end: 150 of
// them want to note their time while a link ends them.
func TestRequestsDoNotWaitForTheEndOfTheirSignIns(t *testing.T) {
	t.Parallel()
	w, _, _ := openReal(t)
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for range 8 {
		w.run(`INSERT INTO account_sessions (account_id, method, address, agent, started_at, seen_at, stepped_up_at)
			SELECT 2, 'password', '', '', $1, $1, $1 FROM generate_series(1, 150)`, w.clock.Now())
		last := w.number("SELECT max(id) FROM account_sessions")
		token := w.link(clerk, account.Recovery)
		begun, err := w.LinkPasskey(ctx, token)
		answer := registered(t, begun, err)
		w.clock.Advance(2 * time.Minute)
		var all sync.WaitGroup
		for i := range 150 {
			if i == 75 {
				all.Go(func() {
					if err := w.UseLinkPasskey(ctx, token, answer, from); err != nil {
						t.Error(err)
					}
				})
			}
			all.Go(func() {
				_, err := w.Actor(ctx, account.SessionID(last-i))
				if err != nil && !errors.Is(err, account.ErrNotFound) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := w.number("SELECT count(*) FROM account_sessions WHERE ended_at IS NULL"); n != 0 {
			t.Errorf("%d sign-ins are open", n)
		}
		w.run("DELETE FROM passkeys")
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %s", took)
	}
}

// While a transaction holds the row of a sign-in, its requests go on.
func TestARequestPassesALockedSignIn(t *testing.T) {
	t.Parallel()
	w := open(t)
	a := w.signIn("12345675", "clerk01")
	w.clock.Advance(2 * time.Minute)
	must(t, w.db.Accounts().InTx(t.Context(), func(inside ctx, tx account.Tx) error {
		must(t, tx.EndSessions(inside, clerk, 0, w.clock.Now()))
		outside, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := w.Actor(outside, a.Session.ID)
		return err
	}))
	w.ended(a.Session.ID, "its end")
}

// between runs something once, after an account was read by its number.
type between struct {
	account.Accounts
	once sync.Once
	do   func()
}

func (b *between) CredentialOf(ctx context.Context, id account.ID) (account.Credential, error) {
	found, err := b.Accounts.CredentialOf(ctx, id)
	b.once.Do(b.do)
	return found, err
}

func TestAChangeOfPasswordDoesNotOverwriteWhatCameBetween(t *testing.T) {
	t.Parallel()
	const recovered = "Lantern-Quarry-85"
	for name, change := range map[string]func(w *world, a account.Actor){
		"a recovery": func(w *world, _ account.Actor) {
			must(w.t, w.UseLink(w.t.Context(), w.link(clerk, account.Recovery), secret.New(recovered), from))
		},
		"a recovery by passkey": func(w *world, _ account.Actor) {
			answer := passkey.Answer{Token: tokenOf(clerk)}
			must(w.t, w.UseLinkPasskey(w.t.Context(), w.link(clerk, account.Recovery), answer, from))
		},
		"another password": func(w *world, _ account.Actor) {
			hash, err := account.HashPassword(secret.New(recovered))
			must(w.t, err)
			w.run("UPDATE accounts SET password_hash = $1 WHERE id = 2", hash.Expose())
		},
		"the end of the sign-in": func(w *world, a account.Actor) { must(w.t, w.SignOut(w.t.Context(), a, from)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var w *world
			var a account.Actor
			b := &between{do: func() { change(w, a) }}
			w = open(t, func(o *account.Options) { b.Accounts, o.Store = o.Store, b })
			a = w.signIn("12345675", "clerk01")
			err := w.ChangePassword(t.Context(), a, secret.New(right), secret.New(next), from)
			if !errors.Is(err, account.ErrPasswordMoved) {
				t.Errorf("ChangePassword = %v", err)
			}
			if _, err := w.SignIn(t.Context(), typed("12345675", "clerk01", next), from); !errors.Is(err, account.ErrSignIn) {
				t.Errorf("the overwriting password: %v", err)
			}
		})
	}
}

func TestARecoveryGoesToTheAddressThatTheAccountHasNow(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]string{
		"email = 'new@example.test'": "new@example.test",
		"email = ''":                 "",
		"status = 'suspended'":       "",
	} {
		var w *world
		w = open(t, func(o *account.Options) {
			o.Store = &late{Accounts: o.Store, change: func() { w.run("UPDATE accounts SET " + change + " WHERE id = 2") }}
		})
		must(t, w.SendRecovery(t.Context(), asked("12345675", "clerk01")))
		if all := w.mails(); len(all) != len(strings.Fields(want)) || len(all) == 1 && !strings.HasPrefix(all[0], want+"\n") {
			t.Errorf("%s: mails %q", change, all)
		}
	}
}
