package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestBenchQueryRefusesWhatItCannotMeasure(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"--help", exitDone, "memberzone bench query --data var/bench"},
		{"--rows 0", exitUsage, "at least 1"},
		{"--rows 1000 --seconds 0", exitUsage, "at least 1"},
		{"--rows 1000 --combinations=-1", exitUsage, "at least 1"},
		{"--rounds few", exitUsage, "few"},
	} {
		var out bytes.Buffer
		status := run(append([]string{"bench", "query"}, strings.Fields(c.args)...), &out, &out)
		if status != c.status || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: exit %d, want %d\n%s", c.args, status, c.status, out.String())
		}
	}
}

func TestBenchPermit(t *testing.T) {
	t.Parallel()
	small := "--assistants 2 --checks 200 --rounds 2"
	tests := []struct {
		arguments string
		status    int
		text      string // on stdout when done, else on stderr
	}{
		{"--members 1,3 " + small, exitDone, "÷ map[account]"},
		{"--members 2 --seed 9 " + small, exitDone, "seed 9, 2 rounds of 200 checks"},
		{"--help", exitDone, "memberzone bench permit --members 1000"},
		{"--members 0 " + small, exitUsage, "at least 1"},
		{"--members 1 --rounds 0", exitUsage, "at least 1"},
		{"--members many", exitUsage, "many"},
	}
	for _, tt := range tests {
		var stdout, stderr bytes.Buffer
		status := run(append([]string{"bench", "permit"}, strings.Fields(tt.arguments)...), &stdout, &stderr)
		text := stderr.String()
		if tt.status == exitDone {
			text = stdout.String()
		}
		if status != tt.status || !strings.Contains(text, tt.text) {
			t.Errorf("%s: exit %d, want %d\n%s%s", tt.arguments, status, tt.status, stdout.String(), stderr.String())
		}
	}
}
