// Package ident makes and reads the identifiers that people and merchants see.
//
// Invariant: database ids never leave the program; what a stranger holds (a
// checkout link, a session) is unguessable and stored only as a hash.
package ident
