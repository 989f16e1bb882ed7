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
	return siteURL(publicURL, LinkPath+string(token))
}

// siteURL is a page of the site with the public address.
func siteURL(publicURL, path string) string { return strings.TrimRight(publicURL, "/") + path }

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
		held, err := s.take(ctx, t, token, l)
		if err != nil {
			return err
		}
		if err := t.SetPassword(ctx, l.Account.ID, hash, s.Clock.Now()); err != nil {
			return err
		}
		if err := t.EndSessions(ctx, l.Account.ID, 0, s.Clock.Now()); err != nil {
			return err
		}
		// The address is the one that the row has now.
		told := change{member: l.Member, what: changedPassword, passkeys: held.Passkeys}
		if err := s.tellChange(ctx, t, held.Account, told); err != nil {
			return err
		}
		return t.Record(ctx, s.entryOfLink(l, from, audit.PasswordSet))
	})
	if err != nil {
		return fmt.Errorf("use link: %w", err)
	}
	return s.unlock(ctx, l, from)
}

// take uses the link up, once whoever else tries to, and returns its account, locked.
func (s *Service) take(ctx context.Context, t Tx, token string, l Link) (Held, error) {
	id, err := t.TakeLink(ctx, ident.Token(token).Hash(), s.Clock.Now())
	if err != nil {
		return Held{}, err
	}
	if id != l.Account.ID {
		return Held{}, errors.New("account: a link changed its account")
	}
	return t.LockAccount(ctx, id)
}

// unlock lets in at once who has just set how to sign in, failures before or not.
func (s *Service) unlock(ctx context.Context, l Link, from Origin) error {
	key := nameKey(l.MemberCode, l.Account.Login)
	if l.Account.Kind == Staff {
		key = staffKey(l.Account.Login)
	}
	if err := s.clearSignIns(ctx, key, from); err != nil {
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
// sign-ins of the account. A recovery takes the password away, which may be in other
// hands. It returns ErrLink, passkey.ErrRefused, passkey.ErrFull or passkey.ErrName; after
// the last three the link is still good.
func (s *Service) UseLinkPasskey(ctx context.Context, token string, a passkey.Answer, from Origin) error {
	l, err := s.OpenLink(ctx, token)
	if err != nil {
		return err
	}
	verified, err := s.Passkeys.VerifyRegistration(ctx, l.holder(), a)
	if err != nil {
		return fmt.Errorf("use link for a passkey: %w", err)
	}
	err = s.Store.InTx(ctx, func(ctx context.Context, t Tx) error {
		held, err := s.take(ctx, t, token, l)
		if err != nil {
			return err
		}
		told, entry := change{member: l.Member, what: changedPasskey}, s.entryOfLink(l, from, audit.PasskeyAdded)
		// SECURITY: a password that was forgotten, or fell into other hands, ends here.
		if l.Purpose == Recovery && !held.PasswordHash.IsEmpty() {
			if err := t.SetPassword(ctx, l.Account.ID, secret.String{}, s.Clock.Now()); err != nil {
				return err
			}
			told.what = changedToPasskey
			entry.Changes = []audit.Change{{Field: "密碼", Before: "已設定", After: "已停用"}}
		}
		if err := t.EndSessions(ctx, l.Account.ID, 0, s.Clock.Now()); err != nil {
			return err
		}
		if err := s.tellChange(ctx, t, held.Account, told); err != nil {
			return err
		}
		_, err = s.Passkeys.StoreRegistration(ctx, verified, entry)
		return err
	})
	if err != nil {
		return fmt.Errorf("use link for a passkey: %w", err)
	}
	return s.unlock(ctx, l, from)
}
