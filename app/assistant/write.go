package assistant

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/ident"
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
	letter, err := s.link(ctx, t, to, account.Invitation)
	if err != nil {
		return err
	}
	letter.Member, letter.MemberCode = owner.Member.Name, owner.Member.Code
	return t.Mail(ctx, notify.InvitationMail(letter))
}

// link makes a link that is good for 72 hours, and returns the letter about it.
func (s *Service) link(
	ctx context.Context, t Tx, to account.Account, purpose account.Purpose,
) (notify.AccessLink, error) {
	token, now := ident.NewToken(), s.clock.Now()
	until := now.Add(account.InvitationLifetime)
	err := t.ReplaceLink(ctx, account.NewLink{
		AccountID: to.ID, Purpose: purpose, TokenHash: token.Hash(), At: now, ExpiresAt: until,
	})
	return notify.AccessLink{
		To: to.Email, Login: to.Login, URL: s.publicURL + account.LinkPath + string(token), Until: until, At: now,
	}, err
}

// Preview returns what Save would change (這次變更), without changing it. It returns
// a fault.Group for a form that breaks rules, and ErrNotFound.
func (s *Service) Preview(ctx context.Context, owner account.Actor, login string, f Form) ([]audit.Change, error) {
	if err := mayManage(owner); err != nil {
		return nil, err
	}
	found, err := s.Find(ctx, owner, login)
	if err != nil {
		return nil, err
	}
	want, err := s.read(owner, f, false)
	if err != nil {
		return nil, err
	}
	changes, _ := difference(storedSettings(found), want)
	return changes, nil
}

// Save changes an assistant to what the form says. A new mail address ends the links
// that were mailed to the old one, and an invitation is sent again. It returns ErrNotFound, a
// fault.Group for a form that breaks rules, and ErrChanged when the assistant is
// not any more as the form was filled with: its revision has moved.
func (s *Service) Save(ctx context.Context, owner account.Actor, by audit.By, login string, f Form) error {
	return s.change(ctx, owner, login, func(ctx context.Context, t Tx, a Assistant) error {
		want, err := s.read(owner, f, false)
		if err != nil {
			return err
		}
		if f.Revision != a.Revision {
			return ErrChanged
		}
		changes, edit := difference(storedSettings(a), want)
		if len(changes) == 0 {
			return nil
		}
		edit.AccountID, edit.MemberID = a.Account.ID, owner.Member.ID
		edit.Revision, edit.At = a.Revision+1, s.clock.Now()
		if err := t.EditAssistant(ctx, edit); err != nil {
			return err
		}
		if err := s.moveLinks(ctx, t, owner, a, edit.Email); err != nil {
			return err
		}
		return s.record(ctx, t, owner, audit.Entry{
			By: by, Kind: audit.AssistantChanged, Subject: a.Account.Login, Changes: changes,
		})
	})
}

// moveLinks follows a new mail address, if there is one.
// SECURITY: what was mailed to the address before must not open the account any more.
// Whoever waits to be invited gets the invitation anew.
func (s *Service) moveLinks(ctx context.Context, t Tx, owner account.Actor, a Assistant, email string) error {
	switch {
	case email == "":
		return nil
	case a.State == Invited:
		a.Account.Email = email
		return s.invite(ctx, t, owner, a.Account)
	default:
		return t.DropAssistantLinks(ctx, a.Account.ID, s.clock.Now())
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

// setStatus suspends, resumes or removes an assistant, whose sign-ins end.
func (s *Service) setStatus(ctx context.Context, t Tx, a Assistant, to account.Status, at time.Time) error {
	if err := t.SetAssistantStatus(ctx, a.Account.ID, to, at); err != nil {
		return err
	}
	return t.EndSessions(ctx, a.Account.ID, 0, at)
}
