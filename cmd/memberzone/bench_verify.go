package main

import (
	"errors"

	"github.com/memberzone/memberzone/app/bench"
)

var errVerifyNumbers = errors.New("checks and rounds are at least 1, and an icon has 0 to 65536 bytes")

// iconBytesMost is how large a card's picture may be asked for.
const iconBytesMost = 64 << 10

type benchVerify struct {
	Checks int `help:"Payments in a round." default:"3000"`
	Rounds int `help:"Rounds, of which minimum and median are told." default:"9"`
	Icon   int `help:"Bytes of the card's picture, which the browser signs." default:"90"`
}

// Help implements kong.HelpProvider.
func (benchVerify) Help() string {
	return `Needs no database and no browser: payments are confirmed by an authenticator in software.
The exit status is 1 if the goal is missed.
Examples:
  memberzone bench verify
  memberzone bench verify --rounds 21
  memberzone bench verify --icon 2048 --checks 1000`
}

// Validate is called by kong: what it refuses is bad usage.
func (c *benchVerify) Validate() error {
	if min(c.Checks, c.Rounds) < 1 || c.Icon < 0 || c.Icon > iconBytesMost {
		return errVerifyNumbers
	}
	return nil
}

// Run implements the command.
func (c *benchVerify) Run(e env) error {
	o := bench.VerifyOptions{Checks: c.Checks, Rounds: c.Rounds, IconBytes: c.Icon, Progress: e.stderr}
	cost, err := bench.Verify(e.ctx, o)
	if err != nil {
		return err
	}
	met, err := bench.WriteVerify(e.stdout, o, cost)
	if err != nil {
		return err
	}
	if !met {
		return errGoalMissed
	}
	return nil
}
