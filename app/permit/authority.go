package permit

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"unique"

	"github.com/casbin/casbin/v2"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/member"
)

// Authority decides. It is safe for concurrent use.
type Authority struct {
	needs     map[unique.Handle[Screen]]need
	staff     map[duty]bool // what Casbin answered for our staff
	snapshots snapshots

	mu       sync.Mutex // casbin's enforcer is not safe while its policy changes
	enforcer *casbin.Enforcer
}

// New reads the policy files. It refuses files that do not fit the program: a
// screen without a line, a line for no screen, an unknown unit, level or role.
func New(s Source) (*Authority, error) {
	needs, err := readScreens(s)
	if err != nil {
		return nil, fmt.Errorf("read the screens: %w", err)
	}
	enforcer, err := readPolicy(s)
	if err != nil {
		return nil, err
	}
	staff, err := readStaff(s)
	if err != nil {
		return nil, fmt.Errorf("read the policy of our staff: %w", err)
	}
	return &Authority{needs: needs, staff: staff, enforcer: enforcer}, nil
}

// Needs returns the unit and the level that a screen asks for, for whoever wants to
// ask for the permission. ok is false for an unknown screen.
func (a *Authority) Needs(s Screen) (u Unit, l Level, ok bool) {
	need, ok := a.needs[unique.Make(s)]
	if !ok {
		return "", None, false
	}
	return rows[need.row].Unit, need.level, true
}

// Decision is the answer to who may pass a gate, with what a refusal must say.
type Decision struct {
	Allowed        bool
	OwnerOnly      bool   // only an owner may pass; no permission helps
	EnterpriseOnly bool   // only an enterprise member (企業會員) has this; the actor's is none
	Screen         Screen // that the gate names, if any
	Row            Row    // the row of the matrix; empty unless the gate is a screen's
	Held           Level  // what the actor holds on it
	Needed         Level
	StaffScreen    StaffScreen  // that a gate of the console names
	LowestRole     account.Role // of our staff that may open it
}

// Decide says whether the actor may pass the gate. An error comes with a refusal.
func (a *Authority) Decide(actor account.Actor, g Gate) (Decision, error) {
	switch g.kind {
	case open, signed:
		return Decision{Allowed: true}, nil
	case signedIn:
		return Decision{Allowed: isOfMember(&actor)}, nil
	case forScreen:
		return a.decideScreen(&actor, g.screen)
	case forOwner:
		return Decision{Allowed: isOwner(&actor), OwnerOnly: true}, nil
	case forEnterprise:
		enterprise := actor.Member.Kind == member.Enterprise
		return Decision{Allowed: isOwner(&actor) && enterprise, OwnerOnly: true, EnterpriseOnly: !enterprise}, nil
	case forStaff:
		return a.decideStaff(&actor, g.staffScreen), nil
	case forViewer:
		return Decision{Allowed: isOfMember(&actor) && actor.Viewing()}, nil
	default:
		return Decision{}, nil
	}
}

func isOfMember(actor *account.Actor) bool {
	return actor.Account.ID != 0 && actor.Account.Kind != account.Staff && actor.Member.ID != 0
}

func isStaff(actor *account.Actor) bool {
	return actor.Account.ID != 0 && actor.Account.Kind == account.Staff
}

func isOwner(actor *account.Actor) bool {
	return isOfMember(actor) && actor.Account.Kind == account.Owner
}

func (a *Authority) decideScreen(actor *account.Actor, s unique.Handle[Screen]) (Decision, error) {
	need, ok := a.needs[s]
	if !ok || !isOfMember(actor) {
		return Decision{}, nil
	}
	d := Decision{Screen: s.Value(), Row: rows[need.row], Needed: need.level}
	held, err := a.levels(actor)
	if err != nil {
		return d, err
	}
	d.Held = held.of(need.row)
	d.Allowed = d.Held >= need.level
	return d, nil
}

// Levels returns what the actor holds on each unit: 可瀏覽可修改 on all of them for who
// needs no grants, and nothing at all for who is not of a member.
func (a *Authority) Levels(actor account.Actor) (map[Unit]Level, error) {
	held := levels(0)
	if isOfMember(&actor) {
		var err error
		if held, err = a.levels(&actor); err != nil {
			return nil, err
		}
	}
	byUnit := make(map[Unit]Level, len(rows))
	for i, row := range rows {
		byUnit[row.Unit] = held.of(i)
	}
	return byUnit, nil
}

// allOf is 可瀏覽可修改 on every unit.
var allOf = func() (all levels) {
	for row := range rows {
		all = all.with(row, Manage)
	}
	return all
}()

// levels returns what the actor, who is of a member, holds. What Casbin answered
// for the same Revision counts; else Casbin is asked.
func (a *Authority) levels(actor *account.Actor) (levels, error) {
	if !actor.NeedsGrants() {
		return allOf, nil
	}
	id := actor.Account.ID
	if known, ok := a.snapshots.find(id, actor.Revision); ok {
		return known, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if known, ok := a.snapshots.find(id, actor.Revision); ok { // who held the lock asked the same
		return known, nil
	}
	answered, err := a.ask(actor)
	if err != nil {
		return 0, err
	}
	a.snapshots.keep(id, actor.Revision, answered)
	return answered, nil
}

// ask puts the actor's grants to Casbin as g lines, asks it for each unit, and takes
// the lines away again: the snapshot remembers the answers.
func (a *Authority) ask(actor *account.Actor) (levels, error) {
	subject := "account:" + strconv.FormatInt(int64(actor.Account.ID), 10)
	domain := "member:" + strconv.FormatInt(int64(actor.Member.ID), 10)
	answered, err := a.askFor(subject, domain, actor.Grants)
	if err := errors.Join(err, a.dropGrants(subject)); err != nil {
		return 0, err
	}
	return answered, nil
}

func (a *Authority) askFor(subject, domain string, grants []account.Grant) (levels, error) {
	for _, grant := range grants {
		role := grant.Unit + ":" + grant.Level
		if !isRole(role) {
			continue
		}
		if _, err := a.enforcer.AddGroupingPolicy(subject, role, domain); err != nil {
			return 0, fmt.Errorf("load grants: %w", err)
		}
	}
	var answered levels
	for i, row := range rows {
		for _, level := range []Level{Manage, View} { // the higher first: it settles the question
			allowed, err := a.enforcer.Enforce(subject, domain, string(row.Unit), level.String())
			if err != nil {
				return 0, fmt.Errorf("decide on %s: %w", row.Unit, err)
			}
			if allowed {
				answered = answered.with(i, level)
				break
			}
		}
	}
	return answered, nil
}

// dropGrants leaves Casbin without any g line. Its role manager is emptied as well: it
// would keep every account that it ever met, and the roles again for each member.
func (a *Authority) dropGrants(subject string) error {
	if _, err := a.enforcer.RemoveFilteredGroupingPolicy(0, subject); err != nil {
		return fmt.Errorf("drop grants: %w", err)
	}
	if err := a.enforcer.GetRoleManager().Clear(); err != nil {
		return fmt.Errorf("drop roles: %w", err)
	}
	return nil
}
