// Package param reads the query parameters of an address and gathers what is wrong
// with them.
//
// Invariant: what is absent takes its default; every value that cannot be is told
// beside its field, at most once for each, and takes its default too; a parameter that
// nobody reads is told, since a misspelt name would otherwise widen a search without a
// word. The package knows no field by name and no page.
package param
