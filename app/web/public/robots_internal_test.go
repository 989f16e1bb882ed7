package public

import (
	"net/url"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fieldcrypt"
)

func TestPeopleAreToldFromPrograms(t *testing.T) {
	t.Parallel()
	keyset, err := fieldcrypt.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	cipher, err := fieldcrypt.New(keyset)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	opened := robots{seals: cipher, clock: clock.NewFake(start)}
	good, err := opened.guard()
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := cipher.Seal([]byte("1795492800000"), []byte("another form"))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		seal, trap string
		after      time.Duration
		want       doubt
	}{
		"a person":             {good.Seal, "", time.Minute, certain},
		"at the least":         {good.Seal, "", fillLeast, certain},
		"after a day":          {good.Seal, "", fillMost, certain},
		"a program":            {good.Seal, "", 200 * time.Millisecond, hasty},
		"a program that waits": {good.Seal, "https://spam.test", time.Minute, trapped},
		"an old form":          {good.Seal, "", fillMost + time.Second, stale},
		"from the future":      {good.Seal, "", -time.Second, stale},
		"without a seal":       {"", "", time.Minute, stale},
		"a made-up seal":       {"MTc5NTQ5MjgwMDAwMA", "", time.Minute, stale},
		"no seal at all":       {"%%%", "", time.Minute, stale},
		"the seal of a field":  {string(foreign), "", time.Minute, stale},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := robots{seals: cipher, clock: clock.NewFake(start.Add(test.after))}
			form := url.Values{fieldSeal: {test.seal}, fieldTrap: {test.trap}}
			got := r.judge(form)
			if got != test.want {
				t.Fatalf("judged %d, want %d", got, test.want)
			}
			again, err := r.again(form, got)
			if err != nil {
				t.Fatal(err)
			}
			if kept := again.Seal == test.seal; kept != (test.want != stale) {
				t.Errorf("the seal was kept: %v", kept)
			}
			if got != certain && got.notice().Text == "" {
				t.Error("nothing is said")
			}
		})
	}
}
