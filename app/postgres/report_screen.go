package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/report"
)

// Screen implements report.Desk. Its statements go out together: a page of the list is
// one round trip. Only a later page of rows that have to be counted one by one needs a
// second.
func (r Reports) Screen(
	ctx context.Context, s report.Scope, f report.TransactionFilter, by account.ID,
) (screen report.Screen, err error) {
	batch := &pgx.Batch{}
	queue := func(sql string, args []any) { batch.Queue(numbered(sql), args...) }
	counts := countsAlong(f)
	if counts {
		queue(countedStatement(s, f))
	} else {
		queue(listStatement(s, f))
	}
	if f.DaysAlone() {
		queue(countStatement(s, f))
	}
	queue(viewsStatement(s, by))
	queue("SELECT unnest(columns) FROM list_columns WHERE account_id = ?", []any{int64(by)})
	err = r.db.native(ctx, func(conn *pgx.Conn) (err error) {
		answers := conn.SendBatch(ctx, batch)
		defer func() { err = errors.Join(err, answers.Close()) }()
		screen, err = readScreen(answers, s, f, by)
		return err
	})
	switch {
	case err != nil || counts || f.DaysAlone():
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

// countsAlong tells that finding the rows of a page goes through all rows that are
// counted: of its first page, unless few rows are looked up.
func countsAlong(f report.TransactionFilter) bool {
	return f.Cursor.IsZero() && !f.DaysAlone() && !f.LooksUp() && !f.Waiting
}

func readScreen(
	answers pgx.BatchResults, s report.Scope, f report.TransactionFilter, by account.ID,
) (screen report.Screen, err error) {
	rows, _ := answers.Query() // collecting tells the error, here and below
	var count int
	var more []any
	if countsAlong(f) {
		more = []any{&count}
	}
	list, err := collectRows(rows, f, more...)
	if err != nil {
		return report.Screen{}, err
	}
	screen.Page = pageOf(list, f)
	if f.DaysAlone() {
		if err := answers.QueryRow().Scan(&count); err != nil {
			return report.Screen{}, fmt.Errorf("count transactions: %w", err)
		}
	}
	screen.Count = countOf(count)
	rows, _ = answers.Query()
	if screen.Views, err = collectViews(rows, s, by); err != nil {
		return report.Screen{}, err
	}
	rows, _ = answers.Query()
	columns, err := pgx.CollectRows(rows, pgx.RowTo[report.Column])
	if err != nil {
		return report.Screen{}, fmt.Errorf("read columns: %w", err)
	}
	screen.Columns = report.KnownColumns(columns)
	return screen, nil
}
