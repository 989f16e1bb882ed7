package audit

import (
	"regexp"
	"strings"

	"github.com/memberzone/memberzone/app/secret"
)

// digitGroups are digits as people type them: at a stretch, or in groups. A plus sign
// is a space in a query string.
var (
	digitGroups = regexp.MustCompile(`[0-9０-９]+(?:[-+ \x{a0}\x{3000}]{1,3}[0-9０-９]+)*`)
	digitGroup  = regexp.MustCompile(`[0-9０-９]+`)
)

// The lengths of card numbers (ISO/IEC 7812, as issued), and of trade numbers, which
// no scheme issues.
const (
	cardDigitsMin = 13
	cardDigitsMax = 19
	tradeNoDigits = 17
)

// maskCards masks whatever is in all likelihood a card number, until nothing is left.
func maskCards(text string) string {
	for {
		masked := digitGroups.ReplaceAllStringFunc(text, maskGroups)
		if masked == text {
			return text
		}
		text = masked
	}
}

// holdsCard tells that a text holds what maskCards would mask.
func holdsCard(text string) bool { return maskCards(text) != text }

// maskGroups masks the card numbers of one match of digitGroups.
func maskGroups(run string) string {
	const groupsMax = 5 // 4-4-4-4-3
	groups := digitGroup.FindAllStringIndex(run, -1)
	for i := range groups {
		for j := min(len(groups), i+groupsMax); j > i; j-- {
			if pan, ok := cardOf(run, groups[i:j]); ok {
				start, end := groups[i][0], groups[j-1][1]
				return run[:start] + pan.Masked() + maskGroups(run[end:])
			}
		}
	}
	return run
}

// cardOf joins groups of digits to a card number. Several groups are one only as they
// stand on a card: four digits first and no small group, unlike a date.
func cardOf(run string, groups [][]int) (secret.PAN, bool) {
	const groupFirst, groupMin, groupMax = 4, 3, 6
	var digits strings.Builder
	for i, at := range groups {
		group := run[at[0]:at[1]]
		n := len([]rune(group))
		if len(groups) > 1 && (i == 0 && n != groupFirst || n < groupMin || n > groupMax) {
			return secret.PAN{}, false
		}
		digits.WriteString(group)
	}
	pan, err := secret.ParsePAN(digits.String())
	if err != nil || !pan.Luhn() {
		return secret.PAN{}, false
	}
	n := len(pan.Expose())
	return pan, n >= cardDigitsMin && n <= cardDigitsMax && n != tradeNoDigits
}
