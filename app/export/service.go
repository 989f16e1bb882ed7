package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"sync"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/report"
)

// Query is what a snapshot is read with.
type Query struct {
	Scope   report.Scope
	Filter  report.TransactionFilter
	Columns []report.Column
}

// Lease is one run of a job and until when it counts as alive.
type Lease struct {
	ID    int64
	Run   int
	Until time.Time
}

// Store keeps exports and reads what goes into them.
type Store interface {
	// Snapshot reads all that the query finds from one moment of the database, in the
	// list's order: it calls begin with the number of rows, and row with each.
	Snapshot(ctx context.Context, q Query, begin func(total int64) error, row func(*Row) error) error
	// Rows counts what a filter finds.
	Rows(ctx context.Context, s report.Scope, f report.TransactionFilter) (int64, error)
	// Scope returns what an account may see now. It returns ErrScope for one that may not
	// sign in.
	Scope(ctx context.Context, m member.ID, id account.ID) (report.Scope, error)

	// Begin stores a download that starts, with its entry in the audit log.
	Begin(ctx context.Context, r Record, lease time.Time, e audit.Entry) (int64, error)
	// Enqueue stores an export that a job will write, and queues the job. It returns ErrBusy.
	Enqueue(ctx context.Context, r Record) error
	// Claim starts a run of a job's export; found is false where there is nothing to run.
	Claim(ctx context.Context, id int64, lease time.Time) (r Record, found bool, err error)
	// Advance tells how many rows are written. It returns ErrLost like Keep and Finish.
	Advance(ctx context.Context, l Lease, rows, total int64) error
	// Keep stores the next part of the file.
	Keep(ctx context.Context, l Lease, part int, bytes []byte) error
	// Finish stores the manifest; for a job with an entry in the audit log.
	Finish(ctx context.Context, r Record, e *audit.Entry) error
	// Release ends a run without a file: the job runs again, or has failed for the reason.
	Release(ctx context.Context, r Record, now time.Time) error
	// Revive gives up downloads and queues jobs again whose process died.
	Revive(ctx context.Context, now time.Time, limit int) (int, error)

	// List returns an account's exports, the newest first.
	List(ctx context.Context, m member.ID, id account.ID, since time.Time) ([]Record, error)
	// Find returns an account's export. It returns ErrNotFound.
	Find(ctx context.Context, m member.ID, id account.ID, t ident.Token) (Record, error)
	// Parts hands out the file of an export in its order.
	Parts(ctx context.Context, r Record, do func([]byte) error) error
}

// ErrLost tells that another run took the export over.
var ErrLost = errors.New("export: another run has taken over")

var errCount = errors.New("export: the rows are not as many as were counted")

// Options say what a Service is built from.
type Options struct {
	Store Store
	Cards report.Cards
	Clock clock.Clock
	Words Words
}

// Service writes exports.
type Service struct {
	Options
	streams streams
}

// New returns a Service.
func New(o Options) *Service { return &Service{Options: o, streams: streams{of: map[member.ID]int{}}} }

// streams counts the downloads that this process writes.
type streams struct {
	mu  sync.Mutex
	of  map[member.ID]int
	all int
}

func (s *streams) enter(m member.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= streamsAll || s.of[m] >= StreamsMax {
		return false
	}
	s.all++
	s.of[m]++
	return true
}

func (s *streams) leave(m member.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.of[m]--; s.of[m] == 0 {
		delete(s.of, m)
	}
}

// record returns the record of an order.
func (o Order) record(now time.Time) Record {
	kind := o.Filter.DateKind
	if o.Filter.LooksUp() {
		kind = report.ByTrade
	}
	name := "transactions_" + now.In(clock.Taipei).Format("20060102-150405") + "." + string(o.Format)
	return Record{
		Token: ident.NewToken(), By: o.By, Account: o.Account, Scope: storeIDs(o.Scope), Format: o.Format,
		State: Waiting, Query: o.Query, Subject: o.Subject, Conditions: o.Conditions, Columns: o.Columns,
		DateKind: kind, File: name, Total: -1, CreatedAt: now,
	}
}

func (r Record) entry(now time.Time) audit.Entry {
	return audit.Entry{
		By: r.By, At: now, Kind: audit.TransactionsExported, Subject: r.Subject,
		Changes: []audit.Change{
			{Field: "檔案", After: r.File}, {Field: "筆數", After: fmt.Sprint(r.Total)},
		},
	}
}

// Download writes the file of an order to what open returns, which is called with the name
// of the file once the audit log has the entry; nothing was written where it was not called.
// An error after that must reach the reader as a broken file. It returns ErrBusy.
func (s *Service) Download(ctx context.Context, o Order, open func(Record) io.Writer) error {
	who := o.Scope.Member()
	if !s.streams.enter(who) {
		return ErrBusy
	}
	defer s.streams.leave(who)
	ctx, cancel := context.WithTimeoutCause(ctx, streamWithin, errSlow)
	defer cancel()
	r := o.record(s.Clock.Now())
	r.Direct, r.State = true, Running
	r, err := s.write(ctx, r, Query{o.Scope, o.Filter, o.Columns}, func(r *Record) (io.Writer, error) {
		var err error
		r.ID, err = s.Store.Begin(ctx, *r, s.Clock.Now().Add(streamWithin+lease), r.entry(s.Clock.Now()))
		if err != nil {
			return nil, err
		}
		return open(*r), nil
	})
	if err == nil {
		err = s.Store.Finish(ctx, s.finished(r), nil)
	}
	if err != nil && r.ID != 0 {
		r.State, r.Failure = Failed, "下載中斷，檔案不完整。"
		err = errors.Join(err, s.Store.Release(context.WithoutCancel(ctx), r, s.Clock.Now()))
	}
	return err
}

func (s *Service) finished(r Record) Record {
	r.State, r.FinishedAt = Done, s.Clock.Now()
	if !r.Direct {
		r.ExpiresAt = r.FinishedAt.Add(FileLife)
	}
	return r
}

// write writes one file from one snapshot to what open returns.
func (s *Service) write(
	ctx context.Context, r Record, q Query, open func(*Record) (io.Writer, error),
) (Record, error) {
	var file sheet
	var out *meter
	defer func() {
		if file != nil {
			file.drop()
		}
	}()
	begin := func(total int64) error {
		r.Total, r.SnapshotAt = total, s.Clock.Now()
		w, err := open(&r)
		if err != nil {
			return err
		}
		out = newMeter(w)
		file, err = newSheet(r.Format, out, s.Words.fieldsOf(q.Columns, q.Scope))
		return err
	}
	err := s.Store.Snapshot(ctx, q, begin, func(row *Row) error {
		r.Rows++
		if !r.Direct && r.Rows%progressRows == 0 {
			if err := s.Store.Advance(ctx, s.lease(r), r.Rows, r.Total); err != nil {
				return err
			}
		}
		return file.row(row)
	})
	if err == nil && r.Rows != r.Total {
		err = fmt.Errorf("%w: %d of %d", errCount, r.Rows, r.Total)
	}
	if err == nil {
		err = file.end()
	}
	if err != nil {
		return r, fmt.Errorf("write export: %w", err)
	}
	r.Bytes, r.SHA256, r.Sheets = out.bytes, out.sum(), file.sheets()
	return r, nil
}

func newSheet(f Format, out io.Writer, fields []field) (sheet, error) {
	if f == XLSX {
		return newXLSX(out, fields)
	}
	return newCSV(out, fields), nil
}

func (s *Service) lease(r Record) Lease {
	return Lease{ID: r.ID, Run: r.Run, Until: s.Clock.Now().Add(lease)}
}

// Rows counts exactly what a filter finds.
func (s *Service) Rows(ctx context.Context, scope report.Scope, f report.TransactionFilter) (int64, error) {
	return s.Store.Rows(ctx, scope, f)
}

// Start takes an order that a job will write, and returns what opens its page. It returns
// ErrBusy.
func (s *Service) Start(ctx context.Context, o Order) (ident.Token, error) {
	r := o.record(s.Clock.Now())
	if err := s.Store.Enqueue(ctx, r); err != nil {
		return "", err
	}
	return r.Token, nil
}

// Run writes the file of an export that waits. It does nothing where another run does, or
// did. After an error it may be called again; what was written before is not used.
func (s *Service) Run(ctx context.Context, id int64) error {
	r, found, err := s.Store.Claim(ctx, id, s.Clock.Now().Add(lease))
	if err != nil || !found {
		return err
	}
	err = s.run(ctx, r)
	if err == nil || errors.Is(err, ErrLost) {
		return nil
	}
	r.State = Waiting
	var told *fault.Fault
	switch {
	case errors.As(err, &told) && told.Kind != fault.Internal && told.Kind != fault.Unavailable:
		r.State, r.Failure = Failed, told.Public
	case errors.Is(context.Cause(ctx), context.Canceled): // the process ends: another one goes on
	default:
		if r.Tries++; r.Tries >= TriesMax {
			r.State, r.Failure = Failed, failedSentence
		}
	}
	if released := s.Store.Release(context.WithoutCancel(ctx), r, s.Clock.Now()); released != nil {
		return errors.Join(err, released)
	}
	if told != nil && r.State == Failed {
		return nil
	}
	return err
}

func (s *Service) run(ctx context.Context, r Record) error {
	q, err := s.query(ctx, r)
	if err != nil {
		return err
	}
	parts := &parts{keep: func(part int, bytes []byte) error { return s.Store.Keep(ctx, s.lease(r), part, bytes) }}
	r, err = s.write(ctx, r, q, func(r *Record) (io.Writer, error) {
		return parts, s.Store.Advance(ctx, s.lease(*r), 0, r.Total)
	})
	if err == nil {
		err = parts.end()
	}
	if err != nil {
		return err
	}
	r = s.finished(r)
	e := r.entry(r.FinishedAt)
	return s.Store.Finish(ctx, r, &e)
}

// query reads again what was asked for, in the scope of now: a store that the account no
// longer manages must not be in the file, and must not be left out silently.
func (s *Service) query(ctx context.Context, r Record) (Query, error) {
	scope, err := s.Store.Scope(ctx, r.Member(), r.Account)
	if err != nil {
		return Query{}, err
	}
	if !r.Within(scope) || r.Scope != nil && len(r.Scope) != len(scope.StoreIDs()) {
		return Query{}, ErrScope
	}
	values, err := url.ParseQuery(r.Query)
	if err != nil {
		return Query{}, ErrConditions.Because(err)
	}
	f, faults := report.ParseTransactionFilter(values, r.CreatedAt)
	if err := faults.OrNil(); err != nil {
		return Query{}, ErrConditions.Because(err)
	}
	if f.CardKey != "" {
		if f.Card, err = s.Cards.OpenCard(ctx, f.CardKey, r.Account, s.Clock.Now()); err != nil {
			return Query{}, ErrConditions.Because(err)
		}
	}
	return Query{scope, f, r.Columns}, nil
}

// Revive takes up what processes left that died.
func (s *Service) Revive(ctx context.Context, limit int) (int, error) {
	return s.Store.Revive(ctx, s.Clock.Now(), limit)
}

// List returns an account's exports of the last days, the newest first.
func (s *Service) List(ctx context.Context, m member.ID, id account.ID) ([]Record, error) {
	return s.Store.List(ctx, m, id, s.Clock.Now().Add(-RecordLife))
}

// Find returns an account's export. It returns ErrNotFound.
func (s *Service) Find(ctx context.Context, m member.ID, id account.ID, t ident.Token) (Record, error) {
	return s.Store.Find(ctx, m, id, t)
}

// Parts hands out the file of an export that is done.
func (s *Service) Parts(ctx context.Context, r Record, do func([]byte) error) error {
	return s.Store.Parts(ctx, r, do)
}
