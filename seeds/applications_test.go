package seeds_test

import (
	"context"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/workday"
	"github.com/memberzone/memberzone/seeds"
)

type program struct{}

func (program) Calendar(context.Context) (workday.Calendar, error) { return seeds.TaiwanWorkdays() }

func (program) Check(_ context.Context, stores []member.StoreID) ([]onboarding.Check, error) {
	checks := make([]onboarding.Check, len(stores))
	for i, id := range stores {
		checks[i] = onboarding.Check{Store: id, Items: []onboarding.Item{{Verdict: onboarding.Fail}}} // by what it did since
	}
	return checks, nil
}

func TestTheDemonstrationHasApplicationsAtEveryStep(t *testing.T) {
	t.Parallel()
	db := loaded(t)
	now := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	o := seeds.ApplicationsOptions{Records: db.Onboarding(), Calendar: program{}, Readiness: program{}, Now: now}
	for range 2 { // the second changes nothing
		if err := seeds.Applications(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	page, err := db.Onboarding().Queue(t.Context(), onboarding.QueueFilter{Limit: 50}, clock.DateOf(now))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"遠岸科技股份有限公司 confirmed", "林小舖 activating", "海風書店 submitted", "陳工程師 submitted", "山城茶行 needs_info",
		"晴川選物股份有限公司 activated",
	}
	for i, a := range page.Applications {
		if got := a.Name + " " + string(a.State); i >= len(want) || got != want[i] {
			t.Errorf("%d: %s", i, got)
		}
	}
	if page.Total != len(want) || page.Applications[0].Urgency(now) != onboarding.Overdue {
		t.Errorf("%d applications, the first is %s", page.Total, page.Applications[0].Urgency(now))
	}
}
