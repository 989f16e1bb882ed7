package acquirer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/acquirer"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/bank"
)

const (
	bankSecret = "a secret of the test's own"
	goodCard   = "4111111111111111"
	noAnswer   = "4000000000000119"
)

var noon = time.Date(2026, 7, 15, 4, 0, 0, 0, time.UTC)

// counter is a bank over loopback HTTP, and our client of it.
type counter struct {
	t      *testing.T
	client *acquirer.Client
	manage *bank.Management
	server *httptest.Server
}

func open(t *testing.T, timeout time.Duration) *counter {
	t.Helper()
	b, err := bank.New(bank.Options{
		Secret: secret.New(bankSecret), Clock: clock.NewFake(noon), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b.Handler())
	t.Cleanup(func() {
		_ = b.Close()
		server.Close()
	})
	return &counter{
		t: t, client: client(t, server.URL, timeout), server: server,
		manage: bank.NewManagement(server.URL, server.Client()),
	}
}

func client(t *testing.T, url string, timeout time.Duration) *acquirer.Client {
	t.Helper()
	c, err := acquirer.New(acquirer.Options{
		URL: url, Account: bank.DefaultAccount, Secret: secret.New(bankSecret), Timeout: timeout,
		Clock: clock.NewFake(noon),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdle)
	return c
}

func request(t *testing.T, id, card string) payment.AuthoriseRequest {
	t.Helper()
	pan, err := secret.ParsePAN(card)
	if err != nil {
		t.Fatal(err)
	}
	return payment.AuthoriseRequest{
		ID: id, MerchantID: "MS100000001", TradeNo: "26071512000000001", Amount: 1200,
		PAN: pan, Expiry: "2812", CVC: secret.New("987"),
	}
}

func (c *counter) totals() bank.Totals {
	c.t.Helper()
	r, err := c.manage.Report(c.t.Context(), bank.Filter{})
	if err != nil {
		c.t.Fatal(err)
	}
	return r.Totals
}

func (c *counter) behave(b bank.Behaviour) {
	c.t.Helper()
	if err := c.manage.SetBehaviour(c.t.Context(), b); err != nil {
		c.t.Fatal(err)
	}
}

func TestAnswersOfTheBank(t *testing.T) {
	t.Parallel()
	c := open(t, 5*time.Second)
	for i, test := range []struct {
		name   string
		card   string
		change func(*payment.AuthoriseRequest)
		want   payment.AuthoriseAnswer
	}{
		{"visa", goodCard, nil, payment.AuthoriseAnswer{
			Approved: true, RespondCode: "00", Message: "授權成功", Bank: "Esun", Issuer: "Esun",
		}},
		{"foreign card", "4242424242424242", nil, payment.AuthoriseAnswer{
			Approved: true, RespondCode: "00", Message: "授權成功", Bank: "NCCC", Foreign: true,
		}},
		{"bonus", "4012888888881881", func(r *payment.AuthoriseRequest) { r.Bonus = true }, payment.AuthoriseAnswer{
			Approved: true, RespondCode: "00", Message: "授權成功", Bank: "CTBC", Issuer: "CTBC", BonusPaid: 1080,
		}},
		{"refused card", "4000000000000002", nil, payment.AuthoriseAnswer{
			RespondCode: "05", Message: "拒絕交易，請持卡人洽發卡銀行", Bank: "Fubon", Issuer: "Fubon",
		}},
		{"expired", goodCard, func(r *payment.AuthoriseRequest) { r.Expiry = "2606" }, payment.AuthoriseAnswer{
			RespondCode: "54", Message: "卡片已過期", Bank: "Esun", Issuer: "Esun",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := request(t, fmt.Sprintf("R%d", i), test.card)
			if test.change != nil {
				test.change(&r)
			}
			got, err := c.client.Authorise(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if got.Approved != (len(got.ApprovalCode) == 6) {
				t.Errorf("approval code %q", got.ApprovalCode)
			}
			told, err := c.client.Inquire(t.Context(), r.ID)
			if err != nil || told != got {
				t.Errorf("inquiry %+v, %v; answer was %+v", told, err, got)
			}
			if got.ApprovalCode = ""; got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestALostAnswerIsFoundByInquiry(t *testing.T) {
	t.Parallel()
	for name, behaviour := range map[string]bank.Behaviour{
		"the card that is never answered": {},
		"dropped connection":              {Authorise: bank.Faults{LoseNext: 1, DropLost: true}},
		"late answer":                     {Authorise: bank.Faults{DelayAfterMS: 60_000}},
		"failure after the charge":        {Authorise: bank.Faults{FailNext: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := open(t, 300*time.Millisecond)
			c.behave(behaviour)
			card := goodCard
			if reflect.DeepEqual(behaviour, bank.Behaviour{}) {
				card = noAnswer
			}
			got, err := c.client.Authorise(t.Context(), request(t, "R1", card))
			if !errors.Is(err, payment.ErrNoAnswer) || errors.Is(err, payment.ErrNotSent) {
				t.Fatalf("got %+v, %v", got, err)
			}
			told, err := c.client.Inquire(t.Context(), "R1")
			if err != nil || !told.Approved {
				t.Errorf("inquiry %+v, %v", told, err)
			}
			if got := c.totals(); got.Charges != 1 || got.Deliveries != 1 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestARequestUnderWayIsUnknownAndThenNot(t *testing.T) {
	t.Parallel()
	c := open(t, 200*time.Millisecond)
	c.behave(bank.Behaviour{Authorise: bank.Faults{DelayBeforeMS: 600}})
	if _, err := c.client.Authorise(t.Context(), request(t, "R1", goodCard)); !errors.Is(err, payment.ErrNoAnswer) {
		t.Fatal(err)
	}
	if _, err := c.client.Inquire(t.Context(), "R1"); !errors.Is(err, payment.ErrUnknownRequest) {
		t.Fatal(err)
	}
	for c.totals().Requests == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	if got, err := c.client.Inquire(t.Context(), "R1"); err != nil || !got.Approved {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAReversalOvertakesARequestUnderWay(t *testing.T) {
	t.Parallel()
	c := open(t, 200*time.Millisecond)
	c.behave(bank.Behaviour{Authorise: bank.Faults{DelayBeforeMS: 600}})
	if _, err := c.client.Authorise(t.Context(), request(t, "R1", goodCard)); !errors.Is(err, payment.ErrNoAnswer) {
		t.Fatal(err)
	}
	for range 2 { // idempotent
		if err := c.client.Reverse(t.Context(), "R1"); err != nil {
			t.Fatal(err)
		}
	}
	for c.totals().Deliveries == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	if got := c.totals(); got.Charges != 0 || got.Reversed != 1 {
		t.Errorf("%+v", got)
	}
	if got, err := c.client.Inquire(t.Context(), "R1"); err != nil || got.Approved {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAReversalUndoesACharge(t *testing.T) {
	t.Parallel()
	c := open(t, 5*time.Second)
	if got, err := c.client.Authorise(t.Context(), request(t, "R1", goodCard)); err != nil || !got.Approved {
		t.Fatal(got, err)
	}
	if err := c.client.Reverse(t.Context(), "R1"); err != nil {
		t.Fatal(err)
	}
	if got := c.totals(); got.Charges != 0 || got.Reversed != 1 {
		t.Errorf("%+v", got)
	}
	if got, err := c.client.Authorise(t.Context(), request(t, "R1", goodCard)); err != nil || got.Approved {
		t.Errorf("sent again: %+v, %v", got, err)
	}
}

func TestAReversalWithoutAnAnswerIsNotCertain(t *testing.T) {
	t.Parallel()
	c := open(t, 300*time.Millisecond)
	c.behave(bank.Behaviour{Reverse: bank.Faults{LoseNext: 1, FailNext: 2}})
	for range 2 {
		if err := c.client.Reverse(t.Context(), "R1"); !errors.Is(err, payment.ErrNoAnswer) {
			t.Errorf("%v", err)
		}
	}
	if err := c.client.Reverse(t.Context(), "R1"); err != nil {
		t.Error(err)
	}
}

func TestConcurrentDeliveriesOfOneIDAgree(t *testing.T) {
	t.Parallel()
	c := open(t, 10*time.Second)
	c.behave(bank.Behaviour{Authorise: bank.Faults{TwiceNext: 5}})
	const deliveries = 16
	answers := make([]payment.AuthoriseAnswer, deliveries)
	r := request(t, "R1", goodCard)
	var group sync.WaitGroup
	for i := range deliveries {
		group.Go(func() {
			got, err := c.client.Authorise(t.Context(), r)
			if err != nil {
				t.Error(err)
			}
			answers[i] = got
		})
	}
	group.Wait()
	for _, got := range answers {
		if got != answers[0] || !got.Approved {
			t.Errorf("answers %+v and %+v", answers[0], got)
		}
	}
	if got := c.totals(); got.Charges != 1 || got.Deliveries != deliveries+5 {
		t.Errorf("%+v", got)
	}
}

func TestAnIDThatIsTakenStaysOpen(t *testing.T) {
	t.Parallel()
	c := open(t, 5*time.Second)
	r := request(t, "R1", goodCard)
	if _, err := c.client.Authorise(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	r.Amount++
	if _, err := c.client.Authorise(t.Context(), r); !errors.Is(err, payment.ErrNoAnswer) {
		t.Errorf("other content under the same id: %v", err)
	}
}

func TestWhatTheBankDidNotProcessWasNotSent(t *testing.T) {
	t.Parallel()
	c := open(t, 5*time.Second)
	malformed := request(t, "R1", goodCard)
	malformed.TradeNo = "1"
	if _, err := c.client.Authorise(t.Context(), malformed); !errors.Is(err, payment.ErrNotSent) {
		t.Errorf("400: %v", err)
	}
	c.behave(bank.Behaviour{Unavailable: true})
	if _, err := c.client.Authorise(t.Context(), request(t, "R1", goodCard)); !errors.Is(err, payment.ErrNotSent) {
		t.Errorf("503: %v", err)
	}
	if _, err := c.client.Inquire(t.Context(), "R1"); !errors.Is(err, payment.ErrNoAnswer) {
		t.Errorf("inquiry: %v", err)
	}
	if err := c.client.Reverse(t.Context(), "R1"); !errors.Is(err, payment.ErrNoAnswer) {
		t.Errorf("reversal: %v", err)
	}
	if got := c.totals(); got.Requests != 0 {
		t.Errorf("%+v", got)
	}
}

func TestABankThatCannotBeReachedWasNotAsked(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := "http://" + listener.Addr().String()
	_ = listener.Close()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	c := open(t, time.Second)
	for name, try := range map[string]func() (*acquirer.Client, context.Context){
		"refused": func() (*acquirer.Client, context.Context) { return client(t, refused, time.Second), t.Context() },
		"no name": func() (*acquirer.Client, context.Context) {
			return client(t, "http://bank.invalid", time.Second), t.Context()
		},
		"cancelled": func() (*acquirer.Client, context.Context) { return c.client, over },
	} {
		bankClient, ctx := try()
		if _, err := bankClient.Authorise(ctx, request(t, "R1", goodCard)); !errors.Is(err, payment.ErrNotSent) {
			t.Errorf("%s: authorise %v", name, err)
		}
		if _, err := bankClient.Inquire(ctx, "R1"); !errors.Is(err, payment.ErrNoAnswer) {
			t.Errorf("%s: inquire %v", name, err)
		}
		if err := bankClient.Reverse(ctx, "R1"); !errors.Is(err, payment.ErrNoAnswer) {
			t.Errorf("%s: reverse %v", name, err)
		}
	}
}

func TestNothingIsAskedInsideADatabaseTransaction(t *testing.T) {
	t.Parallel()
	c := open(t, time.Second)
	ctx := payment.MarkTx(t.Context())
	_, err := c.client.Authorise(ctx, request(t, "R1", goodCard))
	if !errors.Is(err, acquirer.ErrInTransaction) || !errors.Is(err, payment.ErrNotSent) {
		t.Errorf("authorise: %v", err)
	}
	if _, err := c.client.Inquire(ctx, "R1"); !errors.Is(err, acquirer.ErrInTransaction) {
		t.Errorf("inquire: %v", err)
	}
	if err := c.client.Reverse(ctx, "R1"); !errors.Is(err, acquirer.ErrInTransaction) {
		t.Errorf("reverse: %v", err)
	}
	if got := c.totals(); got.Requests != 0 {
		t.Errorf("%+v", got)
	}
}

// TestAConnectionThatDiesIsNotTriedAgain keeps a connection alive, then has the
// server cut it under the next POST: the case in which http.Transport would send a
// replayable request once more.
func TestAConnectionThatDiesIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	var posts atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, soundAnswer)
			return
		}
		posts.Add(1)
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
	}))
	t.Cleanup(server.Close)
	c := client(t, server.URL, 5*time.Second)
	for range 20 {
		if _, err := c.Inquire(t.Context(), "R1"); err != nil {
			t.Fatal(err)
		}
		posts.Store(0)
		_, err := c.Authorise(t.Context(), request(t, "R1", goodCard))
		if !errors.Is(err, payment.ErrNoAnswer) || posts.Load() != 1 {
			t.Fatalf("%d posts, %v", posts.Load(), err)
		}
	}
}

func TestNoErrorHoldsCardDataOrTheSecret(t *testing.T) {
	t.Parallel()
	c := open(t, 200*time.Millisecond)
	c.behave(bank.Behaviour{Authorise: bank.Faults{LoseNext: 1}})
	var seen atomic.Int32
	echo := client(t, answering(t, 500, "application/json", `{"error":"`+goodCard+`"}`, &seen), time.Second)
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, nil))
	malformed := request(t, "R 1", goodCard)
	for _, try := range []func() error{
		func() error { _, err := c.client.Authorise(t.Context(), request(t, "R1", goodCard)); return err },
		func() error { _, err := c.client.Authorise(t.Context(), malformed); return err },
		func() error { _, err := echo.Authorise(t.Context(), request(t, "R1", goodCard)); return err },
		func() error { _, err := echo.Inquire(t.Context(), goodCard+"/x"); return err },
	} {
		err := try()
		if err == nil {
			t.Fatal("no error")
		}
		log.Error("authorise", "error", err, "request", fmt.Sprintf("%+v", request(t, "R1", goodCard)))
	}
	for _, bare := range []string{goodCard, "987", bankSecret} {
		if strings.Contains(text.String(), bare) {
			t.Errorf("%s in %s", bare, text.String())
		}
	}
}

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*acquirer.Options){
		"no URL":       func(o *acquirer.Options) { o.URL = "" },
		"other scheme": func(o *acquirer.Options) { o.URL = "ftp://bank" },
		"password":     func(o *acquirer.Options) { o.URL = "http://u:p@bank" },
		"query":        func(o *acquirer.Options) { o.URL = "http://bank/?a" },
		"no account":   func(o *acquirer.Options) { o.Account = "" },
		"short secret": func(o *acquirer.Options) { o.Secret = secret.New("short") },
		"no timeout":   func(o *acquirer.Options) { o.Timeout = 0 },
		"no clock":     func(o *acquirer.Options) { o.Clock = nil },
	} {
		o := acquirer.Options{
			URL: "http://bank", Account: "a", Secret: secret.New(bankSecret), Timeout: time.Second, Clock: clock.System{},
		}
		change(&o)
		if _, err := acquirer.New(o); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
