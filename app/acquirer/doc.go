// Package acquirer is the HTTP client of the acquirer bank: it implements
// payment.Acquirer, and otp.Issuer by asking the card's issuer through it.
//
// Invariants: it answers and decides nothing. A call is sent at most once: it
// never retries by itself, and neither does the transport underneath, since no
// request can be replayed (a POST with a body, without GetBody and without an
// Idempotency-Key header, and no proxy and no redirect is followed). It reports
// payment.ErrNotSent only when the acquirer certainly did not process this
// delivery: no connection was ever had, or the acquirer said so itself. All
// else, an answer that does not hold together among it, is payment.ErrNoAnswer.
// A batch is sent only once the bank's receipt is here; its answers are taken only if
// they hold together. It never runs inside a database transaction. No card data is in any error; it
// writes no log.
//
// The caller's context must outlive the cardholder's browser: a cancelled call
// is a call without an answer.
//
// Requests are JSON and carry Bank-Account, Bank-Timestamp and Bank-Signature:
// the hex HMAC-SHA256, under the account's secret, of account, method, path,
// timestamp and the hex SHA-256 of the body, joined by line feeds. Unknown fields
// of an answer are ignored, so that the bank may add some under the same version.
package acquirer
