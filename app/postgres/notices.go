package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/notice"
	"github.com/memberzone/memberzone/app/report"
)

// Notices keeps what members are told on their pages. It implements notice.Store.
type Notices struct{ db *DB }

// Notices returns the keeper of notices.
func (db *DB) Notices() Notices { return Notices{db} }

// AddNotice implements notice.Tx.
func (t *tx) AddNotice(ctx context.Context, n notice.Notice) error {
	err := t.gorm.WithContext(ctx).Exec(
		"INSERT INTO notices (member_id, store_id, title, text, href, at) VALUES (?, ?, ?, ?, ?, ?)",
		int64(n.MemberID), nullNumber(int64(n.StoreID)), n.Title, n.Text, n.Href, n.At).Error
	if err != nil {
		return fmt.Errorf("insert notice: %w", err)
	}
	return nil
}

// unread is the condition that an account has not read the notice t.
const unread = "NOT EXISTS (SELECT 1 FROM notice_reads r WHERE r.notice_id = t.id AND r.account_id = ?)"

// Notices implements notice.Store.
func (n Notices) Notices(ctx context.Context, s report.Scope, who account.ID, limit int) ([]notice.Notice, error) {
	q := scoped(s)
	var records []struct {
		ID, MemberID, StoreID int64
		Title, Text, Href     string
		At                    time.Time
		ReadAt                *time.Time
	}
	err := n.db.reader(ctx).Raw(`
		SELECT t.id, t.member_id, coalesce(t.store_id, 0) AS store_id, t.title, t.text, t.href, t.at, r.read_at
		FROM notices t LEFT JOIN notice_reads r ON r.notice_id = t.id AND r.account_id = ?
		WHERE `+q.where()+" ORDER BY t.id DESC LIMIT ?",
		append(append([]any{int64(who)}, q.args...), limit)...).Scan(&records).Error
	if err != nil {
		return nil, fmt.Errorf("read notices: %w", err)
	}
	list := make([]notice.Notice, len(records))
	for i, r := range records {
		list[i] = notice.Notice{
			ID: notice.ID(r.ID), MemberID: member.ID(r.MemberID), StoreID: member.StoreID(r.StoreID),
			Title: r.Title, Text: r.Text, Href: r.Href, At: r.At.UTC(), ReadAt: timeOf(r.ReadAt),
		}
	}
	return list, nil
}

// Unread implements notice.Store.
func (n Notices) Unread(ctx context.Context, s report.Scope, who account.ID, limit int) (int, error) {
	q := scoped(s)
	q.and(unread, int64(who))
	var count int
	err := n.db.reader(ctx).Raw("SELECT count(*) FROM (SELECT 1 FROM notices t WHERE "+q.where()+
		" ORDER BY t.id DESC LIMIT ?) AS few", append(q.args, limit)...).Scan(&count).Error
	if err != nil {
		return 0, fmt.Errorf("count notices: %w", err)
	}
	return count, nil
}

// MarkRead implements notice.Store. A notice that was read keeps its time.
func (n Notices) MarkRead(ctx context.Context, s report.Scope, r notice.Reading) (href string, err error) {
	q := scoped(s)
	q.and("t.id = ?", int64(r.Notice))
	err = n.db.inTx(ctx, func(ctx context.Context, t *tx) error {
		var found []string
		err := t.gorm.WithContext(ctx).Raw("SELECT t.href FROM notices t WHERE "+q.where(), q.args...).Scan(&found).Error
		if err != nil {
			return fmt.Errorf("find notice: %w", err)
		}
		if len(found) == 0 {
			return notice.ErrNotFound
		}
		href = found[0]
		return t.readNotices(ctx, q, r)
	})
	return href, err
}

// MarkAllRead implements notice.Store.
func (n Notices) MarkAllRead(ctx context.Context, s report.Scope, r notice.Reading) error {
	q := scoped(s)
	q.and("t.id <= ?", int64(r.Notice))
	q.and(unread, int64(r.Account))
	return n.db.inTx(ctx, func(ctx context.Context, t *tx) error { return t.readNotices(ctx, q, r) })
}

// readNotices notes that an account has read the notices of a condition.
func (t *tx) readNotices(ctx context.Context, q *search, r notice.Reading) error {
	err := t.gorm.WithContext(ctx).Exec(`
		INSERT INTO notice_reads (notice_id, account_id, read_at)
		SELECT t.id, ?, ? FROM notices t WHERE `+q.where()+` ON CONFLICT (account_id, notice_id) DO NOTHING`,
		append([]any{int64(r.Account), r.At}, q.args...)...).Error
	if err != nil {
		return fmt.Errorf("note what was read: %w", err)
	}
	return nil
}

// Prune deletes the notices of before the given time, and returns how many.
func (n Notices) Prune(ctx context.Context, before time.Time) (int64, error) {
	done := n.db.gorm.WithContext(ctx).Exec("DELETE FROM notices WHERE at < ?", before)
	if done.Error != nil {
		return 0, fmt.Errorf("prune notices: %w", done.Error)
	}
	return done.RowsAffected, nil
}
