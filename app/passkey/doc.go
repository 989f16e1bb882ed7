// Package passkey runs WebAuthn ceremonies: registering a passkey, signing in with
// one, and proving again who is there. It is the only importer of go-webauthn.
//
// Invariant: a challenge is good for one answer, of the ceremony and the holder that
// it was made for, and for five minutes; it is consumed in the statement that reads
// it. A signature counter that goes backwards refuses. The package knows holders by
// number only: no accounts, no members, no pages and no storage.
package passkey
