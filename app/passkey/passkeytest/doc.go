// Package passkeytest lets tests hold passkeys without a browser: an authenticator in
// software and a store in memory.
//
// Invariant: the authenticator follows WebAuthn Level 3 byte by byte unless a test
// sets a field that makes it lie. It knows nothing of the relying party's library, so
// that both sides cannot share a mistake. No product code imports it.
package passkeytest
