// Package apptest stands the whole program up for tests: a fresh database with
// the demonstration's members, a clock that stands still, a real bank simulator
// over HTTP. Only tests import it.
package apptest
