package mailbox_test

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/mailer"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/simulator/mailbox"
)

var noon = time.Date(2026, 7, 15, 4, 0, 0, 0, time.UTC)

// open starts a mailbox and returns its port as well.
func open(t *testing.T, keep int, file string) (*mailbox.Mailbox, int) {
	t.Helper()
	m, err := mailbox.New(mailbox.Options{
		Keep: keep, File: file, Clock: clock.NewFake(noon), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- m.Serve(listener) }()
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return m, listener.Addr().(*net.TCPAddr).Port
}

func send(t *testing.T, port int, mails ...notify.Mail) {
	t.Helper()
	sender, err := mailer.New(mailer.Options{
		Host: "127.0.0.1", Port: port, TLS: mailer.Plain, From: "no-reply@memberzone.example",
		Timeout: 5 * time.Second, Clock: clock.NewFake(noon),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, mail := range mails {
		if err := sender.Send(t.Context(), mail); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAMailThatWasSentIsKeptWordForWord(t *testing.T) {
	t.Parallel()
	m, port := open(t, 0, "")
	text := "您的訂單已付款。\n金額 NT$1,200\n.\n..點\n" + strings.Repeat("很長的一行", 500) + "\n"
	subject := strings.Repeat("付款完成通知 ", 12) + "Order 1"
	send(t, port, notify.Mail{ID: 7, To: "payer@example.com", Subject: subject, Text: text})
	want := []mailbox.Mail{{
		MessageID: "mail-7@memberzone.example", From: "no-reply@memberzone.example", To: []string{"payer@example.com"},
		Subject: subject, Text: text, ReceivedAt: noon,
	}}
	if got := m.Mails(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestOnlyTheLastMailsAreKeptAcrossARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mails")
	subjects := func(m *mailbox.Mailbox) (all []string) {
		for _, mail := range m.Mails() {
			all = append(all, mail.Subject)
		}
		return all
	}
	m, port := open(t, 3, file)
	for i := range 5 {
		send(t, port, notify.Mail{ID: int64(i), To: "payer@example.com", Subject: fmt.Sprint("no. ", i), Text: "x"})
	}
	want := []string{"no. 4", "no. 3", "no. 2"}
	if got := subjects(m); !reflect.DeepEqual(got, want) {
		t.Errorf("kept %v, want %v", got, want)
	}
	torn, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = torn.WriteString(`{"subject":"to`)
	_ = torn.Close()
	again, port := open(t, 3, file)
	if got := subjects(again); !reflect.DeepEqual(got, want) {
		t.Errorf("after the restart %v, want %v", got, want)
	}
	send(t, port, notify.Mail{ID: 9, To: "payer@example.com", Subject: "no. 9", Text: "x"})
	third, _ := open(t, 3, file)
	if got, want := subjects(third), []string{"no. 9", "no. 4", "no. 3"}; !reflect.DeepEqual(got, want) {
		t.Errorf("after the second restart %v, want %v", got, want)
	}
}

func TestMailsOfOtherProgramsAreRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ raw, subject, text, html string }{
		"quoted-printable": {
			"Subject: =?utf-8?q?=E4=BD=A0?=\r\nContent-Type: text/plain; charset=utf-8\r\n" +
				"Content-Transfer-Encoding: quoted-printable\r\n\r\n=E5=A5=BD=\r\n!\r\n", "你", "好!\n", "",
		},
		"multipart": {
			"Subject: s\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n" +
				"<p>\r\n--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n5aW9\r\n--b--\r\n",
			"s", "好", "<p>",
		},
		"no headers":    {"just words\r\n", "", "just words\n", ""},
		"broken base64": {"Subject: s\r\nContent-Transfer-Encoding: base64\r\n\r\n5aW9!!!\r\n", "s", "好", ""},
		"HTML alone":    {"Subject: s\r\nContent-Type: text/html\r\n\r\n<p>x\r\n", "s", "", "<p>x\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, port := open(t, 0, "")
			err := smtp.SendMail(fmt.Sprintf("127.0.0.1:%d", port), nil, "a@example.com",
				[]string{"b@example.com", "c@example.com"}, []byte(c.raw))
			if err != nil {
				t.Fatal(err)
			}
			got := m.Mails()[0]
			if got.Subject != c.subject || got.Text != c.text || got.HTML != c.html || len(got.To) != 2 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestServeAfterCloseEnds(t *testing.T) {
	t.Parallel()
	m, err := mailbox.New(mailbox.Options{Clock: clock.NewFake(noon), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Serve(listener); err != nil {
		t.Error(err)
	}
	if err := listener.Close(); err == nil {
		t.Error("the listener was left open")
	}
}

func TestAMailTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	m, port := open(t, 0, "")
	err := smtp.SendMail(fmt.Sprintf("127.0.0.1:%d", port), nil, "a@example.com", []string{"b@example.com"},
		[]byte("Subject: s\r\n\r\n"+strings.Repeat("0123456789abcde\r\n", 70_000)))
	if err == nil || !strings.HasPrefix(err.Error(), "552") || len(m.Mails()) != 0 {
		t.Errorf("error %v, %d mails", err, len(m.Mails()))
	}
}

func TestThePageShowsMailsNewestFirstAndEscaped(t *testing.T) {
	t.Parallel()
	m, port := open(t, 0, "")
	send(t, port,
		notify.Mail{ID: 1, To: "payer@example.com", Subject: "first", Text: "x"},
		notify.Mail{ID: 2, To: "payer@example.com", Subject: "<script>second", Text: "12:00 & more"})
	recorder := httptest.NewRecorder()
	m.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/demo/mailbox", nil))
	page := recorder.Body.String()
	if recorder.Code != http.StatusOK || !strings.Contains(page, `data-mail-to="payer@example.com"`) ||
		!strings.Contains(page, "2026-07-15 12:00:00") {
		t.Errorf("%d: %s", recorder.Code, page)
	}
	second, first := strings.Index(page, "&lt;script&gt;second"), strings.Index(page, ">first<")
	if second < 0 || first < second || strings.Contains(page, "<script>second") {
		t.Errorf("second at %d, first at %d", second, first)
	}
	recorder = httptest.NewRecorder()
	m.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, "/demo/mailbox", nil))
	if recorder.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", recorder.Code)
	}
}
