// Package payment is the payment core: a merchant's order, the attempts to
// authorise it, and what became of its money: void, capture, refund, the daily close,
// the settlement. Judge alone knows the rules of the actions.
//
// Invariants: a transaction changes state only along its transition table, in
// one database transaction that holds its row, with its event and its outgoing
// messages. The acquirer is never called inside a database transaction. An
// answer that did not arrive is a state (Unknown), cured by asking the acquirer.
// At most one attempt of a transaction is ever under way, and at most one is
// authorised. What is captured never exceeds what was authorised, nor what is refunded
// what was captured; a request, known by its key, acts once; a batch goes to the acquirer
// with the content that it was sealed with, however often it is sent. Card numbers
// are handed to the acquirer and are never stored.
//
// The package knows no HTTP server, no SQL and no pages.
package payment
