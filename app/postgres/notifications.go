package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/notify"
)

// Notifications keeps what is owed to merchants and payers. It implements
// notify.Store.
type Notifications struct{ db *DB }

// Notifications returns the keeper of notifications and mails.
func (db *DB) Notifications() Notifications { return Notifications{db} }

// Notify implements payment.Tx.
func (t *tx) Notify(ctx context.Context, n notify.Notification) error {
	var id int64
	err := t.gorm.WithContext(ctx).Raw(`
		INSERT INTO notifications (transaction_id, url, body, created_at) VALUES (?, ?, ?, ?) RETURNING id`,
		n.TransactionID, n.URL, n.Body, n.CreatedAt).Scan(&id).Error
	if err != nil {
		return fmt.Errorf("insert notification: %w", err)
	}
	s, err := t.sqlTx()
	if err != nil {
		return err
	}
	return t.db.queue.Deliver(ctx, s, id)
}

// mailContext binds a sealed text to its recipient.
func mailContext(recipient string) []byte { return []byte("mails/" + recipient + "/body") }

// Mail stores a mail and the job that sends it.
// SECURITY: a mail may hold a link that lets its reader in. Whoever reads the database
// must not be let in.
func (t *tx) Mail(ctx context.Context, m notify.Mail) error {
	sealed, err := t.db.cipher.Seal([]byte(m.Text), mailContext(m.To))
	if err != nil {
		return fmt.Errorf("seal mail: %w", err)
	}
	var id int64
	err = t.gorm.WithContext(ctx).Raw(`
		INSERT INTO mails (recipient, subject, body_sealed, created_at) VALUES (?, ?, ?, ?) RETURNING id`,
		m.To, m.Subject, sealed, m.At).Scan(&id).Error
	if err != nil {
		return fmt.Errorf("insert mail: %w", err)
	}
	s, err := t.sqlTx()
	if err != nil {
		return err
	}
	return t.db.queue.Mail(ctx, s, id)
}

// Owed implements notify.Store.
func (n Notifications) Owed(ctx context.Context, id int64) (notify.Owed, error) {
	var r struct {
		ID            int64
		TransactionID int64
		URL           string
		Body          string
		State         string
		CreatedAt     time.Time
		Tries         int
		Name          string
		Email         string
		OrderNo       string
		TradeNo       string
	}
	err := n.db.gorm.WithContext(ctx).Raw(`
		SELECT n.id, n.transaction_id, n.url, n.body, n.state, n.created_at, s.name, s.email, t.order_no, t.trade_no,
			(SELECT count(*) FROM notification_attempts a WHERE a.notification_id = n.id) AS tries
		FROM notifications n JOIN transactions t ON t.id = n.transaction_id JOIN stores s ON s.id = t.store_id
		WHERE n.id = ?`, id).Take(&r).Error
	if err != nil {
		return notify.Owed{}, fmt.Errorf("read notification: %w", err)
	}
	return notify.Owed{
		Notification: notify.Notification{
			ID: r.ID, TransactionID: r.TransactionID, URL: r.URL, Body: r.Body,
			State: notify.State(r.State), CreatedAt: r.CreatedAt.UTC(),
		},
		Tries: r.Tries, StoreName: r.Name, StoreEmail: r.Email, OrderNo: r.OrderNo, TradeNo: r.TradeNo,
	}, nil
}

// Finish implements notify.Store.
func (n Notifications) Finish(ctx context.Context, try notify.Try, state notify.State, letter *notify.Mail) error {
	return n.db.inTx(ctx, func(ctx context.Context, t *tx) error {
		err := t.gorm.WithContext(ctx).Exec(`
			INSERT INTO notification_attempts (notification_id, at, http_status, duration_ms, error, answer)
			VALUES (?, ?, ?, ?, ?, ?)`,
			try.NotificationID, try.At, try.Delivery.HTTPStatus, try.Delivery.Duration.Milliseconds(),
			try.Delivery.Error, try.Delivery.Answer).Error
		if err != nil {
			return fmt.Errorf("insert try: %w", err)
		}
		if state == notify.Pending {
			return nil
		}
		done := t.gorm.WithContext(ctx).Exec(`
			UPDATE notifications SET state = ?, finished_at = ? WHERE id = ? AND state = 'pending'`,
			string(state), try.At, try.NotificationID)
		if done.Error != nil {
			return fmt.Errorf("end notification: %w", done.Error)
		}
		if done.RowsAffected == 0 || letter == nil {
			return nil
		}
		return t.Mail(ctx, *letter)
	})
}

// Mail implements notify.Store.
func (n Notifications) Mail(ctx context.Context, id int64) (m notify.Mail, sent bool, err error) {
	var r struct {
		ID         int64
		Recipient  string
		Subject    string
		Body       string
		BodySealed []byte
		CreatedAt  time.Time
		SentAt     *time.Time
	}
	err = n.db.gorm.WithContext(ctx).Raw(
		"SELECT id, recipient, subject, body, body_sealed, created_at, sent_at FROM mails WHERE id = ?", id).Take(&r).Error
	if err != nil {
		return notify.Mail{}, false, fmt.Errorf("read mail: %w", err)
	}
	if r.BodySealed != nil {
		text, err := n.db.cipher.Open(r.BodySealed, mailContext(r.Recipient))
		if err != nil {
			return notify.Mail{}, false, fmt.Errorf("unseal mail %d: %w", id, err)
		}
		r.Body = string(text)
	}
	m = notify.Mail{ID: r.ID, To: r.Recipient, Subject: r.Subject, Text: r.Body, At: r.CreatedAt.UTC()}
	return m, r.SentAt != nil, nil
}

// MarkSent implements notify.Store. The text has done its duty and goes.
func (n Notifications) MarkSent(ctx context.Context, id int64, at time.Time) error {
	done := n.db.gorm.WithContext(ctx).Exec(
		"UPDATE mails SET sent_at = ?, body = '', body_sealed = NULL WHERE id = ? AND sent_at IS NULL", at, id)
	return onlyOne(done, "mark mail as sent")
}

// Prune deletes mails that were sent before the given time, and those of before that
// never were, and returns how many.
func (n Notifications) Prune(ctx context.Context, before time.Time) (int64, error) {
	done := n.db.gorm.WithContext(ctx).Exec(
		"DELETE FROM mails WHERE sent_at < @before OR sent_at IS NULL AND created_at < @before",
		map[string]any{"before": before})
	if done.Error != nil {
		return 0, fmt.Errorf("prune mails: %w", done.Error)
	}
	return done.RowsAffected, nil
}
