package member

import (
	"context"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/views/layout"
	view "github.com/memberzone/memberzone/views/member"
)

// Accounts signs people in.
type Accounts interface {
	// SignIn returns account.ErrSignIn for every refusal.
	SignIn(ctx context.Context, c account.Credentials) (account.Account, error)
}

// Options say what the pages are built from.
type Options struct {
	Server       *web.Server
	Accounts     Accounts
	Transactions report.Transactions
	Clock        clock.Clock
	Demo         bool               // pages say that this is a demonstration
	DemoAccounts []view.DemoAccount // shown on the sign-in page; none outside a demonstration
}

// pages serves 會員專區.
type pages struct {
	Options
	router  *web.Router
	signIns *web.AddressLimiter
}

// The addresses of 會員專區.
const (
	pathHome     = "/member"
	pathCardList = view.CreditCardListPath
	pathCardPage = view.CreditCardListPath + "/:trade_no"
)

// Mount mounts 會員專區 on the server's site.
func Mount(o Options) {
	site := o.Server.Site()
	p := &pages{
		Options: o, router: site,
		signIns: web.NewAddressLimiter(o.Clock, signInsBurst, signInsPause),
	}
	site.OnDenied(p.denied)

	site.GET(web.LoginPath, permit.Public(), p.showLogin)
	site.POST(web.LoginPath, permit.Public(), p.login)
	site.POST("/logout", permit.Public(), p.logout)

	site.GET(pathHome, permit.SignedIn(), p.home)
	site.GET(pathCardList, permit.CardTradeList.Gate(), p.creditCardList)
	site.GET(pathCardPage, permit.CardTradePage.Gate(), p.creditCardPage)
}

const titleCardList = "信用卡交易專用查詢"

// shell fills in what every page of 會員專區 shows around its content. Menu entries
// that the actor may not open are left out.
func (p *pages) shell(c *gin.Context, title string, trail ...layout.Crumb) layout.MemberShell {
	actor := web.Actor(c)
	shell := layout.MemberShell{
		Title: title, MemberName: actor.Member.Name, MemberNo: actor.Member.Code,
		Account: actor.Account.Login, Role: roleLabel(actor.Account.Kind),
		Trail: trail, RequestID: web.RequestID(c), Demo: p.Demo,
	}
	here := c.FullPath()
	shell.Nav = []layout.NavGroup{{Items: []layout.NavItem{
		{Label: "首頁", Href: pathHome, Current: here == pathHome},
	}}}
	if p.router.Allows(c, permit.CardTradeList.Gate()) {
		shell.Nav = append(shell.Nav, layout.NavGroup{Label: "銷售中心", Items: []layout.NavItem{
			{Label: titleCardList, Href: pathCardList, Current: here == pathCardList || here == pathCardPage},
		}})
	}
	return shell
}

// cardTrail is the way to 信用卡交易專用查詢, and to one transaction beneath it.
func cardTrail(listHref, tradeNo string) []layout.Crumb {
	trail := []layout.Crumb{
		{Label: "會員專區", Href: pathHome}, {Label: "銷售中心"}, {Label: "交易查詢"}, {Label: titleCardList},
	}
	if tradeNo == "" {
		return trail
	}
	trail[len(trail)-1].Href = listHref
	return append(trail, layout.Crumb{Label: tradeNo})
}
