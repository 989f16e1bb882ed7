package verification_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/verification"
)

// inLab is a test-mode store that has the lab on.
func inLab(s *member.Store) { s.Mode, s.PasskeyLab = member.Test, true }

func labNumber(t testing.TB, s payment.LabScenario) string {
	t.Helper()
	for _, c := range payment.LabCards {
		if c.Scenario == s {
			return c.Number
		}
	}
	t.Fatalf("no card plays %s", s)
	return ""
}

// untouched checks that the lab left nothing behind outside: no message, no token, no
// event that counts, nothing that a bank was asked.
func (w *world) untouched() {
	w.t.Helper()
	for what, query := range map[string]string{
		"a message":         "SELECT count(*) FROM text_messages",
		"a code":            "SELECT count(*) FROM one_time_codes",
		"a card of a vault": "SELECT (SELECT count(*) FROM cards) + (SELECT count(*) FROM network_tokens)",
		"an event":          "SELECT count(*) FROM token_events",
		"a counted journey": "SELECT count(*) FROM verifications WHERE eligible",
		"a token flag":      "SELECT count(*) FROM transactions WHERE token_bind OR token_charge",
		"a card number":     "SELECT count(*) FROM verifications WHERE ended_at IS NOT NULL AND sealed IS NOT NULL",
		"a vault's Passkey": "SELECT count(*) FROM card_credentials WHERE card_id > 0",
	} {
		if n := w.count(query); n != 0 {
			w.t.Errorf("%s: %d", what, n)
		}
	}
	if r := w.bank.charged(); len(r) != 0 {
		w.t.Errorf("the bank was asked for %+v", r)
	}
}

func (w *world) labCode(token ident.Token) {
	w.t.Helper()
	v := w.view(token, verification.StepOTP)
	if v.LabCode != verification.LabCode || v.OTP.To != "" {
		w.t.Errorf("the page says code %q, sent to %q", v.LabCode, v.OTP.To)
	}
	must(w.t, w.service.EnterOTP(w.t.Context(), token, secret.New(v.LabCode)))
}

// play submits the card of a scenario.
func (w *world) play(s payment.LabScenario, d payment.Device) ident.Token {
	w.t.Helper()
	token := w.open(nil)
	w.submit(token, labNumber(w.t, s), d)
	return token
}

// ends checks how a payment of the lab ended.
func (w *world) ends(token ident.Token, want outcome, story string) {
	w.t.Helper()
	w.none(token)
	w.wants(func() payment.Transaction { return w.transaction(token) }, want)
	if got := w.story(token); got != story {
		w.t.Errorf("story\n got %s\nwant %s", got, story)
	}
	w.untouched()
}

var labByOTP = outcome{Status: payment.Authorised, Verification: payment.VerifiedOTP, ECI: "5"}

func TestTheLabBindsAndUsesARealPasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, inLab)
	device := passkeytest.New(relyingParty)
	// Before a Passkey was made, its use offers to make one.
	token := w.play(payment.LabUse, able)
	if v := w.view(token, verification.StepChoose); v.Offer != verification.OfferBind {
		t.Errorf("offer %q", v.Offer)
	}
	for range 2 { // the same device binds again and again
		token = w.play(payment.LabBind, able)
		w.choose(token, verification.ChooseBind)
		w.labCode(token)
		w.bind(token, device)
		w.ends(token, labByOTP, "opened verification_begun:no_credential passkey_asked:bind otp_passed passkey_bound "+
			"auth_asked:no_credential auth_approved:00")
	}
	if n := w.count("SELECT count(*) FROM card_credentials WHERE revoked_at IS NULL"); n != 1 {
		t.Errorf("the store has %d Passkeys in the lab", n)
	}
	token = w.play(payment.LabUse, able)
	w.choose(token, verification.UsePasskey)
	v := w.view(token, verification.StepPasskey)
	must(t, w.service.FinishPasskey(t.Context(), v.Ref, w.signed(v.Ref, device)))
	w.ends(token, outcome{Status: payment.Authorised, Verification: payment.VerifiedPasskey, ECI: "5"},
		"opened verification_begun:has_credential passkey_asked:use passkey_verified:spc "+
			"auth_asked:has_credential auth_approved:00")

	token = w.play(payment.LabRevoked, able)
	w.choose(token, verification.UsePasskey)
	if n := w.count("SELECT count(*) FROM card_credentials WHERE revoked_at IS NULL"); n != 0 {
		t.Errorf("%d Passkeys after they were revoked", n)
	}
	w.labCode(token)
	w.choose(token, verification.SkipBind)
	w.ends(token, labByOTP, "opened verification_begun:has_credential passkey_asked:use "+
		"passkey_fell_back:no_credential otp_passed passkey_asked:bind passkey_fell_back:chose_otp "+
		"auth_asked:has_credential auth_approved:00")
	if n := w.count("SELECT count(*) FROM notifications"); n != 4 {
		t.Errorf("%d notifications", n)
	}
}

func TestTheLabPlaysWhatADeviceCannot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, inLab)
	token := w.play(payment.LabUnsupported, able)
	w.labCode(token)
	w.ends(token, labByOTP, "opened verification_begun:device_unsupported passkey_fell_back:unsupported otp_passed "+
		"auth_asked:device_unsupported auth_approved:00")

	for scenario, why := range map[payment.LabScenario]verification.FellBack{
		payment.LabCancel: verification.Cancelled, payment.LabTimeout: verification.TimedOut,
	} {
		token = w.play(scenario, payment.Device{}) // the browser need not have an authenticator
		w.choose(token, verification.UsePasskey)
		if v := w.view(token, verification.StepOTP); v.FellBack != why {
			t.Errorf("%s fell back for %q", scenario, v.FellBack)
		}
		w.labCode(token)
		w.ends(token, labByOTP, "opened verification_begun:has_credential passkey_asked:use passkey_fell_back:"+
			string(why)+" otp_passed auth_asked:has_credential auth_approved:00")
	}

	token = w.play(payment.LabNewDevice, able)
	w.choose(token, verification.UsePasskey)
	w.labCode(token)
	w.choose(token, verification.ChooseBind)
	w.bind(token, passkeytest.New(relyingParty))
	w.ends(token, labByOTP, "opened verification_begun:has_credential passkey_asked:use "+
		"passkey_fell_back:no_credential otp_passed passkey_asked:bind passkey_bound "+
		"auth_asked:has_credential auth_approved:00")

	token = w.play(payment.LabWrongOTP, able)
	for i, code := range []string{verification.LabCode, "000000", verification.LabCode} {
		err := w.service.EnterOTP(t.Context(), token, secret.New(code))
		if (err == nil) != (i == 2) {
			t.Errorf("code %d: %v", i+1, err)
		}
	}
	w.none(token)
	if got := w.transaction(token); got.Status != payment.Failed || got.Failure != payment.FailedUnverified {
		t.Errorf("wrong codes end as %s, %s", got.Status, got.Failure)
	}
	w.untouched()
}

// Whatever a store is and whatever card it gets, the lab plays only where a test-mode
// store has it on and the card is the lab's.
func TestNothingOfTheLabIsReachableOutsideIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		store := member.Store{
			Mode:       rapid.SampledFrom([]member.Mode{member.Live, member.Test, ""}).Draw(t, "mode"),
			PasskeyLab: rapid.Bool().Draw(t, "lab"), Passkey: rapid.Bool().Draw(t, "passkey"),
			ThreeD: rapid.Bool().Draw(t, "3D"),
		}
		card := rapid.SampledFrom(payment.LabCards).Draw(t, "card")
		number := rapid.SampledFrom([]string{
			card.Number, visa, "4000221111111111", "4003551111111111", "376000000000006",
		}).Draw(t, "number")
		pan, err := secret.ParsePAN(number)
		if err != nil {
			t.Fatal(err)
		}
		want := payment.LabScenario("")
		if store.Mode == member.Test && store.PasskeyLab && number == card.Number {
			want = card.Scenario
		}
		if got := payment.LabScenarioOf(store, pan); got != want {
			t.Fatalf("%+v plays %q, want %q", store, got, want)
		}
	})
}

func TestALiveStoreKnowsNoLab(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	if _, err := w.db.SQL().ExecContext(t.Context(), "UPDATE stores SET passkey_lab = true"); err == nil {
		t.Error("the database lets a live store into the lab")
	}
	for _, c := range payment.LabCards {
		token := w.open(nil)
		err := w.service.Submit(t.Context(), token, card(c.Number), able)
		if v, found, _ := w.service.Current(t.Context(), token); err == nil && (!found || v.Lab != "" || v.LabCode != "") {
			t.Errorf("%s: %v, %+v", c.Scenario, err, v)
		}
		if got := w.transaction(token); got.Status == payment.Authorised {
			t.Errorf("%s is paid at a live store", c.Scenario)
		}
		err = w.service.EnterOTP(t.Context(), token, secret.New(verification.LabCode))
		if err == nil && w.transaction(token).Status == payment.Authorised {
			t.Errorf("%s: the lab's code pays at a live store", c.Scenario)
		}
	}
}

func TestATestStoreWithoutTheLabNeverAsks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(s *member.Store) { s.Mode = member.Test })
	for _, c := range payment.LabCards {
		token := w.open(nil)
		w.submit(token, c.Number, able)
		w.none(token)
		if got := w.transaction(token); got.Status != payment.Failed || got.RespondMessage != "拒絕卡號" {
			t.Errorf("%s ends as %s, %q", c.Scenario, got.Status, got.RespondMessage)
		}
	}
	w.untouched()
}

func TestPublishedCardsGoStraightInTheLab(t *testing.T) {
	t.Parallel()
	w := newWorld(t, inLab)
	token := w.open(nil)
	w.submit(token, "4000221111111111", able)
	w.none(token)
	w.wants(func() payment.Transaction { return w.transaction(token) },
		outcome{Status: payment.Authorised, Verification: payment.Unverified})
	if n := w.count("SELECT count(*) FROM verifications"); n != 0 {
		t.Errorf("%d verifications", n)
	}
}

// A store that leaves the lab, or goes live, takes what was begun there out of the world.
func TestWhatWasBegunInTheLabEndsWithIt(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"switched off": "UPDATE stores SET passkey_lab = false",
		"gone live":    "UPDATE stores SET passkey_lab = false, mode = 'live'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, inLab)
			device := passkeytest.New(relyingParty)
			coded, binding := w.open(nil), w.open(nil)
			w.submit(coded, labNumber(t, payment.LabUnsupported), able)
			w.submit(binding, labNumber(t, payment.LabBind), able)
			w.choose(binding, verification.ChooseBind)
			w.labCode(binding)
			v := w.view(binding, verification.StepBind)
			answer := w.created(v.Ref, device)
			if _, err := w.db.SQL().ExecContext(t.Context(), change); err != nil {
				t.Fatal(err)
			}
			must(t, w.service.EnterOTP(t.Context(), coded, secret.New(verification.LabCode)))
			if err := w.service.FinishBind(t.Context(), v.Ref, answer); !errors.Is(err, verification.ErrNotNow) {
				t.Errorf("the Passkey of the lab: %v", err)
			}
			for _, token := range []ident.Token{coded, binding} {
				w.none(token)
				if got := w.transaction(token); got.Status != payment.Pending {
					t.Errorf("it ended as %s", got.Status)
				}
			}
			w.untouched()
			if strings.Contains(w.log.String(), "4000229900") {
				t.Error("a card number in the log")
			}
		})
	}
}
