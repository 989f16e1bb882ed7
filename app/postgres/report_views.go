package postgres

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/report"
)

// Views implements report.Views. Views of removed accounts are nobody's, and are left
// out; so are those that name a store which the account does not manage.
func (r Reports) Views(ctx context.Context, s report.Scope, by account.ID) (views []report.View, err error) {
	sql, args := viewsStatement(s, by)
	err = r.db.native(ctx, func(conn *pgx.Conn) error {
		rows, _ := conn.Query(ctx, numbered(sql), args...) // collecting tells the error
		views, err = collectViews(rows, s, by)
		return err
	})
	return views, err
}

func viewsStatement(s report.Scope, by account.ID) (sql string, args []any) {
	return `SELECT v.id, v.account_id, a.login, v.name, v.shared, v.query, v.period, v.days, v.created_at
		FROM saved_views v JOIN accounts a ON a.id = v.account_id
		WHERE v.member_id = ? AND (v.account_id = ? OR v.shared AND a.status <> 'removed')
		ORDER BY v.account_id <> ?, v.name, v.id`, []any{int64(s.Member()), int64(by), int64(by)}
}

type viewRecord struct {
	ID        int64
	AccountID int64
	Login     string
	Name      string
	Shared    bool
	Query     string
	Period    string
	Days      int
	CreatedAt time.Time
}

func collectViews(rows pgx.Rows, s report.Scope, by account.ID) ([]report.View, error) {
	records, err := pgx.CollectRows(rows, pgx.RowToStructByPos[viewRecord])
	if err != nil {
		return nil, fmt.Errorf("read saved views: %w", err)
	}
	var views []report.View
	for _, v := range records {
		values, err := url.ParseQuery(v.Query)
		if err != nil {
			return nil, fmt.Errorf("read the conditions of view %d: %w", v.ID, err)
		}
		view := report.View{
			ID: report.ViewID(v.ID), Owner: account.ID(v.AccountID), Login: v.Login, Name: v.Name, Shared: v.Shared,
			Query: values, Period: report.Period(v.Period), Days: v.Days, Created: v.CreatedAt.UTC(),
		}
		if view.Owner == by || view.Visible(s) {
			views = append(views, view)
		}
	}
	return views, nil
}

// SaveView implements report.Views. The account's row is held, so that two requests
// at once cannot pass the limit together.
func (r Reports) SaveView(ctx context.Context, s report.Scope, v report.View) error {
	return r.db.inTx(ctx, func(ctx context.Context, t *tx) error {
		g := t.gorm.WithContext(ctx)
		var held, count int64
		err := g.Raw("SELECT id FROM accounts WHERE id = ? AND member_id = ? FOR NO KEY UPDATE",
			int64(v.Owner), int64(s.Member())).Scan(&held).Error
		if err != nil {
			return fmt.Errorf("hold account: %w", err)
		}
		err = g.Raw("SELECT count(*) FROM saved_views WHERE account_id = ?", int64(v.Owner)).Scan(&count).Error
		if err != nil {
			return fmt.Errorf("count saved views: %w", err)
		}
		if count >= report.ViewsMax {
			return report.ErrViewsFull
		}
		err = g.Exec(`INSERT INTO saved_views (member_id, account_id, name, shared, query, period, days, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, int64(s.Member()), int64(v.Owner), v.Name, v.Shared, v.Query.Encode(),
			string(v.Period), v.Days, v.Created).Error
		return savedView(err)
	})
}

func savedView(err error) error {
	if violates(err, "saved_views_account_id_name_key") {
		return report.ErrViewNameTaken
	}
	if err != nil {
		return fmt.Errorf("store view: %w", err)
	}
	return nil
}

// RenameView implements report.Views.
func (r Reports) RenameView(ctx context.Context, s report.Scope, v report.View) error {
	done := r.db.gorm.WithContext(ctx).Exec(
		"UPDATE saved_views SET name = ?, shared = ? WHERE id = ? AND account_id = ? AND member_id = ?",
		v.Name, v.Shared, int64(v.ID), int64(v.Owner), int64(s.Member()))
	if done.Error != nil {
		return savedView(done.Error)
	}
	return oneView(done)
}

// DeleteView implements report.Views.
func (r Reports) DeleteView(ctx context.Context, s report.Scope, v report.View, asOwner bool) error {
	done := r.db.gorm.WithContext(ctx).Exec(
		"DELETE FROM saved_views WHERE id = ? AND member_id = ? AND (account_id = ? OR shared AND ?)",
		int64(v.ID), int64(s.Member()), int64(v.Owner), asOwner)
	return oneView(done)
}

func oneView(done *gorm.DB) error {
	if done.Error != nil {
		return fmt.Errorf("change view: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return report.ErrNoView
	}
	return nil
}

// ListColumns implements report.Layout.
func (r Reports) ListColumns(ctx context.Context, by account.ID) ([]report.Column, error) {
	var columns []report.Column
	err := r.raw(ctx, "SELECT unnest(columns) FROM list_columns WHERE account_id = ?", []any{int64(by)}).
		Scan(&columns).Error
	if err != nil {
		return nil, fmt.Errorf("read columns: %w", err)
	}
	return report.KnownColumns(columns), nil
}

// SaveListColumns implements report.Layout.
func (r Reports) SaveListColumns(ctx context.Context, by account.ID, columns []report.Column) error {
	g := r.db.gorm.WithContext(ctx)
	var done *gorm.DB
	if len(columns) == 0 {
		done = g.Exec("DELETE FROM list_columns WHERE account_id = ?", int64(by))
	} else {
		done = g.Exec(`INSERT INTO list_columns (account_id, columns) VALUES (?, CAST(? AS text[]))
			ON CONFLICT (account_id) DO UPDATE SET columns = excluded.columns`,
			int64(by), textArray(texts(report.KnownColumns(columns))))
	}
	if done.Error != nil {
		return fmt.Errorf("store columns: %w", done.Error)
	}
	return nil
}
