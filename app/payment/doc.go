// Package payment is the payment core: a merchant's order, the attempts to
// authorise it, and what became of it.
//
// Invariants: a transaction changes state only along its transition table, in
// one database transaction that holds its row, with its event and its outgoing
// messages. The acquirer is never called inside a database transaction. An
// answer that did not arrive is a state (Unknown), cured by asking the acquirer.
// At most one attempt of a transaction is ever under way, and at most one is
// authorised. Card numbers are handed to the acquirer and are never stored.
//
// The package knows no HTTP server, no SQL and no pages.
package payment
