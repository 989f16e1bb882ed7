package cardholder_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"testing"

	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
)

// No browser here has browser bound keys: these tests are synthetic, after the
// specification.

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return key
}

func TestABrowserBoundKeyIsKnownFromTheBinding(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		key := device(checkout)
		key.Browser, key.Eligible, key.Synced = newKey(t), true, true
		s.bind(key, card)
		proof, err := s.finish(s.paid(key, payment()))
		must(t, err)
		if !proof.BrowserBound || !proof.Synced {
			t.Errorf("proof: %+v", proof)
		}
		must(t, cardholder.VerifyEvidence(proof.Evidence))

		key.Browser = nil // the same passkey in a browser without such keys
		proof, err = s.finish(s.paid(key, payment()))
		if err != nil || proof.BrowserBound {
			t.Errorf("without the browser's key: %+v, %v", proof, err)
		}
	})
}

func TestASyncedPasskeyFromANewDeviceIsTrustedAfterACode(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		key := device(checkout)
		key.Browser, key.Eligible, key.Synced = newKey(t), true, true
		s.bind(key, card)
		home := key.Browser
		key.Browser = newKey(t)
		for range 2 { // and stays unknown while nobody sends a good code
			if _, err := s.finish(s.paid(key, payment())); !errors.Is(err, cardholder.ErrNewDevice) {
				t.Errorf("a new device: %v", err)
			}
		}
		must(t, s.Trust(t.Context(), second)) // another verification's code
		if _, err := s.finish(s.paid(key, payment())); !errors.Is(err, cardholder.ErrNewDevice) {
			t.Errorf("after another verification's code: %v", err)
		}
		must(t, s.Trust(t.Context(), first))
		if proof, err := s.finish(s.paid(key, payment())); err != nil || !proof.BrowserBound {
			t.Errorf("after a good code: %+v, %v", proof, err)
		}
		key.Browser = home
		if _, err := s.finish(s.paid(key, payment())); err != nil {
			t.Errorf("the first device: %v", err)
		}
	})
}

func TestAPasskeyOfOneDeviceMayBringANewBrowser(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		key := device(checkout)
		s.bind(key, card)
		key.Browser = newKey(t)
		for range 2 {
			if proof, err := s.finish(s.paid(key, payment())); err != nil || !proof.BrowserBound {
				t.Errorf("a new browser on the only device: %+v, %v", proof, err)
			}
		}
	})
}

func TestABrowserBoundKeyMustSign(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	key := device(checkout)
	key.Browser = newKey(t)
	s.bind(key, card)
	bare := s.paid(key, payment())
	bare.Response = edited(t, bare.Response, "clientExtensionResults", map[string]any{}) // as toJSON writes it
	_, err := s.finish(bare)
	mustRefuse(t, err, "without its signature")

	forged := s.paid(key, payment())
	forged.Response = edited(t, forged.Response, "clientExtensionResults", map[string]any{
		"payment": map[string]any{"browserBoundSignature": map[string]any{"signature": "MAYCAQECAQE"}},
	})
	_, err = s.finish(forged)
	mustRefuse(t, err, "browser bound key")

	// A key that is named in place of the one that signed.
	key.Alter = func(client []byte) []byte {
		at := bytes.Index(client, []byte(`"browserBoundPublicKey":"`)) + 60
		client[at] ^= 1
		return client
	}
	_, err = s.finish(s.paid(key, payment()))
	mustRefuse(t, err, "browser bound key")

	made := s.created(keyAt(rp, key.Browser), card)
	made.Response = edited(t, made.Response, "clientExtensionResults", map[string]any{})
	_, err = s.VerifyRegistration(t.Context(), first, made)
	mustRefuse(t, err, "without its signature")
}

func keyAt(origin string, browser *ecdsa.PrivateKey) *passkeytest.Authenticator {
	key := device(origin)
	key.Browser = browser
	return key
}
