package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestTheBatchCommandsEndAsTheySay(t *testing.T) {
	t.Setenv("DATABASE_URL", "")
	empty := t.TempDir()
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"batch --help", exitDone, "memberzone batch close --date"},
		{"batch close --help", exitDone, "MEMBERZONE_ACQUIRER_URL"},
		{"batch settle --help", exitDone, "memberzone batch settle --date"},
		{"batch", exitUsage, ""},
		{"batch close --date 2026-13-01", exitUsage, "YYYY-MM-DD"},
		{"batch settle --date yesterday", exitUsage, "YYYY-MM-DD"},
		{"batch settle --data " + empty, exitFailed, "no demo's data there"},
	} {
		var out bytes.Buffer
		if got := run(strings.Fields(c.args), &out, &out); got != c.status || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: %d, want %d; it says\n%s", c.args, got, c.status, out.String())
		}
	}
}
