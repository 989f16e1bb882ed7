package account

import (
	"context"
	"fmt"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/secret"
)

// HasPassword tells that the person who is signed in can sign in by password.
func (s *Service) HasPassword(ctx context.Context, a Actor) (bool, error) {
	found, err := s.Store.CredentialOf(ctx, a.Person().ID)
	if err != nil {
		return false, fmt.Errorf("look for a password: %w", err)
	}
	return !found.PasswordHash.IsEmpty() && s.mayUsePassword(found.Account), nil
}

func (s *Service) mayUsePassword(a Account) bool { return a.Kind != Staff || s.StaffPasswords }

// ChangePassword replaces the password and ends all other sign-ins. The account that has
// none yet needs a fresh proof of identity instead of the current one. It returns a
// Group of faults of the fields current and password.
func (s *Service) ChangePassword(ctx context.Context, a Actor, current, next secret.String, from Origin) error {
	if a.Viewing() {
		return ErrViewing
	}
	if !s.mayUsePassword(a.Account) {
		return fault.Group{ErrPasskeyOnly}
	}
	if f := PasswordFault(next, a.Account.Login, a.Member.Code); f != nil {
		return fault.Group{f}
	}
	proved, why, err := s.proveCurrent(ctx, a, current)
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	if why != "" {
		if err := s.recordStepUpFailed(ctx, a, from, why); err != nil {
			return fmt.Errorf("change password: %w", err)
		}
		return fault.Group{ErrCurrent}
	}
	hash, err := s.verifier.hash(ctx, next)
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	now := s.Clock.Now()
	err = s.Store.InTx(ctx, func(ctx context.Context, t Tx) error {
		err := t.SwapPassword(ctx, PasswordSwap{
			AccountID: a.Account.ID, Session: a.Session.ID, Proved: proved, Hash: hash, At: now,
		})
		if err != nil {
			return err
		}
		if err := t.EndSessions(ctx, a.Account.ID, a.Session.ID, now); err != nil {
			return err
		}
		if err := s.tellChange(ctx, t, a.Account, change{member: a.Member.Name, what: changedPassword}); err != nil {
			return err
		}
		return t.Record(ctx, s.entry(a, from, audit.PasswordSet, a.Account.Login))
	})
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	return nil
}

// proveCurrent checks the current password, whose hash it returns, and counts failures
// with those of StepUp; why is empty if it is the right one.
func (s *Service) proveCurrent(
	ctx context.Context, a Actor, current secret.String,
) (proved secret.String, why string, err error) {
	found, err := s.Store.CredentialOf(ctx, a.Account.ID)
	if err != nil {
		return secret.String{}, "", err
	}
	if found.PasswordHash.IsEmpty() && a.Session.SteppedUp(s.Clock.Now()) {
		return secret.String{}, "", nil
	}
	why, err = s.counted(ctx, a.Account.ID, func() (string, error) {
		match, err := s.verifier.verify(ctx, current, found.PasswordHash)
		if err != nil || match {
			return "", err
		}
		return found.whyRefused(), nil
	})
	return found.PasswordHash, why, err
}

// AddPasskey stores a new passkey of the signed-in person and tells them by mail. The
// ceremony was begun behind a gate that asks for a fresh proof of identity.
func (s *Service) AddPasskey(
	ctx context.Context, a Actor, answer passkey.Answer, from Origin,
) (passkey.Passkey, error) {
	if a.Viewing() {
		return passkey.Passkey{}, ErrViewing
	}
	verified, err := s.Passkeys.VerifyRegistration(ctx, PasskeyHolder(a), answer)
	if err != nil {
		return passkey.Passkey{}, fmt.Errorf("add passkey: %w", err)
	}
	var added passkey.Passkey
	err = s.Store.InTx(ctx, func(ctx context.Context, t Tx) (err error) {
		if err := s.tellChange(ctx, t, a.Account, change{member: a.Member.Name, what: changedPasskey}); err != nil {
			return err
		}
		added, err = s.Passkeys.StoreRegistration(ctx, verified, s.entry(a, from, audit.PasskeyAdded, ""))
		return err
	})
	if err != nil {
		return passkey.Passkey{}, fmt.Errorf("add passkey: %w", err)
	}
	return added, nil
}

// RemovePasskey removes a passkey of the signed-in person, but not the last way in: then
// it returns passkey.ErrLast. It returns passkey.ErrNotFound for anybody else's.
func (s *Service) RemovePasskey(ctx context.Context, a Actor, id int64, from Origin) error {
	if a.Viewing() {
		return ErrViewing
	}
	err := s.Store.InTx(ctx, func(ctx context.Context, t Tx) error {
		held, err := t.LockAccount(ctx, a.Account.ID)
		if err != nil {
			return err
		}
		return s.Passkeys.Remove(ctx, passkey.Removal{
			HolderID: int64(a.Account.ID), ID: id,
			MayBeLast: !held.PasswordHash.IsEmpty() && s.mayUsePassword(held.Account),
		}, s.entry(a, from, audit.PasskeyRemoved, ""))
	})
	if err != nil {
		return fmt.Errorf("remove passkey: %w", err)
	}
	return nil
}

// What a mail says has changed.
const (
	changedPassword = "密碼已變更"
	changedPasskey  = "已新增 Passkey"
	// A lost password may be in other hands: who comes back by passkey leaves it behind.
	changedToPasskey = "已新增 Passkey，原密碼已停用"
)

// change is what the holder of an account is told of.
type change struct {
	member   string // the member's name; empty for our staff
	what     string
	passkeys int // that still let somebody in; 0 to say nothing of them
}

// tellChange mails the holder of the account, so that a stranger's change is noticed.
func (s *Service) tellChange(ctx context.Context, t Tx, a Account, c change) error {
	if a.Email == "" {
		return nil
	}
	page := "/member/account"
	if a.Kind == Staff {
		page = "/support/account"
	}
	return t.Mail(ctx, notify.CredentialChangedMail(notify.CredentialChanged{
		To: a.Email, Member: c.member, Login: a.Login, What: c.what, At: s.Clock.Now(),
		Passkeys: c.passkeys, URL: siteURL(s.PublicURL, page),
	}))
}
