package verification_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/verification"
)

// payer is a cardholder of a good will with a card and a device.
type payer struct {
	w      *world
	token  ident.Token
	card   string
	device *passkeytest.Authenticator
}

// next does what the cardholder does next; done tells that nothing is left.
func (p payer) next() (done bool, err error) {
	ctx := p.w.t.Context()
	v, found, err := p.w.service.Current(ctx, p.token)
	if err != nil {
		return false, err
	}
	if !found {
		c, _, err := p.w.payments.Checkout(ctx, p.token)
		if err != nil || !c.Payable() {
			return true, err
		}
		return false, p.w.service.Submit(ctx, p.token, card(p.card), able)
	}
	switch v.Step {
	case verification.StepChoose:
		if v.Offer == verification.OfferUse {
			return false, p.w.service.Choose(ctx, p.token, verification.UsePasskey)
		}
		return false, p.w.service.Choose(ctx, p.token, verification.ChooseBind)
	case verification.StepOTP:
		return false, p.w.service.EnterOTP(ctx, p.token, p.w.code(goodPhone))
	case verification.StepBind:
		return false, p.bind(v.Ref)
	case verification.StepPasskey:
		return false, p.w.service.FinishPasskey(ctx, v.Ref, p.w.signed(v.Ref, p.device))
	}
	return false, fmt.Errorf("at %q", v.Step)
}

// bind makes a Passkey, unless the device has one of the card already.
func (p payer) bind(ref ident.Token) error {
	ctx := p.w.t.Context()
	p.device.Origin, p.device.TopOrigin = relyingParty, ""
	c, err := p.w.service.BeginBind(ctx, ref, verification.Caller{Origin: relyingParty})
	if err != nil {
		return err
	}
	made, err := p.device.Create(c.Options)
	if err != nil {
		return p.w.service.FallBack(ctx, ref, verification.FailedHere)
	}
	return p.w.service.FinishBind(ctx, ref, cardholder.Answer{Token: c.Token, Response: made})
}

// freshCard is a Visa card that nobody has used, whose issuer holds the good phone.
func (w *world) freshCard() string {
	w.cards++
	number := fmt.Sprintf("411111%09d", w.cards)
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	number += fmt.Sprint((10 - sum%10) % 10)
	w.bank.mu.Lock()
	defer w.bank.mu.Unlock()
	w.bank.phones[number] = goodPhone
	return number
}

// Wherever the process dies, in the first payment of a card or in a later one, the
// cardholder goes on and pays once, or nothing is charged.
func TestACrashAtAnyStatementLeavesAPaymentThatGoesOn(t *testing.T) {
	t.Parallel()
	for step, name := range []string{"submit", "choose", "code", "bind", "submit again", "use", "touch"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			const statementsMax = 40
			for statement := 1; ; statement++ {
				if statement == statementsMax {
					t.Fatal("the step never gets through")
				}
				if w.crash(step, statement) {
					if statement < 4 {
						t.Errorf("the step has %d statements", statement-1)
					}
					return
				}
			}
		})
	}
}

// crash pays with a card, twice for the later steps, while the database goes away at a
// statement of a step. It tells that the step has no such statement.
func (w *world) crash(step, statement int) (survived bool) {
	w.t.Helper()
	const first = 4 // steps of a first payment
	p := payer{w: w, token: w.open(nil), card: w.freshCard(), device: passkeytest.New(relyingParty)}
	if step >= first {
		for range first {
			w.step(p)
		}
		p.token, step = w.open(nil), step-first
	}
	for range step {
		w.step(p)
	}
	w.stops.after(statement)
	_, err := p.next()
	w.stops.after(0)
	w.lawful(p.token)
	for range 12 {
		done, err := p.next()
		if err != nil {
			w.t.Fatalf("statement %d: stuck: %v", statement, err)
		}
		if done {
			break
		}
	}
	w.clock.Advance(time.Minute) // what was cut short is inquired about
	_, resolveErr := w.payments.ResolveDue(w.t.Context(), 10)
	must(w.t, resolveErr)
	w.lawful(p.token)
	got := w.transaction(p.token)
	if got.Status != payment.Authorised && got.Failure != payment.FailedReversed {
		w.t.Errorf("statement %d: the payment is %s (%s)", statement, got.Status, got.Failure)
	}
	return err == nil
}

func (w *world) step(p payer) {
	w.t.Helper()
	done, err := p.next()
	must(w.t, err)
	if done {
		w.t.Fatal("the payment is over too early")
	}
}
