package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/token"
)

// Tokens keeps the vault of cards. It implements token.Store.
type Tokens struct{ db *DB }

// Tokens returns the keeper of the vault.
func (db *DB) Tokens() Tokens { return Tokens{db} }

// vaultIndexPlace and tokenIndexPlace begin what is hashed of a number, so that no other
// field's index can ever equal one of the vault.
const (
	vaultIndexPlace = "cards/card_index/"
	tokenIndexPlace = "network_tokens/number_index/"
)

func vaultText(pan secret.PAN) []byte      { return []byte(vaultIndexPlace + pan.Expose()) }
func tokenText(number secret.PAN) []byte   { return []byte(tokenIndexPlace + number.Expose()) }
func tokenContext(reference string) []byte { return []byte("network_tokens/" + reference + "/number") }

type cardRecord struct {
	ID     int64
	Brand  string
	First6 string
	Last4  string
	Expiry string
	Status *string // null for a card that never had a token
}

const cardQuery = `SELECT c.id, c.brand, c.first6, c.last4, c.expiry,
		(SELECT n.status FROM network_tokens n WHERE n.card_id = c.id ORDER BY n.id DESC LIMIT 1) AS status
	FROM cards c WHERE `

func (r cardRecord) card() token.Card {
	return token.Card{
		ID: token.CardID(r.ID), Brand: r.Brand, First6: r.First6, Last4: r.Last4, Expiry: r.Expiry,
		Status: token.Status(textOf(r.Status)),
	}
}

// Card implements token.Store. A card that is found by an older key alone gets its index
// under the keys that were added since.
func (s Tokens) Card(ctx context.Context, pan secret.PAN) (token.Card, error) {
	c, err := s.card(ctx, "c.id = (SELECT card_id FROM card_indexes WHERE card_index IN ? LIMIT 1)",
		s.db.cipher.Blinds(vaultText(pan)))
	if err != nil {
		return token.Card{}, err
	}
	return c, s.index(s.db.reader(ctx), c.ID, pan)
}

func (s Tokens) card(ctx context.Context, where string, arg any) (token.Card, error) {
	var r cardRecord
	err := s.db.reader(ctx).Raw(cardQuery+where, arg).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return token.Card{}, token.ErrNotFound
	}
	if err != nil {
		return token.Card{}, fmt.Errorf("read card: %w", err)
	}
	return r.card(), nil
}

// index gives a card an index under each key that it has none under.
func (s Tokens) index(g *gorm.DB, id token.CardID, pan secret.PAN) error {
	keys := s.db.cipher.KeyIDs()
	var have int
	err := g.Raw("SELECT count(*) FROM card_indexes WHERE card_id = ? AND key_id IN ?", int64(id), keys).
		Scan(&have).Error
	if err != nil {
		return fmt.Errorf("read indexes of card: %w", err)
	}
	if have == len(keys) {
		return nil
	}
	for i, blind := range s.db.cipher.Blinds(vaultText(pan)) {
		// gorm spreads out a slice that comes first in parentheses.
		err := g.Exec(`INSERT INTO card_indexes (card_id, card_index, key_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
			int64(id), blind, keys[i]).Error
		if err != nil {
			return fmt.Errorf("index card: %w", err)
		}
	}
	return nil
}

// Link implements token.Store.
func (s Tokens) Link(ctx context.Context, id token.CardID) (token.Link, error) {
	var r struct {
		Reference    string
		NumberSealed []byte
		Expiry       string
		Status       string
	}
	err := s.db.reader(ctx).Raw(`
		SELECT reference, number_sealed, expiry, status FROM network_tokens WHERE card_id = ?
		ORDER BY id DESC LIMIT 1`, int64(id)).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return token.Link{}, token.ErrNotFound
	}
	if err != nil {
		return token.Link{}, fmt.Errorf("read token: %w", err)
	}
	plain, err := s.db.cipher.Open(r.NumberSealed, tokenContext(r.Reference))
	if err != nil {
		return token.Link{}, fmt.Errorf("unseal the token of card %d: %w", id, err)
	}
	number, err := secret.ParsePAN(string(plain))
	if err != nil {
		return token.Link{}, fmt.Errorf("read the token of card %d: %w", id, err)
	}
	return token.Link{
		CardID: id, Reference: r.Reference, Number: number, Expiry: r.Expiry, Status: token.Status(r.Status),
	}, nil
}

// Keep implements token.Store.
func (s Tokens) Keep(ctx context.Context, p token.Provisioned, by token.Event) (c token.Card, first bool, err error) {
	err = s.db.joinTx(ctx, func(ctx context.Context, t *tx) error {
		id, err := s.keepCard(ctx, t, p, by.At)
		if err != nil {
			return err
		}
		link, err := s.keepLink(ctx, t, id, newLink{p.Token, by.At})
		if err != nil {
			return err
		}
		if first, err = t.tokenEvent(ctx, token.Bind, eventOf{id, link}, by); err != nil {
			return err
		}
		c, err = s.card(ctx, "c.id = ?", int64(id))
		return err
	})
	return c, first, err
}

// keepCard finds or stores the card, one process at a time.
func (s Tokens) keepCard(ctx context.Context, t *tx, p token.Provisioned, at time.Time) (token.CardID, error) {
	g, blinds := t.gorm.WithContext(ctx), s.db.cipher.Blinds(vaultText(p.PAN))
	// Processes with different keysets share a key at least: they meet at its index. In one
	// order, they do not wait for each other.
	locks := make([]int64, len(blinds))
	for i, blind := range blinds {
		locks[i] = int64(binary.BigEndian.Uint64(blind)) // any 64 bits are a lock
	}
	slices.Sort(locks)
	for _, lock := range locks {
		if err := g.Exec("SELECT pg_advisory_xact_lock(?)", lock).Error; err != nil {
			return 0, fmt.Errorf("lock card: %w", err)
		}
	}
	c, err := s.Card(ctx, p.PAN)
	if err == nil || !errors.Is(err, token.ErrNotFound) {
		return c.ID, err
	}
	var id int64
	err = g.Raw("INSERT INTO cards (brand, first6, last4, expiry, created_at) VALUES (?, ?, ?, ?, ?) RETURNING id",
		p.Token.Brand, p.PAN.First6(), p.PAN.Last4(), p.Expiry, at).Scan(&id).Error
	if err != nil {
		return 0, fmt.Errorf("insert card: %w", err)
	}
	return token.CardID(id), s.index(g, token.CardID(id), p.PAN)
}

type newLink struct {
	token.Issued
	at time.Time
}

// keepLink finds or stores the token and returns its ID. What the network has told of it
// meanwhile holds.
func (s Tokens) keepLink(ctx context.Context, t *tx, id token.CardID, n newLink) (int64, error) {
	g := t.gorm.WithContext(ctx)
	// Apply waits until this token is there, or this waits until the news are.
	if err := g.Exec("SELECT 1 FROM token_feed FOR SHARE").Error; err != nil {
		return 0, fmt.Errorf("hold the news of tokens: %w", err)
	}
	var known struct{ ID, CardID int64 }
	found := g.Raw("SELECT id, card_id FROM network_tokens WHERE reference = ?", n.Reference).Scan(&known)
	switch {
	case found.Error != nil:
		return 0, fmt.Errorf("read token: %w", found.Error)
	case known.ID != 0 && known.CardID != int64(id):
		return 0, fmt.Errorf("keep token: the network gave card %d the token of card %d", id, known.CardID)
	case known.ID != 0:
		return known.ID, nil
	}
	// A network that gives a new token has deleted the one before.
	err := g.Exec(`UPDATE network_tokens SET status = 'deleted', changed_at = ?
		WHERE card_id = ? AND status <> 'deleted'`, n.at, int64(id)).Error
	if err != nil {
		return 0, fmt.Errorf("end the token before: %w", err)
	}
	sealed, err := s.db.cipher.Seal([]byte(n.Number.Expose()), tokenContext(n.Reference))
	if err != nil {
		return 0, fmt.Errorf("seal token: %w", err)
	}
	var link int64
	err = g.Raw(`INSERT INTO network_tokens (card_id, reference, number_sealed, number_index, expiry, created_at)
		VALUES (?, ?, ?, ?, ?, ?) RETURNING id`,
		int64(id), n.Reference, sealed, s.db.cipher.Blind(tokenText(n.Number)), n.Expiry, n.at).Scan(&link).Error
	if err != nil {
		return 0, fmt.Errorf("insert token: %w", err)
	}
	return link, t.replayNews(ctx, n.Reference)
}

// Charged implements token.Store.
func (s Tokens) Charged(ctx context.Context, id token.CardID, by token.Event) (first bool, err error) {
	err = s.db.joinTx(ctx, func(ctx context.Context, t *tx) error {
		var link int64
		err := t.gorm.WithContext(ctx).Raw(
			"SELECT id FROM network_tokens WHERE card_id = ? ORDER BY id DESC LIMIT 1", int64(id)).Take(&link).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return token.ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("read token: %w", err)
		}
		first, err = t.tokenEvent(ctx, token.Charge, eventOf{id, link}, by)
		return err
	})
	return first, err
}

// eventOf is what an event is about.
type eventOf struct {
	card token.CardID
	link int64
}

// tokenFlags are the columns of a transaction that show its events in lists.
var tokenFlags = map[token.Kind]string{token.Bind: "token_bind", token.Charge: "token_charge"}

// tokenEvent records an event and marks its transaction; it tells whether the event is
// new. The unique indexes decide, whoever comes at once.
func (t *tx) tokenEvent(ctx context.Context, kind token.Kind, of eventOf, by token.Event) (bool, error) {
	g := t.gorm.WithContext(ctx)
	done := g.Exec(`
		INSERT INTO token_events (kind, card_id, token_id, transaction_id, member_id, store_id, at)
		SELECT CAST(? AS token_event_kind), CAST(? AS bigint), CAST(? AS bigint), id, member_id, store_id,
			CAST(? AS timestamptz)
		FROM transactions WHERE id = ? ON CONFLICT DO NOTHING`,
		string(kind), int64(of.card), of.link, by.At, by.TransactionID)
	if done.Error != nil {
		return false, fmt.Errorf("record token event: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return false, nil
	}
	flag := tokenFlags[kind]
	marked := g.Exec("UPDATE transactions SET "+flag+" = true WHERE id = ? AND NOT "+flag, by.TransactionID)
	if marked.Error != nil {
		return false, fmt.Errorf("mark transaction: %w", marked.Error)
	}
	return true, nil
}
