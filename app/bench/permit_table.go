package bench

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"text/tabwriter"
)

// The goal for one permission check with 1,000 members of 60 assistants each.
const (
	goalMembers, goalAssistants = 1_000, 60

	goalOverLimit = 5.0
	goalBytes     = 50 << 20
)

// WritePermit writes what was measured as a table, with the goal. met is false if the
// goal was measured and missed.
func WritePermit(w io.Writer, o PermitOptions, costs []PermitCost) (met bool, err error) {
	var text strings.Builder
	_, _ = fmt.Fprintf(&text, "One permission check, %d assistants a member, all units; "+
		"seed %d, %d rounds of %d checks.\n"+
		"Nanoseconds are minimum/median of the rounds; ratios are of the minima.\n\n",
		o.Assistants, o.Seed, o.Rounds, o.Checks)
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintf(table, "members\taccounts\tmap[account] ns\tmap[account,unit] ns\tcheck ns\t÷ map[account]\t"+
		"÷ map[account,unit]\ton %d CPUs\tsnapshots MB\tCasbin itself µs\t\n", runtime.GOMAXPROCS(0))
	met = true
	verdict := fmt.Sprintf("Goal (%d members × %d): not measured.\n", goalMembers, goalAssistants)
	for _, c := range costs {
		_, _ = fmt.Fprintf(table, "%d\t%d\t%s\t%s\t%s\t%.1f ×\t%.1f ×\t%.1f × faster\t%.1f\t%.0f/%.0f\t\n",
			c.Members, c.Accounts, spread(c.AccountMap), spread(c.PairMap), spread(c.Check), c.OverLimit(),
			c.Check.Least()/c.PairMap.Least(), c.Check.Least()/c.Parallel.Least(), megabytes(c.Snapshots),
			c.Casbin.Least()/1000, c.Casbin.Median()/1000)
		if c.Members == goalMembers && o.Assistants == goalAssistants {
			met = c.OverLimit() <= goalOverLimit && c.Snapshots <= goalBytes
			verdict = judgement(c, met)
		}
	}
	if err := table.Flush(); err != nil {
		return false, fmt.Errorf("write the table: %w", err)
	}
	_, _ = fmt.Fprintf(&text, "\n"+
		"The limit is map[account]: one word an account and one look-up, the least that can answer.\n"+
		"map[account,unit] holds the same answers in an entry for each grant. Casbin itself answers for all\n"+
		"units at once, when an account is first seen and when its grants change.\n%s", verdict)
	_, err = io.WriteString(w, text.String())
	return met, err
}

func judgement(c PermitCost, met bool) string {
	word := "MISSED"
	if met {
		word = "met"
	}
	return fmt.Sprintf("Goal (%d members × %d): at most %.0f × map[account]: %.1f ×; ",
		goalMembers, goalAssistants, goalOverLimit, c.OverLimit()) +
		fmt.Sprintf("at most %.0f MB: %.1f MB; %s.\n", megabytes(goalBytes), megabytes(c.Snapshots), word)
}

func spread(s Sample) string { return fmt.Sprintf("%.1f/%.1f", s.Least(), s.Median()) }

func megabytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }
