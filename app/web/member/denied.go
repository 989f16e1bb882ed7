package member

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/member"
)

// screenTitles are the titles of the screens that need a permission.
var screenTitles = map[permit.Screen]string{
	permit.CardTradeList: titleCardList,
	permit.CardTradePage: "信用卡交易明細",
}

// denied answers a request that the actor's grants do not allow: 權限不足.
func (p *pages) denied(c *gin.Context, d permit.Decision) error {
	return web.Page(c, http.StatusForbidden, view.PermissionDenied(view.PermissionDeniedPage{
		Shell: p.shell(c, "權限不足"), Page: screenTitles[d.Screen],
		Section: d.Row.Area + "／" + d.Row.Section, Row: d.Row.Label,
		Held: d.Held.Label(), Needed: d.Needed.Label(),
		Grantor: web.Actor(c).Member.Name + "的會員擁有者",
	}))
}
