package payment

import (
	"time"

	"github.com/memberzone/memberzone/app/secret"
)

// History is a transaction with everything that happened to it, as it is loaded in bulk.
// It has no IDs: an event that belongs to an attempt carries the attempt's place in
// Attempts, from 1, as its AttemptID.
type History struct {
	Transaction
	MandateNo string     // 委託單號 of the mandate that it is a period of; empty for none
	CardNo    secret.PAN // only its blind index is stored; empty where no card was used
	Attempts  []Attempt
	Events    []Event   // the oldest first
	Messages  []Message // the oldest first, Masked
	Journeys  []Journey // how its cardholder was verified, the oldest first
}

// Journey is a finished verification of a cardholder that led to a payment. Times that
// did not come are zero.
type Journey struct {
	Route    Route // Reason says why, as of a live payment
	Device   Device
	FellBack string       // why the Passkey was left; empty where it was not
	Verified Verification // what the payment was verified by in the end
	Attempt  int          // its place in Attempts, from 1

	BegunAt, AskedAt, ChosenAt, OTPPassedAt, BoundAt, UsedAt, FellBackAt, EndedAt time.Time
}
