package member

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/views/layout"
	view "github.com/memberzone/memberzone/views/member"
)

// screenTitles are the titles of the screens that need a permission.
var screenTitles = map[permit.Screen]string{
	permit.CardTradeList: titleCardList,
	permit.CardTradePage: "信用卡交易明細",
	permit.CardTradeAct:  "取消授權、請款與退款",

	permit.CardTradeExport: titleExport,
	permit.TokenStats:      "Passkey 統計與實驗室",
}

// denied answers a request that the actor may not make: 權限不足.
func (p *pages) denied(c *gin.Context, d permit.Decision) error {
	page := view.PermissionDeniedPage{Shell: p.shell(c, "權限不足"), Page: screenTitles[d.Screen]}
	actor := web.Actor(c)
	if d.EnterpriseOnly {
		page.Closed = "個人會員不需設定助理帳號與權限。"
		return web.Page(c, http.StatusForbidden, view.PermissionDenied(page))
	}
	standing, err := p.Assistants.Standing(c.Request.Context(), actor, d.Row.Unit)
	if err != nil {
		return err
	}
	grantor := actor.Member.Name + "的會員擁有者 " + standing.Owner
	if d.OwnerOnly {
		page.Closed = "此頁面只有" + grantor + " 可以開啟，無法以權限開通。"
		return web.Page(c, http.StatusForbidden, view.PermissionDenied(page))
	}
	page.Section, page.Row = d.Row.Area+"／"+d.Row.Section, d.Row.Label
	page.Held, page.Needed, page.Grantor = d.Held.Label(), d.Needed.Label(), grantor
	page.Ask = view.PermissionAsk{Screen: string(d.Screen)}
	if standing.Wanted >= d.Needed {
		page.Ask.AskedAt = timeText(standing.AskedAt)
	}
	if actor.Viewing() {
		page.Ask.Reason = layout.ReadOnlyReason
	}
	return web.Page(c, http.StatusForbidden, view.PermissionDenied(page))
}
