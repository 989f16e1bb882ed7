package passkey

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// BeginSignIn implements Ceremonies.
func (s *Service) BeginSignIn(ctx context.Context) (Ceremony, error) {
	request, session, err := s.webauthn.BeginDiscoverableLogin()
	if err != nil {
		return Ceremony{}, fmt.Errorf("begin the sign-in: %w", err)
	}
	return s.begin(ctx, Pending{Ritual: SignIn}, session, request.Response)
}

// FinishSignIn implements Ceremonies.
func (s *Service) FinishSignIn(ctx context.Context, a Answer) (int64, error) {
	parsed, err := parseAssertion(a.Response)
	if err != nil {
		return 0, err
	}
	session, err := s.take(ctx, a.Token, Pending{Ritual: SignIn})
	if err != nil {
		return 0, err
	}
	// The library wraps what the look-up says into an answer's fault, so the holder
	// is looked up before: a broken database must not look like a wrong passkey.
	holding, err := s.store.ByHandle(ctx, parsed.Response.UserHandle)
	if errors.Is(err, ErrNotFound) {
		return 0, refuse("find the holder", errors.New("unknown user handle"))
	}
	if err != nil {
		return 0, fmt.Errorf("find the holder: %w", err)
	}
	found := func([]byte, []byte) (webauthn.User, error) { return holder{Holding: holding}, nil }
	_, used, err := s.webauthn.ValidatePasskeyLogin(found, session, parsed)
	if err != nil {
		return 0, refuse("verify the sign-in", err)
	}
	if err := s.markUsed(ctx, holding, used); err != nil {
		return 0, err
	}
	return holding.HolderID, nil
}

// BeginProof implements Ceremonies.
func (s *Service) BeginProof(ctx context.Context, holderID int64) (Ceremony, error) {
	holding, err := s.store.ByHolder(ctx, holderID)
	if err != nil {
		return Ceremony{}, fmt.Errorf("read the holder's passkeys: %w", err)
	}
	var usable []protocol.CredentialDescriptor
	for _, registered := range holding.Passkeys {
		if !registered.Cloned {
			credential := registered.Credential.Record(false)
			usable = append(usable, credential.Descriptor())
		}
	}
	if len(usable) == 0 {
		return Ceremony{}, ErrNotFound
	}
	request, session, err := s.webauthn.BeginLogin(holder{Holding: holding}, webauthn.WithAllowedCredentials(usable))
	if err != nil {
		return Ceremony{}, fmt.Errorf("begin the proof: %w", err)
	}
	return s.begin(ctx, Pending{Ritual: Proof, HolderID: holderID}, session, request.Response)
}

// FinishProof implements Ceremonies.
func (s *Service) FinishProof(ctx context.Context, holderID int64, a Answer) error {
	parsed, err := parseAssertion(a.Response)
	if err != nil {
		return err
	}
	session, err := s.take(ctx, a.Token, Pending{Ritual: Proof, HolderID: holderID})
	if err != nil {
		return err
	}
	holding, err := s.store.ByHolder(ctx, holderID)
	if err != nil {
		return fmt.Errorf("read the holder's passkeys: %w", err)
	}
	used, err := s.webauthn.ValidateLogin(holder{Holding: holding}, session, parsed)
	if err != nil {
		return refuse("verify the proof", err)
	}
	return s.markUsed(ctx, holding, used)
}

// markUsed stores what a verified answer changed. A counter that did not go on may
// come from a copy of the passkey, and nobody can tell which of the two answers: the
// passkey is marked and refused from then on (WebAuthn Level 3 §6.1.1).
func (s *Service) markUsed(ctx context.Context, of Holding, used *webauthn.Credential) error {
	var id int64
	var known bool // to have been cloned
	for _, registered := range of.Passkeys {
		if bytes.Equal(registered.Credential.ID, used.ID) {
			id, known = registered.ID, registered.Cloned
		}
	}
	if known {
		return refuse("check the counter", errors.New("the passkey is marked as cloned"))
	}
	if used.Authenticator.CloneWarning {
		if err := s.store.MarkCloned(ctx, id); err != nil {
			return fmt.Errorf("mark the passkey as cloned: %w", err)
		}
		return refuse("check the counter", fmt.Errorf("passkey %d did not count on from %d: it may be cloned",
			id, used.Authenticator.SignCount))
	}
	err := s.store.MarkUsed(ctx, Use{
		PasskeyID: id, SignCount: used.Authenticator.SignCount,
		Flags: byte(used.Flags.ProtocolValue()), At: s.clock.Now(),
	})
	if errors.Is(err, ErrNotFound) {
		return refuse("mark the passkey as used", errors.New("it was removed, or used by another answer meanwhile"))
	}
	if err != nil {
		return fmt.Errorf("mark the passkey as used: %w", err)
	}
	return nil
}

// parseAssertion reads the answer of a sign-in or proof, or returns ErrRefused.
func parseAssertion(response []byte) (*protocol.ParsedCredentialAssertionData, error) {
	if len(response) > AnswerBytesMax {
		return nil, refuse("read the answer", fmt.Errorf("it has %d bytes", len(response)))
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return nil, refuse("read the answer", err)
	}
	return parsed, nil
}
