package param_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/param"
)

func reader(query string) *param.Reader {
	values, err := url.ParseQuery(query)
	if err != nil {
		panic(err) // a mistake of the test
	}
	return param.New(values, param.Options{
		Invalid: fault.New(fault.Invalid, "invalid", "x"), Clean: strings.TrimSpace,
		Excerpt: func(value string) string { return value },
	})
}

func TestDaysReadsARange(t *testing.T) {
	t.Parallel()
	today, err := clock.ParseDate("2026-11-24")
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"":                              "2026-11-18 2026-11-24",
		"from=2026-11-01":               "2026-11-01 2026-11-24",
		"from=2026-12-01":               "2026-12-01 2026-12-01",
		"to=2026-11-10":                 "2026-11-04 2026-11-10",
		"from=2026-11-15&to=2026-11-24": "2026-11-15 2026-11-24",
		"from=2026-11-25&to=2026-11-24": "2026-11-18 2026-11-24 to",
		"from=2025-10-20&to=2026-11-24": "2026-11-18 2026-11-24 to", // 401 days
		"from=2026-02-30":               "2026-11-18 2026-11-24 from",
		"from=x&to=y":                   "2026-11-18 2026-11-24 from to",
	} {
		r := reader(query)
		from, to := r.Days(today, param.Range{Label: "期間", Default: 7, Max: 400})
		got := from.String() + " " + to.String()
		for _, f := range r.Faults() {
			got += " " + f.Field
		}
		if got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
}

func TestEveryFieldIsToldOnceAndTakesItsDefault(t *testing.T) {
	t.Parallel()
	type colour string
	known := []colour{"red", "blue"}
	r := reader("a=green&b=blue&b=+blue+&c=red&c=blue&d=2&e=blue&e=green&e=pink&stray=1")
	a, b, c := param.Choice(r, "a", known), param.Choice(r, "b", known), param.Choice(r, "c", known)
	d, e := r.Flag("d"), param.Choices(r, "e", known)
	r.RefuseUnknown([]string{"a", "b", "c", "d", "e"})
	if a != "red" || b != "blue" || c != "red" || d || len(e) != 1 || e[0] != "blue" {
		t.Error(a, b, c, d, e)
	}
	var told []string
	for _, f := range r.Faults() {
		told = append(told, f.Field)
	}
	if got := strings.Join(told, " "); got != "a c d e stray" {
		t.Errorf("told %s", got)
	}
}
