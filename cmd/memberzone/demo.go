package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/memberzone/memberzone/app"
)

type demoCommand struct {
	Data         string `help:"Directory that keeps the demo's data." default:"var/demo" env:"MEMBERZONE_DATA"`
	Reset        bool   `help:"Start over: drop the data first."`
	Transactions int    `help:"Transactions to generate on the first run." default:"3000"`
	Listen       string `help:"Pages, wire API and checkout." default:"localhost:8080" env:"MEMBERZONE_LISTEN"`
	ListenRP     string `name:"listen-rp" help:"Relying party." default:"localhost:8081" env:"MEMBERZONE_LISTEN_RP"`
	ListenShop   string `help:"Demo shop." default:"localhost:8082" env:"MEMBERZONE_LISTEN_SHOP"`
	ListenBank   string `help:"Bank simulator." default:"localhost:8083" env:"MEMBERZONE_LISTEN_BANK"`
	Postgres     string `help:"Folder of PostgreSQL's programs." env:"MEMBERZONE_POSTGRES"`
}

// Help implements kong.HelpProvider.
func (demoCommand) Help() string {
	return `Examples:
  memberzone demo
  memberzone demo --transactions 20000
  memberzone demo --listen localhost:9080 --listen-shop localhost:9082
  memberzone demo --reset`
}

// logFile is where the demo logs: the terminal is for people.
const logFile = "memberzone.log"

// Validate is called by kong: what it refuses is bad usage.
func (c *demoCommand) Validate() error {
	if c.Transactions < 0 {
		return errNegative
	}
	return nil
}

// Run implements the command.
func (c *demoCommand) Run(e env) error {
	data, err := filepath.Abs(c.Data)
	if err != nil {
		return err
	}
	return withLog(data, func(log io.Writer) error {
		return app.Demo(e.ctx, app.DemoOptions{
			Data: data, Reset: c.Reset, Transactions: c.Transactions, Binaries: c.Postgres,
			Listen: app.Listen{Main: c.Listen, RelyingParty: c.ListenRP}, Shop: c.ListenShop, Bank: c.ListenBank,
			Out: e.stdout, Log: slog.New(slog.NewJSONHandler(log, nil)),
		})
	})
}

// withLog opens the demo's log file for as long as do runs.
func withLog(data string, do func(log io.Writer) error) error {
	if err := os.MkdirAll(data, 0o755); err != nil {
		return fmt.Errorf("make the demo's directory: choose another with --data: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(data, logFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	return do(file)
}
