package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/export"
)

// exportQueue is a queue of its own: long exports must not hold up mails and notifications.
const (
	exportQueue   = "exports"
	exportWorkers = 2
	exportTimeout = 30 * time.Minute
	exportPause   = 5 * time.Second // before a run that failed is tried again
)

// exportArgs is the job that writes one export.
type exportArgs struct {
	ExportID int64 `json:"export_id"`
}

// Kind implements river.JobArgs.
func (exportArgs) Kind() string { return "write_export" }

// InsertOpts implements river.JobArgsWithInsertOpts. How often an export is tried is the
// export's to say.
func (exportArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: exportQueue, MaxAttempts: runsMax}
}

type exportWorker struct {
	river.WorkerDefaults[exportArgs]
	exports *export.Service
	ending  context.Context // ends when the runner stops
}

// Work implements river.Worker. A run that is cut short by the end of the process hands its
// export back, so that it starts anew at once elsewhere.
func (w *exportWorker) Work(ctx context.Context, job *river.Job[exportArgs]) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.ending, cancel)()
	return w.exports.Run(ctx, job.Args.ExportID)
}

// Timeout implements river.Worker.
func (*exportWorker) Timeout(*river.Job[exportArgs]) time.Duration { return exportTimeout }

// NextRetry implements river.Worker.
func (*exportWorker) NextRetry(*river.Job[exportArgs]) time.Time {
	return clock.System{}.Now().Add(exportPause)
}

var _ river.Worker[exportArgs] = (*exportWorker)(nil)
