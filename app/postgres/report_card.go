package postgres

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/secret"
)

// cardIndexPlace begins what is hashed of a card number, so that no other field's
// index can ever equal a card's.
const cardIndexPlace = "transactions/card_index/"

func cardText(pan secret.PAN) []byte { return []byte(cardIndexPlace + pan.Expose()) }

// IndexCard implements payment.Tx: it notes which card an attempt uses, so that its
// transaction is found by the whole number. The number itself is not stored.
func (t *tx) IndexCard(ctx context.Context, id payment.AttemptID, pan secret.PAN) error {
	done := t.gorm.WithContext(ctx).Exec("UPDATE attempts SET card_index = ? WHERE id = ?",
		t.db.cipher.Blind(cardText(pan)), int64(id))
	return onlyOne(done, "index the card of an attempt")
}

// cardKey is what a key of a card holds, sealed: there is no table of them to keep, to
// prune or to read, every process opens every key, and what the address shows is noise.
type cardKey struct {
	Indexes [][]byte `json:"i"`
	First6  string   `json:"f"`
	Last4   string   `json:"l"`
	Ends    int64    `json:"e"` // seconds since 1970
}

// cardKeyContext binds a key to the account that made it.
func cardKeyContext(by account.ID) []byte { return fmt.Appendf(nil, "card_key/%d", by) }

// CardKey implements report.Cards.
func (r Reports) CardKey(_ context.Context, pan secret.PAN, by account.ID, now time.Time) (string, error) {
	plain, err := json.Marshal(cardKey{
		Indexes: r.db.cipher.Blinds(cardText(pan)), First6: pan.First6(), Last4: pan.Last4(),
		Ends: now.Add(report.CardKeyLife).Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("write card key: %w", err)
	}
	sealed, err := r.db.cipher.Seal(plain, cardKeyContext(by))
	if err != nil {
		return "", fmt.Errorf("seal card key: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// OpenCard implements report.Cards.
func (r Reports) OpenCard(_ context.Context, key string, by account.ID, now time.Time) (report.Card, error) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(key)
	if err != nil {
		return report.Card{}, report.ErrCardKey
	}
	plain, err := r.db.cipher.Open(sealed, cardKeyContext(by))
	if err != nil {
		return report.Card{}, report.ErrCardKey
	}
	var k cardKey
	if err := json.Unmarshal(plain, &k); err != nil {
		return report.Card{}, report.ErrCardKey.Because(err)
	}
	if now.Unix() >= k.Ends {
		return report.Card{}, report.ErrCardKey
	}
	return report.Card{
		Digits: report.CardDigits{First6: k.First6, Last4: k.Last4}, Indexes: k.Indexes,
	}, nil
}
