package assistant

import (
	"context"
	"fmt"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/permit"
)

// RequestsPath is where the owner's inbox is on the site.
const RequestsPath = "/member/center/requests"

// decidedShown is how many decided requests the inbox still shows.
const decidedShown = 20

// Ask puts an assistant's request for a level of a unit into its owner's inbox and
// mails the owner. Asking again for what waits already is fine and does nothing.
// It returns ErrHeld for what the actor may do already, ErrWanted for no unit or
// level, and ErrAsker for anybody but an assistant itself.
func (s *Service) Ask(
	ctx context.Context, actor account.Actor, by audit.By, unit permit.Unit, level permit.Level,
) error {
	row, known := permit.RowOf(unit)
	switch {
	case actor.Account.Kind != account.Assistant || actor.Account.ID == 0 || actor.Viewing():
		return ErrAsker
	case !known || level <= permit.None || level > permit.Manage:
		return ErrWanted
	}
	held := Assistant{Grants: actor.Grants}.Matrix().Holding(s.today())[unit]
	if !actor.NeedsGrants() || held.Level >= level {
		return ErrHeld
	}
	err := s.store.InTx(ctx, func(ctx context.Context, t Tx) error {
		made, err := t.AddPermissionRequest(ctx, NewRequest{
			MemberID: actor.Member.ID, AccountID: actor.Account.ID, Unit: unit, Wanted: level, At: s.clock.Now(),
		})
		if err != nil || !made {
			return err
		}
		if err := s.tellOwner(ctx, t, actor, accessOf(row, level)); err != nil {
			return err
		}
		return s.record(ctx, t, actor, audit.Entry{
			By: by, Kind: audit.PermissionAsked, Subject: actor.Account.Login,
			Changes: []audit.Change{{Field: row.Label, Before: held.words(), After: level.Label()}},
		})
	})
	if err != nil {
		return fmt.Errorf("ask for a permission: %w", err)
	}
	return nil
}

func (s *Service) tellOwner(ctx context.Context, t Tx, actor account.Actor, letter notify.Access) error {
	to, err := t.OwnerEmail(ctx, actor.Member.ID)
	if err != nil {
		return err
	}
	letter.To, letter.Member, letter.Login = to, actor.Member.Name, actor.Account.Login
	letter.URL, letter.At = s.publicURL+RequestsPath, s.clock.Now()
	return t.Mail(ctx, notify.AccessRequestMail(letter))
}

func accessOf(row permit.Row, level permit.Level) notify.Access {
	return notify.Access{Area: row.Area, Section: row.Section, Row: row.Label, Level: level.Label()}
}

// Requests returns the owner's inbox: the requests that wait, then the latest
// decided ones.
func (s *Service) Requests(ctx context.Context, owner account.Actor) ([]Request, error) {
	if err := mayManage(owner); err != nil {
		return nil, err
	}
	requests, err := s.store.Requests(ctx, owner.Member.ID, s.today(), decidedShown)
	if err != nil {
		return nil, fmt.Errorf("list permission requests: %w", err)
	}
	return requests, nil
}

// OpenRequests counts the requests that wait for the owner.
func (s *Service) OpenRequests(ctx context.Context, owner account.Actor) (int, error) {
	if err := mayManage(owner); err != nil {
		return 0, err
	}
	n, err := s.store.OpenRequests(ctx, owner.Member.ID)
	if err != nil {
		return 0, fmt.Errorf("count permission requests: %w", err)
	}
	return n, nil
}

// Grant gives an assistant what it asked for, without an end, and mails it. What
// the assistant may do already is never made less; then the request is closed, and as
// nothing changes nothing is recorded. It returns ErrNoRequest, for a
// request that was decided before too.
func (s *Service) Grant(ctx context.Context, owner account.Actor, by audit.By, id int64) error {
	return s.decide(ctx, owner, id, func(ctx context.Context, t Tx, r Request, a Assistant) error {
		change, err := s.raise(ctx, t, owner, r, a)
		if err != nil {
			return err
		}
		return s.answer(ctx, t, owner, answer{by: by, request: r, assistant: a, change: change, granted: true})
	})
}

// Refuse turns a request down and mails its assistant. It returns ErrNoRequest, for
// a request that was decided before too.
func (s *Service) Refuse(ctx context.Context, owner account.Actor, by audit.By, id int64) error {
	return s.decide(ctx, owner, id, func(ctx context.Context, t Tx, r Request, a Assistant) error {
		held := a.Matrix().Holding(s.today())[r.Unit].words()
		change := audit.Change{Before: held, After: held}
		return s.answer(ctx, t, owner, answer{by: by, request: r, assistant: a, change: change})
	})
}

func (s *Service) decide(
	ctx context.Context, owner account.Actor, id int64, do func(context.Context, Tx, Request, Assistant) error,
) error {
	if err := mayManage(owner); err != nil {
		return err
	}
	err := s.store.InTx(ctx, func(ctx context.Context, t Tx) error {
		r, a, err := t.LockPermissionRequest(ctx, owner.Member.ID, id)
		if err != nil {
			return err
		}
		return do(ctx, t, r, a)
	})
	if err != nil {
		return fmt.Errorf("decide on a permission request: %w", err)
	}
	return nil
}

// raise grants at least the wanted level and returns the change in words. A grant
// that has ended counts for nothing.
func (s *Service) raise(
	ctx context.Context, t Tx, owner account.Actor, r Request, a Assistant,
) (audit.Change, error) {
	stored := a.Matrix()
	before := stored.Holding(s.today())[r.Unit]
	if before.Level >= r.Wanted {
		return audit.Change{Before: before.words(), After: before.words()}, nil
	}
	after := Cell{Level: r.Wanted, Until: clock.Date{}}
	err := t.EditAssistant(ctx, Edit{
		AccountID: a.Account.ID, MemberID: owner.Member.ID, Put: []account.Grant{after.grant(r.Unit)},
		Revision: a.Revision + 1, At: s.clock.Now(),
	})
	return audit.Change{Before: before.words(), After: after.words()}, err
}

// answer is how a request was decided.
type answer struct {
	by        audit.By
	request   Request
	assistant Assistant
	change    audit.Change // its field is filled in
	granted   bool
}

// answer closes the request, mails the assistant, and records the decision.
func (s *Service) answer(ctx context.Context, t Tx, owner account.Actor, d answer) error {
	now := s.clock.Now()
	decided := Decided{RequestID: d.request.ID, Granted: d.granted, By: owner.Account.ID, At: now}
	if err := t.DecidePermissionRequest(ctx, decided); err != nil {
		return err
	}
	row, _ := permit.RowOf(d.request.Unit)
	letter, kind := accessOf(row, d.request.Wanted), audit.PermissionRefused
	letter.To, letter.Member, letter.Login = d.assistant.Account.Email, owner.Member.Name, d.assistant.Account.Login
	letter.URL, letter.At, letter.Granted = s.publicURL, now, d.granted
	if d.granted {
		kind = audit.PermissionGranted
	}
	if err := t.Mail(ctx, notify.AccessDecisionMail(letter)); err != nil {
		return err
	}
	if d.granted && d.change.Before == d.change.After {
		return nil
	}
	d.change.Field = row.Label
	entry := about(d.assistant, d.by, kind)
	entry.Changes = []audit.Change{d.change}
	return s.record(ctx, t, owner, entry)
}
