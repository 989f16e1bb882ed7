package notify

import (
	"context"
	"net"
	"net/http"
	"time"
)

const (
	probeTimeout = 5 * time.Second
	probeAgent   = "Memberzone-Readiness/1.0 (test of NotifyURL; no notification)"
)

// Probe is what came of calling a NotifyURL without a notification.
type Probe struct {
	HTTPStatus int // 0 when there was no answer
	Duration   time.Duration
	Error      string // a short sentence, zh-Hant-TW, fit to be shown; empty when there was an answer
}

// OK tells that the server answers as it should: only HTTP 200 counts, as for a delivery.
func (p Probe) OK() bool { return p.HTTPStatus == http.StatusOK && p.Error == "" }

// Prober calls merchants' NotifyURLs to see whether they answer. It calls what a Client
// calls, under the same guard: public addresses only, checked on the address that is
// dialled, no proxy and no redirect.
type Prober struct{ client *Client }

// NewProber returns a prober with the options of a Client, whose Timeout is 5 seconds for 0.
func NewProber(o ClientOptions) *Prober { return newProber(o, net.Dialer{}) }

func newProber(o ClientOptions, dialer net.Dialer) *Prober {
	if o.Timeout <= 0 {
		o.Timeout = probeTimeout
	}
	client := newClient(o, dialer)
	client.agent = probeAgent
	return &Prober{client}
}

// Probe posts an empty form to a merchant's URL, once. It is harmless: no merchant takes
// for a notification what holds no TradeInfo. At most 64 KiB of the answer is read, and
// only its status is kept.
func (p *Prober) Probe(ctx context.Context, target string) Probe {
	now := p.client.options.Clock.Now
	start := now()
	status, _, err := p.client.post(ctx, target, "")
	answer := Probe{HTTPStatus: status, Duration: now().Sub(start)}
	if err != nil {
		answer.Error = reason(err)
	}
	return answer
}
