// Package token is the vault of cards: which card has which network token, and what
// was done with it (Token綁定, Token交易).
//
// Invariants: a card number is stored nowhere; a card is known by its blind indexes,
// first six and last four. A card has at most one token that is not deleted. Each
// Token綁定 is recorded once for each link of a card to a token, each Token交易 once for
// each transaction, however often and however concurrently they are told. No network is
// asked inside a database transaction.
//
// A link is made anew when the network has deleted a card's token and gives out another
// one: what was bound is gone, so that is another Token綁定. A token that was suspended,
// resumed or renewed stays the same link.
//
// The package must not know how a payment is verified or authorised, nor which
// network or database stands behind its interfaces.
package token
