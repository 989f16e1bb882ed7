package keyring

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/lockout"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
)

// Limit keeps somebody from filling a mailbox.
type Limit interface {
	// Try counts, or returns lockout.ErrLocked.
	Try(ctx context.Context, key string) (last bool, err error)
}

// Options say what a Service is built from. All are required.
type Options struct {
	Store       Store
	Credentials Credentials
	Limit       Limit
	Clock       clock.Clock
	PublicURL   string
}

// Service is safe for concurrent use.
type Service struct{ o Options }

// New returns a service.
func New(o Options) *Service { return &Service{o} }

// From is where a request comes from.
type From struct {
	Address   string // IPv4 or IPv6
	RequestID string
}

// Ask asks for a link to the passkeys of a mail address. It does the same whether the
// address is known or not; what was asked too often is dropped in silence. It returns
// ErrMail.
func (s *Service) Ask(ctx context.Context, typed string) error {
	mail, err := parseMail(typed)
	if err != nil {
		return err
	}
	_, err = s.o.Limit.Try(ctx, mail)
	if errors.Is(err, lockout.ErrLocked) {
		return nil
	}
	if err == nil {
		err = s.o.Store.Ask(ctx, mail, s.o.Clock.Now())
	}
	if err != nil {
		return fmt.Errorf("ask for a link to passkeys: %w", err)
	}
	return nil
}

// SendAsked mails the links that were asked for, to addresses that have passkeys, up to
// limit, and returns how many asks it looked at. It may run in several processes at once.
func (s *Service) SendAsked(ctx context.Context, limit int) (int, error) {
	for n := range limit {
		var found bool
		err := s.o.Store.InTx(ctx, func(ctx context.Context, tx Tx) (err error) {
			var a Ask
			if a, found, err = tx.TakeAsk(ctx); err != nil || !found {
				return err
			}
			return s.send(ctx, tx, a.Mail)
		})
		if err != nil {
			return n, fmt.Errorf("send a link to passkeys: %w", err)
		}
		if !found {
			return n, nil
		}
	}
	return limit, nil
}

func (s *Service) send(ctx context.Context, tx Tx, mail string) error {
	known, err := tx.Knows(ctx, mail)
	if err != nil || !known {
		return err
	}
	now, token := s.o.Clock.Now(), ident.NewToken()
	link := Link{TokenHash: token.Hash(), Mail: mail, At: now, ExpiresAt: now.Add(Lifetime)}
	if err := tx.ReplaceLink(ctx, link); err != nil {
		return err
	}
	err = tx.Mail(ctx, notify.KeyringMail(notify.KeyringLetter{
		To: mail, URL: strings.TrimRight(s.o.PublicURL, "/") + Path + "/" + string(token),
		ExpiresAt: link.ExpiresAt, At: now,
	}))
	if err != nil {
		return err
	}
	return tx.Record(ctx, audit.Entry{
		By: audit.By{Chain: audit.Platform}, At: now, Kind: audit.KeyringAsked, Subject: MaskMail(mail),
	})
}

// MaskMail leaves the first letter and the domain of an address.
func MaskMail(address string) string {
	name, domain, ok := strings.Cut(address, "@")
	if !ok || name == "" {
		return ""
	}
	return string([]rune(name)[:1]) + "***@" + domain
}

// Open returns what a link opens, or ErrLink. It does not use the link up: mail scanners
// open links, and a cardholder may remove several.
func (s *Service) Open(ctx context.Context, token string) (Ring, error) {
	r, err := s.o.Store.Ring(ctx, ident.Token(token).Hash(), s.o.Clock.Now())
	if err != nil {
		return Ring{}, fmt.Errorf("open a link to passkeys: %w", err)
	}
	return r, nil
}

// reasonCardholder is the reason of a removal by link.
const reasonCardholder = "持卡人以信箱連結移除"

// Remove removes a passkey for its cardholder, who holds a link. It returns ErrLink, and
// cardholder.ErrNotFound for a passkey that is not the link's, or is removed already.
func (s *Service) Remove(ctx context.Context, token string, id cardholder.CredentialID, from From) error {
	err := s.o.Store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		p, err := tx.Held(ctx, ident.Token(token).Hash(), id, s.o.Clock.Now())
		if err != nil {
			return err
		}
		return s.revoke(ctx, tx, p, removal{
			by:     audit.By{Chain: audit.Platform, Address: from.Address, RequestID: from.RequestID},
			reason: cardholder.Revocation{By: cardholder.ByCardholder, Reason: reasonCardholder},
		})
	})
	if err != nil {
		return fmt.Errorf("remove a passkey by link: %w", err)
	}
	return nil
}

// FindForSupport returns the passkeys of a mail address for one of our staff, newest first.
// The look-up stands in the audit log, whether anything was found or not. It returns ErrMail.
func (s *Service) FindForSupport(ctx context.Context, by audit.By, typed string) (found []Passkey, err error) {
	mail, err := parseMail(typed)
	if err != nil {
		return nil, err
	}
	by.Chain = audit.Platform
	err = s.o.Store.InTx(ctx, func(ctx context.Context, tx Tx) (err error) {
		if found, err = tx.Passkeys(ctx, mail); err != nil {
			return err
		}
		return tx.Record(ctx, audit.Entry{
			By: by, At: s.o.Clock.Now(), Kind: audit.CardPasskeysLookedUp, Subject: MaskMail(mail),
		})
	})
	if err != nil {
		return nil, fmt.Errorf("look for passkeys of an address for support: %w", err)
	}
	return found, nil
}

// RemoveForSupport removes a passkey for one of our staff, who gives a reason of 1 to 200
// characters. The member with whom the passkey was made reads of it in its own log. It
// returns cardholder.ErrReason and cardholder.ErrNotFound.
func (s *Service) RemoveForSupport(
	ctx context.Context, by audit.By, id cardholder.CredentialID, reason string,
) error {
	by.Chain = audit.Platform
	err := s.o.Store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		p, err := tx.Passkey(ctx, id)
		if err != nil {
			return err
		}
		r := removal{by: by, reason: cardholder.Revocation{By: cardholder.BySupport, Reason: strings.TrimSpace(reason)}}
		if err := s.revoke(ctx, tx, p, r); err != nil || p.MemberID == 0 {
			return err
		}
		r.by = by.ForMember(p.MemberID)
		return tx.Record(ctx, s.removed(p, r))
	})
	if err != nil {
		return fmt.Errorf("remove a passkey for support: %w", err)
	}
	return nil
}

type removal struct {
	by     audit.By
	reason cardholder.Revocation
}

func (s *Service) revoke(ctx context.Context, tx Tx, p Passkey, r removal) error {
	if err := s.o.Credentials.Revoke(ctx, p.CardID, p.ID, r.reason); err != nil {
		return err
	}
	return tx.Record(ctx, s.removed(p, r))
}

func (s *Service) removed(p Passkey, r removal) audit.Entry {
	return audit.Entry{
		By: r.by, At: s.o.Clock.Now(), Kind: audit.CardPasskeyRemoved,
		Subject: fmt.Sprintf("Passkey %d（%s）", p.ID, p.name()),
		Changes: []audit.Change{{Field: "原因", After: r.reason.Reason}},
	}
}
