package support

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/support"
	"github.com/memberzone/memberzone/views/ui"
)

// Workdays keeps the calendar of working days.
type Workdays interface {
	Years(ctx context.Context) ([]onboarding.WorkdayYear, error)
	// Missing returns the years that are needed soon and that the calendar lacks.
	Missing(ctx context.Context) ([]int, error)
	// Preview tells what an import would change. It returns what is wrong with the text.
	Preview(ctx context.Context, text string) (onboarding.WorkdayPreview, error)
	Import(ctx context.Context, who onboarding.Staff, text string) (onboarding.WorkdayPreview, error)
}

const titleCalendar = "工作日曆"

func (p *pages) mountCalendar(site *web.Router) {
	site.GET(view.CalendarPath, permit.WorkdayRead.Gate(), p.calendar)
	site.POST(view.CalendarPath+"/preview", permit.WorkdayImport.Gate(), p.previewCalendar)
	site.POST(view.CalendarPath+"/import", permit.WorkdayImport.Gate(), p.importCalendar)
}

// calendar answers GET /support/calendar.
func (p *pages) calendar(c *gin.Context) error {
	return p.showCalendar(c, view.CalendarPage{}, http.StatusOK)
}

// showCalendar shows the years around what the page says already.
func (p *pages) showCalendar(c *gin.Context, page view.CalendarPage, status int) error {
	ctx := c.Request.Context()
	years, err := p.Workdays.Years(ctx)
	if err != nil {
		return err
	}
	missing, err := p.Workdays.Missing(ctx)
	if err != nil {
		return err
	}
	for _, year := range missing {
		page.Missing = append(page.Missing, strconv.Itoa(year))
	}
	for _, year := range years {
		from := "內建"
		if !year.At.IsZero() {
			from = year.As + " 於 " + timeText(year.At) + " 匯入"
		}
		page.Years = append(page.Years, view.CalendarYear{
			Year: strconv.Itoa(year.Year), Working: strconv.Itoa(year.Working), Off: strconv.Itoa(year.Off),
			MakeUp: strconv.Itoa(year.MakeUp), From: from,
		})
	}
	if !p.router.Allows(c, permit.WorkdayImport.Gate()) {
		page.Withheld = "由" + roles[p.lowestRole(c, permit.WorkdayImport)].label + "匯入。"
	}
	page.Shell = p.shell(c, titleCalendar, crumb(titleCalendar))
	return web.Page(c, status, view.Calendar(page))
}

// previewCalendar answers POST /support/calendar/preview: what an import would change.
func (p *pages) previewCalendar(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	text := form.Get("csv")
	found, err := p.Workdays.Preview(c.Request.Context(), text)
	if err != nil {
		return p.refuseCalendar(c, text, err)
	}
	return p.showCalendar(c, view.CalendarPage{
		CSV: ui.Input{Value: text}, Preview: presentCalendarPreview(found),
	}, http.StatusOK)
}

// importCalendar answers POST /support/calendar/import.
func (p *pages) importCalendar(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	text := form.Get("csv")
	if _, err := p.Workdays.Import(c.Request.Context(), staffOf(c), text); err != nil {
		return p.refuseCalendar(c, text, err)
	}
	return web.Redirect(c, view.CalendarPath+"?done=imported")
}

// refuseCalendar shows what is wrong with a text, line by line; any other error is returned.
func (p *pages) refuseCalendar(c *gin.Context, text string, err error) error {
	problems, ok := sentences(err)
	if !ok {
		return err
	}
	return p.showCalendar(c, view.CalendarPage{
		CSV: ui.Input{Value: text, Error: "請修正後再預覽。"}, Problems: problems,
	}, http.StatusUnprocessableEntity)
}

// sentences are what a person is told of an error that is theirs to mend.
func sentences(err error) (list []string, ok bool) {
	var faults fault.Group
	if !errors.As(err, &faults) {
		faults = fault.Group{fault.From(err)}
	}
	for _, f := range faults {
		if f.Kind != fault.Invalid && f.Kind != fault.Conflict {
			return nil, false
		}
		list = append(list, f.Public)
	}
	return list, len(list) > 0
}

func presentCalendarPreview(found onboarding.WorkdayPreview) view.CalendarPreview {
	v := view.CalendarPreview{
		Year: strconv.Itoa(found.Year), Added: found.Added, Same: len(found.Changes) == 0,
	}
	for _, change := range found.Changes {
		name := change.After.Name
		if name == "" {
			name = change.Before.Name
		}
		v.Changes = append(v.Changes, view.CalendarChange{
			Date: dayText(change.Date), Before: change.Before.Kind.Label(), After: change.After.Kind.Label(),
			Name: name,
		})
	}
	return v
}

// calendarNotices tell everybody that a year is missing.
func (p *pages) calendarNotices(ctx context.Context) ([]ui.Notice, error) {
	missing, err := p.Workdays.Missing(ctx)
	if err != nil || len(missing) == 0 {
		return nil, err
	}
	return []ui.Notice{{
		Tone: ui.ToneWait, Title: yearsText(missing) + " 年的" + titleCalendar + "尚未匯入",
		Text: "期限落在該年的案件暫時只扣除週末。請系統管理者至「" + titleCalendar + "」匯入。",
	}}, nil
}
