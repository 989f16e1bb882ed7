package e2e_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app"
	"github.com/memberzone/memberzone/app/acquirer"
	"github.com/memberzone/memberzone/app/apptest"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/mailer"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/bank"
	"github.com/memberzone/memberzone/app/simulator/mailbox"
	"github.com/memberzone/memberzone/app/simulator/phone"
	"github.com/memberzone/memberzone/app/sms"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/seeds"
)

// bankSecret is what the program and the bank of a test share.
var bankSecret = secret.New("a secret of the test's bank")

// outside is everything around the program: its database, the bank, the mail server.
type outside struct {
	databaseURL string
	keyset      secret.String
	db          *postgres.DB // a look into the rows, and stores to begin with
	bankURL     string
	bank        *bank.Management
	mailPort    int
	mailbox     *mailbox.Mailbox
	smsURL      string
	phone       *phone.Gateway
	log         *lines   // of everything in this process
	logs        []*lines // all that was logged
}

func newOutside(t *testing.T) *outside {
	t.Helper()
	o := &outside{databaseURL: dbtest.New(t), log: &lines{}}
	o.logs = []*lines{o.log}
	logger := slog.New(slog.NewJSONHandler(o.log, nil))
	var err error
	o.keyset, err = app.NewKeyset()
	must(t, err)
	cipher, err := fieldcrypt.New(o.keyset)
	must(t, err)
	o.db, err = postgres.Open(t.Context(), postgres.Options{URL: o.databaseURL, Cipher: cipher})
	must(t, err)
	t.Cleanup(o.db.Close)
	t.Cleanup(func() { o.mustKeepNoSecret(t) }) // when all that follows has ended

	simulated, err := bank.New(bank.Options{Secret: bankSecret, Clock: clock.System{}, Log: logger})
	must(t, err)
	server := httptest.NewServer(simulated.Handler())
	t.Cleanup(func() {
		_ = simulated.Close()
		server.Close()
	})
	o.bankURL, o.bank = server.URL, bank.NewManagement(server.URL, server.Client())

	o.mailbox, err = mailbox.New(mailbox.Options{Clock: clock.System{}, Log: logger})
	must(t, err)
	smtp, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	o.mailPort = smtp.Addr().(*net.TCPAddr).Port
	go func() { _ = o.mailbox.Serve(smtp) }()
	t.Cleanup(func() { _ = o.mailbox.Close() })

	o.phone, err = phone.New(phone.Options{Secret: bankSecret, Clock: clock.System{}, Log: logger})
	must(t, err)
	gateway := httptest.NewServer(o.phone.Handler())
	o.smsURL = gateway.URL
	t.Cleanup(func() {
		_ = o.phone.Close()
		gateway.Close()
	})
	return o
}

// charges is what the bank says about one trade number.
func (o *outside) charges(t *testing.T, tradeNo string) bank.Report {
	t.Helper()
	report, err := o.bank.Report(t.Context(), bank.Filter{TradeNo: tradeNo})
	must(t, err)
	return report
}

// mustChargeOnce fails unless the bank was asked once about the trade number,
// and charged this amount.
func (o *outside) mustChargeOnce(t *testing.T, tradeNo string, amount int) {
	t.Helper()
	totals := o.charges(t, tradeNo).Totals
	if totals.Requests != 1 || totals.Charges != 1 || int(totals.Amount) != amount {
		t.Errorf("the bank has %+v for %s, want one request and one charge of %d", totals, tradeNo, amount)
	}
}

// number reads one number from the database.
func (o *outside) number(t *testing.T, query string, arguments ...any) int {
	t.Helper()
	var n int
	must(t, o.db.Pool().QueryRow(context.WithoutCancel(t.Context()), query, arguments...).Scan(&n))
	return n
}

// word reads one text from the database, cast to text in the query.
func (o *outside) word(t *testing.T, query string, arguments ...any) string {
	t.Helper()
	var word string
	must(t, o.db.Pool().QueryRow(context.WithoutCancel(t.Context()), query, arguments...).Scan(&word))
	return word
}

// program is the running product with the demonstration's members.
type program struct {
	*outside
	url          string
	relyingParty string // its other origin
}

// shortTiming lets nobody wait long for the card whose answer is lost.
var shortTiming = payment.Timing{Authorise: time.Second, Inquire: 300 * time.Millisecond, Reverse: 15 * time.Second}

func startProgram(t *testing.T) *program {
	t.Helper()
	o := newOutside(t)
	main, site := listenLocally(t)
	passkeys, relyingParty := listenLocally(t)
	o.phone.SendReceiptsTo(site + "/sms/receipts")
	running, err := app.New(t.Context(), app.Config{
		DatabaseURL: o.databaseURL, Keyset: o.keyset, LocalMerchants: true, Clock: clock.System{},
		PublicURL: site, RelyingPartyURL: relyingParty, StaffPasswords: true,
		Log: slog.New(slog.NewJSONHandler(o.log, nil)),
		Acquirer: acquirer.Options{
			URL: o.bankURL, Account: bank.DefaultAccount, Secret: bankSecret, Timeout: shortTiming.Authorise,
		},
		Mail: mailer.Options{
			Host: "127.0.0.1", Port: o.mailPort, TLS: mailer.Plain, From: "no-reply@memberzone.example",
		},
		SMS:        sms.Options{URL: o.smsURL, Account: phone.DefaultAccount, Secret: bankSecret},
		Timing:     shortTiming,
		RetryPause: func(int) time.Duration { return 50 * time.Millisecond },
	})
	must(t, err)
	must(t, running.LoadDemo(t.Context(), time.Now(), apptest.Shop))
	must(t, running.StartJobs(t.Context()))
	server, relying := web.HTTPServer(running.Handler()), web.HTTPServer(running.RelyingParty())
	go func() { _ = server.Serve(main) }()
	go func() { _ = relying.Serve(passkeys) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), stepMax)
		defer cancel()
		_ = server.Shutdown(ctx)
		_ = relying.Shutdown(ctx)
		if err := running.Close(ctx); err != nil {
			t.Error("close the program:", err)
		}
		o.log.mustBeClean(t)
	})
	return &program{outside: o, url: site, relyingParty: relyingParty}
}

// listenLocally opens a port, and returns the address by which browsers reach it: passkeys
// belong to a host that has a name.
func listenLocally(t *testing.T) (listener net.Listener, address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	must(t, err)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	must(t, err)
	return listener, "http://localhost:" + port
}

// lines keeps what was logged.
type lines struct{ apptest.Log }

// secretsOfPeople must never be logged: the cards that tests pay with, their
// CVC in its field, the payer's phone and mail, the passwords.
var secretsOfPeople = []string{
	visa, declinedCard, lostCard, publishedCard, "4111 1111", payerPhone, "+886912345678", payerMail,
	seeds.DemoPassword, ownPassword, newPassword, "DemoKey0", "DemoIV0", ownKey, ownIV,
}

// mustBeClean fails when a log holds a person's secret, or an error of the program.
func (l *lines) mustBeClean(t *testing.T) {
	t.Helper()
	logged := l.String()
	for _, text := range secretsOfPeople {
		if strings.Contains(logged, text) {
			t.Errorf("the log holds %q", text)
		}
	}
	for line := range strings.Lines(logged) {
		if strings.Contains(line, `"level":"ERROR"`) {
			t.Errorf("the program logged an error: %s", line)
		}
	}
}

// eventually waits for something that another goroutine or process will do.
func eventually(t *testing.T, what string, within time.Duration, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, within)
		}
	}
}

// answersOK asks until an address answers 200.
func answersOK(t *testing.T, address string, within time.Duration) {
	t.Helper()
	eventually(t, address+" answers", within, func() bool {
		resp, err := http.Get(address)
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}
