package cardholder

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"
)

// reasonRunesMax is how long the reason of a revocation may be.
const reasonRunesMax = 200

// FoldMail writes a mail address as it is compared: without space around it, in lower
// case.
func FoldMail(address string) string { return strings.ToLower(strings.TrimSpace(address)) }

// HasCredential reports whether the card has a passkey that can confirm a payment.
func (s *Service) HasCredential(ctx context.Context, cardID int64) (bool, error) {
	has, err := s.store.HasUsable(ctx, s.rpID, cardID)
	if err != nil {
		return false, fmt.Errorf("look for credentials of the card: %w", err)
	}
	return has, nil
}

// List returns the card's credentials, newest first, with those revoked.
func (s *Service) List(ctx context.Context, cardID int64) ([]Credential, error) {
	bound, err := s.store.ByCard(ctx, s.rpID, cardID)
	if err != nil {
		return nil, fmt.Errorf("list the card's credentials: %w", err)
	}
	list := make([]Credential, len(bound))
	for i, b := range bound {
		list[i] = b.Credential
	}
	return list, nil
}

// Revoke takes a credential from a card for ever. It is part of the caller's
// transaction if there is one: the caller records who did so. It returns ErrReason, or
// ErrNotFound for a credential of another card too.
func (s *Service) Revoke(ctx context.Context, cardID int64, id CredentialID, r Revocation) error {
	r.Reason = strings.TrimSpace(r.Reason)
	if n := utf8.RuneCountInString(r.Reason); n == 0 || n > reasonRunesMax || !utf8.ValidString(r.Reason) {
		return ErrReason
	}
	r.At = s.clock.Now()
	if err := s.store.Revoke(ctx, cardID, id, r); err != nil {
		return fmt.Errorf("revoke the credential: %w", err)
	}
	return nil
}
