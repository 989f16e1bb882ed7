package audit_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/audit"
)

func TestAReceiptComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := audit.Head{
			Chain: rapid.Int64Range(0, 3).Draw(t, "chain"), Member: rapid.StringMatching(`([0-9]{8})?`).Draw(t, "member"),
			Sequence: rapid.Int64Min(1).Draw(t, "sequence"), Hash: hashes.Draw(t, "hash"),
		}.Receipt()
		if back, err := audit.ParseReceipt(r.String()); err != nil || back != r {
			t.Fatalf("%q came back as %+v, %v", r, back, err)
		}
	})
}

func TestReadReceipts(t *testing.T) {
	t.Parallel()
	whole := audit.Head{Chain: 1, Member: "12345675", Sequence: 3}.Receipt().String()
	for text, want := range map[string]int{
		whole: 1, whole + "\r\n\n" + whole + "\n": 2, audit.Nothing + "\n": 0, "": -1, "\n": -1, "x": -1,
		whole + "\n" + whole[1:] + "0": -1, strings.Replace(whole, "\t3\t", "\t-3\t", 1): -1,
		strings.Replace(whole, "\t3\t", "\t03\t", 1): -1, whole + "\tx": -1, whole[:len(whole)-1]: -1,
	} {
		got, err := audit.ReadReceipts(strings.NewReader(text))
		if errors.Is(err, audit.ErrReceipt) != (want < 0) || err != nil && want >= 0 || want >= 0 && len(got) != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	long := strings.Repeat("x", 1<<20)
	if _, err := audit.ReadReceipts(strings.NewReader(long)); err == nil {
		t.Error("a line of a megabyte is read")
	}
}

func FuzzReadReceipts(f *testing.F) {
	f.Add(audit.Head{Sequence: 3}.Receipt().String() + "\n" + audit.Head{Chain: 9, Sequence: 1}.Receipt().String())
	f.Add(audit.Nothing)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := audit.ReadReceipts(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, r := range got {
			if !strings.Contains(text, r.String()) {
				t.Fatalf("%q is not in the text", r)
			}
		}
	})
}
