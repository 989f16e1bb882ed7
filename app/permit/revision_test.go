package permit_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/permit"
)

var today = clock.DateOf(time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC))

// at gives the actor its grants and the revision they were read at.
func at(actor account.Actor, number int64, day clock.Date, grants ...account.Grant) account.Actor {
	actor.Revision, actor.Grants = account.Revision{Number: number, Day: day}, grants
	return actor
}

func TestTheRevisionSaysWhenToAskAgain(t *testing.T) {
	t.Parallel()
	clerk, view, manage := assistant(5), grant(permit.CardTrades, permit.View), grant(permit.CardTrades, permit.Manage)
	tests := []struct {
		name          string
		first, second account.Actor
		held          permit.Level // at the second question, after the first
	}{
		{"one revision: remembered", at(clerk, 1, today, view), at(clerk, 1, today, manage), permit.View},
		{"a change acts at once", at(clerk, 1, today, view), at(clerk, 2, today, manage), permit.Manage},
		{"a grant taken away", at(clerk, 2, today, manage), at(clerk, 3, today), permit.None},
		{"an older revision, of a request that overlaps", at(clerk, 2, today, manage), at(clerk, 1, today), permit.None},
		{"a new day", at(clerk, 1, today, manage), at(clerk, 1, today.AddDays(1)), permit.None},
		{"a day back", at(clerk, 1, today, manage), at(clerk, 1, today.AddDays(-1)), permit.None},
		{"the zero revision", at(clerk, 0, clock.Date{}, manage), at(clerk, 0, clock.Date{}), permit.None},
		{"no number", at(clerk, 0, today, manage), at(clerk, 0, today), permit.None},
		{"a number too large to remember", at(clerk, 1<<62, today, manage), at(clerk, 1<<62, today), permit.None},
		{"a negative number", at(clerk, -1, today, manage), at(clerk, -1, today), permit.None},
		{"another account", at(assistant(6), 1, today, manage), at(clerk, 1, today), permit.None},
		{
			"another account in the same place of the memory",
			at(assistant(5+1<<20), 1, today, manage), at(clerk, 1, today), permit.None,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, gate := authority(t), permit.CardTradeList.Gate()
			if _, err := a.Decide(tt.first, gate); err != nil {
				t.Fatal(err)
			}
			if d, err := a.Decide(tt.second, gate); err != nil || d.Held != tt.held {
				t.Errorf("holds %s, %v; want %s", d.Held, err, tt.held)
			}
		})
	}
}

// everyUnit is a source with two screens for each unit, "view UNIT" and "manage UNIT".
func everyUnit() permit.Source {
	s := source()
	s.Screens, s.Known = "", nil
	for _, row := range permit.Rows() {
		for _, level := range []permit.Level{permit.View, permit.Manage} {
			screen := screenOf(row.Unit, level)
			s.Known = append(s.Known, screen)
			s.Screens += fmt.Sprintf("%s, %s, %s\n", screen, row.Unit, level)
		}
	}
	return s
}

func screenOf(u permit.Unit, l permit.Level) permit.Screen {
	return permit.Screen(l.String() + " " + string(u))
}

// held is the reference: what the grants say about a unit, by the words alone.
func held(grants []account.Grant, unit permit.Unit) permit.Level {
	best := permit.None
	for _, g := range grants {
		switch {
		case g.Unit != string(unit):
		case g.Level == "manage":
			best = permit.Manage
		case g.Level == "view" && best == permit.None:
			best = permit.View
		}
	}
	return best
}

// somebody is an assistant in the model: the grants it has now, and their revision.
type somebody struct {
	grants []account.Grant
	number int64
}

func TestDecisionsFollowTheGrants(t *testing.T) {
	t.Parallel()
	a, err := permit.New(everyUnit())
	if err != nil {
		t.Fatal(err)
	}
	var numbers int64 // of all checks: the authority remembers the ones before
	units := []string{"nothing", "card_trades:manage", ""}
	for _, row := range permit.Rows() {
		units = append(units, string(row.Unit))
	}
	rapid.Check(t, func(t *rapid.T) {
		everybody, day := map[account.ID]*somebody{}, today
		for range rapid.IntRange(1, 12).Draw(t, "requests") {
			id := account.ID(rapid.SampledFrom([]int{1, 2, 3, 1 + 1<<20}).Draw(t, "account"))
			who := everybody[id]
			if who == nil || rapid.Bool().Draw(t, "change") {
				numbers++
				who = &somebody{number: numbers, grants: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) account.Grant {
					return account.Grant{
						Unit:  rapid.SampledFrom(units).Draw(t, "unit"),
						Level: rapid.SampledFrom([]string{"none", "view", "manage", "admin", ""}).Draw(t, "level"),
					}
				}), 0, 12).Draw(t, "grants")}
				everybody[id] = who
			}
			day = day.AddDays(rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "nights"))
			row := rapid.SampledFrom(permit.Rows()).Draw(t, "row")
			needed := rapid.SampledFrom([]permit.Level{permit.View, permit.Manage}).Draw(t, "needed")
			has := held(who.grants, row.Unit)
			want := permit.Decision{
				Allowed: has >= needed, Screen: screenOf(row.Unit, needed), Row: row, Held: has, Needed: needed,
			}
			got, err := a.Decide(at(assistant(id), who.number, day, who.grants...), want.Screen.Gate())
			if err != nil || got != want {
				t.Fatalf("Decide = %+v, %v; want %+v", got, err, want)
			}
		}
	})
}

func TestLevelsOfAll(t *testing.T) {
	t.Parallel()
	a, everybody := authority(t), people()
	for name, want := range map[string]permit.Level{
		"owner": permit.Manage, "individual": permit.Manage, "individual's assistant": permit.Manage,
		"assistant": permit.None, "nobody": permit.None, "admin": permit.None, "staff with member": permit.None,
		"staff of individual": permit.None, "owner of none": permit.None,
	} {
		levels, err := a.Levels(everybody[name])
		if err != nil || len(levels) != len(permit.Rows()) {
			t.Fatalf("%s: %d levels, %v", name, len(levels), err)
		}
		for unit, level := range levels {
			if level != want {
				t.Errorf("%s holds %s on %s, want %s", name, level, unit, want)
			}
		}
	}
	levels, err := a.Levels(everybody["manager"])
	if err != nil || levels[permit.CardTrades] != permit.Manage || levels[permit.PayLinks] != permit.None {
		t.Errorf("Levels = %v, %v", levels, err)
	}
}

func TestWhenCasbinFailsNobodyPasses(t *testing.T) {
	t.Parallel()
	s := source()
	s.Model = strings.Replace(s.Model, "r.obj == p.obj", `(r.dom == "staff" || r.obj > 1) && r.obj == p.obj`, 1)
	a, err := permit.New(s)
	if err != nil {
		t.Fatal(err)
	}
	clerk := at(assistant(5), 1, today, grant(permit.CardTrades, permit.Manage))
	for range 2 { // nothing wrong is remembered either
		if d, err := a.Decide(clerk, permit.CardTradeList.Gate()); err == nil || d.Allowed || d.Held != permit.None {
			t.Errorf("Decide = %+v, %v", d, err)
		}
		if levels, err := a.Levels(clerk); err == nil || len(levels) != 0 {
			t.Errorf("Levels = %v, %v", levels, err)
		}
	}
}

// Requests of many accounts at once, while their grants change and the day does, get
// the answer of the grants that came with them.
func TestRequestsAtOnce(t *testing.T) {
	t.Parallel()
	a := authority(t)
	levels := []permit.Level{permit.None, permit.View, permit.Manage}
	errs := make([]error, 4)
	var all sync.WaitGroup
	for worker := range errs {
		all.Go(func() {
			for i := range 1_000 {
				number, day := int64(1+i/50), today.AddDays(i/500)
				level := levels[number%3]
				clerk := at(assistant(account.ID(1+(i+worker)%4)), number, day, grant(permit.CardTrades, level))
				if d, err := a.Decide(clerk, permit.CardTradeList.Gate()); err != nil || d.Held != level {
					errs[worker] = errors.Join(err, fmt.Errorf("request %d: %+v, want %s", i, d, level))
					return
				}
			}
		})
	}
	all.Wait()
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		t.Error(errs[i])
	}
}
