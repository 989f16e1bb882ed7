// Package account holds who signs in for a member: the owner and the assistants
// (助理帳號), their passwords, and the Actor that each request runs as.
//
// Invariant: a refused sign-in answers the same, in words and in work, whatever
// was wrong; and an Actor is read afresh for each request, so that a suspension
// or a lost store takes effect at once. The package knows no cookies, no pages
// and no storage, and does not decide what an account may do: package permit does.
package account
