package account

import (
	"context"
	"fmt"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/member"
)

// ownself is the person before the screen, who no longer looks as anybody else.
func (a Actor) ownself() Actor {
	a.Account, a.Viewer = a.Person(), Account{}
	return a
}

// StartViewAs lets an owner look at the pages as one of the member's assistants would,
// in this sign-in. It returns ErrNotFound for any other account.
func (s *Service) StartViewAs(ctx context.Context, a Actor, login string, from Origin) error {
	if a.Viewing() {
		return ErrViewing
	}
	if a.Account.Kind != Owner || a.Member.Kind != member.Enterprise || !isName(login) {
		return ErrNotFound
	}
	// SECURITY: the member is the owner's own, whatever the login.
	found, err := s.Store.Credential(ctx, a.Member.Code, login)
	if err != nil {
		return fmt.Errorf("view as %s: %w", login, err)
	}
	if found.Account.Kind != Assistant || found.MemberID != a.Member.ID || !found.mayEnter() {
		return ErrNotFound
	}
	err = s.Store.InTx(ctx, func(ctx context.Context, t Tx) error {
		if err := t.ViewInSession(ctx, a.Session.ID, found.Account.ID); err != nil {
			return err
		}
		return t.Record(ctx, s.entry(a, from, audit.ViewAsStarted, found.Account.Login))
	})
	if err != nil {
		return fmt.Errorf("view as %s: %w", login, err)
	}
	return nil
}

// EndViewAs lets the owner see the own pages again.
func (s *Service) EndViewAs(ctx context.Context, a Actor, from Origin) error {
	if !a.Viewing() {
		return nil
	}
	err := s.Store.InTx(ctx, func(ctx context.Context, t Tx) error {
		if err := t.ViewInSession(ctx, a.Session.ID, 0); err != nil {
			return err
		}
		return t.Record(ctx, s.entry(a, from, audit.ViewAsEnded, a.Account.Login))
	})
	if err != nil {
		return fmt.Errorf("end the view as %s: %w", a.Account.Login, err)
	}
	return nil
}
