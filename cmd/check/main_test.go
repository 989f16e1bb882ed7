package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"an unknown step", []string{"--only", "tset"}, `no step "tset"`},
		{"an unknown flag", []string{"--quick"}, "unknown flag"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out, errOut bytes.Buffer
			if status := run(test.args, &out, &errOut); status != exitUsage {
				t.Errorf("exit status %d, want %d", status, exitUsage)
			}
			if told := errOut.String(); !strings.Contains(told, test.want) || strings.Count(told, "\n") != 1 {
				t.Errorf("told %q, want one line with %q", told, test.want)
			}
		})
	}
}

func TestSummaryDecidesTheExitStatus(t *testing.T) {
	t.Parallel()
	fine, left, broken := result{name: "a"}, result{name: "b", err: skipError{"no browser"}},
		result{name: "c", err: errors.New("exit status 1")}
	tests := []struct {
		name    string
		results []result
		want    int
		told    string
	}{
		{"all well", []result{fine}, exitOK, "Everything is in order"},
		{"one left out", []result{fine, left}, exitOK, "NOT EVERYTHING WAS RUN"},
		{"one failed", []result{broken, fine, left}, exitFailed, "Not in order"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if status := summarise(&out, test.results); status != test.want || !strings.Contains(out.String(), test.told) {
				t.Errorf("status %d, want %d; told %q, want %q", status, test.want, out.String(), test.told)
			}
		})
	}
}

func TestEveryWantedStepIsRunAndCIForbidsSkips(t *testing.T) {
	t.Parallel()
	for strict, want := range map[bool]string{false: "SKIPPED", true: "FAILED"} {
		var out bytes.Buffer
		j := &job{out: &out, fast: true, strict: strict}
		results := j.runAll(context.Background(), []string{"lint", "race"})
		if len(results) != 2 {
			t.Fatalf("%d results, want 2", len(results))
		}
		for _, r := range results {
			if !strings.Contains(r.String(), want) {
				t.Errorf("strict %v: %q, want %s", strict, r, want)
			}
		}
	}
}

func TestFailingCommandNamesItself(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	j := &job{out: &out}
	err := j.exec(context.Background(), command{}, "go", "no-such-command")
	if err == nil || !strings.Contains(err.Error(), "go no-such-command") {
		t.Errorf("error %v", err)
	}
	if !strings.Contains(out.String(), "$ go no-such-command") {
		t.Errorf("the output does not show the command: %q", out.String())
	}
}
