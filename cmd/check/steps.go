package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// step is one check.
type step struct {
	name  string
	about string
	run   func(ctx context.Context, j *job) error
}

// steps are in the order of a run: what is quick and often wrong first.
var steps = []step{
	{"prepare", "what the tests need is on this machine", prepare},
	{"generate", "the committed templates are what templ generates, and formatted", generate},
	{"vet", "go vet", plain("go", "vet", "./...")},
	{"format", "gofumpt", format},
	{"lint", "staticcheck", lint},
	{"test", "go test", test},
	{"race", "the packages with concurrency of their own under the race detector", race},
}

// job is what every step of a run shares.
type job struct {
	out    io.Writer
	fast   bool
	strict bool // a step that cannot be made is a failure
}

// command says how to run a program, beside its words.
type command struct {
	env []string  // added to ours
	out io.Writer // nil: the job's
}

func (j *job) exec(ctx context.Context, how command, program string, args ...string) error {
	line := program + " " + strings.Join(args, " ")
	fmt.Fprintln(j.out, "$", line)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Env = append(os.Environ(), how.env...)
	cmd.Stdout, cmd.Stderr = j.out, j.out
	if how.out != nil {
		cmd.Stdout = how.out
	}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}
	return nil
}

// plain makes a step of one command.
func plain(program string, args ...string) func(context.Context, *job) error {
	return func(ctx context.Context, j *job) error { return j.exec(ctx, command{}, program, args...) }
}

// tool prefixes a tool that cmd/tools/tools.mod pins.
func tool(words ...string) []string {
	return append([]string{"tool", "-modfile=cmd/tools/tools.mod"}, words...)
}

// generate compares the generated files before and after, which needs no git and does not mind other
// changes in the tree.
func generate(ctx context.Context, j *job) error {
	before, err := generated()
	if err != nil {
		return err
	}
	args := []string{"tool", "templ", "generate", "-path", "views", "-include-version=false"}
	if err := j.exec(ctx, command{}, "go", args...); err != nil {
		return err
	}
	after, err := generated()
	if err != nil {
		return err
	}
	var stale []string
	for path, sum := range after {
		if before[path] != sum {
			stale = append(stale, path)
		}
	}
	if len(stale) > 0 {
		slices.Sort(stale)
		return fmt.Errorf("these were not up to date, and are now: commit them: %s", strings.Join(stale, " "))
	}
	return j.exec(ctx, command{}, "go", "tool", "templ", "fmt", "-fail", "views")
}

func generated() (map[string][sha256.Size]byte, error) {
	sums := map[string][sha256.Size]byte{}
	err := filepath.WalkDir("views", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_templ.go") {
			return err
		}
		content, err := os.ReadFile(path) //nolint:gosec // the checkout itself
		sums[path] = sha256.Sum256(content)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the generated files (run this at the top of the checkout): %w", err)
	}
	return sums, nil
}

func format(ctx context.Context, j *job) error {
	var unformatted bytes.Buffer
	var folders []string
	for _, folder := range []string{"app", "cmd", "policies", "seeds", "static", "views"} {
		if _, err := os.Stat(folder); err == nil {
			folders = append(folders, folder)
		}
	}
	args := tool(append([]string{"gofumpt", "-l"}, folders...)...)
	if err := j.exec(ctx, command{out: &unformatted}, "go", args...); err != nil {
		return err
	}
	if files := strings.Fields(unformatted.String()); len(files) > 0 {
		return fmt.Errorf("not in gofumpt's form (task fmt does it): %s", strings.Join(files, " "))
	}
	return nil
}

func lint(ctx context.Context, j *job) error {
	if j.fast {
		return skipError{"--fast"}
	}
	return j.exec(ctx, command{}, "go", tool("staticcheck", "./...")...)
}

// test runs all tests. Results of earlier runs are not taken: the tests depend on the machine's
// PostgreSQL, browser and Node too, of which go's cache knows nothing.
func test(ctx context.Context, j *job) error {
	args := []string{"test", "-timeout=20m"}
	if j.fast {
		args = append(args, "-short")
	} else {
		args = append(args, "-count=1")
	}
	missing, _ := missingNeeds()
	var how command
	if len(missing) == 0 {
		how.env = []string{"MEMBERZONE_TESTDB=required", "MEMBERZONE_E2E=required"}
	}
	if err := j.exec(ctx, how, "go", append(args, "./...")...); err != nil {
		return err
	}
	if len(missing) > 0 {
		return skipError{"the tests that need " + strings.Join(missing, ", ")}
	}
	return nil
}

// racePatterns are the packages that start goroutines or keep shared state; the race detector makes
// the rest slower and finds nothing there.
var racePatterns = []string{
	"app/jobs", "app/lockout", "app/notify", "app/payment", "app/permit", "app/postgres", "app/simulator", "app/web",
}

func race(ctx context.Context, j *job) error {
	if j.fast {
		return skipError{"--fast"}
	}
	if !onPath("gcc", "clang", "cc") {
		return skipError{"the race detector needs a C compiler: apt-get install gcc libc6-dev"}
	}
	args := []string{"test", "-race", "-short", "-timeout=20m"}
	for _, folder := range racePatterns {
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		args = append(args, "./"+folder+"/...")
	}
	return j.exec(ctx, command{env: []string{"CGO_ENABLED=1"}}, "go", args...)
}
