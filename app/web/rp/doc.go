// Package rp is the relying party's own origin: passkeys are created and used there for
// card payments, on its own pages, in a frame of a registered shop, and from the
// checkout by Secure Payment Confirmation.
//
// Invariant: a route answers only to the one verification whose unguessable part stands
// in its address, and to scripts only of the origins that this verification may be called
// from. Nothing of a card is in any answer but its brand and last four digits. The
// package decides nothing about a signature: verification and the relying party's
// domain do.
package rp
