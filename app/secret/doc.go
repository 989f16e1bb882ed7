// Package secret holds values that must never reach a log, an error or a page
// by accident.
//
// Invariant: every way of printing, logging or marshalling a secret writes a
// mask; only Expose returns the value, so that each use can be found by its name.
package secret
