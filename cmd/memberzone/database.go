package main

import (
	"errors"
	"fmt"

	"github.com/memberzone/memberzone/app"
	"github.com/memberzone/memberzone/app/secret"
)

var (
	errNegative   = errors.New("a number of rows, members or months cannot be negative")
	errNoDatabase = errors.New("set DATABASE_URL, for example postgres://user:password@host:5432/memberzone")
)

type migrateCommand struct {
	Up     migrateUp     `cmd:"" help:"Apply what is missing."`
	Status migrateStatus `cmd:"" help:"List the migrations."`
}

// Help implements kong.HelpProvider.
func (migrateCommand) Help() string {
	return `Examples:
  DATABASE_URL=postgres://… memberzone migrate up
  DATABASE_URL=postgres://… memberzone migrate status`
}

type migrateUp struct {
	DatabaseURL string `env:"DATABASE_URL" hidden:""`
}

// Run implements the command.
func (c *migrateUp) Run(e env) error {
	if c.DatabaseURL == "" {
		return errNoDatabase
	}
	applied, err := app.Migrate(e.ctx, c.DatabaseURL)
	for _, name := range applied {
		_, _ = fmt.Fprintln(e.stdout, "applied", name)
	}
	if err == nil && len(applied) == 0 {
		_, _ = fmt.Fprintln(e.stdout, "the schema is current")
	}
	return err
}

type migrateStatus struct {
	DatabaseURL string `env:"DATABASE_URL" hidden:""`
}

// Run implements the command.
func (c *migrateStatus) Run(e env) error {
	if c.DatabaseURL == "" {
		return errNoDatabase
	}
	states, err := app.MigrationStatus(e.ctx, c.DatabaseURL)
	for _, s := range states {
		mark := "missing"
		if s.Applied {
			mark = "applied"
		}
		_, _ = fmt.Fprintln(e.stdout, mark, s.Name)
	}
	return err
}

type seedCommand struct {
	DatabaseURL  string `env:"DATABASE_URL" hidden:""`
	Keyset       string `env:"MEMBERZONE_KEYSET" hidden:""`
	Transactions int    `help:"How many." required:""`
	Members      int    `help:"Generated members to spread them over; 0 for the demo's stores."`
	Months       int    `help:"How far back they go." default:"3"`
	Seed         uint64 `help:"The same seed gives the same rows." default:"1"`
	Bare         bool   `help:"Leave out attempts and events: a third of the size, for lists and sums alone."`
}

// Help implements kong.HelpProvider.
func (seedCommand) Help() string {
	return `Examples:
  memberzone seed --transactions 10000
  memberzone seed --transactions 1000000 --members 200 --months 13 --seed 7
  memberzone seed --transactions 10000000 --members 1000 --months 13 --bare`
}

// Validate is called by kong: what it refuses is bad usage.
func (c *seedCommand) Validate() error {
	if c.Transactions < 0 || c.Members < 0 || c.Months < 0 {
		return errNegative
	}
	return nil
}

// Run implements the command.
func (c *seedCommand) Run(e env) error {
	if c.DatabaseURL == "" {
		return errNoDatabase
	}
	return app.Seed(e.ctx, app.SeedOptions{
		DatabaseURL: c.DatabaseURL, Keyset: secret.New(c.Keyset), Transactions: c.Transactions,
		Members: c.Members, Months: c.Months, Seed: c.Seed, Bare: c.Bare, Out: e.stderr,
	})
}

type keysCommand struct {
	New     keysNew     `cmd:"" help:"Print a fresh keyset for MEMBERZONE_KEYSET."`
	Add     keysAdd     `cmd:"" help:"Print the keyset with one key more."`
	Promote keysPromote `cmd:"" help:"Print the keyset with its newest key in use."`
	Rotate  keysRotate  `cmd:"" help:"Seal everything anew with the key in use."`
}

// Help implements kong.HelpProvider.
func (keysCommand) Help() string {
	return `Examples:
  export MEMBERZONE_KEYSET="$(memberzone keys new)"
  export MEMBERZONE_KEYSET="$(memberzone keys add)" && memberzone keys rotate`
}

type keysNew struct{}

// Run implements the command.
func (keysNew) Run(e env) error {
	keyset, err := app.NewKeyset()
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(e.stdout, keyset.Expose())
	return nil
}
