package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/otp"
)

// Texts hands text messages over.
type Texts interface {
	// Deliver returns otp.ErrRefused when it is no use to call it again.
	Deliver(ctx context.Context, messageID int64) error
}

// textArgs is the job that hands one text message over.
type textArgs struct {
	MessageID int64 `json:"message_id"`
}

// Kind implements river.JobArgs.
func (textArgs) Kind() string { return "send_text" }

// The texts have a queue of their own: a cardholder waits for the code, which must not
// stand behind slow merchants' servers.
const (
	queueTexts  = "texts"
	textWorkers = 8
)

// InsertOpts implements river.JobArgsWithInsertOpts. When a message is given up is the
// message's to say: when its code has expired.
func (textArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: runsMax, Queue: queueTexts}
}

// Text inserts the job that hands a text message over.
func (q *Queue) Text(ctx context.Context, tx *sql.Tx, messageID int64) error {
	if _, err := q.client.InsertTx(ctx, tx, textArgs{messageID}, nil); err != nil {
		return fmt.Errorf("queue text message: %w", err)
	}
	return nil
}

type textWorker struct {
	river.WorkerDefaults[textArgs]
	texts Texts
	pause func(failed int) time.Duration
}

// Work implements river.Worker.
func (w *textWorker) Work(ctx context.Context, job *river.Job[textArgs]) error {
	err := w.texts.Deliver(ctx, job.Args.MessageID)
	if errors.Is(err, otp.ErrRefused) {
		return river.JobCancel(err)
	}
	return err
}

// NextRetry implements river.Worker, as deliverWorker does.
func (w *textWorker) NextRetry(job *river.Job[textArgs]) time.Time {
	return clock.System{}.Now().Add(w.pause(job.Attempt))
}

var _ river.Worker[textArgs] = (*textWorker)(nil)
