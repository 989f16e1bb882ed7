package assistant

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/permit"
)

const day = 24 * time.Hour // Taipei has no summer time

// Review finds accounts and permissions that nobody seems to need any more, and
// grants that are about to end.
func (s *Service) Review(ctx context.Context, owner account.Actor) (Review, error) {
	if err := mayManage(owner); err != nil {
		return Review{}, err
	}
	now := s.clock.Now()
	found, err := s.store.Review(ctx, owner.Member.ID, Bounds{
		Today: clock.DateOf(now), UnusedBefore: now.Add(-UnusedDays * day), GrantedBefore: now.Add(-IdleDays * day),
		EndingBy: clock.DateOf(now).AddDays(EndingDays),
	})
	if err != nil {
		return Review{}, fmt.Errorf("review access: %w", err)
	}
	return found, nil
}

// NoteUse remembers that an assistant passed a screen's gate, once a day for each
// unit and level. It does nothing for whoever needs no grants, for a refusal, and
// while an owner looks at the pages as an assistant would.
func (s *Service) NoteUse(ctx context.Context, actor account.Actor, d permit.Decision) error {
	if !d.Allowed || d.Row.Unit == "" || !actor.NeedsGrants() || actor.Viewing() || actor.Account.ID == 0 {
		return nil
	}
	use := Use{AccountID: actor.Account.ID, Unit: d.Row.Unit, Level: d.Needed, Day: s.today()}
	if s.uses.has(use) {
		return nil
	}
	if err := s.store.NoteUse(ctx, use); err != nil {
		return fmt.Errorf("note the use of a permission: %w", err)
	}
	s.uses.add(use)
	return nil
}

// usesMax bounds the memory; past it, uses are written again.
const usesMax = 50_000

type useKey struct {
	account account.ID
	unit    permit.Unit
	level   permit.Level
}

// memo knows the uses that were written, so that a request rarely writes.
type memo struct {
	mu   sync.Mutex
	seen map[useKey]clock.Date
}

func (m *memo) has(u Use) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen[useKey{u.AccountID, u.Unit, u.Level}] == u.Day
}

func (m *memo) add(u Use) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.seen) >= usesMax {
		clear(m.seen)
	}
	m.seen[useKey{u.AccountID, u.Unit, u.Level}] = u.Day
}
