package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheEvidenceCommandEndsAsItSays(t *testing.T) {
	t.Parallel()
	good := filepath.Join("testdata", "passkey-evidence.json")
	raw, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(t.TempDir(), "changed.json")
	raw = bytes.Replace(raw, []byte(`"orderNo": "ORD1"`), []byte(`"orderNo": "ORD2"`), 1)
	if err := os.WriteFile(changed, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	hash := "--sha256 " + evidenceHash
	other := "--sha256 " + strings.Repeat("0", 64)
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"evidence verify " + good, exitDone, "持卡人於 2026-11-24 12:03:07 在 https://pay.example 上確認付款 NT$1,250 給 晴川選物"},
		{"evidence verify " + good, exitDone, "不能證明："},
		{"evidence verify " + hash + " " + good, exitDone, "已比對："},
		{"evidence verify " + other + " " + good, exitFailed, "another bundle"},
		{"evidence verify " + changed, exitFailed, "something that is not signed was changed"},
		{"evidence verify evidence_test.go", exitFailed, "read the JSON"},
		{"evidence verify --help", exitDone, "memberzone evidence verify passkey-evidence-"},
		{"evidence --help", exitDone, "--sha256"},
		{"evidence verify", exitUsage, ""},
		{"evidence verify nowhere.json", exitUsage, "nowhere.json"},
		{"evidence verify --sha256 12 " + good, exitUsage, "64 hexadecimal digits"},
	} {
		var out bytes.Buffer
		if got := run(strings.Fields(c.args), &out, &out); got != c.status || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: %d, want %d; it says\n%s", c.args, got, c.status, out.String())
		}
	}
}

// evidenceHash is what the page of the payment in testdata shows.
const evidenceHash = "fb268097:fcffa4ed:eccbad0b:b31c09e2:19c8706a:2b0b18a7:d9e9776c:3e5fb73a"
