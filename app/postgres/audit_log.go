package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/audit"
)

const lineColumns = `e.chain, e.sequence, e.at, e.kind, e.account_id, e.login, e.viewed_as, e.address, e.request_id,
	e.subject, e.changes::text AS changes, e.previous_hash, e.hash`

type lineRecord struct {
	Chain        int64
	Sequence     int64
	At           time.Time
	Kind         string
	AccountID    int64
	Login        string
	ViewedAs     string
	Address      string
	RequestID    string
	Subject      string
	Changes      string
	PreviousHash []byte
	Hash         []byte
}

// line returns the line, and audit.ErrChanges beside it if only the changes are not
// as they were written.
func (r lineRecord) line() (audit.Line, error) {
	changes, err := audit.DecodeChanges(r.Changes)
	l := audit.Line{
		Entry: audit.Entry{
			By: audit.By{
				Chain: r.Chain, AccountID: r.AccountID, Login: r.Login, ViewedAs: r.ViewedAs,
				Address: r.Address, RequestID: r.RequestID,
			},
			At: r.At.UTC(), Kind: audit.Kind(r.Kind), Subject: r.Subject, Changes: changes,
		},
		Sequence: r.Sequence,
	}
	copy(l.Previous[:], r.PreviousHash)
	copy(l.Hash[:], r.Hash)
	return l, err
}

// auditWhere is the condition of a filter.
// SECURITY: the chain comes first in each: nobody reads another member's.
func auditWhere(chain int64, f audit.Filter) (where string, args []any) {
	terms := []string{"e.chain = ?", "e.at >= ?", "e.at < ?"}
	args = []any{chain, f.From.Start(), f.To.End()}
	if len(f.Kinds) > 0 {
		terms = append(terms, "e.kind = ANY (CAST(? AS text[]))")
		args = append(args, textArray(texts(f.Kinds)))
	}
	if f.Login != "" {
		terms = append(terms, "(lower(e.login) = lower(?) OR e.viewed_as <> '' AND lower(e.viewed_as) = lower(?))")
		args = append(args, f.Login, f.Login)
	}
	if f.Subject != "" {
		terms = append(terms, "strpos(lower(e.subject), lower(?)) > 0")
		args = append(args, f.Subject)
	}
	return strings.Join(terms, " AND "), args
}

// List implements audit.Log. It asks for one line more than the page holds, to know
// whether there is another page.
func (a Audit) List(ctx context.Context, chain int64, f audit.Filter) (audit.Page, error) {
	where, args := auditWhere(chain, f)
	order := " ORDER BY e.sequence DESC LIMIT ?"
	if c := f.Cursor; !c.IsZero() {
		sign := "<"
		if c.Newer {
			sign, order = ">", " ORDER BY e.sequence LIMIT ?"
		}
		where += " AND e.sequence " + sign + " ?"
		args = append(args, c.Sequence)
	}
	var records []lineRecord
	err := a.db.gorm.WithContext(ctx).Raw("SELECT "+lineColumns+" FROM audit_entries e WHERE "+where+order,
		append(args, audit.RowsMax+1)...).Scan(&records).Error
	if err != nil {
		return audit.Page{}, fmt.Errorf("list the audit log: %w", err)
	}
	more := len(records) > audit.RowsMax
	records = records[:min(len(records), audit.RowsMax)]
	if f.Cursor.Newer {
		slices.Reverse(records)
	}
	page := audit.Page{Lines: make([]audit.Line, len(records))}
	for i, record := range records {
		if page.Lines[i], err = record.line(); err != nil {
			return audit.Page{}, fmt.Errorf("read entry %d of chain %d: %w", record.Sequence, chain, err)
		}
	}
	if len(page.Lines) == 0 {
		return page, nil
	}
	first, last := page.Lines[0], page.Lines[len(page.Lines)-1]
	if f.Cursor.Newer || more {
		page.Older = audit.Cursor{Sequence: last.Sequence}
	}
	if f.Cursor.Newer && more || !f.Cursor.Newer && !f.Cursor.IsZero() {
		page.Newer = audit.Cursor{Newer: true, Sequence: first.Sequence}
	}
	return page, nil
}

// Each implements audit.Log.
func (a Audit) Each(ctx context.Context, chain int64, f audit.Filter, do func(audit.Line) error) error {
	where, args := auditWhere(chain, f)
	return eachLine(a.db.gorm.WithContext(ctx), where+" ORDER BY e.sequence", args,
		func(l audit.Line, unread error) error {
			if unread != nil {
				return fmt.Errorf("read entry %d of chain %d: %w", l.Sequence, chain, unread)
			}
			return do(l)
		})
}

// eachLine streams lines: one at a time is in memory, however many there are.
func eachLine(g *gorm.DB, where string, args []any, do func(l audit.Line, unread error) error) (err error) {
	rows, err := g.Raw("SELECT "+lineColumns+" FROM audit_entries e WHERE "+where, args...).Rows()
	if err != nil {
		return fmt.Errorf("read the audit log: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r lineRecord
		err := rows.Scan(&r.Chain, &r.Sequence, &r.At, &r.Kind, &r.AccountID, &r.Login, &r.ViewedAs, &r.Address,
			&r.RequestID, &r.Subject, &r.Changes, &r.PreviousHash, &r.Hash)
		if err != nil {
			return fmt.Errorf("read the audit log: %w", err)
		}
		if err := do(r.line()); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the audit log: %w", err)
	}
	return nil
}

// Verify implements audit.Verifier. It sees one moment of the database, so that what
// is being appended meanwhile is no gap.
func (a Audit) Verify(ctx context.Context, do func(audit.Head) error) error {
	moment := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	return a.db.gorm.WithContext(ctx).Transaction(func(g *gorm.DB) error {
		heads, err := auditHeads(g)
		if err != nil {
			return err
		}
		for _, head := range heads {
			walk := audit.Walk{Chain: head.Chain}
			err := eachLine(g, "e.chain = ? ORDER BY e.sequence", []any{head.Chain}, walk.Next)
			if err == nil {
				err = walk.End(head)
			}
			if err == nil {
				err = do(head)
			}
			if err != nil {
				return err
			}
		}
		return auditGuards(g)
	}, moment)
}

// auditGuards makes sure that the triggers of the audit log stand and fire, as the
// migration made them. tgtype tells the kind: 1 for each row, 2 before, 4 insert,
// 8 delete, 16 update, 32 truncate.
func auditGuards(g *gorm.DB) error {
	var bad []struct{ TableName, Name, Wrong string }
	err := g.Raw(`
		SELECT * FROM (
			SELECT w.table_name, w.name, CASE
				WHEN t.oid IS NULL THEN 'missing'
				WHEN t.tgenabled NOT IN ('O', 'A') THEN 'disabled'
				WHEN t.tgtype <> w.kind OR t.tgqual IS NOT NULL OR p.proname <> w.function THEN 'another one'
				END AS wrong
			FROM (VALUES
				('audit_chains', 'audit_chains_kept', 2 + 8 + 32, 'audit_refuse'),
				('audit_chains', 'audit_chains_step', 1 + 2 + 4 + 16, 'audit_step'),
				('audit_entries', 'audit_entries_append_only', 2 + 8 + 16 + 32, 'audit_refuse')
			) AS w (table_name, name, kind, function)
			LEFT JOIN pg_trigger t ON t.tgrelid = to_regclass(w.table_name) AND t.tgname = w.name
			LEFT JOIN pg_proc p ON p.oid = t.tgfoid) AS guards
		WHERE wrong IS NOT NULL ORDER BY name`).Scan(&bad).Error
	if err != nil {
		return fmt.Errorf("look for the guards of the audit log: %w", err)
	}
	if len(bad) > 0 {
		return fmt.Errorf("%w: the trigger %s of %s is %s", audit.ErrUnguarded, bad[0].Name, bad[0].TableName, bad[0].Wrong)
	}
	return nil
}

// HashAt implements audit.Verifier.
func (a Audit) HashAt(ctx context.Context, chain, sequence int64) (audit.Hash, error) {
	var found []lineRecord
	err := a.db.gorm.WithContext(ctx).
		Raw("SELECT hash FROM audit_entries WHERE chain = ? AND sequence = ?", chain, sequence).Scan(&found).Error
	if err != nil {
		return audit.Hash{}, fmt.Errorf("read entry %d of chain %d: %w", sequence, chain, err)
	}
	var h audit.Hash
	if len(found) == 0 || copy(h[:], found[0].Hash) != len(h) {
		return audit.Hash{}, fmt.Errorf("read entry %d of chain %d: %w", sequence, chain, audit.ErrNoEntry)
	}
	return h, nil
}

// auditHeads lists the chains, those with entries and no head among them.
func auditHeads(g *gorm.DB) ([]audit.Head, error) {
	var records []struct {
		Chain    int64
		Member   string
		Sequence int64
		Hash     []byte
	}
	// The recursion hops from chain to chain in the index instead of reading all entries.
	err := g.Raw(`
		WITH RECURSIVE found AS (
			(SELECT chain FROM audit_entries ORDER BY chain LIMIT 1)
			UNION ALL
			SELECT (SELECT e.chain FROM audit_entries e WHERE e.chain > found.chain ORDER BY e.chain LIMIT 1)
			FROM found WHERE found.chain IS NOT NULL)
		SELECT chain, coalesce(m.code, '') AS member, coalesce(h.sequence, 0) AS sequence, h.hash
		FROM (SELECT chain FROM found WHERE chain IS NOT NULL UNION SELECT chain FROM audit_chains) AS chains
		LEFT JOIN audit_chains h USING (chain) LEFT JOIN members m ON m.id = chain
		ORDER BY chain`).Scan(&records).Error
	if err != nil {
		return nil, fmt.Errorf("list the chains of the audit log: %w", err)
	}
	heads := make([]audit.Head, len(records))
	for i, r := range records {
		heads[i] = audit.Head{Chain: r.Chain, Member: r.Member, Sequence: r.Sequence}
		copy(heads[i].Hash[:], r.Hash)
	}
	return heads, nil
}
