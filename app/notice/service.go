package notice

import (
	"context"
	"fmt"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/report"
)

// UnreadMax is up to which number notices that were not read are counted.
const UnreadMax = 100

// Service is the use cases of an account's notices. It is safe for concurrent use.
type Service struct {
	store Store
	clock clock.Clock
}

// New returns a Service.
func New(s Store, c clock.Clock) *Service { return &Service{store: s, clock: c} }

// List returns the latest notices that the actor may see, the newest first.
func (s *Service) List(ctx context.Context, actor account.Actor) ([]Notice, error) {
	list, err := s.store.Notices(ctx, report.ScopeOf(actor), actor.Account.ID, Shown)
	if err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	return list, nil
}

// Unread counts the actor's notices that were not read, up to UnreadMax.
func (s *Service) Unread(ctx context.Context, actor account.Actor) (int, error) {
	n, err := s.store.Unread(ctx, report.ScopeOf(actor), actor.Account.ID, UnreadMax)
	if err != nil {
		return 0, fmt.Errorf("count notices: %w", err)
	}
	return n, nil
}

// MarkRead notes that the actor has read a notice, and returns where it leads, "" for
// nowhere. It returns ErrNotFound.
func (s *Service) MarkRead(ctx context.Context, actor account.Actor, id ID) (href string, err error) {
	href, err = s.store.MarkRead(ctx, report.ScopeOf(actor), s.reading(actor, id))
	if err != nil {
		return "", fmt.Errorf("mark notice %d as read: %w", id, err)
	}
	return href, nil
}

// MarkAllRead notes that the actor has read all notices up to the given one, the newest
// that was shown: what has come since stays unread.
func (s *Service) MarkAllRead(ctx context.Context, actor account.Actor, upTo ID) error {
	if err := s.store.MarkAllRead(ctx, report.ScopeOf(actor), s.reading(actor, upTo)); err != nil {
		return fmt.Errorf("mark notices as read: %w", err)
	}
	return nil
}

func (s *Service) reading(actor account.Actor, id ID) Reading {
	return Reading{Notice: id, Account: actor.Account.ID, At: s.clock.Now()}
}
