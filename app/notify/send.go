package notify

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// MailTries is how often a mail is handed to the mail server at most. With the pauses of
// MailPause it is given up after four days (RFC 5321 §4.5.4.1: four to five).
const MailTries = 23

// mailPauses are the pauses after the first tries in vain; the last one goes on.
var mailPauses = []time.Duration{
	time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 6 * time.Hour,
}

// MailPause is how long to wait after the tries in vain so far, 1 for the first.
func MailPause(failed int) time.Duration {
	return mailPauses[min(max(failed, 1), len(mailPauses))-1]
}

// failureMax is the longest reason of a try in vain that is kept, in characters.
const failureMax = 200

// MailTry is a try in vain to send a mail.
type MailTry struct {
	At      time.Time
	Failure string // names no recipient and quotes no text
	Final   bool   // the mail server will not take the mail however often it is sent
}

// Send sends a mail that is owed. It returns ErrMailRefused when the mail was given up,
// and does nothing for one that has ended before.
//
// A mail is sent again unless the mail server is known to have taken it or to have
// refused it for good. Where the connection breaks between a mail's last byte and the
// server's answer, SMTP itself cannot know (RFC 1047): the mail is sent again with the
// same Message-ID, rather than lost, and whoever keeps mails drops the second.
func (s *Service) Send(ctx context.Context, id int64) error {
	m, ended, err := s.store.Mail(ctx, id)
	if err != nil {
		return fmt.Errorf("find mail %d: %w", id, err)
	}
	if ended {
		return nil
	}
	if err := s.mailer.Send(ctx, m); err != nil {
		return s.mailTried(ctx, id, err)
	}
	if err := s.store.MarkSent(context.WithoutCancel(ctx), id, s.clock.Now()); err != nil {
		return fmt.Errorf("mark mail %d as sent: %w", id, err)
	}
	return nil
}

// mailTried notes a try in vain, unless the program itself has ended it.
func (s *Service) mailTried(ctx context.Context, id int64, cause error) error {
	cause = fmt.Errorf("send mail %d: %w", id, cause)
	if errors.Is(ctx.Err(), context.Canceled) {
		return cause
	}
	try := MailTry{At: s.clock.Now(), Failure: cut(cause.Error(), failureMax), Final: errors.Is(cause, ErrMailRefused)}
	givenUp, err := s.store.MailTried(context.WithoutCancel(ctx), id, try)
	if err != nil {
		return errors.Join(cause, err)
	}
	if !givenUp {
		return cause
	}
	s.mailGivenUp()
	if try.Final {
		return cause
	}
	return fmt.Errorf("%w after %d tries: %w", ErrMailRefused, MailTries, cause)
}

func cut(text string, runes int) string {
	if all := []rune(text); len(all) > runes {
		return string(all[:runes])
	}
	return text
}
