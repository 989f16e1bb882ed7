// Package fieldcrypt seals single fields before they are stored. It is the only
// importer of the Tink library.
//
// Invariant: a sealed field opens only with the keyset and only in its place:
// the context (table, row and column) is authenticated with it. The keyset
// itself comes from outside and is never logged.
package fieldcrypt
