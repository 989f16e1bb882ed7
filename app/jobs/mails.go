package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/notify"
)

type mailWorker struct {
	river.WorkerDefaults[mailArgs]
	notify *notify.Service
	pause  func(failed int) time.Duration
}

// Work implements river.Worker.
func (w *mailWorker) Work(ctx context.Context, job *river.Job[mailArgs]) error {
	err := w.notify.Send(ctx, job.Args.MailID)
	if errors.Is(err, notify.ErrMailRefused) {
		return river.JobCancel(err)
	}
	return err
}

// NextRetry implements river.Worker, as deliverWorker does.
func (w *mailWorker) NextRetry(job *river.Job[mailArgs]) time.Time {
	return clock.System{}.Now().Add(w.pause(job.Attempt))
}

var _ river.Worker[mailArgs] = (*mailWorker)(nil)
