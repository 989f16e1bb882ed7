package verification_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/passkey/passkeytest"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/verification"
)

func TestOptingOutForgetsTheCardsPasskeysAfterACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	device := passkeytest.New(relyingParty)
	w.bound(visa, device)
	token := w.open(nil)
	w.submit(token, visa, able)
	w.choose(token, verification.UsePasskey)
	must(t, w.service.FallBack(t.Context(), w.view(token, verification.StepPasskey).Ref, verification.OptedOut))
	revoked := "SELECT count(*) FROM card_credentials WHERE revoked_at IS NOT NULL"
	if n := w.count(revoked); n != 0 {
		t.Error("whoever holds the checkout can take a Passkey away")
	}
	w.passCode(token)
	w.wants(func() payment.Transaction { return w.transaction(token) },
		outcome{Status: payment.Authorised, Verification: payment.VerifiedOTP, ECI: "5"})
	if n := w.count(revoked); n != 1 {
		t.Errorf("%d Passkeys were taken away", n)
	}
	again := w.open(nil)
	w.submit(again, visa, able)
	if v := w.view(again, verification.StepChoose); v.Offer != verification.OfferBind {
		t.Errorf("offer %q", v.Offer)
	}
}

func TestATokenThatCannotBeChargedGivesWayToTheCardNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	device := passkeytest.New(relyingParty)
	w.bound(visa, device)
	touch := func() func() payment.Transaction {
		token := w.open(nil)
		w.submit(token, visa, able)
		w.choose(token, verification.UsePasskey)
		v := w.view(token, verification.StepPasskey)
		must(t, w.service.FinishPasskey(t.Context(), v.Ref, w.signed(v.Ref, device)))
		return func() payment.Transaction { return w.transaction(token) }
	}
	want := outcome{Status: payment.Authorised, Verification: payment.VerifiedPasskey, ECI: "5"}
	w.bank.networkDown = true
	w.wants(touch(), want)
	w.bank.networkDown = false
	want.Charge = true
	w.wants(touch(), want)

	// The network has deleted the token: the next payment learns it, the one after gets
	// another token, which is another Token綁定.
	reference := w.bank.tokens[visa].Reference
	w.bank.deleted[reference] = true
	want.Charge = false
	w.wants(touch(), want)
	want.Bind, want.Charge = true, true
	w.wants(touch(), want)
	if binds, charges := w.tokenEvents(); binds != 2 || charges != 3 {
		t.Errorf("%d Token綁定, %d Token交易", binds, charges)
	}
	w.bank.suspended[w.bank.tokens[visa].Reference] = true
	want.Bind, want.Charge = false, false
	w.wants(touch(), want)
}

func TestOnlyTheSiteTheRelyingPartyAndTheStoreCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.bound(visa, passkeytest.New(relyingParty))
	token := w.open(nil)
	w.submit(token, visa, able)
	w.choose(token, verification.UsePasskey)
	ref := w.view(token, verification.StepPasskey).Ref
	for from, fine := range map[verification.Caller]bool{
		{Origin: site}: true, {Origin: relyingParty}: true, {Origin: shop}: true,
		{Origin: relyingParty, TopOrigin: shop}: true, {Origin: relyingParty, TopOrigin: site}: true,
		{Origin: "https://evil.example"}: false, {}: false, {Origin: "null"}: false,
		{Origin: relyingParty, TopOrigin: "https://evil.example"}: false,
		{Origin: "https://shop.example.evil.example"}:             false,
	} {
		_, err := w.service.BeginPasskey(t.Context(), ref, from)
		if fine != (err == nil) || err != nil && !errors.Is(err, verification.ErrCaller) {
			t.Errorf("from %+v: %v", from, err)
		}
	}
	if _, err := w.service.BeginPasskey(t.Context(), "guess", verification.Caller{Origin: site}); !errors.Is(
		err, verification.ErrNotFound) {
		t.Errorf("a guessed ref: %v", err)
	}
	binding := w.open(nil)
	w.submit(binding, otherVisa, able)
	w.choose(binding, verification.ChooseBind)
	w.passCode(binding)
	ref = w.view(binding, verification.StepBind).Ref
	for _, from := range []verification.Caller{{Origin: site}, {Origin: shop}, {}} {
		if _, err := w.service.BeginBind(t.Context(), ref, from); !errors.Is(err, verification.ErrCaller) {
			t.Errorf("bound from %+v: %v", from, err)
		}
	}
}

func TestWhatTheBankSaysAfterTheVerification(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.bank.decline = true
	declined := w.bound(visa, passkeytest.New(relyingParty))
	got := w.transaction(declined)
	if got.Failure != payment.FailedDeclined || !got.TokenBind || got.TokenCharge || got.ECI != "" {
		t.Errorf("declined: %+v", got)
	}
	w.bank.decline, w.bank.acquirerDown = false, true
	token := w.open(nil)
	w.submit(token, otherVisa, able)
	w.choose(token, verification.SkipBind)
	err := w.service.EnterOTP(t.Context(), token, w.code(goodPhone))
	if !errors.Is(err, payment.ErrAcquirerUnreachable) {
		t.Errorf("the acquirer is away: %v", err)
	}
	w.none(token)
	w.bank.acquirerDown = false
	w.clock.Advance(time.Minute)
	w.submit(token, otherVisa, able) // the form once more
	w.choose(token, verification.SkipBind)
	w.passCode(token)
	w.wants(func() payment.Transaction { return w.transaction(token) },
		outcome{Status: payment.Authorised, Verification: payment.VerifiedOTP, ECI: "5"})
}

// No card number, code or phone is in a log, a row or an error.
func TestNothingOfTheCardIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	device := passkeytest.New(relyingParty)
	token := w.open(nil)
	w.submit(token, visa, able)
	w.choose(token, verification.ChooseBind)
	code := w.code(goodPhone).Expose()
	w.passCode(token)
	w.bind(token, device)
	device.Forges = true
	second := w.open(nil)
	w.submit(second, visa, able)
	w.choose(second, verification.UsePasskey)
	v := w.view(second, verification.StepPasskey)
	must(t, w.service.FinishPasskey(t.Context(), v.Ref, w.signed(v.Ref, device)))

	texts := []string{w.log.String()}
	for _, table := range []string{
		"verifications", "verification_proofs", "payment_events", "attempts", "transactions", "payment_messages",
		"one_time_codes", "text_messages", "card_credentials", "cards", "network_tokens", "token_events",
	} {
		var rows string
		must(t, w.db.SQL().QueryRowContext(t.Context(),
			"SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM "+table+" t").Scan(&rows))
		if rows == "" && table != "verification_proofs" {
			t.Errorf("%s is empty: nothing was looked at", table)
		}
		texts = append(texts, rows)
	}
	for _, text := range texts {
		for _, hidden := range []string{visa, "912345678", "小明", "\t" + code, "," + code + ",", string(v.Ref)} {
			if strings.Contains(text, hidden) {
				t.Errorf("%q is kept in the clear: %.200s", hidden, text)
			}
		}
	}
}
