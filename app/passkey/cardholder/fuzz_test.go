package cardholder_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/memberzone/memberzone/app/passkey/cardholder"
)

// What a stranger sends in place of an answer is refused, whatever it is: nobody else
// can sign the challenge.

func FuzzFinishPayment(f *testing.F) {
	key := device(checkout)
	options := []byte(`{"challenge":"AAAAAAAAAAAAAAAAAAAAAA","rp":{"id":"bank.example"},"rpId":"bank.example",
		"user":{"id":"AAAAAAAAAAAAAAAAAAAAAA"}}`)
	created, err := key.Create(options)
	if err != nil {
		f.Fatal(err)
	}
	got, err := key.Get(options)
	if err != nil {
		f.Fatal(err)
	}
	for _, response := range [][]byte{created, got, got[:len(got)/2], []byte(`{"id":"\u0041A","rawId":null}`), nil} {
		f.Add(response)
	}
	f.Fuzz(func(t *testing.T, response []byte) {
		s := inMemory(t)
		mine := device(checkout)
		mine.NextID = []byte("credential")
		s.bind(mine, card)
		_, err := s.finish(cardholder.Answer{Token: s.begin(payment()).Token, Response: response})
		if !errors.Is(err, cardholder.ErrRefused) && !errors.Is(err, cardholder.ErrUnknownCredential) {
			t.Errorf("%q: %v", response, err)
		}
	})
}

// Client data that differ from the honest ones by anything that counts are refused even
// with a good signature: what is accepted reads the same to any reader.
func FuzzClientData(f *testing.F) {
	f.Add([]byte(`,"new":1`), 10)
	f.Add([]byte(`"crossOrigin":true,`), 1)
	f.Add([]byte(`"payment":null,`), 1)
	f.Add([]byte("\xff"), 60)
	f.Add([]byte(`{}`), 0)
	f.Fuzz(func(t *testing.T, put []byte, at int) {
		s := inMemory(t)
		key := device(checkout)
		s.bind(key, card)
		var honest, lied []byte
		key.Alter = func(client []byte) []byte {
			honest = client
			at := min(max(at, 0), len(client))
			lied = append(append(append([]byte{}, client[:at]...), put...), client[at:]...)
			return lied
		}
		proof, err := s.finish(s.paid(key, payment()))
		if err != nil {
			if !errors.Is(err, cardholder.ErrRefused) {
				t.Errorf("%q: %v", lied, err)
			}
			return
		}
		if err := cardholder.VerifyEvidence(proof.Evidence); err != nil {
			t.Errorf("%q: accepted, and the evidence: %v", lied, err)
		}
		mustReadAlike(t, honest, lied)
	})
}

// mustReadAlike compares the members that count as another reader sees them.
func mustReadAlike(t *testing.T, honest, lied []byte) {
	t.Helper()
	var want, got map[string]any
	must(t, json.Unmarshal(honest, &want))
	if err := json.Unmarshal(lied, &got); err != nil {
		t.Errorf("%q was accepted: %v", lied, err)
		return
	}
	paid, _ := got["payment"].(map[string]any)
	for _, name := range []string{"type", "challenge", "origin", "topOrigin"} {
		if got[name] != want[name] {
			t.Errorf("%q was accepted: %s is %v", lied, name, got[name])
		}
	}
	for _, name := range []string{"rpId", "topOrigin", "payeeName", "payeeOrigin"} {
		if asked, _ := want["payment"].(map[string]any); paid[name] != asked[name] {
			t.Errorf("%q was accepted: payment.%s is %v", lied, name, paid[name])
		}
	}
}
