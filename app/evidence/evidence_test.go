package evidence_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/evidence"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
	"github.com/memberzone/memberzone/app/payment"
)

const (
	relyingParty = "https://passkey.example"
	checkout     = "https://pay.example"
	shop         = "https://shop.example"
	tradeNo      = "26112412030500001"
	card         = int64(7)
)

var noon = time.Date(2026, 11, 24, 4, 3, 5, 123456789, time.UTC)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// paid is the record of a payment of NT$1,250 that a real ceremony has confirmed.
func paid(t testing.TB, kind cardholder.Kind) evidence.Record {
	t.Helper()
	now := clock.NewFake(noon)
	s, err := cardholder.New(cardholder.Options{
		Origin: relyingParty, Name: "Passkey", Store: &passkeytest.Cards{}, Clock: now,
	})
	must(t, err)
	device := passkeytest.New(relyingParty)
	begun, err := s.BeginRegistration(t.Context(), cardholder.Registration{
		Subject: 1, CardID: card, Name: "Visa •••• 1111", DisplayName: "Visa •••• 1111", Origin: relyingParty,
	})
	must(t, err)
	made, err := device.Create(begun.Options)
	must(t, err)
	bound, err := s.VerifyRegistration(t.Context(), 1, cardholder.Answer{Token: begun.Token, Response: made})
	must(t, err)
	_, err = s.StoreRegistration(t.Context(), card, bound, cardholder.Facts{Browser: "chrome"})
	must(t, err)
	request := cardholder.PaymentRequest{
		Subject: 2, CardID: card, TradeNo: tradeNo, Origin: checkout, Kinds: []cardholder.Kind{kind},
		Payee: cardholder.Payee{Name: "晴川選物", Origin: shop}, Amount: 1250,
		Instrument: cardholder.Instrument{
			DisplayName: "Visa", Icon: "data:image/png;base64,iVBORw0KGgo=", Details: "•••• 1111",
		},
	}
	asked, err := s.BeginPayment(t.Context(), request)
	must(t, err)
	now.Advance(2 * time.Second)
	var answer []byte
	if kind == cardholder.SPC {
		device.Origin = checkout
		answer, err = device.Pay(asked.SPC)
	} else {
		answer, err = device.Get(asked.WebAuthn)
	}
	must(t, err)
	proof, err := s.FinishPayment(t.Context(), 2, cardholder.Answer{Token: asked.Token, Response: answer})
	must(t, err)
	proof.At = proof.At.Truncate(time.Microsecond) // as the database keeps it
	return evidence.Record{
		TradeNo: tradeNo, OrderNo: "ORD1", MerchantID: "MS100000001", By: payment.VerifiedPasskey, Browser: "chrome",
		Proof: &proof, Binding: &evidence.Bound{
			At: noon.Truncate(time.Microsecond), Browser: "chrome", ClientData: bound.ClientData,
			Attestation: bound.Attestation,
		},
	}
}

func bundle(t testing.TB, r evidence.Record) ([]byte, evidence.Bundle) {
	t.Helper()
	raw, b, err := r.Bundle()
	must(t, err)
	return raw, b
}

func TestABundleHoldsAndTellsWhatWasConfirmed(t *testing.T) {
	t.Parallel()
	for kind, want := range map[cardholder.Kind]string{
		cardholder.SPC: "持卡人於 2026-11-24 12:03:07 在 https://pay.example 上確認付款 NT$1,250 給 晴川選物（https://shop.example）。",
		cardholder.WebAuthn: "持卡人於 2026-11-24 12:03:07 在 https://passkey.example 上確認付款 NT$1,250 " +
			"給 晴川選物（https://shop.example）。",
	} {
		r := paid(t, kind)
		raw, made := bundle(t, r)
		read, said, err := evidence.Read(raw)
		must(t, err)
		if read.SHA256 != made.SHA256 || said.Kind != kind || read.Sentence() != want {
			t.Errorf("%s: %q, kind %s", kind, read.Sentence(), said.Kind)
		}
		again, _ := bundle(t, r)
		if string(again) != string(raw) {
			t.Errorf("%s: a second download has other bytes", kind)
		}
		if strings.Contains(string(raw), "411111") {
			t.Errorf("%s: the bundle has more of the card than its last four digits", kind)
		}
	}
}

// Whatever byte is changed, whether it is signed or only there to be read, is found.
func TestEveryChangedByteOfABundleIsFound(t *testing.T) {
	t.Parallel()
	raw, _ := bundle(t, paid(t, cardholder.SPC))
	for at := range raw {
		raw[at] ^= 0x01
		if _, _, err := evidence.Read(raw); !errors.Is(err, evidence.ErrBundle) {
			t.Errorf("byte %d of %d: %v", at, len(raw), err)
		}
		raw[at] ^= 0x01
	}
	rapid.Check(t, func(t *rapid.T) {
		at, by := rapid.IntRange(0, len(raw)-1).Draw(t, "at"), rapid.ByteRange(1, 255).Draw(t, "by")
		changed := append([]byte(nil), raw...)
		switch rapid.SampledFrom([]string{"flip", "insert", "delete", "cut"}).Draw(t, "how") {
		case "flip":
			changed[at] ^= by
		case "insert":
			changed = append(changed[:at:at], append([]byte{by}, raw[at:]...)...)
		case "delete":
			changed = append(changed[:at], changed[at+1:]...)
		case "cut":
			changed = changed[:at]
		}
		if string(changed) == string(raw) {
			return
		}
		if _, _, err := evidence.Read(changed); !errors.Is(err, evidence.ErrBundle) {
			t.Fatalf("byte %d: %v", at, err)
		}
	})
}

// Somebody who changes a bundle and writes its hash anew is found by the signature; or,
// where nothing is signed, by the hash that the transaction's page has.
func TestAForgedHashHelpsNobody(t *testing.T) {
	t.Parallel()
	r := paid(t, cardholder.SPC)
	_, good := bundle(t, r)
	other := paid(t, cardholder.SPC)
	signed := map[string]func(*evidence.Bundle){
		"payment.amount":       func(b *evidence.Bundle) { b.Payment.Amount = "1" },
		"payment.tradeNo":      func(b *evidence.Bundle) { b.Payment.TradeNo = "26112412030500002" },
		"payment.payeeName":    func(b *evidence.Bundle) { b.Payment.PayeeName = "別家商店" },
		"payment.payeeOrigin":  func(b *evidence.Bundle) { b.Payment.PayeeOrigin = "" },
		"payment.currency":     func(b *evidence.Bundle) { b.Payment.Currency = "JPY" },
		"payment.card":         func(b *evidence.Bundle) { b.Payment.Card = "Visa •••• 2222" },
		"payment.askedAt":      func(b *evidence.Bundle) { b.Payment.AskedAt = b.Payment.AskedAt.Add(time.Nanosecond) },
		"payment.confirmedAt":  func(b *evidence.Bundle) { b.Payment.ConfirmedAt = b.Payment.ConfirmedAt.Add(time.Hour) },
		"passkey.kind":         func(b *evidence.Bundle) { b.Passkey.Kind = cardholder.WebAuthn },
		"passkey.origin":       func(b *evidence.Bundle) { b.Passkey.Origin = shop },
		"passkey.topOrigin":    func(b *evidence.Bundle) { b.Passkey.TopOrigin = shop },
		"passkey.synced":       func(b *evidence.Bundle) { b.Passkey.Synced = !b.Passkey.Synced },
		"passkey.browserBound": func(b *evidence.Bundle) { b.Passkey.BrowserBound = !b.Passkey.BrowserBound },
		"does not prove": func(b *evidence.Bundle) {
			b.Evidence.Signature = other.Proof.Signature
		},
		"another credential": func(b *evidence.Bundle) {
			b.Binding = &evidence.Binding{BoundAt: b.Binding.BoundAt, Attestation: other.Binding.Attestation}
		},
		"type": func(b *evidence.Bundle) {
			b.Binding = &evidence.Binding{
				BoundAt: b.Binding.BoundAt, Attestation: b.Binding.Attestation, ClientDataJSON: b.Evidence.ClientDataJSON,
			}
		},
	}
	for word, change := range signed {
		forged := good
		change(&forged)
		raw, _, err := forged.Write()
		must(t, err)
		if _, _, err := evidence.Read(raw); !errors.Is(err, evidence.ErrBundle) || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", word, err)
		}
	}
	forged := good
	forged.Payment.OrderNo = "ORD2"
	raw, fresh, err := forged.Write()
	must(t, err)
	if _, _, err := evidence.Read(raw); err != nil || fresh.SHA256 == good.SHA256 {
		t.Errorf("an order number is not signed, and a forged one shows by the hash alone: %v", err)
	}
}

func TestABundleTellsNothingOfOtherStores(t *testing.T) {
	t.Parallel()
	r := paid(t, cardholder.SPC)
	r.Binding.ClientData = []byte(`{"type":"webauthn.create","topOrigin":"https://other.example"}`)
	raw, b := bundle(t, r)
	if len(b.Binding.ClientDataJSON) > 0 || strings.Contains(string(raw), "other.example") {
		t.Error("the bundle tells where the passkey was made")
	}
	if _, _, err := evidence.Read(raw); err != nil {
		t.Errorf("without it: %v", err)
	}
}

func TestARecordOfACodeHasNoBundle(t *testing.T) {
	t.Parallel()
	if _, _, err := (evidence.Record{By: payment.VerifiedOTP}).Bundle(); !errors.Is(err, evidence.ErrNone) {
		t.Errorf("error %v", err)
	}
}

func TestFingerprintsAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	_, b := bundle(t, paid(t, cardholder.SPC))
	for _, text := range []string{b.Fingerprint(), b.SHA256, strings.ToUpper(b.Fingerprint()), " " + b.SHA256 + "\n"} {
		if got, err := evidence.ParseFingerprint(text); err != nil || got != b.SHA256 {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "12", b.SHA256[1:], b.SHA256 + "00", strings.Repeat("g", 64)} {
		if _, err := evidence.ParseFingerprint(text); err == nil {
			t.Errorf("%q is no SHA-256", text)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, kind := range []cardholder.Kind{cardholder.SPC, cardholder.WebAuthn} {
		raw, _ := bundle(f, paid(f, kind))
		f.Add(raw)
		f.Add(raw[:len(raw)/2])
	}
	f.Add([]byte(`{"format":"` + evidence.Format + `"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, _, err := evidence.Read(raw)
		if err != nil {
			if !errors.Is(err, evidence.ErrBundle) {
				t.Errorf("error %v", err)
			}
			return
		}
		again, _, err := b.Write()
		if err != nil || string(again) != string(raw) {
			t.Errorf("what was read is written otherwise: %v", err)
		}
	})
}
