package main

import (
	"errors"
	"fmt"

	"github.com/memberzone/memberzone/app"
	"github.com/memberzone/memberzone/app/secret"
)

var errNoKeyset = errors.New(`set MEMBERZONE_KEYSET to the present keyset, made by "memberzone keys new"`)

type keysAdd struct {
	Keyset  string `env:"MEMBERZONE_KEYSET" hidden:""`
	Standby bool   `help:"The new key only opens, until it is promoted."`
}

// Help implements kong.HelpProvider.
func (keysAdd) Help() string {
	return `Prints the keyset of MEMBERZONE_KEYSET with one key more. With one process, the new key may seal at once.
With several, give all of them the keyset with the key on standby first, then promote it.
Examples:
  memberzone keys add
  memberzone keys add --standby`
}

// Run implements the command.
func (c *keysAdd) Run(e env) error {
	if c.Keyset == "" {
		return errNoKeyset
	}
	keyset, err := app.AddKey(secret.New(c.Keyset), c.Standby)
	return printKeyset(e, keyset, err)
}

type keysPromote struct {
	Keyset string `env:"MEMBERZONE_KEYSET" hidden:""`
}

// Help implements kong.HelpProvider.
func (keysPromote) Help() string {
	return `Prints the keyset of MEMBERZONE_KEYSET; its newest key seals from then on.
Examples:
  memberzone keys promote`
}

// Run implements the command.
func (c *keysPromote) Run(e env) error {
	if c.Keyset == "" {
		return errNoKeyset
	}
	keyset, err := app.PromoteKey(secret.New(c.Keyset))
	return printKeyset(e, keyset, err)
}

func printKeyset(e env, keyset secret.String, err error) error {
	if err != nil {
		return fmt.Errorf("MEMBERZONE_KEYSET: %w", err)
	}
	_, _ = fmt.Fprintln(e.stdout, keyset.Expose())
	return nil
}

type keysRotate struct {
	DatabaseURL string `env:"DATABASE_URL" hidden:""`
	Keyset      string `env:"MEMBERZONE_KEYSET" hidden:""`
	DryRun      bool   `help:"Only count."`
}

// Help implements kong.HelpProvider.
func (keysRotate) Help() string {
	return `Seals everything anew that an older key of the keyset sealed, while the server runs. It may be stopped and
run again: what is done is left. The exit status is 1 while older keys still seal something.
Examples:
  memberzone keys rotate --dry-run
  DATABASE_URL=postgres://… memberzone keys rotate`
}

// Run implements the command.
func (c *keysRotate) Run(e env) error {
	switch {
	case c.DatabaseURL == "":
		return errNoDatabase
	case c.Keyset == "":
		return errNoKeyset
	}
	return app.RotateKeys(e.ctx, app.RotateOptions{
		DatabaseURL: c.DatabaseURL, Keyset: secret.New(c.Keyset), DryRun: c.DryRun, Out: e.stdout, Progress: e.stderr,
	})
}
