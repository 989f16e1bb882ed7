package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/secret"
)

// MintLink makes a link for an account: what is stored, and the token that is mailed
// and nowhere kept.
func MintLink(id ID, p Purpose, at time.Time) (NewLink, ident.Token) {
	token := ident.NewToken()
	lifetime := RecoveryLifetime
	if p == Invitation {
		lifetime = InvitationLifetime
	}
	return NewLink{AccountID: id, Purpose: p, TokenHash: token.Hash(), At: at, ExpiresAt: at.Add(lifetime)}, token
}

// LinkURL is where the mail leads, on the site with the public address.
func LinkURL(publicURL string, token ident.Token) string {
	return strings.TrimRight(publicURL, "/") + LinkPath + string(token)
}

// OpenLink returns what a link is for, or ErrLink. It does not use the link up: mail
// scanners open links.
func (s *Service) OpenLink(ctx context.Context, token string) (Link, error) {
	l, err := s.Store.Link(ctx, ident.Token(token).Hash(), s.Clock.Now())
	if err != nil {
		return Link{}, fmt.Errorf("open link: %w", err)
	}
	return l, nil
}

// UseLink sets the password that the holder of a link chose, uses the link up and ends
// all sign-ins of the account. It returns ErrLink, or a Group of faults of the field
// password, after which the link is still good.
func (s *Service) UseLink(ctx context.Context, token string, password secret.String, from Origin) error {
	l, err := s.OpenLink(ctx, token)
	if err != nil {
		return err
	}
	if !s.mayUsePassword(l.Account) {
		return fault.Group{ErrPasskeyOnly}
	}
	if f := PasswordFault(password, l.Account.Login, l.MemberCode); f != nil {
		return fault.Group{f}
	}
	hash, err := s.verifier.hash(ctx, password)
	if err != nil {
		return fmt.Errorf("use link: %w", err)
	}
	err = s.Store.InTx(ctx, func(ctx context.Context, t Tx) error {
		if err := s.take(ctx, t, token, l); err != nil {
			return err
		}
		if err := t.SetPassword(ctx, l.Account.ID, hash, s.Clock.Now()); err != nil {
			return err
		}
		if err := t.EndSessions(ctx, l.Account.ID, 0, s.Clock.Now()); err != nil {
			return err
		}
		if err := s.tellChange(ctx, t, l.Account, l.Member, changedPassword); err != nil {
			return err
		}
		return t.Record(ctx, s.entryOfLink(l, from, audit.PasswordSet))
	})
	if err != nil {
		return fmt.Errorf("use link: %w", err)
	}
	return s.unlock(ctx, l)
}

// take uses the link up, once whoever else tries to.
func (s *Service) take(ctx context.Context, t Tx, token string, l Link) error {
	id, err := t.TakeLink(ctx, ident.Token(token).Hash(), s.Clock.Now())
	if err != nil {
		return err
	}
	if id != l.Account.ID {
		return errors.New("account: a link changed its account")
	}
	return nil
}

// unlock lets in at once who has just set how to sign in, failures before or not.
func (s *Service) unlock(ctx context.Context, l Link) error {
	key := nameKey(l.MemberCode, l.Account.Login)
	if l.Account.Kind == Staff {
		key = staffKey(l.Account.Login)
	}
	if err := s.Lock.Clear(ctx, key); err != nil {
		return fmt.Errorf("use link: %w", err)
	}
	return nil
}

// entryOfLink is a line of the audit log about the holder of a link.
func (s *Service) entryOfLink(l Link, from Origin, kind audit.Kind) audit.Entry {
	return audit.Entry{
		By: audit.By{
			Chain: l.MemberID, AccountID: int64(l.Account.ID), Login: l.Account.Login,
			Address: from.Address, RequestID: from.RequestID,
		},
		At: s.Clock.Now(), Kind: kind, Subject: l.Account.Login,
	}
}

// LinkPasskey begins the registration of a passkey by the holder of a link.
func (s *Service) LinkPasskey(ctx context.Context, token string) (passkey.Ceremony, error) {
	l, err := s.OpenLink(ctx, token)
	if err != nil {
		return passkey.Ceremony{}, err
	}
	begun, err := s.Passkeys.BeginRegistration(ctx, l.holder())
	if err != nil {
		return passkey.Ceremony{}, fmt.Errorf("begin a passkey by link: %w", err)
	}
	return begun, nil
}

func (l Link) holder() passkey.Holder { return holder(l.Account, l.MemberCode, l.Member) }

// UseLinkPasskey stores the passkey of a link's holder, uses the link up and ends all
// sign-ins of the account. It returns ErrLink, passkey.ErrRefused or passkey.ErrName;
// after the last two the link is still good.
func (s *Service) UseLinkPasskey(ctx context.Context, token string, a passkey.Answer, from Origin) error {
	l, err := s.OpenLink(ctx, token)
	if err != nil {
		return err
	}
	leave, err := s.enterRegistration(ctx)
	if err != nil {
		return err
	}
	defer leave()
	err = s.Store.InTx(ctx, func(ctx context.Context, t Tx) error {
		if err := s.take(ctx, t, token, l); err != nil {
			return err
		}
		if err := t.EndSessions(ctx, l.Account.ID, 0, s.Clock.Now()); err != nil {
			return err
		}
		if err := s.tellChange(ctx, t, l.Account, l.Member, changedPasskey); err != nil {
			return err
		}
		_, err := s.Passkeys.FinishRegistration(ctx, l.holder(), a,
			s.entryOfLink(l, from, audit.PasskeyAdded))
		return err
	})
	if err != nil {
		return fmt.Errorf("use link for a passkey: %w", err)
	}
	return s.unlock(ctx, l)
}
