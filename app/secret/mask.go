package secret

import (
	"regexp"
	"strings"
)

// digitRun is what may hold a card number: digits, also full-width ones, with single
// spaces or hyphens between them.
var digitRun = regexp.MustCompile(`[0-9０-９](?:[ \x{3000}\x{00a0}-]?[0-9０-９]){12,}`)

// MaskPANs masks what looks like a card number in a text: a run of 13 to 19 digits, also
// with spaces and hyphens, whose check digit holds. A longer run is hidden: where a card
// number would begin in it cannot be told. So is one in which a card number stands beside
// other numbers, such as 2 4111 1111 1111 1111.
func MaskPANs(text string) string { return digitRun.ReplaceAllStringFunc(text, maskRun) }

func maskRun(run string) string {
	pan, err := ParsePAN(run)
	switch {
	case err == nil && pan.Luhn():
		return pan.Masked()
	case err != nil || holdsPAN(run):
		return mask
	}
	return run
}

// panDigitsMin is how many digits a card number has at least where none is expected.
const panDigitsMin = 13

// holdsPAN tells that some of a run's groups, one behind the other, are a card number.
func holdsPAN(run string) bool {
	groups := strings.FieldsFunc(run, func(r rune) bool { return strings.ContainsRune(" -\u3000\u00a0", r) })
	for from := range groups {
		for to := from + 1; to <= len(groups); to++ {
			pan, err := ParsePAN(strings.Join(groups[from:to], ""))
			if err == nil && len(pan.Expose()) >= panDigitsMin && pan.Luhn() {
				return true
			}
		}
	}
	return false
}
