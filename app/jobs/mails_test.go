package jobs_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/memberzone/memberzone/app/approval"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/export"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/app/jobs"
	"github.com/memberzone/memberzone/app/mailer"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/postgres/dbtest"
	"github.com/memberzone/memberzone/app/secret"
)

// patience is how long the mailer of these tests waits for the server.
const patience = 400 * time.Millisecond

// office sends mails as the program does: rows, queue, runner and mailer are the real ones.
type office struct {
	db      *postgres.DB
	url     string
	keyset  secret.String
	port    int
	patient time.Duration
	gaveUp  atomic.Int64
	closed  atomic.Bool
}

func openOffice(t *testing.T, p *post) *office {
	t.Helper()
	keyset, err := fieldcrypt.NewKeyset()
	must(t, err)
	o := &office{url: dbtest.New(t), keyset: keyset, port: p.address.Port, patient: patience}
	must(t, o.open(t.Context()))
	t.Cleanup(o.close)
	return o
}

func (o *office) open(ctx context.Context) error {
	cipher, err := fieldcrypt.New(o.keyset)
	if err != nil {
		return err
	}
	if o.db, err = postgres.Open(ctx, postgres.Options{URL: o.url, Cipher: cipher}); err != nil {
		return err
	}
	queue, err := jobs.NewQueue(o.db.SQL())
	if err == nil {
		o.db.UseQueue(queue)
	}
	return err
}

func (o *office) close() {
	if o.closed.CompareAndSwap(false, true) {
		o.db.Close()
	}
}

// runner is a new process's runner.
func (o *office) runner() (*jobs.Runner, error) {
	post, err := mailer.New(mailer.Options{
		Host: "127.0.0.1", Port: o.port, TLS: mailer.Plain, From: "no-reply@memberzone.example", Timeout: o.patient,
		Clock: clock.System{},
	})
	if err != nil {
		return nil, err
	}
	soon := func(int) time.Duration { return 10 * time.Millisecond }
	return jobs.NewRunner(jobs.Options{
		Pool: o.db.Pool(), Clock: clock.System{}, Log: slog.New(slog.DiscardHandler), Sums: o.db.Reports(),
		Payments:  payment.New(payment.Options{Store: o.db.Payments(), Stores: o.db.Stores(), Clock: clock.System{}}),
		Exports:   export.New(export.Options{Store: o.db.Exports(), Cards: o.db.Reports(), Clock: clock.System{}}),
		Approvals: o.db.Approvals(), MailPause: soon, RetryPause: soon, TextPause: soon, JobTimeout: 3 * time.Second,
		Notify: notify.New(notify.Options{
			Store: o.db.Notifications(), Mailer: post, Clock: clock.System{}, MailGivenUp: func() { o.gaveUp.Add(1) },
		}),
	})
}

func (o *office) start(t *testing.T) *jobs.Runner {
	t.Helper()
	r, err := o.runner()
	must(t, err)
	must(t, r.Start(t.Context()))
	t.Cleanup(func() { _ = r.Stop(context.WithoutCancel(t.Context())) })
	return r
}

// write stores mails and the jobs that send them.
func (o *office) write(t *testing.T, n int) {
	t.Helper()
	must(t, o.db.Approvals().Join(t.Context(), func(ctx context.Context, tx approval.Tx) error {
		for i := range n {
			m := notify.KeyringMail(notify.KeyringLetter{
				To: fmt.Sprintf("payer%d@mail.example", i), URL: "https://mz.example/keyring/TOKEN",
				ExpiresAt: clock.System{}.Now(), At: clock.System{}.Now(),
			})
			if err := tx.Mail(ctx, m); err != nil {
				return err
			}
		}
		return nil
	}))
}

// stands tells how the mails stand: sent and failed, and how many of both hold a text.
func (o *office) stands(t *testing.T) (sent, failed, texts int) {
	t.Helper()
	must(t, o.db.SQL().QueryRowContext(t.Context(), `
		SELECT count(sent_at), count(failed_at),
			count(*) FILTER (WHERE (sent_at IS NOT NULL OR failed_at IS NOT NULL)
				AND (body <> '' OR body_sealed IS NOT NULL OR html_sealed IS NOT NULL))
		FROM mails`).Scan(&sent, &failed, &texts))
	return sent, failed, texts
}

// allSent waits until so many mails are sent, and checks that each was kept once.
func (o *office) allSent(t *testing.T, p *post, mails, arrived int) {
	t.Helper()
	until(t, "all mails sent", func() bool {
		sent, _, _ := o.stands(t)
		return sent == mails
	})
	kept, came := p.stands()
	_, failed, texts := o.stands(t)
	if kept != mails || came != arrived || failed != 0 || texts != 0 {
		t.Errorf("%d of %d kept, arrived %d times of %d, %d given up, %d with a text",
			kept, mails, came, arrived, failed, texts)
	}
}

func refusal(code int) *smtp.SMTPError {
	return &smtp.SMTPError{
		Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 0, 0}, Message: "payer@mail.example: no",
	}
}

// Whatever befalls the line, each mail is there once in the end. Where the server had
// taken it already and could not say so, it arrives twice, and its Message-ID tells.
func TestEachMailArrivesOnceWhateverBefallsTheLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		troubles []trouble
		arrived  int
	}{
		"no trouble":                  {nil, 1},
		"no greeting":                 {[]trouble{{at: "greeting", silent: true}}, 1},
		"cut at the greeting":         {[]trouble{{at: "greeting"}}, 1},
		"no answer to EHLO":           {[]trouble{{at: "EHLO", silent: true}}, 1},
		"no answer to MAIL":           {[]trouble{{at: "MAIL", silent: true}}, 1},
		"cut at RCPT":                 {[]trouble{{at: "RCPT"}}, 1},
		"no answer to DATA":           {[]trouble{{at: "DATA", silent: true}}, 1},
		"cut before the text's end":   {[]trouble{{at: "end"}}, 1},
		"silent at the text's end":    {[]trouble{{at: "end", silent: true}}, 1},
		"cut after it was taken":      {[]trouble{{at: "end", taken: true}}, 2},
		"silent after it was taken":   {[]trouble{{at: "end", taken: true, silent: true}}, 2},
		"cut at parting":              {[]trouble{{at: "QUIT"}}, 1},
		"one trouble after the other": {[]trouble{{at: "MAIL"}, {at: "end", taken: true}, {at: "greeting"}}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := openPost(t, nil, c.troubles...)
			o := openOffice(t, p)
			o.write(t, 1)
			o.start(t)
			o.allSent(t, p, 1, c.arrived)
		})
	}
}

func TestAMailThatIsPutOffIsSentLater(t *testing.T) {
	t.Parallel()
	p := openPost(t, []*smtp.SMTPError{refusal(421), refusal(450), refusal(451)})
	o := openOffice(t, p)
	o.write(t, 2)
	o.start(t)
	o.allSent(t, p, 2, 2)
	if n := number(t, o.db.SQL(), "SELECT sum(tries) FROM mails"); n != 3 {
		t.Errorf("%d tries in vain, want 3", n)
	}
}

func TestAMailThatIsRefusedForGoodIsGivenUpAndSaysSo(t *testing.T) {
	t.Parallel()
	p := openPost(t, []*smtp.SMTPError{refusal(550)})
	o := openOffice(t, p)
	o.write(t, 1)
	o.start(t)
	until(t, "given up", func() bool { return o.gaveUp.Load() == 1 })
	o.write(t, 1) // the next one goes out
	until(t, "the next", func() bool {
		sent, failed, texts := o.stands(t)
		return sent == 1 && failed == 1 && texts == 0
	})
	failure := text(t, o.db.SQL(), "SELECT failure FROM mails WHERE failed_at IS NOT NULL")
	if !strings.Contains(failure, "SMTP 550") || strings.Contains(failure, "payer") {
		t.Errorf("the failure is told as %q", failure)
	}
	until(t, "no job waits", func() bool {
		return number(t, o.db.SQL(), `SELECT count(*) FROM river_job
			WHERE kind = 'send_mail' AND state NOT IN ('completed', 'cancelled')`) == 0
	})
	if kept, arrived := p.stands(); kept != 1 || arrived != 1 {
		t.Errorf("%d kept, arrived %d times", kept, arrived)
	}
}

func TestAMailThatIsPutOffForEverIsGivenUp(t *testing.T) {
	t.Parallel()
	p := openPost(t, []*smtp.SMTPError{refusal(450), refusal(450), refusal(450)})
	o := openOffice(t, p)
	o.write(t, 1)
	_, err := o.db.SQL().ExecContext(t.Context(), "UPDATE mails SET tries = $1", notify.MailTries-2)
	must(t, err)
	o.start(t)
	until(t, "given up", func() bool { return o.gaveUp.Load() == 1 })
	if n := number(t, o.db.SQL(), "SELECT tries FROM mails WHERE failed_at IS NOT NULL"); n != notify.MailTries {
		t.Errorf("%d tries, want %d", n, notify.MailTries)
	}
}

// A runner that is stopped lets the mail go out that is being handed over, and the next
// runner sends the others.
func TestAMailInDeliveryOutlivesARestart(t *testing.T) {
	t.Parallel()
	p := openPost(t, nil, trouble{at: "end", silent: true})
	o := openOffice(t, p)
	first := o.start(t)
	o.write(t, 1)
	<-p.held // the text is on its way
	must(t, first.Stop(t.Context()))
	o.write(t, 4)
	o.start(t)
	o.allSent(t, p, 5, 5)
}

// A process that dies in the middle of a delivery, or between the server's word that it
// has the mail and its own note of it, leaves nothing unsent and nothing twice in a mailbox.
func TestMailsOutliveTheDeathOfTheProcess(t *testing.T) {
	t.Parallel()
	p := openPost(t, nil, trouble{at: "end", silent: true}, trouble{at: "end", taken: true, silent: true})
	o := openOffice(t, p)
	o.write(t, 2)
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), childURL+"="+o.url, childKeyset+"="+o.keyset.Expose(),
		childPort+"="+strconv.Itoa(o.port))
	child.Stderr = os.Stderr
	must(t, child.Start())
	<-p.held
	<-p.held // both mails are being handed over
	must(t, child.Process.Kill())
	_ = child.Wait() // it was killed
	if sent, failed, _ := o.stands(t); sent != 0 || failed != 0 {
		t.Fatalf("%d sent, %d given up before the restart", sent, failed)
	}
	o.start(t)
	o.allSent(t, p, 2, 3)
}

// The environment of the process that is killed.
const (
	childURL    = "MEMBERZONE_TEST_JOBS_URL"
	childKeyset = "MEMBERZONE_TEST_JOBS_KEYSET"
	childPort   = "MEMBERZONE_TEST_JOBS_PORT"
)

// TestMain works the queue of another process's test, if that asks for it, until it is killed.
func TestMain(m *testing.M) {
	url := os.Getenv(childURL)
	if url == "" {
		os.Exit(m.Run())
	}
	if err := work(url); err != nil {
		fmt.Fprintln(os.Stderr, "work the queue:", err)
		os.Exit(1)
	}
	select {}
}

func work(url string) error {
	port, err := strconv.Atoi(os.Getenv(childPort))
	if err != nil {
		return err
	}
	o := &office{url: url, keyset: secret.New(os.Getenv(childKeyset)), port: port, patient: time.Minute}
	if err := o.open(context.Background()); err != nil {
		return err
	}
	r, err := o.runner()
	if err != nil {
		return err
	}
	return r.Start(context.Background())
}

func number(t *testing.T, db *sql.DB, query string) (n int) {
	t.Helper()
	must(t, db.QueryRowContext(t.Context(), query).Scan(&n))
	return n
}
