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
