// Package bank simulates the outside bank: the acquirer that authorises card
// payments, and the issuers behind it. It is a real HTTP server with real
// protocol behaviour; only the money is not real.
//
// Invariants: a request id is charged at most once, however often and however
// concurrently it is delivered; an answer is given only after it is on disk
// (when there is a journal); a reversed id is never charged, not even by a
// request that arrives later; a batch and each of its items count once, no more is
// captured than was authorised, and no more refunded than captured. A full card
// number is never kept, logged or shown: first six, last four and a keyed hash stand
// for it, and the CVC is forgotten at once. The package must not know the product: rings 0 to 3 never
// import it, and it imports ring 0 only.
//
// # Protocol
//
// JSON over HTTP. Every request carries Bank-Account, Bank-Timestamp (Unix
// seconds, at most five minutes off) and Bank-Signature: the hex
// HMAC-SHA256, under the account's secret, of
//
//	account LF method LF path LF timestamp LF hex(SHA-256(body))
//
//	POST /v1/authorisations                        authorise, idempotent by request_id
//	GET  /v1/authorisations/{request_id}           inquire
//	POST /v1/authorisations/{request_id}/reversal  make sure that it is not charged
//	POST /v1/batches                               captures and refunds, idempotent by batch_id
//	GET  /v1/batches/{batch_id}                    what became of them
//
// The answer to each of the first three is the same object: request_id, status (approved,
// declined, reversed), respond_code, message, approval_code, amount, bank,
// issuer, foreign, bonus_paid. The same id with the same content gets the same
// answer; with other content 409 id_conflict. An inquiry about an unknown id is
// 404 unknown_request. A reversal of an unknown id keeps the id as reversed.
// Errors are {"error": code, "not_processed": bool}; not_processed tells that
// this delivery certainly had no effect: 400 invalid_request, 401 unauthorised,
// 413 too_large, 415 unsupported_media_type, 503 unavailable. Any other failure
// leaves the outcome open until an inquiry.
//
// A batch has batch_id, day and items of item_id, operation (capture, refund),
// request_id of the authorisation, merchant_id, trade_no, approval_code, authorised,
// authorised_at, amount, currency. The receipt is batch_id with the status received;
// asked for later, the status becomes answered and each item has result (done,
// refused) and respond_code. The same batch again gets the same receipt, with other
// content 409 id_conflict; 404 unknown_batch tells of one that never came. An item is
// worked on as the ledger stands after those before it: 25 for an authorisation that
// is not known, 12 for one that does not stand, of another trade or, for a refund, not
// captured, 13 for an amount over the authorised or what is left of the captured one,
// 94 for a second capture or an item_id that had another content. An item_id that came
// in another batch gets the same answer again and counts once. What is captured is no
// longer reversed: the reversal answers that it is approved.
//
// With Options.AcceptUnknown the bank takes authorisations over that it has never seen
// and that are older than its journal, as the item tells of them.
//
// # Decisions
//
// The first rule that holds decides: a decline ordered by the management API; a
// number that fails the Luhn check (14); a card of no known issuer (15); the
// cards 4000000000000002 (05) and 4000000000009995 (51); a card past its last
// month in Taipei (54); an amount of 99901 to 99999 whose last two digits are a
// code of the table in issuer.go is declined with that code (99905 → 05, 99951
// → 51, 99954 → 54); instalments or bonus that the card does not have (57) or
// that do not exist (12). Everything else is approved. 4000000000000119 is
// approved but never answered: an inquiry tells the truth. 4012888888881881 has
// bonus points: a tenth of the amount, at most NT$500.
//
// # Management
//
// For tests and demonstrations, JSON, unsigned, refused to cross-origin browsers:
//
//	GET, PUT /manage/behaviour   a Behaviour: delays, lost answers, duplicates, refusals, 503
//	GET      /manage/charges     a Report; ?request_id= and ?trade_no= narrow it
//	GET      /manage/batches     a BatchesReport: batches, and what stands for each authorisation
//	POST     /manage/reset       forgets every request and every behaviour
//
// Management is the typed client for it.
package bank
