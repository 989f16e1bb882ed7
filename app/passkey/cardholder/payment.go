package cardholder

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-webauthn/webauthn/protocol"
)

// BeginPayment freezes a payment and makes the challenge for its confirmation, by any
// usable passkey of the card. It returns ErrNoCredential.
func (s *Service) BeginPayment(ctx context.Context, p PaymentRequest) (PaymentCeremony, error) {
	list, err := s.store.ByCard(ctx, s.rpID, p.CardID)
	if err != nil {
		return PaymentCeremony{}, fmt.Errorf("read the card's credentials: %w", err)
	}
	usable := slices.DeleteFunc(list, func(b Bound) bool { return !b.Usable() })
	if len(usable) == 0 {
		return PaymentCeremony{}, ErrNoCredential
	}
	r, err := s.freeze(p, usable)
	if err != nil {
		return PaymentCeremony{}, err
	}
	frozen, err := json.Marshal(r)
	if err != nil {
		return PaymentCeremony{}, fmt.Errorf("write the frozen request: %w", err)
	}
	var c PaymentCeremony
	challenge := challengeOf(frozen)
	if slices.Contains(r.Kinds, SPC) {
		if c.SPC, err = r.spc(challenge); err != nil {
			return PaymentCeremony{}, err
		}
	}
	if slices.Contains(r.Kinds, WebAuthn) {
		if c.WebAuthn, err = s.plain(challenge, usable); err != nil {
			return PaymentCeremony{}, err
		}
	}
	c.Token, err = s.begin(ctx, Pending{Ritual: Paying, Subject: p.Subject, CardID: p.CardID, Session: frozen})
	return c, err
}

// FinishPayment checks the browser's answer against the frozen request and returns the
// proof. It returns ErrRefused, ErrUnknownCredential, ErrCloned, ErrBackupFlag or
// ErrNewDevice, after each of which the payment goes on with a one-time code; ErrCloned
// and ErrBackupFlag are worth an alert. It must not be called inside a transaction: it
// uses the answer up, whatever becomes of the transaction.
func (s *Service) FinishPayment(ctx context.Context, subject Subject, a Answer) (Proof, error) {
	given, err := parseAnswer(a.Response)
	if err != nil {
		return Proof{}, refuse("read the answer", err)
	}
	p, err := s.take(ctx, a.Token, Paying, subject)
	if err != nil {
		return Proof{}, err
	}
	r, err := ReadRequest(p.Session)
	if err != nil {
		return Proof{}, err
	}
	bound, err := s.answering(ctx, p.CardID, given.credential)
	if err != nil {
		return Proof{}, err
	}
	good, err := check(r, question{frozen: p.Session, handle: bound.Handle, record: bound.Record}, given)
	if err != nil {
		return Proof{}, refuse("verify the payment", err)
	}
	if err := s.settle(ctx, subject, bound, good); err != nil {
		return Proof{}, err
	}
	return Proof{
		Evidence: Evidence{
			RPID: r.RPID, Origin: r.Origin, TopOrigin: r.TopOrigin, Request: p.Session,
			Credential: given.credential, PublicKey: bound.Record.PublicKey, ClientDataJSON: given.clientData,
			AuthenticatorData: given.authenticatorData, Signature: given.signature,
			BrowserSignature: given.browserSignature,
		},
		CredentialID: bound.ID, Kind: good.kind, At: s.clock.Now(), Synced: good.flags.HasBackupState(),
		BrowserBound: good.browserKey != nil,
	}, nil
}

// answering returns the credential that answers. One that another card has is refused
// and not called unknown: the browser would forget it.
func (s *Service) answering(ctx context.Context, cardID int64, credential []byte) (Bound, error) {
	bound, err := s.store.ByID(ctx, s.rpID, credential)
	switch {
	case errors.Is(err, ErrNotFound):
		return Bound{}, ErrUnknownCredential
	case err != nil:
		return Bound{}, fmt.Errorf("read the credential: %w", err)
	case bound.CardID != cardID:
		return Bound{}, refuse("find the credential", errors.New("it is another card's"))
	case !bound.Revocation.At.IsZero():
		return Bound{}, ErrUnknownCredential
	}
	return bound, nil
}

// settle stores what a verified answer changed, and tells what speaks against it.
func (s *Service) settle(ctx context.Context, subject Subject, b Bound, good checked) error {
	distrust := b.Distrust
	known := protocol.AuthenticatorFlags(b.Record.Flags)
	switch {
	case distrust != Trusted:
	case known.HasBackupEligible() != good.flags.HasBackupEligible():
		distrust = BackupChanged
	case good.used.Authenticator.CloneWarning:
		distrust = Cloned
	}
	if distrust != Trusted {
		if err := s.store.MarkDistrusted(ctx, b.ID, distrust); err != nil {
			return fmt.Errorf("mark the credential: %w", err)
		}
		if distrust == Cloned {
			return ErrCloned.Because(fmt.Errorf("credential %d did not count on from %d", b.ID, b.Record.SignCount))
		}
		return ErrBackupFlag.Because(fmt.Errorf("credential %d changed its backup flag", b.ID))
	}
	use := Use{
		ID: b.ID, SignCount: good.used.Authenticator.SignCount, Flags: byte(good.used.Flags.ProtocolValue()),
		At: s.clock.Now(),
	}
	newDevice := good.browserKey != nil && good.flags.HasBackupState() && !b.trusts(good.browserKey)
	if !newDevice {
		use.BrowserKey = good.browserKey
	}
	err := s.store.MarkUsed(ctx, use)
	if errors.Is(err, ErrNotFound) {
		return refuse("mark the credential as used",
			errors.New("it was revoked, or used by another answer meanwhile"))
	}
	if err != nil {
		return fmt.Errorf("mark the credential as used: %w", err)
	}
	if !newDevice {
		return nil
	}
	seen := Sighting{ID: b.ID, PublicKey: good.browserKey, Subject: subject, At: use.At}
	if err := s.store.See(ctx, seen); err != nil {
		return fmt.Errorf("keep the browser's key: %w", err)
	}
	return ErrNewDevice.Because(fmt.Errorf("credential %d has a browser bound key that is not known", b.ID))
}

// trusts reports whether the credential has come with a browser bound key before.
func (b Bound) trusts(key []byte) bool {
	return slices.ContainsFunc(b.BrowserKeys, func(k BrowserKey) bool {
		return k.Trusted && string(k.PublicKey) == string(key)
	})
}

// Trust makes the browser known that ErrNewDevice told of in a verification: it is
// called after a good one-time code there. It is part of the caller's transaction if
// there is one, and no error when there was no new browser.
func (s *Service) Trust(ctx context.Context, subject Subject) error {
	if err := s.store.Trust(ctx, subject, s.clock.Now()); err != nil {
		return fmt.Errorf("trust the browser: %w", err)
	}
	return nil
}
