// Package account holds who signs in, for a member (the owner and the 助理帳號) or as our
// own staff: their passwords, sign-ins, proofs of identity and mailed one-time links, and
// the Actor that each request runs as.
//
// Invariant: a refused sign-in and a recovery that is asked for answer the same, in words
// and in work, whatever exists; an Actor is read afresh for each request, so that a
// suspension or a lost store takes effect at once; whoever looks at the pages as somebody
// else changes nothing; each change is one transaction with its audit entry and its mail.
// The package knows no cookies, no pages and no storage, and does not decide what an
// account may do: package permit does.
package account
