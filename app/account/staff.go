package account

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/notify"
)

// NewStaff is one of our staff who is to be invited.
type NewStaff struct {
	Login string
	Email string
	Role  Role
}

// What may be wrong with a NewStaff: the operator's command tells it.
var (
	errStaffLogin = errors.New("a login is letters and digits, at most 20")
	errStaffEmail = errors.New("an address is name@host")
	errStaffRole  = errors.New("a role is agent, reviewer or admin")
	errStaffState = errors.New("that is what the account is already")
)

// InviteStaff adds one of our staff, who has no password, and mails a link to set a
// passkey. It returns ErrLoginTaken. Who missed the link asks for another by
// AskStaffRecovery.
func (s *Service) InviteStaff(ctx context.Context, n NewStaff) error {
	n.Login = Fold(n.Login)
	address, err := mail.ParseAddress(n.Email)
	switch {
	case !isName(n.Login):
		return fmt.Errorf("invite staff: %w", errStaffLogin)
	case err != nil || address.Address != n.Email || strings.ContainsAny(n.Email, "\r\n"):
		return fmt.Errorf("invite staff: %w", errStaffEmail)
	case !slices.Contains([]Role{Agent, Reviewer, Admin}, n.Role):
		return fmt.Errorf("invite staff: %w", errStaffRole)
	}
	err = s.Store.InTx(ctx, func(ctx context.Context, t Tx) error { return s.inviteStaff(ctx, t, n) })
	if err != nil {
		return fmt.Errorf("invite staff %s: %w", n.Login, err)
	}
	return nil
}

func (s *Service) inviteStaff(ctx context.Context, t Tx, n NewStaff) error {
	a := Account{Kind: Staff, Role: n.Role, Login: n.Login, Email: n.Email, Status: Active}
	var err error
	a.ID, err = t.AddAccount(ctx, NewAccount{
		Kind: Staff, Role: n.Role, Login: n.Login, Email: n.Email, At: s.Clock.Now(),
	})
	if err != nil {
		return err
	}
	link, token := MintLink(a.ID, Invitation, s.Clock.Now())
	if err := t.ReplaceLink(ctx, link); err != nil {
		return err
	}
	err = t.Mail(ctx, notify.StaffInvitationMail(notify.LinkLetter{
		To: a.Email, Login: a.Login, URL: LinkURL(s.PublicURL, token), ExpiresAt: link.ExpiresAt, At: link.At,
	}))
	if err != nil {
		return err
	}
	return t.Record(ctx, s.entryOf(Credential{Account: a}, Origin{}, audit.StaffInvited, string(a.Role)))
}

// staffKinds tells the log what became of one of our staff.
var staffKinds = map[Status]audit.Kind{
	Suspended: audit.StaffSuspended, Active: audit.StaffResumed, Removed: audit.StaffRemoved,
}

// SetStaffStatus suspends one of our staff, lets them in again, or removes them for good:
// the login can be taken again then. Their sign-ins and open links end at once, whichever
// it is: what overlapped with a suspension must not come back to life. It returns
// ErrNotFound.
func (s *Service) SetStaffStatus(ctx context.Context, login string, to Status) error {
	login = Fold(login)
	if !isName(login) {
		return fmt.Errorf("set the status of staff: %w", errStaffLogin)
	}
	found, err := s.Store.StaffCredential(ctx, login)
	if err == nil {
		err = s.Store.InTx(ctx, func(ctx context.Context, t Tx) error {
			return s.setStaffStatus(ctx, t, found.Account.ID, to)
		})
	}
	if err != nil {
		return fmt.Errorf("set the status of staff %s: %w", login, err)
	}
	return nil
}

func (s *Service) setStaffStatus(ctx context.Context, t Tx, id ID, to Status) error {
	held, err := t.LockAccount(ctx, id)
	if err != nil {
		return err
	}
	switch held.Account.Status {
	case Removed: // meanwhile
		return ErrNotFound
	case to:
		return errStaffState
	}
	now := s.Clock.Now()
	if err := t.SetStaffStatus(ctx, id, to, now); err != nil {
		return err
	}
	if err := t.EndLinks(ctx, id, now); err != nil {
		return err
	}
	if err := t.EndSessions(ctx, id, 0, now); err != nil {
		return err
	}
	return t.Record(ctx, s.entryOf(held.Credential, Origin{}, staffKinds[to], string(held.Account.Role)))
}
