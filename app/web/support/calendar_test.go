package support_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/workday"
)

// days is the calendar as the console sees it; its own tests use the database.
type days struct {
	imported []string
	missing  []int
}

func (d *days) Years(context.Context) ([]onboarding.WorkdayYear, error) {
	list := []onboarding.WorkdayYear{{Year: 2026, Count: workday.Count{Working: 249, Off: 13}}}
	for _, who := range d.imported {
		list = append(list, onboarding.WorkdayYear{Year: 2027, As: who, At: noon})
	}
	return list, nil
}

func (d *days) Calendar(context.Context) (workday.Calendar, error) { return workday.Calendar{}, nil }

func (d *days) Missing(context.Context) ([]int, error) { return d.missing, nil }

func (d *days) Preview(_ context.Context, text string) (onboarding.WorkdayPreview, error) {
	c, err := workday.Parse(strings.NewReader(text))
	if err != nil {
		return onboarding.WorkdayPreview{}, err
	}
	date, err := clock.ParseDate("2027-01-01")
	if err != nil {
		return onboarding.WorkdayPreview{}, err
	}
	return onboarding.WorkdayPreview{Year: 2027, Added: true, Changes: []workday.Change{{
		Date: date, After: c.Days()[0],
	}}}, nil
}

func (d *days) Import(ctx context.Context, who onboarding.Staff, text string) (onboarding.WorkdayPreview, error) {
	if len(d.imported) > 0 {
		return onboarding.WorkdayPreview{}, onboarding.ErrSameYear
	}
	p, err := d.Preview(ctx, text)
	if err == nil {
		d.imported = append(d.imported, who.By.Login)
	}
	return p, err
}

func TestAYearIsPreviewedAndImported(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	s.days.missing = []int{2027}
	v := s.signedIn("admin01")
	v.get("/support/calendar").is(http.StatusOK, `data-year="2026"`, "249", "內建", "2027 年的工作日曆尚未匯入")
	csv := url.Values{"csv": {"date,kind,name\n2027-01-01,off,開國紀念日\n"}}
	v.post("/support/calendar/preview", csv).
		is(http.StatusOK, "將新增 2027 年", "2027-01-01（五）", "照常", "放假", "開國紀念日", `formaction="/support/calendar/import"`)
	if len(s.days.imported) != 0 {
		t.Fatal("a preview imports")
	}
	v.post("/support/calendar/import", csv).leads("/support/calendar?done=imported")
	v.get("/support/calendar?done=imported").is(http.StatusOK, "已匯入", "admin01 於 2026-11-24 12:00 匯入")
	v.post("/support/calendar/import", csv).is(http.StatusUnprocessableEntity, "內容與現有的工作日曆相同", "開國紀念日")
}

func TestABadCalendarIsToldByItsLines(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	v := s.signedIn("admin01")
	bad := url.Values{"csv": {"date,kind,name\n2027-01-02,off,週六\n2027-13-01,off,一\n"}}
	for _, path := range []string{"/support/calendar/preview", "/support/calendar/import"} {
		v.post(path, bad).is(http.StatusUnprocessableEntity, "第 2 列", "第 3 列", "2027-13-01", `data-error-for="csv"`).
			lacks("formaction")
	}
	if len(s.days.imported) != 0 {
		t.Error("it is imported")
	}
}

func TestOnlyAnAdministratorImports(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	s.days.missing = []int{2027}
	for _, login := range []string{"agent01", "reviewer01"} {
		v := s.signedIn(login)
		v.get("/support").is(http.StatusOK, "2027 年的工作日曆尚未匯入")
		v.get("/support/calendar").is(http.StatusOK, "由系統管理者匯入").lacks("calendar-form")
		v.post("/support/calendar/import", url.Values{"csv": {"x"}}).
			is(http.StatusForbidden, `id="permission-denied"`, "匯入工作日曆", "系統管理者")
	}
	n := 0
	must(t, s.db.SQL().QueryRow(`SELECT count(*) FROM audit_entries WHERE kind = 'permission_denied'
		AND subject = 'workday_import' AND chain = 0`).Scan(&n))
	if n != 2 {
		t.Errorf("%d refusals are in the audit log", n)
	}
}
