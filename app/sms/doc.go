// Package sms is the HTTP client of the SMS gateway: it implements otp.Sender, and
// reads the gateway's receipts.
//
// Invariants: it decides nothing. A message that is sent again under its reference is
// the same message to the gateway, which delivers it once; so whoever calls may call
// again. Bodies travel by https only, but for a gateway on this machine. No phone and
// no word of a message is in any error; it writes no log. A receipt counts only with a
// fresh signature of the gateway's.
//
// Requests are JSON and carry SMS-Account, SMS-Timestamp (Unix seconds) and
// SMS-Signature: the hex HMAC-SHA256, under the account's secret, of account, method,
// path, timestamp and the hex SHA-256 of the body, joined by line feeds. The gateway
// signs its receipts in the same way; the path keeps one from passing for the other.
//
//	POST /v1/messages  {"reference", "to", "text", "valid_until"}
//	     202 {"reference", "status": "accepted"}, also when it was accepted before
//	     400 invalid_request, 409 reference_conflict, 413 too_large, 422 refused: final
//	     401 unauthorised, 429 throttled, 5xx: to be tried again
//	POST (our receipt address)  {"reference", "status": "delivered" or "failed", "reason", "at"}
package sms
