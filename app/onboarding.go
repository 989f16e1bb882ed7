package app

import (
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/seeds"
)

// workdays builds the keeper of the working-day calendar.
func (a *App) workdays(c Config) (*onboarding.Workdays, error) {
	base, err := seeds.TaiwanWorkdays()
	if err != nil {
		return nil, err
	}
	return onboarding.NewWorkdays(onboarding.WorkdaysOptions{Store: a.db.Workdays(), Base: base, Clock: c.Clock}), nil
}

// readier builds what checks stores for Passkey. On one machine merchants' servers are
// local; elsewhere none may be.
func (a *App) readier(c Config) *onboarding.Readier {
	return onboarding.NewReadier(onboarding.ReadinessOptions{
		Seen: a.db.Readiness(), Clock: c.Clock, LocalMerchants: c.LocalMerchants,
		Prober: notify.NewProber(notify.ClientOptions{
			Clock: c.Clock, AllowPrivate: c.LocalMerchants, AnyPort: c.LocalMerchants,
		}),
	})
}

// onboardings builds the service of applications for the Passkey服務.
func (a *App) onboardings(c Config, workdays *onboarding.Workdays) *onboarding.Service {
	return onboarding.New(onboarding.Options{
		Store: a.db.Onboarding(), Calendar: workdays, Readiness: a.readier(c), Clock: c.Clock, PublicURL: c.PublicURL,
		OnePersonActivates: c.OnePersonActivates,
	})
}
