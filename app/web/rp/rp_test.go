package rp_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/apptest"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/wire"
)

// bound is a checkout at the step where a passkey is made, with its part of the relying
// party's addresses.
type bound struct {
	*apptest.App
	checkout, ref ident.Token
}

var noRedirects = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func newBound(t *testing.T) bound {
	t.Helper()
	b := bound{App: apptest.New(t)}
	keys := wire.NewKeys(wire.KeyPair{HashKey: "DemoKey00000000000000MS100000001", HashIV: "DemoIV0100000001"})
	form, err := wire.BuildPaymentForm(keys, []wire.Pair{
		{Name: "MerchantID", Value: "MS100000001"},
		{Name: "RespondType", Value: "JSON"},
		{Name: "TimeStamp", Value: "1795492800"},
		{Name: "Version", Value: "2.2"},
		{Name: "MerchantOrderNo", Value: "Tea_1"},
		{Name: "Amt", Value: "1250"},
		{Name: "ItemDesc", Value: "青瓷茶杯"},
		{Name: "Email", Value: "payer@example.test"},
		{Name: "CREDIT", Value: "1"},
	})
	must(t, err)
	resp := b.do(t, http.MethodPost, b.URL+"/MPG/mpg_gateway", wire.EncodeForm(form), map[string]string{
		"Content-Type": "application/x-www-form-urlencoded",
	})
	b.checkout = ident.Token(strings.TrimPrefix(resp.Header.Get("Location"), "/checkout/"))
	must(t, b.Verifications().Submit(t.Context(), b.checkout, payment.CardInput{
		CardNo: secret.New("4111111111111111"), ExpMonth: "12", ExpYear: "30", CVC: secret.New("123"),
		LastName: "王", FirstName: "小明", Phone: "+886912345678", Email: "payer@example.test", IP: "192.0.2.1",
	}, payment.Device{WebAuthn: true, UVPA: true, SPC: "available", Browser: "chrome"}))
	must(t, b.Verifications().Choose(t.Context(), b.checkout, "bind"))
	b.PassOTP(t, b.checkout)
	view, found, err := b.Verifications().Current(t.Context(), b.checkout)
	must(t, err)
	if !found || view.Ref == "" {
		t.Fatalf("no passkey is asked for: %+v", view)
	}
	b.ref = view.Ref
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type reply struct {
	*http.Response
	body string
}

func (b bound) do(t *testing.T, method, address, body string, header map[string]string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	must(t, err)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := noRedirects.Do(req)
	must(t, err)
	text, err := io.ReadAll(resp.Body)
	must(t, err)
	must(t, resp.Body.Close())
	return reply{resp, string(text)}
}

func (b bound) page(query string) string {
	return b.RelyingPartyURL + "/passkey/" + string(b.ref) + query
}

func TestThePageOffersThePasskeyAndTheWayOn(t *testing.T) {
	t.Parallel()
	b := newBound(t)
	r := b.do(t, http.MethodGet, b.page("?checkout="+string(b.checkout)), "", nil)
	for _, want := range []string{
		`data-payment-passkey="create"`, `data-choice="skip-bind"`, "NT$ 1,250", "Tea_1",
		`data-next="` + b.URL + "/checkout/" + string(b.checkout) + `"`,
	} {
		if !strings.Contains(r.body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Errorf("policy %s", csp)
	}
	if strings.Contains(r.body, "411111") {
		t.Error("the page shows more of the card than its last four digits")
	}
}

func TestThePageStandsInFramesOfRegisteredOriginsOnly(t *testing.T) {
	t.Parallel()
	b := newBound(t)
	for origin, may := range map[string]bool{
		apptest.Shop: true, b.URL: true, "https://evil.example": false, apptest.Shop + ".evil.example": false, "null": false,
	} {
		r := b.do(t, http.MethodGet, b.page("?parent="+url.QueryEscape(origin)), "", nil)
		csp := r.Header.Get("Content-Security-Policy")
		framed := strings.Contains(csp, "frame-ancestors "+origin+";") && r.Header.Get("X-Frame-Options") == ""
		if framed != may || (r.StatusCode == http.StatusOK) != may {
			t.Errorf("in a frame of %s: %d, %s", origin, r.StatusCode, csp)
		}
	}
}

func TestScriptsOfOtherOriginsAreRefused(t *testing.T) {
	t.Parallel()
	b := newBound(t)
	for origin, may := range map[string]bool{
		b.RelyingPartyURL: true, "https://evil.example": false, "": false, "null": false,
	} {
		header := map[string]string{"Origin": origin}
		r := b.do(t, http.MethodPost, b.page("/begin"), "{}", header)
		if (r.StatusCode == http.StatusOK) != may {
			t.Errorf("begin from %q: %d %s", origin, r.StatusCode, r.body)
		}
		if may && !json.Valid([]byte(r.body)) {
			t.Errorf("begin from %q: %s", origin, r.body)
		}
		if allowed := r.Header.Get("Access-Control-Allow-Origin"); !may && allowed != "" {
			t.Errorf("from %q the answer may be read by %q", origin, allowed)
		}
	}
}

func TestAWrongAnswerIsRefusedAndThePaymentGoesOn(t *testing.T) {
	t.Parallel()
	b := newBound(t)
	query := "?checkout=" + string(b.checkout)
	for _, body := range []string{"", "{", `[]`} {
		r := b.do(t, http.MethodPost, b.page("/finish"+query), body, map[string]string{"Origin": b.RelyingPartyURL})
		var told struct{ Code, Message string }
		if r.StatusCode == http.StatusOK || json.Unmarshal([]byte(r.body), &told) != nil || told.Message == "" {
			t.Errorf("%q: %d %s", body, r.StatusCode, r.body)
		}
	}
	r := b.do(t, http.MethodPost, b.page(query), "choice=skip-bind&why=cancelled", map[string]string{
		"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Mode": "navigate",
	})
	if want := b.URL + "/checkout/" + string(b.checkout); r.Header.Get("Location") != want {
		t.Fatalf("leads on to %s, want %s: %s", r.Header.Get("Location"), want, r.body)
	}
	late := b.do(t, http.MethodPost, b.page("/finish"+query), `{"token":"x","response":{}}`, map[string]string{
		"Origin": b.RelyingPartyURL,
	})
	if late.StatusCode != http.StatusConflict || !strings.Contains(late.body, `"next":"`+b.URL) {
		t.Errorf("an answer that comes late: %d %s", late.StatusCode, late.body)
	}
	paid := b.do(t, http.MethodGet, b.URL+"/checkout/"+string(b.checkout), "", nil)
	if !strings.Contains(paid.body, `data-result="SUCCESS"`) {
		t.Errorf("the payment did not go on: %s", paid.body)
	}
}

func TestAnAddressThatIsOverLeadsBack(t *testing.T) {
	t.Parallel()
	b := newBound(t)
	b.Clock.Advance(time.Hour)
	want := b.URL + "/checkout/" + string(b.checkout)
	r := b.do(t, http.MethodGet, b.page("?checkout="+string(b.checkout)), "", nil)
	if r.Header.Get("Location") != want {
		t.Errorf("over: %d to %s", r.StatusCode, r.Header.Get("Location"))
	}
	r = b.do(t, http.MethodPost, b.page("/begin?checkout="+string(b.checkout)), "{}",
		map[string]string{"Origin": b.RelyingPartyURL})
	var told struct{ Next string }
	if err := json.Unmarshal([]byte(r.body), &told); err != nil || told.Next != want {
		t.Errorf("a script is told %s", r.body)
	}
	for _, address := range []string{
		"/passkey/" + string(ident.NewToken()), "/passkey/x", "/passkey/" + string(b.ref) + "?checkout=//evil.example",
	} {
		r := b.do(t, http.MethodGet, b.RelyingPartyURL+address, "", nil)
		if strings.Contains(r.body, "evil.example") || r.Header.Get("Location") != "" {
			t.Errorf("%s: %d %s", address, r.StatusCode, r.Header.Get("Location"))
		}
	}
}
