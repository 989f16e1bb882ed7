package mailer_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/mailer"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/secret"
)

var noon = time.Date(2026, 7, 15, 4, 0, 0, 0, time.UTC)

// inbox is a real SMTP server that keeps what it gets, raw. With a refusal it
// refuses every recipient.
type inbox struct {
	mu      sync.Mutex
	mails   []string
	to      []string
	refusal *smtp.SMTPError
}

type session struct {
	*inbox
}

func (s session) Reset()                               {}
func (s session) Logout() error                        { return nil }
func (s session) Mail(string, *smtp.MailOptions) error { return nil }
func (s session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.refusal != nil {
		return s.refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = append(s.to, to)
	return nil
}

func (s session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, string(text))
	return err
}

// open starts the server and a mailer to it.
func open(t *testing.T, in *inbox) *mailer.Mailer {
	t.Helper()
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return session{in}, nil }))
	server.Domain = "localhost"
	listener := listen(t)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return to(t, listener, nil)
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func options(port int) mailer.Options {
	return mailer.Options{
		Host: "127.0.0.1", Port: port, TLS: mailer.Plain, From: "會員專區 <no-reply@memberzone.example>",
		Timeout: 5 * time.Second, Clock: clock.NewFake(noon),
	}
}

func to(t *testing.T, listener net.Listener, change func(*mailer.Options)) *mailer.Mailer {
	t.Helper()
	o := options(listener.Addr().(*net.TCPAddr).Port)
	if change != nil {
		change(&o)
	}
	m, err := mailer.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func letter() notify.Mail {
	return notify.Mail{
		ID: 42, To: "payer@example.com", Subject: "付款完成通知", Text: "您的訂單已付款。\n金額 NT$1,200\n",
	}
}

func TestAMailArrivesAsItWasWritten(t *testing.T) {
	t.Parallel()
	var in inbox
	m := open(t, &in)
	for range 2 {
		if err := m.Send(t.Context(), letter()); err != nil {
			t.Fatal(err)
		}
	}
	if len(in.mails) != 2 || in.mails[0] != in.mails[1] {
		t.Fatalf("a re-send must be the same mail: %q", in.mails)
	}
	got, err := mail.ReadMessage(strings.NewReader(in.mails[0]))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Message-Id":     "<mail-42@memberzone.example>",
		"To":             "<payer@example.com>",
		"Subject":        "=?UTF-8?b?5LuY5qy+5a6M5oiQ6YCa55+l?=",
		"Date":           "Wed, 15 Jul 2026 04:00:00 +0000",
		"Auto-Submitted": "auto-generated",
		"Content-Type":   "text/plain; charset=UTF-8",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Header.Get(name), want)
		}
	}
	if !strings.Contains(got.Header.Get("From"), "<no-reply@memberzone.example>") {
		t.Errorf("From: %q", got.Header.Get("From"))
	}
}

func TestNothingTypedAddsAHeaderOrARecipient(t *testing.T) {
	t.Parallel()
	for _, subject := range []string{
		"order\r\nBcc: other@example.com", "order\nBcc: other@example.com\n\nbody", "order\rBcc: other@example.com",
		"order\x00\x0bBcc: other@example.com", "訂單\u2028Bcc: other@example.com", "a\xff\r\nBcc: other@example.com",
		strings.Repeat("長", 5000),
	} {
		var in inbox
		m := open(t, &in)
		l := letter()
		l.Subject = subject
		if err := m.Send(t.Context(), l); err != nil {
			t.Fatalf("%q: %v", subject, err)
		}
		got, err := mail.ReadMessage(strings.NewReader(in.mails[0]))
		if err != nil {
			t.Fatal(err)
		}
		if len(in.to) != 1 || in.to[0] != "payer@example.com" || got.Header.Get("Bcc") != "" {
			t.Errorf("%q went to %v with %v", subject, in.to, got.Header)
		}
	}
}

func TestWhatIsNoAddressIsRefusedForGood(t *testing.T) {
	t.Parallel()
	var in inbox
	m := open(t, &in)
	for _, address := range []string{
		"", "payer", "a@b, c@d", "Payer <payer@example.com>", "payer@example.com\r\nRCPT TO:<other@example.com>",
		"\"a\r\nb\"@example.com", "\"a b\"@example.com", strings.Repeat("a", 300) + "@example.com",
	} {
		l := letter()
		l.To = address
		if err := m.Send(t.Context(), l); !errors.Is(err, notify.ErrMailRefused) {
			t.Errorf("%q: %v", address, err)
		} else if address != "" && strings.Contains(err.Error(), address) {
			t.Errorf("the error quotes the address: %v", err)
		}
	}
	if len(in.mails) != 0 {
		t.Errorf("sent %q", in.mails)
	}
}

func TestRefusalsAreToldForGoodOrForNow(t *testing.T) {
	t.Parallel()
	for code, final := range map[int]bool{550: true, 554: true, 450: false, 421: false} {
		in := inbox{refusal: &smtp.SMTPError{Code: code, Message: "payer@example.com: no"}}
		err := open(t, &in).Send(t.Context(), letter())
		if err == nil || errors.Is(err, notify.ErrMailRefused) != final {
			t.Errorf("%d: %v", code, err)
		}
		if err != nil && (strings.Contains(err.Error(), "payer@") || !strings.Contains(err.Error(), fmt.Sprint(code))) {
			t.Errorf("%d: %v", code, err)
		}
	}
}

func TestTroubleOnTheWayIsNotFinal(t *testing.T) {
	t.Parallel()
	silent := listen(t) // takes connections and says nothing
	t.Cleanup(func() { _ = silent.Close() })
	closed := listen(t)
	_ = closed.Close()
	short := func(o *mailer.Options) { o.Timeout = 100 * time.Millisecond }
	for name, listener := range map[string]net.Listener{"silent": silent, "closed": closed} {
		err := to(t, listener, short).Send(t.Context(), letter())
		if err == nil || errors.Is(err, notify.ErrMailRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var in inbox
	if err := open(t, &in).Send(ctx, letter()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestTheEndOfTheContextCutsTheConnection(t *testing.T) {
	t.Parallel()
	silent := listen(t)
	t.Cleanup(func() { _ = silent.Close() })
	long := func(o *mailer.Options) { o.Timeout = time.Minute }
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if err := to(t, silent, long).Send(ctx, letter()); err == nil || time.Since(begin) > 20*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
}

// TestNoMailAndNoPasswordWithoutTheProtectionThatWasAskedFor has a server that offers
// authentication and no STARTTLS, as an attacker in the middle would.
func TestNoMailAndNoPasswordWithoutTheProtectionThatWasAskedFor(t *testing.T) {
	t.Parallel()
	listener := listen(t)
	t.Cleanup(func() { _ = listener.Close() })
	heard := make(chan string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		var all strings.Builder
		_, _ = io.WriteString(conn, "220 ready\r\n")
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			all.WriteString(lines.Text() + "\n")
			_, _ = io.WriteString(conn, "250-here\r\n250 AUTH PLAIN LOGIN\r\n")
		}
		heard <- all.String()
	}()
	m := to(t, listener, func(o *mailer.Options) {
		o.TLS, o.Username, o.Password = mailer.StartTLS, "user", secret.New("hush")
	})
	if err := m.Send(t.Context(), letter()); err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("error %v", err)
	}
	if got := <-heard; strings.Contains(got, "AUTH") || strings.Contains(got, "MAIL") {
		t.Errorf("the server heard %q", got)
	}
}

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*mailer.Options){
		"no sender":      func(o *mailer.Options) { o.From = "" },
		"sender":         func(o *mailer.Options) { o.From = "a@b\r\nBcc: c@d" },
		"no host":        func(o *mailer.Options) { o.Host = "" },
		"no port":        func(o *mailer.Options) { o.Port = 0 },
		"no clock":       func(o *mailer.Options) { o.Clock = nil },
		"unknown TLS":    func(o *mailer.Options) { o.TLS = 9 },
		"plain password": func(o *mailer.Options) { o.Username = "user" },
	} {
		o := options(25)
		change(&o)
		if _, err := mailer.New(o); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
