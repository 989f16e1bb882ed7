package assistant

import (
	"context"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/permit"
)

// Standing is what an assistant is told about a permission that it lacks.
type Standing struct {
	Owner   string       // login of who can grant it
	Wanted  permit.Level // of the request that waits; None when none does
	AskedAt time.Time    // of that request
}

// Standing tells an assistant who can grant it a unit, and whether it asked for that
// already. For the empty unit it tells the former alone.
func (s *Service) Standing(ctx context.Context, actor account.Actor, unit permit.Unit) (Standing, error) {
	if actor.Account.Kind != account.Assistant || actor.Account.ID == 0 {
		return Standing{}, ErrAsker
	}
	found, err := s.store.Standing(ctx, actor.Member.ID, actor.Account.ID, unit)
	if err != nil {
		return Standing{}, fmt.Errorf("read where a permission request stands: %w", err)
	}
	return found, nil
}
