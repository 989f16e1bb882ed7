package account

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/notify"
)

// AskRecovery queues the mail with a one-time link for whoever forgot a password. It
// does the same, and takes as long, whether the account exists or not; what was asked
// too often is dropped in silence.
func (s *Service) AskRecovery(ctx context.Context, memberCode, login string, _ Origin) error {
	memberCode, login = strings.ToUpper(Fold(memberCode)), Fold(login)
	if !isName(memberCode) {
		return nil // no account has such a name
	}
	return s.askRecovery(ctx, nameKey(memberCode, login), memberCode, login)
}

// AskStaffRecovery is AskRecovery for our staff.
func (s *Service) AskStaffRecovery(ctx context.Context, login string, _ Origin) error {
	login = Fold(login)
	return s.askRecovery(ctx, staffKey(login), "", login)
}

func (s *Service) askRecovery(ctx context.Context, key, memberCode, login string) error {
	if !isName(login) {
		return nil
	}
	locked, err := try(ctx, s.RecoveryLock, key)
	if err != nil {
		return fmt.Errorf("ask for recovery: %w", err)
	}
	if locked {
		return nil
	}
	err = s.Store.InTx(ctx, func(ctx context.Context, t Tx) error { return t.QueueRecovery(ctx, memberCode, login) })
	if err != nil {
		return fmt.Errorf("ask for recovery: %w", err)
	}
	return nil
}

// SendRecovery mails the link to an account that may sign in and has an address. It
// does nothing for any other name. memberCode is empty for our staff. Run twice, it
// sends a second link, which replaces the first.
func (s *Service) SendRecovery(ctx context.Context, memberCode, login string) error {
	found, err := s.named(ctx, memberCode, login)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("send recovery: %w", err)
	}
	a := found.Account
	if !found.mayEnter() || a.Email == "" {
		return nil
	}
	err = s.Store.InTx(ctx, func(ctx context.Context, t Tx) error {
		link, token := MintLink(a.ID, Recovery, s.Clock.Now())
		if err := t.ReplaceLink(ctx, link); err != nil {
			return err
		}
		err := t.Mail(ctx, notify.RecoveryMail(notify.LinkLetter{
			To: a.Email, Member: found.MemberName, Login: a.Login, URL: LinkURL(s.PublicURL, token),
			ExpiresAt: link.ExpiresAt, At: link.At,
		}))
		if err != nil {
			return err
		}
		return t.Record(ctx, s.entryOf(found, Origin{}, audit.RecoveryAsked, a.Login))
	})
	if err != nil {
		return fmt.Errorf("send recovery: %w", err)
	}
	return nil
}

func (s *Service) named(ctx context.Context, memberCode, login string) (Credential, error) {
	if memberCode == "" {
		return s.Store.StaffCredential(ctx, login)
	}
	return s.Store.Credential(ctx, memberCode, login)
}
