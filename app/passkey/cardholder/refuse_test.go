package cardholder_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
)

// The answers below are signed by the right key unless a test says otherwise: what is
// wrong is what was signed, or where the answer is handed in.

func TestAuthenticatorsThatLieAreRefused(t *testing.T) {
	lies := []struct {
		word string
		tell func(*passkeytest.Authenticator)
	}{
		{"RP Hash", func(a *passkeytest.Authenticator) { a.RPID = "shop.example" }},
		{"User verification", func(a *passkeytest.Authenticator) { a.Unverified = true }},
		{"signature", func(a *passkeytest.Authenticator) { a.Forges = true }},
	}
	onBothStores(t, func(t *testing.T, s *site) {
		key := device(checkout)
		s.bind(key, card)
		for _, lie := range lies {
			honest := *key
			lie.tell(key)
			_, err := s.finish(s.paid(key, payment()))
			mustRefuse(t, err, lie.word)
			key.Origin = rp
			_, err = s.finish(s.touched(key, payment()))
			mustRefuse(t, err, lie.word)
			*key = honest
		}
	})
}

func TestPlainAnswersFromElsewhereAreRefused(t *testing.T) {
	tests := []struct {
		name        string
		origin, top string // asked for
		at, inside  string // answered
	}{
		{"on the checkout", checkout, "", checkout, ""},
		{"on the store's page", shop, "", shop, ""},
		{"in a frame of another page", checkout, "", rp, shop},
		{"alone, though it is framed", rp, shop, rp, ""},
		{"framed, though it is alone", rp, "", rp, shop},
		{"framed by another", rp, shop, rp, checkout},
	}
	onBothStores(t, func(t *testing.T, s *site) {
		key := device(rp)
		s.bind(key, card)
		for _, tt := range tests {
			p := payment()
			p.Origin, p.TopOrigin = tt.origin, tt.top
			key.Origin, key.TopOrigin = tt.at, tt.inside
			_, err := s.finish(s.touched(key, p))
			if !errors.Is(err, cardholder.ErrRefused) || !strings.Contains(err.Error(), "origin") {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		// A frame that does not say what is around it.
		key.Origin, key.TopOrigin = rp, shop
		key.Alter = replacing(t, `"topOrigin":"`+shop+`",`, ``)
		p := payment()
		p.Origin, p.TopOrigin = rp, shop
		_, err := s.finish(s.touched(key, p))
		mustRefuse(t, err, "origin")
	})
}

func TestOnlyTheExpectedKindIsAccepted(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	key := device(rp)
	s.bind(key, card)
	p := payment()
	p.Origin, p.Kinds = rp, []cardholder.Kind{cardholder.SPC}
	c := s.begin(p)
	var asked struct {
		Data struct {
			Challenge string `json:"challenge"`
		} `json:"data"`
	}
	must(t, json.Unmarshal(c.SPC, &asked))
	options, err := json.Marshal(map[string]string{"challenge": asked.Data.Challenge, "rpId": rpID})
	must(t, err)
	response, err := key.Get(options)
	must(t, err)
	_, err = s.finish(cardholder.Answer{Token: c.Token, Response: response})
	mustRefuse(t, err, `type "webauthn.get"`)

	p.Kinds = []cardholder.Kind{cardholder.WebAuthn}
	c = s.begin(p)
	both := payment()
	both.Origin = rp
	template := s.begin(both).SPC
	var o map[string]json.RawMessage
	must(t, json.Unmarshal(template, &o))
	var plain struct {
		Challenge string `json:"challenge"`
	}
	must(t, json.Unmarshal(c.WebAuthn, &plain))
	o["data"] = edited(t, o["data"], "challenge", plain.Challenge)
	request, err := json.Marshal(o)
	must(t, err)
	response, err = key.Pay(request)
	must(t, err)
	_, err = s.finish(cardholder.Answer{Token: c.Token, Response: response})
	mustRefuse(t, err, `type "payment.get"`)
}

// An account's sign-in and a cardholder's payment on one domain, with one passkey even:
// neither answer is good for the other.
func TestSignInsAreNoPaymentsAndTheReverse(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	accounts, err := passkey.New(passkey.Options{
		Origin: rp, Name: "Memberzone", Store: &passkeytest.Store{}, Clock: clock.NewFake(noon),
	})
	must(t, err)
	key := device(rp)
	key.NextID = []byte("one credential of both")
	s.bind(key, card)
	p := payment()
	p.Origin = rp

	signIn, err := accounts.BeginSignIn(t.Context())
	must(t, err)
	signedIn, err := key.Get(signIn.Options)
	must(t, err)
	c := s.begin(p)
	_, err = s.finish(cardholder.Answer{Token: c.Token, Response: signedIn})
	mustRefuse(t, err, "another challenge")
	_, err = s.finish(cardholder.Answer{Token: signIn.Token, Response: signedIn})
	mustRefuse(t, err, "unknown, expired")

	// The sign-in's own challenge, shown as a payment: the attack that the type is against.
	var asked struct {
		Challenge string `json:"challenge"`
	}
	must(t, json.Unmarshal(signIn.Options, &asked))
	var o map[string]json.RawMessage
	must(t, json.Unmarshal(s.begin(p).SPC, &o))
	o["data"] = edited(t, o["data"], "challenge", asked.Challenge)
	request, err := json.Marshal(o)
	must(t, err)
	paid, err := key.Pay(request)
	must(t, err)
	_, err = accounts.FinishSignIn(t.Context(), passkey.Answer{Token: signIn.Token, Response: paid})
	if !errors.Is(err, passkey.ErrRefused) {
		t.Errorf("a payment signs in: %v", err)
	}
	_, err = accounts.FinishSignIn(t.Context(), passkey.Answer{Token: c.Token, Response: paid})
	if !errors.Is(err, passkey.ErrRefused) {
		t.Errorf("a payment's token signs in: %v", err)
	}
}

func TestAnswersBelongToTheirCeremony(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		key, theirs := device(checkout), device(checkout)
		s.bind(key, card)
		s.bind(theirs, otherCard)

		one, two := s.paid(key, payment()), s.paid(key, payment())
		_, err := s.finish(cardholder.Answer{Token: one.Token, Response: two.Response})
		mustRefuse(t, err, "another challenge")
		if _, err := s.finish(two); err != nil {
			t.Errorf("the other payment: %v", err)
		}
		_, err = s.finish(two)
		mustRefuse(t, err, "answered before")

		mine := s.paid(key, payment())
		_, err = s.FinishPayment(t.Context(), second, mine)
		mustRefuse(t, err, "verification 101")
		_, err = s.finish(mine)
		mustRefuse(t, err, "answered before")

		// Another cardholder's passkey, though it is asked for by the page.
		c := s.begin(payment())
		other := payment()
		other.CardID = otherCard
		var asked struct {
			Data struct {
				IDs []string `json:"credentialIds"`
			} `json:"data"`
		}
		must(t, json.Unmarshal(s.begin(other).SPC, &asked))
		var o map[string]json.RawMessage
		must(t, json.Unmarshal(c.SPC, &o))
		o["data"] = edited(t, o["data"], "credentialIds", asked.Data.IDs)
		request, err := json.Marshal(o)
		must(t, err)
		response, err := theirs.Pay(request)
		must(t, err)
		_, err = s.finish(cardholder.Answer{Token: c.Token, Response: response})
		mustRefuse(t, err, "another card's")

		// A passkey that was bound after the payment was shown.
		c = s.begin(payment())
		late := device(checkout)
		s.bind(late, card)
		must(t, json.Unmarshal(s.begin(payment()).SPC, &asked))
		must(t, json.Unmarshal(c.SPC, &o))
		o["data"] = edited(t, o["data"], "credentialIds", asked.Data.IDs)
		request, err = json.Marshal(o)
		must(t, err)
		response, err = late.Pay(request)
		must(t, err)
		_, err = s.finish(cardholder.Answer{Token: c.Token, Response: response})
		mustRefuse(t, err, "not asked for")

		registered := s.created(device(rp), card)
		_, err = s.finish(cardholder.Answer{Token: registered.Token, Response: s.paid(key, payment()).Response})
		mustRefuse(t, err, "it is a registration")
		_, err = s.VerifyRegistration(t.Context(), first,
			cardholder.Answer{Token: s.paid(key, payment()).Token, Response: registered.Response})
		mustRefuse(t, err, "it is a payment")
	})
}

func TestAnUnknownPasskeyIsCalledUnknown(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		s.bind(device(rp), card)
		stranger := device(checkout)
		elsewhere := inMemory(t) // the same relying party with another database
		elsewhere.bind(stranger, card)
		if _, err := s.finish(elsewhere.carried(s, stranger)); !errors.Is(err, cardholder.ErrUnknownCredential) {
			t.Errorf("a passkey nobody has: %v", err)
		}
	})
}

// carried is a stranger's answer with the token of a payment begun at another site.
func (s *site) carried(to *site, key *passkeytest.Authenticator) cardholder.Answer {
	s.t.Helper()
	answer := s.paid(key, payment())
	answer.Token = to.begin(payment()).Token
	return answer
}

func TestACeremonyExpires(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		key := device(checkout)
		s.bind(key, card)
		late, made := s.paid(key, payment()), s.created(device(rp), card)
		s.clock.Advance(cardholder.CeremonyTimeout)
		_, err := s.finish(late)
		mustRefuse(t, err, "expired")
		_, err = s.VerifyRegistration(t.Context(), first, made)
		mustRefuse(t, err, "expired")
		just := s.paid(key, payment())
		s.clock.Advance(cardholder.CeremonyTimeout - time.Millisecond)
		if _, err := s.finish(just); err != nil {
			t.Errorf("in the last moment: %v", err)
		}
	})
}

func TestOfTwoFinishesAtOnceOneWins(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		key := device(checkout)
		s.bind(key, card)
		same := s.paid(key, payment())
		counter := key.Counter
		twins := []cardholder.Answer{s.paid(key, payment())}
		key.Counter = counter // another ceremony, the same count: a copy or a race
		twins = append(twins, s.paid(key, payment()))
		// In this order: the twins count past the one answer.
		for _, race := range []struct {
			name    string
			answers []cardholder.Answer
		}{{"one answer", []cardholder.Answer{same, same, same, same}}, {"one count", twins}} {
			name, answers := race.name, race.answers
			var passed atomic.Int32
			var all sync.WaitGroup
			for _, answer := range answers {
				all.Go(func() {
					switch _, err := s.finish(answer); {
					case err == nil:
						passed.Add(1)
					case !errors.Is(err, cardholder.ErrRefused) && !errors.Is(err, cardholder.ErrCloned):
						t.Errorf("%s: %v", name, err)
					}
				})
			}
			all.Wait()
			if name == "one answer" && passed.Load() != 1 || passed.Load() > 1 {
				t.Errorf("%s: %d passed", name, passed.Load())
			}
		}
	})
}

func TestACounterThatGoesBackEndsTheTrust(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		key := device(checkout)
		key.Counter = 4_000_000_000 // beyond 31 bits
		s.bind(key, card)
		if _, err := s.finish(s.paid(key, payment())); err != nil {
			t.Fatal(err)
		}
		later := s.paid(key, payment())
		key.Counter = 4_000_000_001 // as it was at the first payment
		copied := s.paid(key, payment())
		if _, err := s.finish(copied); !errors.Is(err, cardholder.ErrCloned) {
			t.Fatalf("the counter went back: %v", err)
		}
		list := s.list(card)
		if list[0].Distrust != cardholder.Cloned || list[0].Usable() {
			t.Errorf("not marked: %+v", list)
		}
		if _, err := s.finish(later); !errors.Is(err, cardholder.ErrCloned) {
			t.Errorf("the other of the two: %v", err)
		}
		if _, err := s.BeginPayment(t.Context(), payment()); !errors.Is(err, cardholder.ErrNoCredential) {
			t.Errorf("it is still asked for: %v", err)
		}
		key.Counter = 1
		s.bind(key, card) // the same device may be bound again
		if _, err := s.finish(s.paid(key, payment())); err != nil {
			t.Errorf("bound again: %v", err)
		}
	})
}

func TestAForgedCounterIsNoAlert(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	key := device(checkout)
	key.Counter = 100
	s.bind(key, card)
	key.Forges, key.Counter, key.Eligible = true, 1, true
	_, err := s.finish(s.paid(key, payment()))
	mustRefuse(t, err, "signature")
	if list := s.list(card); list[0].Distrust != cardholder.Trusted {
		t.Errorf("a stranger took a cardholder's passkey away: %+v", list)
	}
}

func TestAChangedBackupFlagIsNotTakenOver(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		phone := device(checkout)
		phone.Eligible = true
		s.bind(phone, card)
		if s.list(card)[0].Synced {
			t.Error("synced before it is backed up")
		}
		phone.Synced = true
		proof, err := s.finish(s.paid(phone, payment()))
		must(t, err)
		if !proof.Synced || !s.list(card)[0].Synced {
			t.Error("the backup state was not stored")
		}
		phone.Eligible, phone.Synced = false, false
		if _, err := s.finish(s.paid(phone, payment())); !errors.Is(err, cardholder.ErrBackupFlag) {
			t.Errorf("the flag changed: %v", err)
		}
		if list := s.list(card); list[0].Distrust != cardholder.BackupChanged || !list[0].Synced {
			t.Errorf("after it: %+v", list)
		}
		phone.Origin = rp
		if _, err := phone.Create(s.begunOptions()); err != nil {
			t.Errorf("the device cannot be bound again: %v", err)
		}
	})
}

func (s *site) begunOptions() []byte {
	s.t.Helper()
	c, err := s.BeginRegistration(s.t.Context(), registration(card))
	must(s.t, err)
	return c.Options
}

func TestACredentialIsBoundOnce(t *testing.T) {
	onBothStores(t, func(t *testing.T, s *site) {
		key, copied := device(rp), device(rp)
		key.NextID, copied.NextID = []byte("the same credential"), []byte("the same credential")
		s.bind(key, card)
		for _, cardID := range []int64{otherCard, card} {
			made, err := s.VerifyRegistration(t.Context(), first, s.created(copied, otherCard))
			must(t, err)
			_, err = s.StoreRegistration(t.Context(), cardID, made, cardholder.Facts{})
			mustRefuse(t, err, "")
		}
		if len(s.list(otherCard)) != 0 || len(s.list(card)) != 1 {
			t.Errorf("half a binding was stored: %+v", s.list(otherCard))
		}
	})
}

func TestRegistrationsThatLieAreRefused(t *testing.T) {
	lies := []struct {
		word string
		tell func(*passkeytest.Authenticator)
	}{
		{"origin", func(a *passkeytest.Authenticator) { a.Origin = checkout }},
		{"RP Hash", func(a *passkeytest.Authenticator) { a.RPID = "shop.example" }},
		{"User verification", func(a *passkeytest.Authenticator) { a.Unverified = true }},
		{"ceremony type", func(a *passkeytest.Authenticator) {
			a.Alter = replacing(t, "webauthn.create", "webauthn.get")
		}},
		{"challenge", func(a *passkeytest.Authenticator) { a.Alter = replacing(t, `"challenge":"`, `"challenge":"AA`) }},
		{"duplicate", func(a *passkeytest.Authenticator) { a.Alter = replacing(t, `{`, `{"type":"webauthn.create",`) }},
	}
	onBothStores(t, func(t *testing.T, s *site) {
		for _, lie := range lies {
			key := device(rp)
			lie.tell(key)
			_, err := s.VerifyRegistration(t.Context(), first, s.created(key, card))
			mustRefuse(t, err, lie.word)
		}
	})
}

func TestWhatIsNoAnswerIsRefusedAndSpendsNothing(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	key := device(checkout)
	s.bind(key, card)
	good := s.paid(key, payment())
	padded := append(bytes.Repeat([]byte(" "), cardholder.AnswerBytesMax), good.Response...)
	for _, response := range [][]byte{
		nil, []byte("null"), []byte("{}"), []byte("[1]"), padded, good.Response[:99],
		append(bytes.Clone(good.Response), '{'), edited(t, good.Response, "type", "password"),
		edited(t, good.Response, "rawId", "AAAA"), edited(t, good.Response, "id", ""),
		bytes.Replace(good.Response, []byte(`{`), []byte(`{"id":"AAAA",`), 1),
		edited(t, good.Response, "response", map[string]string{"clientDataJSON": "???"}),
	} {
		_, err := s.finish(cardholder.Answer{Token: good.Token, Response: response})
		mustRefuse(t, err, "read the answer")
		_, err = s.VerifyRegistration(t.Context(), first, cardholder.Answer{Token: good.Token, Response: response})
		mustRefuse(t, err, "read the answer")
	}
	if _, err := s.finish(good); err != nil {
		t.Errorf("the good answer after all that: %v", err)
	}
}

func TestUnaskedExtensionsAreRefused(t *testing.T) {
	t.Parallel()
	s := inMemory(t)
	key := device(checkout)
	s.bind(key, card)
	for name, outputs := range map[string]any{
		"appid": map[string]any{"appid": true}, "remote": map[string]any{"remoteClientDataJSON": true},
		"a browser's signature alone": map[string]any{
			"payment": map[string]any{"browserBoundSignature": map[string]any{"signature": "AAAA"}},
		},
	} {
		answer := s.paid(key, payment())
		answer.Response = edited(t, answer.Response, "clientExtensionResults", outputs)
		if _, err := s.finish(answer); !errors.Is(err, cardholder.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
