package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/phone"
	"github.com/memberzone/memberzone/app/sms"
	"github.com/memberzone/memberzone/static"
)

// The demonstration's phone shows a message while somebody looks, without being loaded
// again, and fits a screen of 390 pixels.
func TestTheDemoPhoneShowsWhatArrives(t *testing.T) {
	t.Parallel()
	slow(t)
	o := newOutside(t)
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	mux.Handle("/demo/phone", o.phone)
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	gateway, err := sms.New(sms.Options{
		URL: o.smsURL, Account: phone.DefaultAccount, Secret: bankSecret, Clock: clock.System{},
	})
	must(t, err)
	send := func(reference, code string) {
		t.Helper()
		must(t, gateway.Send(t.Context(), otp.Message{
			Reference: reference, To: secret.New("+886912345678"), ExpiresAt: time.Now().Add(time.Minute),
			Words: secret.New("驗證碼 " + code + "。" + strings.Repeat("x", 120) + "\n\n@pay.example.com #" + code),
		}))
	}
	p := openTab(t)
	p.onAPhone()
	p.open(site.URL + "/demo/phone")
	p.see("#texts .empty")
	send(strings.Repeat("A", 26), "123456")
	p.see(`[data-sms-to="+886912345678"] [data-otp="123456"]`)
	send(strings.Repeat("B", 26), "654321")
	p.see(`#texts article:first-child [data-otp="654321"]`)
	if got := p.count("[data-sms-to]"); got != 2 {
		t.Errorf("the page shows %d messages", got)
	}
	p.mustBeNarrow()
}
