package mailer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	stdmail "net/mail"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/wneessen/go-mail"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/secret"
)

// TLS is how the connection to the mail server is protected.
type TLS int

// The ways of protection. The zero value is the safe one that servers on port
// 587 offer.
const (
	StartTLS TLS = iota // STARTTLS, and no mail without it
	Implicit            // TLS from the first byte, port 465
	Plain               // none: for a server on this machine only, never with a password
)

const (
	sendFor          = 30 * time.Second
	subjectRunesMax  = 200
	addressBytesMax  = 254 // RFC 5321 §4.5.3.1.3, without the brackets
	refusedForGood   = 500 // RFC 5321 §4.2.1: 5yz is a permanent refusal
	refusedForGoodTo = 599
)

// refusedUs are permanent refusals of who sends, whatever the mail (RFC 4954 §6): once the
// password or the protection is set right, the mail goes.
var refusedUs = []int{530, 534, 535, 538}

// Options of a Mailer. Host, Port, From and Clock are required.
type Options struct {
	Host     string
	Port     int
	TLS      TLS
	Username string // empty: no authentication
	Password secret.String
	From     string        // "name@host", or "Name <name@host>"
	Timeout  time.Duration // of connecting, and of handing the mail over; 0 means 30 seconds
	// Roots are who may certify the mail server; nil for those that this machine trusts.
	Roots *x509.CertPool
	Clock clock.Clock
}

// Mailer sends mails through one SMTP server, with a connection for each. Safe
// for concurrent use.
type Mailer struct {
	options Options
	from    *stdmail.Address
	client  []mail.Option
}

var _ notify.Mailer = (*Mailer)(nil)

// New returns a mailer. It fails for options that cannot work together; it does
// not connect.
func New(o Options) (*Mailer, error) {
	from, err := stdmail.ParseAddress(o.From)
	switch {
	case err != nil:
		return nil, fmt.Errorf("mailer: the sender's address: %w", err)
	case o.Host == "" || o.Port < 1 || o.Port > 65535 || o.Clock == nil:
		return nil, errors.New("mailer: Host, Port and Clock are required")
	case o.Username != "" && o.TLS == Plain:
		return nil, errors.New("mailer: a password needs a protected connection")
	case o.Timeout <= 0:
		o.Timeout = sendFor
	}
	m := &Mailer{options: o, from: from, client: []mail.Option{
		mail.WithPort(o.Port), mail.WithTimeout(o.Timeout), mail.WithHELO(domainOf(from.Address)),
		mail.WithoutRset(), // one mail a connection: trouble after its delivery is none of ours
	}}
	if o.Roots != nil {
		m.client = append(m.client, mail.WithTLSConfig(&tls.Config{
			ServerName: o.Host, RootCAs: o.Roots, MinVersion: tls.VersionTLS12,
		}))
	}
	switch o.TLS {
	case StartTLS:
		m.client = append(m.client, mail.WithTLSPolicy(mail.TLSMandatory))
	case Implicit:
		m.client = append(m.client, mail.WithSSL())
	case Plain:
		m.client = append(m.client, mail.WithTLSPolicy(mail.NoTLS))
	default:
		return nil, errors.New("mailer: unknown TLS mode")
	}
	if o.Username != "" {
		m.client = append(m.client, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover),
			mail.WithUsername(o.Username), mail.WithPassword(o.Password.Expose()))
	}
	if _, err := mail.NewClient(o.Host, m.client...); err != nil {
		return nil, fmt.Errorf("mailer: %w", err)
	}
	return m, nil
}

// Send implements notify.Mailer. With Implicit TLS the end of ctx stops only the
// connecting: a mail that is being handed over is bounded by the timeout.
func (m *Mailer) Send(ctx context.Context, letter notify.Mail) error {
	message, err := m.compose(letter)
	if err != nil {
		return err
	}
	line := &line{}
	defer line.close()
	client, err := mail.NewClient(m.options.Host, m.over(line)...)
	if err != nil {
		return fmt.Errorf("mailer: mail %d: %w", letter.ID, err)
	}
	stop := context.AfterFunc(ctx, line.close)
	defer stop()
	connection, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("mailer: mail %d: connect: %w", letter.ID, err)
	}
	// Once the server has taken the mail, trouble at parting changes nothing.
	defer func() { _ = client.CloseWithSMTPClient(connection) }()
	return told(letter.ID, client.SendWithSMTPClient(connection, message))
}

// over has the library dial through our line, since it leaves a connection open
// whose greeting, STARTTLS or authentication has failed. With Implicit TLS it
// must dial itself, or it takes the line for an unprotected one.
func (m *Mailer) over(l *line) []mail.Option {
	if m.options.TLS == Implicit {
		return m.client
	}
	return append(slices.Clone(m.client), mail.WithDialContextFunc(l.dial))
}

func (m *Mailer) compose(letter notify.Mail) (*mail.Msg, error) {
	to, err := stdmail.ParseAddress(letter.To)
	if err != nil || to.Name != "" || len(to.Address) > addressBytesMax || strings.ContainsFunc(to.Address, unfit) {
		return nil, fmt.Errorf("mailer: mail %d: %w: not an address", letter.ID, notify.ErrMailRefused)
	}
	message := mail.NewMsg(mail.WithCharset(mail.CharsetUTF8), mail.WithEncoding(mail.EncodingB64))
	message.FromMailAddress(m.from)
	message.ToMailAddress(to)
	message.Subject(oneLine(letter.Subject))
	id := identity(letter)
	message.SetMessageIDWithValue(id + "@" + domainOf(m.from.Address))
	message.SetBoundary("parts-" + id) // no line of base64 looks like it, and a re-send is the same mail
	message.SetDateWithValue(m.options.Clock.Now())
	message.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday notices, please
	message.SetBodyString(mail.TypeTextPlain, letter.Text)
	if letter.HTML != "" {
		message.AddAlternativeString(mail.TypeTextHTML, letter.HTML)
	}
	return message, nil
}

// identity names a mail, and the same mail again. The time keeps the numbers of a database
// that was set up anew apart from those of the one before.
func identity(letter notify.Mail) string {
	if letter.At.IsZero() {
		return fmt.Sprintf("mail-%d", letter.ID)
	}
	return fmt.Sprintf("mail-%d-%d", letter.ID, letter.At.UnixMicro())
}

// told turns the library's error, which names recipients, into one that does not.
func told(id int64, err error) error {
	if err == nil {
		return nil
	}
	refused := new(mail.SendError)
	if !errors.As(err, &refused) {
		return fmt.Errorf("mailer: mail %d: %w", id, err)
	}
	code := refused.ErrorCode()
	if code >= refusedForGood && code <= refusedForGoodTo && !slices.Contains(refusedUs, code) {
		return fmt.Errorf("mailer: mail %d: %w: %s, SMTP %d", id, notify.ErrMailRefused, refused.Reason, code)
	}
	return fmt.Errorf("mailer: mail %d: %s, SMTP %d", id, refused.Reason, code)
}

// oneLine folds control characters, line breaks among them, into spaces: the
// subject may hold what a merchant wrote.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	runes := []rune(strings.Join(strings.Fields(s), " "))
	if len(runes) > subjectRunesMax {
		runes = append(runes[:subjectRunesMax-1], '…')
	}
	return string(runes)
}

func unfit(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }
