package bench

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/policies"
)

// PermitOptions say how the cost of a permission check is measured.
type PermitOptions struct {
	Members    []int // one line of the table for each
	Assistants int   // of each member
	Checks     int   // in a round
	Rounds     int
	Seed       uint64 // gives the grants and the order of the checks
	Progress   io.Writer
}

// PermitCost is what permission checks cost with a number of members.
type PermitCost struct {
	Members, Accounts int

	AccountMap Sample // a bare look-up by account, and the bits of the unit
	PairMap    Sample // a bare look-up by account and unit
	Check      Sample // with the answer remembered
	Parallel   Sample // the same on all processors
	Casbin     Sample // with nothing remembered
	Snapshots  int64  // bytes that the remembered answers take
}

// OverLimit is how many bare look-ups in a map by account one check costs. That map
// is the limit: the least that can hold the answers, one word an account, and the
// least that can be asked, once.
func (c PermitCost) OverLimit() float64 { return c.Check.Least() / c.AccountMap.Least() }

// Permit measures one permission check of the running program, its answers being
// remembered already, beside bare look-ups in maps that hold the same answers.
func Permit(ctx context.Context, o PermitOptions) ([]PermitCost, error) {
	costs := make([]PermitCost, 0, len(o.Members))
	for _, members := range o.Members {
		_, _ = fmt.Fprintf(o.Progress, "%d members: Casbin answers once for each of %d accounts\n",
			members, members*o.Assistants)
		cost, err := permitCost(ctx, o, members)
		if err != nil {
			return nil, fmt.Errorf("measure permission checks of %d members: %w", members, err)
		}
		costs = append(costs, cost)
	}
	return costs, nil
}

// question is one check: who, and which screen.
type question struct {
	who account.ID
	row uint8 // of the matrix
}

// crowd is members' assistants with random grants, and the questions to ask.
type crowd struct {
	authority *permit.Authority
	rows      []permit.Row
	gates     []permit.Gate // of a screen for each row, which needs 可瀏覽可修改
	members   int
	matrix    []uint32 // by account ID - 1: two bits for the level on each row
	order     []question
	revision  account.Revision
}

func newCrowd(o PermitOptions, members int) (*crowd, error) {
	c := &crowd{
		rows: permit.Rows(), members: members, matrix: make([]uint32, members*o.Assistants),
		order:    make([]question, o.Checks),
		revision: account.Revision{Number: 1, Day: clock.DateOf(time.Now())},
	}
	var known []permit.Screen
	var lines strings.Builder
	for _, row := range c.rows {
		screen := permit.Screen("all_of_" + row.Unit)
		known, c.gates = append(known, screen), append(c.gates, screen.Gate())
		_, _ = fmt.Fprintf(&lines, "%s, %s, %s\n", screen, row.Unit, permit.Manage)
	}
	var err error
	c.authority, err = permit.New(permit.Source{
		Model: policies.Model, Policy: policies.Policy, Screens: lines.String(), Known: known,
		Staff: policies.Staff,
	})
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(o.Seed, uint64(members)))
	for i := range c.matrix {
		for row := range c.rows {
			c.matrix[i] |= random.Uint32N(3) << (2 * row)
		}
	}
	for i := range c.order {
		c.order[i] = question{account.ID(1 + random.IntN(len(c.matrix))), uint8(random.IntN(len(c.rows)))}
	}
	return c, nil
}

func (c *crowd) level(q question) permit.Level {
	return permit.Level(c.matrix[q.who-1] >> (2 * q.row) & 3)
}

// actor is an assistant of an enterprise as a request brings it, still without
// account and grants.
func (c *crowd) actor() account.Actor {
	return account.Actor{
		Account:  account.Account{Kind: account.Assistant, Status: account.Active},
		Member:   member.Member{ID: 1, Kind: member.Enterprise, Status: member.Active},
		Revision: c.revision,
	}
}

// withGrants makes the actor the account, with its grants.
func (c *crowd) withGrants(actor *account.Actor, id account.ID) {
	actor.Account.ID = id
	actor.Member.ID = 1 + member.ID(int(id)%c.members)
	actor.Grants = actor.Grants[:0]
	for row := range c.rows {
		level := c.level(question{id, uint8(row)})
		actor.Grants = append(actor.Grants, account.Grant{Unit: string(c.rows[row].Unit), Level: level.String()})
	}
}

// warm has Casbin answer once for each account.
func (c *crowd) warm(ctx context.Context) error {
	actor := c.actor()
	for i := range c.matrix {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.withGrants(&actor, account.ID(i+1))
		if _, err := c.authority.Decide(actor, c.gates[0]); err != nil {
			return err
		}
	}
	return nil
}

// verify holds each answer, which is remembered by now, against the matrix.
func (c *crowd) verify() error {
	actor := c.actor()
	for _, q := range c.order {
		actor.Account.ID = q.who
		d, err := c.authority.Decide(actor, c.gates[q.row])
		if err != nil {
			return err
		}
		if want := c.level(q); d.Held != want || d.Allowed != (want == permit.Manage) {
			return fmt.Errorf("account %d holds %s on %s, and the answer is %s", q.who, want, d.Row.Unit, d.Held)
		}
	}
	return nil
}

// check asks the questions and counts the consents.
func (c *crowd) check(order []question) (allowed int64) {
	actor := c.actor()
	for _, q := range order {
		actor.Account.ID = q.who
		if d, err := c.authority.Decide(actor, c.gates[q.row]); err == nil && d.Allowed {
			allowed++
		}
	}
	return allowed
}

// checkAtOnce asks the questions on all processors.
func (c *crowd) checkAtOnce() int64 {
	var all sync.WaitGroup
	var allowed atomic.Int64
	workers := runtime.GOMAXPROCS(0)
	for i := range workers {
		part := c.order[len(c.order)*i/workers : len(c.order)*(i+1)/workers]
		all.Go(func() { allowed.Add(c.check(part)) })
	}
	all.Wait()
	return allowed.Load()
}

func permitCost(ctx context.Context, o PermitOptions, members int) (PermitCost, error) {
	c, err := newCrowd(o, members)
	if err != nil {
		return PermitCost{}, err
	}
	cost := PermitCost{Members: members, Accounts: len(c.matrix)}
	before := heap()
	if err := c.warm(ctx); err != nil {
		return PermitCost{}, err
	}
	cost.Snapshots = heap() - before
	if err := c.verify(); err != nil {
		return PermitCost{}, err
	}
	l := newLimits(c)
	for range o.Rounds {
		if err := ctx.Err(); err != nil {
			return PermitCost{}, err
		}
		if err := c.round(&cost, l); err != nil {
			return PermitCost{}, err
		}
	}
	return cost, nil
}

// limits are bare maps with the same answers.
type limits struct {
	byAccount map[account.ID]uint32
	byPair    map[question]permit.Level // without 不可瀏覽
}

func newLimits(c *crowd) limits {
	l := limits{map[account.ID]uint32{}, map[question]permit.Level{}}
	for i, bits := range c.matrix {
		id := account.ID(i + 1)
		l.byAccount[id] = bits
		for row := range c.rows {
			q := question{id, uint8(row)}
			if level := c.level(q); level != permit.None {
				l.byPair[q] = level
			}
		}
	}
	return l
}

// round asks the questions of each in turn. All must come to the same answers, which
// also keeps the compiler from leaving any out.
func (c *crowd) round(cost *PermitCost, l limits) error {
	var byAccount, byPair, checked, atOnce int64
	cost.AccountMap.add(timed(func() {
		for _, q := range c.order {
			if permit.Level(l.byAccount[q.who]>>(2*q.row)&3) >= permit.Manage {
				byAccount++
			}
		}
	}), len(c.order))
	cost.PairMap.add(timed(func() {
		for _, q := range c.order {
			if l.byPair[q] >= permit.Manage {
				byPair++
			}
		}
	}), len(c.order))
	cost.Check.add(timed(func() { checked = c.check(c.order) }), len(c.order))
	cost.Parallel.add(timed(func() { atOnce = c.checkAtOnce() }), len(c.order))
	if byAccount != byPair || byAccount != checked || checked != atOnce {
		return fmt.Errorf("%d, %d, %d and %d consents: they should be the same", byAccount, byPair, checked, atOnce)
	}
	return c.cold(cost)
}

// coldChecks is how many a round asks of Casbin itself.
const coldChecks = 60

// cold measures checks for which nothing can be remembered: of the zero Revision.
func (c *crowd) cold(cost *PermitCost) error {
	actors := make([]account.Actor, coldChecks)
	for i := range actors {
		actors[i] = c.actor()
		actors[i].Revision = account.Revision{}
		c.withGrants(&actors[i], c.order[i%len(c.order)].who)
	}
	var failed error
	cost.Casbin.add(timed(func() {
		for i := range actors {
			if _, err := c.authority.Decide(actors[i], c.gates[i%len(c.gates)]); err != nil {
				failed = err
			}
		}
	}), coldChecks)
	return failed
}
