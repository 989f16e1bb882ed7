// Package phone simulates the SMS gateway with all phones behind it, and the page that
// shows what they got. It is a real HTTP server with real protocol behaviour; only the
// radio is not real.
//
// Invariants: a reference is one message, however often and however concurrently it is
// delivered, and a phone gets it at most once. It keeps a bounded number of messages, in
// memory and, if there is a file, across a restart. It logs neither a phone nor a word
// of a message. It must not run outside demonstrations and tests, and rings 0 to 3 never
// import it.
//
// # Protocol
//
// JSON over HTTP. Every request carries SMS-Account, SMS-Timestamp (Unix seconds, at most
// five minutes off) and SMS-Signature: the hex HMAC-SHA256, under the account's secret,
// of
//
//	account LF method LF path LF timestamp LF hex(SHA-256(body))
//
//	POST /v1/messages   reference, to (E.164), text, valid_until (RFC 3339)
//
// The answer is 202 with reference and the status accepted, the same again for the same
// message. Errors are {"error": code}: 400 invalid_request, 401 unauthorised, 409
// reference_conflict for a reference with other content, 413 too_large, 415
// unsupported_media_type, 422 refused for a number that gets no messages, 429 throttled,
// 500 internal, 503 unavailable.
//
// What became of an accepted message is posted to Options.ReceiptURL, signed in the same
// way: reference, status (delivered, failed), reason (unreachable, expired; empty when
// delivered) and at. Anything but 2xx, or no answer, has it sent again, five times in
// all.
//
// # Management
//
// For tests and demonstrations, JSON, unsigned, refused to cross-origin browsers:
//
//	GET, PUT /manage/behaviour   a Behaviour: delays, lost answers, refusals, receipts
//	GET      /manage/messages    what the phones got, oldest first
//	POST     /manage/reset       forgets every message and every behaviour
package phone
