package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/notify"
)

// Mail implements notify.Store.
func (n Notifications) Mail(ctx context.Context, id int64) (m notify.Mail, ended bool, err error) {
	var r struct {
		ID         int64
		Recipient  string
		Subject    string
		Body       string
		BodySealed []byte
		HTMLSealed []byte
		CreatedAt  time.Time
		Ended      bool
	}
	err = n.db.gorm.WithContext(ctx).Raw(`
		SELECT id, recipient, subject, body, body_sealed, html_sealed, created_at,
			sent_at IS NOT NULL OR failed_at IS NOT NULL AS ended
		FROM mails WHERE id = ?`, id).Take(&r).Error
	if err != nil {
		return notify.Mail{}, false, fmt.Errorf("read mail: %w", err)
	}
	m = notify.Mail{ID: r.ID, To: r.Recipient, Subject: r.Subject, Text: r.Body, At: r.CreatedAt.UTC()}
	for _, part := range []struct {
		sealed  []byte
		context []byte
		into    *string
	}{
		{r.BodySealed, mailContext(r.Recipient), &m.Text},
		{r.HTMLSealed, mailHTMLContext(r.Recipient), &m.HTML},
	} {
		if part.sealed == nil {
			continue
		}
		text, err := n.db.cipher.Open(part.sealed, part.context)
		if err != nil {
			return notify.Mail{}, false, fmt.Errorf("unseal mail %d: %w", id, err)
		}
		*part.into = string(text)
	}
	return m, r.Ended, nil
}

// MarkSent implements notify.Store. The text has done its duty and goes.
func (n Notifications) MarkSent(ctx context.Context, id int64, at time.Time) error {
	done := n.db.gorm.WithContext(ctx).Exec(`
		UPDATE mails SET sent_at = ?, body = '', body_sealed = NULL, html_sealed = NULL
		WHERE id = ? AND sent_at IS NULL AND failed_at IS NULL`, at, id)
	return onlyOne(done, "mark mail as sent")
}

// MailTried implements notify.Store. The text of a mail that is given up goes too.
func (n Notifications) MailTried(ctx context.Context, id int64, try notify.MailTry) (givenUp bool, err error) {
	var failed []bool
	err = n.db.gorm.WithContext(ctx).Raw(`
		UPDATE mails SET tries = tries + 1, tried_at = @at, failure = @failure,
			failed_at = CASE WHEN last THEN CAST(@at AS timestamptz) END, body = CASE WHEN last THEN '' ELSE body END,
			body_sealed = CASE WHEN last THEN NULL ELSE body_sealed END,
			html_sealed = CASE WHEN last THEN NULL ELSE html_sealed END
		FROM (SELECT id AS mail_id, @final OR tries + 1 >= @most AS last FROM mails WHERE id = @id FOR UPDATE) AS m
		WHERE id = m.mail_id AND sent_at IS NULL AND failed_at IS NULL
		RETURNING last`,
		map[string]any{
			"at": try.At, "failure": try.Failure, "final": try.Final, "most": notify.MailTries, "id": id,
		}).Scan(&failed).Error
	if err != nil {
		return false, fmt.Errorf("note a try of a mail: %w", err)
	}
	if len(failed) != 1 {
		return false, fmt.Errorf("note a try of mail %d: it has ended", id)
	}
	return failed[0], nil
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
