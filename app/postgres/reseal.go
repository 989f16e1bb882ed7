package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	resealBatch  = 100 // rows that are locked at once, for some milliseconds
	resealPasses = 20  // over a column whose rows are written meanwhile
	resealPause  = 100 * time.Millisecond
)

// Resealed says how one sealed column stands.
type Resealed struct {
	Table, Column string
	Sealed        int64 // rows that hold something
	Old           int64 // of them sealed by an older key, before
	Done          int64 // of them sealed anew
	Left          int64 // sealed by an older key still
	Unreadable    int64 // of Left: no key of the keyset opens them
	UnreadableID  int64 // the first of them
}

// ResealOptions say how to seal anew. All may be left out.
type ResealOptions struct {
	DryRun   bool           // only count
	Batch    int            // rows at once; 0 for 100
	Progress func(Resealed) // called after each batch
}

// Reseal seals every sealed column anew that an older key sealed, and returns how each
// stands. It may be cut short and run again at any time, and at the same time as anything
// else: it works on what is unlocked, in small transactions that wait for nobody. What is
// old is told by the ciphertext itself. It fails on the first trouble with the database;
// what cannot be read or is in use all the time is counted.
func (db *DB) Reseal(ctx context.Context, o ResealOptions) ([]Resealed, error) {
	if o.Batch == 0 {
		o.Batch = resealBatch
	}
	if o.Progress == nil {
		o.Progress = func(Resealed) {}
	}
	all := make([]Resealed, 0, len(sealedColumns))
	for _, column := range sealedColumns {
		r, err := db.resealColumn(ctx, column, o)
		all = append(all, r)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// oldSeal is the condition for what an older key sealed.
func (c sealedColumn) oldSeal() string {
	return c.column + " IS NOT NULL AND substring(" + c.column + " FROM 1 FOR 5) <> ?"
}

func (db *DB) resealColumn(ctx context.Context, c sealedColumn, o ResealOptions) (Resealed, error) {
	r := Resealed{Table: c.table, Column: c.column}
	var counted struct{ Sealed, Old int64 }
	err := db.gorm.WithContext(ctx).Raw(
		"SELECT count("+c.column+") AS sealed, count(*) FILTER (WHERE "+c.oldSeal()+") AS old FROM "+c.table,
		db.cipher.Prefix()).Scan(&counted).Error
	if err != nil {
		return r, fmt.Errorf("count what is sealed in %s.%s: %w", c.table, c.column, err)
	}
	r.Sealed, r.Old, r.Left = counted.Sealed, counted.Old, counted.Old
	if o.DryRun || r.Old == 0 {
		return r, nil
	}
	for range resealPasses {
		if err := db.resealPass(ctx, c, o, &r); err != nil {
			return r, fmt.Errorf("seal %s.%s anew: %w", c.table, c.column, err)
		}
		err := db.gorm.WithContext(ctx).Raw("SELECT count(*) FROM "+c.table+" WHERE "+c.oldSeal(),
			db.cipher.Prefix()).Scan(&r.Left).Error
		if err != nil {
			return r, fmt.Errorf("count what is left in %s.%s: %w", c.table, c.column, err)
		}
		if r.Left <= r.Unreadable {
			break
		}
		select { // the rest was in use
		case <-ctx.Done():
			return r, ctx.Err()
		case <-time.After(resealPause):
		}
	}
	o.Progress(r)
	return r, nil
}

// resealPass goes once over a column, in the order of the rows' IDs.
func (db *DB) resealPass(ctx context.Context, c sealedColumn, o ResealOptions, r *Resealed) error {
	r.Unreadable, r.UnreadableID = 0, 0
	for after := int64(0); ; {
		var b sealedBatch
		err := db.inTx(ctx, func(ctx context.Context, t *tx) (err error) {
			b, err = t.resealBatch(ctx, c, after, o.Batch)
			return err
		})
		if err != nil {
			return err
		}
		if r.Unreadable == 0 {
			r.UnreadableID = b.unreadableID
		}
		r.Done += b.done
		r.Unreadable += b.unreadable
		r.Left = max(r.Left-b.done, 0)
		o.Progress(*r)
		if b.rows < o.Batch {
			return nil
		}
		after = b.last
	}
}

// sealedBatch is what one transaction did.
type sealedBatch struct {
	rows                           int
	last                           int64
	done, unreadable, unreadableID int64
}

type sealedRecord struct {
	ID     int64
	Place  string
	Sealed []byte
}

// resealBatch takes rows that nobody is at. Rows that payments refer to may be referred
// to meanwhile: the lock does not keep that off.
func (t *tx) resealBatch(ctx context.Context, c sealedColumn, after int64, limit int) (sealedBatch, error) {
	var rows []sealedRecord
	err := t.gorm.WithContext(ctx).Raw(
		"SELECT id, "+c.place+" AS place, "+c.column+" AS sealed FROM "+c.table+
			" WHERE id > ? AND "+c.oldSeal()+" ORDER BY id LIMIT ? FOR NO KEY UPDATE SKIP LOCKED",
		after, t.db.cipher.Prefix(), limit).Scan(&rows).Error
	if err != nil {
		return sealedBatch{}, fmt.Errorf("read: %w", err)
	}
	b := sealedBatch{rows: len(rows)}
	var values []string
	var args []any
	for _, row := range rows {
		b.last = row.ID
		fresh, index, err := t.db.resealed(c, row)
		if err != nil {
			if b.unreadable == 0 {
				b.unreadableID = row.ID
			}
			b.unreadable++
			continue
		}
		values = append(values, "(?::bigint, ?::bytea, ?::bytea, ?::bytea)")
		args = append(args, row.ID, row.Sealed, fresh, index)
	}
	if len(values) == 0 {
		return b, nil
	}
	set := c.column + " = v.fresh"
	if c.index.column != "" {
		set += ", " + c.index.column + " = v.index"
	}
	done := t.gorm.WithContext(ctx).Exec("UPDATE "+c.table+" SET "+set+
		" FROM (VALUES "+strings.Join(values, ", ")+") AS v (id, old, fresh, index) WHERE "+
		c.table+".id = v.id AND "+c.table+"."+c.column+" = v.old", args...)
	if done.Error != nil {
		return sealedBatch{}, fmt.Errorf("write: %w", done.Error)
	}
	b.done = done.RowsAffected
	return b, nil
}

var errOldSeal = errors.New("the primary key did not seal it")

// resealed opens a value and seals it for the same place.
func (db *DB) resealed(c sealedColumn, row sealedRecord) (fresh, index []byte, err error) {
	place := c.context(row.Place)
	plain, err := db.cipher.Open(row.Sealed, place)
	if err != nil {
		return nil, nil, err
	}
	if fresh, err = db.cipher.Seal(plain, place); err != nil {
		return nil, nil, err
	}
	if !strings.HasPrefix(string(fresh), string(db.cipher.Prefix())) {
		return nil, nil, errOldSeal
	}
	if c.index.column != "" {
		index = db.cipher.Blind(c.index.text(plain))
	}
	return fresh, index, nil
}

// CardsUnderOldKeys counts the cards of the vault that only an older key of the keyset
// finds: they were not seen since the present one was added.
func (db *DB) CardsUnderOldKeys(ctx context.Context) (int64, error) {
	var n int64
	err := db.gorm.WithContext(ctx).Raw(`
		SELECT count(*) FROM cards c
		WHERE NOT EXISTS (SELECT 1 FROM card_indexes i WHERE i.card_id = c.id AND i.key_id = ?)`,
		db.cipher.KeyIDs()[0]).Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count cards under older keys: %w", err)
	}
	return n, nil
}
