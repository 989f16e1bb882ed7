package account

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/notify"
)

// AskRecovery queues the mail with a one-time link for whoever forgot a password. It
// does the same, and takes as long, whether the account exists or not; what was asked
// too often is dropped in silence.
func (s *Service) AskRecovery(ctx context.Context, memberCode, login string, from Origin) error {
	memberCode, login = strings.ToUpper(Fold(memberCode)), Fold(login)
	if !isName(memberCode) {
		return nil // no account has such a name
	}
	_, err := s.askRecovery(ctx, nameKey(memberCode, login), memberCode, login, from)
	return err
}

// AskStaffRecovery is AskRecovery for our staff.
func (s *Service) AskStaffRecovery(ctx context.Context, login string, from Origin) error {
	login = Fold(login)
	_, err := s.askRecovery(ctx, staffKey(login), "", login, from)
	return err
}

var (
	// ErrNoAddress tells the signed-in person that no mail can reach the account.
	ErrNoAddress = fault.New(fault.Refused, "account_no_address",
		"這個帳號沒有登記電子郵件，無法寄出連結。請會員擁有者先登記電子郵件。")
	// ErrAskedOften tells the signed-in person that enough mails were asked for.
	ErrAskedOften = fault.New(fault.Throttled, "recovery_asked_often",
		"申請次數過多，這次沒有寄出。請先查看已收到的信件，或於一小時後再試。")
)

// AskOwnRecovery mails the link to the person who is signed in, who may know what becomes
// of it. It returns ErrNoAddress or ErrAskedOften.
func (s *Service) AskOwnRecovery(ctx context.Context, a Actor, from Origin) error {
	if a.Viewing() {
		return ErrViewing
	}
	if a.Account.Email == "" {
		return ErrNoAddress
	}
	key := nameKey(a.Member.Code, a.Account.Login)
	if a.Account.Kind == Staff {
		key = staffKey(a.Account.Login)
	}
	asked, err := s.askRecovery(ctx, key, a.Member.Code, a.Account.Login, from)
	if err == nil && !asked {
		return ErrAskedOften
	}
	return err
}

// askRecovery tells whether the mail was asked for: not if there was too much of it.
func (s *Service) askRecovery(
	ctx context.Context, key, memberCode, login string, from Origin,
) (asked bool, err error) {
	if !isName(login) {
		return false, nil
	}
	locked, _, err := try(ctx, s.RecoveryLock, key)
	if err != nil {
		return false, fmt.Errorf("ask for recovery: %w", err)
	}
	if locked {
		return false, nil
	}
	r := RecoveryRequest{
		Member: memberCode, Login: login, From: Origin{Address: from.Address, RequestID: from.RequestID},
	}
	err = s.Store.InTx(ctx, func(ctx context.Context, t Tx) error { return t.QueueRecovery(ctx, r) })
	if err != nil {
		return false, fmt.Errorf("ask for recovery: %w", err)
	}
	return true, nil
}

// SendRecovery mails the link to an account that may sign in and has an address. It does
// nothing for any other name. Who was invited and has set nothing yet gets the invitation
// again. Run twice, it sends a second link, which replaces the first.
func (s *Service) SendRecovery(ctx context.Context, r RecoveryRequest) error {
	found, err := s.named(ctx, r.Member, r.Login)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("send recovery: %w", err)
	}
	err = s.Store.InTx(ctx, func(ctx context.Context, t Tx) error {
		// What was read before the lock may have changed: the address, above all.
		held, err := t.LockAccount(ctx, found.Account.ID)
		if err != nil {
			return err
		}
		if !held.mayEnter() || held.Account.Email == "" {
			return nil
		}
		return s.sendRecovery(ctx, t, held, r.From)
	})
	if err != nil {
		return fmt.Errorf("send recovery: %w", err)
	}
	return nil
}

func (s *Service) sendRecovery(ctx context.Context, t Tx, held Held, from Origin) error {
	a, purpose := held.Account, Recovery
	if held.isInvited() {
		purpose = Invitation
	}
	link, token := MintLink(a.ID, purpose, s.Clock.Now())
	if err := t.ReplaceLink(ctx, link); err != nil {
		return err
	}
	if err := t.Mail(ctx, s.recoveryMail(held, link, LinkURL(s.PublicURL, token))); err != nil {
		return err
	}
	return t.Record(ctx, s.entryOf(held.Credential, from, audit.RecoveryAsked, a.Login))
}

func (s *Service) recoveryMail(held Held, link NewLink, url string) notify.Mail {
	a := held.Account
	letter := notify.LinkLetter{
		To: a.Email, Member: held.MemberName, Login: a.Login, URL: url, ExpiresAt: link.ExpiresAt, At: link.At,
	}
	switch {
	case link.Purpose == Recovery || a.Kind == Owner:
		return notify.RecoveryMail(letter)
	case a.Kind == Staff:
		return notify.StaffInvitationMail(letter)
	default:
		return notify.InvitationMail(notify.AccessLink{
			To: a.Email, Member: held.MemberName, MemberCode: held.MemberCode, Login: a.Login, URL: url,
			Until: link.ExpiresAt, At: link.At,
		})
	}
}

func (s *Service) named(ctx context.Context, memberCode, login string) (Credential, error) {
	if memberCode == "" {
		return s.Store.StaffCredential(ctx, login)
	}
	return s.Store.Credential(ctx, memberCode, login)
}
