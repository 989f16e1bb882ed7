package verification_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/verification"
	"github.com/memberzone/memberzone/app/wire"
)

// outcome is what a payment ended with.
type outcome struct {
	Status       payment.Status
	Verification payment.Verification
	ECI          string
	Bind, Charge bool
}

func (w *world) wants(token func() payment.Transaction, want outcome) {
	w.t.Helper()
	got := token()
	has := outcome{got.Status, got.Verification, got.ECI, got.TokenBind, got.TokenCharge}
	if has != want || got.ThreeD != (want.Verification != payment.Unverified) {
		w.t.Errorf("the payment ended as %+v (3D %v), want %+v", has, got.ThreeD, want)
	}
	if n := w.count("SELECT count(*) FROM verifications WHERE ended_at IS NOT NULL AND sealed IS NOT NULL"); n != 0 {
		w.t.Errorf("%d cards are kept after the end", n)
	}
}

func TestAnUnverifiedPaymentIsPaidAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(s *member.Store) { s.ThreeD = false })
	token := w.open(nil)
	w.submit(token, visa, able)
	w.wants(func() payment.Transaction { return w.transaction(token) },
		outcome{Status: payment.Authorised, Verification: payment.Unverified})
	if n := w.count("SELECT count(*) FROM verifications"); n != 0 {
		t.Errorf("%d verifications", n)
	}
	asked := w.open(func(o *payment.NewOrder) { o.Request.P3D = true })
	checked, err := w.payments.Check(t.Context(), asked, card(visa))
	must(t, err)
	if err := w.payments.PayUnverified(t.Context(), checked); !errors.Is(err, payment.ErrVerificationNeeded) {
		t.Errorf("P3D=1 without a verification: %v", err)
	}
}

func TestACodePays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(s *member.Store) { s.Passkey = false })
	token := w.open(nil)
	w.submit(token, mastercard, able)
	v := w.view(token, verification.StepOTP)
	if v.OTP.To == "" || strings.Contains(v.OTP.To, "912345") || v.OTP.TriesLeft != 3 || v.Last4 != "4444" ||
		v.Brand != payment.Mastercard || v.Reason != payment.ReasonPasskeyOff || v.Amount != 1250 {
		t.Errorf("view = %+v", v)
	}
	right := w.code(goodPhone)
	err := w.service.EnterOTP(t.Context(), token, wrong(right))
	if f := fault.From(err); err == nil || f.Field != "otp" || f.Code != "otp_wrong" ||
		!strings.Contains(f.Public, "2 次") {
		t.Errorf("a wrong code: %v", err)
	}
	if v := w.view(token, verification.StepOTP); v.OTP.TriesLeft != 2 {
		t.Errorf("%d tries left", v.OTP.TriesLeft)
	}
	must(t, w.service.EnterOTP(t.Context(), token, right))
	must(t, w.service.EnterOTP(t.Context(), token, right)) // posted twice
	w.none(token)
	w.wants(func() payment.Transaction { return w.transaction(token) },
		outcome{Status: payment.Authorised, Verification: payment.VerifiedOTP, ECI: "2"})
	if got, want := w.story(token), "opened verification_begun:passkey_off otp_sent otp_failed otp_passed "+
		"auth_asked:passkey_off auth_approved:00"; got != want {
		t.Errorf("story\n got %s\nwant %s", got, want)
	}
	if r := w.bank.charged(); len(r) != 1 || r[0].PAN.Expose() != mastercard || r[0].CVC.Expose() != "123" ||
		r[0].ECI != "2" {
		t.Errorf("charged %+v", r)
	}
}

func TestTheFirstPasskeyPaymentBindsAndCharges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	device := passkeytest.New(relyingParty)
	token := w.open(nil)
	w.submit(token, visa, able)
	offered := w.view(token, verification.StepChoose)
	if offered.Offer != verification.OfferBind || offered.Reason != payment.ReasonNoCredential {
		t.Errorf("view = %+v", offered)
	}
	w.choose(token, verification.ChooseBind)
	w.passCode(token)
	v := w.view(token, verification.StepBind)
	answer := w.created(v.Ref, device)
	must(t, w.service.FinishBind(t.Context(), v.Ref, answer))
	must(t, w.service.FinishBind(t.Context(), v.Ref, answer)) // posted twice
	w.wants(func() payment.Transaction { return w.transaction(token) }, outcome{
		Status: payment.Authorised, Verification: payment.VerifiedOTP, ECI: "5", Bind: true, Charge: true,
	})
	if got, want := w.story(token), "opened verification_begun:no_credential passkey_asked:bind otp_sent otp_passed "+
		"token_bound passkey_bound auth_asked:no_credential auth_approved:00 token_charged"; got != want {
		t.Errorf("story\n got %s\nwant %s", got, want)
	}
	r := w.bank.charged()
	if len(r) != 1 || !r[0].NetworkToken || r[0].PAN.Expose() == visa || r[0].Cryptogram.IsEmpty() ||
		!r[0].CVC.IsEmpty() {
		t.Errorf("charged %+v", r)
	}
	if got, err := w.service.ByRef(t.Context(), v.Ref); err != nil || got.Step != verification.StepDone {
		t.Errorf("the relying party sees %q, %v", got.Step, err)
	}

	// Later, on the same device: one Token交易 and no Token綁定.
	second := w.open(nil)
	w.submit(second, visa, able)
	if v := w.view(second, verification.StepChoose); v.Offer != verification.OfferUse {
		t.Errorf("offer %q", v.Offer)
	}
	w.choose(second, verification.UsePasskey)
	v = w.view(second, verification.StepPasskey)
	answer = w.signed(v.Ref, device)
	must(t, w.service.FinishPasskey(t.Context(), v.Ref, answer))
	must(t, w.service.FinishPasskey(t.Context(), v.Ref, answer)) // posted twice
	w.wants(func() payment.Transaction { return w.transaction(second) }, outcome{
		Status: payment.Authorised, Verification: payment.VerifiedPasskey, ECI: "5", Charge: true,
	})
	if got, want := w.story(second), "opened verification_begun:has_credential passkey_asked:use passkey_verified:spc "+
		"auth_asked:has_credential auth_approved:00 token_charged"; got != want {
		t.Errorf("story\n got %s\nwant %s", got, want)
	}
	if binds, charges := w.tokenEvents(); binds != 1 || charges != 2 {
		t.Errorf("%d Token綁定, %d Token交易", binds, charges)
	}
	if n := w.count("SELECT count(*) FROM verification_proofs"); n != 1 {
		t.Errorf("%d proofs", n)
	}
}

func (w *world) tokenEvents() (binds, charges int) {
	w.t.Helper()
	return w.count("SELECT count(*) FROM token_events WHERE kind = 'bind'"),
		w.count("SELECT count(*) FROM token_events WHERE kind = 'charge'")
}

func TestWhateverKeepsThePasskeyFromUseEndsInACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	device := passkeytest.New(relyingParty)
	w.bound(visa, device)
	for _, why := range []verification.FellBack{
		verification.Unsupported, verification.ChoseOTP, verification.Cancelled, verification.TimedOut,
		verification.FailedHere,
	} {
		token := w.open(nil)
		w.submit(token, visa, able)
		w.choose(token, verification.UsePasskey)
		v := w.view(token, verification.StepPasskey)
		must(t, w.service.FallBack(t.Context(), v.Ref, why))
		if v := w.view(token, verification.StepOTP); v.FellBack != why {
			t.Errorf("fell back as %q, want %q", v.FellBack, why)
		}
		w.passCode(token)
		w.wants(func() payment.Transaction { return w.transaction(token) },
			outcome{Status: payment.Authorised, Verification: payment.VerifiedOTP, ECI: "5"})
	}
	declined := w.open(nil)
	w.submit(declined, visa, able)
	w.choose(declined, verification.UseOTP)
	w.passCode(declined)
	w.wants(func() payment.Transaction { return w.transaction(declined) },
		outcome{Status: payment.Authorised, Verification: payment.VerifiedOTP, ECI: "5"})
	if binds, charges := w.tokenEvents(); binds != 1 || charges != 1 {
		t.Errorf("%d Token綁定, %d Token交易", binds, charges)
	}
}

func TestASignatureThatDoesNotVerifyEndsInACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	device := passkeytest.New(relyingParty)
	w.bound(visa, device)
	device.Forges = true
	token := w.open(nil)
	w.submit(token, visa, able)
	w.choose(token, verification.UsePasskey)
	v := w.view(token, verification.StepPasskey)
	must(t, w.service.FinishPasskey(t.Context(), v.Ref, w.signed(v.Ref, device)))
	if v := w.view(token, verification.StepOTP); v.FellBack != verification.FailedHere {
		t.Errorf("fell back as %q", v.FellBack)
	}
	if len(w.bank.charged()) != 1 {
		t.Error("a forged signature paid")
	}
	w.passCode(token)
	w.wants(func() payment.Transaction { return w.transaction(token) },
		outcome{Status: payment.Authorised, Verification: payment.VerifiedOTP, ECI: "5"})
}

func TestANewDeviceBindsAgainAfterACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	first, second := passkeytest.New(relyingParty), passkeytest.New(relyingParty)
	w.bound(visa, first)
	token := w.open(nil)
	w.submit(token, visa, able)
	w.choose(token, verification.UsePasskey)
	must(t, w.service.FallBack(t.Context(), w.view(token, verification.StepPasskey).Ref, verification.NoCredential))
	w.passCode(token)
	if v := w.view(token, verification.StepChoose); v.Offer != verification.OfferBind {
		t.Fatalf("offer %q", v.Offer)
	}
	w.choose(token, verification.ChooseBind)
	w.bind(token, second)
	w.wants(func() payment.Transaction { return w.transaction(token) }, outcome{
		Status: payment.Authorised, Verification: payment.VerifiedOTP, ECI: "5", Charge: true,
	})
	if binds, charges := w.tokenEvents(); binds != 1 || charges != 2 {
		t.Errorf("%d Token綁定, %d Token交易", binds, charges)
	}
	for _, device := range []*passkeytest.Authenticator{first, second} {
		token := w.open(nil)
		w.submit(token, visa, able)
		w.choose(token, verification.UsePasskey)
		v := w.view(token, verification.StepPasskey)
		must(t, w.service.FinishPasskey(t.Context(), v.Ref, w.signed(v.Ref, device)))
		w.none(token)
	}
	skipped := w.open(nil)
	w.submit(skipped, visa, able)
	w.choose(skipped, verification.UsePasskey)
	must(t, w.service.FallBack(t.Context(), w.view(skipped, verification.StepPasskey).Ref, verification.NoCredential))
	w.passCode(skipped)
	w.choose(skipped, verification.SkipBind)
	w.wants(func() payment.Transaction { return w.transaction(skipped) },
		outcome{Status: payment.Authorised, Verification: payment.VerifiedOTP, ECI: "5"})
}

func TestAPasskeyThatIsNotMadeStillPays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	binding := func() (token func() payment.Transaction, ref verification.View) {
		order := w.open(nil)
		w.submit(order, visa, able)
		w.choose(order, verification.ChooseBind)
		w.passCode(order)
		return func() payment.Transaction { return w.transaction(order) }, w.view(order, verification.StepBind)
	}
	paid := outcome{Status: payment.Authorised, Verification: payment.VerifiedOTP, ECI: "5"}

	cancelled, v := binding()
	must(t, w.service.FallBack(t.Context(), v.Ref, verification.Cancelled))
	w.wants(cancelled, paid)

	forged, v := binding()
	must(t, w.service.FinishBind(t.Context(), v.Ref, cardholder.Answer{Token: "x", Response: []byte(`{}`)}))
	w.wants(forged, paid)

	untokened, v := binding()
	answer := w.created(v.Ref, passkeytest.New(relyingParty))
	w.bank.networkDown = true
	must(t, w.service.FinishBind(t.Context(), v.Ref, answer))
	w.bank.networkDown = false
	w.wants(untokened, paid)

	left, _ := binding()
	w.clock.Advance(3*time.Minute - time.Second)
	if n, err := w.service.EndDue(t.Context(), 10); n != 0 || err != nil {
		t.Fatalf("EndDue = %d, %v", n, err)
	}
	w.clock.Advance(time.Second)
	if n, err := w.service.EndDue(t.Context(), 10); n != 1 || err != nil {
		t.Fatalf("EndDue = %d, %v", n, err)
	}
	w.wants(left, paid)
	if binds, charges := w.tokenEvents(); binds != 0 || charges != 0 {
		t.Errorf("%d Token綁定, %d Token交易", binds, charges)
	}
}

func TestSpentCodesFailThePayment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.open(nil)
	w.submit(token, jcb, able)
	if v := w.view(token, verification.StepOTP); v.Reason != payment.ReasonBrandUnsupported {
		t.Errorf("reason %s", v.Reason)
	}
	for send := range otp.SendsMax {
		if send > 0 {
			if err := w.service.ResendOTP(t.Context(), token); send == 1 && !errors.Is(err, otp.ErrTooSoon) {
				t.Errorf("sent again at once: %v", err)
			}
			w.clock.Advance(otp.ResendAfter)
			must(t, w.service.ResendOTP(t.Context(), token))
		}
		for try := range otp.TriesMax {
			err := w.service.EnterOTP(t.Context(), token, wrong(w.code(goodPhone)))
			if last := send == otp.SendsMax-1 && try == otp.TriesMax-1; last != (err == nil) {
				t.Errorf("try %d of code %d: %v", try+1, send+1, err)
			}
		}
	}
	w.none(token)
	got := w.transaction(token)
	if got.Status != payment.Failed || got.Failure != payment.FailedUnverified || len(w.bank.charged()) != 0 ||
		got.Card.Last4 != "0000" {
		t.Errorf("the payment is %s (%s)", got.Status, got.Failure)
	}
	c, store, err := w.payments.Checkout(t.Context(), token)
	must(t, err)
	if r := payment.Result(c, store); r.Code != wire.MPGFailed || r.Message != "交易失敗_持卡人驗證失敗" {
		t.Errorf("result %s %s", r.Code, r.Message)
	}
	if n := w.count("SELECT count(*) FROM notifications"); n != 1 {
		t.Errorf("the merchant was told %d times", n)
	}
	must(t, w.service.Submit(t.Context(), token, card(visa), able))
	if n := w.count("SELECT count(*) FROM verifications"); n != 1 {
		t.Errorf("%d verifications", n)
	}
}

func TestAnotherPhoneThanTheIssuersTakesTheCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.bank.phones[visa] = "+886987654321"
	token := w.open(nil)
	w.submit(token, visa, able)
	if v := w.view(token, verification.StepOTP); v.Reason != payment.ReasonPhoneMismatch || v.Offer != "" {
		t.Errorf("view = %+v", v)
	}
	must(t, w.service.EnterOTP(t.Context(), token, w.code("+886987654321")))
	w.wants(func() payment.Transaction { return w.transaction(token) },
		outcome{Status: payment.Authorised, Verification: payment.VerifiedOTP, ECI: "5"})
}

func TestACardThatCannotBeVerifiedLeavesTheFormOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.open(nil)
	err := w.service.Submit(t.Context(), token, card(phoneless), able)
	if f := fault.From(err); !errors.Is(err, verification.ErrNoPhone) || f.Field != "card_no" {
		t.Fatalf("no phone on file: %v", err)
	}
	w.none(token)
	delete(w.bank.phones, otherVisa)
	if err := w.service.Submit(t.Context(), token, card(otherVisa), able); !errors.Is(err, verification.ErrNoPhone) {
		t.Errorf("a card that the issuer does not know: %v", err)
	}
	w.bank.issuerDown = true
	if err := w.service.Submit(t.Context(), token, card(visa), able); !errors.Is(err, payment.ErrAcquirerUnreachable) {
		t.Errorf("the issuer is away: %v", err)
	}
	w.bank.issuerDown = false
	w.submit(token, visa, payment.Device{})
	if v := w.view(token, verification.StepOTP); v.FellBack != verification.Unsupported {
		t.Errorf("view = %+v", v)
	}
	w.passCode(token)
	w.wants(func() payment.Transaction { return w.transaction(token) },
		outcome{Status: payment.Authorised, Verification: payment.VerifiedOTP, ECI: "5"})
	if n := w.count("SELECT count(*) FROM verifications WHERE reason = 'no_phone' AND sealed IS NULL"); n != 2 {
		t.Errorf("%d verifications without a phone", n)
	}
}

func TestAnotherCardEndsTheVerification(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.open(nil)
	w.submit(token, visa, able)
	w.submit(token, visa, able) // the same form again
	if n := w.count("SELECT count(*) FROM verifications"); n != 1 {
		t.Errorf("%d verifications of one form", n)
	}
	w.choose(token, verification.UseOtherCard)
	w.none(token)
	w.submit(token, otherVisa, able)
	w.submit(token, mastercard, able) // without saying so
	if v := w.view(token, verification.StepChoose); v.Last4 != "4444" {
		t.Errorf("view = %+v", v)
	}
	w.choose(token, verification.SkipBind)
	w.passCode(token)
	w.wants(func() payment.Transaction { return w.transaction(token) },
		outcome{Status: payment.Authorised, Verification: payment.VerifiedOTP, ECI: "2"})
	if n := w.count("SELECT count(*) FROM verifications WHERE state = 'left'"); n != 2 {
		t.Errorf("%d verifications were left", n)
	}
}

func TestTimeLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	forgotten := w.open(nil)
	w.submit(forgotten, visa, able)
	limit := w.clock.Now().Add(10 * time.Minute)
	limited := w.open(func(o *payment.NewOrder) { o.Request.ExpiresAt = limit })
	w.submit(limited, visa, able)
	w.clock.Advance(10 * time.Minute)
	if n, err := w.service.EndDue(t.Context(), 10); n != 1 || err != nil {
		t.Fatalf("EndDue = %d, %v", n, err)
	}
	w.none(limited)
	if got := w.transaction(limited); got.Failure != payment.FailedExpired {
		t.Errorf("the limited one is %s", got.Status)
	}
	w.clock.Advance(5 * time.Minute)
	w.none(forgotten) // looked at before the sweep
	if n := w.count("SELECT count(*) FROM verifications WHERE state = 'expired' AND sealed IS NULL"); n != 2 {
		t.Errorf("%d have ended", n)
	}
	w.submit(forgotten, visa, able) // the order has no limit
	w.choose(forgotten, verification.SkipBind)
	w.passCode(forgotten)
	w.wants(func() payment.Transaction { return w.transaction(forgotten) },
		outcome{Status: payment.Authorised, Verification: payment.VerifiedOTP, ECI: "5"})

	// No time is left to make a Passkey: the payment does not wait for one.
	limit = w.clock.Now().Add(70 * time.Second)
	hasty := w.open(func(o *payment.NewOrder) { o.Request.ExpiresAt = limit })
	w.submit(hasty, visa, able)
	w.choose(hasty, verification.ChooseBind)
	w.clock.Advance(60 * time.Second)
	w.passCode(hasty)
	w.wants(func() payment.Transaction { return w.transaction(hasty) },
		outcome{Status: payment.Authorised, Verification: payment.VerifiedOTP, ECI: "5"})
}

func TestTooManyVerificationsOfOneOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.open(nil)
	for n := range 11 {
		number := []string{visa, mastercard}[n%2]
		err := w.service.Submit(t.Context(), token, card(number), able)
		if n < 10 && err != nil || n == 10 && !errors.Is(err, verification.ErrTooOften) {
			t.Fatalf("verification %d: %v", n+1, err)
		}
	}
}
