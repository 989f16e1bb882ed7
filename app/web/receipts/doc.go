// Package receipts answers the SMS gateway when it tells what became of a text message.
//
// Invariant: nothing is read and nothing changes without the gateway's fresh signature.
// It shows nothing of a message: neither the phone nor the words are known here.
package receipts
