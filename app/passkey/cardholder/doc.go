// Package cardholder is the relying party of card payments: cardholders bind a
// passkey to a card, and confirm payments with it, by Secure Payment Confirmation
// (SPC) or by plain WebAuthn.
//
// Invariant: what a cardholder is asked to confirm is frozen before it is shown, and
// the challenge is the SHA-256 of the frozen request. An answer is good once, for the
// verification and the card that it was made for, within five minutes, and only if it
// signs that request, from the origin that was expected, with a key that was bound to
// the card by then. VerifyEvidence repeats the check years later, without a database.
//
// The package knows cards, verifications and transactions by number only: no card
// numbers, no members, no pages, no one-time codes and no storage.
package cardholder
