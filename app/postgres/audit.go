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
	for range 2 { // once more if another was the first of the chain meanwhile
		head, err := t.lockChain(ctx, e.Chain)
		if err != nil {
			return fmt.Errorf("record %s: %w", e.Kind, err)
		}
		appended, err := t.appendLine(ctx, audit.Seal(e, head.Sequence+1, head.Hash), changes)
		if err != nil {
			return fmt.Errorf("record %s: %w", e.Kind, err)
		}
		if appended {
			return nil
		}
	}
	return fmt.Errorf("record %s: the head of chain %d cannot be moved", e.Kind, e.Chain)
}

// lockChain locks the head of a chain until the transaction ends. A chain without
// entries has the zero head, and nothing is locked.
func (t *tx) lockChain(ctx context.Context, chain int64) (audit.Head, error) {
	head := audit.Head{Chain: chain}
	var found []struct {
		Sequence int64
		Hash     []byte
	}
	err := t.gorm.WithContext(ctx).
		Raw("SELECT sequence, hash FROM audit_chains WHERE chain = ? FOR UPDATE", chain).Scan(&found).Error
	if err != nil {
		return head, fmt.Errorf("lock chain %d: %w", chain, err)
	}
	for _, r := range found {
		head.Sequence = r.Sequence
		if copy(head.Hash[:], r.Hash) != len(head.Hash) {
			return head, fmt.Errorf("the head of chain %d has a hash of %d bytes", chain, len(r.Hash))
		}
	}
	return head, nil
}

// appendLine moves the head of the chain to the line and stores it, in one statement.
// It tells false where the line would be the first and there is one already. A
// trigger lets the head move by one entry only.
func (t *tx) appendLine(ctx context.Context, l audit.Line, changes string) (bool, error) {
	head := `UPDATE audit_chains SET sequence = v.sequence, hash = v.hash FROM v WHERE audit_chains.chain = v.chain
		RETURNING audit_chains.chain`
	if l.Sequence == 1 {
		head = `INSERT INTO audit_chains (chain, sequence, hash) SELECT chain, sequence, hash FROM v
			ON CONFLICT DO NOTHING RETURNING chain`
	}
	done := t.gorm.WithContext(ctx).Exec(`
		WITH v (chain, sequence, hash) AS (SELECT ?::bigint, ?::bigint, ?::bytea),
		head AS (`+head+`)
		INSERT INTO audit_entries (chain, sequence, hash, at, kind, account_id, login, viewed_as, address, request_id,
			subject, changes, previous_hash)
		SELECT v.*, ?::timestamptz, ?, ?::bigint, ?, ?, ?, ?, ?, ?::json, ?::bytea
		FROM v JOIN head USING (chain)`,
		l.Chain, l.Sequence, l.Hash[:], l.At, string(l.Kind), l.AccountID, l.Login, l.ViewedAs, l.Address, l.RequestID,
		l.Subject, changes, l.Previous[:])
	if done.Error != nil {
		return false, fmt.Errorf("append to chain %d: %w", l.Chain, done.Error)
	}
	return done.RowsAffected == 1, nil
}
