package cardholder

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/passkey"
)

// CeremonyTimeout is how long a challenge is good, and what browsers are told. Chromium
// ends the whole page at more than an hour.
const CeremonyTimeout = 5 * time.Minute

// AnswerBytesMax is how long a browser's answer may be. A real one has 1 to 2 kB and
// the icons, which are signed.
const AnswerBytesMax = 128 << 10

// Options say what a Service is made of.
type Options struct {
	Origin string // the relying party's public URL; its path does not count
	Name   string // of the relying party, as browsers show it
	Store  Store
	Clock  clock.Clock
}

// Service is the relying party. It is safe for concurrent use.
type Service struct {
	origin, rpID, name string
	store              Store
	clock              clock.Clock
}

// New returns a service, or passkey.ErrOrigin.
func New(o Options) (*Service, error) {
	site, host, err := passkey.Site(o.Origin)
	if err != nil {
		return nil, err
	}
	if o.Store == nil || o.Clock == nil || o.Name == "" {
		return nil, errors.New("cardholder: Name, Store and Clock are required")
	}
	origin, err := OriginOf(site)
	if err != nil {
		return nil, err
	}
	return &Service{origin: origin, rpID: host, name: o.Name, store: o.Store, clock: o.Clock}, nil
}

// RPID returns the relying party's ID: its domain.
func (s *Service) RPID() string { return s.rpID }

// Origin returns the relying party's origin, as browsers write it.
func (s *Service) Origin() string { return s.origin }

// errOrigin tells that a caller handed in what is no origin: a defect of ours.
var errOrigin = errors.New("cardholder: not the http or https address of a host in ASCII")

// OriginOf returns an address's origin as browsers write it: lower case, without the
// scheme's own port, path, query and user. It returns an error for what is not the http or
// https address of a host in ASCII.
func OriginOf(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return "", fmt.Errorf("%w: %q", errOrigin, address)
	}
	host := strings.ToLower(u.Host)
	switch {
	case strings.HasSuffix(host, ":"):
		host = strings.TrimSuffix(host, ":")
	case u.Scheme == "https":
		host = strings.TrimSuffix(host, ":443")
	default:
		host = strings.TrimSuffix(host, ":80")
	}
	for _, r := range host {
		if r <= ' ' || r >= 0x7f {
			return "", fmt.Errorf("%w: %q", errOrigin, address)
		}
	}
	return u.Scheme + "://" + host, nil
}

// originsOf returns a caller's origin and the top one around it.
func originsOf(caller, top string) (origin, topOrigin string, err error) {
	if origin, err = OriginOf(caller); err != nil {
		return "", "", err
	}
	if top == "" {
		return origin, origin, nil
	}
	topOrigin, err = OriginOf(top)
	return origin, topOrigin, err
}

// begin stores a ceremony and returns its token.
func (s *Service) begin(ctx context.Context, p Pending) (string, error) {
	token := rand.Text()
	p.TokenHash = ident.Token(token).Hash()
	p.ExpiresAt = s.clock.Now().Add(CeremonyTimeout)
	if err := s.store.SaveCeremony(ctx, p); err != nil {
		return "", fmt.Errorf("save the ceremony: %w", err)
	}
	return token, nil
}

// take consumes the ceremony that an answer is for. Whatever the answer is worth, its
// token is spent.
func (s *Service) take(ctx context.Context, token string, ritual Ritual, subject Subject) (Pending, error) {
	p, err := s.store.TakeCeremony(ctx, ident.Token(token).Hash())
	switch {
	case errors.Is(err, ErrNotFound):
		return p, refuse("take the ceremony", errors.New("unknown, expired or answered before"))
	case err != nil:
		return p, fmt.Errorf("take the ceremony: %w", err)
	case p.Ritual != ritual || p.Subject != subject:
		return p, refuse("take the ceremony", fmt.Errorf("it is a %s of verification %d, not a %s of %d",
			p.Ritual, p.Subject, ritual, subject))
	case !s.clock.Now().Before(p.ExpiresAt):
		return p, refuse("take the ceremony", errors.New("it has expired"))
	}
	return p, nil
}

// refuse returns ErrRefused with a cause that tells all.
func refuse(doing string, err error) error { return ErrRefused.Because(passkey.Cause(doing, err)) }

// randomBytes are how long handles and nonces are: random, so that they tell nothing.
const randomBytes = 32

func random() []byte {
	fresh := make([]byte, randomBytes)
	_, _ = rand.Read(fresh) // never fails
	return fresh
}
