package main

import (
	"errors"
	"slices"

	"github.com/memberzone/memberzone/app/bench"
)

var (
	errBenchNumbers = errors.New("members, assistants, checks and rounds are at least 1")
	errGoalMissed   = errors.New("the goal is missed: see the last line of the table")
)

type benchCommand struct {
	Permit benchPermit `cmd:"" help:"One permission check beside a bare map look-up."`
}

// Help implements kong.HelpProvider.
func (benchCommand) Help() string {
	return `Each measurement stands beside the limit that it cannot beat, in one run: read the ratios.
Examples:
  memberzone bench permit
  memberzone bench permit --members 1,1000 --rounds 21`
}

type benchPermit struct {
	Members    []int  `help:"Numbers of members: a line of the table for each." default:"1,100,1000,10000"`
	Assistants int    `help:"Assistants of each member." default:"60"`
	Checks     int    `help:"Checks in a round." default:"200000"`
	Rounds     int    `help:"Rounds, of which minimum and median are told." default:"9"`
	Seed       uint64 `help:"The same seed gives the same grants and order." default:"1"`
}

// Help implements kong.HelpProvider.
func (benchPermit) Help() string {
	return `Needs no database. Casbin answers once for each account first: about two minutes for 10000 members.
The exit status is 1 if the goal for 1000 members of 60 assistants is missed.
Examples:
  memberzone bench permit
  memberzone bench permit --members 1000
  memberzone bench permit --members 1,50 --assistants 20 --checks 50000 --seed 7`
}

// Validate is called by kong: what it refuses is bad usage.
func (c *benchPermit) Validate() error {
	if len(c.Members) == 0 || slices.Min(c.Members) < 1 || min(c.Assistants, c.Checks, c.Rounds) < 1 {
		return errBenchNumbers
	}
	return nil
}

// Run implements the command.
func (c *benchPermit) Run(e env) error {
	o := bench.PermitOptions{
		Members: c.Members, Assistants: c.Assistants, Checks: c.Checks, Rounds: c.Rounds, Seed: c.Seed,
		Progress: e.stderr,
	}
	costs, err := bench.Permit(e.ctx, o)
	if err != nil {
		return err
	}
	met, err := bench.WritePermit(e.stdout, o, costs)
	if err != nil {
		return err
	}
	if !met {
		return errGoalMissed
	}
	return nil
}
