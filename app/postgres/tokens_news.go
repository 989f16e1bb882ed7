package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/token"
)

// Cursor implements token.Store.
func (s Tokens) Cursor(ctx context.Context) (int64, error) {
	var after int64
	if err := s.db.reader(ctx).Raw("SELECT after FROM token_feed").Scan(&after).Error; err != nil {
		return 0, fmt.Errorf("read the cursor of token news: %w", err)
	}
	return after, nil
}

// Apply implements token.Store.
func (s Tokens) Apply(ctx context.Context, news []token.News) (applied int, err error) {
	err = s.db.joinTx(ctx, func(ctx context.Context, t *tx) error {
		applied = 0
		g := t.gorm.WithContext(ctx)
		var after int64
		if err := g.Raw("SELECT after FROM token_feed FOR UPDATE").Scan(&after).Error; err != nil {
			return fmt.Errorf("lock the news of tokens: %w", err)
		}
		for _, n := range news {
			if n.Sequence <= after { // another process was faster
				continue
			}
			err := g.Exec(`
				INSERT INTO token_news (sequence, reference, change, expiry, card_last4, card_expiry, at)
				VALUES (?, ?, ?, ?, ?, ?, ?)`,
				n.Sequence, n.Reference, string(n.Change), n.Expiry, n.Card.Last4, n.Card.Expiry, n.At).Error
			if err != nil {
				return fmt.Errorf("keep the news of a token: %w", err)
			}
			if err := t.applyNews(ctx, n); err != nil {
				return err
			}
			after = n.Sequence
			applied++
		}
		if err := g.Exec("UPDATE token_feed SET after = ?", after).Error; err != nil {
			return fmt.Errorf("move the cursor of token news: %w", err)
		}
		return nil
	})
	return applied, err
}

// applyNews changes a token that is kept; nothing revives a deleted one. A renewal goes
// to the card that is shown too.
func (t *tx) applyNews(ctx context.Context, n token.News) error {
	g := t.gorm.WithContext(ctx)
	err := g.Exec(`
		UPDATE network_tokens SET changed_at = @at, expiry = @expiry,
			renewed_at = CASE @change WHEN 'renewed' THEN CAST(@at AS timestamptz) ELSE renewed_at END,
			status = CASE @change WHEN 'suspended' THEN 'suspended' WHEN 'resumed' THEN 'active'
				WHEN 'deleted' THEN 'deleted' ELSE status END
		WHERE reference = @reference AND status <> 'deleted'`,
		map[string]any{"at": n.At, "expiry": n.Expiry, "change": string(n.Change), "reference": n.Reference}).Error
	if err != nil {
		return fmt.Errorf("apply the news of a token: %w", err)
	}
	if n.Change != token.WasRenewed {
		return nil
	}
	err = g.Exec(`UPDATE cards SET last4 = ?, expiry = ?
		WHERE id = (SELECT card_id FROM network_tokens WHERE reference = ? AND status <> 'deleted')`,
		n.Card.Last4, n.Card.Expiry, n.Reference).Error
	if err != nil {
		return fmt.Errorf("apply a renewal to its card: %w", err)
	}
	return nil
}

// replayNews applies what the network told of a token before it was kept.
func (t *tx) replayNews(ctx context.Context, reference string) error {
	var rows []struct {
		Sequence   int64
		Change     string
		Expiry     string
		CardLast4  string
		CardExpiry string
		At         time.Time
	}
	err := t.gorm.WithContext(ctx).Raw(`
		SELECT sequence, change, expiry, card_last4, card_expiry, at FROM token_news
		WHERE reference = ? ORDER BY sequence`, reference).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("read the news of a token: %w", err)
	}
	for _, r := range rows {
		err := t.applyNews(ctx, token.News{
			Sequence: r.Sequence, Reference: reference, Change: token.Change(r.Change), Expiry: r.Expiry,
			Card: token.Face{Last4: r.CardLast4, Expiry: r.CardExpiry}, At: r.At,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// End implements token.Store. The news of the same will follow and change nothing.
func (s Tokens) End(ctx context.Context, reference string, at time.Time) error {
	err := s.db.reader(ctx).Exec(`UPDATE network_tokens SET status = 'deleted', changed_at = ?
		WHERE reference = ? AND status <> 'deleted'`, at, reference).Error
	if err != nil {
		return fmt.Errorf("end token: %w", err)
	}
	return nil
}
