package mailer_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/memberzone/memberzone/app/mailer"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/secret"
)

// relay is a mail server that takes mails over TLS from who knows the password, as a
// provider's does. It keeps what came over the wire.
type relay struct {
	inbox
	address   net.Listener
	roots     *x509.CertPool
	connected tls.ConnectionState // of the last mail

	wire sync.Mutex
	raw  bytes.Buffer
}

type relaySession struct {
	session
	of       *relay
	conn     *smtp.Conn
	signedIn bool
}

func (s *relaySession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *relaySession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != "memberzone" || password != "hush-hush" {
			return smtp.ErrAuthFailed
		}
		s.signedIn = true
		return nil
	}), nil
}

func (s *relaySession) Mail(from string, o *smtp.MailOptions) error {
	if !s.signedIn {
		return &smtp.SMTPError{
			Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required", // RFC 4954 §6
		}
	}
	s.of.connected, _ = s.conn.TLSConnectionState()
	return s.session.Mail(from, o)
}

// tapped keeps what is said on a connection, before any decryption.
type tapped struct {
	net.Conn
	of *relay
}

func (c tapped) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.of.wire.Lock()
	defer c.of.wire.Unlock()
	c.of.raw.Write(p[:n])
	return n, err
}

type tap struct {
	net.Listener
	of *relay
}

func (l tap) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return tapped{conn, l.of}, nil
}

func openRelay(t *testing.T) *relay {
	t.Helper()
	// Its certificate names 127.0.0.1 and is signed by itself.
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	r := &relay{address: listen(t), roots: x509.NewCertPool()}
	r.roots.AddCert(web.Certificate())
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &relaySession{session: session{&r.inbox}, of: r, conn: c}, nil
	}))
	server.Domain = "localhost"
	server.TLSConfig = &tls.Config{Certificates: web.TLS.Certificates, MinVersion: tls.VersionTLS12}
	go func() { _ = server.Serve(tap{r.address, r}) }()
	t.Cleanup(func() { _ = server.Close() })
	return r
}

func (r *relay) said() string {
	r.wire.Lock()
	defer r.wire.Unlock()
	return r.raw.String()
}

func (r *relay) mailer(t *testing.T, change func(*mailer.Options)) *mailer.Mailer {
	t.Helper()
	return to(t, r.address, func(o *mailer.Options) {
		o.TLS, o.Username, o.Password, o.Roots = mailer.StartTLS, "memberzone", secret.New("hush-hush"), r.roots
		change(o)
	})
}

func TestAMailGoesOverSTARTTLSWithThePassword(t *testing.T) {
	t.Parallel()
	r := openRelay(t)
	l := letter()
	l.HTML = "<p>您的訂單已付款。</p>"
	if err := r.mailer(t, func(*mailer.Options) {}).Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if len(r.mails) != 1 || !r.connected.HandshakeComplete || r.connected.Version < tls.VersionTLS12 {
		t.Errorf("%d mails, TLS %+v", len(r.mails), r.connected)
	}
	said := r.said()
	if !strings.Contains(said, "STARTTLS\r\n") {
		t.Errorf("STARTTLS was not said: %q", said)
	}
	// AUTH PLAIN says the password in base64 (RFC 4616).
	for _, kept := range []string{"AUTH", "MAIL FROM", "hush-hush", "AG1lbWJlcnpvbmUAaHVzaC1odXNo", "payer@example.com"} {
		if strings.Contains(said, kept) {
			t.Errorf("%q could be read on the wire", kept)
		}
	}
}

func TestTroubleWithTheProtectionIsNotFinalAndTellsNothing(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*mailer.Options){
		"a certificate that nobody knows":  func(o *mailer.Options) { o.Roots = x509.NewCertPool() },
		"a certificate for another server": func(o *mailer.Options) { o.Host = "localhost" },
		"a wrong password":                 func(o *mailer.Options) { o.Password = secret.New("wrong-wrong") },
		"no password":                      func(o *mailer.Options) { o.Username, o.Password = "", secret.String{} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := openRelay(t)
			err := r.mailer(t, change).Send(t.Context(), letter())
			if err == nil || errors.Is(err, notify.ErrMailRefused) {
				t.Fatalf("error %v", err)
			}
			for _, kept := range []string{"hush", "wrong-wrong", "payer@"} {
				if strings.Contains(err.Error()+r.said(), kept) {
					t.Errorf("%q is told: %v", kept, err)
				}
			}
			if len(r.mails) != 0 {
				t.Errorf("%d mails", len(r.mails))
			}
		})
	}
}

var _ smtp.AuthSession = (*relaySession)(nil)
