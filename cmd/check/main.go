package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// Exit statuses, as every command of this project has them.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

type arguments struct {
	Only []string `help:"Run only this step; may be repeated. Steps: ${steps}." placeholder:"STEP"`
	Fast bool     `help:"Leave out what takes long: staticcheck, the race detector, the browser tests."`
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, out, errOut io.Writer) int {
	var cli arguments
	parser, err := kong.New(&cli, kong.Name("check"), kong.Writers(out, errOut),
		kong.Vars{"steps": strings.Join(names(), ", ")},
		kong.Description("Prepares this machine and runs every check that the continuous integration runs.\n\n"+
			"  go run ./cmd/check\n  go run ./cmd/check --fast\n  go run ./cmd/check --only test"))
	if err != nil {
		fmt.Fprintln(errOut, "check:", err)
		return exitFailed
	}
	if _, err := parser.Parse(args); err != nil {
		fmt.Fprintln(errOut, "check:", err, "(--help tells more)")
		return exitUsage
	}
	if err := validate(cli.Only); err != nil {
		fmt.Fprintln(errOut, "check:", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	job := &job{out: out, fast: cli.Fast, strict: os.Getenv("CI") == "true"}
	return summarise(out, job.runAll(ctx, cli.Only))
}

func names() []string {
	all := make([]string, 0, len(steps))
	for _, s := range steps {
		all = append(all, s.name)
	}
	return all
}

func validate(only []string) error {
	for _, name := range only {
		if !slices.Contains(names(), name) {
			return fmt.Errorf("there is no step %q; the steps are %s", name, strings.Join(names(), ", "))
		}
	}
	return nil
}

// result is how one step ended: err nil for well, skipError for left out.
type result struct {
	name string
	took time.Duration
	err  error
}

// skipError says why a step, or a part of it, was left out.
type skipError struct{ reason string }

// Error is the reason.
func (e skipError) Error() string { return e.reason }

// runAll runs the wanted steps one after the other, all of them even when one fails, so that one run
// shows everything there is to repair.
func (j *job) runAll(ctx context.Context, only []string) []result {
	var results []result
	for _, s := range steps {
		if len(only) > 0 && !slices.Contains(only, s.name) {
			continue
		}
		if ctx.Err() != nil {
			results = append(results, result{name: s.name, err: ctx.Err()})
			continue
		}
		fmt.Fprintf(j.out, "\n=== %s: %s\n", s.name, s.about)
		start := time.Now()
		err := s.run(ctx, j)
		var skipped skipError
		if errors.As(err, &skipped) && j.strict {
			err = fmt.Errorf("not possible here: %w", errors.New(skipped.reason))
		}
		results = append(results, result{name: s.name, took: time.Since(start), err: err})
		fmt.Fprintf(j.out, "=== %s\n", results[len(results)-1])
	}
	return results
}

// String is the line of a step in the summary.
func (r result) String() string {
	took := r.took.Round(100 * time.Millisecond)
	var skipped skipError
	switch {
	case r.err == nil:
		return fmt.Sprintf("%-10s ok       %8s", r.name, took)
	case errors.As(r.err, &skipped):
		return fmt.Sprintf("%-10s SKIPPED  %8s  %s", r.name, took, skipped.reason)
	default:
		return fmt.Sprintf("%-10s FAILED   %8s  %v", r.name, took, r.err)
	}
}

func summarise(out io.Writer, results []result) int {
	fmt.Fprintln(out, "\nSummary")
	status, verdict := exitOK, "Everything is in order."
	for _, r := range results {
		fmt.Fprintln(out, " ", r)
		var skipped skipError
		switch {
		case r.err == nil:
		case errors.As(r.err, &skipped):
			if status == exitOK {
				verdict = "What was run is in order, BUT NOT EVERYTHING WAS RUN: see the skipped steps."
			}
		default:
			status, verdict = exitFailed, "Not in order: see the failed steps."
		}
	}
	fmt.Fprintln(out, verdict)
	return status
}
