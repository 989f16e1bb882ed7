package postgres

import (
	"context"
	"errors"
	"sync"

	"github.com/memberzone/memberzone/app/report"
)

// A search of a long time goes through millions of rows where few fit. What fits often is
// found, and counted past the cap, in the newest days alone. The rest of the time is searched
// in halves, both at once.
const (
	longSearchDays   = 120
	newestSearchDays = 50
)

// inParts tells that a search is made in parts.
func inParts(f report.TransactionFilter) bool {
	return countsAlong(f) && f.From.DaysUntil(f.To) >= longSearchDays
}

// partly returns the first rows of a search in parts, one more than a page, and how many
// there are, up to one past the cap. The parts are read one moment apart.
func (r Reports) partly(
	ctx context.Context, s report.Scope, f report.TransactionFilter,
) (list []report.Row, count int, err error) {
	newest, newer, older := f, f, f
	newest.From = f.To.AddDays(1 - newestSearchDays)
	newer.To = newest.From.AddDays(-1)
	newer.From = newer.To.AddDays(-f.From.DaysUntil(newer.To) / 2)
	older.To = newer.From.AddDays(-1)
	list, count, err = r.listed(ctx, newest, countedStatement(s, newest))
	if err != nil || count > report.CountMax {
		return list, count, err
	}
	halves := []report.TransactionFilter{newer, older}
	rows, counts, failed := make([][]report.Row, 2), make([]int, 2), make([]error, 2)
	var both sync.WaitGroup
	for i, half := range halves {
		both.Go(func() { rows[i], counts[i], failed[i] = r.listed(ctx, half, countedStatement(s, half)) })
	}
	both.Wait()
	if err := errors.Join(failed...); err != nil {
		return nil, 0, err
	}
	for i := range halves {
		list, count = append(list, rows[i]...), count+counts[i]
	}
	return list[:min(len(list), f.Limit+1)], min(count, report.CountMax+1), nil
}
