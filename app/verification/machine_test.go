package verification_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/verification"
)

// machine is one order with its cards and devices, and everybody who acts on it.
type machine struct {
	w       *world
	mu      sync.Mutex // of what follows: an authenticator is for one goroutine
	token   ident.Token
	cards   []string
	devices []*passkeytest.Authenticator
	refs    []ident.Token
	binds   []cardholder.Answer // that were sent before
	touches []cardholder.Answer
}

// act is one thing that somebody does.
type act struct {
	kind   string
	n      int
	forged bool
}

var kinds = []string{
	"submit", "submit", "choose", "choose", "code", "code", "code", "wrong code", "resend", "bind", "bind", "touch",
	"touch", "fall back", "sweep", "again",
	"go on", "go on", "go on", "go on", "go on", "go on", "go on", "go on", "go on", "go on", "go on", "go on",
}

func drawAct(rt *rapid.T, label string) act {
	return act{
		rapid.SampledFrom(kinds).Draw(rt, label), rapid.IntRange(0, 20).Draw(rt, label+" n"),
		rapid.IntRange(0, 5).Draw(rt, label+" forged") == 0,
	}
}

// do returns an error that no cardholder may see.
func (m *machine) do(a act) error {
	ctx := m.w.t.Context()
	var err error
	switch a.kind {
	case "submit":
		d := able
		if a.forged {
			d = payment.Device{}
		}
		err = m.w.service.Submit(ctx, m.token, card(m.cards[a.n%len(m.cards)]), d)
	case "choose":
		choices := []verification.Choice{
			verification.ChooseBind, verification.UsePasskey, verification.ChooseBind, verification.UsePasskey,
			verification.SkipBind, verification.UseOTP, verification.UseOtherCard,
		}
		err = m.w.service.Choose(ctx, m.token, choices[a.n%len(choices)])
	case "code":
		err = m.w.service.EnterOTP(ctx, m.token, m.code())
	case "wrong code":
		err = m.w.service.EnterOTP(ctx, m.token, wrong(m.code()))
	case "resend":
		err = m.w.service.ResendOTP(ctx, m.token)
	case "bind":
		err = m.bind(a)
	case "touch":
		err = m.touch(a)
	case "fall back":
		reasons := []verification.FellBack{
			verification.NoCredential, verification.Cancelled, verification.OptedOut, verification.TimedOut,
		}
		err = m.w.service.FallBack(ctx, m.ref(a.n), reasons[a.n%len(reasons)])
	case "sweep":
		_, sweepErr := m.w.service.EndDue(ctx, 10)
		_, endErr := m.w.payments.EndExpired(ctx, 10)
		err = errors.Join(sweepErr, endErr)
	case "again":
		err = m.again(a)
	case "go on":
		err = m.goOn(a)
	}
	if err != nil && fault.KindOf(err) == fault.Internal {
		return fmt.Errorf("%s: %w", a.kind, err)
	}
	return nil
}

// goOn does what leads on to a payment: chance alone seldom gets far.
func (m *machine) goOn(a act) error {
	v, found, err := m.w.service.Current(m.w.t.Context(), m.token)
	switch {
	case err != nil:
		return err
	case !found:
		return m.do(act{kind: "submit"})
	case v.Step == verification.StepChoose && v.Offer == verification.OfferUse:
		return m.w.service.Choose(m.w.t.Context(), m.token, verification.UsePasskey)
	case v.Step == verification.StepChoose:
		return m.w.service.Choose(m.w.t.Context(), m.token, verification.ChooseBind)
	case v.Step == verification.StepOTP:
		return m.do(act{kind: "code"})
	case v.Step == verification.StepBind:
		return m.bind(act{n: 4 + a.n%2, forged: a.forged})
	}
	return m.touch(act{n: 4 + a.n%2, forged: a.forged})
}

func (m *machine) code() secret.String {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.w.code(goodPhone)
}

// ref is the present ref, or an earlier one.
func (m *machine) ref(n int) ident.Token {
	v, found, err := m.w.service.Current(m.w.t.Context(), m.token)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil && found && v.Ref != "" {
		m.refs = append(m.refs, v.Ref)
		if n > 2 {
			return v.Ref
		}
	}
	if len(m.refs) == 0 {
		return "none"
	}
	return m.refs[n%len(m.refs)]
}

func (m *machine) bind(a act) error {
	ref := m.ref(a.n)
	c, err := m.w.service.BeginBind(m.w.t.Context(), ref, verification.Caller{Origin: relyingParty})
	if err != nil {
		return err
	}
	m.mu.Lock()
	device := m.devices[a.n%len(m.devices)]
	device.Origin, device.Unverified = relyingParty, a.forged
	made, err := device.Create(c.Options)
	answer := cardholder.Answer{Token: c.Token, Response: made}
	m.binds = append(m.binds, answer)
	m.mu.Unlock()
	if err != nil {
		return m.w.service.FallBack(m.w.t.Context(), ref, verification.FailedHere)
	}
	return m.w.service.FinishBind(m.w.t.Context(), ref, answer)
}

func (m *machine) touch(a act) error {
	ref := m.ref(a.n)
	c, err := m.w.service.BeginPasskey(m.w.t.Context(), ref, verification.Caller{Origin: site})
	if err != nil {
		return err
	}
	m.mu.Lock()
	device := m.devices[a.n%len(m.devices)]
	device.Origin, device.Forges, device.Unverified = site, a.forged, false
	signed, err := device.Pay(c.SPC)
	device.Forges = false
	answer := cardholder.Answer{Token: c.Token, Response: signed}
	m.touches = append(m.touches, answer)
	m.mu.Unlock()
	if err != nil {
		return m.w.service.FallBack(m.w.t.Context(), ref, verification.NoCredential)
	}
	return m.w.service.FinishPasskey(m.w.t.Context(), ref, answer)
}

// again sends an answer of before.
func (m *machine) again(a act) error {
	ref := m.ref(a.n)
	m.mu.Lock()
	list, finish := m.binds, m.w.service.FinishBind
	if a.forged {
		list, finish = m.touches, m.w.service.FinishPasskey
	}
	m.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	return finish(m.w.t.Context(), ref, list[a.n%len(list)])
}

var jumps = []time.Duration{0, time.Second, time.Minute, 4 * time.Minute, 16 * time.Minute}

// Whatever cardholders, browsers and processes do, one after the other and at once, the
// laws hold after each step, and in the end nothing is left open.
func TestTheLawsHoldWhateverHappens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	rapid.Check(t, func(rt *rapid.T) {
		m := &machine{
			w: w, cards: []string{w.freshCard(), w.freshCard()},
			devices: []*passkeytest.Authenticator{passkeytest.New(relyingParty), passkeytest.New(relyingParty)},
		}
		for order := range rapid.IntRange(1, 2).Draw(rt, "orders") {
			m.token = w.open(func(o *payment.NewOrder) {
				if rapid.Bool().Draw(rt, "limited") {
					o.Request.ExpiresAt = w.clock.Now().Add(10 * time.Minute)
				}
			})
			if order == 0 && rapid.Bool().Draw(rt, "bound before") {
				p := payer{w, m.token, m.cards[0], m.devices[0]}
				for range 4 {
					w.step(p)
				}
				continue
			}
			m.run(rt)
		}
	})
}

func (m *machine) run(rt *rapid.T) {
	for range rapid.IntRange(3, 12).Draw(rt, "steps") {
		if rapid.IntRange(0, 4).Draw(rt, "jump") == 0 {
			m.w.clock.Advance(rapid.SampledFrom(jumps).Draw(rt, "by"))
		}
		acts := []act{drawAct(rt, "act")}
		for range rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(rt, "beside") {
			acts = append(acts, drawAct(rt, "beside"))
		}
		errs := make([]error, len(acts))
		var all sync.WaitGroup
		for i, a := range acts {
			all.Go(func() { errs[i] = m.do(a) })
		}
		all.Wait()
		if err := errors.Join(append(errs, m.w.broken(m.token))...); err != nil {
			rt.Fatalf("%v: %v\n%s", acts, err, m.w.story(m.token))
		}
	}
	m.w.clock.Advance(16 * time.Minute)
	for _, sweep := range []func() (int, error){
		func() (int, error) { return m.w.service.EndDue(m.w.t.Context(), 100) },
		func() (int, error) { return m.w.payments.EndExpired(m.w.t.Context(), 100) },
	} {
		if _, err := sweep(); err != nil {
			rt.Fatal(err)
		}
	}
	if err := m.w.broken(m.token); err != nil {
		rt.Fatalf("in the end: %v\n%s", err, m.w.story(m.token))
	}
	if n := m.w.count("SELECT count(*) FROM verifications WHERE ended_at IS NULL"); n != 0 {
		rt.Fatalf("%d verifications never end", n)
	}
}
