package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/clock"
)

// Tries is how often a notification is sent at most: once and three retries
// (the provider's manual, delivery of NotifyURL).
const Tries = 4

// retryPauses are the pauses before the retries.
var retryPauses = [Tries - 1]time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute}

// RetryPause is how long to wait after the failed tries so far, 1 for the first.
func RetryPause(failed int) time.Duration {
	return retryPauses[min(max(failed, 1), len(retryPauses))-1]
}

// ErrUndelivered tells that a delivery failed and should be tried again.
var ErrUndelivered = errors.New("notify: not delivered")

// Store keeps notifications and mails.
type Store interface {
	// Owed returns a notification, and who is to be told when it is given up.
	Owed(ctx context.Context, id int64) (Owed, error)
	// Finish stores a try; with state Delivered or Failed it ends the
	// notification, if it was pending, and puts the mail into the same database
	// transaction. It does nothing but store the try when it was ended before.
	Finish(ctx context.Context, try Try, state State, letter *Mail) error
	// Mail returns a mail that is to be sent; ended tells that it went out before, or was
	// given up, and has no text any more.
	Mail(ctx context.Context, id int64) (m Mail, ended bool, err error)
	// MarkSent notes that a mail went out.
	MarkSent(ctx context.Context, id int64, at time.Time) error
	// MailTried notes a try in vain. It tells whether the mail was given up with it: after a
	// final one, and after MailTries.
	MailTried(ctx context.Context, id int64, try MailTry) (givenUp bool, err error)
}

// Owed is a notification with what the store is told if it cannot be delivered.
type Owed struct {
	Notification Notification
	Tries        int // so far
	StoreName    string
	StoreEmail   string
	OrderNo      string
	TradeNo      string
}

// Try is one delivery of a notification.
type Try struct {
	NotificationID int64
	At             time.Time
	Delivery       Delivery
}

// Service delivers what is owed.
type Service struct {
	store       Store
	client      *Client
	mailer      Mailer
	mailGivenUp func()
	clock       clock.Clock
}

// Options say what a Service is built from.
type Options struct {
	Store  Store
	Client *Client
	Mailer Mailer
	// MailGivenUp is told of each mail that is given up; nil for nobody.
	MailGivenUp func()
	Clock       clock.Clock
}

// New returns a Service.
func New(o Options) *Service {
	if o.MailGivenUp == nil {
		o.MailGivenUp = func() {}
	}
	return &Service{store: o.Store, client: o.Client, mailer: o.Mailer, mailGivenUp: o.MailGivenUp, clock: o.Clock}
}

// Deliver sends a notification once. It returns ErrUndelivered when it is to be
// sent again, and nil when it was delivered, given up, or ended before.
func (s *Service) Deliver(ctx context.Context, id int64) error {
	owed, err := s.store.Owed(ctx, id)
	if err != nil {
		return fmt.Errorf("find notification %d: %w", id, err)
	}
	if owed.Notification.State != Pending {
		return nil
	}
	at := s.clock.Now()
	try := Try{NotificationID: id, At: at}
	try.Delivery = s.client.Deliver(ctx, owed.Notification.URL, owed.Notification.Body)
	state, letter := Delivered, (*Mail)(nil)
	switch {
	case try.Delivery.Delivered():
	case owed.Tries+1 < Tries:
		state = Pending
	default:
		state = Failed
		mail := UndeliveredMail(Undelivered{
			To: owed.StoreEmail, Store: owed.StoreName, OrderNo: owed.OrderNo, TradeNo: owed.TradeNo,
			URL: owed.Notification.URL, Tries: Tries, Reason: try.Delivery.Error, At: at,
		})
		letter = &mail
	}
	if err := s.store.Finish(context.WithoutCancel(ctx), try, state, letter); err != nil {
		return fmt.Errorf("store the delivery of notification %d: %w", id, err)
	}
	if state == Pending {
		return fmt.Errorf("notification %d: %w", id, ErrUndelivered)
	}
	return nil
}
