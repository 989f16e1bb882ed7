package postgres

import (
	"context"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/report"
)

// Screen implements report.Desk. What its account has arranged is mostly known: a page of
// the list is one statement. Only a search in parts, or a later page of rows that have to be
// counted one by one, needs more.
func (r Reports) Screen(
	ctx context.Context, s report.Scope, f report.TransactionFilter, by account.ID,
) (screen report.Screen, err error) {
	arranged, err := r.arranged(ctx, s, by)
	if err != nil {
		return report.Screen{}, err
	}
	screen.Views, screen.Columns = arranged.views, arranged.columns
	if screen.Page, screen.Count, err = r.counted(ctx, s, f); err != nil {
		return report.Screen{}, err
	}
	screen.LookUp, err = r.lookUp(ctx, s, f, screen.Page)
	return screen, err
}

// counted returns List and Count.
func (r Reports) counted(
	ctx context.Context, s report.Scope, f report.TransactionFilter,
) (page report.Page, count report.Count, err error) {
	var list []report.Row
	var rows int
	switch {
	case inParts(f):
		list, rows, err = r.partly(ctx, s, f)
		return pageOf(list, f), countOf(rows), err
	case countsAlong(f):
		list, rows, err = r.listed(ctx, f, countedStatement(s, f))
		return pageOf(list, f), countOf(rows), err
	case f.DaysAlone():
		list, rows, err = r.listed(ctx, f, summedStatement(s, f))
		if page, count = pageOf(list, f), countOf(rows); err != nil || len(list) > 0 {
			return page, count, err
		}
	default:
		page, err = r.List(ctx, s, f)
	}
	switch {
	case err != nil:
	case f.Cursor.IsZero() && page.Older.IsZero():
		count = countOf(len(page.Rows))
	default:
		count, err = r.Count(ctx, s, f)
	}
	return page, count, err
}

// countsAlong tells that finding the rows of a page goes through all rows that are
// counted: of its first page, unless few rows are looked up.
func countsAlong(f report.TransactionFilter) bool {
	return f.Cursor.IsZero() && !f.DaysAlone() && !f.LooksUp() && !f.Waiting
}

// arrangement is how an account has arranged its screen: good for as long as the account's
// state is the same.
type arrangement struct {
	state   account.State // in which it was read
	views   []report.View
	columns []report.Column
}

// arranged returns how an account has arranged its screen.
func (r Reports) arranged(ctx context.Context, s report.Scope, by account.ID) (a arrangement, err error) {
	known, ok := r.db.arrangements.Get(by)
	if ok && known.state == s.State() {
		return known, nil
	}
	a.state = s.State()
	if a.views, err = r.Views(ctx, s, by); err != nil {
		return arrangement{}, err
	}
	if a.columns, err = r.ListColumns(ctx, by); err != nil {
		return arrangement{}, err
	}
	if a.state != (account.State{}) {
		r.db.arrangements.Add(by, a)
	}
	return a, nil
}
