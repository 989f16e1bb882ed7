package verification_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/verification"
)

// byServer is an order that comes with its card.
func byServer(o *payment.NewOrder) {
	o.Request.Server, o.Request.Version = true, "2.5"
	o.Request.ExpiresAt = noon.Add(15 * time.Minute)
}

// hand opens an order with its card, for a page of the merchant at the origin.
func (w *world) hand(number, origin string) ident.Token {
	w.t.Helper()
	token := w.open(byServer)
	must(w.t, w.service.SubmitOrder(w.t.Context(), token, card(number), origin))
	return token
}

// confirmed is what the merchant hands back once the device has signed.
func (w *world) confirmed(token ident.Token, a *passkeytest.Authenticator) cardholder.Answer {
	w.t.Helper()
	made, err := w.service.BeginFromMerchant(w.t.Context(), token, shop)
	must(w.t, err)
	a.Origin, a.TopOrigin = shop, ""
	answer, err := a.Pay(made.SPC)
	must(w.t, err)
	return cardholder.Answer{Token: made.Token, Response: answer}
}

func TestACardFromTheServerWaitsForTheBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.hand(visa, "")
	if v := w.view(token, verification.StepArrive); !v.Asks {
		t.Error("what the browser can decides nothing")
	}
	if n := w.count("SELECT count(*) FROM text_messages"); n != 0 {
		t.Errorf("%d messages before anybody is there to read the code", n)
	}
	must(t, w.service.Arrive(t.Context(), token, able))
	w.view(token, verification.StepChoose)
	must(t, w.service.Arrive(t.Context(), token, payment.Device{})) // a reload
	w.choose(token, verification.ChooseBind)
	w.passCode(token)
	w.bind(token, passkeytest.New(relyingParty))
	w.lawful(token)
	if got := w.transaction(token); got.Status != payment.Authorised || !got.TokenBind || !got.TokenCharge {
		t.Errorf("ended as %+v", got)
	}
	if n := w.count("SELECT count(*) FROM verifications WHERE reason = 'no_credential' AND eligible"); n != 1 {
		t.Error("the funnel does not count it")
	}
}

func TestABrowserThatCannotTakesTheCodeOnArrival(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.hand(visa, "")
	must(t, w.service.Arrive(t.Context(), token, payment.Device{}))
	w.view(token, verification.StepOTP)
	w.passCode(token)
	w.lawful(token)
	if story := w.story(token); !strings.Contains(story, "passkey_fell_back:unsupported") {
		t.Errorf("story %s", story)
	}
}

func TestOnlyOneOfManyArrivalsCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.hand(visa, "")
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if err := w.service.Arrive(t.Context(), token, able); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	w.view(token, verification.StepChoose)
	if n := strings.Count(w.story(token), "passkey_asked"); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestACardWhoseBrowserNeverComesIsErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.hand(visa, "")
	w.clock.Advance(16 * time.Minute)
	_, err := w.service.EndDue(t.Context(), 10)
	must(t, err)
	_, err = w.payments.EndExpired(t.Context(), 10)
	must(t, err)
	w.lawful(token)
	if got := w.transaction(token); got.Failure != payment.FailedExpired {
		t.Errorf("ended as %+v", got)
	}
	if n := w.count("SELECT count(*) FROM verifications WHERE sealed IS NOT NULL"); n != 0 {
		t.Error("the card is kept")
	}
}

func TestAServersCardThatCannotBeVerifiedFailsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	token := w.hand(phoneless, "")
	w.none(token)
	w.lawful(token)
	if got := w.transaction(token); got.Failure != payment.FailedUnverified {
		t.Errorf("ended as %+v", got)
	}
}

func TestAPageOfTheStoreUsesThePasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := passkeytest.New(relyingParty)
	w.bound(visa, a)
	token := w.hand(visa, shop)
	answer := w.confirmed(token, a)
	id := w.transaction(token).ID
	var all sync.WaitGroup
	for range 2 { // handed back twice at once
		all.Go(func() {
			err := w.service.FinishFromMerchant(t.Context(), id, answer)
			if err != nil && !errors.Is(err, verification.ErrNotNow) && !errors.Is(err, verification.ErrNotFound) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	w.lawful(token)
	got := w.transaction(token)
	if got.Verification != payment.VerifiedPasskey || !got.TokenCharge || got.TokenBind {
		t.Errorf("ended as %+v", got)
	}
	if err := w.service.FinishFromMerchant(t.Context(), id, answer); !errors.Is(err, verification.ErrNotFound) {
		t.Errorf("handed back again: %v", err)
	}
	if c, _, awaited, err := w.service.Order(t.Context(), id); err != nil || awaited != "" || c.Transaction.ID != id {
		t.Errorf("the order: %v, a browser is awaited: %v", err, awaited != "")
	}
}

func TestNobodyElsesPageUsesThePasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := passkeytest.New(relyingParty)
	w.bound(visa, a)
	for _, origin := range []string{"https://evil.example", site, relyingParty, shop + ":8443"} {
		token := w.open(byServer)
		err := w.service.SubmitOrder(t.Context(), token, card(visa), origin)
		if !errors.Is(err, verification.ErrCaller) {
			t.Errorf("submitted for %s: %v", origin, err)
		}
		_, err = w.service.BeginFromMerchant(t.Context(), w.hand(visa, shop), origin)
		if !errors.Is(err, verification.ErrCaller) {
			t.Errorf("begun for %s: %v", origin, err)
		}
	}
	_, err := w.service.BeginFromMerchant(t.Context(), w.hand(visa, ""), shop)
	if !errors.Is(err, verification.ErrNotNow) {
		t.Errorf("begun although no page was named: %v", err)
	}
	hosted := w.open(nil)
	w.submit(hosted, visa, able)
	w.choose(hosted, verification.UsePasskey)
	err = w.service.FallBackFromMerchant(t.Context(), w.transaction(hosted).ID, verification.ChoseOTP)
	if !errors.Is(err, verification.ErrNotNow) {
		t.Errorf("the merchant led a hosted checkout: %v", err)
	}
}

func TestAnAnswerForAnotherOrderEndsInACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := passkeytest.New(relyingParty)
	w.bound(visa, a)
	first, second := w.hand(visa, shop), w.hand(visa, shop)
	must(t, w.service.FinishFromMerchant(t.Context(), w.transaction(second).ID, w.confirmed(first, a)))
	w.view(second, verification.StepOTP)
	_, _, awaited, err := w.service.Order(t.Context(), w.transaction(second).ID)
	if must(t, err); awaited != second {
		t.Error("the cardholder's browser cannot be led on")
	}
	w.passCode(second)
	w.lawful(second)
	w.lawful(first)
}
