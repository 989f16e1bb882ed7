package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/passkey"
)

// seenEvery is how often the time of the latest request is kept.
const seenEvery = time.Minute

// Actor returns who a request of the sign-in runs as, as things stand now. It returns
// ErrNotFound when the sign-in has ended, was idle for SessionIdle or is older than
// SessionLifetime, or when the account or its member is not active.
func (s *Service) Actor(ctx context.Context, id SessionID) (Actor, error) {
	now := s.Clock.Now()
	a, err := s.Store.Actor(ctx, id, now)
	if err != nil {
		return Actor{}, fmt.Errorf("read the actor: %w", err)
	}
	if now.Sub(a.Session.SeenAt) >= seenEvery {
		if err := s.Store.Touch(ctx, id, now); err != nil {
			return Actor{}, fmt.Errorf("read the actor: %w", err)
		}
		a.Session.SeenAt = now
	}
	return a, nil
}

// StepUp takes a fresh proof of identity: a passkey from an account that has one that
// works, else the password. It returns ErrStepUp, also when there were too many failures before.
func (s *Service) StepUp(ctx context.Context, a Actor, p Proof, from Origin) error {
	if a.Viewing() {
		return ErrStepUp // SECURITY: the viewer's proof is no proof of who is viewed
	}
	why, err := s.prove(ctx, a.Account.ID, p)
	if err != nil {
		return fmt.Errorf("step up: %w", err)
	}
	if why != "" {
		if err := s.recordStepUpFailed(ctx, a, from, why); err != nil {
			return fmt.Errorf("step up: %w", err)
		}
		return ErrStepUp
	}
	err = s.Store.InTx(ctx, func(ctx context.Context, t Tx) error {
		if err := t.StepUpSession(ctx, a.Session.ID, s.Clock.Now()); err != nil {
			return err
		}
		return t.Record(ctx, s.entry(a, from, audit.SteppedUp, ""))
	})
	if err != nil {
		return fmt.Errorf("step up: %w", err)
	}
	return nil
}

// prove checks a proof and counts failures; why is empty for one that holds.
func (s *Service) prove(ctx context.Context, id ID, p Proof) (why string, err error) {
	return s.counted(ctx, id, func() (string, error) {
		held, err := s.Passkeys.List(ctx, int64(id))
		if err != nil {
			return "", err
		}
		if passkey.Usable(held) > 0 {
			return s.provePasskey(ctx, id, p.Passkey)
		}
		return s.provePassword(ctx, id, p)
	})
}

// whySilent is why a try was refused of which the log says nothing: the lock held
// already, and the try on which it fell is told.
const whySilent = "鎖定中，不再記錄"

// counted counts a proof of an account as failed, lets it be checked, and forgets the
// failures if it holds.
func (s *Service) counted(ctx context.Context, id ID, check func() (why string, err error)) (string, error) {
	locked, last, err := try(ctx, s.StepUpLock, accountKey(id))
	if err != nil {
		return "", err
	}
	if locked {
		return whySilent, nil
	}
	why, err := check()
	switch {
	case err != nil:
		return "", err
	case why == "":
		return "", s.StepUpLock.Clear(ctx, accountKey(id))
	case last:
		return whyLocked, nil
	}
	return why, nil
}

// recordStepUpFailed tells the log why a proof was refused.
func (s *Service) recordStepUpFailed(ctx context.Context, a Actor, from Origin, why string) error {
	if why == whySilent {
		return nil
	}
	return s.record(ctx, s.entry(a, from, audit.StepUpFailed, why))
}

func (s *Service) provePasskey(ctx context.Context, id ID, a passkey.Answer) (why string, err error) {
	if a.Token == "" {
		return whyPasskey, nil // SECURITY: a password is no proof for who has a passkey
	}
	err = s.Passkeys.FinishProof(ctx, int64(id), a)
	if errors.Is(err, passkey.ErrRefused) {
		return whyPasskey, nil
	}
	return "", err
}

func (s *Service) provePassword(ctx context.Context, id ID, p Proof) (why string, err error) {
	found, err := s.Store.CredentialOf(ctx, id)
	if err != nil {
		return "", err
	}
	if !s.mayUsePassword(found.Account) {
		return whyPasskey, nil
	}
	match, err := s.verifier.verify(ctx, p.Password, found.PasswordHash)
	if err != nil {
		return "", err
	}
	if !match || !found.mayEnter() {
		return found.whyRefused(), nil
	}
	return "", nil
}

// SignOut ends the sign-in, and before it the look at the pages as an assistant.
func (s *Service) SignOut(ctx context.Context, a Actor, from Origin) error {
	err := s.Store.InTx(ctx, func(ctx context.Context, t Tx) error {
		err := t.EndSession(ctx, a.Person().ID, a.Session.ID, s.Clock.Now())
		if errors.Is(err, ErrSessionNotFound) {
			return nil // it has ended meanwhile
		}
		if err != nil {
			return err
		}
		if a.Viewing() {
			if err := t.Record(ctx, s.entry(a, from, audit.ViewAsEnded, a.Account.Login)); err != nil {
				return err
			}
		}
		return t.Record(ctx, s.entry(a.ownself(), from, audit.SignedOut, ""))
	})
	if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

// Sessions lists the open sign-ins of the person who is signed in, newest first.
func (s *Service) Sessions(ctx context.Context, a Actor) ([]Session, error) {
	open, err := s.Store.Sessions(ctx, a.Person().ID, s.Clock.Now())
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return open, nil
}

// EndSession ends one sign-in of the same person, perhaps on another device. It returns
// ErrSessionNotFound for anybody else's.
func (s *Service) EndSession(ctx context.Context, a Actor, id SessionID, from Origin) error {
	if a.Viewing() {
		return ErrViewing
	}
	err := s.Store.InTx(ctx, func(ctx context.Context, t Tx) error {
		// SECURITY: the account is part of the condition.
		if err := t.EndSession(ctx, a.Account.ID, id, s.Clock.Now()); err != nil {
			return err
		}
		return t.Record(ctx, s.entry(a, from, audit.SessionEnded, a.Account.Login))
	})
	if err != nil {
		return fmt.Errorf("end session %d: %w", id, err)
	}
	return nil
}

// EndOtherSessions ends all sign-ins of the same person but this one.
func (s *Service) EndOtherSessions(ctx context.Context, a Actor, from Origin) error {
	if a.Viewing() {
		return ErrViewing
	}
	err := s.Store.InTx(ctx, func(ctx context.Context, t Tx) error {
		if err := t.EndSessions(ctx, a.Account.ID, a.Session.ID, s.Clock.Now()); err != nil {
			return err
		}
		return t.Record(ctx, s.entry(a, from, audit.SessionEnded, "其他裝置"))
	})
	if err != nil {
		return fmt.Errorf("end other sessions: %w", err)
	}
	return nil
}
