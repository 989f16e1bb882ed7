package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/export"
	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/payment"
)

const (
	jobTimeout = 60 * time.Second
	sweepEvery = 2 * time.Second
	sweepLimit = 100
	foldLimit  = 20_000 // a fold of so many takes a tenth of a second
	workers    = 16
)

// Rows are rows that need not be kept for ever.
type Rows interface {
	// Prune deletes what was over before the given time, and returns how much.
	Prune(ctx context.Context, before time.Time) (int64, error)
}

// Old says how long rows are kept once they are over.
type Old struct {
	Rows Rows
	Kept time.Duration
}

// Recoveries mails one-time links.
type Recoveries interface {
	// SendRecovery does nothing for a name that does not exist.
	SendRecovery(ctx context.Context, r account.RecoveryRequest) error
}

// Sums are sums whose changes are folded into them from time to time.
type Sums interface {
	FoldTotals(ctx context.Context, limit int) (int, error)
}

// Approvals are requests that end with the deadline of what they ask for.
type Approvals interface {
	ExpireApprovals(ctx context.Context, now time.Time, limit int) (int, error)
}

// Options say what a Runner is built from.
type Options struct {
	Pool       *pgxpool.Pool
	Notify     *notify.Service
	Payments   *payment.Service
	Recoveries Recoveries
	Texts      Texts
	Sums       Sums
	Exports    *export.Service
	Approvals  Approvals
	Sweeps     []Sweep // besides those of the services above
	Prune      []Old   // once a day
	PruneSoon  []Old   // once an hour: what strangers can fill
	Clock      clock.Clock
	Log        *slog.Logger
	// RetryPause overrides notify.RetryPause, MailPause notify.MailPause and TextPause
	// otp.RetryPause, for tests.
	RetryPause func(failed int) time.Duration
	MailPause  func(failed int) time.Duration
	TextPause  func(failed int) time.Duration
	// JobTimeout is how long a job may take; 0 for a minute. After twice that time the job of
	// a process that died is given to another one.
	JobTimeout time.Duration
}

// Runner works the queue.
type Runner struct {
	client *river.Client[pgx.Tx]
	sweeps []func(context.Context)
	stop   context.CancelFunc
	ending context.CancelFunc // tells long jobs that the runner stops

	started  chan struct{} // closed by Start
	sweeping sync.WaitGroup
}

// NewRunner returns a runner that stands still until Start.
func NewRunner(o Options) (*Runner, error) {
	if o.RetryPause == nil {
		o.RetryPause = notify.RetryPause
	}
	if o.MailPause == nil {
		o.MailPause = notify.MailPause
	}
	if o.TextPause == nil {
		o.TextPause = otp.RetryPause
	}
	o.JobTimeout = cmp.Or(o.JobTimeout, jobTimeout)
	w := river.NewWorkers()
	river.AddWorker(w, &deliverWorker{notify: o.Notify, pause: o.RetryPause})
	river.AddWorker(w, &mailWorker{notify: o.Notify, pause: o.MailPause})
	river.AddWorker(w, &recoverWorker{recoveries: o.Recoveries})
	ending, end := context.WithCancel(context.Background())
	river.AddWorker(w, &exportWorker{exports: o.Exports, ending: ending})
	river.AddWorker(w, &textWorker{texts: o.Texts, pause: o.TextPause})
	river.AddWorker(w, &pruneWorker{old: o.Prune, soon: o.PruneSoon, clock: o.Clock})
	prune := func(every time.Duration, args pruneArgs) *river.PeriodicJob {
		return river.NewPeriodicJob(river.PeriodicInterval(every),
			func() (river.JobArgs, *river.InsertOpts) { return args, nil }, &river.PeriodicJobOpts{RunOnStart: true})
	}
	daily, hourly := prune(24*time.Hour, pruneArgs{}), prune(time.Hour, pruneArgs{Soon: true})
	client, err := river.NewClient(riverpgxv5.New(o.Pool), &river.Config{
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: workers}, queueTexts: {MaxWorkers: textWorkers},
			exportQueue: {MaxWorkers: exportWorkers},
		},
		Workers:              w,
		PeriodicJobs:         []*river.PeriodicJob{daily, hourly},
		JobTimeout:           o.JobTimeout,
		RescueStuckJobsAfter: 2 * o.JobTimeout,
		Logger:               o.Log,
	})
	if err != nil {
		end()
		return nil, fmt.Errorf("make job runner: %w", err)
	}
	return &Runner{client: client, started: make(chan struct{}), ending: end, sweeps: o.sweeps()}, nil
}

// Sweep is work that is looked for again and again. Do looks at up to limit things and
// tells how many those were.
type Sweep struct {
	Name string
	Do   func(ctx context.Context, limit int) (int, error)
	// Ticks are how many ticks of two seconds pass from one look to the next; 0 for one.
	Ticks int
}

func (o Options) sweeps() []func(context.Context) {
	sweep := func(name string, do func(context.Context, int) (int, error)) func(context.Context) {
		return func(ctx context.Context) {
			if _, err := do(ctx, sweepLimit); err != nil && ctx.Err() == nil {
				o.Log.ErrorContext(ctx, "sweep failed", "sweep", name, "error", err)
			}
		}
	}
	all := []func(context.Context){
		sweep("resolve attempts", o.Payments.ResolveDue),
		sweep("end checkouts", o.Payments.EndExpired),
		sweep("ask again for voids", o.Payments.VoidsDue),
		sweep("close", o.Payments.CloseDue),
		sweep("settle", o.Payments.SettleDue),
		sweep("expire approvals", func(ctx context.Context, limit int) (int, error) {
			return o.Approvals.ExpireApprovals(ctx, o.Clock.Now(), limit)
		}),
		sweep("take exports up again", o.Exports.Revive),
		sweep("fold sums", func(ctx context.Context, _ int) (int, error) { return o.Sums.FoldTotals(ctx, foldLimit) }),
	}
	for _, more := range o.Sweeps {
		all = append(all, seldom(max(more.Ticks, 1), sweep(more.Name, more.Do)))
	}
	return all
}

// Start begins to work until Stop is called.
func (r *Runner) Start(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	if err := r.client.Start(ctx); err != nil {
		return fmt.Errorf("start jobs: %w", err)
	}
	sweeping, stop := context.WithCancel(ctx)
	r.stop = stop
	close(r.started)
	for _, do := range r.sweeps {
		r.sweeping.Go(func() { repeat(sweeping, do) })
	}
	return nil
}

// Healthy returns nil while the runner works the queue.
func (r *Runner) Healthy() error {
	select {
	case <-r.started:
	default:
		return errors.New("jobs: not started")
	}
	select {
	case <-r.client.Stopped():
		return errors.New("jobs: stopped")
	default:
		return nil
	}
}

// seldom does a sweep at every n-th tick, beginning with the first: what asks an outside
// party need not ask every moment.
func seldom(n int, sweep func(context.Context)) func(context.Context) {
	tick := 0
	return func(ctx context.Context) {
		if tick%n == 0 {
			sweep(ctx)
		}
		tick++
	}
}

// repeat looks again and again: for attempts without an answer, for checkouts
// whose time has passed, for a close and a settlement that are due. The state is
// in the payment rows themselves, so nothing is lost with a process, and every
// process may sweep.
func repeat(ctx context.Context, sweep func(context.Context)) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		sweep(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Stop lets running jobs finish and returns when all is still.
func (r *Runner) Stop(ctx context.Context) error {
	if r.stop == nil {
		return nil
	}
	r.stop()
	r.ending()
	r.sweeping.Wait()
	if err := r.client.Stop(ctx); err != nil {
		return fmt.Errorf("stop jobs: %w", err)
	}
	return nil
}

type deliverWorker struct {
	river.WorkerDefaults[deliverArgs]
	notify *notify.Service
	pause  func(failed int) time.Duration
}

// Work implements river.Worker.
func (w *deliverWorker) Work(ctx context.Context, job *river.Job[deliverArgs]) error {
	return w.notify.Deliver(ctx, job.Args.NotificationID)
}

// NextRetry implements river.Worker. The pause is counted from now, by the machine's
// clock as the queue does: a time that has passed would give way to the queue's own,
// much longer pauses.
func (w *deliverWorker) NextRetry(job *river.Job[deliverArgs]) time.Time {
	return clock.System{}.Now().Add(w.pause(job.Attempt))
}

// pruneArgs is the daily job that forgets what no longer counts, and the hourly one.
type pruneArgs struct {
	Soon bool `json:"soon,omitempty"` // the hourly one
}

// Kind implements river.JobArgs. Jobs of that name wait in queues already.
func (pruneArgs) Kind() string { return "prune_lockouts" }

type pruneWorker struct {
	river.WorkerDefaults[pruneArgs]
	old   []Old
	soon  []Old
	clock clock.Clock
}

// Work implements river.Worker. What cannot be pruned keeps nothing else from it.
func (w *pruneWorker) Work(ctx context.Context, job *river.Job[pruneArgs]) error {
	due := w.old
	if job.Args.Soon {
		due = w.soon
	}
	var errs []error
	for _, old := range due {
		_, err := old.Rows.Prune(ctx, w.clock.Now().Add(-old.Kept))
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

type recoverWorker struct {
	river.WorkerDefaults[recoverArgs]
	recoveries Recoveries
}

// Work implements river.Worker.
func (w *recoverWorker) Work(ctx context.Context, job *river.Job[recoverArgs]) error {
	return w.recoveries.SendRecovery(ctx, account.RecoveryRequest{
		Member: job.Args.Member, Login: job.Args.Login,
		From: account.Origin{Address: job.Args.Address, RequestID: job.Args.RequestID},
	})
}

var (
	_ river.Worker[deliverArgs] = (*deliverWorker)(nil)
	_ river.Worker[pruneArgs]   = (*pruneWorker)(nil)
	_ river.Worker[recoverArgs] = (*recoverWorker)(nil)
)
