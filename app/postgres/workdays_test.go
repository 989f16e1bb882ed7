package postgres_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/postgres"
	"github.com/memberzone/memberzone/app/workday"
	"github.com/memberzone/memberzone/seeds"
)

// year2027 is a calendar as staff paste it, with a make-up Saturday of the test's own.
const year2027 = `date,kind,name
2027-01-01,off,開國紀念日
2027-02-04,off,小年夜
2027-02-05,off,農曆除夕
2027-02-08,off,春節
2027-02-09,off,春節
2027-02-10,off,補假
2027-02-20,work,補行上班
2027-03-01,off,和平紀念日補假
2027-04-05,off,清明節
2027-06-09,off,端午節
2027-09-15,off,中秋節
2027-10-11,off,國慶日補假
`

func openWorkdays(t *testing.T, now time.Time) (*onboarding.Workdays, *postgres.DB) {
	t.Helper()
	db := openReports(t)
	run(t, db, `INSERT INTO accounts (kind, role, login, email, created_at) VALUES
		('staff', 'admin', 'admin01', '', $1), ('staff', 'admin', 'admin02', '', $1)`, noon)
	base, err := seeds.TaiwanWorkdays()
	noError(t, err)
	return onboarding.NewWorkdays(onboarding.WorkdaysOptions{
		Store: db.Workdays(), Base: base, Clock: clock.NewFake(now),
	}), db
}

func staff(id account.ID, login string) onboarding.Staff {
	return onboarding.Staff{
		ID: id, Role: account.Admin, By: audit.By{Chain: audit.Platform, AccountID: int64(id), Login: login},
	}
}

func TestAYearThatIsMissingIsImported(t *testing.T) {
	t.Parallel()
	w, db := openWorkdays(t, noon) // 24 November 2026: the new year is less than 60 days away
	ctx := t.Context()
	missing, err := w.Missing(ctx)
	noError(t, err)
	if !slices.Equal(missing, []int{2027}) {
		t.Errorf("missing %v", missing)
	}
	c, err := w.Calendar(ctx)
	noError(t, err)
	eve := clock.DateOf(time.Date(2027, 2, 3, 4, 0, 0, 0, time.UTC))
	if got := c.Add(eve, 5); got.Date.String() != "2027-02-10" || !slices.Equal(got.Missing, []int{2027}) {
		t.Errorf("before the import: %v", got)
	}

	seen, err := w.Preview(ctx, year2027)
	noError(t, err)
	if seen.Year != 2027 || !seen.Added || len(seen.Changes) != 12 {
		t.Errorf("preview %+v", seen)
	}
	done, err := w.Import(ctx, staff(4, "admin01"), strings.ReplaceAll(year2027, "\n", "\r\n"))
	noError(t, err)
	if !done.Added || len(done.Changes) != 12 {
		t.Errorf("import %+v", done)
	}

	c, err = w.Calendar(ctx)
	noError(t, err)
	if got := c.Add(eve, 5); got.Date.String() != "2027-02-17" || got.Missing != nil {
		t.Errorf("after the import: %v", got)
	}
	if missing, err = w.Missing(ctx); err != nil || len(missing) != 0 {
		t.Errorf("missing %v, %v", missing, err)
	}
	years, err := w.Years(ctx)
	noError(t, err)
	if len(years) != 4 || years[2].As != "" || years[3].Year != 2027 || years[3].As != "admin01" ||
		!years[3].At.Equal(noon) || years[3].Count != (workday.Count{Working: 251, Off: 11, MakeUp: 1}) {
		t.Errorf("years %+v", years)
	}
	today := clock.DateOf(noon)
	page, err := db.Audit().List(ctx, audit.Platform, audit.Filter{From: today, To: today})
	noError(t, err)
	if len(page.Lines) != 1 {
		t.Fatalf("%d entries", len(page.Lines))
	}
	line := page.Lines[0]
	if line.Kind != audit.WorkdaysImported || line.Subject != "2027" || line.Login != "admin01" ||
		len(line.Changes) != 12 ||
		line.Changes[6] != (audit.Change{Field: "2027-02-20", Before: "照常", After: "補行上班（補行上班）"}) {
		t.Errorf("entry %+v", line)
	}
}

func TestAnImportThatIsNoWholeNewYearChangesNothing(t *testing.T) {
	t.Parallel()
	w, db := openWorkdays(t, noon.AddDate(0, -3, 0)) // August: the next year is far
	ctx := t.Context()
	if missing, err := w.Missing(ctx); err != nil || len(missing) != 0 {
		t.Errorf("missing %v, %v", missing, err)
	}
	c, err := w.Calendar(ctx)
	noError(t, err)
	halfYear, _, _ := strings.Cut(year2027, "2027-06")
	for name, tt := range map[string]struct {
		text string
		want error
	}{
		"no calendar":   {"hello", workday.ErrFormat},
		"half a year":   {halfYear, workday.ErrYear},
		"two years":     {year2027 + "2028-01-03,off,開國紀念日\n", onboarding.ErrOneYear},
		"what is there": {c.Year(2025).String(), onboarding.ErrSameYear},
	} {
		if _, err := w.Import(ctx, staff(4, "admin01"), tt.text); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	same, err := w.Preview(ctx, c.Year(2025).String())
	if err != nil || same.Added || len(same.Changes) != 0 {
		t.Errorf("preview of what is there: %+v, %v", same, err)
	}
	var imports, entries int
	noError(t, db.SQL().QueryRowContext(ctx,
		"SELECT (SELECT count(*) FROM workday_imports), (SELECT count(*) FROM audit_entries)").Scan(&imports, &entries))
	if imports != 0 || entries != 0 {
		t.Errorf("%d imports, %d entries", imports, entries)
	}
}

// Of two people who import a year at once both see what the other has changed: the entries
// of the audit log lead from one to the next, and the same text is refused the second time.
func TestTwoImportsAtOnceFollowEachOther(t *testing.T) {
	t.Parallel()
	w, db := openWorkdays(t, noon)
	ctx := t.Context()
	var (
		group sync.WaitGroup
		errs  [2]error
	)
	for i, who := range []onboarding.Staff{staff(4, "admin01"), staff(5, "admin02")} {
		group.Go(func() { _, errs[i] = w.Import(ctx, who, year2027) })
	}
	group.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs[:]...), onboarding.ErrSameYear) {
		t.Errorf("%v and %v", errs[0], errs[1])
	}
	next := strings.Replace(year2027, "2027-02-20,work,補行上班\n", "", 1)
	done, err := w.Import(ctx, staff(5, "admin02"), next)
	if err != nil || done.Added || len(done.Changes) != 1 || done.Changes[0].After != (workday.Day{}) {
		t.Errorf("the correction: %+v, %v", done, err)
	}
	years, err := w.Years(ctx)
	if err != nil || years[3].As != "admin02" || years[3].MakeUp != 0 {
		t.Errorf("%+v, %v", years, err)
	}
	if _, err := db.SQL().ExecContext(ctx, "DELETE FROM workday_imports"); err == nil {
		t.Error("an import was deleted")
	}
	failed := errors.New("failed")
	err = db.Workdays().InTx(ctx, func(ctx context.Context, tx onboarding.WorkdayTx) error {
		noError(t, tx.AddWorkdayImport(ctx, onboarding.WorkdayImport{Year: 2028, Text: "x", By: 4, At: noon}))
		return failed
	})
	if years, _ = w.Years(ctx); !errors.Is(err, failed) || len(years) != 4 {
		t.Errorf("what failed is kept: %v", err)
	}
}
