package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/report"
)

// Screen implements report.Desk. Its statements go out together: a page of the list is
// one round trip. Only a search in parts, or a later page of rows that have to be counted
// one by one, needs more.
func (r Reports) Screen(
	ctx context.Context, s report.Scope, f report.TransactionFilter, by account.ID,
) (screen report.Screen, err error) {
	if inParts(f) {
		return r.screenInParts(ctx, s, f, by)
	}
	batch := &pgx.Batch{}
	queue := func(sql string, args []any) { batch.Queue(numbered(sql), args...) }
	switch {
	case f.DaysAlone():
		queue(summedStatement(s, f))
	case countsAlong(f):
		queue(countedStatement(s, f))
	default:
		queue(listStatement(s, f))
	}
	kept, known := r.db.arrangements.get(s, by)
	if !known {
		queue(viewsStatement(s, by))
		queue("SELECT unnest(columns) FROM list_columns WHERE account_id = ?", []any{int64(by)})
	}
	err = r.db.native(ctx, func(conn *pgx.Conn) (err error) {
		answers := conn.SendBatch(ctx, batch)
		defer func() { err = errors.Join(err, answers.Close()) }()
		if screen, err = readScreen(answers, f); err != nil || known {
			return err
		}
		kept, err = readArrangement(answers, s, by)
		return err
	})
	if err == nil && !known {
		r.db.arrangements.put(s, by, kept)
	}
	screen.Views, screen.Columns = kept.views, kept.columns
	switch {
	case err != nil || countsAlong(f) || f.DaysAlone() && len(screen.Page.Rows) > 0:
	case f.Cursor.IsZero() && screen.Page.Older.IsZero():
		screen.Count = countOf(len(screen.Page.Rows))
	default:
		screen.Count, err = r.Count(ctx, s, f)
	}
	if err != nil {
		return report.Screen{}, err
	}
	screen.LookUp, err = r.lookUp(ctx, s, f, screen.Page)
	return screen, err
}

func (r Reports) screenInParts(
	ctx context.Context, s report.Scope, f report.TransactionFilter, by account.ID,
) (screen report.Screen, err error) {
	var count int
	if screen.Page, count, err = r.partly(ctx, s, f); err != nil {
		return report.Screen{}, err
	}
	screen.Count = countOf(count)
	if kept, known := r.db.arrangements.get(s, by); known {
		screen.Views, screen.Columns = kept.views, kept.columns
		return screen, nil
	}
	if screen.Views, err = r.Views(ctx, s, by); err != nil {
		return report.Screen{}, err
	}
	screen.Columns, err = r.ListColumns(ctx, by)
	return screen, err
}

// countsAlong tells that finding the rows of a page goes through all rows that are
// counted: of its first page, unless few rows are looked up.
func countsAlong(f report.TransactionFilter) bool {
	return f.Cursor.IsZero() && !f.DaysAlone() && !f.LooksUp() && !f.Waiting
}

func readScreen(answers pgx.BatchResults, f report.TransactionFilter) (screen report.Screen, err error) {
	rows, _ := answers.Query() // collecting tells the error
	var count int
	var more []any
	if countsAlong(f) || f.DaysAlone() {
		more = []any{&count}
	}
	list, err := collectRows(rows, f, more...)
	if err != nil {
		return report.Screen{}, err
	}
	return report.Screen{Page: pageOf(list, f), Count: countOf(count)}, nil
}

// arrangement is how an account has arranged its screen.
type arrangement struct {
	state   account.State // in which it was read
	views   []report.View
	columns []report.Column
}

func readArrangement(answers pgx.BatchResults, s report.Scope, by account.ID) (a arrangement, err error) {
	rows, _ := answers.Query() // collecting tells the error, here and below
	if a.views, err = collectViews(rows, s, by); err != nil {
		return arrangement{}, err
	}
	rows, _ = answers.Query()
	columns, err := pgx.CollectRows(rows, pgx.RowTo[report.Column])
	if err != nil {
		return arrangement{}, fmt.Errorf("read columns: %w", err)
	}
	a.columns = report.KnownColumns(columns)
	return a, nil
}

// arrangements are those that were read before, each good for as long as its account's
// state is the same.
type arrangements struct {
	mu    sync.RWMutex
	known map[account.ID]arrangement
}

func (k *arrangements) get(s report.Scope, by account.ID) (arrangement, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	a, ok := k.known[by]
	return a, ok && a.state == s.State() && a.state != account.State{}
}

func (k *arrangements) put(s report.Scope, by account.ID, a arrangement) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil || len(k.known) >= actorsMax {
		k.known = map[account.ID]arrangement{}
	}
	a.state = s.State()
	k.known[by] = a
}
