package metrics

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Alerts count what somebody should look at. It is safe for concurrent use.
type Alerts struct {
	passkeys *prometheus.CounterVec
	mails    prometheus.Counter
}

// NewAlerts registers the metrics, with a zero for each reason why a cardholder's passkey
// may be trusted no more. It fails if the registry has them already.
func NewAlerts(r prometheus.Registerer, reasons ...string) (*Alerts, error) {
	a := &Alerts{
		passkeys: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "passkey_alerts_total",
			Help: "Cardholders' passkeys that are trusted no more, by reason: a copy may exist, or the backup flag changed.",
		}, []string{"reason"}),
		mails: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mails_given_up_total",
			Help: "Mails that the mail server refused for good, or took at none of the tries.",
		}),
	}
	for _, c := range []prometheus.Collector{a.passkeys, a.mails} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register the alert metrics: %w", err)
		}
	}
	for _, reason := range reasons {
		a.passkeys.WithLabelValues(reason)
	}
	return a, nil
}

// Passkey counts a passkey that is trusted no more.
func (a *Alerts) Passkey(reason string) { a.passkeys.WithLabelValues(reason).Inc() }

// MailGivenUp counts a mail that was given up.
func (a *Alerts) MailGivenUp() { a.mails.Inc() }
