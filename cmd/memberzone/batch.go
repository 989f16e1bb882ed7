package main

import (
	"github.com/memberzone/memberzone/app"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/secret"
)

type batchCommand struct {
	Close  batchClose  `cmd:"" help:"Send what waits for the 21:00 close to the acquirer."`
	Settle batchSettle `cmd:"" help:"Fetch the bank's answers, and pay out what is due."`
}

// Help implements kong.HelpProvider.
func (batchCommand) Help() string {
	return `The server does both by itself; by hand they may be run as often as wanted: what is done is left.
Each prints one line of counts. The exit status is 1 if anything was left undone by an error.
Examples:
  memberzone batch close
  memberzone batch close --date 2026-11-24
  memberzone batch settle --date 2026-11-27`
}

// batchFlags are common to both.
type batchFlags struct {
	Date            dateFlag `help:"Day in Taipei; else the latest that is possible." placeholder:"YYYY-MM-DD"`
	DatabaseURL     string   `env:"DATABASE_URL" hidden:""`
	AcquirerURL     string   `env:"MEMBERZONE_ACQUIRER_URL" hidden:""`
	AcquirerAccount string   `env:"MEMBERZONE_ACQUIRER_ACCOUNT" hidden:""`
	AcquirerSecret  string   `env:"MEMBERZONE_ACQUIRER_SECRET" hidden:""`
	Data            string   `help:"Directory of a running demo." default:"var/demo" env:"MEMBERZONE_DATA"`
	Bank            string   `help:"The demo's bank." default:"localhost:8083" env:"MEMBERZONE_LISTEN_BANK"`
}

// dateFlag is a day on the command line.
type dateFlag struct{ clock.Date }

// UnmarshalText implements encoding.TextUnmarshaler: what it refuses is bad usage.
func (f *dateFlag) UnmarshalText(text []byte) (err error) {
	f.Date, err = clock.ParseDate(string(text))
	return err
}

const batchEnvironment = `Without DATABASE_URL it works on a demo that runs. Else it needs, as "memberzone serve":
  DATABASE_URL, MEMBERZONE_ACQUIRER_URL, MEMBERZONE_ACQUIRER_ACCOUNT, MEMBERZONE_ACQUIRER_SECRET
`

func (f batchFlags) options(e env) app.BatchOptions {
	o := app.BatchOptions{
		DatabaseURL: f.DatabaseURL, Data: f.Data, Bank: f.Bank, Day: f.Date.Date,
		Clock: clock.System{}, Out: e.stdout, Log: e.log(),
	}
	o.Acquirer.URL, o.Acquirer.Account = f.AcquirerURL, f.AcquirerAccount
	o.Acquirer.Secret = secret.New(f.AcquirerSecret)
	return o
}

type batchClose struct{ batchFlags }

// Help implements kong.HelpProvider.
func (batchClose) Help() string {
	return batchEnvironment + `A day can be closed from its 21:00 on; captures and refunds of earlier days go with it.
Examples:
  DATABASE_URL=postgres://… memberzone batch close
  memberzone batch close --date 2026-11-24 --data var/demo`
}

// Run implements the command.
func (c *batchClose) Run(e env) error { return app.CloseBatch(e.ctx, c.options(e)) }

type batchSettle struct{ batchFlags }

// Help implements kong.HelpProvider.
func (batchSettle) Help() string {
	return batchEnvironment + `Books the bank's answers for batches up to the day, and pays out captures that were
confirmed three days before it or earlier.
Examples:
  DATABASE_URL=postgres://… memberzone batch settle
  memberzone batch settle --date 2026-11-27 --data var/demo`
}

// Run implements the command.
func (c *batchSettle) Run(e env) error { return app.SettleBatch(e.ctx, c.options(e)) }
