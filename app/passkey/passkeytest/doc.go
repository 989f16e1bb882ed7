// Package passkeytest lets tests hold passkeys without a browser: an authenticator in
// software, and stores in memory for accounts' passkeys and for cards'.
//
// Invariant: the authenticator follows WebAuthn Level 3 byte by byte unless a test
// sets a field that makes it lie. It knows nothing of the relying party's library, so
// that both sides cannot share a mistake. No product code imports it but the measurement
// of what a check costs.
package passkeytest
