package mailbox

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"

	"github.com/emersion/go-smtp"
)

// partsMax bounds the parts of a mail that are looked through for its text and HTML.
const partsMax = 20

// session is one SMTP connection.
type session struct {
	box  *Mailbox
	from string
	to   []string
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }

// Mail implements smtp.Session.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

// Rcpt implements smtp.Session. Every recipient is taken: nothing is passed on.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

// Data implements smtp.Session: the mail is kept before it is acknowledged.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err // too large: the library has the right words for it
	}
	m := parse(raw)
	m.From, m.To, m.ReceivedAt = s.from, s.to, s.box.options.Clock.Now()
	if err := s.box.keep(m); err != nil {
		s.box.options.Log.Error("mailbox: keep a mail", "error", err)
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Try again later"}
	}
	return nil
}

// parse reads what a person sees of a mail. Something that is no mail is shown as it came.
func parse(raw []byte) Mail {
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Mail{Text: readable(raw)}
	}
	var decoder mime.WordDecoder
	subject, err := decoder.DecodeHeader(message.Header.Get("Subject"))
	if err != nil {
		subject = message.Header.Get("Subject")
	}
	m := Mail{
		MessageID: strings.Trim(message.Header.Get("Message-Id"), "<>"),
		Subject:   strings.ToValidUTF8(subject, "\uFFFD"),
	}
	m.Text, m.HTML = parts(message.Header.Get("Content-Type"),
		message.Header.Get("Content-Transfer-Encoding"), message.Body)
	return m
}

// parts decodes a mail's text and HTML: the first part of each kind, or the mail itself.
func parts(contentType, encoding string, body io.Reader) (text, html string) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		if kind == "text/html" {
			return "", decoded(encoding, body)
		}
		return decoded(encoding, body), ""
	}
	parts := multipart.NewReader(body, params["boundary"])
	found := map[string]string{}
	for range partsMax {
		part, err := parts.NextRawPart()
		if err != nil {
			break
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if _, known := found[kind]; !known && (kind == "text/plain" || kind == "text/html") {
			found[kind] = decoded(part.Header.Get("Content-Transfer-Encoding"), part)
		}
	}
	return found["text/plain"], found["text/html"]
}

func decoded(encoding string, body io.Reader) string {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	// What was read before an error is still worth showing.
	plain, _ := io.ReadAll(body)
	return readable(plain)
}

func readable(text []byte) string {
	return strings.ToValidUTF8(strings.ReplaceAll(string(text), "\r\n", "\n"), "\uFFFD")
}

// smtpLog hands the library's messages to the program's log.
type smtpLog struct{ log *slog.Logger }

// Printf implements smtp.Logger.
func (l smtpLog) Printf(format string, v ...any) {
	l.log.Debug("mailbox: " + fmt.Sprintf(format, v...))
}

// Println implements smtp.Logger.
func (l smtpLog) Println(v ...any) { l.log.Debug("mailbox: " + fmt.Sprintln(v...)) }
