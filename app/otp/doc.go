// Package otp keeps one-time codes: six digits that are sent by SMS to the phone
// which the issuer holds for a card, and typed back by the cardholder.
//
// Invariants: a subject has at most one live code; a code is tried at most three
// times, however many tries arrive at once, and lives for five minutes; a subject gets
// at most three codes, a minute apart. The code itself is nowhere but in the message to
// the phone: at rest it is a keyed hash, and the message is sealed until the gateway
// has it, and then erased. No code and no whole phone number is in an error or a log.
//
// The package knows neither payments nor cards, no queue and no SMS protocol: something
// else calls Deliver, and calls again after an error.
package otp
