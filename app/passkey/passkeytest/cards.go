package passkeytest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/memberzone/memberzone/app/passkey/cardholder"
)

// Cards keeps the credentials of cards in memory: a cardholder.Store. Its zero value is
// empty; it is safe for concurrent use.
type Cards struct {
	mu         sync.Mutex
	handles    map[int64][]byte
	bound      []cardholder.Bound // oldest first
	ceremonies map[string]cardholder.Pending
	seen       []cardholder.Sighting
}

// Handle implements cardholder.Store.
func (c *Cards) Handle(_ context.Context, cardID int64) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.handles[cardID], nil
}

// ByCard implements cardholder.Store.
func (c *Cards) ByCard(_ context.Context, rpID string, cardID int64) (list []cardholder.Bound, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range slices.Backward(c.bound) {
		if b.CardID == cardID && b.RPID == rpID {
			b.BrowserKeys = slices.Clone(b.BrowserKeys)
			list = append(list, b)
		}
	}
	return list, nil
}

// ByID implements cardholder.Store.
func (c *Cards) ByID(_ context.Context, rpID string, credentialID []byte) (cardholder.Bound, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.bound {
		if b.RPID == rpID && bytes.Equal(b.Record.ID, credentialID) {
			b.BrowserKeys = slices.Clone(b.BrowserKeys)
			return b, nil
		}
	}
	return cardholder.Bound{}, cardholder.ErrNotFound
}

// HasUsable implements cardholder.Store.
func (c *Cards) HasUsable(ctx context.Context, rpID string, cardID int64) (bool, error) {
	list, err := c.ByCard(ctx, rpID, cardID)
	return slices.ContainsFunc(list, func(b cardholder.Bound) bool { return b.Usable() }), err
}

// SaveCeremony implements cardholder.Store.
func (c *Cards) SaveCeremony(_ context.Context, p cardholder.Pending) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ceremonies == nil {
		c.ceremonies = map[string]cardholder.Pending{}
	}
	if _, taken := c.ceremonies[string(p.TokenHash)]; taken {
		return errors.New("passkeytest: the token is taken")
	}
	c.ceremonies[string(p.TokenHash)] = p
	return nil
}

// TakeCeremony implements cardholder.Store.
func (c *Cards) TakeCeremony(_ context.Context, tokenHash []byte) (cardholder.Pending, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, found := c.ceremonies[string(tokenHash)]
	if !found {
		return cardholder.Pending{}, cardholder.ErrNotFound
	}
	delete(c.ceremonies, string(tokenHash))
	return p, nil
}

// at returns the place of a credential, or -1.
func (c *Cards) at(id cardholder.CredentialID) int {
	return slices.IndexFunc(c.bound, func(b cardholder.Bound) bool { return b.ID == id })
}

// MarkUsed implements cardholder.Store.
func (c *Cards) MarkUsed(_ context.Context, u cardholder.Use) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := c.at(u.ID)
	if i < 0 || !c.bound[i].Usable() {
		return cardholder.ErrNotFound
	}
	b := &c.bound[i]
	if b.Record.SignCount >= u.SignCount && (b.Record.SignCount != 0 || u.SignCount != 0) {
		return cardholder.ErrNotFound
	}
	b.Record.SignCount, b.Record.Flags, b.LastUsedAt = u.SignCount, u.Flags, u.At
	b.Synced = u.Flags&flagBackedUp != 0
	if u.BrowserKey != nil {
		b.BrowserKeys = append(without(b.BrowserKeys, u.BrowserKey), cardholder.BrowserKey{
			PublicKey: u.BrowserKey, Trusted: true,
		})
	}
	return nil
}

func without(keys []cardholder.BrowserKey, key []byte) []cardholder.BrowserKey {
	return slices.DeleteFunc(slices.Clone(keys), func(k cardholder.BrowserKey) bool {
		return bytes.Equal(k.PublicKey, key)
	})
}

// MarkDistrusted implements cardholder.Store.
func (c *Cards) MarkDistrusted(_ context.Context, id cardholder.CredentialID, why cardholder.Distrust) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := c.at(id)
	if i < 0 {
		return cardholder.ErrNotFound
	}
	if c.bound[i].Distrust == cardholder.Trusted {
		c.bound[i].Distrust = why
	}
	return nil
}

// See implements cardholder.Store.
func (c *Cards) See(_ context.Context, s cardholder.Sighting) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, s)
	return nil
}

// Trust implements cardholder.Store.
func (c *Cards) Trust(_ context.Context, subject cardholder.Subject, _ time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.seen {
		if i := c.at(s.ID); i >= 0 && s.Subject == subject {
			c.bound[i].BrowserKeys = append(without(c.bound[i].BrowserKeys, s.PublicKey),
				cardholder.BrowserKey{PublicKey: s.PublicKey, Trusted: true})
		}
	}
	return nil
}

// Add implements cardholder.Store.
func (c *Cards) Add(_ context.Context, b cardholder.Binder) (cardholder.CredentialID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	held := 0
	for _, have := range c.bound {
		if have.RPID == b.RPID && bytes.Equal(have.Record.ID, b.Registered.Credential.ID) {
			return 0, cardholder.ErrRefused
		}
		if have.CardID == b.CardID && have.RPID == b.RPID && have.Revocation.At.IsZero() {
			held++
		}
	}
	if held >= cardholder.CardMax {
		return 0, cardholder.ErrFull
	}
	if c.handles == nil {
		c.handles = map[int64][]byte{}
	}
	if c.handles[b.CardID] == nil {
		c.handles[b.CardID] = b.Registered.Handle
	}
	r := b.Registered
	made := cardholder.Bound{
		Credential: cardholder.Credential{
			ID: cardholder.CredentialID(len(c.bound) + 1), CardID: b.CardID, TransactionID: b.Facts.TransactionID,
			Browser: b.Facts.Browser, CreatedAt: r.CreatedAt, Synced: r.Credential.Flags&flagBackedUp != 0,
		},
		RPID: b.RPID, Handle: r.Handle, Record: r.Credential,
	}
	if r.BrowserKey != nil {
		made.BrowserKeys = []cardholder.BrowserKey{{PublicKey: r.BrowserKey, Trusted: true}}
	}
	c.bound = append(c.bound, made)
	return made.ID, nil
}

// Revoke implements cardholder.Store.
func (c *Cards) Revoke(
	_ context.Context, cardID int64, id cardholder.CredentialID, r cardholder.Revocation,
) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := c.at(id)
	if i < 0 || c.bound[i].CardID != cardID || !c.bound[i].Revocation.At.IsZero() {
		return cardholder.ErrNotFound
	}
	c.bound[i].Revocation = r
	return nil
}
