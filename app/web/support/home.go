package support

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/support"
)

// mineMax is how many of one's own applications the first page shows.
const mineMax = 20

// home answers GET /support: who is to be called today, what is one's own, and how the
// queue stands.
func (p *pages) home(c *gin.Context) error {
	ctx, now := c.Request.Context(), p.Clock.Now()
	notices, err := p.calendarNotices(ctx)
	if err != nil {
		return err
	}
	calls, err := p.Queue.CallList(ctx)
	if err != nil {
		return err
	}
	mine, err := p.Queue.Queue(ctx, onboarding.QueueFilter{Open: true, Assignee: web.Actor(c).Account.ID, Limit: mineMax})
	if err != nil {
		return err
	}
	figures, err := p.Queue.Figures(ctx)
	if err != nil {
		return err
	}
	page := view.HomePage{
		Shell: p.shell(c, "首頁"), Day: dayText(clock.DateOf(now)), Notices: notices, Figures: totals(figures),
		Calls: presentCalls(calls, now), Duties: roles[web.Actor(c).Account.Role].duties,
	}
	for _, a := range mine.Applications {
		page.Mine = append(page.Mine, presentApplication(a, now))
	}
	return web.Page(c, http.StatusOK, view.Home(page))
}

// slotHours are the hours in Taipei of each slot, the end excluded.
var slotHours = map[onboarding.Slot][2]int{
	onboarding.Slot10: {10, 12}, onboarding.Slot13: {13, 15}, onboarding.Slot15: {15, 18},
}

func presentCalls(calls []onboarding.Call, now time.Time) []view.CallSlot {
	hour := now.In(clock.Taipei).Hour()
	slots := make([]view.CallSlot, 0, len(onboarding.Slots))
	for _, slot := range onboarding.Slots {
		hours := slotHours[slot]
		one := view.CallSlot{Label: slot.Label(), Now: hour >= hours[0] && hour < hours[1]}
		for _, call := range calls {
			if call.Slot != slot {
				continue
			}
			assignee := call.AssigneeAs
			if assignee == "" {
				assignee = "未指派"
			}
			one.Calls = append(one.Calls, view.Call{
				Receipt: string(call.Receipt), Href: applicationHref(call.Receipt), Name: call.Name, Phone: call.Phone,
				Subject: call.Subject.Label(), State: stateTag(call.State), Assignee: assignee,
			})
		}
		slots = append(slots, one)
	}
	return slots
}
