package assistant

import (
	"context"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/notify"
)

// Suspend keeps an assistant from signing in, and ends its sign-ins and the owner's looks
// at the pages as it at once. It returns ErrNotFound, and ErrStatus for one that is
// suspended.
func (s *Service) Suspend(ctx context.Context, owner account.Actor, by audit.By, login string) error {
	return s.change(ctx, owner, login, func(ctx context.Context, t Tx, a Assistant) error {
		if a.State == Suspended {
			return ErrStatus
		}
		views, err := s.setStatus(ctx, t, a, account.Suspended)
		if err != nil {
			return err
		}
		return s.recordStatus(ctx, t, owner, about(a, by, audit.AssistantSuspended), views)
	})
}

// Resume lets a suspended assistant sign in again. It returns ErrNotFound, and
// ErrStatus for one that is not suspended.
func (s *Service) Resume(ctx context.Context, owner account.Actor, by audit.By, login string) error {
	return s.change(ctx, owner, login, func(ctx context.Context, t Tx, a Assistant) error {
		if a.State != Suspended {
			return ErrStatus
		}
		// A sign-in or a look that overlapped with the suspension must not come back to life.
		views, err := s.setStatus(ctx, t, a, account.Active)
		if err != nil {
			return err
		}
		return s.recordStatus(ctx, t, owner, about(a, by, audit.AssistantResumed), views)
	})
}

// Remove takes an assistant away for good: its sign-ins, open links and requests
// end, and its login can be taken again. The entry tells the stores and the permissions
// that it had. It returns ErrNotFound.
func (s *Service) Remove(ctx context.Context, owner account.Actor, by audit.By, login string) error {
	return s.change(ctx, owner, login, func(ctx context.Context, t Tx, a Assistant) error {
		now := s.clock.Now()
		views, err := s.setStatus(ctx, t, a, account.Removed)
		if err != nil {
			return err
		}
		if err := t.EndLinks(ctx, a.Account.ID, now); err != nil {
			return err
		}
		if err := t.WithdrawPermissionRequests(ctx, a.Account.ID, now); err != nil {
			return err
		}
		had, removed := storedSettings(a, s.today()), about(a, by, audit.AssistantRemoved)
		removed.Changes, _ = difference(had, had.nothing())
		return s.recordStatus(ctx, t, owner, removed, views)
	})
}

// Invite mails a new invitation; the one before ends. It returns ErrNotFound, and
// ErrStatus for an assistant that is not invited any more, or is suspended.
func (s *Service) Invite(ctx context.Context, owner account.Actor, by audit.By, login string) error {
	return s.change(ctx, owner, login, func(ctx context.Context, t Tx, a Assistant) error {
		if a.State != Invited {
			return ErrStatus
		}
		if err := s.invite(ctx, t, owner, a.Account); err != nil {
			return err
		}
		return s.record(ctx, t, owner, about(a, by, audit.AssistantInvited))
	})
}

// ResetPassword empties an assistant's password, ends its sign-ins, and mails it a
// link to set another, good for 72 hours. Its passkeys stay. It returns
// ErrNotFound, and ErrStatus for an assistant that is invited or suspended.
func (s *Service) ResetPassword(ctx context.Context, owner account.Actor, by audit.By, login string) error {
	return s.change(ctx, owner, login, func(ctx context.Context, t Tx, a Assistant) error {
		if a.State != Active {
			return ErrStatus
		}
		if err := t.ClearAssistantPassword(ctx, a.Account.ID); err != nil {
			return err
		}
		if err := t.EndSessions(ctx, a.Account.ID, 0, s.clock.Now()); err != nil {
			return err
		}
		letter, err := s.link(ctx, t, owner, a.Account, account.Recovery)
		if err != nil {
			return err
		}
		if err := t.Mail(ctx, notify.PasswordResetMail(letter)); err != nil {
			return err
		}
		return s.record(ctx, t, owner, about(a, by, audit.PasswordReset))
	})
}

func about(a Assistant, by audit.By, kind audit.Kind) audit.Entry {
	return audit.Entry{By: by, Kind: kind, Subject: a.Account.Login}
}
