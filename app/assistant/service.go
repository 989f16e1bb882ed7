package assistant

import (
	"context"
	"fmt"
	"slices"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/permit"
)

// Options are what a Service works with.
type Options struct {
	Store     Store
	Clock     clock.Clock
	PublicURL string // of the site, without a slash at its end; mailed links start with it
}

// Service manages assistants for the owners of enterprise members. It is safe for
// concurrent use.
type Service struct {
	store     Store
	clock     clock.Clock
	publicURL string
	uses      memo
}

// New returns a Service.
func New(o Options) *Service {
	return &Service{store: o.Store, clock: o.Clock, publicURL: o.PublicURL, uses: memo{seen: map[useKey]clock.Date{}}}
}

// List returns the member's assistants that the filter leaves, by login.
func (s *Service) List(ctx context.Context, owner account.Actor, f Filter) (List, error) {
	if err := mayManage(owner); err != nil {
		return List{}, err
	}
	f.Query = account.Fold(f.Query)
	list, err := s.store.Assistants(ctx, owner.Member.ID, f)
	if err != nil {
		return List{}, fmt.Errorf("list assistants: %w", err)
	}
	return list, nil
}

// Find returns an assistant by its login. It returns ErrNotFound.
func (s *Service) Find(ctx context.Context, owner account.Actor, login string) (Assistant, error) {
	if err := mayManage(owner); err != nil {
		return Assistant{}, err
	}
	found, err := s.store.Assistant(ctx, owner.Member.ID, login)
	if err != nil {
		return Assistant{}, fmt.Errorf("find assistant: %w", err)
	}
	return found, nil
}

// mayManage refuses whoever is not the owner of an enterprise member: pages have
// their gate, and this room does not rely on it.
func mayManage(owner account.Actor) error {
	own := owner.Account.Kind == account.Owner && owner.Account.ID != 0 && !owner.Viewing()
	if !own || owner.Member.Kind != member.Enterprise || owner.Member.ID == 0 {
		return ErrOwner
	}
	return nil
}

// today is the present day in Taipei.
func (s *Service) today() clock.Date { return clock.DateOf(s.clock.Now()) }

// record appends an entry about an assistant.
// SECURITY: the chain is the actor's own member, whatever the caller wrote.
func (s *Service) record(ctx context.Context, t Tx, actor account.Actor, e audit.Entry) error {
	e.Chain, e.At = int64(actor.Member.ID), s.clock.Now()
	return t.Record(ctx, e)
}

// SortGrants puts grants into the matrix's order, units that it lacks last.
func SortGrants(grants []account.Grant) {
	place := map[string]int{}
	rows := permit.Rows()
	for i, row := range rows {
		place[string(row.Unit)] = i - len(rows)
	}
	slices.SortStableFunc(grants, func(a, b account.Grant) int { return place[a.Unit] - place[b.Unit] })
}
