package cardholder_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/passkey/cardholder"
)

// proofs are one of each kind, the first with a browser bound key.
func proofs(t *testing.T) map[string]cardholder.Evidence {
	t.Helper()
	s := inMemory(t)
	key := device(checkout)
	key.Browser = newKey(t)
	s.bind(key, card)
	all := map[string]cardholder.Evidence{}
	proof, err := s.finish(s.paid(key, payment()))
	must(t, err)
	all["spc"] = proof.Evidence
	key.Origin, key.TopOrigin = rp, shop
	framed := payment()
	framed.Origin, framed.TopOrigin = rp, shop
	proof, err = s.finish(s.touched(key, framed))
	must(t, err)
	all["webauthn"] = proof.Evidence
	return all
}

func TestEveryChangedByteOfTheEvidenceIsFound(t *testing.T) {
	t.Parallel()
	for name, evidence := range proofs(t) {
		must(t, cardholder.VerifyEvidence(evidence))
		fields := reflect.TypeOf(evidence)
		for i := range fields.NumField() {
			size := reflect.ValueOf(evidence).Field(i).Len()
			if size == 0 {
				if name != "webauthn" || fields.Field(i).Name != "BrowserSignature" {
					t.Errorf("%s: %s is empty", name, fields.Field(i).Name)
				}
				continue
			}
			for at := range size {
				for _, flip := range []byte{0x01, 0x20, 0x80, 0xff} {
					changed := flipped(evidence, i, at, flip)
					if err := cardholder.VerifyEvidence(changed); !errors.Is(err, cardholder.ErrEvidence) {
						t.Errorf("%s: byte %d of %s flipped by %#x: %v", name, at, fields.Field(i).Name, flip, err)
					}
				}
			}
		}
	}
}

// flipped changes one byte of one field.
func flipped(e cardholder.Evidence, field, at int, by byte) cardholder.Evidence {
	v := reflect.ValueOf(&e).Elem().Field(field)
	var raw []byte
	if v.Kind() == reflect.String {
		raw = []byte(v.String())
	} else {
		raw = bytes.Clone(v.Bytes())
	}
	raw[at] ^= by
	if v.Kind() == reflect.String {
		v.SetString(string(raw))
	} else {
		v.SetBytes(raw)
	}
	return e
}

func TestEvidenceThatWasTamperedWithIsFound(t *testing.T) {
	t.Parallel()
	whole := proofs(t)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"spc", "webauthn"}).Draw(t, "proof")
		changed := whole[name]
		field := rapid.SampledFrom([]int{3, 4, 5, 6, 7, 8}).Draw(t, "field") // the bytes
		v := reflect.ValueOf(&changed).Elem().Field(field)
		raw := v.Bytes()
		from := rapid.IntRange(0, len(raw)).Draw(t, "from")
		to := rapid.IntRange(from, len(raw)).Draw(t, "to")
		put := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "put")
		edited := append(append(bytes.Clone(raw[:from]), put...), raw[to:]...)
		v.SetBytes(edited)
		err := cardholder.VerifyEvidence(changed)
		if same := bytes.Equal(raw, edited); same != (err == nil) {
			t.Fatalf("%s: field %d, %d to %d becomes %q: %v", name, field, from, to, put, err)
		}
	})
}

// Evidence of one payment does not prove another.
func TestEvidenceIsOfOnePayment(t *testing.T) {
	t.Parallel()
	spc, plain := proofs(t)["spc"], proofs(t)["webauthn"]
	mixed := spc
	mixed.Request = plain.Request
	for name, e := range map[string]cardholder.Evidence{"request": mixed, "nothing": {}} {
		if err := cardholder.VerifyEvidence(e); !errors.Is(err, cardholder.ErrEvidence) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What was kept once proves for ever: testdata holds proofs as this version wrote them.
// A change that no longer takes them needs a reader for both.
func TestProofsOfOldStillProve(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) != 3 {
		t.Fatalf("%d proofs, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		var e cardholder.Evidence
		must(t, json.Unmarshal(text, &e))
		if err := cardholder.VerifyEvidence(e); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		r, err := cardholder.ReadRequest(e.Request)
		if err != nil || r.TradeNo != "26112412000000001" || r.Total.Value != "1250" ||
			!strings.HasPrefix(r.PayeeName, "Shop") || !r.BegunAt.Equal(noon) {
			t.Errorf("%s: %+v, %v", file, r, err)
		}
	}
}

// Who swaps the key can sign as well: the frozen request names the keys that may answer.
func TestEvidenceWithAnotherKeyIsFound(t *testing.T) {
	t.Parallel()
	s, elsewhere := inMemory(t), inMemory(t)
	key, forger := device(checkout), device(checkout)
	key.NextID, forger.NextID = []byte("one credential"), []byte("one credential")
	s.bind(key, card)
	elsewhere.bind(forger, card)
	theirs, err := elsewhere.finish(elsewhere.paid(forger, payment()))
	must(t, err)
	c := s.begin(payment())
	forged, err := forger.Pay(c.SPC)
	must(t, err)
	honest, err := key.Pay(c.SPC)
	must(t, err)
	proof, err := s.finish(cardholder.Answer{Token: c.Token, Response: honest})
	must(t, err)
	var r struct {
		Response map[string]string `json:"response"`
	}
	must(t, json.Unmarshal(forged, &r))
	part := func(name string) []byte {
		raw, err := base64.RawURLEncoding.DecodeString(r.Response[name])
		must(t, err)
		return raw
	}
	swapped := proof.Evidence
	swapped.PublicKey, swapped.ClientDataJSON = theirs.PublicKey, part("clientDataJSON")
	swapped.AuthenticatorData, swapped.Signature = part("authenticatorData"), part("signature")
	err = cardholder.VerifyEvidence(swapped)
	if !errors.Is(err, cardholder.ErrEvidence) || !strings.Contains(err.Error(), "public key") {
		t.Errorf("another key: %v", err)
	}
}
