package notify

import (
	"context"
	"errors"
	"time"
)

// Mail is one message to one person, as text and as HTML that says the same.
type Mail struct {
	ID      int64  // of its row; makes the Message-ID, so that a re-send can be recognised
	To      string // one address, "name@host"
	Subject string
	Text    string
	HTML    string    // a whole document without anything from elsewhere; empty for text alone
	At      time.Time // when it was written
}

// ErrMailRefused tells that a mail will not be taken however often it is sent.
var ErrMailRefused = errors.New("notify: the mail is refused for good")

// Mailer sends mails.
type Mailer interface {
	// Send hands the mail over to the next mail server. ErrMailRefused is final;
	// after any other error the mail may be sent again, and may arrive twice.
	Send(ctx context.Context, m Mail) error
}
