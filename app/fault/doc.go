// Package fault is the program's one type of error with meaning.
//
// A Fault has a kind (what sort of trouble), a code (which rule, declared
// beside that rule), a public sentence in Traditional Chinese that a person may
// read, and a cause that only the log sees. Any error that is no Fault is
// Internal. The package knows no HTTP and no wire code: each audience has one
// place that renders faults.
package fault
