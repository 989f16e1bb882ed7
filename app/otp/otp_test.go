package otp_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/lockout"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/secret"
)

func TestALifeOfACode(t *testing.T) {
	t.Parallel()
	d, ctx := open(otp.Limits{}), t.Context()
	if _, err := d.Current(ctx, "v1"); !errors.Is(err, otp.ErrNone) {
		t.Errorf("before: %v", err)
	}
	if _, err := d.Check(ctx, "v1", secret.New("123456")); !errors.Is(err, otp.ErrNone) {
		t.Errorf("a code that was never sent: %v", err)
	}
	sent, err := d.Send(ctx, request("v1"))
	must(t, err)
	want := otp.Sent{
		To: "09** *** 678", SentAt: noon, ExpiresAt: noon.Add(5 * time.Minute), ResendAt: noon.Add(time.Minute),
		TriesLeft: 3, SendsLeft: 2,
	}
	if sent != want {
		t.Errorf("sent %+v, want %+v", sent, want)
	}
	code := d.code(t)
	out, err := d.Check(ctx, "v1", secret.New(wrongOf(code)))
	must(t, err)
	if out != (otp.Outcome{Result: otp.Wrong, TriesLeft: 2, SendsLeft: 2}) {
		t.Errorf("a wrong code: %+v", out)
	}
	if out, err = d.Check(ctx, "v2", secret.New(code)); !errors.Is(err, otp.ErrNone) {
		t.Errorf("another subject: %+v, %v", out, err)
	}
	out, err = d.Check(ctx, "v1", secret.New(" "+code[:3]+" "+code[3:]))
	must(t, err)
	if out.Result != otp.Right || out.Over() {
		t.Errorf("the right code: %+v", out)
	}
	if _, err = d.Check(ctx, "v1", secret.New(code)); !errors.Is(err, otp.ErrNone) {
		t.Errorf("used twice: %v", err)
	}
	d.clock.Advance(time.Hour)
	if _, err = d.Send(ctx, request("v1")); !errors.Is(err, otp.ErrSpent) {
		t.Errorf("a further code after the right one: %v", err)
	}
}

func TestWhatIsNotSixDigitsCountsAsNoTry(t *testing.T) {
	t.Parallel()
	d, ctx := open(otp.Limits{}), t.Context()
	_, err := d.Send(ctx, request("v1"))
	must(t, err)
	for _, typed := range []string{"", "12345", "1234567", "12345a", "-12.456", "一二三四五六", strings.Repeat("1", 9999)} {
		if _, err := d.Check(ctx, "v1", secret.New(typed)); !errors.Is(err, otp.ErrMalformed) {
			t.Errorf("%.20q: %v", typed, err)
		}
	}
	if sent, err := d.Current(ctx, "v1"); err != nil || sent.TriesLeft != 3 {
		t.Errorf("%+v, %v", sent, err)
	}
	var full strings.Builder
	for _, digit := range d.code(t) {
		full.WriteRune(digit - '0' + '０')
	}
	if out, err := d.Check(ctx, "v1", secret.New(full.String())); err != nil || out.Result != otp.Right {
		t.Errorf("full-width digits: %+v, %v", out, err)
	}
}

func TestACodeExpiresAfterFiveMinutes(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]otp.Result{
		5*time.Minute - time.Millisecond: otp.Right, 5 * time.Minute: otp.Expired, time.Hour: otp.Expired,
	} {
		d := open(otp.Limits{})
		_, err := d.Send(t.Context(), request("v1"))
		must(t, err)
		d.clock.Advance(after)
		out, err := d.Check(t.Context(), "v1", secret.New(d.code(t)))
		if err != nil || out.Result != want || out.Over() {
			t.Errorf("after %v: %+v, %v", after, out, err)
		}
	}
}

func TestANewCodeEndsTheOneBefore(t *testing.T) {
	t.Parallel()
	d, ctx := open(otp.Limits{}), t.Context()
	var codes []string
	for n := range otp.SendsMax {
		sent, err := d.Send(ctx, request("v1"))
		must(t, err)
		if sent.SendsLeft != 2-n || sent.TriesLeft != 3 {
			t.Errorf("code %d: %+v", n, sent)
		}
		codes = append(codes, d.code(t))
		d.clock.Advance(otp.ResendAfter - time.Millisecond)
		if _, err := d.Send(ctx, request("v1")); n < 2 && !errors.Is(err, otp.ErrTooSoon) {
			t.Errorf("within a minute: %v", err)
		}
		d.clock.Advance(time.Millisecond)
		if n < 2 {
			out, err := d.Check(ctx, "v1", secret.New(wrongOf(codes[n])))
			if err != nil || out.Result != otp.Wrong {
				t.Fatalf("%+v, %v", out, err)
			}
		}
	}
	if _, err := d.Send(ctx, request("v1")); !errors.Is(err, otp.ErrSpent) {
		t.Errorf("a fourth code: %v", err)
	}
	var states []otp.State
	for _, text := range d.store.texts {
		states = append(states, text.State)
	}
	if fmt.Sprint(states) != "[withdrawn withdrawn pending]" {
		t.Errorf("the messages are %v", states)
	}
	if codes[0] != codes[2] { // a millionth of a chance that they are equal
		if out, err := d.Check(ctx, "v1", secret.New(codes[0])); err != nil || out.Result != otp.Wrong {
			t.Errorf("the first code: %+v, %v", out, err)
		}
	}
	if out, err := d.Check(ctx, "v1", secret.New(codes[2])); err != nil || out.Result != otp.Right {
		t.Errorf("the last code: %+v, %v", out, err)
	}
}

func TestThreeWrongTriesSpendACode(t *testing.T) {
	t.Parallel()
	d, ctx := open(otp.Limits{}), t.Context()
	for n := 1; n <= otp.SendsMax; n++ {
		_, err := d.Send(ctx, request("v1"))
		must(t, err)
		code := d.code(t)
		for try, want := range []otp.Result{otp.Wrong, otp.Wrong, otp.Spent, otp.Spent} {
			typed := wrongOf(code)
			if try == 3 {
				typed = code // the right one, too late
			}
			out, err := d.Check(ctx, "v1", secret.New(typed))
			if err != nil || out.Result != want || out.SendsLeft != 3-n ||
				out.Over() != (n == 3 && want == otp.Spent) {
				t.Errorf("code %d, try %d: %+v, %v", n, try, out, err)
			}
		}
		d.clock.Advance(otp.ResendAfter)
	}
}

func TestTriesAtOnceAreCounted(t *testing.T) {
	t.Parallel()
	d := open(otp.Limits{})
	_, err := d.Send(t.Context(), request("v1"))
	must(t, err)
	var (
		group  sync.WaitGroup
		mu     sync.Mutex
		counts = map[otp.Result]int{}
	)
	typed := secret.New(wrongOf(d.code(t)))
	for range 20 {
		group.Go(func() {
			out, err := d.Check(t.Context(), "v1", typed)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			counts[out.Result]++
		})
	}
	group.Wait()
	if counts[otp.Wrong] != 2 || counts[otp.Spent] != 18 || d.store.codes["v1"].Tries != 3 {
		t.Errorf("%v, %d tries counted", counts, d.store.codes["v1"].Tries)
	}
}

func TestLimitsOfCardPhoneAndStore(t *testing.T) {
	t.Parallel()
	loose := lockout.Policy{Limit: 1000, Window: time.Hour, Lock: time.Hour}
	tight := lockout.Policy{Limit: 2, Window: time.Hour, Lock: time.Hour}
	for name, test := range map[string]struct {
		limits otp.Limits
		other  func(*otp.Request)
	}{
		"card": {
			otp.Limits{Card: named(tight, "c"), Phone: named(loose, "p"), Store: named(loose, "s")},
			func(r *otp.Request) { r.Card = []byte("another") },
		},
		"phone": {
			otp.Limits{Card: named(loose, "c"), Phone: named(tight, "p"), Store: named(loose, "s")},
			func(r *otp.Request) { r.Phone = "+886987654321" },
		},
		"store": {
			otp.Limits{Card: named(loose, "c"), Phone: named(loose, "p"), Store: named(tight, "s")},
			func(r *otp.Request) { r.Store = 2 },
		},
	} {
		d := open(test.limits)
		for n := range 2 {
			_, err := d.Send(t.Context(), request(fmt.Sprint("v", n)))
			must(t, err)
		}
		if _, err := d.Send(t.Context(), request("v3")); !errors.Is(err, otp.ErrTooMany) {
			t.Errorf("%s: a third code: %v", name, err)
		}
		if len(d.store.texts) != 2 || len(d.store.codes) != 2 {
			t.Errorf("%s: a refused code left something behind", name)
		}
		r := request("v3")
		test.other(&r)
		if _, err := d.Send(t.Context(), r); err != nil {
			t.Errorf("another %s: %v", name, err)
		}
	}
}

func named(p lockout.Policy, scope string) lockout.Policy {
	p.Scope = scope
	return p
}

func TestARequestThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	d := open(otp.Limits{})
	for name, spoil := range map[string]func(*otp.Request){
		"no subject":   func(r *otp.Request) { r.Subject = "" },
		"long subject": func(r *otp.Request) { r.Subject = strings.Repeat("v", 65) },
		"local phone":  func(r *otp.Request) { r.Phone = "0912345678" },
		"no phone":     func(r *otp.Request) { r.Phone = "" },
		"no card":      func(r *otp.Request) { r.Card = nil },
		"card number":  func(r *otp.Request) { r.Last4 = "4111111111111111" },
	} {
		r := request("v1")
		spoil(&r)
		_, err := d.Send(t.Context(), r)
		if err == nil || strings.Contains(err.Error(), "0912") || strings.Contains(err.Error(), "4111") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(d.store.texts) != 0 {
		t.Error("a message was queued")
	}
}

func TestACodeIsFoundAfterANewKey(t *testing.T) {
	t.Parallel()
	d := open(otp.Limits{})
	_, err := d.Send(t.Context(), request("v1"))
	must(t, err)
	d.keys.keys = []string{"second", "first"}
	if out, err := d.Check(t.Context(), "v1", secret.New(d.code(t))); err != nil || out.Result != otp.Right {
		t.Errorf("%+v, %v", out, err)
	}
}

// However codes are sent, tried and waited for: three sends, three tries a code, a code
// passes only while it lives and only once, and nothing but the newest code passes.
func TestNoSequenceGetsMoreThanItMay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, ctx := open(otp.Limits{}), t.Context()
		var (
			sends, tries int
			code         string
			sentAt       time.Time
			passed       bool
		)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"send", "try", "try", "try", "wait"}).Draw(t, "step") {
			case "send":
				may := !passed && sends < 3 && (sends == 0 || d.clock.Now().Sub(sentAt) >= time.Minute)
				_, err := d.Send(ctx, request("v"))
				if (err == nil) != may {
					t.Fatalf("send: %v, may %t", err, may)
				}
				if may {
					sends, tries, sentAt, code = sends+1, 0, d.clock.Now(), d.code(t)
				}
			case "try":
				if code == "" {
					continue
				}
				right := rapid.Bool().Draw(t, "right")
				typed := code
				if !right {
					typed = wrongOf(code)
				}
				out, err := d.Check(ctx, "v", secret.New(typed))
				alive := tries < 3 && d.clock.Now().Sub(sentAt) < 5*time.Minute
				switch {
				case passed && !errors.Is(err, otp.ErrNone):
					t.Fatalf("after it passed: %+v, %v", out, err)
				case passed:
				case err != nil:
					t.Fatal(err)
				case (out.Result == otp.Right) != (right && alive):
					t.Fatalf("%+v for right %t, alive %t", out, right, alive)
				case out.Result == otp.Right:
					passed = true
				case alive:
					tries++
				}
				if tries > 3 || !passed && out.TriesLeft != 3-tries {
					t.Fatalf("%+v after %d tries", out, tries)
				}
			case "wait":
				d.clock.Advance(time.Duration(rapid.IntRange(1, 200).Draw(t, "seconds")) * time.Second)
			}
		}
	})
}
