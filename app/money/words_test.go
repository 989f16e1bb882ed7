package money_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/money"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for amount, want := range map[money.TWD]string{
		0:             "零元整",
		1:             "壹元整",
		10:            "壹拾元整",
		105:           "壹佰零伍元整",
		1_250:         "壹仟貳佰伍拾元整",
		1_005:         "壹仟零伍元整",
		10_000:        "壹萬元整",
		10_010:        "壹萬零壹拾元整",
		20_300:        "貳萬零參佰元整",
		105_000:       "壹拾萬伍仟元整",
		1_000_001:     "壹佰萬零壹元整",
		100_000_000:   "壹億元整",
		100_000_001:   "壹億零壹元整",
		100_010_000:   "壹億零壹萬元整",
		money.Max:     "玖拾玖億玖仟玖佰玖拾玖萬玖仟玖佰玖拾玖元整",
		-360:          "負參佰陸拾元整",
		1_234_567_890: "壹拾貳億參仟肆佰伍拾陸萬柒仟捌佰玖拾元整",
	} {
		if got := amount.Words(); got != want {
			t.Errorf("%d is %s, want %s", amount, got, want)
		}
	}
}

// read is what the words are worth, by the rules of a reader: a digit counts for the
// place behind it, and what stands before 萬 or 億 counts that often.
func read(words string) money.TWD {
	var total, group, digit money.TWD
	for _, r := range strings.TrimSuffix(words, "元整") {
		switch r {
		case '拾', '佰', '仟':
			group += digit * map[rune]money.TWD{'拾': 10, '佰': 100, '仟': 1000}[r]
			digit = 0
		case '萬', '億':
			total += (group + digit) * map[rune]money.TWD{'萬': 10_000, '億': 100_000_000}[r]
			group, digit = 0, 0
		default:
			digit = money.TWD(utf8.RuneCountInString("零壹貳參肆伍陸柒捌玖"[:strings.IndexRune("零壹貳參肆伍陸柒捌玖", r)]))
		}
	}
	return total + group + digit
}

func TestWordsReadAsTheAmount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.SliceOfN(rapid.SampledFrom([]int64{0, 0, 0, 1, 2, 5, 9}), 1, 10).Draw(t, "digits") // many zeros
		amount := money.TWD(0)
		for _, d := range digits {
			amount = amount*10 + money.TWD(d)
		}
		words := amount.Words()
		if got := read(words); got != amount {
			t.Fatalf("%d is written %s, which reads %d", amount, words, got)
		}
		for _, bad := range []string{"零零", "零拾", "零佰", "零仟", "零萬", "零億"} {
			if strings.Contains(words, bad) {
				t.Fatalf("%d is written %s, with %s", amount, words, bad)
			}
		}
		if amount > 0 && (strings.HasPrefix(words, "零") || strings.Contains(words, "零元")) {
			t.Fatalf("%d is written %s", amount, words)
		}
	})
}
