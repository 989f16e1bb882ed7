// Package audit keeps the log of who did what: sign-ins and failures, changes of
// permissions with before and after, views of card data, exports, refusals, and
// actions on money.
//
// Invariant: an entry is written in the database transaction of the change that
// it tells of, is never changed or deleted, and is chained to the one before it in
// the chain of its member by SHA-256, so that an altered, missing or reordered
// entry is found. An entry holds no card number, no password and no token. The
// package knows no accounts, no pages and no storage.
package audit
