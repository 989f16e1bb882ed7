package onboarding

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/workday"
)

// WorkdayImport is a year of the calendar that one of our staff imported.
type WorkdayImport struct {
	Year int
	Text string // as workday.Parse reads it
	By   account.ID
	As   string // the login
	At   time.Time
}

// WorkdayTx is a database transaction that changes the calendar.
type WorkdayTx interface {
	// WorkdayImports returns the latest import of each year, in the order of the years.
	WorkdayImports(ctx context.Context) ([]WorkdayImport, error)
	// AddWorkdayImport stores an import, which is the year's latest from then on.
	AddWorkdayImport(ctx context.Context, i WorkdayImport) error
	// Record appends an entry to the audit log.
	Record(ctx context.Context, e audit.Entry) error
}

// WorkdayStore keeps the years that were imported.
type WorkdayStore interface {
	// WorkdayImports returns the latest import of each year, in the order of the years.
	WorkdayImports(ctx context.Context) ([]WorkdayImport, error)
	// InTx runs do in one transaction that no other import can slip into.
	InTx(ctx context.Context, do func(context.Context, WorkdayTx) error) error
}

// WorkdaysOptions say what Workdays are built from. All are required.
type WorkdaysOptions struct {
	Store WorkdayStore
	Base  workday.Calendar // the years that come with the program
	Clock clock.Clock
}

// Workdays keeps the calendar: the years that come with the program, and those that our
// staff import, which come before them. It is safe for concurrent use.
type Workdays struct{ o WorkdaysOptions }

// NewWorkdays returns the keeper of the calendar.
func NewWorkdays(o WorkdaysOptions) *Workdays { return &Workdays{o} }

var (
	// ErrOneYear tells that a text holds more years than the one that an import takes.
	ErrOneYear = fault.New(fault.Invalid, "calendar_one_year", "一次只能匯入一個年度的工作日曆。").At("csv")
	// ErrSameYear tells that an import would change nothing.
	ErrSameYear = fault.New(fault.Conflict, "calendar_same", "內容與現有的工作日曆相同，不需要匯入。").At("csv")
)

// Calendar returns the calendar as it is now.
func (w *Workdays) Calendar(ctx context.Context) (workday.Calendar, error) {
	imports, err := w.o.Store.WorkdayImports(ctx)
	if err != nil {
		return workday.Calendar{}, fmt.Errorf("read the calendar: %w", err)
	}
	return w.with(imports)
}

func (w *Workdays) with(imports []WorkdayImport) (workday.Calendar, error) {
	c := w.o.Base
	for _, i := range imports {
		year, err := workday.Parse(strings.NewReader(i.Text))
		if err != nil {
			return workday.Calendar{}, fmt.Errorf("read the calendar of %d: %w", i.Year, err)
		}
		c = c.Merge(year)
	}
	return c, nil
}

// WorkdayYear is a year that the calendar knows.
type WorkdayYear struct {
	Year int
	workday.Count
	As string    // who imported it; empty for a year that comes with the program
	At time.Time // when
}

// Years returns the years that the calendar knows, in their order.
func (w *Workdays) Years(ctx context.Context) ([]WorkdayYear, error) {
	imports, err := w.o.Store.WorkdayImports(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the calendar: %w", err)
	}
	c, err := w.with(imports)
	if err != nil {
		return nil, err
	}
	list := make([]WorkdayYear, 0, len(c.Years()))
	for _, year := range c.Years() {
		one := WorkdayYear{Year: year, Count: c.Count(year)}
		for _, i := range imports {
			if i.Year == year {
				one.As, one.At = i.As, i.At
			}
		}
		list = append(list, one)
	}
	return list, nil
}

// soonDays is how far ahead a year without a calendar is told of.
const soonDays = 60

// Missing returns the years from today on, as far as 60 days ahead, that the calendar
// lacks: they are counted with weekends only until somebody imports them.
func (w *Workdays) Missing(ctx context.Context) ([]int, error) {
	c, err := w.Calendar(ctx)
	if err != nil {
		return nil, err
	}
	today := clock.DateOf(w.o.Clock.Now())
	_, missing := c.Between(today.AddDays(-1), today.AddDays(soonDays))
	return missing, nil
}

// WorkdayPreview is what an import would change.
type WorkdayPreview struct {
	Year    int
	Added   bool // the calendar lacks the year
	Changes []workday.Change
}

// Preview reads a text and tells what its import would change; nothing where Changes is
// empty. It returns the errors of workday.Parse, workday.ErrYear and ErrOneYear.
func (w *Workdays) Preview(ctx context.Context, text string) (WorkdayPreview, error) {
	year, next, err := parseYear(text)
	if err != nil {
		return WorkdayPreview{}, err
	}
	c, err := w.Calendar(ctx)
	if err != nil {
		return WorkdayPreview{}, err
	}
	return WorkdayPreview{Year: year, Added: !c.Knows(year), Changes: c.Diff(next)}, nil
}

// parseYear reads a text that holds the whole of one year.
func parseYear(text string) (year int, c workday.Calendar, err error) {
	if c, err = workday.Parse(strings.NewReader(text)); err != nil {
		return 0, workday.Calendar{}, err
	}
	if years := c.Years(); len(years) != 1 {
		return 0, workday.Calendar{}, ErrOneYear
	}
	if err := c.CheckYears(); err != nil {
		return 0, workday.Calendar{}, err
	}
	return c.Years()[0], c, nil
}

// Import takes a year over, with its changes in the audit log. Who may do so is the
// caller's to decide. It returns the errors of Preview, and ErrSameYear.
func (w *Workdays) Import(ctx context.Context, who Staff, text string) (WorkdayPreview, error) {
	year, next, err := parseYear(text)
	if err != nil {
		return WorkdayPreview{}, err
	}
	var done WorkdayPreview
	err = w.o.Store.InTx(ctx, func(ctx context.Context, tx WorkdayTx) error {
		imports, err := tx.WorkdayImports(ctx)
		if err != nil {
			return err
		}
		c, err := w.with(imports)
		if err != nil {
			return err
		}
		done = WorkdayPreview{Year: year, Added: !c.Knows(year), Changes: c.Diff(next)}
		if len(done.Changes) == 0 {
			return ErrSameYear
		}
		now := w.o.Clock.Now()
		err = tx.AddWorkdayImport(ctx, WorkdayImport{Year: year, Text: next.String(), By: who.ID, At: now})
		if err != nil {
			return err
		}
		return tx.Record(ctx, audit.Entry{
			By: who.By, At: now, Kind: audit.WorkdaysImported, Subject: strconv.Itoa(year), Changes: done.entries(),
		})
	})
	if err != nil {
		return WorkdayPreview{}, fmt.Errorf("import the calendar of %d: %w", year, err)
	}
	return done, nil
}

// entries writes the changes for the audit log.
func (p WorkdayPreview) entries() []audit.Change {
	list := make([]audit.Change, len(p.Changes))
	for i, c := range p.Changes {
		list[i] = audit.Change{Field: c.Date.String(), Before: c.Before.String(), After: c.After.String()}
	}
	return list
}
