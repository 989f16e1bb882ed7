package passkey_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
)

func TestAPasskeyIsRegisteredSignsInAndProves(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		laptop := passkeytest.New(origin)
		made := s.register(laptop, owner, " 筆電 ")
		want := passkey.Passkey{ID: made.ID, HolderID: owner.ID, Name: "筆電", CreatedAt: noon}
		if diff := cmp.Diff([]passkey.Passkey{want}, s.list(owner)); diff != "" || made != want {
			t.Errorf("registered as %+v: %s", made, diff)
		}

		s.clock.Advance(time.Hour)
		holder, err := s.FinishSignIn(t.Context(), s.answered(laptop, s.BeginSignIn))
		if err != nil || holder != owner.ID {
			t.Fatalf("FinishSignIn = %d, %v", holder, err)
		}
		want.LastUsedAt = noon.Add(time.Hour)
		if diff := cmp.Diff([]passkey.Passkey{want}, s.list(owner)); diff != "" {
			t.Error("after the sign-in: " + diff)
		}
		for range 2 {
			must(t, s.FinishProof(t.Context(), owner.ID, s.answered(laptop, s.proofOf(owner.ID))))
		}
		if diff := cmp.Diff([]string{"passkey_added"}, s.kinds()); diff != "" {
			t.Error("entries: " + diff)
		}
	})
}

func TestAnAuthenticatorThatDoesNotCountIsGood(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		phone := passkeytest.New(origin)
		phone.Counter = 0
		s.register(phone, owner, "手機")
		for range 2 {
			if _, err := s.FinishSignIn(t.Context(), s.answered(phone, s.BeginSignIn)); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestOptionsAskForWhatThePolicySays(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	laptop, phone := passkeytest.New(origin), passkeytest.New(origin)
	s.register(laptop, owner, "筆電")
	s.register(phone, owner, "手機")
	type algorithm struct{ Alg int }
	type options struct {
		Challenge string
		Timeout   int
		RP, User  struct{ ID, Name, DisplayName string }
		Params    []algorithm `json:"pubKeyCredParams"`
		Selection struct {
			ResidentKey, UserVerification string
		} `json:"authenticatorSelection"`
		Exclude          []struct{ ID string } `json:"excludeCredentials"`
		Allow            []struct{ ID string } `json:"allowCredentials"`
		Attestation      string
		RPID             string
		UserVerification string
	}
	read := func(c passkey.Ceremony, err error) (o options) {
		t.Helper()
		must(t, err)
		must(t, json.Unmarshal(c.Options, &o))
		if len(o.Challenge) < 43 || o.Timeout != 300_000 || len(c.Token) < 26 {
			t.Errorf("token %q, options %s", c.Token, c.Options)
		}
		return o
	}

	create := read(s.BeginRegistration(t.Context(), owner))
	again, others := read(s.BeginRegistration(t.Context(), owner)), read(s.BeginRegistration(t.Context(), clerk))
	if create.RP.ID != "members.memberzone.example" || create.RP.Name != "Memberzone" || create.User.Name != owner.Name {
		t.Errorf("creation: %+v", create)
	}
	if diff := cmp.Diff([]algorithm{{-7}, {-257}, {-8}}, create.Params); diff != "" {
		t.Error("algorithms, want ES256, RS256, EdDSA: " + diff)
	}
	if create.Selection.ResidentKey != "required" || create.Selection.UserVerification != "required" ||
		create.Attestation != "none" {
		t.Errorf("creation: %+v", create)
	}
	if len(create.Exclude) != 2 || len(others.Exclude) != 0 {
		t.Errorf("excluded %v and for another holder %v", create.Exclude, others.Exclude)
	}
	if len(create.User.ID) != 43 || create.User.ID != again.User.ID || create.User.ID == others.User.ID {
		t.Errorf("handles %q, %q and another holder's %q", create.User.ID, again.User.ID, others.User.ID)
	}
	signIn, proof := read(s.BeginSignIn(t.Context())), read(s.BeginProof(t.Context(), owner.ID))
	if signIn.UserVerification != "required" || len(signIn.Allow) != 0 || signIn.RPID != create.RP.ID {
		t.Errorf("sign-in: %+v", signIn)
	}
	if proof.UserVerification != "required" || len(proof.Allow) != 2 || proof.RPID != create.RP.ID {
		t.Errorf("proof: %+v", proof)
	}
	if _, err := s.BeginProof(t.Context(), clerk.ID); !errors.Is(err, passkey.ErrNotFound) {
		t.Errorf("a proof without passkeys: %v", err)
	}
	c, err := s.BeginRegistration(t.Context(), owner)
	must(t, err)
	if _, err := laptop.Create(c.Options); !errors.Is(err, passkeytest.ErrExcluded) {
		t.Errorf("an excluded authenticator: %v", err)
	}
}

func TestNamesAreRenamedAndRemovedByTheirHolderOnly(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		mine := s.register(passkeytest.New(origin), owner, "筆電")
		s.register(passkeytest.New(origin), clerk, "手機")
		for _, err := range []error{
			s.Rename(ctx, clerk.ID, mine.ID, "我的", entry(clerk)), s.Remove(ctx, removal(clerk, mine.ID), entry(clerk)),
			s.Rename(ctx, owner.ID, mine.ID+99, "無", entry(owner)), s.Remove(ctx, removal(owner, mine.ID+99), entry(owner)),
		} {
			if !errors.Is(err, passkey.ErrNotFound) {
				t.Errorf("got %v, want ErrNotFound", err)
			}
		}
		for _, name := range []string{"", "  ", strings.Repeat("長", 61), "a\nb", "\xff"} {
			if err := s.Rename(ctx, owner.ID, mine.ID, name, entry(owner)); !errors.Is(err, passkey.ErrName) {
				t.Errorf("the name %q: %v", name, err)
			}
		}
		longest := strings.Repeat("長", 60)
		must(t, s.Rename(ctx, owner.ID, mine.ID, longest, entry(owner)))
		if list := s.list(owner); len(list) != 1 || list[0].Name != longest {
			t.Errorf("renamed to %+v", list)
		}
		must(t, s.Remove(ctx, removal(owner, mine.ID), entry(owner)))
		if len(s.list(owner)) != 0 || len(s.list(clerk)) != 1 {
			t.Errorf("left are %v and %v", s.list(owner), s.list(clerk))
		}
		want := []string{"passkey_added", "passkey_added", "passkey_renamed", "passkey_removed"}
		if diff := cmp.Diff(want, s.kinds()); diff != "" {
			t.Error("entries: " + diff)
		}
	})
}

func TestEntriesTellWhatWasChanged(t *testing.T) {
	t.Parallel()
	store := &passkeytest.Store{}
	s := newSite(t, store, nil)
	made := s.register(passkeytest.New(origin), owner, "筆電")
	s.clock.Advance(time.Minute)
	must(t, s.Rename(t.Context(), owner.ID, made.ID, "公司筆電", entry(owner)))
	must(t, s.Remove(t.Context(), removal(owner, made.ID), entry(owner)))
	got := store.Entries()
	if len(got) != 3 || got[0].Subject != "筆電" || got[0].At != noon || got[0].Login != "owner01" {
		t.Fatalf("entries %+v", got)
	}
	renamed := got[1]
	if renamed.Subject != "公司筆電" || renamed.At != noon.Add(time.Minute) || len(renamed.Changes) != 1 ||
		renamed.Changes[0].Before != "筆電" || renamed.Changes[0].After != "公司筆電" {
		t.Errorf("renamed: %+v", renamed)
	}
	if got[2].Subject != "公司筆電" {
		t.Errorf("removed: %+v", got[2])
	}
}

func TestAHolderHasTwentyPasskeys(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		for range passkey.HolderMax - 1 {
			s.register(passkeytest.New(origin), owner, "鑰匙")
		}
		last := s.created(passkeytest.New(origin), owner, "第二十")
		late := s.created(passkeytest.New(origin), owner, "第二十一")
		if _, err := s.finish(t.Context(), owner, last, entry(owner)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.finish(t.Context(), owner, late, entry(owner)); !errors.Is(err, passkey.ErrFull) {
			t.Errorf("the twenty-first: %v", err)
		}
		if _, err := s.BeginRegistration(t.Context(), owner); !errors.Is(err, passkey.ErrFull) {
			t.Errorf("a registration when all are taken: %v", err)
		}
		list := s.list(owner)
		if len(list) != passkey.HolderMax || len(s.kinds()) != passkey.HolderMax || list[0].Name != "第二十" {
			t.Fatalf("%d passkeys, %d entries, the newest %q", len(list), len(s.kinds()), list[0].Name)
		}
		must(t, s.Remove(t.Context(), removal(owner, list[7].ID), entry(owner)))
		s.register(passkeytest.New(origin), owner, "遞補")
	})
}

func TestNewRefusesSitesThatCanHaveNoPasskeys(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"https://memberzone.example": true, "https://members.memberzone.example:8443/path": true,
		"http://localhost:8080": true, "HTTPS://Memberzone.Example": true,
		"http://127.0.0.1:8080": false, "http://[::1]:8080": false, "https://intranet": false, "": false,
		"memberzone.example": false, "ftp://memberzone.example": false, "https://a..example": false, "https://127.1": false,
		"https://": false, "https://%": false,
	} {
		_, err := passkey.New(passkey.Options{
			Origin: address, Name: "Memberzone", Store: &passkeytest.Store{}, Clock: clock.System{},
		})
		if good != (err == nil) || !good && !errors.Is(err, passkey.ErrOrigin) {
			t.Errorf("New(%q): %v", address, err)
		}
	}
	for _, o := range []passkey.Options{
		{Origin: origin, Store: &passkeytest.Store{}, Clock: clock.System{}},
		{Origin: origin, Name: "Memberzone", Clock: clock.System{}},
		{Origin: origin, Name: "Memberzone", Store: &passkeytest.Store{}},
	} {
		if _, err := passkey.New(o); err == nil {
			t.Errorf("New(%+v) made a service", o)
		}
	}
}

func TestPasskeysOfOneHolderAllSignIn(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		keys := []*passkeytest.Authenticator{passkeytest.New(origin), passkeytest.New(origin)}
		for _, a := range keys {
			s.register(a, owner, "鑰匙")
		}
		other := passkeytest.New(origin)
		s.register(other, clerk, "鑰匙")
		var holders []int64
		for _, a := range append(keys, other) {
			holder, err := s.FinishSignIn(t.Context(), s.answered(a, s.BeginSignIn))
			must(t, err)
			holders = append(holders, holder)
		}
		if !slices.Equal(holders, []int64{owner.ID, owner.ID, clerk.ID}) {
			t.Errorf("signed in as %v", holders)
		}
	})
}
