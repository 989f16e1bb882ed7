package metrics

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Alerts count what somebody should look at. It is safe for concurrent use.
type Alerts struct{ passkeys *prometheus.CounterVec }

// NewAlerts registers the metrics, with a zero for each reason why a cardholder's passkey
// may be trusted no more. It fails if the registry has them already.
func NewAlerts(r prometheus.Registerer, reasons ...string) (*Alerts, error) {
	a := &Alerts{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "passkey_alerts_total",
		Help: "Cardholders' passkeys that are trusted no more, by reason: a copy may exist, or the backup flag changed.",
	}, []string{"reason"})}
	if err := r.Register(a.passkeys); err != nil {
		return nil, fmt.Errorf("register the alert metrics: %w", err)
	}
	for _, reason := range reasons {
		a.passkeys.WithLabelValues(reason)
	}
	return a, nil
}

// Passkey counts a passkey that is trusted no more.
func (a *Alerts) Passkey(reason string) { a.passkeys.WithLabelValues(reason).Inc() }
