package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestTheKeysCommandsEndAsTheySay(t *testing.T) {
	t.Setenv("DATABASE_URL", "")
	t.Setenv("MEMBERZONE_KEYSET", "")
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"keys add", exitFailed, "memberzone keys new"},
		{"keys promote", exitFailed, "memberzone keys new"},
		{"keys rotate", exitFailed, "DATABASE_URL"},
		{"keys rotate --help", exitDone, "memberzone keys rotate --dry-run"},
		{"keys", exitUsage, ""},
	} {
		var out bytes.Buffer
		if got := run(strings.Fields(c.args), &out, &out); got != c.status || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: %d, want %d; it says\n%s", c.args, got, c.status, out.String())
		}
	}
	printed := map[string]bool{}
	for _, args := range []string{"keys new", "keys add --standby", "keys promote", "keys add"} {
		var keyset, complaint bytes.Buffer
		status := run(strings.Fields(args), &keyset, &complaint)
		if status != exitDone || complaint.Len() != 0 || printed[keyset.String()] {
			t.Fatalf("%s: %d, %q, printed before: %t", args, status, complaint.String(), printed[keyset.String()])
		}
		printed[keyset.String()] = true
		t.Setenv("MEMBERZONE_KEYSET", strings.TrimSpace(keyset.String()))
	}
	t.Setenv("MEMBERZONE_KEYSET", "nonsense")
	var out bytes.Buffer
	got := run([]string{"keys", "add"}, &out, &out)
	if got != exitFailed || !strings.Contains(out.String(), "MEMBERZONE_KEYSET") {
		t.Errorf("a keyset that is none: %d; it says\n%s", got, out.String())
	}
}
