package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// goalVerify is how many bare checks one SPC verification may cost.
const goalVerify = 1.5

// WriteVerify writes what was measured as a table, with the goal. met is false if the
// goal was missed.
func WriteVerify(w io.Writer, o VerifyOptions, c VerifyCost) (met bool, err error) {
	var text strings.Builder
	_, _ = fmt.Fprintf(&text, "One verification of a cardholder, answers of %d bytes; %d rounds of %d.\n"+
		"Microseconds of CPU time are minimum/median of the rounds; ratios are of the minima.\n\n",
		c.Answer, o.Rounds, o.Checks)
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprint(table, "\tµs\t÷ bare\t\n")
	for _, line := range []struct {
		name string
		cost Sample
	}{
		{"bare P-256 check", c.Bare},
		{"SPC verification", c.SPC},
		{"WebAuthn verification", c.WebAuthn},
		{"evidence, once more", c.Evidence},
		{"beginning a payment", c.Begin},
	} {
		_, _ = fmt.Fprintf(table, "%s\t%.1f/%.1f\t%.2f ×\t\n",
			line.name, line.cost.Least()/1000, line.cost.Median()/1000, line.cost.Least()/c.Bare.Least())
	}
	if err := table.Flush(); err != nil {
		return false, fmt.Errorf("write the table: %w", err)
	}
	met = c.OverLimit() <= goalVerify
	word := "MISSED"
	if met {
		word = "met"
	}
	_, _ = fmt.Fprintf(&text, "\n"+
		"The limit is crypto/ecdsa.VerifyASN1 of the same signatures, hashed and with the key parsed beforehand.\n"+
		"A verification is all that the program does but the database: it takes the frozen request, reads the\n"+
		"answer strictly, compares what was shown, verifies and writes the counter back, in memory.\n"+
		"Goal: at most %.1f × the bare check: %.2f ×; %s.\n", goalVerify, c.OverLimit(), word)
	_, err = io.WriteString(w, text.String())
	return met, err
}
