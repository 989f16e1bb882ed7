package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/export"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/report"
)

// exportColumns are the columns of an export x.
const exportColumns = `x.id, x.account_id, x.token_sealed, x.asked_by, to_json(x.store_ids) AS store_ids, x.direct,
	x.format, x.state, x.run, x.tries, x.query, x.subject, x.conditions, array_to_string(x.columns, ',') AS columns,
	x.date_kind,
	x.file_name, x.rows, x.total, x.sheets, x.bytes, x.sha256, x.failure, x.created_at, x.snapshot_at, x.finished_at,
	x.expires_at`

type exportRecord struct {
	ID          int64
	AccountID   int64
	TokenSealed []byte
	AskedBy     []byte // JSON
	StoreIDs    []byte // JSON, NULL for all
	Direct      bool
	Format      string
	State       string
	Run, Tries  int
	Query       string
	Subject     string
	Conditions  []byte // JSON
	Columns     string
	DateKind    string
	FileName    string
	Rows, Total int64
	Sheets      int
	Bytes       int64
	Sha256      string
	Failure     string
	CreatedAt   time.Time
	SnapshotAt  *time.Time
	FinishedAt  *time.Time
	ExpiresAt   *time.Time
}

func (r exportRecord) record(cipher Cipher) (export.Record, error) {
	x := export.Record{
		ID: r.ID, Run: r.Run, Tries: r.Tries, Account: account.ID(r.AccountID), Direct: r.Direct,
		Format: export.Format(r.Format), State: export.State(r.State), Query: r.Query, Subject: r.Subject,
		DateKind: report.DateKind(r.DateKind), File: r.FileName, Rows: r.Rows, Total: r.Total, Sheets: r.Sheets,
		Bytes: r.Bytes, SHA256: r.Sha256, Failure: r.Failure, CreatedAt: r.CreatedAt.UTC(),
		SnapshotAt: timeOf(r.SnapshotAt), FinishedAt: timeOf(r.FinishedAt), ExpiresAt: timeOf(r.ExpiresAt),
	}
	token, err := cipher.Open(r.TokenSealed, exportTokenContext(x.Account))
	if err != nil {
		return export.Record{}, fmt.Errorf("unseal the link of export %d: %w", r.ID, err)
	}
	x.Token = ident.Token(token)
	for _, part := range []struct {
		text []byte
		into any
	}{{r.AskedBy, &x.By}, {r.Conditions, &x.Conditions}, {r.StoreIDs, &x.Scope}} {
		if part.text == nil {
			continue
		}
		if err := json.Unmarshal(part.text, part.into); err != nil {
			return export.Record{}, fmt.Errorf("read export %d: %w", r.ID, err)
		}
	}
	for name := range strings.SplitSeq(r.Columns, ",") {
		x.Columns = append(x.Columns, report.Column(name))
	}
	return x, nil
}

// exportsWhere reads exports.
func (e Exports) exportsWhere(ctx context.Context, where string, args ...any) ([]export.Record, error) {
	var records []exportRecord
	err := e.db.gorm.WithContext(ctx).Raw("SELECT "+exportColumns+" FROM exports x WHERE "+where, args...).
		Scan(&records).Error
	if err != nil {
		return nil, fmt.Errorf("read exports: %w", err)
	}
	list := make([]export.Record, len(records))
	for i, record := range records {
		if list[i], err = record.record(e.db.cipher); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// exportsListed is how many exports the list shows.
const exportsListed = 100

// List implements export.Store.
// SECURITY: an export is its account's alone, in its member.
func (e Exports) List(
	ctx context.Context, m member.ID, id account.ID, since time.Time,
) ([]export.Record, error) {
	return e.exportsWhere(ctx, "x.member_id = ? AND x.account_id = ? AND x.created_at > ? ORDER BY x.id DESC LIMIT ?",
		int64(m), int64(id), since, exportsListed)
}

// Find implements export.Store.
// SECURITY: an export is its account's alone, in its member, whoever has the link.
func (e Exports) Find(
	ctx context.Context, m member.ID, id account.ID, token ident.Token,
) (export.Record, error) {
	found, err := e.exportsWhere(ctx, "x.token_hash = ? AND x.member_id = ? AND x.account_id = ?",
		token.Hash(), int64(m), int64(id))
	if err != nil {
		return export.Record{}, err
	}
	if len(found) == 0 {
		return export.Record{}, export.ErrNotFound
	}
	return found[0], nil
}

// Parts implements export.Store. Each part is a statement of its own: a slow reader holds no
// connection.
func (e Exports) Parts(ctx context.Context, r export.Record, do func([]byte) error) error {
	left := r.Bytes
	for part := 0; left > 0; part++ {
		var found [][]byte
		err := e.db.gorm.WithContext(ctx).Raw("SELECT bytes FROM export_parts WHERE export_id = ? AND run = ? AND part = ?",
			r.ID, r.Run, part).Scan(&found).Error
		if err != nil {
			return fmt.Errorf("read a part of an export: %w", err)
		}
		if len(found) == 0 {
			return fmt.Errorf("part %d of export %d: %w", part, r.ID, export.ErrExpired)
		}
		left -= int64(len(found[0]))
		if err := do(found[0]); err != nil {
			return err
		}
	}
	return nil
}

// Prune implements jobs.Rows: it deletes the files that expired before, and what is known
// of exports of a month before.
func (e Exports) Prune(ctx context.Context, before time.Time) (int64, error) {
	g := e.db.gorm.WithContext(ctx)
	files := g.Exec(`DELETE FROM export_parts WHERE export_id IN (SELECT id FROM exports WHERE expires_at <= ?)`, before)
	if files.Error != nil {
		return 0, fmt.Errorf("delete expired files: %w", files.Error)
	}
	old := g.Exec("DELETE FROM exports WHERE created_at < ? AND state IN ('done', 'failed')",
		before.Add(-export.RecordLife))
	if old.Error != nil {
		return files.RowsAffected, fmt.Errorf("delete old exports: %w", old.Error)
	}
	return files.RowsAffected + old.RowsAffected, nil
}
