package main

import (
	"errors"
	"slices"
	"time"

	"github.com/memberzone/memberzone/app/bench"
)

var (
	errBenchNumbers = errors.New("members, assistants, checks and rounds are at least 1")
	errGoalMissed   = errors.New("the goal is missed: see the last line of the table")
	errQueryNumbers = errors.New("rows, seconds, rounds, clients and combinations are at least 1")
)

type benchCommand struct {
	Permit benchPermit `cmd:"" help:"One permission check beside a bare map look-up."`
	Verify benchVerify `cmd:"" help:"One verification of a cardholder beside a bare check of a signature."`
	Query  benchQuery  `cmd:"" help:"The query screen over HTTP beside the same SQL through pgbench."`
}

// Help implements kong.HelpProvider.
func (benchCommand) Help() string {
	return `Each measurement stands beside the limit that it cannot beat, in one run: read the ratios.
Examples:
  memberzone bench permit
  memberzone bench permit --members 1,1000 --rounds 21
  memberzone bench verify
  memberzone bench query --data var/bench`
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

type benchQuery struct {
	Rows         []int  `help:"Numbers of transactions: a database for each." default:"100000,10000000"`
	Seconds      int    `help:"Of one measurement." default:"3"`
	Rounds       int    `help:"Of which the middle one counts." default:"3"`
	Clients      int    `help:"That ask at once." default:"8"`
	Combinations int    `help:"Of filters, each asked for once." default:"400"`
	Data         string `help:"Directory that keeps the databases for the next run; else they are removed." type:"path"`
	Postgres     string `help:"Folder of PostgreSQL's programs." env:"MEMBERZONE_POSTGRES"`
	Seed         uint64 `help:"The same seed gives the same rows and filters." default:"1"`
	Strict       bool   `help:"Exit with 1 if a goal is missed."`
}

// Help implements kong.HelpProvider.
func (benchQuery) Help() string {
	return `Starts a private PostgreSQL for each size, generates the transactions, starts the program, signs in, and
asks for pages; pgbench sends the same statements in turns with it. 10 million transactions need 15 GB on disk and
a quarter of an hour to generate.
Examples:
  memberzone bench query --data var/bench
  memberzone bench query --rows 100000 --seconds 1 --rounds 1
  memberzone bench query --data var/bench --rows 10000000 --strict`
}

// Validate is called by kong: what it refuses is bad usage.
func (c *benchQuery) Validate() error {
	if len(c.Rows) == 0 || slices.Min(c.Rows) < 1 || min(c.Seconds, c.Rounds, c.Clients, c.Combinations) < 1 {
		return errQueryNumbers
	}
	return nil
}

// Run implements the command.
func (c *benchQuery) Run(e env) error {
	o := bench.QueryOptions{
		Rows: c.Rows, Within: time.Duration(c.Seconds) * time.Second, Rounds: c.Rounds, Clients: c.Clients,
		Combinations: c.Combinations, Data: c.Data, Binaries: c.Postgres, Seed: c.Seed, Progress: e.stderr,
	}
	costs, err := bench.Query(e.ctx, o)
	if err != nil {
		return err
	}
	met, err := bench.WriteQuery(e.stdout, o, costs)
	if err != nil {
		return err
	}
	if !met && c.Strict {
		return errGoalMissed
	}
	return nil
}
