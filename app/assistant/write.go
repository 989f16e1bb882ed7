package assistant

import (
	"context"
	"errors"
	"fmt"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/notify"
)

// Create makes an assistant and mails it a link to set a password or a passkey.
// It returns a fault.Group for a form that breaks rules, ErrFull for the
// sixty-first, and account.ErrLoginTaken at the field login.
func (s *Service) Create(ctx context.Context, owner account.Actor, by audit.By, f Form) (Assistant, error) {
	if err := mayManage(owner); err != nil {
		return Assistant{}, err
	}
	want, err := s.read(owner, f, true)
	if err != nil {
		return Assistant{}, err
	}
	err = s.store.InTx(ctx, func(ctx context.Context, t Tx) error { return s.create(ctx, t, owner, by, want) })
	if errors.Is(err, account.ErrLoginTaken) {
		return Assistant{}, account.ErrLoginTaken.At("login").Because(err)
	}
	if err != nil {
		return Assistant{}, fmt.Errorf("create assistant: %w", err)
	}
	return s.Find(ctx, owner, want.login)
}

func (s *Service) create(ctx context.Context, t Tx, owner account.Actor, by audit.By, want settings) error {
	made := account.Account{Kind: account.Assistant, Login: want.login, Email: want.email}
	id, err := t.AddAssistant(ctx, account.NewAccount{
		MemberID: owner.Member.ID, Kind: made.Kind, Login: made.Login, Email: made.Email,
		Stores: storeIDs(want.stores), Grants: want.matrix.grants(), At: s.clock.Now(),
	})
	if err != nil {
		return err
	}
	made.ID = id
	if err := s.invite(ctx, t, owner, made); err != nil {
		return err
	}
	changes, _ := difference(settings{}, want)
	return s.record(ctx, t, owner, audit.Entry{
		By: by, Kind: audit.AssistantCreated, Subject: want.login, Changes: changes,
	})
}

// invite mails a link to set a password or a passkey for the first time.
func (s *Service) invite(ctx context.Context, t Tx, owner account.Actor, to account.Account) error {
	letter, err := s.link(ctx, t, owner, to, account.Invitation)
	if err != nil {
		return err
	}
	return t.Mail(ctx, notify.InvitationMail(letter))
}

// link makes a link and returns the letter about it. It is good for 72 hours whatever it
// is for: unlike who asks to recover a password, nobody waits at the screen for this mail.
func (s *Service) link(
	ctx context.Context, t Tx, owner account.Actor, to account.Account, purpose account.Purpose,
) (notify.AccessLink, error) {
	link, token := account.MintLink(to.ID, purpose, s.clock.Now())
	link.ExpiresAt = link.At.Add(account.InvitationLifetime)
	return notify.AccessLink{
		To: to.Email, Member: owner.Member.Name, MemberCode: owner.Member.Code, Login: to.Login,
		URL: account.LinkURL(s.publicURL, token), Until: link.ExpiresAt, At: link.At,
	}, t.ReplaceLink(ctx, link)
}

// Preview returns what Save would change (這次變更) on an assistant as Find found it,
// without looking at the database. It returns a fault.Group for a form that breaks rules.
func (s *Service) Preview(owner account.Actor, found Assistant, f Form) ([]audit.Change, error) {
	if err := mayManage(owner); err != nil {
		return nil, err
	}
	want, err := s.read(owner, f, false)
	if err != nil {
		return nil, err
	}
	changes, _ := difference(storedSettings(found, s.today()), want)
	return changes, nil
}

// Save changes an assistant to what the form says. A new mail address ends the links
// that were mailed to the old one, and an invitation is sent again. Requests that the new
// levels satisfy are closed as granted. It returns ErrNotFound, a fault.Group for a form
// that breaks rules, and ErrChanged when the assistant is not any more as the form was
// filled with: its revision has moved.
func (s *Service) Save(ctx context.Context, owner account.Actor, by audit.By, login string, f Form) error {
	return s.change(ctx, owner, login, func(ctx context.Context, t Tx, a Assistant) error {
		want, err := s.read(owner, f, false)
		if err != nil {
			return err
		}
		if f.Revision != a.Revision {
			return ErrChanged
		}
		changes, edit := difference(storedSettings(a, s.today()), want)
		if len(changes) == 0 {
			return nil
		}
		edit.AccountID, edit.MemberID = a.Account.ID, owner.Member.ID
		edit.Revision, edit.At = a.Revision+1, s.clock.Now()
		invited, err := s.edit(ctx, t, owner, a, edit)
		if err != nil {
			return err
		}
		changed := about(a, by, audit.AssistantChanged)
		changed.Changes = changes
		if err := s.record(ctx, t, owner, changed); err != nil || !invited {
			return err
		}
		return s.record(ctx, t, owner, about(a, by, audit.AssistantInvited))
	})
}

// edit stores a change with what follows from it. It tells whether an invitation was
// sent again.
func (s *Service) edit(ctx context.Context, t Tx, owner account.Actor, a Assistant, e Edit) (invited bool, err error) {
	if err := t.EditAssistant(ctx, e); err != nil {
		return false, err
	}
	err = t.GrantSatisfiedRequests(ctx, Satisfied{AccountID: a.Account.ID, By: owner.Account.ID, At: e.At})
	if err != nil {
		return false, err
	}
	return s.moveLinks(ctx, t, owner, a, e.Email)
}

// moveLinks follows a new mail address, if there is one.
// SECURITY: what was mailed to the address before must not open the account any more.
// Whoever waits to be invited gets the invitation anew, which it tells.
func (s *Service) moveLinks(
	ctx context.Context, t Tx, owner account.Actor, a Assistant, email string,
) (invited bool, err error) {
	switch {
	case email == "":
		return false, nil
	case a.State == Invited:
		a.Account.Email = email
		return true, s.invite(ctx, t, owner, a.Account)
	default:
		return false, t.EndLinks(ctx, a.Account.ID, s.clock.Now())
	}
}

// change runs do on an assistant that nobody else changes meanwhile. It returns
// ErrNotFound.
func (s *Service) change(
	ctx context.Context, owner account.Actor, login string, do func(context.Context, Tx, Assistant) error,
) error {
	if err := mayManage(owner); err != nil {
		return err
	}
	err := s.store.InTx(ctx, func(ctx context.Context, t Tx) error {
		a, err := t.LockAssistant(ctx, owner.Member.ID, login)
		if err != nil {
			return err
		}
		return do(ctx, t, a)
	})
	if err != nil {
		return fmt.Errorf("change assistant: %w", err)
	}
	return nil
}

// setStatus suspends, resumes or removes an assistant, whose sign-ins end, and with them
// the owner's looks at the pages as the assistant: it counts those.
func (s *Service) setStatus(ctx context.Context, t Tx, a Assistant, to account.Status) (views int, err error) {
	now := s.clock.Now()
	if err := t.SetAssistantStatus(ctx, a.Account.ID, to, now); err != nil {
		return 0, err
	}
	if err := t.EndSessions(ctx, a.Account.ID, 0, now); err != nil {
		return 0, err
	}
	return t.EndViews(ctx, a.Account.ID, now)
}

// recordStatus appends the entry of a new status, after one for each look that ended with it.
func (s *Service) recordStatus(ctx context.Context, t Tx, owner account.Actor, e audit.Entry, views int) error {
	for range views {
		ended := audit.Entry{By: e.By, Kind: audit.ViewAsEnded, Subject: e.Subject}
		if err := s.record(ctx, t, owner, ended); err != nil {
			return err
		}
	}
	return s.record(ctx, t, owner, e)
}
