package passkey

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/ident"
)

// CeremonyTimeout is how long a challenge is good.
const CeremonyTimeout = 5 * time.Minute

// AnswerBytesMax is how long a browser's answer may be; a real one has about 1 kB.
const AnswerBytesMax = 64 << 10

// handleBytes is the length of a user handle: random, so that an authenticator
// that is read out tells nothing (WebAuthn Level 3 §14.6.1).
const handleBytes = 32

// ErrOrigin tells that a site's address can have no passkeys: WebAuthn knows
// relying parties by domain, or as localhost, and never by IP address.
var ErrOrigin = errors.New("passkey: the site's address must be http or https with a domain name or localhost")

// Options say what a Service is made of.
type Options struct {
	Origin string // the site's public URL; its path does not count
	Name   string // of the site, as browsers show it
	Store  Store
	Clock  clock.Clock
}

// Service runs ceremonies for one site. It implements Ceremonies and is safe for
// concurrent use.
type Service struct {
	webauthn *webauthn.WebAuthn
	store    Store
	clock    clock.Clock
}

// New returns a service, or ErrOrigin.
func New(o Options) (*Service, error) {
	origin, host, err := Site(o.Origin)
	if err != nil {
		return nil, err
	}
	if o.Store == nil || o.Clock == nil || o.Name == "" {
		return nil, errors.New("passkey: Name, Store and Clock are required")
	}
	// The library looks at the machine's clock; take looks at ours as well.
	timeout := webauthn.TimeoutConfig{Enforce: true, Timeout: CeremonyTimeout, TimeoutUVD: CeremonyTimeout}
	w, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: o.Name, RPOrigins: []string{origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: protocol.ResidentKeyRequired(),
			ResidentKey:        protocol.ResidentKeyRequirementRequired,
			UserVerification:   protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: timeout, Registration: timeout},
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOrigin, err)
	}
	return &Service{webauthn: w, store: o.Store, clock: o.Clock}, nil
}

// List implements Ceremonies.
func (s *Service) List(ctx context.Context, holderID int64) ([]Passkey, error) {
	holding, err := s.store.ByHolder(ctx, holderID)
	if err != nil {
		return nil, fmt.Errorf("list passkeys: %w", err)
	}
	list := make([]Passkey, len(holding.Passkeys))
	for i, registered := range holding.Passkeys {
		list[i] = registered.Passkey
	}
	return list, nil
}

// begin stores a ceremony and returns it as the browser gets it.
func (s *Service) begin(
	ctx context.Context, of Pending, session *webauthn.SessionData, options any,
) (Ceremony, error) {
	var err error
	if of.Session, err = json.Marshal(session); err != nil {
		return Ceremony{}, fmt.Errorf("write the ceremony: %w", err)
	}
	c := Ceremony{Token: rand.Text()}
	if c.Options, err = json.Marshal(options); err != nil {
		return Ceremony{}, fmt.Errorf("write the ceremony's options: %w", err)
	}
	of.TokenHash = ident.Token(c.Token).Hash()
	of.ExpiresAt = s.clock.Now().Add(CeremonyTimeout)
	if err := s.store.SaveCeremony(ctx, of); err != nil {
		return Ceremony{}, fmt.Errorf("save the ceremony: %w", err)
	}
	return c, nil
}

// take consumes the ceremony that an answer is for. Whatever the answer is worth,
// its token is spent.
func (s *Service) take(ctx context.Context, token string, want Pending) (webauthn.SessionData, error) {
	var session webauthn.SessionData
	pending, err := s.store.TakeCeremony(ctx, ident.Token(token).Hash())
	switch {
	case errors.Is(err, ErrNotFound):
		return session, refuse("take the ceremony", errors.New("unknown, expired or answered before"))
	case err != nil:
		return session, fmt.Errorf("take the ceremony: %w", err)
	case pending.Ritual != want.Ritual || pending.HolderID != want.HolderID:
		return session, refuse("take the ceremony", fmt.Errorf("it is a %s of holder %d, not a %s of holder %d",
			pending.Ritual, pending.HolderID, want.Ritual, want.HolderID))
	case !s.clock.Now().Before(pending.ExpiresAt):
		return session, refuse("take the ceremony", errors.New("it has expired"))
	}
	if err := json.Unmarshal(pending.Session, &session); err != nil {
		return session, fmt.Errorf("read the ceremony: %w", err)
	}
	return session, nil
}

// refuse returns ErrRefused with a cause that tells all.
func refuse(doing string, err error) error { return ErrRefused.Because(Cause(doing, err)) }

// holder is a holding as the library wants it.
type holder struct {
	Holding
	name, displayName string
}

// WebAuthnID implements webauthn.User.
func (h holder) WebAuthnID() []byte { return h.Handle }

// WebAuthnName implements webauthn.User.
func (h holder) WebAuthnName() string { return h.name }

// WebAuthnDisplayName implements webauthn.User.
func (h holder) WebAuthnDisplayName() string { return h.displayName }

// WebAuthnCredentials implements webauthn.User.
func (h holder) WebAuthnCredentials() []webauthn.Credential {
	list := make([]webauthn.Credential, len(h.Passkeys))
	for i, registered := range h.Passkeys {
		list[i] = registered.Credential.Record(registered.Cloned)
	}
	return list
}
