// Package money holds amounts of New Taiwan dollars.
//
// Invariant: an amount is a whole number of dollars in an int64; no float ever
// takes part. ISO 4217 gives TWD two decimals, the wire protocol and the cards
// here use none. The package knows nothing of payments, storage or pages.
package money
