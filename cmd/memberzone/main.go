package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli is every command.
type cli struct {
	Demo     demoCommand     `cmd:"" help:"Run everything on this machine: private database, simulators, demo shop."`
	Serve    serveCommand    `cmd:"" help:"Run in production, configured by the environment."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the database's schema up to date, or show how it stands."`
	Seed     seedCommand     `cmd:"" help:"Fill a database with generated transactions."`
	Keys     keysCommand     `cmd:"" help:"Make encryption keys and change them."`
	Staff    staffCommand    `cmd:"" help:"Invite our own staff."`
	Audit    auditCommand    `cmd:"" help:"Prove that the audit log is whole."`
	Evidence evidenceCommand `cmd:"" help:"Check downloaded Passkey evidence, without any database."`
	Batch    batchCommand    `cmd:"" help:"Run the daily close or the settlement by hand."`
	Bench    benchCommand    `cmd:"" help:"Measure the program beside its limits."`
}

// The exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// gcPercent lets the heap grow to nine times what is in use before it is collected: the
// program's is small, and pages make much garbage. The environment's GOGC wins.
const gcPercent = 800

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// env is what a command runs in.
type env struct {
	ctx    context.Context
	stdout io.Writer
	stderr io.Writer
}

func (e env) log() *slog.Logger { return slog.New(slog.NewJSONHandler(e.stderr, nil)) }

// run runs one command and returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	exited := -1
	parser, err := kong.New(&cli{},
		kong.Name("memberzone"),
		kong.Description("會員專區: merchant back office and card-payment core."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited = code }),
		kong.Vars{"tls": "starttls,implicit,none", "roles": "agent,reviewer,admin"},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "memberzone:", oneLine(err))
		return exitFailed
	}
	command, err := parser.Parse(args)
	if exited >= 0 { // --help has answered
		return exited
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "memberzone: %s (see memberzone --help)\n", oneLine(err))
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = command.Run(env{ctx: ctx, stdout: stdout, stderr: stderr})
	if err != nil && !errors.Is(err, context.Canceled) {
		_, _ = fmt.Fprintln(stderr, "memberzone:", oneLine(err))
		return exitFailed
	}
	return exitDone
}

// oneLine keeps an error to one line.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
