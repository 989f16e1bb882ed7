package member

import (
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
		Unread: p.unreadNotices(c),
		Nav:    []layout.NavGroup{{Items: []layout.NavItem{{Label: "首頁", Href: pathHome}}}},
	}
	if actor.Viewing() {
		shell.Account, shell.Role = actor.Viewer.Login, roleLabel(actor.Viewer.Kind)
		shell.ViewAs = actor.Account.Login
	}
	if p.router.Allows(c, permit.CardTradeList.Gate()) {
		items := []layout.NavItem{{Label: titleCardList, Href: pathCardList}}
		shell.Nav = append(shell.Nav, layout.NavGroup{Label: "銷售中心", Items: append(items, p.approvalItems(c)...)})
	}
	if items := p.passkeyItems(c); len(items) > 0 {
		shell.Nav = append(shell.Nav, layout.NavGroup{Label: "Passkey", Items: items})
	}
	if items := p.centreItems(c); len(items) > 0 {
		shell.Nav = append(shell.Nav, layout.NavGroup{Label: titleCentre, Items: items})
	}
	markCurrent(shell.Nav, c.FullPath())
	return shell
}

// passkeyItems are the entries about Passkey.
func (p *pages) passkeyItems(c *gin.Context) []layout.NavItem {
	var items []layout.NavItem
	if p.router.Allows(c, permit.Owner()) {
		items = append(items, layout.NavItem{Label: titleApplications, Href: view.PasskeyApplicationsPath})
	}
	if p.router.Allows(c, permit.TokenStats.Gate()) {
		items = append(items, layout.NavItem{Label: titleTokenStats, Href: view.TokenStatsPath},
			layout.NavItem{Label: titlePasskeyLab, Href: view.PasskeyLabPath})
	}
	return items
}

// centreItems are the entries of 會員中心.
func (p *pages) centreItems(c *gin.Context) []layout.NavItem {
	var items []layout.NavItem
	if p.router.Allows(c, permit.EnterpriseOwner()) {
		items = append(items,
			layout.NavItem{Label: titleAssistant, Href: pathAssistants},
			layout.NavItem{Label: titleRequests, Href: view.PermissionRequestsPath, Badge: p.requestsBadge(c)},
			layout.NavItem{Label: titleReview, Href: view.AccessReviewPath},
			layout.NavItem{Label: titleApprovalSetting, Href: view.ApprovalSettingPath},
		)
	}
	if p.router.Allows(c, permit.Owner()) {
		items = append(items, layout.NavItem{Label: titleAudit, Href: view.AuditPath})
	}
	return items
}

// markCurrent marks the entry of the page, or of the page above it.
func markCurrent(nav []layout.NavGroup, here string) {
	var nearest *layout.NavItem
	for _, group := range nav {
		for i, item := range group.Items {
			above := here == item.Href || item.Href != pathHome && strings.HasPrefix(here, item.Href+"/")
			if above && (nearest == nil || len(item.Href) > len(nearest.Href)) {
				nearest = &group.Items[i]
			}
		}
	}
	if nearest != nil {
		nearest.Current = true
	}
}
