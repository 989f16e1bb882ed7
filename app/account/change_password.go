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
	found, err := s.Store.CredentialOf(ctx, a.person().ID)
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
	why, err := s.proveCurrent(ctx, a, current)
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	if why != "" {
		if err := s.record(ctx, s.entry(a, from, audit.StepUpFailed, why)); err != nil {
			return fmt.Errorf("change password: %w", err)
		}
		return fault.Group{ErrCurrent}
	}
	hash, err := s.verifier.hash(ctx, next)
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	err = s.Store.InTx(ctx, func(ctx context.Context, t Tx) error {
		if err := t.SetPassword(ctx, a.Account.ID, hash, s.Clock.Now()); err != nil {
			return err
		}
		if err := t.EndSessions(ctx, a.Account.ID, a.Session.ID, s.Clock.Now()); err != nil {
			return err
		}
		if err := s.tellChange(ctx, t, a.Account, a.Member.Name, changedPassword); err != nil {
			return err
		}
		return t.Record(ctx, s.entry(a, from, audit.PasswordSet, a.Account.Login))
	})
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	return nil
}

// proveCurrent checks the current password and counts failures with those of StepUp; why
// is empty if it is the right one.
func (s *Service) proveCurrent(ctx context.Context, a Actor, current secret.String) (why string, err error) {
	found, err := s.Store.CredentialOf(ctx, a.Account.ID)
	if err != nil {
		return "", err
	}
	if found.PasswordHash.IsEmpty() && a.Session.SteppedUp(s.Clock.Now()) {
		return "", nil
	}
	locked, err := try(ctx, s.StepUpLock, accountKey(a.Account.ID))
	if err != nil {
		return "", err
	}
	if locked {
		return whyLocked, nil
	}
	match, err := s.verifier.verify(ctx, current, found.PasswordHash)
	if err != nil {
		return "", err
	}
	if !match {
		return found.whyRefused(), nil
	}
	return "", s.StepUpLock.Clear(ctx, accountKey(a.Account.ID))
}

// AddPasskey stores a new passkey of the signed-in person and tells them by mail. The
// ceremony was begun behind a gate that asks for a fresh proof of identity.
func (s *Service) AddPasskey(
	ctx context.Context, a Actor, answer passkey.Answer, from Origin,
) (passkey.Passkey, error) {
	if a.Viewing() {
		return passkey.Passkey{}, ErrViewing
	}
	leave, err := s.enterRegistration(ctx)
	if err != nil {
		return passkey.Passkey{}, err
	}
	defer leave()
	var added passkey.Passkey
	err = s.Store.InTx(ctx, func(ctx context.Context, t Tx) (err error) {
		if err := s.tellChange(ctx, t, a.Account, a.Member.Name, changedPasskey); err != nil {
			return err
		}
		added, err = s.Passkeys.FinishRegistration(ctx, PasskeyHolder(a), answer,
			s.entry(a, from, audit.PasskeyAdded, ""))
		return err
	})
	if err != nil {
		return passkey.Passkey{}, fmt.Errorf("add passkey: %w", err)
	}
	return added, nil
}

// registrationsMax is how many passkeys are stored at once: each holds one connection of
// the database while the ceremony is read with another, and must not wait for itself.
const registrationsMax = 4

func (s *Service) enterRegistration(ctx context.Context) (leave func(), err error) {
	select {
	case s.registrations <- struct{}{}:
		return func() { <-s.registrations }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to store a passkey: %w", ctx.Err())
	}
}

// What a mail says has changed.
const (
	changedPassword = "密碼已變更"
	changedPasskey  = "已新增 Passkey"
)

// tellChange mails the holder of the account, so that a stranger's change is noticed.
func (s *Service) tellChange(ctx context.Context, t Tx, a Account, memberName, what string) error {
	if a.Email == "" {
		return nil
	}
	return t.Mail(ctx, notify.CredentialChangedMail(notify.CredentialChanged{
		To: a.Email, Member: memberName, Login: a.Login, What: what, At: s.Clock.Now(),
	}))
}
