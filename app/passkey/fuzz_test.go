package passkey_test

import (
	"errors"
	"testing"

	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
)

// seed gives the fuzzer real answers to another challenge, and stumps.
func seed(f *testing.F) {
	f.Helper()
	key := passkeytest.New(origin)
	options := []byte(`{"challenge":"AAAAAAAAAAAAAAAAAAAAAA","rpId":"members.memberzone.example",
		"rp":{"id":"members.memberzone.example"},"user":{"id":"AAAAAAAAAAAAAAAAAAAAAA"}}`)
	created, err := key.Create(options)
	if err != nil {
		f.Fatal(err)
	}
	got, err := key.Get(options)
	if err != nil {
		f.Fatal(err)
	}
	for _, response := range [][]byte{created, got, created[:len(created)/2], []byte("{}"), []byte("null"), nil} {
		f.Add(response)
	}
}

// What a stranger sends in place of an answer is refused, whatever it is: nobody
// else can sign the challenge.

func FuzzFinishSignIn(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, response []byte) {
		s := inMemory(t)
		c, err := s.BeginSignIn(t.Context())
		must(t, err)
		_, err = s.FinishSignIn(t.Context(), passkey.Answer{Token: c.Token, Response: response})
		if !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("%q: %v", response, err)
		}
	})
}

func FuzzFinishProof(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, response []byte) {
		s := inMemory(t)
		key := passkeytest.New(origin)
		key.NextID = []byte("credential")
		s.register(key, owner, "鑰匙")
		c, err := s.BeginProof(t.Context(), owner.ID)
		must(t, err)
		err = s.FinishProof(t.Context(), owner.ID, passkey.Answer{Token: c.Token, Response: response})
		if !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("%q: %v", response, err)
		}
	})
}

func FuzzVerifyRegistration(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, response []byte) {
		s := inMemory(t)
		c, err := s.BeginRegistration(t.Context(), owner)
		must(t, err)
		answer := passkey.Answer{Token: c.Token, Response: response, Name: "鑰匙"}
		_, err = s.finish(t.Context(), owner, answer, entry(owner))
		if !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("%q: %v", response, err)
		}
	})
}
