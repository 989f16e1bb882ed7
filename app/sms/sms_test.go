package sms_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/phone"
	"github.com/memberzone/memberzone/app/sms"
)

const (
	gatewaySecret = "a secret of the test's own"
	reference     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	number        = "+886912345678"
	words         = "驗證碼 048213。\n\n@pay.example.com #048213"
)

var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// desk is a gateway over loopback HTTP, our client of it, and where receipts go.
type desk struct {
	t        *testing.T
	gateway  *phone.Gateway
	url      string
	client   *sms.Client
	clock    *clock.Fake
	log      *bytes.Buffer
	mu       sync.Mutex
	receipts []otp.Receipt
	answers  []int // of the next receipts; then 200
}

func open(t *testing.T, timeout time.Duration) *desk {
	t.Helper()
	d := &desk{t: t, clock: clock.NewFake(noon), log: &bytes.Buffer{}}
	desk := httptest.NewServer(http.HandlerFunc(d.receive))
	t.Cleanup(desk.Close)
	var err error
	d.gateway, err = phone.New(phone.Options{
		Secret: secret.New(gatewaySecret), ReceiptURL: desk.URL + "/sms/receipts", Clock: d.clock,
		Log: slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	must(t, err)
	server := httptest.NewServer(http.StripPrefix("/sms", d.gateway.Handler()))
	d.url = server.URL + "/sms"
	t.Cleanup(func() {
		_ = d.gateway.Close()
		server.Close()
		if logged := d.log.String(); strings.Contains(logged, number) || strings.Contains(logged, "048213") {
			t.Errorf("the gateway logged %s", logged)
		}
	})
	d.client = client(t, d.url, timeout, gatewaySecret, d.clock)
	return d
}

func client(t *testing.T, url string, timeout time.Duration, shared string, c clock.Clock) *sms.Client {
	t.Helper()
	made, err := sms.New(sms.Options{
		URL: url, Account: phone.DefaultAccount, Secret: secret.New(shared), Timeout: timeout, Clock: c,
	})
	must(t, err)
	t.Cleanup(made.CloseIdle)
	return made
}

// receive is our side of the receipts.
func (d *desk) receive(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	receipt, err := d.client.ReadReceipt(r, body)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.t.Error("a receipt of the gateway's:", err)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	d.receipts = append(d.receipts, receipt)
	if len(d.answers) > 0 {
		w.WriteHeader(d.answers[0])
		d.answers = d.answers[1:]
	}
}

func (d *desk) got() []otp.Receipt {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]otp.Receipt(nil), d.receipts...)
}

func (d *desk) behave(b phone.Behaviour) {
	d.t.Helper()
	must(d.t, d.gateway.SetBehaviour(b))
}

func message() otp.Message {
	return otp.Message{
		Reference: reference, To: secret.New(number), Words: secret.New(words), ExpiresAt: noon.Add(5 * time.Minute),
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to this: %s", what)
		}
	}
}

func mustTellNothing(t *testing.T, err error) {
	t.Helper()
	if err != nil && (strings.Contains(err.Error(), "912345678") || strings.Contains(err.Error(), "048213") ||
		strings.Contains(err.Error(), gatewaySecret)) {
		t.Errorf("the error tells too much: %v", err)
	}
}

func TestAMessageReachesItsPhoneOnceAndAReceiptComes(t *testing.T) {
	t.Parallel()
	d := open(t, 5*time.Second)
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			if err := d.client.Send(t.Context(), message()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	until(t, "the receipt", func() bool { return len(d.got()) == 1 })
	if got := d.got()[0]; got.Reference != reference || !got.Delivered || got.Reason != "" {
		t.Errorf("%+v", got)
	}
	if m := d.gateway.Messages(); len(m) != 1 || m[0].To != number || m[0].Text != words {
		t.Errorf("the phones got %+v", m)
	}
	if n := d.gateway.Deliveries(reference); n != 10 {
		t.Errorf("%d deliveries", n)
	}
	other := message()
	other.Words = secret.New("other words")
	err := d.client.Send(t.Context(), other)
	if !errors.Is(err, otp.ErrRefused) {
		t.Errorf("other words under the same reference: %v", err)
	}
	mustTellNothing(t, err)
}

func TestTroublesOfTheGateway(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		behaviour phone.Behaviour
		final     bool // no second try
		taken     bool // although an error was told
	}{
		"unavailable":   {behaviour: phone.Behaviour{Unavailable: true}},
		"throttled":     {behaviour: phone.Behaviour{ThrottleNext: 1}},
		"refused":       {behaviour: phone.Behaviour{RefuseNext: 1}, final: true},
		"answered 500":  {behaviour: phone.Behaviour{FailNext: 1}, taken: true},
		"lost":          {behaviour: phone.Behaviour{LoseNext: 1}, taken: true},
		"cut":           {behaviour: phone.Behaviour{LoseNext: 1, DropLost: true}, taken: true},
		"slow to take":  {behaviour: phone.Behaviour{DelayBeforeMS: 1000}, taken: true},
		"slow to reply": {behaviour: phone.Behaviour{DelayAfterMS: 1000}, taken: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t, 300*time.Millisecond)
			d.behave(test.behaviour)
			err := d.client.Send(t.Context(), message())
			if err == nil || errors.Is(err, otp.ErrRefused) != test.final {
				t.Fatalf("%v", err)
			}
			mustTellNothing(t, err)
			if test.taken {
				until(t, "on the phone", func() bool { return len(d.gateway.Messages()) == 1 })
			} else if n := len(d.gateway.Messages()); n != 0 {
				t.Errorf("%d messages were taken", n)
			}
			d.behave(phone.Behaviour{})
			if err := d.client.Send(t.Context(), message()); err != nil {
				t.Errorf("the second try: %v", err)
			}
			until(t, "the receipt", func() bool { return len(d.got()) == 1 })
			if m := d.gateway.Messages(); len(m) != 1 {
				t.Errorf("the phone got it %d times", len(m))
			}
		})
	}
}

func TestWhatBecomesOfAMessage(t *testing.T) {
	t.Parallel()
	d := open(t, 5*time.Second)
	d.behave(phone.Behaviour{UndeliverableNext: 1, ReceiptTwiceNext: 1})
	must(t, d.client.Send(t.Context(), message()))
	until(t, "two receipts", func() bool { return len(d.got()) == 2 })
	if got := d.got(); got[0] != got[1] || got[0].Delivered || got[0].Reason != "unreachable" {
		t.Errorf("%+v", got)
	}
	late := message()
	late.Reference, late.ExpiresAt = strings.Repeat("Z", 26), noon.Add(-time.Second)
	d.mu.Lock()
	d.answers = []int{http.StatusInternalServerError, http.StatusServiceUnavailable}
	d.mu.Unlock()
	must(t, d.client.Send(t.Context(), late))
	until(t, "a receipt that is repeated until it is taken", func() bool { return len(d.got()) == 5 })
	if got := d.got()[4]; got.Delivered || got.Reason != "expired" {
		t.Errorf("%+v", got)
	}
	if n := len(d.gateway.Messages()); n != 0 {
		t.Errorf("the phones got %d messages", n)
	}
}

func TestTheGatewayRefusesForgeries(t *testing.T) {
	t.Parallel()
	d := open(t, 5*time.Second)
	stale := clock.NewFake(noon.Add(-6 * time.Minute))
	for name, c := range map[string]*sms.Client{
		"another secret": client(t, d.url, time.Second, "another secret of 16 bytes", d.clock),
		"an old stamp":   client(t, d.url, time.Second, gatewaySecret, stale),
	} {
		err := c.Send(t.Context(), message())
		if err == nil || errors.Is(err, otp.ErrRefused) || !strings.Contains(err.Error(), "401") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(d.gateway.Messages()); n != 0 {
		t.Errorf("%d messages", n)
	}
}

func TestAnswersThatAreNoneAreTriedAgain(t *testing.T) {
	t.Parallel()
	var answer atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write(answer.Load().([]byte))
	}))
	t.Cleanup(server.Close)
	c := client(t, server.URL, time.Second, gatewaySecret, clock.NewFake(noon))
	for _, text := range []string{
		"", "null", "{}", `{"reference":"` + reference + `","status":"queued"}`, `{"reference":"X","status":"accepted"}`,
		strings.Repeat("{", 1000), `"` + strings.Repeat("x", 64<<10) + `"`,
	} {
		answer.Store([]byte(text))
		if err := c.Send(t.Context(), message()); err == nil || errors.Is(err, otp.ErrRefused) {
			t.Errorf("%.40q: %v", text, err)
		}
	}
	if err := client(t, "http://127.0.0.1:1", time.Second, gatewaySecret, clock.NewFake(noon)).
		Send(t.Context(), message()); err == nil || errors.Is(err, otp.ErrRefused) {
		t.Errorf("nobody there: %v", err)
	}
}

func TestOptionsThatCannotWorkAreTold(t *testing.T) {
	t.Parallel()
	good := sms.Options{
		URL: "https://sms.example/api", Account: "a", Secret: secret.New(gatewaySecret), Clock: clock.NewFake(noon),
	}
	if _, err := sms.New(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*sms.Options){
		"no URL":       func(o *sms.Options) { o.URL = "" },
		"http":         func(o *sms.Options) { o.URL = "http://sms.example" },
		"a password":   func(o *sms.Options) { o.URL = "https://user:hidden-word@sms.example" },
		"a query":      func(o *sms.Options) { o.URL = "https://sms.example?key=hidden-word" },
		"no account":   func(o *sms.Options) { o.Account = "" },
		"short secret": func(o *sms.Options) { o.Secret = secret.New("hidden-word") },
		"no clock":     func(o *sms.Options) { o.Clock = nil },
	} {
		o := good
		spoil(&o)
		if _, err := sms.New(o); err == nil || strings.Contains(err.Error(), "hidden-word") {
			t.Errorf("%s: %v", name, err)
		}
	}
	good.URL, good.AllowHTTP = "http://sms.example", true
	if _, err := sms.New(good); err != nil {
		t.Errorf("http that is allowed: %v", err)
	}
}

// receiptOf makes a signed receipt.
func receiptOf(body string, at time.Time) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/sms/receipts", strings.NewReader(body))
	stamp := strconv.FormatInt(at.Unix(), 10)
	digest := sha256.Sum256([]byte(body))
	h := hmac.New(sha256.New, []byte(gatewaySecret))
	_, _ = io.WriteString(h, strings.Join(
		[]string{phone.DefaultAccount, r.Method, "/sms/receipts", stamp, hex.EncodeToString(digest[:])}, "\n"))
	r.Header.Set("SMS-Account", phone.DefaultAccount)
	r.Header.Set("SMS-Timestamp", stamp)
	r.Header.Set("SMS-Signature", hex.EncodeToString(h.Sum(nil)))
	return r
}

func TestForgedReceiptsAreRefused(t *testing.T) {
	t.Parallel()
	d := open(t, time.Second)
	const body = `{"reference":"` + reference + `","status":"delivered","reason":"","at":"2026-11-24T04:00:00Z"}`
	read := func(r *http.Request, body string) error {
		_, err := d.client.ReadReceipt(r, []byte(body))
		return err
	}
	must(t, read(receiptOf(body, noon), body))
	must(t, read(receiptOf(body, noon.Add(5*time.Minute)), body))
	for name, test := range map[string]struct {
		at    time.Time
		body  string
		spoil func(*http.Request)
	}{
		"another body":   {noon, strings.Replace(body, "delivered", "failed", 1), nil},
		"an old one":     {noon.Add(-5*time.Minute - time.Second), body, nil},
		"of the future":  {noon.Add(5*time.Minute + time.Second), body, nil},
		"no stamp":       {noon, body, func(r *http.Request) { r.Header.Del("SMS-Timestamp") }},
		"another stamp":  {noon, body, func(r *http.Request) { r.Header.Set("SMS-Timestamp", "1795492801") }},
		"no signature":   {noon, body, func(r *http.Request) { r.Header.Del("SMS-Signature") }},
		"a changed one":  {noon, body, func(r *http.Request) { r.Header.Set("SMS-Signature", strings.Repeat("0", 64)) }},
		"an account":     {noon, body, func(r *http.Request) { r.Header.Set("SMS-Account", "other") }},
		"another path":   {noon, body, func(r *http.Request) { r.URL.Path = "/v1/messages" }},
		"another method": {noon, body, func(r *http.Request) { r.Method = http.MethodPut }},
	} {
		r := receiptOf(body, test.at)
		if test.spoil != nil {
			test.spoil(r)
		}
		if err := read(r, test.body); !errors.Is(err, otp.ErrForged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever a gateway signs, it is read as a receipt or refused without a panic and
// without being quoted.
func FuzzReadReceipt(f *testing.F) {
	for _, body := range []string{
		`{"reference":"` + reference + `","status":"delivered","reason":"","at":"2026-11-24T04:00:00Z"}`,
		`{"reference":"` + reference + `","status":"failed","reason":"unreachable","at":"2026-11-24T04:00:00Z"}`,
		`{"reference":"` + reference + `","status":"failed","reason":"<b>","at":"2026-11-24T04:00:00Z"}`,
		"", "null", "[]", "{}{}",
	} {
		f.Add(body)
	}
	c, err := sms.New(sms.Options{
		URL: "https://sms.example", Account: phone.DefaultAccount, Secret: secret.New(gatewaySecret),
		Clock: clock.NewFake(noon),
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r, err := c.ReadReceipt(receiptOf(body, noon), []byte(body))
		switch {
		case errors.Is(err, otp.ErrForged):
			t.Error("the signature was not taken")
		case err != nil && r != (otp.Receipt{}):
			t.Errorf("an error and a receipt: %+v", r)
		case err == nil && (len(r.Reference) != 26 || r.Delivered != (r.Reason == "") ||
			strings.Trim(r.Reason, "abcdefghijklmnopqrstuvwxyz_") != ""):
			t.Errorf("%+v", r)
		}
	})
}
