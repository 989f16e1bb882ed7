// Package keyring lets cardholders see and remove the passkeys of their cards, by a link
// that is mailed to the address that they paid with; and lets our support remove one.
//
// Invariant: who asks for a link learns nothing of whether the address is known: the
// answer is the same, takes as long, and the looking is done later. A link is good for
// half an hour, for the passkeys of its address alone, and its token is kept nowhere but
// in the mail. Each removal is for ever and stands in the audit log; card and token stay.
//
// The package knows no pages, no storage and no WebAuthn: what a credential is belongs to
// the room cardholder.
package keyring
