// Package e2e proves the whole product from outside: a merchant with an
// unchanged third-party SDK, a cardholder, a member's owner and assistants and our
// own staff in a real browser, an operator with the real binary who loses it to kill -9.
//
// Invariant: what a test asserts was seen by one of those parties, at the bank,
// or in a row of the database; no test reaches into the program. It holds tests
// only, and nothing imports it.
//
// It needs Node with npm (the SDK is installed once, into the user's cache
// folder) and Chromium. Where one is missing the tests that need it are skipped
// with the reason; MEMBERZONE_E2E=required makes that a failure.
// MEMBERZONE_CHROMIUM names a browser that is not on the PATH.
package e2e
