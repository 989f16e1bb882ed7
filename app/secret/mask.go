package secret

import "regexp"

// digitRun is what may hold a card number: digits, also full-width ones, with single
// spaces or hyphens between them.
var digitRun = regexp.MustCompile(`[0-9０-９](?:[ \x{3000}\x{00a0}-]?[0-9０-９]){12,}`)

// MaskPANs masks what looks like a card number in a text: a run of 13 to 19 digits, also
// with spaces and hyphens, whose check digit holds. A longer run is hidden: where a card
// number would begin in it cannot be told.
func MaskPANs(text string) string {
	return digitRun.ReplaceAllStringFunc(text, func(run string) string {
		if pan, err := ParsePAN(run); err == nil {
			if pan.Luhn() {
				return pan.Masked()
			}
			return run
		}
		return mask
	})
}
