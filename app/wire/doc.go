// Package wire is the 藍新 (NewebPay) wire format of the card payment page, the trade query, Cancel and
// Close: the AES envelope, the hashes, PHP's form text and JSON, the codes with their printed messages, and
// the messages themselves.
//
// It is pure: text and values in, text and values out. It must not know stores, orders, the database, HTTP or
// the clock; the current time arrives as a parameter. It imports the standard library only.
//
// Invariants: every byte emitted is what the provider's manual (NDNF-1.1.9) or recorded traffic shows,
// including key order and JSON types; every byte received is treated as hostile and never causes a panic; keys
// never print.
//
// The way through it, on the gateway's side:
//
//	outer, err := wire.ParseForm(body)            // or wire.FormOf for a multipart body
//	env, werr := wire.ParseEnvelope(outer)        // MerchantID, then look the store and its Keys up
//	inner, werr := env.Open(keys)                 // TradeSha, then AES, then form text
//	req, werr := wire.ParsePaymentRequest(inner, env, now, rules)
//	pairs, err := wire.PaymentResult{…}.Seal(keys)  // the five fields for NotifyURL and ReturnURL
//
// and for Cancel, as for Close:
//
//	data, werr := wire.ParseSealedForm(outer)       // MerchantID_, then look the store and its Keys up
//	inner, werr := data.Open(keys)
//	req, werr := wire.ParseCancel(inner, now)
//	body, err := wire.CancelAnswer{…}.Body(keys)
//
// and for a card payment from server to server the same with ParseCardPayment and CardAnswer or CardVerifyAnswer;
// and on the merchant's side BuildPaymentForm, BuildQueryForm, BuildCancelForm, BuildCloseForm and OpenNotify.
package wire
