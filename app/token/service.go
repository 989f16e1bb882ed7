package token

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/secret"
)

// newsLimit is how many life-cycle events are fetched at once.
const newsLimit = 100

// Network is the card network that makes tokens. None of its methods is called inside a
// database transaction.
type Network interface {
	// Provision gives a card's token. The same RequestID, and the same card as long as
	// its token is not deleted, get the same token. It returns ErrRefused and ErrNoAnswer.
	Provision(ctx context.Context, r ProvisionRequest) (Issued, error)
	// Cryptogram gives what makes a token good for one payment, once and for a short
	// time. It returns ErrInactive for a suspended token, ErrNotFound for one that is not
	// any more, and ErrNoAnswer.
	Cryptogram(ctx context.Context, reference string, r CryptogramRequest) (secret.String, error)
	// News lists up to limit life-cycle events behind a sequence number, in their order.
	// It returns ErrNoAnswer.
	News(ctx context.Context, after int64, limit int) ([]News, error)
}

// Store keeps the vault. What changes more than one row joins the database transaction
// that the context belongs to, or is one of its own.
type Store interface {
	// Card finds a card by its number, under every key that there was. It returns
	// ErrNotFound.
	Card(ctx context.Context, pan secret.PAN) (Card, error)
	// Link returns a card's latest token, whatever its status. It returns ErrNotFound.
	Link(ctx context.Context, id CardID) (Link, error)
	// Keep stores a card with its token and the Token綁定 of a new link; first tells
	// that the link is new.
	Keep(ctx context.Context, p Provisioned, by Event) (c Card, first bool, err error)
	// Charged records a Token交易; first tells that the transaction had none yet.
	Charged(ctx context.Context, id CardID, by Event) (first bool, err error)
	// Cursor is the sequence number of the last news that was applied.
	Cursor(ctx context.Context) (int64, error)
	// Apply brings news into the vault and moves the cursor, all at once. News that were
	// applied before are left out. It returns how many were new.
	Apply(ctx context.Context, news []News) (int, error)
	// End marks a token that the network does not have any more as deleted.
	End(ctx context.Context, reference string, at time.Time) error
}

// Event says with which transaction something was done to a token, and when.
type Event struct {
	TransactionID int64
	At            time.Time
}

// Options of a Service. All are required.
type Options struct {
	Store   Store
	Network Network
	Clock   clock.Clock
}

// Service is the vault. It is safe for concurrent use.
type Service struct{ o Options }

// New returns the vault.
func New(o Options) *Service { return &Service{o} }

// Find finds a card by its number, with how its token stands. It returns ErrNotFound.
func (s *Service) Find(ctx context.Context, pan secret.PAN) (Card, error) {
	return s.o.Store.Card(ctx, pan)
}

// Provision asks the network for a card's token. It stores nothing and is called
// outside a database transaction; after ErrNoAnswer it may be asked again with the same
// RequestID. It returns ErrRefused and ErrNoAnswer.
func (s *Service) Provision(ctx context.Context, r ProvisionRequest) (Provisioned, error) {
	if r.PAN.IsEmpty() || r.RequestID == "" || len(r.Expiry) != 4 {
		return Provisioned{}, errMalformed
	}
	issued, err := s.o.Network.Provision(ctx, r)
	if err != nil {
		return Provisioned{}, fmt.Errorf("provision a token: %w", err)
	}
	return Provisioned{PAN: r.PAN, Expiry: r.Expiry, Token: issued}, nil
}

// Keep stores what Provision gave, in the caller's database transaction if there is one,
// and records the Token綁定. first tells that this call recorded it: again, or for a
// card that has the token already, it is false.
func (s *Service) Keep(ctx context.Context, p Provisioned, transactionID int64) (c Card, first bool, err error) {
	if p.PAN.IsEmpty() || p.Token.Reference == "" || p.Token.Number.IsEmpty() {
		return Card{}, false, errMalformed
	}
	return s.o.Store.Keep(ctx, p, Event{TransactionID: transactionID, At: s.o.Clock.Now()})
}

// Charged records the Token交易 of a payment that was authorised with a card's token, in
// the caller's database transaction if there is one. first tells that this call recorded
// it. It returns ErrNotFound for a card without a token.
func (s *Service) Charged(ctx context.Context, id CardID, transactionID int64) (first bool, err error) {
	return s.o.Store.Charged(ctx, id, Event{TransactionID: transactionID, At: s.o.Clock.Now()})
}

// Cryptogram makes a card's token payable for one payment. It is called outside a
// database transaction; after ErrNoAnswer it may be asked again with the same RequestID.
// It returns ErrInactive, ErrNotFound and ErrNoAnswer.
func (s *Service) Cryptogram(ctx context.Context, id CardID, r CryptogramRequest) (Payable, error) {
	link, err := s.o.Store.Link(ctx, id)
	if err != nil {
		return Payable{}, err
	}
	if link.Status != Active {
		return Payable{}, ErrInactive
	}
	cryptogram, err := s.o.Network.Cryptogram(ctx, link.Reference, r)
	if errors.Is(err, ErrNotFound) {
		// Deleted is for ever. A suspension may be over by now: only the news tell of it.
		err = errors.Join(ErrInactive.Because(err), s.o.Store.End(ctx, link.Reference, s.o.Clock.Now()))
	}
	if err != nil {
		return Payable{}, fmt.Errorf("ask for a cryptogram: %w", err)
	}
	return Payable{Number: link.Number, Expiry: link.Expiry, Cryptogram: cryptogram}, nil
}

// Follow fetches the network's news and applies them, page by page, until there are no
// more or limit were applied. It returns how many were new. It may run anywhere and any
// number of times: the cursor is in the vault.
func (s *Service) Follow(ctx context.Context, limit int) (int, error) {
	total := 0
	for total < limit {
		after, err := s.o.Store.Cursor(ctx)
		if err != nil {
			return total, err
		}
		news, err := s.o.Network.News(ctx, after, newsLimit)
		if err != nil {
			return total, fmt.Errorf("fetch the news of tokens: %w", err)
		}
		if len(news) == 0 {
			return total, nil
		}
		applied, err := s.o.Store.Apply(ctx, news)
		if err != nil {
			return total, err
		}
		total += applied
		if len(news) < newsLimit {
			return total, nil
		}
	}
	return total, nil
}
