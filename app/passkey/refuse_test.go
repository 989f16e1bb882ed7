package passkey_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
)

// lies are what an authenticator or the browser before it may do wrong, each with a
// word of the cause.
var lies = []struct {
	word string
	tell func(*passkeytest.Authenticator)
}{
	{"origin", func(a *passkeytest.Authenticator) { a.Origin = "https://memberzone.example" }},
	{"origin", func(a *passkeytest.Authenticator) { a.Origin += ":8443" }},
	{"origin", func(a *passkeytest.Authenticator) { a.Origin = strings.Replace(origin, "https", "http", 1) }},
	{"RP Hash", func(a *passkeytest.Authenticator) { a.RPID = "memberzone.example" }},
	{"User verification", func(a *passkeytest.Authenticator) { a.Unverified = true }},
}

// withChallenge returns options that ask for another challenge.
func withChallenge(t *testing.T, options []byte) []byte {
	t.Helper()
	var o map[string]any
	must(t, json.Unmarshal(options, &o))
	o["challenge"] = strings.Repeat("A", 43)
	changed, err := json.Marshal(o)
	must(t, err)
	return changed
}

func TestAnswersThatLieAreRefused(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		key := passkeytest.New(origin)
		s.register(key, owner, "鑰匙")
		for _, lie := range lies {
			liar := passkeytest.New(origin)
			lie.tell(liar)
			_, err := s.finish(t.Context(), owner, s.created(liar, owner, "鑰匙"), entry(owner))
			mustRefuse(t, err, lie.word)

			honest := *key
			lie.tell(key)
			_, err = s.FinishSignIn(t.Context(), s.answered(key, s.BeginSignIn))
			mustRefuse(t, err, lie.word)
			mustRefuse(t, s.FinishProof(t.Context(), owner.ID, s.answered(key, s.proofOf(owner.ID))), lie.word)
			*key = honest
		}
		key.Forges = true
		_, err := s.FinishSignIn(t.Context(), s.answered(key, s.BeginSignIn))
		mustRefuse(t, err, "signature")
		key.Forges = false
		if _, err := s.FinishSignIn(t.Context(), s.answered(key, s.BeginSignIn)); err != nil || len(s.list(owner)) != 1 {
			t.Errorf("the honest answer: %v, passkeys %v", err, s.list(owner))
		}
	})
}

func TestAnotherChallengeIsRefused(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		key := passkeytest.New(origin)
		s.register(key, owner, "鑰匙")
		create, err := s.BeginRegistration(t.Context(), clerk)
		must(t, err)
		made, err := passkeytest.New(origin).Create(withChallenge(t, create.Options))
		must(t, err)
		_, err = s.finish(t.Context(), clerk,
			passkey.Answer{Token: create.Token, Response: made, Name: "鑰匙"}, entry(clerk))
		mustRefuse(t, err, "challenge")
		get, err := s.BeginSignIn(t.Context())
		must(t, err)
		response, err := key.Get(withChallenge(t, get.Options))
		must(t, err)
		_, err = s.FinishSignIn(t.Context(), passkey.Answer{Token: get.Token, Response: response})
		mustRefuse(t, err, "challenge")
	})
}

func TestAnAnswerIsGoodOnce(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		key := passkeytest.New(origin)
		created := s.created(key, owner, "")
		if _, err := s.finish(t.Context(), owner, created, entry(owner)); !errors.Is(err, passkey.ErrName) {
			t.Errorf("without a name: %v", err)
		}
		created.Name = "鑰匙" // a name is mended without another ceremony
		_, err := s.finish(t.Context(), owner, created, entry(owner))
		must(t, err)
		_, err = s.finish(t.Context(), owner, created, entry(owner))
		mustRefuse(t, err, "answered before")

		answer := s.answered(key, s.BeginSignIn)
		var passed atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				_, err := s.FinishSignIn(context.WithoutCancel(t.Context()), answer)
				if err == nil {
					passed.Add(1)
				} else if !errors.Is(err, passkey.ErrRefused) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if passed.Load() != 1 {
			t.Errorf("%d of 8 equal answers passed", passed.Load())
		}
	})
}

func TestACeremonyIsBoundToItsKindAndHolder(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		ctx, mine, theirs := t.Context(), passkeytest.New(origin), passkeytest.New(origin)
		s.register(mine, owner, "鑰匙")
		s.register(theirs, clerk, "鑰匙")

		mustRefuse(t, s.FinishProof(ctx, owner.ID, s.answered(mine, s.BeginSignIn)), "sign_in")
		_, err := s.FinishSignIn(ctx, s.answered(mine, s.proofOf(owner.ID)))
		mustRefuse(t, err, "proof")
		mustRefuse(t, s.FinishProof(ctx, clerk.ID, s.answered(mine, s.proofOf(owner.ID))), "holder 1")
		created := s.created(passkeytest.New(origin), owner, "鑰匙")
		_, err = s.finish(ctx, clerk, created, entry(clerk))
		mustRefuse(t, err, "holder 1")
		signIn := s.answered(mine, s.BeginSignIn)
		signIn.Response, signIn.Name = created.Response, "鑰匙"
		_, err = s.finish(ctx, owner, signIn, entry(owner))
		mustRefuse(t, err, "sign_in")

		// Nor does the challenge of a registration prove its own holder: it names no passkey.
		create, err := s.BeginRegistration(ctx, owner)
		must(t, err)
		var o map[string]any
		must(t, json.Unmarshal(create.Options, &o))
		o["rpId"] = "members.memberzone.example"
		asked, err := json.Marshal(o)
		must(t, err)
		response, err := mine.Get(asked)
		must(t, err)
		mustRefuse(t, s.FinishProof(ctx, owner.ID, passkey.Answer{Token: create.Token, Response: response}), "registration")

		// Another holder's passkey does not prove this one, not even when asked for.
		proof, err := s.BeginProof(ctx, owner.ID)
		must(t, err)
		must(t, json.Unmarshal(proof.Options, &o))
		delete(o, "allowCredentials")
		asked, err = json.Marshal(o)
		must(t, err)
		response, err = theirs.Get(asked)
		must(t, err)
		mustRefuse(t, s.FinishProof(ctx, owner.ID, passkey.Answer{Token: proof.Token, Response: response}), "not owned")
	})
}

func TestACeremonyExpires(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		key := passkeytest.New(origin)
		s.register(key, owner, "鑰匙")
		late := s.answered(key, s.BeginSignIn)
		s.clock.Advance(passkey.CeremonyTimeout)
		_, err := s.FinishSignIn(t.Context(), late)
		mustRefuse(t, err, "expired")
		just := s.answered(key, s.BeginSignIn)
		s.clock.Advance(passkey.CeremonyTimeout - time.Millisecond)
		if _, err := s.FinishSignIn(t.Context(), just); err != nil {
			t.Errorf("in the last moment: %v", err)
		}
	})
}

func TestARemovedPasskeyIsRefused(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		key, other := passkeytest.New(origin), passkeytest.New(origin)
		made := s.register(key, owner, "鑰匙")
		s.register(other, owner, "備用")
		proof, signIn := s.answered(key, s.proofOf(owner.ID)), s.answered(key, s.BeginSignIn)
		must(t, s.Remove(t.Context(), removal(owner, made.ID), entry(owner)))
		mustRefuse(t, s.FinishProof(t.Context(), owner.ID, proof), "not own")
		_, err := s.FinishSignIn(t.Context(), signIn)
		mustRefuse(t, err, "Unable to find")
		stranger := passkeytest.New(origin)
		elsewhere := inMemory(t) // the same site with another database: a handle that nobody here has
		elsewhere.register(stranger, owner, "鑰匙")
		_, err = s.FinishSignIn(t.Context(), s.answered(stranger, s.BeginSignIn))
		mustRefuse(t, err, "unknown user handle")
	})
}

func TestACounterThatGoesBackMarksThePasskeyForEver(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		key := passkeytest.New(origin)
		key.Counter = 4_000_000_000 // beyond 31 bits
		s.register(key, owner, "鑰匙")
		if _, err := s.FinishSignIn(t.Context(), s.answered(key, s.BeginSignIn)); err != nil {
			t.Fatal(err)
		}
		key.Counter = 4_000_000_001 // as it was at the sign-in
		stale := s.answered(key, s.proofOf(owner.ID))
		later := s.answered(key, s.proofOf(owner.ID))
		mustRefuse(t, s.FinishProof(t.Context(), owner.ID, stale), "cloned")
		if list := s.list(owner); !list[0].Cloned {
			t.Errorf("not marked: %+v", list)
		}
		mustRefuse(t, s.FinishProof(t.Context(), owner.ID, later), "cloned")
		key.Counter = 4_100_000_000
		_, err := s.FinishSignIn(t.Context(), s.answered(key, s.BeginSignIn))
		mustRefuse(t, err, "cloned")
		if _, err := s.BeginProof(t.Context(), owner.ID); !errors.Is(err, passkey.ErrNotFound) {
			t.Errorf("a proof with nothing but a cloned passkey: %v", err)
		}
	})
}

func TestBackupFlagsAreKept(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		phone := passkeytest.New(origin)
		phone.Eligible = true
		if made := s.register(phone, owner, "手機"); made.Synced {
			t.Error("synced before it is backed up")
		}
		phone.Synced = true
		_, err := s.FinishSignIn(t.Context(), s.answered(phone, s.BeginSignIn))
		must(t, err)
		if list := s.list(owner); !list[0].Synced {
			t.Errorf("the backup state was not stored: %+v", list)
		}
		phone.Eligible, phone.Synced = false, false
		_, err = s.FinishSignIn(t.Context(), s.answered(phone, s.BeginSignIn))
		mustRefuse(t, err, "Backup Eligible flag inconsistency")
		if list := s.list(owner); !list[0].Synced {
			t.Errorf("a refused answer changed the passkey: %+v", list)
		}
	})
}

func TestACredentialIsRegisteredOnce(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		key, copied := passkeytest.New(origin), passkeytest.New(origin)
		key.NextID = []byte("the same credential")
		copied.NextID = bytes.Clone(key.NextID)
		s.register(key, owner, "鑰匙")
		_, err := s.finish(t.Context(), clerk, s.created(copied, clerk, "鑰匙"), entry(clerk))
		mustRefuse(t, err, "")
		if len(s.list(clerk)) != 0 || len(s.kinds()) != 1 {
			t.Errorf("half a registration was stored: %v, %v", s.list(clerk), s.kinds())
		}
	})
}

func TestWhatIsNoAnswerIsRefused(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	key := passkeytest.New(origin)
	s.register(key, owner, "鑰匙")
	good := s.answered(key, s.BeginSignIn)
	padded := append(bytes.Repeat([]byte(" "), passkey.AnswerBytesMax), good.Response...)
	for _, response := range [][]byte{nil, []byte("null"), []byte("{}"), []byte("[1]"), padded, good.Response[:99]} {
		_, err := s.FinishSignIn(t.Context(), passkey.Answer{Token: good.Token, Response: response})
		mustRefuse(t, err, "read the answer")
		mustRefuse(t, s.FinishProof(t.Context(), owner.ID, passkey.Answer{Response: response}), "read the answer")
		_, err = s.finish(t.Context(), owner, passkey.Answer{Response: response, Name: "鑰匙"}, entry(owner))
		mustRefuse(t, err, "read the answer")
	}
	_, err := s.FinishSignIn(t.Context(), passkey.Answer{Response: good.Response})
	mustRefuse(t, err, "unknown")
	if _, err := s.FinishSignIn(t.Context(), good); err != nil {
		t.Errorf("the good answer after all that: %v", err)
	}
}
