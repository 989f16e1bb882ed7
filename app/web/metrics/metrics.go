package metrics

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Requests counts and times requests. It is safe for concurrent use.
type Requests struct {
	seconds *prometheus.HistogramVec
	flight  prometheus.Gauge
}

// buckets are the upper bounds of the duration histogram: 1 ms, doubled up to 33 s.
var buckets = prometheus.ExponentialBuckets(.001, 2, 16)

// NewRequests registers the metrics. It fails if the registry has them already.
func NewRequests(r prometheus.Registerer) (*Requests, error) {
	m := &Requests{
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "http_request_duration_seconds",
			Help:    "Duration of HTTP requests by route pattern; its count is the number of requests.",
			Buckets: buckets,
		}, []string{"route", "method", "status"}),
		flight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "http_requests_in_flight", Help: "HTTP requests that are being answered.",
		}),
	}
	for _, c := range []prometheus.Collector{m.seconds, m.flight} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register the request metrics: %w", err)
		}
	}
	return m, nil
}

// Request is one request that is being answered.
type Request struct {
	of    *Requests
	timer *prometheus.Timer
}

// Start begins to time a request.
func (m *Requests) Start() Request {
	m.flight.Inc()
	return Request{of: m, timer: prometheus.NewTimer(nil)}
}

// Labels say what a request was. Route is a pattern, never a path.
type Labels struct {
	Route  string
	Method string
	Status int
}

// Done counts the request and returns how long it took.
func (r Request) Done(l Labels) time.Duration {
	took := r.timer.ObserveDuration()
	r.of.flight.Dec()
	r.of.seconds.WithLabelValues(l.Route, Method(l.Method), strconv.Itoa(l.Status)).Observe(took.Seconds())
	return took
}

// Method returns the method, or "other": made-up methods must not fill the metrics.
func Method(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		return method
	default:
		return "other"
	}
}
