package member

import (
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/views/layout"
	view "github.com/memberzone/memberzone/views/member"
)

// shell fills in what every page of 會員專區 shows around its content. Menu entries
// that the actor may not open are left out.
func (p *pages) shell(c *gin.Context, title string, trail ...layout.Crumb) layout.MemberShell {
	actor := web.Actor(c)
	shell := layout.MemberShell{
		Title: title, MemberName: actor.Member.Name, MemberNo: actor.Member.Code,
		Account: actor.Account.Login, Role: roleLabel(actor.Account.Kind),
		Trail: trail, RequestID: web.RequestID(c), Demo: p.Demo,
		Nav: []layout.NavGroup{{Items: []layout.NavItem{{Label: "首頁", Href: pathHome}}}},
	}
	if actor.Viewing() {
		shell.Account, shell.Role = actor.Viewer.Login, roleLabel(actor.Viewer.Kind)
		shell.ViewAs = actor.Account.Login
	}
	if p.router.Allows(c, permit.CardTradeList.Gate()) {
		shell.Nav = append(shell.Nav, layout.NavGroup{Label: "銷售中心", Items: []layout.NavItem{
			{Label: titleCardList, Href: pathCardList},
		}})
	}
	if items := p.centreItems(c); len(items) > 0 {
		shell.Nav = append(shell.Nav, layout.NavGroup{Label: titleCentre, Items: items})
	}
	markCurrent(shell.Nav, c.FullPath())
	return shell
}

// centreItems are the entries of 會員中心.
func (p *pages) centreItems(c *gin.Context) []layout.NavItem {
	var items []layout.NavItem
	if p.router.Allows(c, permit.EnterpriseOwner()) {
		items = append(items,
			layout.NavItem{Label: titleAssistant, Href: pathAssistants},
			layout.NavItem{Label: titleRequests, Href: view.PermissionRequestsPath, Badge: p.requestsBadge(c)},
			layout.NavItem{Label: titleReview, Href: view.AccessReviewPath},
		)
	}
	if p.router.Allows(c, permit.Owner()) {
		items = append(items, layout.NavItem{Label: titleAudit, Href: view.AuditPath})
	}
	return items
}

// requestsBadge counts what waits. A count that cannot be read leaves the badge out,
// and no page down: the pages about the requests read them themselves and tell.
func (p *pages) requestsBadge(c *gin.Context) string {
	open, err := p.openRequests(c)
	if err != nil || open == 0 {
		return ""
	}
	return strconv.Itoa(open)
}

// markCurrent marks the entry of the page, or of the page above it.
func markCurrent(nav []layout.NavGroup, here string) {
	for _, group := range nav {
		for i, item := range group.Items {
			group.Items[i].Current = here == item.Href || item.Href != pathHome && strings.HasPrefix(here, item.Href+"/")
		}
	}
}
