package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/verification"
	"github.com/memberzone/memberzone/app/wire"
)

// able is what the card form's script says of a browser with passkeys.
const able = `{"webauthn":true,"uvpa":true,"spc":"available"}`

// submit sends the card form and returns the checkout as it is shown afterwards.
func (c *client) submit(path string, form []wire.Pair) reply {
	c.t.Helper()
	r := c.post(path, form)
	if r.StatusCode != http.StatusSeeOther {
		c.t.Fatalf("the card form was refused: %d\n%s", r.StatusCode, r.body)
	}
	return c.get(path)
}

// pick posts a choice and returns the checkout as it is shown afterwards.
func (c *client) pick(path, choice string, more ...wire.Pair) reply {
	c.t.Helper()
	r := c.post(path+"/choice", append([]wire.Pair{{Name: "choice", Value: choice}}, more...))
	if r.StatusCode != http.StatusSeeOther {
		c.t.Fatalf("the choice %s was refused: %d\n%s", choice, r.StatusCode, r.body)
	}
	return c.get(path)
}

func has(t *testing.T, r reply, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(r.body, want) {
			t.Errorf("the page lacks %s\n%s", want, r.body)
		}
	}
}

func TestABrowserWithoutPasskeysIsAskedForACode(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	path := c.open("Tea_1")
	page := c.submit(path, card())
	has(t, page, `id="otp-form"`, `name="otp"`, "09** *** 678", `data-choice="other-card"`)
	if strings.Contains(page.body, "412345678") {
		t.Error("the page shows the phone number")
	}
	wrong := c.post(path+"/otp", []wire.Pair{{Name: "otp", Value: "12345"}})
	if wrong.StatusCode != http.StatusBadRequest {
		t.Errorf("a code of five digits: %d", wrong.StatusCode)
	}
	has(t, wrong, `data-error-for="otp"`)
	soon := c.post(path+"/otp/resend", nil)
	if soon.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a second code at once: %d", soon.StatusCode)
	}
	c.app.PassOTP(t, ident.Token(strings.TrimPrefix(path, "/checkout/")))
	_, notice, _ := c.notice(c.get(path))
	if notice.Status != "SUCCESS" || notice.Result["ECI"] != "5" {
		t.Errorf("after the code: %+v", notice)
	}
}

func TestACardholderChoosesHowToConfirm(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	path := c.open("Tea_1")
	page := c.submit(path, card("device="+able))
	has(t, page, `data-choice="bind"`, `data-choice="skip-bind"`, "Visa •••• 1111")
	has(t, c.get(path), `data-choice="bind"`) // a reload asks the same
	refused := c.post(path+"/choice", []wire.Pair{{Name: "choice", Value: "use-force"}})
	if refused.StatusCode != http.StatusBadRequest {
		t.Errorf("a choice that does not exist: %d", refused.StatusCode)
	}
	has(t, refused, `data-choice="bind"`)
	has(t, c.pick(path, "bind"), `id="otp-form"`)
	has(t, c.pick(path, "other-card"), `id="card-form"`)
	has(t, c.submit(path, card("device="+able)), `data-choice="bind"`)
	has(t, c.pick(path, "skip-bind"), `id="otp-form"`)
	c.app.PassOTP(t, ident.Token(strings.TrimPrefix(path, "/checkout/")))
	_, notice, _ := c.notice(c.get(path))
	if notice.Status != "SUCCESS" {
		t.Errorf("after the code: %+v", notice)
	}
}

func TestAfterTheCodeThePasskeyIsMadeOnTheRelyingPartysOrigin(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	path := c.open("Tea_1")
	c.submit(path, card("device="+able))
	c.pick(path, "bind")
	token := ident.Token(strings.TrimPrefix(path, "/checkout/"))
	c.app.PassOTP(t, token)
	r := c.get(path)
	where := r.Header.Get("Location")
	if r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(where, c.app.RelyingPartyURL+"/passkey/") ||
		!strings.HasSuffix(where, "?checkout="+string(token)) {
		t.Fatalf("%d to %s", r.StatusCode, where)
	}
	// The device never answers: the payment goes on without.
	view, found, err := c.app.Verifications().Current(t.Context(), token)
	if err != nil || !found {
		t.Fatal(found, err)
	}
	c.must(c.app.Verifications().FallBack(t.Context(), view.Ref, verification.TimedOut))
	_, notice, _ := c.notice(c.get(path))
	if notice.Status != "SUCCESS" {
		t.Errorf("without the passkey: %+v", notice)
	}
}

func TestTheCheckoutMayAskTheRelyingPartyAndNobodyElse(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	path := c.open("Tea_1")
	for _, page := range []reply{c.get(path), c.submit(path, card("device="+able))} {
		csp, features := page.Header.Get("Content-Security-Policy"), page.Header.Get("Permissions-Policy")
		if !strings.Contains(csp, "connect-src 'self' "+c.app.RelyingPartyURL+";") ||
			!strings.Contains(csp, "form-action 'self' "+c.app.RelyingPartyURL+";") ||
			!strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(features, "payment=(self)") {
			t.Errorf("policies %s, %s", csp, features)
		}
	}
}

func TestWhatTheDeviceSaysIsHeldWithinBounds(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	for i, said := range []string{
		"", "{", "null", `{"webauthn":"yes"}`, `{"webauthn":true,"uvpa":false}`, `[1]`,
		`{"webauthn":true,"uvpa":true,"spc":"` + strings.Repeat("x", 500) + `"}`,
	} {
		path := c.open("Tea_" + string(rune('A'+i)))
		has(t, c.submit(path, card("device="+said)), `id="otp-form"`)
		c.app.Clock.Advance(2 * time.Hour) // the limits of messages to one phone
	}
}

func TestAPaymentEndsWhenEveryCodeIsSpent(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	path := c.open("Tea_1")
	c.submit(path, card())
	var last reply
	for send := range 3 {
		for range 3 {
			last = c.post(path+"/otp", []wire.Pair{{Name: "otp", Value: "000000"}})
		}
		if send < 2 {
			c.app.Clock.Advance(61 * time.Second)
			c.post(path+"/otp/resend", nil)
		}
	}
	if last.StatusCode != http.StatusSeeOther {
		t.Fatalf("the last wrong code: %d\n%s", last.StatusCode, last.body)
	}
	_, notice, _ := c.notice(c.get(path))
	if notice.Status != "MPG03009" {
		t.Errorf("the merchant is told %+v", notice)
	}
	if answer := c.query("Tea_1"); !strings.Contains(answer.body, `"TradeStatus":"2"`) {
		t.Errorf("query says %s", answer.body)
	}
}
