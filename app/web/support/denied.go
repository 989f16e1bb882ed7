package support

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/support"
)

// screenTitles are what the screens of the console are called where a role may not open them.
var screenTitles = map[permit.StaffScreen]string{
	permit.ConsoleHome:       "支援主控台",
	permit.ApplicationRead:   titleApplications,
	permit.ApplicationWork:   "處理申請案件",
	permit.ApplicationReview: "審核申請案件",
	permit.MemberLookUp:      titleMembers,
	permit.StoreSwitch:       "停用商店的 Passkey服務",
	permit.CardPasskeyLookUp: titleCards,
	permit.CardPasskeyRemove: "移除持卡人 Passkey",
	permit.OnboardingFigures: titleFigures,
	permit.WorkdayRead:       titleCalendar,
	permit.WorkdayImport:     "匯入工作日曆",
}

// denied answers one of our staff whose role may not open what was asked for: 權限不足.
func (p *pages) denied(c *gin.Context, d permit.Decision) error {
	return web.Page(c, http.StatusForbidden, view.Denied(view.DeniedPage{
		Shell: p.shell(c, "權限不足"), Page: screenTitles[d.StaffScreen], Needed: rolesFrom(d.LowestRole),
	}))
}

// rolesFrom names a role and those above it.
func rolesFrom(lowest account.Role) string {
	label := roles[lowest].label
	if lowest == account.Admin {
		return label
	}
	return label + "以上"
}

// lowestRole returns the least role that may open a screen.
func (p *pages) lowestRole(c *gin.Context, screen permit.StaffScreen) account.Role {
	return p.router.Decision(c, screen.Gate()).LowestRole
}
