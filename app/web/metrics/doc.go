// Package metrics counts and times the requests that the engine answers, for
// Prometheus.
//
// Invariant: a label is one of few values: route patterns, three methods, HTTP
// statuses. The package knows no routes and no business; it is the one place of
// the engine where a number may be a float, because durations are statistics.
package metrics
