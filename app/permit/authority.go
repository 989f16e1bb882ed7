package permit

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"github.com/memberzone/memberzone/app/account"
)

// need is what a screen asks for.
type need struct {
	unit  Unit
	level Level
}

// Source is the text of the policy files.
type Source struct {
	Model   string // Casbin's model
	Policy  string // Casbin's p lines
	Screens string // screen, unit, level: one line a screen
}

// Authority decides. It is safe for concurrent use.
type Authority struct {
	needs map[Screen]need

	mu        sync.Mutex // casbin's enforcer is not safe while its policy changes
	enforcer  *casbin.Enforcer
	snapshots map[account.ID]snapshot
}

// snapshot is what Casbin answered for one set of grants.
type snapshot struct {
	grants []account.Grant
	levels map[Unit]Level
}

// snapshotsMax bounds the memory; past it, Casbin is asked again.
const snapshotsMax = 50_000

// New reads the policy files. It refuses files that do not fit the program: a
// screen without a line, a line for no screen, an unknown unit or level.
func New(s Source) (*Authority, error) {
	needs, err := readScreens(s.Screens)
	if err != nil {
		return nil, fmt.Errorf("read the screens: %w", err)
	}
	m, err := model.NewModelFromString(s.Model)
	if err != nil {
		return nil, fmt.Errorf("read the permission model: %w", err)
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, fmt.Errorf("build the permission enforcer: %w", err)
	}
	lines, err := readLines(s.Policy, 4)
	if err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	for _, line := range lines {
		if _, known := RowOf(Unit(line[2])); line[0] != "p" || !known {
			return nil, fmt.Errorf("read the policy: a line for the unknown unit %q", line[2])
		}
		if _, err := e.AddPolicy(line[1], line[2], line[3]); err != nil {
			return nil, fmt.Errorf("read the policy: %w", err)
		}
	}
	return &Authority{needs: needs, enforcer: e, snapshots: map[account.ID]snapshot{}}, nil
}

func readScreens(text string) (map[Screen]need, error) {
	lines, err := readLines(text, 3)
	if err != nil {
		return nil, err
	}
	needs := map[Screen]need{}
	for _, line := range lines {
		screen, unit := Screen(line[0]), Unit(line[1])
		level, ok := ParseLevel(line[2])
		if !slices.Contains(screens, screen) {
			return nil, fmt.Errorf("no screen is called %q", screen)
		}
		if _, known := RowOf(unit); !known || !ok || level == None {
			return nil, fmt.Errorf("%s: %q, %q is no unit and level", screen, line[1], line[2])
		}
		if _, twice := needs[screen]; twice {
			return nil, fmt.Errorf("two lines for %s", screen)
		}
		needs[screen] = need{unit, level}
	}
	for _, screen := range screens {
		if _, ok := needs[screen]; !ok {
			return nil, fmt.Errorf("no line for %s", screen)
		}
	}
	return needs, nil
}

func readLines(text string, fields int) ([][]string, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comment, r.TrimLeadingSpace, r.FieldsPerRecord = '#', true, fields
	var lines [][]string
	for {
		line, err := r.Read()
		if err == io.EOF {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
}

// Decision is the answer to who may pass a gate, with what a refusal must say.
type Decision struct {
	Allowed bool
	Screen  Screen // that the gate names, if any
	Row     Row    // the row of the matrix; empty unless the gate is a screen's
	Held    Level  // what the actor holds on it
	Needed  Level
}

// Decide says whether the actor may pass the gate. An error comes with a refusal.
func (a *Authority) Decide(actor account.Actor, g Gate) (Decision, error) {
	switch g.kind {
	case open, signed:
		return Decision{Allowed: true}, nil
	case signedIn:
		return Decision{Allowed: actor.Account.ID != 0}, nil
	case forScreen:
		return a.decideScreen(actor, g.screen)
	default:
		return Decision{}, nil
	}
}

func (a *Authority) decideScreen(actor account.Actor, s Screen) (Decision, error) {
	need, ok := a.needs[s]
	if !ok || actor.Account.ID == 0 {
		return Decision{}, nil
	}
	row, _ := RowOf(need.unit)
	d := Decision{Screen: s, Row: row, Needed: need.level}
	if !actor.NeedsGrants() {
		d.Held, d.Allowed = Manage, true
		return d, nil
	}
	held, err := a.Held(actor, need.unit)
	if err != nil {
		return d, err
	}
	d.Held, d.Allowed = held, held >= need.level
	return d, nil
}

// Held returns the level that an assistant's grants give on a unit, as Casbin
// decides it.
func (a *Authority) Held(actor account.Actor, u Unit) (Level, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if known, ok := a.snapshots[actor.Account.ID]; ok && slices.Equal(known.grants, actor.Grants) {
		return known.levels[u], nil
	}
	levels, err := a.ask(actor)
	if err != nil {
		return None, err
	}
	if len(a.snapshots) >= snapshotsMax {
		clear(a.snapshots)
	}
	a.snapshots[actor.Account.ID] = snapshot{slices.Clone(actor.Grants), levels}
	return levels[u], nil
}

// ask puts the actor's grants to Casbin as g lines and asks it for each unit.
func (a *Authority) ask(actor account.Actor) (map[Unit]Level, error) {
	subject := "account:" + strconv.FormatInt(int64(actor.Account.ID), 10)
	domain := "member:" + strconv.FormatInt(int64(actor.Member.ID), 10)
	// The lines are gone again at the end: the snapshot remembers the answers.
	defer func() { _, _ = a.enforcer.RemoveFilteredGroupingPolicy(0, subject) }()
	if _, err := a.enforcer.RemoveFilteredGroupingPolicy(0, subject); err != nil {
		return nil, fmt.Errorf("drop old grants: %w", err)
	}
	for _, grant := range actor.Grants {
		if level, ok := ParseLevel(grant.Level); !ok || level == None {
			continue
		}
		if _, err := a.enforcer.AddGroupingPolicy(subject, grant.Unit+":"+grant.Level, domain); err != nil {
			return nil, fmt.Errorf("load grants: %w", err)
		}
	}
	levels := make(map[Unit]Level, len(rows))
	for _, row := range rows {
		for _, level := range []Level{View, Manage} {
			allowed, err := a.enforcer.Enforce(subject, domain, string(row.Unit), level.String())
			if err != nil {
				return nil, fmt.Errorf("decide on %s: %w", row.Unit, err)
			}
			if allowed {
				levels[row.Unit] = level
			}
		}
	}
	return levels, nil
}
