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
)

// Start is the time at which the clock of a test stands: noon in Taipei.
var Start = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// App is the running program of one test.
type App struct {
	*app.App
	URL         string // of the main origin
	DatabaseURL string
	Clock       *clock.Fake
	Bank        *bank.Management
	Mailbox     *mailbox.Mailbox
	Log         *Log // everything that was logged
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
	// The site's address must be known before there is a site; passkeys need a name.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	a.URL = "http://localhost:" + strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	config := app.Config{
		DatabaseURL: a.DatabaseURL, Keyset: keyset, LocalMerchants: true, Clock: a.Clock, Log: log,
		PublicURL: a.URL, StaffPasswords: true,
		Acquirer: acquirer.Options{
			URL: bankServer.URL, Account: bank.DefaultAccount, Secret: shared, Timeout: 2 * time.Second,
		},
		Mail: mailer.Options{
			Host: "127.0.0.1", Port: smtp.Addr().(*net.TCPAddr).Port, TLS: mailer.Plain, From: "no-reply@memberzone.example",
		},
		Timing:     payment.Timing{Authorise: 2 * time.Second},
		RetryPause: func(int) time.Duration { return 10 * time.Millisecond },
	}
	a.App, err = app.New(t.Context(), config)
	must(t, err)
	must(t, a.LoadDemo(t.Context(), a.Clock.Now()))
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: a.Handler()}}
	server.Start()
	t.Cleanup(func() {
		server.Close()
		must(t, a.Close(context.WithoutCancel(t.Context()))) // the test's context has ended by now
	})
	return a
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
