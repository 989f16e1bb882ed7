package acquirer_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/payment"
)

// answering is a server that takes everything and answers with one text.
func answering(t *testing.T, status int, kind, text string, seen *atomic.Int32) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		seen.Add(1)
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

const soundAnswer = `{"request_id":"R1","status":"approved","respond_code":"00","message":"ok",` +
	`"approval_code":"123456","amount":1200,"bank":"Esun","issuer":"","foreign":true,"bonus_paid":0}`

func TestAnAnswerThatDoesNotHoldTogetherIsNone(t *testing.T) {
	t.Parallel()
	edit := func(old, fresh string) string { return strings.Replace(soundAnswer, old, fresh, 1) }
	for name, c := range map[string]struct {
		status int
		kind   string
		text   string
	}{
		"empty":               {200, "application/json", ""},
		"a page":              {200, "text/html", "<html>" + goodCard},
		"sound, but no JSON":  {200, "text/plain", soundAnswer},
		"cut":                 {200, "application/json", soundAnswer[:60]},
		"two":                 {200, "application/json", soundAnswer + soundAnswer},
		"not UTF-8":           {200, "application/json", edit("ok", "\xff")},
		"huge":                {200, "application/json", edit("ok", strings.Repeat("x", 70_000))},
		"another id":          {200, "application/json", edit(`"R1"`, `"R2"`)},
		"another amount":      {200, "application/json", edit("1200", "1201")},
		"no amount":           {200, "application/json", edit("1200", "0")},
		"unknown status":      {200, "application/json", edit("approved", "perhaps")},
		"approved and 05":     {200, "application/json", edit(`"00"`, `"05"`)},
		"declined and 00":     {200, "application/json", edit("approved", "declined")},
		"no approval code":    {200, "application/json", edit("123456", "")},
		"bank is a sentence":  {200, "application/json", edit("Esun", "Esun <b>Bank</b>")},
		"no word on foreign":  {200, "application/json", edit(`"foreign":true,`, "")},
		"points not asked":    {200, "application/json", edit(`"bonus_paid":0`, `"bonus_paid":5`)},
		"negative points":     {200, "application/json", edit(`"bonus_paid":0`, `"bonus_paid":-5`)},
		"control characters":  {200, "application/json", edit("ok", `a\u0007b`)},
		"redirect":            {307, "application/json", soundAnswer},
		"created":             {201, "application/json", soundAnswer},
		"404 of a proxy":      {404, "text/html", "not found"},
		"503 of a proxy":      {503, "application/json", `{"error":"overloaded"}`},
		"503 without a kind":  {503, "text/html", `{"error":"unavailable","not_processed":true}`},
		"500 with the marker": {500, "application/json", `{"error":"internal","not_processed":true}`},
		"gateway timeout":     {504, "application/json", `{"error":"timeout","not_processed":true}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen atomic.Int32
			bankClient := client(t, answering(t, c.status, c.kind, c.text, &seen), 5*time.Second)
			got, err := bankClient.Authorise(t.Context(), request(t, "R1", goodCard))
			if !errors.Is(err, payment.ErrNoAnswer) || errors.Is(err, payment.ErrNotSent) {
				t.Errorf("got %+v, %v", got, err)
			}
			if got != (payment.AuthoriseAnswer{}) {
				t.Errorf("an answer stands beside the error: %+v", got)
			}
			if seen.Load() != 1 {
				t.Errorf("sent %d times", seen.Load())
			}
		})
	}
	t.Run("the sound one is taken", func(t *testing.T) {
		t.Parallel()
		var seen atomic.Int32
		added := edit(`"bonus_paid":0`, `"bonus_paid":0,"added_later":1`)
		bankClient := client(t, answering(t, 200, "application/json", added, &seen), 5*time.Second)
		if got, err := bankClient.Authorise(t.Context(), request(t, "R1", goodCard)); err != nil || !got.Approved {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestOnlyTheBanksOwn404MeansUnknown(t *testing.T) {
	t.Parallel()
	var seen atomic.Int32
	proxy := client(t, answering(t, 404, "application/json", `{"error":"not_found"}`, &seen), time.Second)
	if _, err := proxy.Inquire(t.Context(), "R1"); !errors.Is(err, payment.ErrNoAnswer) {
		t.Errorf("a proxy's: %v", err)
	}
	theirs := client(t, answering(t, 404, "application/json", `{"error":"unknown_request"}`, &seen), time.Second)
	if _, err := theirs.Inquire(t.Context(), "R1"); !errors.Is(err, payment.ErrUnknownRequest) {
		t.Errorf("the bank's: %v", err)
	}
	if err := theirs.Reverse(t.Context(), "R1"); !errors.Is(err, payment.ErrNoAnswer) {
		t.Errorf("a reversal: %v", err)
	}
	charged := client(t, answering(t, 200, "application/json", soundAnswer, &seen), time.Second)
	if err := charged.Reverse(t.Context(), "R1"); !errors.Is(err, payment.ErrNoAnswer) {
		t.Errorf("a reversal answered with a charge: %v", err)
	}
}
