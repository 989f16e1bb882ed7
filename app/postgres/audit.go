package postgres

import (
	"context"
	"fmt"

	"github.com/memberzone/memberzone/app/audit"
)

// Audit keeps the audit log. It implements audit.Recorder and audit.Log.
type Audit struct{ db *DB }

// Audit returns the keeper of the audit log.
func (db *DB) Audit() Audit { return Audit{db} }

// Record implements audit.Recorder, in a transaction of its own.
func (a Audit) Record(ctx context.Context, e audit.Entry) error {
	return a.db.inTx(ctx, func(ctx context.Context, t *tx) error { return t.Record(ctx, e) })
}

// Record appends an entry to its chain, for good if the transaction is. It locks the
// chain until then: record last.
func (t *tx) Record(ctx context.Context, e audit.Entry) error {
	e, err := e.Normal()
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	changes, err := audit.EncodeChanges(e.Changes)
	if err != nil {
		return fmt.Errorf("record %s: %w", e.Kind, err)
	}
	// The head is moved first, which locks it; the hash is still the one before.
	var head struct {
		Sequence int64
		Hash     []byte
	}
	first := audit.Hash{}
	err = t.gorm.WithContext(ctx).Raw(`
		INSERT INTO audit_chains AS c (chain, sequence, hash) VALUES (?, 1, ?)
		ON CONFLICT (chain) DO UPDATE SET sequence = c.sequence + 1
		RETURNING sequence, hash`, e.Chain, first[:]).Scan(&head).Error
	if err != nil {
		return fmt.Errorf("record %s: lock the chain: %w", e.Kind, err)
	}
	if len(head.Hash) != len(first) {
		return fmt.Errorf("record %s: the head of chain %d has a hash of %d bytes", e.Kind, e.Chain, len(head.Hash))
	}
	l := audit.Seal(e, head.Sequence, audit.Hash(head.Hash))
	done := t.gorm.WithContext(ctx).Exec(`
		WITH entry AS (
			INSERT INTO audit_entries (chain, sequence, at, kind, account_id, login, viewed_as, address, request_id,
				subject, changes, previous_hash, hash)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING chain, hash)
		UPDATE audit_chains c SET hash = entry.hash FROM entry WHERE c.chain = entry.chain`,
		l.Chain, l.Sequence, l.At, string(l.Kind), l.AccountID, l.Login, l.ViewedAs, l.Address, l.RequestID,
		l.Subject, changes, l.Previous[:], l.Hash[:])
	return onlyOne(done, "record "+string(e.Kind))
}
