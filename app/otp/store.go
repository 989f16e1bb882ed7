package otp

import (
	"context"
	"errors"
	"time"
)

// Store keeps codes and the text messages that carry them.
type Store interface {
	// InTx runs do in one database transaction, the caller's if the context belongs to
	// one.
	InTx(ctx context.Context, do func(ctx context.Context, t Tx) error) error
	// Code reads the codes of a subject, or returns ErrNone.
	Code(ctx context.Context, subject string) (Code, error)
	// Text reads a message, or returns ErrUnknownText.
	Text(ctx context.Context, id int64) (Text, error)
	// EndTry notes what came of a try to hand a message over. Any state but Pending
	// erases what the message says; a message that has left Pending keeps its state.
	EndTry(ctx context.Context, id int64, t Try) error
	// Receive notes what became of a message at the phone. The first receipt counts; one
	// more changes nothing. It returns ErrUnknownText.
	Receive(ctx context.Context, r Receipt) error
}

// Tx is a transaction of a Store.
type Tx interface {
	// OpenCode locks the codes of a subject until the transaction ends; it makes them
	// if there are none.
	OpenCode(ctx context.Context, subject string) (Code, error)
	// HoldCode locks the codes of a subject until the transaction ends, or returns
	// ErrNone.
	HoldCode(ctx context.Context, subject string) (Code, error)
	// KeepCode writes the codes of a subject that is locked.
	KeepCode(ctx context.Context, c Code) error
	// QueueText stores a message, sealed, with the job that hands it over.
	QueueText(ctx context.Context, t Text) error
	// WithdrawTexts ends the messages of a subject that are still to be handed over.
	WithdrawTexts(ctx context.Context, subject string, at time.Time) error
}

// Keyed makes keyed hashes: under one key to keep, under each of a keyset's keys to
// find again. fieldcrypt.Cipher is one.
type Keyed interface {
	Blind(plain []byte) []byte
	Blinds(plain []byte) [][]byte
}

// State is how far a message has come.
type State string

// The states of a message.
const (
	Pending       State = "pending"       // to be handed over to the gateway
	Accepted      State = "accepted"      // the gateway has it
	Delivered     State = "delivered"     // the phone has it
	Failed        State = "failed"        // the gateway could not deliver it
	Undeliverable State = "undeliverable" // the gateway never took it while its code lived
	Withdrawn     State = "withdrawn"     // its code was replaced or used before it was handed over
)

// Text is a message that is owed to a phone.
type Text struct {
	ID      int64
	Subject string
	To      string // masked, as Mask writes it
	State   State
	Message Message // without phone and words when the state is no longer Pending
}

// Try is what came of one try to hand a message over.
type Try struct {
	At      time.Time
	State   State  // Pending to try again
	Problem string // a word for support, without phone and words; empty when accepted
}

// ErrUnknownText tells of a message that does not exist, or no longer.
var ErrUnknownText = errors.New("otp: no such message")
