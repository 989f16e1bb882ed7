// Package checkout holds the hosted payment page (填寫付款資訊) and the pages that follow it, in Traditional
// Chinese, English and Japanese.
//
// Invariant: card number and CVC are never written into a page, not even into the form that comes back with
// an error; the whole way works without a script. Every word a cardholder reads is in the language of the
// page, from the table in text.go. The package must not know how a payment is made.
package checkout
