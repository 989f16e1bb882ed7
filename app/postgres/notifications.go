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

// mailHTMLContext binds the same text as HTML to its recipient.
func mailHTMLContext(recipient string) []byte { return []byte("mails/" + recipient + "/html") }

// Mail stores a mail and the job that sends it.
// SECURITY: a mail may hold a link that lets its reader in. Whoever reads the database
// must not be let in.
func (t *tx) Mail(ctx context.Context, m notify.Mail) error {
	sealed, err := t.db.cipher.Seal([]byte(m.Text), mailContext(m.To))
	if err != nil {
		return fmt.Errorf("seal mail: %w", err)
	}
	var html []byte
	if m.HTML != "" {
		if html, err = t.db.cipher.Seal([]byte(m.HTML), mailHTMLContext(m.To)); err != nil {
			return fmt.Errorf("seal mail as HTML: %w", err)
		}
	}
	var id int64
	err = t.gorm.WithContext(ctx).Raw(`
		INSERT INTO mails (recipient, subject, body_sealed, html_sealed, created_at) VALUES (?, ?, ?, ?, ?) RETURNING id`,
		m.To, m.Subject, sealed, html, m.At).Scan(&id).Error
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
