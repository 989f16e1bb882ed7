package cardholder_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
)

func TestAPaymentIsConfirmedWhereItIsExpected(t *testing.T) {
	tests := []struct {
		name        string
		origin, top string // of the page that calls
		kind        cardholder.Kind
		at, inside  string // where the browser stands
	}{
		{"SPC on our checkout", checkout, "", cardholder.SPC, checkout, ""},
		{"SPC on the store's page", shop, shop, cardholder.SPC, shop, ""},
		{"SPC on the relying party's page", rp, rp, cardholder.SPC, rp, ""},
		{"SPC in the relying party's frame", rp, shop, cardholder.SPC, rp, shop},
		{"WebAuthn on the relying party's page", rp, "", cardholder.WebAuthn, rp, ""},
		{"WebAuthn in the relying party's frame", rp, shop, cardholder.WebAuthn, rp, shop},
		{"WebAuthn after SPC failed on the checkout", checkout, "", cardholder.WebAuthn, rp, ""},
		{"WebAuthn in a frame after SPC failed", checkout, "", cardholder.WebAuthn, rp, checkout},
	}
	onBothStores(t, func(t *testing.T, s *site) {
		key := device(rp)
		id := s.bind(key, card)
		for _, tt := range tests {
			p := payment()
			p.Origin, p.TopOrigin = tt.origin, tt.top
			key.Origin, key.TopOrigin = tt.at, tt.inside
			answer := s.touched
			if tt.kind == cardholder.SPC {
				answer = s.paid
			}
			proof, err := s.finish(answer(key, p))
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
				continue
			}
			if proof.Kind != tt.kind || proof.CredentialID != id || !proof.At.Equal(noon) || proof.Synced {
				t.Errorf("%s: %+v", tt.name, proof)
			}
			if err := cardholder.VerifyEvidence(proof.Evidence); err != nil {
				t.Errorf("%s: the evidence: %v", tt.name, err)
			}
			r, err := cardholder.ReadRequest(proof.Request)
			must(t, err)
			if r.TradeNo != p.TradeNo || r.Total != (cardholder.Total{Currency: "TWD", Value: "1250"}) ||
				r.PayeeOrigin != shop || r.PayeeName != p.Payee.Name {
				t.Errorf("%s: the frozen request is %+v", tt.name, r)
			}
		}
		list := s.list(card)
		if len(list) != 1 || !list[0].LastUsedAt.Equal(noon) || list[0].Browser != "Chrome 156 (Windows)" {
			t.Errorf("credentials: %+v", list)
		}
	})
}

func TestEachAlgorithmPays(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	windows, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	for name, own := range map[string]crypto.Signer{"ES256": nil, "RS256": windows, "EdDSA": edwards} {
		key := device(checkout)
		key.NextKey = own
		s.bind(key, card)
		proof, err := s.finish(s.paid(key, payment()))
		if err == nil {
			err = cardholder.VerifyEvidence(proof.Evidence)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		proof.Signature[len(proof.Signature)-1] ^= 1
		if err := cardholder.VerifyEvidence(proof.Evidence); !errors.Is(err, cardholder.ErrEvidence) {
			t.Errorf("%s: another signature: %v", name, err)
		}
	}
}

func TestPaymentsMayLeavePartsOut(t *testing.T) {
	tests := []struct {
		name string
		edit func(*cardholder.PaymentRequest)
		lie  func(*passkeytest.Authenticator)
	}{
		{name: "no payee's origin", edit: func(p *cardholder.PaymentRequest) { p.Payee.Origin = "" }},
		{name: "no payee's name", edit: func(p *cardholder.PaymentRequest) { p.Payee.Name = "" }},
		{name: "no logos", edit: func(p *cardholder.PaymentRequest) { p.Logos = nil }},
		{name: "no details", edit: func(p *cardholder.PaymentRequest) { p.Instrument.Details = "" }},
		{name: "odd text", edit: func(p *cardholder.PaymentRequest) { p.Payee.Name = "</script>\u2028😀\"\\\n" }},
		{
			name: "an icon that did not load", edit: func(p *cardholder.PaymentRequest) { p.Instrument.IconOptional = true },
			lie: func(a *passkeytest.Authenticator) { a.Alter = replacing(t, `{"icon":"`+icon+`"`, `{"icon":""`) },
		},
		{
			name: "a logo that did not load",
			lie:  func(a *passkeytest.Authenticator) { a.Alter = replacing(t, `"url":"`+icon+`"`, `"url":""`) },
		},
		{name: "the first logo left out", lie: func(a *passkeytest.Authenticator) {
			a.Alter = replacing(t, `{"url":"`+icon+`","label":"Bank"},`, "")
		}},
		{
			name: "the amount as a browser may write it",
			lie:  func(a *passkeytest.Authenticator) { a.Alter = replacing(t, `"value":"1250"`, `"value":"01250.00"`) },
		},
		{
			name: "rp, as in 2021",
			lie:  func(a *passkeytest.Authenticator) { a.Alter = replacing(t, `{"rpId":`, `{"rp":`) },
		},
		{
			name: "rpId and rp alike",
			lie:  func(a *passkeytest.Authenticator) { a.Alter = replacing(t, `{"rpId":`, `{"rp":"bank.example","rpId":`) },
		},
		{name: "members nobody knows", lie: func(a *passkeytest.Authenticator) {
			a.Alter = replacing(t, `{"rpId":`, `{"new":[{"a":1}],"rpId":`)
		}},
	}
	onBothStores(t, func(t *testing.T, s *site) {
		key := device(checkout)
		s.bind(key, card)
		for _, tt := range tests {
			p := payment()
			if tt.edit != nil {
				tt.edit(&p)
			}
			key.Alter = nil
			if tt.lie != nil {
				tt.lie(key)
			}
			proof, err := s.finish(s.paid(key, p))
			if err == nil {
				err = cardholder.VerifyEvidence(proof.Evidence)
			}
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
	})
}

func TestTheBrowserIsAskedAsTheStandardsSay(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	key := device(rp)
	s.bind(key, card)
	c, err := s.BeginRegistration(t.Context(), registration(card))
	must(t, err)
	for _, part := range []string{
		`"attestation":"none"`, `"authenticatorAttachment":"platform"`, `"residentKey":"required"`,
		`"userVerification":"required"`, `"payment":{"isPayment":true}`, `"credProps":true`, `"alg":-7`, `"alg":-257`,
		`"alg":-8`, `"excludeCredentials":[{`, `"timeout":300000`, `"id":"bank.example"`, `"name":"Visa •••• 1234"`,
	} {
		if !strings.Contains(string(c.Options), part) {
			t.Errorf("the options lack %s: %s", part, c.Options)
		}
	}
	if _, err := key.Create(c.Options); !errors.Is(err, passkeytest.ErrExcluded) {
		t.Errorf("the same authenticator once more: %v", err)
	}
	p := s.begin(payment())
	for _, part := range []string{
		`"rpId":"bank.example"`, `"timeout":300000`, `"payeeOrigin":"https://shop.example"`, `"iconMustBeShown":true`,
		`"total":{"label":"付款金額","amount":{"currency":"TWD","value":"1250"}}`, `"credentialIds":["`,
	} {
		if !strings.Contains(string(p.SPC), part) {
			t.Errorf("the SPC request lacks %s: %s", part, p.SPC)
		}
	}
	for _, part := range []string{`"userVerification":"required"`, `"allowCredentials":[{`, `"timeout":300000`} {
		if !strings.Contains(string(p.WebAuthn), part) {
			t.Errorf("the options lack %s: %s", part, p.WebAuthn)
		}
	}
	if strings.Contains(string(p.WebAuthn), "extensions") {
		t.Errorf("a browser refuses the payment extension here: %s", p.WebAuthn)
	}
	only := payment()
	only.Kinds = []cardholder.Kind{cardholder.SPC}
	if p := s.begin(only); p.WebAuthn != nil || p.SPC == nil {
		t.Errorf("SPC alone: %+v", p)
	}
	only.Kinds = []cardholder.Kind{cardholder.WebAuthn}
	if p := s.begin(only); p.WebAuthn == nil || p.SPC != nil {
		t.Errorf("WebAuthn alone: %+v", p)
	}
}

func TestRequestsThatNoBrowserTakesAreNotBegun(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	s.bind(device(rp), card)
	for name, edit := range map[string]func(*cardholder.PaymentRequest){
		"nothing to pay":     func(p *cardholder.PaymentRequest) { p.Amount = 0 },
		"no payee":           func(p *cardholder.PaymentRequest) { p.Payee = cardholder.Payee{} },
		"a payee over http":  func(p *cardholder.PaymentRequest) { p.Payee.Origin = "http://shop.example" },
		"a payee nowhere":    func(p *cardholder.PaymentRequest) { p.Payee.Origin = "shop.example" },
		"no icon":            func(p *cardholder.PaymentRequest) { p.Instrument.Icon = "" },
		"no instrument":      func(p *cardholder.PaymentRequest) { p.Instrument.DisplayName = "" },
		"a logo without URL": func(p *cardholder.PaymentRequest) { p.Logos[1].URL = "" },
		"another kind":       func(p *cardholder.PaymentRequest) { p.Kinds = []cardholder.Kind{"otp"} },
		"no caller":          func(p *cardholder.PaymentRequest) { p.Origin = "" },
		"a caller in words":  func(p *cardholder.PaymentRequest) { p.Origin = "https://商店.example" },
		"no window":          func(p *cardholder.PaymentRequest) { p.TopOrigin = "about:blank" },
	} {
		p := payment()
		edit(&p)
		if c, err := s.BeginPayment(t.Context(), p); err == nil {
			t.Errorf("%s: %s", name, c.SPC)
		}
	}
	r := registration(card)
	r.Origin = shop
	if _, err := s.BeginRegistration(t.Context(), r); err == nil {
		t.Error("a registration was begun on a page that is not the relying party's")
	}
	for _, origin := range []string{"", "bank.example", "https://192.0.2.1", "https://bank", "ftp://bank.example"} {
		_, err := cardholder.New(cardholder.Options{Origin: origin, Name: "n", Store: s.store, Clock: s.clock})
		if !errors.Is(err, passkey.ErrOrigin) {
			t.Errorf("New(%q): %v", origin, err)
		}
	}
}

func TestACardHasOneHandleOfItsOwn(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		handles := map[string]bool{}
		handle := func(cardID int64) string {
			c, err := s.BeginRegistration(t.Context(), registration(cardID))
			must(t, err)
			var o struct {
				User struct {
					ID string `json:"id"`
				} `json:"user"`
			}
			must(t, json.Unmarshal(c.Options, &o))
			return o.User.ID
		}
		// A card that is new gets its handle with its first passkey: until then all differ.
		for range 3 {
			handles[handle(0)] = true
		}
		s.bind(device(rp), card)
		s.bind(device(rp), otherCard)
		handles[handle(card)], handles[handle(card)], handles[handle(otherCard)] = true, true, true
		if len(handles) != 5 {
			t.Errorf("%d handles, want 3 of new cards and 2 of old ones", len(handles))
		}
		// Two at once for a card that has none: both work, each with its own handle.
		one, two := device(checkout), device(checkout)
		for _, key := range []*passkeytest.Authenticator{one, two} {
			key.Origin = rp
			made, err := s.VerifyRegistration(t.Context(), first, s.created(key, 0))
			must(t, err)
			_, err = s.StoreRegistration(t.Context(), 99, made, cardholder.Facts{})
			must(t, err)
			key.Origin = checkout
		}
		p := payment()
		p.CardID = 99
		for _, key := range []*passkeytest.Authenticator{one, two} {
			if _, err := s.finish(s.paid(key, p)); err != nil {
				t.Errorf("either of two: %v", err)
			}
		}
	})
}

func TestRegistrationInAFrame(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	for _, tt := range []struct {
		top, inside string // expected, and where the browser is
		good        bool
	}{
		{"", "", true}, {shop, shop, true}, {shop, "", false}, {"", shop, false}, {shop, checkout, false},
	} {
		r := registration(card)
		r.TopOrigin = tt.top
		c, err := s.BeginRegistration(t.Context(), r)
		must(t, err)
		key := device(rp)
		key.TopOrigin = tt.inside
		response, err := key.Create(c.Options)
		must(t, err)
		_, err = s.VerifyRegistration(t.Context(), first, cardholder.Answer{Token: c.Token, Response: response})
		if tt.good != (err == nil) || err != nil && !errors.Is(err, cardholder.ErrRefused) {
			t.Errorf("expected inside %q, inside %q: %v", tt.top, tt.inside, err)
		}
	}
}

func TestCredentialsAreListedAndRevoked(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		old, fresh := device(checkout), device(checkout)
		oldID, freshID := s.bind(old, card), s.bind(fresh, card)
		theirs := s.bind(device(rp), otherCard)
		if list := s.list(card); len(list) != 2 || list[0].ID != freshID || list[1].ID != oldID || list[0].CardID != card {
			t.Fatalf("newest first: %+v", list)
		}
		begun := s.paid(old, payment())
		r := cardholder.Revocation{By: cardholder.BySupport, Reason: " 持卡人來電：手機遺失 "}
		must(t, s.Revoke(t.Context(), card, oldID, r))
		if err := s.Revoke(t.Context(), card, oldID, r); !errors.Is(err, cardholder.ErrNotFound) {
			t.Errorf("twice: %v", err)
		}
		if err := s.Revoke(t.Context(), card, theirs, r); !errors.Is(err, cardholder.ErrNotFound) {
			t.Errorf("another card's: %v", err)
		}
		for _, reason := range []string{"", "  ", strings.Repeat("字", 201)} {
			err := s.Revoke(t.Context(), card, freshID, cardholder.Revocation{Reason: reason})
			if !errors.Is(err, cardholder.ErrReason) {
				t.Errorf("reason %q: %v", reason, err)
			}
		}
		want := cardholder.Revocation{At: noon, By: cardholder.BySupport, Reason: "持卡人來電：手機遺失"}
		if list := s.list(card); list[1].Revocation != want || list[1].Usable() || usable(list) != 1 {
			t.Errorf("after the revocation: %+v", list)
		}
		if _, err := s.finish(begun); !errors.Is(err, cardholder.ErrUnknownCredential) {
			t.Errorf("the revoked one answers: %v", err)
		}
		if _, err := old.Pay(s.begin(payment()).SPC); !errors.Is(err, passkeytest.ErrNoKey) {
			t.Errorf("the revoked one was asked for: %v", err)
		}
		if _, err := s.finish(s.paid(fresh, payment())); err != nil {
			t.Errorf("the other one: %v", err)
		}
		has := func() bool {
			has, err := s.HasCredential(t.Context(), card)
			must(t, err)
			return has
		}
		if !has() {
			t.Error("one is left")
		}
		must(t, s.Revoke(t.Context(), card, freshID, cardholder.Revocation{By: cardholder.ByCardholder, Reason: "換手機"}))
		if has() {
			t.Error("none is left")
		}
		if _, err := s.BeginPayment(t.Context(), payment()); !errors.Is(err, cardholder.ErrNoCredential) {
			t.Errorf("begun with none: %v", err)
		}
		s.bind(old, card) // the device of old may be bound again
		if !has() {
			t.Error("bound again")
		}
	})
}

func TestACardHasTwentyCredentialsAtMost(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		ready := s.created(device(rp), card)
		made, err := s.VerifyRegistration(t.Context(), first, ready)
		must(t, err)
		var ids []cardholder.CredentialID
		for range cardholder.CardMax {
			ids = append(ids, s.bind(device(rp), card))
		}
		if _, err := s.BeginRegistration(t.Context(), registration(card)); !errors.Is(err, cardholder.ErrFull) {
			t.Errorf("begin: %v", err)
		}
		if _, err := s.StoreRegistration(t.Context(), card, made, cardholder.Facts{}); !errors.Is(err, cardholder.ErrFull) {
			t.Errorf("store: %v", err)
		}
		must(t, s.Revoke(t.Context(), card, ids[4], cardholder.Revocation{By: cardholder.ByCardholder, Reason: "不用"}))
		long := cardholder.Facts{Browser: strings.Repeat("瀏", 101) + "\xff"}
		if _, err := s.StoreRegistration(t.Context(), card, made, long); err != nil {
			t.Errorf("in the free place: %v", err)
		}
		if got := s.list(card)[0].Browser; got != strings.Repeat("瀏", 100) {
			t.Errorf("the browser's name is %q", got)
		}
		if n := len(s.list(card)); n != cardholder.CardMax+1 || slices.Contains(ids, 0) {
			t.Errorf("%d credentials", n)
		}
	})
}
