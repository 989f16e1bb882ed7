package postgres

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/onboarding"
)

// Workdays keeps the years of the calendar that our staff imported. It implements
// onboarding.WorkdayStore.
type Workdays struct{ db *DB }

// Workdays returns the keeper of the calendar's imports.
func (db *DB) Workdays() Workdays { return Workdays{db} }

var (
	_ onboarding.WorkdayStore = Workdays{}
	_ onboarding.WorkdayTx    = (*tx)(nil)
)

// InTx implements onboarding.WorkdayStore.
func (w Workdays) InTx(ctx context.Context, do func(context.Context, onboarding.WorkdayTx) error) error {
	return w.db.inTx(ctx, func(ctx context.Context, t *tx) error {
		// What another import has changed must be seen by this one, and told in its entry.
		err := t.gorm.WithContext(ctx).Exec("LOCK TABLE workday_imports IN SHARE ROW EXCLUSIVE MODE").Error
		if err != nil {
			return fmt.Errorf("lock the calendar: %w", err)
		}
		return do(ctx, t)
	})
}

// WorkdayImports implements onboarding.WorkdayStore.
func (w Workdays) WorkdayImports(ctx context.Context) ([]onboarding.WorkdayImport, error) {
	return workdayImports(w.db.reader(ctx))
}

// WorkdayImports implements onboarding.WorkdayTx.
func (t *tx) WorkdayImports(ctx context.Context) ([]onboarding.WorkdayImport, error) {
	return workdayImports(t.gorm.WithContext(ctx))
}

func workdayImports(g *gorm.DB) ([]onboarding.WorkdayImport, error) {
	var records []struct {
		Year       int
		Csv, Login string
		ImportedBy int64
		At         time.Time
	}
	err := g.Raw(`
		SELECT DISTINCT ON (i.year) i.year, i.csv, i.imported_by, a.login, i.at
		FROM workday_imports i JOIN accounts a ON a.id = i.imported_by ORDER BY i.year, i.id DESC`).Scan(&records).Error
	if err != nil {
		return nil, fmt.Errorf("read imports of the calendar: %w", err)
	}
	list := make([]onboarding.WorkdayImport, len(records))
	for i, r := range records {
		list[i] = onboarding.WorkdayImport{
			Year: r.Year, Text: r.Csv, By: account.ID(r.ImportedBy), As: r.Login, At: r.At.UTC(),
		}
	}
	return list, nil
}

// AddWorkdayImport implements onboarding.WorkdayTx.
func (t *tx) AddWorkdayImport(ctx context.Context, i onboarding.WorkdayImport) error {
	err := t.gorm.WithContext(ctx).Exec("INSERT INTO workday_imports (year, csv, imported_by, at) VALUES (?, ?, ?, ?)",
		i.Year, i.Text, int64(i.By), i.At).Error
	if err != nil {
		return fmt.Errorf("insert import of the calendar: %w", err)
	}
	return nil
}
