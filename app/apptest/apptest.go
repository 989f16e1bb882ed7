package apptest

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app"
	"github.com/memberzone/memberzone/app/acquirer"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/mailer"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/bank"
	"github.com/memberzone/memberzone/app/simulator/mailbox"
	"github.com/memberzone/memberzone/app/simulator/phone"
	"github.com/memberzone/memberzone/app/sms"
)

// Start is the time at which the clock of a test stands: noon in Taipei.
var Start = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// Shop is the origin of the stores' own pages.
const Shop = "http://localhost:8082"

// App is the running program of one test.
type App struct {
	*app.App
	URL             string // of the main origin
	RelyingPartyURL string // of the relying party's origin
	DatabaseURL     string
	Clock           *clock.Fake
	Bank            *bank.Management
	Mailbox         *mailbox.Mailbox
	Phone           *phone.Gateway // the SMS gateway
	Log             *Log           // everything that was logged

	keyset secret.String
}

// New starts the program with the demonstration's members and stores. Its jobs
// stand still until StartJobs.
func New(t *testing.T) *App {
	t.Helper()
	a := &App{Clock: clock.NewFake(Start), DatabaseURL: dbtest.New(t), Log: &Log{}}
	log := slog.New(slog.NewJSONHandler(a.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	shared := secret.New("a secret of the test's bank")

	simulated, err := bank.New(bank.Options{Secret: shared, Clock: a.Clock, Log: log})
	must(t, err)
	bankServer := httptest.NewServer(simulated.Handler())
	t.Cleanup(func() {
		_ = simulated.Close()
		bankServer.Close()
	})
	a.Bank = bank.NewManagement(bankServer.URL, bankServer.Client())

	a.Mailbox, err = mailbox.New(mailbox.Options{Clock: a.Clock, Log: log})
	must(t, err)
	smtp, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	go func() { _ = a.Mailbox.Serve(smtp) }()
	t.Cleanup(func() { _ = a.Mailbox.Close() })

	keyset, err := app.NewKeyset()
	must(t, err)
	a.keyset = keyset
	// The site's address must be known before there is a site; passkeys need a name.
	listener, relyingParty := listen(t), listen(t)
	a.URL, a.RelyingPartyURL = addressOf(listener), addressOf(relyingParty)
	gateway := a.openPhone(t, log)
	config := app.Config{
		DatabaseURL: a.DatabaseURL, Keyset: keyset, LocalMerchants: true, Clock: a.Clock, Log: log,
		PublicURL: a.URL, RelyingPartyURL: a.RelyingPartyURL, StaffPasswords: true,
		Acquirer: acquirer.Options{
			URL: bankServer.URL, Account: bank.DefaultAccount, Secret: shared, Timeout: 2 * time.Second,
		},
		Mail: mailer.Options{
			Host: "127.0.0.1", Port: smtp.Addr().(*net.TCPAddr).Port, TLS: mailer.Plain, From: "no-reply@memberzone.example",
		},
		SMS:        gateway,
		Timing:     payment.Timing{Authorise: 2 * time.Second},
		RetryPause: func(int) time.Duration { return 10 * time.Millisecond },
	}
	a.App, err = app.New(t.Context(), config)
	must(t, err)
	must(t, a.LoadDemo(t.Context(), a.Clock.Now(), Shop))
	t.Cleanup(func() {
		must(t, a.Close(context.WithoutCancel(t.Context()))) // the test's context has ended by now
	})
	serve(t, listener, a.Handler())
	serve(t, relyingParty, a.App.RelyingParty())
	return a
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	return listener
}

func addressOf(l net.Listener) string {
	return "http://localhost:" + strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

func serve(t *testing.T, l net.Listener, h http.Handler) {
	t.Helper()
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}}
	server.Start()
	t.Cleanup(server.Close)
}

// openPhone opens the SMS gateway of the program and returns how to reach it.
func (a *App) openPhone(t *testing.T, log *slog.Logger) sms.Options {
	t.Helper()
	shared := secret.New("a secret of the test's SMS gateway")
	gateway, err := phone.New(phone.Options{
		Secret: shared, ReceiptURL: a.URL + "/sms/receipts", Clock: a.Clock, Log: log,
	})
	must(t, err)
	server := httptest.NewServer(gateway.Handler())
	t.Cleanup(func() {
		_ = gateway.Close()
		server.Close()
	})
	a.Phone = gateway
	return sms.Options{URL: server.URL, Account: phone.DefaultAccount, Secret: shared, Timeout: 2 * time.Second}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Log keeps what was logged, for tests that look for what must not be there.
type Log struct {
	mu   sync.Mutex
	text []byte
}

var _ io.Writer = (*Log)(nil)

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	return len(p), nil
}

// String returns all that was logged.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}
