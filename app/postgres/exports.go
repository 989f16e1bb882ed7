package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/export"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/report"
)

// Exports keeps exports and reads what goes into them. It implements export.Store.
type Exports struct{ db *DB }

// Exports returns the keeper of exports.
func (db *DB) Exports() Exports { return Exports{db} }

var _ export.Store = Exports{}

func exportTokenContext(by account.ID) []byte { return fmt.Appendf(nil, "export/%d", by) }

// insertExport stores a new export; the lease is zero for one that no run has yet.
func (t *tx) insertExport(ctx context.Context, r export.Record, lease time.Time) (id int64, err error) {
	sealed, err := t.db.cipher.Seal([]byte(string(r.Token)), exportTokenContext(r.Account))
	if err != nil {
		return 0, fmt.Errorf("seal the link of an export: %w", err)
	}
	by, err := json.Marshal(r.By)
	if err != nil {
		return 0, fmt.Errorf("write who exports: %w", err)
	}
	conditions, err := json.Marshal(r.Conditions)
	if err != nil {
		return 0, fmt.Errorf("write conditions: %w", err)
	}
	var stores *string
	if r.Scope != nil {
		text := idArray(r.Scope)
		stores = &text
	}
	err = t.gorm.WithContext(ctx).Raw(`
		INSERT INTO exports (member_id, account_id, token_hash, token_sealed, asked_by, store_ids, direct, format, state,
			lease_until, query, subject, conditions, columns, date_kind, file_name, total, created_at, snapshot_at)
		VALUES (?, ?, ?, ?, CAST(? AS json), CAST(? AS bigint[]), ?, CAST(? AS export_format), CAST(? AS export_state),
			?, ?, ?, CAST(? AS json), CAST(? AS text[]), ?, ?, ?, ?, ?) RETURNING id`,
		int64(r.Member()), int64(r.Account), r.Token.Hash(), sealed, string(by), stores, r.Direct, string(r.Format),
		string(r.State), nullTime(lease), r.Query, r.Subject, string(conditions), textArray(texts(r.Columns)),
		string(r.DateKind), r.File, r.Total, r.CreatedAt, nullTime(r.SnapshotAt)).Scan(&id).Error
	if err != nil {
		return 0, fmt.Errorf("store export: %w", err)
	}
	return id, nil
}

// Begin implements export.Store.
func (e Exports) Begin(ctx context.Context, r export.Record, lease time.Time, told audit.Entry) (id int64, err error) {
	err = e.db.inTx(ctx, func(ctx context.Context, t *tx) (err error) {
		if id, err = t.insertExport(ctx, r, lease); err != nil {
			return err
		}
		return t.Record(ctx, told)
	})
	return id, err
}

// Enqueue implements export.Store. The member's row is held, so that two requests at once
// cannot pass the limit together.
func (e Exports) Enqueue(ctx context.Context, r export.Record) error {
	return e.db.inTx(ctx, func(ctx context.Context, t *tx) error {
		var held, open int64
		g := t.gorm.WithContext(ctx)
		err := g.Raw("SELECT id FROM members WHERE id = ? FOR NO KEY UPDATE", int64(r.Member())).Scan(&held).Error
		if err != nil {
			return fmt.Errorf("hold member: %w", err)
		}
		err = g.Raw(`SELECT count(*) FROM exports WHERE member_id = ? AND state IN ('waiting', 'running') AND NOT direct`,
			int64(r.Member())).Scan(&open).Error
		if err != nil {
			return fmt.Errorf("count exports: %w", err)
		}
		if open >= export.JobsMax {
			return export.ErrBusy
		}
		id, err := t.insertExport(ctx, r, time.Time{})
		if err != nil {
			return err
		}
		return t.queueExport(ctx, id)
	})
}

func (t *tx) queueExport(ctx context.Context, id int64) error {
	s, err := t.sqlTx()
	if err != nil {
		return err
	}
	return t.db.queue.Export(ctx, s, id)
}

// Claim implements export.Store. What an earlier run left is deleted.
func (e Exports) Claim(
	ctx context.Context, id int64, lease time.Time,
) (r export.Record, found bool, err error) {
	err = e.db.inTx(ctx, func(ctx context.Context, t *tx) error {
		var records []exportRecord
		err := t.gorm.WithContext(ctx).Raw(`
			UPDATE exports x SET state = 'running', run = run + 1, lease_until = ?, rows = 0, total = -1
			WHERE id = ? AND NOT direct AND state = 'waiting'
			RETURNING `+exportColumns, lease, id).Scan(&records).Error
		if err != nil {
			return fmt.Errorf("claim export: %w", err)
		}
		found = len(records) == 1
		if !found {
			return nil
		}
		if r, err = records[0].record(e.db.cipher); err != nil {
			return err
		}
		return t.dropParts(ctx, id)
	})
	return r, found, err
}

func (t *tx) dropParts(ctx context.Context, id int64) error {
	if err := t.gorm.WithContext(ctx).Exec("DELETE FROM export_parts WHERE export_id = ?", id).Error; err != nil {
		return fmt.Errorf("delete the parts of an export: %w", err)
	}
	return nil
}

// held is the condition of a run that still has its export. It needs the ID and the run.
const held = "id = ? AND run = ? AND state = 'running'"

// stillHeld returns export.ErrLost for a change that met no such run.
func stillHeld(done *gorm.DB, what string) error {
	if done.Error != nil {
		return fmt.Errorf("%s: %w", what, done.Error)
	}
	if done.RowsAffected == 0 {
		return export.ErrLost
	}
	return nil
}

// Advance implements export.Store.
func (e Exports) Advance(ctx context.Context, l export.Lease, rows, total int64) error {
	done := e.db.gorm.WithContext(ctx).Exec("UPDATE exports SET rows = ?, total = ?, lease_until = ? WHERE "+held,
		rows, total, l.Until, l.ID, l.Run)
	return stillHeld(done, "tell how far an export is")
}

// Keep implements export.Store.
func (e Exports) Keep(ctx context.Context, l export.Lease, part int, bytes []byte) error {
	done := e.db.gorm.WithContext(ctx).Exec(`
		WITH alive AS (UPDATE exports SET lease_until = ? WHERE `+held+` RETURNING id, run)
		INSERT INTO export_parts (export_id, run, part, bytes) SELECT id, run, ?, ? FROM alive`,
		l.Until, l.ID, l.Run, part, bytes)
	return stillHeld(done, "keep a part of an export")
}

// Finish implements export.Store.
func (e Exports) Finish(ctx context.Context, r export.Record, told *audit.Entry) error {
	return e.db.inTx(ctx, func(ctx context.Context, t *tx) error {
		done := t.gorm.WithContext(ctx).Exec(`
			UPDATE exports SET state = 'done', lease_until = NULL, rows = ?, total = ?, sheets = ?, bytes = ?, sha256 = ?,
				snapshot_at = ?, finished_at = ?, expires_at = ? WHERE `+held,
			r.Rows, r.Total, r.Sheets, r.Bytes, r.SHA256, r.SnapshotAt, r.FinishedAt, nullTime(r.ExpiresAt),
			r.ID, r.Run)
		if err := stillHeld(done, "finish export"); err != nil || told == nil {
			return err
		}
		return t.Record(ctx, *told)
	})
}

// Release implements export.Store.
func (e Exports) Release(ctx context.Context, r export.Record, now time.Time) error {
	return e.db.inTx(ctx, func(ctx context.Context, t *tx) error {
		var finished *time.Time
		if r.State == export.Failed {
			finished = &now
		}
		done := t.gorm.WithContext(ctx).Exec(`
			UPDATE exports SET state = CAST(? AS export_state), failure = ?, tries = ?, lease_until = NULL, finished_at = ?,
				rows = ? WHERE `+held,
			string(r.State), r.Failure, r.Tries, finished, r.Rows, r.ID, r.Run)
		if err := stillHeld(done, "release export"); err != nil {
			return err
		}
		return t.dropParts(ctx, r.ID)
	})
}

// Revive implements export.Store. A job that was cut short three times is given up: it may
// be what ends the processes.
func (e Exports) Revive(ctx context.Context, now time.Time, limit int) (int, error) {
	var revived int
	err := e.db.inTx(ctx, func(ctx context.Context, t *tx) error {
		var records []struct {
			ID    int64
			State string
		}
		err := t.gorm.WithContext(ctx).Raw(`
			UPDATE exports SET lease_until = NULL, tries = tries + 1,
				state = CAST(CASE WHEN direct OR tries + 1 >= ? THEN 'failed' ELSE 'waiting' END AS export_state),
				failure = CASE WHEN direct OR tries + 1 >= ? THEN CAST(? AS text) ELSE '' END,
				finished_at = CASE WHEN direct OR tries + 1 >= ? THEN CAST(? AS timestamptz) END
			WHERE id IN (SELECT id FROM exports WHERE state = 'running' AND lease_until < ?
				ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED)
			RETURNING id, state`,
			export.TriesMax, export.TriesMax, export.CutShort, export.TriesMax, now, now, limit).Scan(&records).Error
		if err != nil {
			return fmt.Errorf("revive exports: %w", err)
		}
		for _, r := range records {
			if r.State == string(export.Waiting) {
				err = t.queueExport(ctx, r.ID)
			} else {
				err = t.dropParts(ctx, r.ID)
			}
			if err != nil {
				return err
			}
		}
		revived = len(records)
		return nil
	})
	return revived, err
}

// Scope implements export.Store.
// SECURITY: it asks as each request does: an active account of an active member, with the
// stores that it manages now.
func (e Exports) Scope(ctx context.Context, m member.ID, id account.ID) (report.Scope, error) {
	var r struct {
		Kind   string
		Stores []byte
	}
	err := e.db.gorm.WithContext(ctx).Raw(`SELECT a.kind, coalesce((`+actorStores+`), '[]') AS stores
		FROM accounts a JOIN members m ON m.id = a.member_id
		WHERE a.id = ? AND m.id = ? AND a.status = 'active' AND m.status = 'active'`, int64(id), int64(m)).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return report.Scope{}, export.ErrScope
	}
	if err != nil {
		return report.Scope{}, fmt.Errorf("read the scope of an export: %w", err)
	}
	actor := account.Actor{Account: account.Account{ID: id, Kind: account.Kind(r.Kind)}, Member: member.Member{ID: m}}
	if err := json.Unmarshal(r.Stores, &actor.Stores); err != nil {
		return report.Scope{}, fmt.Errorf("read the stores of an export: %w", err)
	}
	return report.ScopeOf(actor), nil
}
