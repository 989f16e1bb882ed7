package jobs

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"

	"github.com/memberzone/memberzone/app/account"
)

// deliverArgs is the job that sends one notification.
type deliverArgs struct {
	NotificationID int64 `json:"notification_id"`
}

// Kind implements river.JobArgs.
func (deliverArgs) Kind() string { return "deliver_notification" }

// InsertOpts implements river.JobArgsWithInsertOpts. How often a notification is
// sent is the notification's to say (notify.Tries); the job itself may also be
// cut short by a crash or by a database that is away, and must outlive that.
func (deliverArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: runsMax} }

// runsMax is how often the job of a delivery or a mail runs at most.
const runsMax = 100

// mailArgs is the job that sends one mail.
type mailArgs struct {
	MailID int64 `json:"mail_id"`
}

// Kind implements river.JobArgs.
func (mailArgs) Kind() string { return "send_mail" }

// InsertOpts implements river.JobArgsWithInsertOpts. When a mail is given up is the mail's
// to say (notify.MailTries), as deliverArgs tells.
func (mailArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: runsMax} }

// recoverArgs is the job that mails a one-time link to whoever cannot sign in, if there
// is such an account.
type recoverArgs struct {
	Member    string `json:"member"` // code; empty for our staff
	Login     string `json:"login"`
	Address   string `json:"address"` // from where it was asked for
	RequestID string `json:"request_id"`
}

// Kind implements river.JobArgs.
func (recoverArgs) Kind() string { return "send_recovery" }

// Queue inserts jobs into open database transactions. It implements
// postgres.Queue.
type Queue struct{ client *river.Client[*sql.Tx] }

// NewQueue returns a queue that inserts and works nothing.
func NewQueue(db *sql.DB) (*Queue, error) {
	client, err := river.NewClient(riverdatabasesql.New(db), &river.Config{})
	if err != nil {
		return nil, fmt.Errorf("make queue: %w", err)
	}
	return &Queue{client}, nil
}

// Deliver inserts the job that sends a notification.
func (q *Queue) Deliver(ctx context.Context, tx *sql.Tx, notificationID int64) error {
	if _, err := q.client.InsertTx(ctx, tx, deliverArgs{notificationID}, nil); err != nil {
		return fmt.Errorf("queue notification: %w", err)
	}
	return nil
}

// Mail inserts the job that sends a mail.
func (q *Queue) Mail(ctx context.Context, tx *sql.Tx, mailID int64) error {
	if _, err := q.client.InsertTx(ctx, tx, mailArgs{mailID}, nil); err != nil {
		return fmt.Errorf("queue mail: %w", err)
	}
	return nil
}

// Export inserts the job that writes an export.
func (q *Queue) Export(ctx context.Context, tx *sql.Tx, exportID int64) error {
	if _, err := q.client.InsertTx(ctx, tx, exportArgs{exportID}, nil); err != nil {
		return fmt.Errorf("queue export: %w", err)
	}
	return nil
}

// Recover inserts the job that mails a one-time link to an account.
func (q *Queue) Recover(ctx context.Context, tx *sql.Tx, r account.RecoveryRequest) error {
	args := recoverArgs{r.Member, r.Login, r.From.Address, r.From.RequestID}
	if _, err := q.client.InsertTx(ctx, tx, args, nil); err != nil {
		return fmt.Errorf("queue recovery: %w", err)
	}
	return nil
}
