// Package fieldcrypt seals single fields before they are stored. It is the only
// importer of the Tink library.
//
// Invariant: a sealed field opens only with the keyset and only in its place:
// the context (table, row and column) is authenticated with it. The keyset
// itself comes from outside and is never logged. A field that must be found by its
// whole value has a blind index beside it: equal values have equal ones, and only
// whoever has the keyset can make one.
package fieldcrypt
