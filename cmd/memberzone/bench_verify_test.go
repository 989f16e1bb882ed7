package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestBenchVerify(t *testing.T) {
	t.Parallel()
	tests := []struct {
		arguments string
		statuses  []int  // a goal may be missed on a busy machine
		text      string // on stdout, or on stderr for bad usage
	}{
		{"--checks 50 --rounds 2 --icon 300", []int{exitDone, exitFailed}, "rounds of 50"},
		{"--help", []int{exitDone}, "memberzone bench verify --icon 2048"},
		{"--checks 0", []int{exitUsage}, "at least 1"},
		{"--icon 65537", []int{exitUsage}, "65536"},
		{"--rounds few", []int{exitUsage}, "few"},
	}
	for _, tt := range tests {
		var stdout, stderr bytes.Buffer
		status := run(append([]string{"bench", "verify"}, strings.Fields(tt.arguments)...), &stdout, &stderr)
		text := stdout.String()
		if status == exitUsage {
			text = stderr.String()
		}
		if !slices.Contains(tt.statuses, status) || !strings.Contains(text, tt.text) {
			t.Errorf("%s: exit %d\n%s%s", tt.arguments, status, stdout.String(), stderr.String())
		}
	}
}
