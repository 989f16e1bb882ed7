package account_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
)

// openReal is the room with genuine passkeys and a software authenticator.
func openReal(t *testing.T) (*world, *passkey.Service, *passkeytest.Authenticator) {
	t.Helper()
	return openRealWith(t, 0)
}

func openRealWith(t *testing.T, connections int) (*world, *passkey.Service, *passkeytest.Authenticator) {
	t.Helper()
	var genuine *passkey.Service
	w := openWith(t, connections, func(o *account.Options) {
		var err error
		fake := o.Passkeys.(*ceremonies)
		genuine, err = passkey.New(passkey.Options{
			Origin: site, Name: "會員專區", Store: fake.world.db.Passkeys(), Clock: o.Clock,
		})
		must(t, err)
		o.Passkeys = genuine
	})
	// The library that checks the answers looks at the machine's clock too.
	w.clock.Advance(time.Since(noon))
	return w, genuine, passkeytest.New(site)
}

func TestAPasskeyOfALinkSignsInAndStepsUp(t *testing.T) {
	t.Parallel()
	w, genuine, browser := openReal(t)
	token := w.link(invited, account.Invitation)
	begun, err := w.LinkPasskey(t.Context(), token)
	must(t, err)
	made, err := browser.Create(begun.Options)
	must(t, err)
	must(t, w.UseLinkPasskey(t.Context(), token, passkey.Answer{Token: begun.Token, Response: made, Name: "手機"}, from))

	begun, err = genuine.BeginSignIn(t.Context())
	must(t, err)
	response, err := browser.Get(begun.Options)
	must(t, err)
	started, err := w.SignInPasskey(t.Context(), false, passkey.Answer{Token: begun.Token, Response: response}, from)
	must(t, err)
	a := w.actor(started.ID)
	if a.Account.ID != invited || a.Session.Method != account.ByPasskey {
		t.Errorf("signed in as %+v", a)
	}
	w.clock.Advance(account.SteppedUpFor)
	begun, err = genuine.BeginProof(t.Context(), int64(invited))
	must(t, err)
	response, err = browser.Get(begun.Options)
	must(t, err)
	proof := account.Proof{Passkey: passkey.Answer{Token: begun.Token, Response: response}}
	must(t, w.StepUp(t.Context(), a, proof, from))
	if err := w.StepUp(t.Context(), a, proof, from); !errors.Is(err, account.ErrStepUp) {
		t.Errorf("the same answer again: %v", err)
	}
}

// Each of the answers would register a passkey; the link lets one of them.
func TestOfManyPasskeysOfOneLinkOneIsStored(t *testing.T) {
	t.Parallel()
	w, _, _ := openReal(t)
	token := w.link(invited, account.Invitation)
	answers := make([]passkey.Answer, 8)
	for i := range answers {
		begun, err := w.LinkPasskey(t.Context(), token)
		must(t, err)
		made, err := passkeytest.New(site).Create(begun.Options)
		must(t, err)
		answers[i] = passkey.Answer{Token: begun.Token, Response: made, Name: "手機"}
	}
	var used atomic.Int32
	var all sync.WaitGroup
	for _, answer := range answers {
		all.Go(func() {
			err := w.UseLinkPasskey(t.Context(), token, answer, from)
			switch {
			case err == nil:
				used.Add(1)
			case !errors.Is(err, account.ErrLink):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if used.Load() != 1 || w.number("SELECT count(*) FROM passkeys") != 1 {
		t.Errorf("%d uses, %d passkeys", used.Load(), w.number("SELECT count(*) FROM passkeys"))
	}
	if n := w.number("SELECT count(*) FROM audit_entries WHERE kind = 'passkey_added'"); n != 1 {
		t.Errorf("the log says %v", w.told())
	}
}
