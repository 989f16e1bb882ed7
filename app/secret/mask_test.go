package secret_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/secret"
)

func TestMaskPANs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                    "",
		"卡號4111111111111111。": "卡號411111******1111。",
		"4111 1111 1111 1111 與 3760-000000-00006": "411111******1111 與 376000*****0006",
		"４１１１１１１１１１１１１１１１":                        "411111******1111",
		"電話 0912345678，訂單 20261124001":            "電話 0912345678，訂單 20261124001",
		"4111111111111112":                        "4111111111111112", // its check digit does not hold
		"4111111111111111111111111":               "[redacted]",
		"2 4111111111111111":                      "[redacted]", // a card number behind another number
		"iPhone 15 4111-1111 1111-1111 x":         "iPhone [redacted] x",
		"4111111111111111 12":                     "[redacted]",
		"26112412030500001 2":                     "26112412030500001 2",
	} {
		if got := secret.MaskPANs(text); got != want {
			t.Errorf("MaskPANs(%q) = %q, want %q", text, got, want)
		}
	}
}

// TestMaskPANsLeavesNoCardNumber: whatever stands around it.
func TestMaskPANsLeavesNoCardNumber(t *testing.T) {
	t.Parallel()
	before := rapid.StringMatching(`[a-zA-Z，。 =&:]{0,8}([0-9]{1,3}[ -])?`)
	after := rapid.StringMatching(`([ -][0-9]{1,3})?[a-zA-Z，。 =&:]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		pan := rapid.SampledFrom([]string{"4111111111111111", "5555555555554444", "376000000000006"}).Draw(t, "pan")
		gap := rapid.SampledFrom([]string{"", " ", "-"}).Draw(t, "gap")
		at := rapid.IntRange(1, len(pan)-1).Draw(t, "at")
		text := before.Draw(t, "before") + pan[:at] + gap + pan[at:] + after.Draw(t, "after")
		got := strings.NewReplacer(" ", "", "-", "").Replace(secret.MaskPANs(text))
		if strings.Contains(got, pan) {
			t.Fatalf("MaskPANs(%q) = %q", text, got)
		}
	})
}
