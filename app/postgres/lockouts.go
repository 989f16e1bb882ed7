package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/lockout"
)

// Lockouts keeps counts of failures. It implements lockout.Store. What counts inside a
// transaction is taken back with it.
type Lockouts struct{ db *DB }

// Lockouts returns the keeper of counts of failures.
func (db *DB) Lockouts() Lockouts { return Lockouts{db} }

// CountFailure implements lockout.Store. One statement counts, starts a new
// window where the old one or a lock is over, and locks; while a lock holds it
// changes no row.
func (l Lockouts) CountFailure(ctx context.Context, f lockout.Failure) (counted, locks bool, err error) {
	var rows []bool
	err = l.db.reader(ctx).Raw(`
		INSERT INTO lockouts AS l (scope, key, failures, counted_from, locked_until)
		VALUES (@scope, @key, 1, @at, CASE WHEN @limit <= 1 THEN CAST(@lock_until AS timestamptz) END)
		ON CONFLICT (scope, key) DO UPDATE SET
			failures = CASE WHEN l.locked_until IS NOT NULL OR l.counted_from <= @window_start
				THEN 1 ELSE l.failures + 1 END,
			counted_from = CASE WHEN l.locked_until IS NOT NULL OR l.counted_from <= @window_start
				THEN EXCLUDED.counted_from ELSE l.counted_from END,
			locked_until = CASE WHEN l.locked_until IS NOT NULL OR l.counted_from <= @window_start
				THEN EXCLUDED.locked_until
				WHEN l.failures + 1 >= @limit THEN CAST(@lock_until AS timestamptz) END
		WHERE l.locked_until IS NULL OR l.locked_until <= @at
		RETURNING locked_until IS NOT NULL`,
		map[string]any{
			"scope": f.Scope, "key": f.Key, "at": f.At, "window_start": f.WindowStart,
			"limit": f.Limit, "lock_until": f.LockUntil,
		}).Scan(&rows).Error
	if err != nil {
		return false, false, fmt.Errorf("count failure: %w", err)
	}
	return len(rows) == 1, len(rows) == 1 && rows[0], nil
}

// LockedUntil implements lockout.Store.
func (l Lockouts) LockedUntil(ctx context.Context, scope string, key []byte) (time.Time, error) {
	var found []struct{ LockedUntil *time.Time }
	err := l.db.reader(ctx).
		Raw("SELECT locked_until FROM lockouts WHERE scope = ? AND key = ?", scope, key).Scan(&found).Error
	if err != nil {
		return time.Time{}, fmt.Errorf("read lock: %w", err)
	}
	if len(found) == 0 {
		return time.Time{}, nil
	}
	return timeOf(found[0].LockedUntil), nil
}

// ClearFailures implements lockout.Store.
func (l Lockouts) ClearFailures(ctx context.Context, scope string, key []byte) error {
	err := l.db.reader(ctx).Exec("DELETE FROM lockouts WHERE scope = ? AND key = ?", scope, key).Error
	if err != nil {
		return fmt.Errorf("clear failures: %w", err)
	}
	return nil
}

// Prune deletes counts that began before the given time and locks that ended
// before it, and returns how many: names that were made up must not fill the table.
func (l Lockouts) Prune(ctx context.Context, before time.Time) (int64, error) {
	done := l.db.gorm.WithContext(ctx).Exec(`
		DELETE FROM lockouts WHERE counted_from < @before AND (locked_until IS NULL OR locked_until < @before)`,
		map[string]any{"before": before})
	if done.Error != nil {
		return 0, fmt.Errorf("prune lockouts: %w", done.Error)
	}
	return done.RowsAffected, nil
}
