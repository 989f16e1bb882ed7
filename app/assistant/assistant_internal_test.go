package assistant

import (
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/permit"
)

func TestMemoStaysSmallAndKnowsTheDay(t *testing.T) {
	t.Parallel()
	today := clock.DateOf(time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC))
	m := memo{seen: map[useKey]clock.Date{}}
	use := Use{AccountID: 1, Unit: permit.PayLinks, Level: permit.View, Day: today}
	if m.has(use) {
		t.Error("an empty memo knows a use")
	}
	m.add(use)
	tomorrow, manage := use, use
	tomorrow.Day, manage.Level = today.AddDays(1), permit.Manage
	if !m.has(use) || m.has(tomorrow) || m.has(manage) {
		t.Errorf("has = %v, %v, %v", m.has(use), m.has(tomorrow), m.has(manage))
	}
	for id := range account.ID(usesMax + 10) {
		m.add(Use{AccountID: id, Unit: permit.PayLinks, Level: permit.View, Day: today})
	}
	if len(m.seen) > usesMax {
		t.Errorf("the memo holds %d uses", len(m.seen))
	}
}
