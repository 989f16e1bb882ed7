package acquirer_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/bank"
)

func panOf(t *testing.T, digits string) secret.PAN {
	t.Helper()
	pan, err := secret.ParsePAN(digits)
	if err != nil {
		t.Fatal(err)
	}
	return pan
}

// mustTellNothing fails for an error with anything of a card or its holder.
func mustTellNothing(t *testing.T, err error) {
	t.Helper()
	for _, text := range []string{"4111", "1111", "912345678", "王", "小明", bankSecret} {
		if err != nil && strings.Contains(err.Error(), text) {
			t.Errorf("the error tells %q: %v", text, err)
		}
	}
}

func TestTheIssuerTellsWhatItHoldsOfACard(t *testing.T) {
	t.Parallel()
	c := open(t, 5*time.Second)
	for digits, want := range map[string]otp.OnFile{
		"4111111111111111": {Phone: "+886912345678", LastName: "王", FirstName: "小明"},
		"5555555555554444": {Phone: "+886923456789"},
		"4000000000000077": {},
		"4012888888881881": {Phone: bank.PhoneOf(panOf(t, "4012888888881881"))},
	} {
		if got, err := c.client.CardOnFile(t.Context(), panOf(t, digits)); err != nil || got != want {
			t.Errorf("%s: %v, %v", digits, got, err)
		}
	}
	for _, digits := range []string{"4111111111111112", "9999999999999995"} {
		if _, err := c.client.CardOnFile(t.Context(), panOf(t, digits)); !errors.Is(err, otp.ErrUnknownCard) {
			t.Errorf("%s: %v", digits, err)
		}
	}
	if _, err := c.client.CardOnFile(t.Context(), secret.PAN{}); !errors.Is(err, otp.ErrNoAnswer) {
		t.Errorf("no number: %v", err)
	}
	if _, err := c.client.CardOnFile(payment.MarkTx(t.Context()), panOf(t, goodCard)); !errors.Is(err, otp.ErrNoAnswer) {
		t.Errorf("inside a transaction: %v", err)
	}
}

func TestAnIssuerThatCannotBeAskedGivesNoAnswer(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]bank.Behaviour{
		"closed": {Unavailable: true},
		"500":    {Lookup: bank.Faults{FailNext: 1}},
		"lost":   {Lookup: bank.Faults{LoseNext: 1}},
		"cut":    {Lookup: bank.Faults{LoseNext: 1, DropLost: true}},
		"slow":   {Lookup: bank.Faults{DelayAfterMS: 1000}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := open(t, 300*time.Millisecond)
			c.behave(b)
			_, err := c.client.CardOnFile(t.Context(), panOf(t, goodCard))
			if !errors.Is(err, otp.ErrNoAnswer) || errors.Is(err, otp.ErrUnknownCard) {
				t.Errorf("%v", err)
			}
			mustTellNothing(t, err)
		})
	}
}

func TestAnAnswerAboutACardThatDoesNotHoldTogetherIsNone(t *testing.T) {
	t.Parallel()
	var answer atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer.Load().([]byte))
	}))
	t.Cleanup(server.Close)
	c := client(t, server.URL, time.Second)
	for _, text := range []string{
		"", "null", "{}", "[]", `{"last_name":"王","first_name":"小明"}`,
		`{"phone":"+886912345678","last_name":"王"}`,
		`{"phone":"0912345678","last_name":"王","first_name":"小明"}`,
		`{"phone":"+886912345678","last_name":"\u0000","first_name":""}`,
		`{"phone":"+886912345678","last_name":"` + strings.Repeat("王", 51) + `","first_name":""}`,
		`{"phone":"+886912345678","last_name":"王","first_name":"小明"}{}`,
	} {
		answer.Store([]byte(text))
		_, err := c.CardOnFile(t.Context(), panOf(t, goodCard))
		if !errors.Is(err, otp.ErrNoAnswer) {
			t.Errorf("%.60q: %v", text, err)
		}
		mustTellNothing(t, err)
	}
}
