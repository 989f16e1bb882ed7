// Package evidence hands out what proves that a cardholder confirmed a payment: as a
// record that pages tell in words, and as a bundle, a file that anybody checks without
// this program's database.
//
// Invariant: a bundle is made of what never changes once the payment was confirmed, so
// that the same payment gives the same bytes on every day, and its SHA-256 may be
// compared with the one that the transaction page and the audit log have. Read takes
// those bytes and no others: one changed byte anywhere is an error. No card number beyond
// the last four digits is in it, nor anything of other payments of the card.
//
// The package knows no pages, no storage and no cryptography: what a signature is worth
// is the room cardholder's.
package evidence
