package otp

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/lockout"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/secret"
)

// Limits say how many codes may be sent, whatever they are for.
type Limits struct{ Card, Phone, Store lockout.Policy }

// DefaultLimits let a card and a phone go through three payments' codes in an hour: a
// guesser has 27 tries at a million codes. A store may send five a second.
var DefaultLimits = Limits{
	Card:  lockout.Policy{Scope: "otp_card", Limit: 9, Window: time.Hour, Lock: time.Hour},
	Phone: lockout.Policy{Scope: "otp_phone", Limit: 9, Window: time.Hour, Lock: time.Hour},
	Store: lockout.Policy{Scope: "otp_store", Limit: 3000, Window: 10 * time.Minute, Lock: time.Minute},
}

// Options say what a Service is built from. All but Limits are required.
type Options struct {
	Store    Store
	Lockouts lockout.Store // must join the transaction that its context belongs to
	Keyed    Keyed
	Sender   Sender
	Clock    clock.Clock
	Host     string // of the checkout, without a port: codes are bound to it
	Limits   Limits // the zero value means DefaultLimits
}

// Service sends and checks codes. It is safe for concurrent use.
type Service struct {
	o                  Options
	card, phone, store *lockout.Guard
}

// New returns a Service.
func New(o Options) *Service {
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits
	}
	return &Service{
		o:     o,
		card:  lockout.New(o.Limits.Card, o.Lockouts, o.Clock),
		phone: lockout.New(o.Limits.Phone, o.Lockouts, o.Clock),
		store: lockout.New(o.Limits.Store, o.Lockouts, o.Clock),
	}
}

// Request asks for a code.
type Request struct {
	Subject  string // what the code is for, at most 64 characters; it has one live code
	Phone    string // E.164, as the issuer holds it
	Card     []byte // the card's blind index, for the limits
	Store    int64  // the store's id, for the limits
	Merchant string // the store's name, for the message
	Amount   money.TWD
	Last4    string // the card's last four digits
	Language string // zh-tw, en or jp; anything else is zh-tw
}

const subjectRunesMax = 64

var (
	errRequest   = errors.New("otp: a request with a subject, phone or card that cannot be")
	phonePattern = regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)
	last4Pattern = regexp.MustCompile(`^[0-9]{4}$`)
)

func (r Request) sound() bool {
	return r.Subject != "" && utf8.RuneCountInString(r.Subject) <= subjectRunesMax && len(r.Card) > 0 &&
		phonePattern.MatchString(r.Phone) && last4Pattern.MatchString(r.Last4)
}

// Send makes a new code, which ends the one before, and queues the message with it. It
// returns ErrTooSoon, ErrTooMany or ErrSpent. It is part of the caller's transaction if
// there is one; then the message goes out with its commit.
func (s *Service) Send(ctx context.Context, r Request) (Sent, error) {
	if !r.sound() {
		return Sent{}, errRequest
	}
	code, err := newCode()
	if err != nil {
		return Sent{}, err
	}
	var sent Sent
	err = s.o.Store.InTx(ctx, func(ctx context.Context, t Tx) error {
		c, err := t.OpenCode(ctx, r.Subject)
		if err != nil {
			return err
		}
		now := s.o.Clock.Now()
		if err := c.maySend(now); err != nil {
			return err
		}
		if err := s.count(ctx, r); err != nil {
			return err
		}
		c = Code{
			Subject: r.Subject, To: Mask(r.Phone), Sends: c.Sends + 1, SentAt: now, ExpiresAt: now.Add(ValidFor),
		}
		c.Hash = s.o.Keyed.Blind(hashed(c, code.Expose()))
		sent = c.sent()
		if err := t.KeepCode(ctx, c); err != nil {
			return err
		}
		if err := t.WithdrawTexts(ctx, r.Subject, now); err != nil {
			return err
		}
		words := letter{r.Language, r.Merchant, r.Amount, r.Last4, code, s.o.Host}.words()
		return t.QueueText(ctx, Text{
			Subject: r.Subject, To: c.To, State: Pending,
			Message: Message{Reference: rand.Text(), To: secret.New(r.Phone), Words: words, ExpiresAt: c.ExpiresAt},
		})
	})
	if err != nil {
		return Sent{}, fmt.Errorf("send a code: %w", err)
	}
	return sent, nil
}

// count applies the limits, always in the same order, so that two transactions cannot
// wait for each other.
func (s *Service) count(ctx context.Context, r Request) error {
	for _, limit := range []struct {
		guard *lockout.Guard
		key   string
	}{
		{s.card, hex.EncodeToString(r.Card)},
		// A phone has few digits: a plain hash of it would be as good as the phone.
		{s.phone, hex.EncodeToString(s.o.Keyed.Blind([]byte("otp phone/" + r.Phone)))},
		{s.store, fmt.Sprint(r.Store)},
	} {
		if _, err := limit.guard.Try(ctx, limit.key); errors.Is(err, lockout.ErrLocked) {
			return ErrTooMany.Because(err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// Current tells which code waits for the subject, or returns ErrNone. A code that has
// expired or is spent is still told, for the page that offers another one.
func (s *Service) Current(ctx context.Context, subject string) (Sent, error) {
	c, err := s.o.Store.Code(ctx, subject)
	if err != nil {
		return Sent{}, fmt.Errorf("read the code: %w", err)
	}
	if !c.waiting() {
		return Sent{}, ErrNone
	}
	return c.sent(), nil
}

// Check tries a code. Each try counts, however many arrive at once; a wrong code is an
// Outcome and no error. The right code is used up by it. It returns ErrMalformed for
// what is not six digits, and ErrNone. It is part of the caller's transaction if there
// is one: whoever rolls that back takes the try back too, so commit whatever the
// outcome.
func (s *Service) Check(ctx context.Context, subject string, code secret.String) (Outcome, error) {
	digits, err := typed(code)
	if err != nil {
		return Outcome{}, err
	}
	var out Outcome
	err = s.o.Store.InTx(ctx, func(ctx context.Context, t Tx) error {
		c, err := t.HoldCode(ctx, subject)
		if err != nil {
			return err
		}
		if !c.waiting() {
			return ErrNone
		}
		now := s.o.Clock.Now()
		after, result := c.try(s.same(c, digits), now)
		out = result
		if err := t.KeepCode(ctx, after); err != nil {
			return err
		}
		if out.Result == Right {
			return t.WithdrawTexts(ctx, subject, now)
		}
		return nil
	})
	if err != nil {
		return Outcome{}, fmt.Errorf("check a code: %w", err)
	}
	return out, nil
}

// same compares in a time that tells nothing about the code, under every key of the
// keyset: the key may have changed since the code was sent.
func (s *Service) same(c Code, digits string) bool {
	found := 0
	for _, hash := range s.o.Keyed.Blinds(hashed(c, digits)) {
		found |= subtle.ConstantTimeCompare(c.Hash, hash)
	}
	return found == 1
}

// hashed is what is hashed of a code: with its subject and number, so that equal codes
// have hashes of their own.
func hashed(c Code, digits string) []byte {
	return fmt.Appendf(nil, "one_time_codes/%s/%d/%s", c.Subject, c.Sends, digits)
}

// Deliver hands a message over to the gateway, once. It returns ErrRefused when the
// gateway will never take it, another error when it is to be tried again, and nil when
// the gateway has it, or it was given up because its code has expired or was replaced.
func (s *Service) Deliver(ctx context.Context, id int64) error {
	text, err := s.o.Store.Text(ctx, id)
	switch {
	case errors.Is(err, ErrUnknownText):
		return nil // forgotten since
	case err != nil:
		return fmt.Errorf("find message %d: %w", id, err)
	case text.State != Pending:
		return nil
	}
	try := Try{State: Accepted}
	if s.o.Clock.Now().Before(text.Message.ExpiresAt) {
		err = s.o.Sender.Send(ctx, text.Message)
	} else {
		try.State, try.Problem = Undeliverable, "expired"
	}
	switch {
	case errors.Is(err, ErrRefused):
		try.State, try.Problem = Undeliverable, "refused"
	case err != nil:
		try.State, try.Problem = Pending, "no_answer"
	}
	try.At = s.o.Clock.Now()
	if endErr := s.o.Store.EndTry(context.WithoutCancel(ctx), id, try); endErr != nil {
		return fmt.Errorf("note the try of message %d: %w", id, endErr)
	}
	if err != nil {
		return fmt.Errorf("hand over message %d: %w", id, err)
	}
	return nil
}

// Receive notes the gateway's receipt. The same receipt may come more than once.
func (s *Service) Receive(ctx context.Context, r Receipt) error {
	r.At = s.o.Clock.Now()
	err := s.o.Store.Receive(ctx, r)
	if errors.Is(err, ErrUnknownText) {
		return errNoText.Because(err)
	}
	if err != nil {
		return fmt.Errorf("note a receipt: %w", err)
	}
	return nil
}

// errNoText answers a receipt for a message that is not ours, or was forgotten.
var errNoText = fault.New(fault.NotFound, "sms_unknown_message", "查無此簡訊。")
