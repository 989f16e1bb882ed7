package audit_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/secret"
)

func TestACardNumberIsMaskedWhereverItWasTyped(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"4111111111111111":                        "411111******1111",
		"from=2026-11-18&q=4111111111111111&to=x": "from=2026-11-18&q=411111******1111&to=x",
		"q=4111+1111+1111+1111&by=order_no":       "q=411111******1111&by=order_no",
		"4111 1111-1111　1111":                     "411111******1111",
		"卡號４１１１１１１１１１１１１１１１。":                     "卡號411111******1111。",
		"3782 822463 10005":                       "378282*****0005",
		"A4222222222222,6228480000000000000":      "A422222***2222,622848*********0000",
		"4111111111111111 4111111111111111":       "411111******1111 411111******1111",
		"0 4111 1111 1111 1111 0":                 "0 411111******1111 0",
		// What is none stays: no check digit, too short, too long, a trade number, days.
		"4111111111111112":             "4111111111111112",
		"411111111111":                 "411111111111",
		"41111111111111111111":         "41111111111111111111",
		"26112412000000018":            "26112412000000018",
		"2026-11-24 2026-11-24":        "2026-11-24 2026-11-24",
		"26112412 000000018":           "26112412 000000018",
		"0912-345-678":                 "0912-345-678",
		"from=2026-11-18&to=2026-11-2": "from=2026-11-18&to=2026-11-2",
	} {
		e := audit.Entry{
			By: audit.By{Login: "登入 " + text}, At: noon, Kind: audit.SignInFailed, Subject: text,
			Changes: []audit.Change{{Field: text, Before: text, After: text}},
		}
		got := normal(t, e)
		c := got.Changes[0]
		for field, kept := range map[string]string{
			"login": strings.TrimPrefix(got.Login, "登入 "), "subject": got.Subject, "field": c.Field, "before": c.Before,
			"after": c.After,
		} {
			if kept != want {
				t.Errorf("%q is kept as %q in the %s, want %q", text, kept, field, want)
			}
		}
	}
}

// Two numbers that are no cards are no card together.
func TestTradeNumbersInALineStay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfN(rapid.StringMatching(`2[0-9]{16}`), 1, 20).Draw(t, "numbers")
		e := audit.Entry{At: noon, Kind: audit.TransactionsListed, Subject: "q=" + strings.Join(numbers, "+")}
		if got := normal(t, e); got.Subject != e.Subject {
			t.Fatalf("%q is kept as %q", e.Subject, got.Subject)
		}
	})
}

// cards are numbers with a right check digit, as long as cards have them.
var cards = rapid.Custom(func(t *rapid.T) secret.PAN {
	n := rapid.SampledFrom([]int{13, 14, 15, 16, 18, 19}).Draw(t, "digits")
	body := rapid.StringMatching(fmt.Sprintf(`[2-6][0-9]{%d}`, n-2)).Draw(t, "body")
	for check := range 10 {
		if pan, err := secret.ParsePAN(fmt.Sprint(body, check)); err == nil && pan.Luhn() {
			return pan
		}
	}
	t.Fatal("no check digit fits")
	return secret.PAN{}
})

func TestNoCardNumberGetsThrough(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pan := cards.Draw(t, "card")
		// However much stands before it: the text is cut somewhere.
		before := strings.Repeat("字", rapid.IntRange(0, 205).Draw(t, "before"))
		e := audit.Entry{By: audit.By{Login: before + pan.Expose()}, At: noon, Kind: audit.SignInFailed}
		if got := normal(t, e).Login; strings.Contains(got, pan.Expose()[:7]) {
			t.Fatalf("%v is kept as %q", pan, got)
		}
		_, faults := audit.ParseFilter(url.Values{"q": {"訂單 " + pan.Expose()}, "account": {"a", pan.Expose()}}, noon)
		if len(faults) != 2 {
			t.Fatalf("%v is searched for: %v", pan, faults)
		}
		for _, f := range faults {
			if f.Code != audit.ErrCardNumber.Code || strings.Contains(f.Public, pan.Expose()) {
				t.Fatalf("%v: %+v", pan, f)
			}
		}
	})
}

func TestNoSentenceQuotesACardNumber(t *testing.T) {
	t.Parallel()
	const number = "4111111111111111"
	_, faults := audit.ParseFilter(url.Values{"kind": {number}, number: {"x"}, "from": {number}}, noon)
	if len(faults) != 3 {
		t.Errorf("%v", faults)
	}
	for _, f := range faults {
		if strings.Contains(f.Public, number) {
			t.Errorf("%s: %s", f.Field, f.Public)
		}
	}
}
