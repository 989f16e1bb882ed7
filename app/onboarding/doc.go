// Package onboarding carries a merchant's application for the Passkey服務 from 申請 to 開通,
// and a store's Passkey on and off afterwards.
//
// Invariant: an application moves only along the transition table, under the version that
// its mover has seen, with the entry in the audit log, the mails and the notices in the same
// database transaction. A store's Passkey is switched on by one of our staff and confirmed
// by another, unless the operator says that one is enough. The package knows no pages, no
// SQL and no mail server.
package onboarding
