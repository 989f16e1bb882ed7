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
//	POST /v1/cards/lookup                          what the issuer holds of a cardholder
//	POST /v1/batches                               captures and refunds, idempotent by batch_id
//	GET  /v1/batches/{batch_id}                    what became of them
//	POST /v1/network-tokens                        a card's token, idempotent by request_id
//	POST /v1/network-tokens/{reference}/cryptograms  makes it good for one payment
//	GET  /v1/network-tokens/events?after=&limit=   life-cycle events behind a sequence number
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
// A look-up has pan, and gets phone (E.164, empty where the issuer holds none), last_name
// and first_name (empty where the issuer does not tell); 404 unknown_card tells of a
// number that fails the Luhn check or has no issuer. 4000000000000077 has no phone on
// file. Two cards have the cardholders of the product's table; any other has a mobile
// number that follows from its own.
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
// # Network tokens
//
// A token is asked for with request_id, pan and expiry; the answer is request_id,
// reference, number, expiry, brand (visa, mastercard) and status (active, suspended,
// deleted). A card has one token until that is deleted: any request for it gets the
// same one. Numbers pass the Luhn check and lie in ranges of their own, in which no
// card is issued; a number there without network_token is refused (15). 422
// not_eligible: another brand, an unknown issuer, a wrong or expired number.
//
// A cryptogram is asked for with request_id, merchant_id, trade_no, amount, currency;
// the answer is request_id, reference, cryptogram and expires_at, five minutes on. The
// same request gets the same one. 404 unknown_token, 409 token_suspended,
// token_deleted.
//
// An authorisation with network_token true has the token's number and expiry as pan and
// expiry, no CVC, and the cryptogram. 14 for an unknown token, 62 for one that is
// suspended or deleted, 54 for another expiry or one that is over, 82 for a cryptogram
// that is not this token's, was used before, is too old, or was given for another
// merchant, trade or amount. Then the card behind decides as below, as if its own number
// had come; the cryptogram is used up whatever the decision.
//
// An event has sequence (rising), reference, change (suspended, resumed, renewed,
// deleted), expiry of the token, card_last4, card_expiry, and at.
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
//	PUT      /manage/cards       pan with the phone and name on file, until the next start
//	GET      /manage/network-tokens              Tokens, without their numbers
//	POST     /manage/network-tokens/{reference}  a TokenOrder: suspends, resumes, renews, deletes
//	POST     /manage/reset       forgets every request and every behaviour
//
// Management is the typed client for it.
package bank
