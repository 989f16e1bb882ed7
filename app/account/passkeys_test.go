package account_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/secret"
)

// store stores passkeys of an account, one for each mark.
func (w *world) store(id account.ID, cloned ...bool) (ids []int64) {
	w.t.Helper()
	w.run("INSERT INTO passkey_holders VALUES ($1, sha256($2)) ON CONFLICT DO NOTHING", int64(id), fmt.Append(nil, id))
	for i, mark := range cloned {
		w.run(`INSERT INTO passkeys (account_id, place, name, credential_id, public_key, flags, sign_count, cloned, aaguid,
				transports, attachment, attestation_type, attestation_format, created_at)
			VALUES ($1, $2, '手機', $3, '', 5, 1, $4, '', '{}', '', '', '', $5)`,
			int64(id), i+1, fmt.Appendf(nil, "%d-%d", id, i), mark, noon)
		ids = append(ids, int64(w.number("SELECT max(id) FROM passkeys")))
	}
	return ids
}

func TestAPasswordIsNoProofOfWhoHasAPasskey(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		cloned []bool
		want   bool
	}{
		{"no passkey", nil, true},
		{"a passkey", []bool{false}, false},
		{"a passkey that may be copied", []bool{true}, true},
		{"one of each", []bool{true, false}, false},
	} {
		w := open(t)
		w.store(clerk, tt.cloned...)
		started, err := w.SignIn(t.Context(), typed("12345675", "clerk01", right), from)
		must(t, err)
		now := w.clock.Now()
		if kept := w.actor(started.ID).Session; kept.SteppedUp(now) != tt.want || started.SteppedUp(now) != tt.want {
			t.Errorf("%s: stepped up at %s, told %s", tt.name, kept.SteppedUpAt, started.SteppedUpAt)
		}
		started, err = w.SignInPasskey(t.Context(), false, passkey.Answer{Token: tokenOf(clerk)}, from)
		must(t, err)
		if !w.actor(started.ID).Session.SteppedUp(now) {
			t.Errorf("%s: the passkey itself is no proof", tt.name)
		}
	}
}

func TestAPasskeyThatMayBeCopiedIsNoWayToStepUp(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.passkeys.held[int64(owner)], w.passkeys.marked[int64(owner)] = 2, true
	a := w.signIn("12345675", "owner01")
	w.clock.Advance(account.SteppedUpFor)
	must(t, w.StepUp(t.Context(), a, account.Proof{Password: secret.New(right)}, from))
}

func TestTheLastWayInStays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		password bool
		cloned   []bool // the first one is removed
		want     error
	}{
		{"beside a password", true, []bool{false}, nil},
		{"the last", false, []bool{false}, passkey.ErrLast},
		{"beside another", false, []bool{false, false}, nil},
		{"beside one that may be copied", false, []bool{false, true}, passkey.ErrLast},
		{"one that may be copied", false, []bool{true, false}, nil},
		{"the last, which may be copied", false, []bool{true}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, _, _ := openReal(t)
			a := w.signIn("12345675", "clerk01")
			if !tt.password {
				w.run("UPDATE accounts SET password_hash = '' WHERE id = 2")
			}
			ids := w.store(clerk, tt.cloned...)
			other := w.signIn("12345675", "owner01")
			if err := w.RemovePasskey(t.Context(), other, ids[0], from); !errors.Is(err, passkey.ErrNotFound) {
				t.Errorf("somebody else: %v", err)
			}
			if err := w.RemovePasskey(t.Context(), a, ids[0], from); !errors.Is(err, tt.want) {
				t.Errorf("RemovePasskey = %v", err)
			}
			left := len(tt.cloned) - 1
			if tt.want != nil {
				left++
			}
			if n := w.number("SELECT count(*) FROM passkeys"); n != left {
				t.Errorf("%d passkeys are left, want %d", n, left)
			}
			if n := w.number("SELECT count(*) FROM audit_entries WHERE kind = 'passkey_removed'"); n != len(tt.cloned)-left {
				t.Errorf("the log says %v", w.told())
			}
		})
	}
}

func TestOfTwoPasskeysRemovedAtOnceOneStays(t *testing.T) {
	t.Parallel()
	w, _, _ := openReal(t)
	a := w.signIn("12345675", "clerk01")
	w.run("UPDATE accounts SET password_hash = '' WHERE id = 2")
	for range 5 {
		ids := w.store(clerk, false, false)
		var kept atomic.Int32
		var all sync.WaitGroup
		for _, id := range ids {
			all.Go(func() {
				switch err := w.RemovePasskey(t.Context(), a, id, from); {
				case errors.Is(err, passkey.ErrLast):
					kept.Add(1)
				case err != nil:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := w.number("SELECT count(*) FROM passkeys"); n != 1 || kept.Load() != 1 {
			t.Fatalf("%d passkeys are left, %d were kept", n, kept.Load())
		}
		w.run("DELETE FROM passkeys")
	}
}

func TestARecoveryByPasskeyLeavesThePasswordBehind(t *testing.T) {
	t.Parallel()
	w := open(t)
	answer := passkey.Answer{Token: tokenOf(clerk), Name: "手機"}
	must(t, w.UseLinkPasskey(t.Context(), w.link(clerk, account.Recovery), answer, from))
	if n := w.number("SELECT count(*) FROM accounts WHERE id = 2 AND password_hash = ''"); n != 1 {
		t.Error("the old password is still good")
	}
	_, err := w.SignIn(t.Context(), typed("12345675", "clerk01", right), from)
	if !errors.Is(err, account.ErrSignIn) {
		t.Errorf("the old password: %v", err)
	}
	mails := w.mails()
	if len(mails) != 1 {
		t.Fatalf("mails %q", mails)
	}
	contains(t, mails[0], "已新增 Passkey，原密碼已停用")
	changes := "SELECT count(*) FROM audit_entries WHERE kind = 'passkey_added' AND changes::text LIKE '%密碼%'"
	if w.number(changes) != 1 {
		t.Errorf("the log does not tell of the password: %v", w.told())
	}
}

func TestARecoveryByPasswordTellsOfThePasskeysThatStay(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.store(clerk, false, true)
	must(t, w.UseLink(t.Context(), w.link(clerk, account.Recovery), secret.New(next), from))
	if n := w.number("SELECT count(*) FROM passkeys"); n != 2 {
		t.Errorf("%d passkeys are left", n)
	}
	contains(t, w.mails()[0], "另有 2 個 Passkey", site+"/member/account")
	w.clock.Advance(time.Minute)
	must(t, w.UseLink(t.Context(), w.link(invited, account.Invitation), secret.New(next), from))
	if mails := w.mails(); len(mails) != 2 || has(mails[1], "Passkey") {
		t.Errorf("mails %q", mails)
	}
}
