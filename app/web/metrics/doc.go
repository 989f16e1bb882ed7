// Package metrics counts and times the requests that the engine answers, for
// Prometheus.
//
// Invariant: a label is one of few values: route patterns, three methods, HTTP
// statuses. The package knows no routes and no business.
package metrics
