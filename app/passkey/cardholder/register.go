package cardholder

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/memberzone/memberzone/app/passkey"
)

// paymentExtension makes a passkey good for SPC (SPC, "payment" extension).
const paymentExtension = "payment"

// binding is what a registration keeps: the library's own JSON as it stands, and where
// the answer must come from.
type binding struct {
	Library   json.RawMessage `json:"library"`
	Origin    string          `json:"origin"`
	TopOrigin string          `json:"topOrigin"`
}

// BeginRegistration makes the challenge for a new passkey of a card: on this device,
// discoverable, with user verification, good for SPC, and none that the card has
// already. It returns ErrFull.
func (s *Service) BeginRegistration(ctx context.Context, r Registration) (Ceremony, error) {
	origin, topOrigin, err := originsOf(r.Origin, r.TopOrigin)
	if err != nil {
		return Ceremony{}, err
	}
	if origin != s.origin {
		return Ceremony{}, fmt.Errorf("cardholder: passkeys are made at %s, not at %s", s.origin, origin)
	}
	of, err := s.binder(ctx, r)
	if err != nil {
		return Ceremony{}, err
	}
	w, err := s.webAuthnIn(topOrigin)
	if err != nil {
		return Ceremony{}, err
	}
	creation, session, err := w.BeginRegistration(of,
		webauthn.WithCredentialParameters(passkey.Algorithms()),
		webauthn.WithConveyancePreference(protocol.PreferNoAttestation),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			AuthenticatorAttachment: protocol.Platform, RequireResidentKey: protocol.ResidentKeyRequired(),
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		}),
		webauthn.WithExclusions(webauthn.Credentials(of.credentials).CredentialDescriptors()),
		webauthn.WithExtensions(webauthn.WithExtensionCredProps(),
			webauthn.WithExtension(paymentExtension, map[string]any{"isPayment": true})))
	if err != nil {
		return Ceremony{}, fmt.Errorf("begin the registration: %w", err)
	}
	kept := binding{Origin: origin, TopOrigin: topOrigin}
	if kept.Library, err = json.Marshal(session); err != nil {
		return Ceremony{}, fmt.Errorf("write the ceremony: %w", err)
	}
	p := Pending{Ritual: Binding, Subject: r.Subject, CardID: r.CardID}
	if p.Session, err = json.Marshal(kept); err != nil {
		return Ceremony{}, fmt.Errorf("write the ceremony: %w", err)
	}
	var c Ceremony
	if c.Options, err = json.Marshal(creation.Response); err != nil {
		return Ceremony{}, fmt.Errorf("write the ceremony's options: %w", err)
	}
	c.Token, err = s.begin(ctx, p)
	return c, err
}

// binder is the card that a passkey is to be bound to, with the passkeys to exclude. One
// that is not trusted any more is not among them: it may be bound again.
func (s *Service) binder(ctx context.Context, r Registration) (user, error) {
	of := user{name: r.Name, displayName: r.DisplayName}
	if r.CardID != 0 {
		var err error
		if of.handle, err = s.store.Handle(ctx, r.CardID); err != nil {
			return user{}, fmt.Errorf("read the card's handle: %w", err)
		}
		list, err := s.store.ByCard(ctx, s.rpID, r.CardID)
		if err != nil {
			return user{}, fmt.Errorf("read the card's credentials: %w", err)
		}
		held := 0
		for _, bound := range list {
			if bound.Usable() {
				of.credentials = append(of.credentials, bound.Record.Record(false))
			}
			if bound.Revocation.At.IsZero() {
				held++
			}
		}
		if held >= CardMax {
			return user{}, ErrFull
		}
	}
	if of.handle == nil {
		of.handle = random()
	}
	return of, nil
}

// webAuthnIn is set up for answers from the relying party's pages inside a window.
func (s *Service) webAuthnIn(topOrigin string) (*webauthn.WebAuthn, error) {
	timeout := webauthn.TimeoutConfig{Enforce: true, Timeout: CeremonyTimeout, TimeoutUVD: CeremonyTimeout}
	w, err := webauthn.New(&webauthn.Config{
		RPID: s.rpID, RPDisplayName: s.name, RPOrigins: []string{s.origin}, RPTopOrigins: []string{topOrigin},
		RPTopOriginVerificationMode: protocol.TopOriginExplicitVerificationMode,
		RPAllowCrossOrigin:          topOrigin != s.origin,
		Timeouts:                    webauthn.TimeoutsConfig{Login: timeout, Registration: timeout},
	})
	if err != nil {
		return nil, fmt.Errorf("set the check up: %w", err)
	}
	return w, nil
}

// VerifyRegistration checks the browser's answer and returns the passkey that
// StoreRegistration is to store, or ErrRefused. It must not be called inside a
// transaction: it uses the answer up, whatever becomes of the transaction.
func (s *Service) VerifyRegistration(ctx context.Context, subject Subject, a Answer) (Registered, error) {
	parsed, signed, signature, err := parseCreation(a.Response)
	if err != nil {
		return Registered{}, refuse("read the answer", err)
	}
	p, err := s.take(ctx, a.Token, Binding, subject)
	if err != nil {
		return Registered{}, err
	}
	var kept binding
	var session webauthn.SessionData
	if err := errors.Join(json.Unmarshal(p.Session, &kept), json.Unmarshal(kept.Library, &session)); err != nil {
		return Registered{}, fmt.Errorf("read the ceremony: %w", err)
	}
	if !signed.from(kept.Origin, kept.TopOrigin) {
		return Registered{}, refuse("verify the registration", fmt.Errorf(
			"origin %q, crossOrigin %v, topOrigin %q; expected %q inside %q",
			signed.Origin, signed.CrossOrigin, signed.TopOrigin, kept.Origin, kept.TopOrigin))
	}
	w, err := s.webAuthnIn(kept.TopOrigin)
	if err != nil {
		return Registered{}, err
	}
	made, err := w.CreateCredential(user{handle: session.UserID}, session, parsed)
	if err != nil {
		return Registered{}, refuse("verify the registration", err)
	}
	if !bytes.Equal(made.ID, parsed.RawID) {
		return Registered{}, refuse("verify the registration", errors.New("two different credential IDs"))
	}
	// Nothing vouches for the passkey's own key either: attestation is not asked for.
	browserKey, err := checkBrowserKey(signed, parsed.Raw.AttestationResponse.ClientDataJSON, signature)
	if err != nil {
		return Registered{}, refuse("verify the registration", err)
	}
	properties := parsed.ClientExtensionResults.CredProps
	return Registered{
		CreatedAt: s.clock.Now(), Handle: session.UserID, Credential: passkey.CredentialOf(made),
		Discoverable: properties != nil && properties.RK != nil && *properties.RK, BrowserKey: browserKey,
		ClientData:  parsed.Raw.AttestationResponse.ClientDataJSON,
		Attestation: parsed.Raw.AttestationResponse.AttestationObject,
	}, nil
}

// parseCreation reads the answer of a registration: the client data strictly, for the
// library as well, and the signature of the browser bound key.
func parseCreation(response []byte) (*protocol.ParsedCredentialCreationData, statement, []byte, error) {
	if len(response) > AnswerBytesMax {
		return nil, statement{}, nil, fmt.Errorf("it has %d bytes", len(response))
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return nil, statement{}, nil, err
	}
	signed, err := parseClientData(parsed.Raw.AttestationResponse.ClientDataJSON)
	if err != nil {
		return nil, statement{}, nil, err
	}
	parsed.Response.CollectedClientData = signed.collected()
	var extended struct {
		Extensions json.RawMessage `json:"clientExtensionResults"`
	}
	if err := json.Unmarshal(response, &extended); err != nil {
		return nil, statement{}, nil, err
	}
	_, signature, err := parseOutputs([]byte(extended.Extensions))
	return parsed, signed, signature, err
}

// browserRunesMax is how much of a browser's name is kept.
const browserRunesMax = 100

// StoreRegistration stores a passkey that VerifyRegistration returned as one of a card,
// which may be new to the vault. It is part of the caller's transaction if there is one.
// It returns ErrFull, or ErrRefused for a passkey that is stored already.
func (s *Service) StoreRegistration(
	ctx context.Context, cardID int64, r Registered, f Facts,
) (CredentialID, error) {
	f.Browser = strings.ToValidUTF8(f.Browser, "")
	if name := []rune(f.Browser); len(name) > browserRunesMax {
		f.Browser = string(name[:browserRunesMax])
	}
	id, err := s.store.Add(ctx, Binder{CardID: cardID, RPID: s.rpID, Registered: r, Facts: f})
	if err != nil {
		return 0, fmt.Errorf("add the credential: %w", err)
	}
	return id, nil
}
