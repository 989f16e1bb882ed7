package passkey

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/memberzone/memberzone/app/audit"
)

// nameRunesMax is how long a passkey's name may be.
const nameRunesMax = 60

// BeginRegistration implements Ceremonies.
func (s *Service) BeginRegistration(ctx context.Context, h Holder) (Ceremony, error) {
	fresh := make([]byte, handleBytes)
	_, _ = rand.Read(fresh) // never fails
	if err := s.store.KeepHandle(ctx, h.ID, fresh); err != nil {
		return Ceremony{}, fmt.Errorf("keep the holder's handle: %w", err)
	}
	holding, err := s.store.ByHolder(ctx, h.ID)
	if err != nil {
		return Ceremony{}, fmt.Errorf("read the holder's passkeys: %w", err)
	}
	if len(holding.Passkeys) >= HolderMax {
		return Ceremony{}, ErrFull
	}
	user := holder{Holding: holding, name: h.Name, displayName: h.DisplayName}
	creation, session, err := s.webauthn.BeginRegistration(user,
		webauthn.WithCredentialParameters(Algorithms()),
		webauthn.WithExclusions(webauthn.Credentials(user.WebAuthnCredentials()).CredentialDescriptors()))
	if err != nil {
		return Ceremony{}, fmt.Errorf("begin the registration: %w", err)
	}
	return s.begin(ctx, Pending{Ritual: Registration, HolderID: h.ID}, session, creation.Response)
}

// VerifyRegistration implements Ceremonies.
func (s *Service) VerifyRegistration(ctx context.Context, h Holder, a Answer) (Registered, error) {
	name, err := nameOf(a.Name)
	if err != nil {
		return Registered{}, err
	}
	parsed, err := parseCreation(a.Response)
	if err != nil {
		return Registered{}, err
	}
	session, err := s.take(ctx, a.Token, Pending{Ritual: Registration, HolderID: h.ID})
	if err != nil {
		return Registered{}, err
	}
	holding, err := s.store.ByHolder(ctx, h.ID)
	if err != nil {
		return Registered{}, fmt.Errorf("read the holder's passkeys: %w", err)
	}
	made, err := s.webauthn.CreateCredential(holder{Holding: holding}, session, parsed)
	if err != nil {
		return Registered{}, refuse("verify the registration", err)
	}
	if !bytes.Equal(made.ID, parsed.RawID) {
		return Registered{}, refuse("verify the registration", errors.New("two different credential IDs"))
	}
	return Registered{
		Passkey: Passkey{
			HolderID: h.ID, Name: name, CreatedAt: s.clock.Now(), Synced: made.Flags.BackupState,
		},
		Credential: CredentialOf(made),
	}, nil
}

// StoreRegistration implements Ceremonies.
func (s *Service) StoreRegistration(ctx context.Context, r Registered, e audit.Entry) (Passkey, error) {
	e.Kind, e.At, e.Subject = audit.PasskeyAdded, r.CreatedAt, r.Name
	err := s.store.InTx(ctx, func(ctx context.Context, t Tx) (err error) {
		if r.ID, err = t.AddPasskey(ctx, r); err != nil {
			return fmt.Errorf("add the passkey: %w", err)
		}
		return t.Record(ctx, e)
	})
	if err != nil {
		return Passkey{}, err
	}
	return r.Passkey, nil
}

// parseCreation reads the answer of a registration, or returns ErrRefused.
func parseCreation(response []byte) (*protocol.ParsedCredentialCreationData, error) {
	if len(response) > AnswerBytesMax {
		return nil, refuse("read the answer", fmt.Errorf("it has %d bytes", len(response)))
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return nil, refuse("read the answer", err)
	}
	return parsed, nil
}

// nameOf returns a passkey's name without the space around it, or ErrName.
func nameOf(text string) (string, error) {
	name := strings.TrimSpace(text)
	runes := utf8.RuneCountInString(name)
	if runes == 0 || runes > nameRunesMax || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", ErrName
	}
	return name, nil
}

// Rename implements Ceremonies.
func (s *Service) Rename(ctx context.Context, holderID, id int64, name string, e audit.Entry) error {
	name, err := nameOf(name)
	if err != nil {
		return err
	}
	e.Kind, e.At, e.Subject = audit.PasskeyRenamed, s.clock.Now(), name
	return s.store.InTx(ctx, func(ctx context.Context, t Tx) error {
		before, err := t.RenamePasskey(ctx, holderID, id, name)
		if err != nil {
			return fmt.Errorf("rename the passkey: %w", err)
		}
		e.Changes = []audit.Change{{Field: "名稱", Before: before, After: name}}
		return t.Record(ctx, e)
	})
}

// Remove implements Ceremonies.
func (s *Service) Remove(ctx context.Context, r Removal, e audit.Entry) error {
	e.Kind, e.At = audit.PasskeyRemoved, s.clock.Now()
	return s.store.InTx(ctx, func(ctx context.Context, t Tx) error {
		var err error
		if e.Subject, err = t.RemovePasskey(ctx, r); err != nil {
			return fmt.Errorf("remove the passkey: %w", err)
		}
		return t.Record(ctx, e)
	})
}
