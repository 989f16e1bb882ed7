package support

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/support"
	"github.com/memberzone/memberzone/views/ui"
)

func (p *pages) mountFigures(site *web.Router) {
	site.GET(view.FiguresPath, permit.OnboardingFigures.Gate(), p.figures)
}

// figures answers GET /support/figures.
func (p *pages) figures(c *gin.Context) error {
	found, err := p.Queue.Figures(c.Request.Context())
	if err != nil {
		return err
	}
	return web.Page(c, http.StatusOK, view.Figures(view.FiguresPage{
		Shell: p.shell(c, titleFigures, crumb(titleFigures)), At: timeText(found.At), Totals: totals(found),
		Charts: []view.BarChart{openChart(found.Ages), stepChart(found.Times), weekChart(found.Activated)},
	}))
}

// totals are the figures of the queue as it is now.
func totals(f onboarding.Figures) []view.Figure {
	overdue := view.Figure{
		Label: "已逾期", Value: number(f.Overdue), Href: view.ApplicationsPath + "?urgency=" + string(onboarding.Overdue),
	}
	if f.Overdue > 0 {
		overdue.Tone = ui.ToneBad
	}
	week := view.Figure{Label: "本週開通", Value: "0", Note: "家商店"}
	if n := len(f.Activated); n > 0 {
		week.Value = number(f.Activated[n-1].Count)
	}
	return []view.Figure{
		overdue,
		{Label: "最後一天", Value: number(f.LastDay), Href: view.ApplicationsPath + "?urgency=" + string(onboarding.LastDay)},
		{Label: "處理中", Value: number(f.Open), Href: view.ApplicationsPath},
		week,
	}
}

// lateDays is from which age on an open application is shown as late: twice the five
// working days of the promise, which begins with 資料確認.
const lateDays = 11

func openChart(ages []onboarding.AgeBand) view.BarChart {
	chart := view.BarChart{
		ID: "open", Title: "處理中案件的天數", Head: "送出至今", Unit: "件數", Empty: "目前沒有處理中的案件。",
	}
	highest := 0
	for _, a := range ages {
		highest = max(highest, a.Count)
	}
	if highest == 0 {
		return chart
	}
	for _, a := range ages {
		label := number(a.From) + "–" + number(a.To) + " 天"
		if a.To == 0 {
			label = number(a.From) + " 天以上"
		}
		chart.Rows = append(chart.Rows, view.BarRow{
			Label: label, Value: number(a.Count), Length: lengthOf(a.Count, highest), Bad: a.From >= lateDays,
		})
	}
	return chart
}

func stepChart(times []onboarding.StepTime) view.BarChart {
	chart := view.BarChart{
		ID: "steps", Title: "各步驟的中位天數", Head: "步驟", Unit: "天", Note: "最近 180 天，日曆天", Empty: "尚無已完成的步驟。",
	}
	longest := time.Duration(0)
	for _, t := range times {
		longest = max(longest, t.Median)
	}
	for _, t := range times {
		if t.Count == 0 {
			continue
		}
		tenths := int((t.Median + time.Hour*24/20) / (time.Hour * 24 / 10)) // of a day, rounded
		chart.Rows = append(chart.Rows, view.BarRow{
			Label: t.State.Label(), Value: strconv.Itoa(tenths/10) + "." + strconv.Itoa(tenths%10),
			Length: lengthOf(int(t.Median/time.Minute), int(longest/time.Minute)),
		})
	}
	return chart
}

func weekChart(weeks []onboarding.WeekCount) view.BarChart {
	chart := view.BarChart{
		ID: "activated", Title: "每週開通", Head: "週（週一起）", Unit: "家數", Note: "最近 12 週", Upward: true, Empty: "尚無開通的商店。",
	}
	highest := 0
	for _, w := range weeks {
		highest = max(highest, w.Count)
	}
	chart.Top = number(highest) + " 家"
	for _, w := range weeks {
		chart.Rows = append(chart.Rows, view.BarRow{
			Label: w.Monday.String(), Short: shortDay(w.Monday), Value: number(w.Count), Length: lengthOf(w.Count, highest),
		})
	}
	return chart
}

// lengthOf is a part of the highest in hundredths; what is there at all is seen.
func lengthOf(n, highest int) int {
	if n <= 0 || highest <= 0 {
		return 0
	}
	return max(n*100/highest, 1)
}
