// Package verification leads a cardholder through one verification of a hosted checkout:
// by one-time password, by making a Passkey after one, or by a Passkey; and starts the
// payment in the same database transaction in which the verification succeeds.
//
// Invariants: a verification belongs to one transaction, which has at most one live one;
// it changes state only along its transition table, with the transaction's row and its own
// held. A payment starts at most once, never without the verification that its route
// demands, never after the verification has failed. The card between form and payment is
// kept sealed, and nothing of it is left once the verification has ended. No outside party
// is called inside a database transaction, and whatever is cut short leaves a state that
// the cardholder or the sweep goes on from.
//
// The lab of test-mode stores plays scenarios on the same way: it changes the facts and the
// outcomes of a step, sends no code, knows no vault and is counted nowhere. Nothing of it is
// reachable for a live store.
//
// The package knows no HTTP, no SQL and no pages. How a code is sent is the room otp's,
// what an authenticator signed the room cardholder's, what a network token is the room
// token's, and what a payment is the room payment's.
package verification
