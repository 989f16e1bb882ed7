package support

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/web/identity"
	"github.com/memberzone/memberzone/views/layout"
	memberview "github.com/memberzone/memberzone/views/member"
	view "github.com/memberzone/memberzone/views/support"
)

// Accounts is what the pages use of account.Service.
type Accounts interface {
	identity.Accounts
	identity.SignIns
	// AskStaffRecovery mails a link, and answers the same whether the account exists or not.
	AskStaffRecovery(ctx context.Context, login string, from account.Origin) error
	// SignInStaff returns account.ErrSignIn for every refusal.
	SignInStaff(ctx context.Context, c account.Credentials, from account.Origin) (account.Session, error)
}

// Options say what the pages are built from.
type Options struct {
	Server       *web.Server
	Accounts     Accounts
	Passkeys     passkey.Ceremonies
	Clock        clock.Clock
	Passwords    bool               // staff may have passwords: in a demonstration only
	Demo         bool               // pages say that this is a demonstration
	DemoAccounts []view.DemoAccount // shown on the sign-in page; none outside a demonstration
}

// pages serves 支援主控台.
type pages struct {
	Options
	door       *identity.Door
	recoveries *web.AddressLimiter
}

// The addresses of 支援主控台.
const (
	pathHome     = "/support"
	pathRecovery = pathHome + "/recovery"
	pathAccount  = pathHome + "/account"
)

// How often one client address may try to sign in, and ask for a link. Staff are few.
const (
	signInsBurst    = 20
	signInsPause    = 3 * time.Second
	recoveriesBurst = 5
	recoveriesPause = time.Minute
)

// Mount mounts 支援主控台 on the server's site.
func Mount(o Options) {
	site := o.Server.Site()
	p := &pages{Options: o, recoveries: web.NewAddressLimiter(o.Clock, recoveriesBurst, recoveriesPause)}
	p.door = p.newDoor()

	site.GET(web.SupportLoginPath, permit.Public(), p.showLogin)
	site.POST(web.SupportLoginPath, permit.Public(), p.login)
	site.POST(web.SupportLoginPath+"/passkey", permit.Public(), p.door.Begin)
	site.POST(web.SupportLoginPath+"/passkey/finish", permit.Public(), p.door.Finish)
	site.GET(pathRecovery, permit.Public(), p.showRecovery)
	site.POST(pathRecovery, permit.Public(), p.askRecovery)

	site.GET(pathHome, permit.Staff(account.Agent), p.home)
	identity.Mount(identity.Options{
		Server: o.Server, Accounts: o.Accounts, Passkeys: o.Passkeys, Clock: o.Clock, Path: pathAccount,
		Gate: permit.Staff(account.Agent), Passwords: o.Passwords, Frame: p.frame,
	})
}

// role is what a role of our staff is called, and what it is there for.
type role struct{ label, duties string }

var roles = map[account.Role]role{
	account.Agent:    {"支援人員", "受理申請案件、回覆會員的問題。"},
	account.Reviewer: {"審核人員", "核可支援人員備妥的申請案件。"},
	account.Admin:    {"系統管理者", "管理平台的設定與人員。"},
}

// home answers GET /support.
func (p *pages) home(c *gin.Context) error {
	return web.Page(c, http.StatusOK, view.Home(view.HomePage{
		Shell: p.shell(c, "首頁"), Duties: roles[web.Actor(c).Account.Role].duties,
	}))
}

// shell fills in what every page of 支援主控台 shows around its content.
func (p *pages) shell(c *gin.Context, title string, trail ...layout.Crumb) layout.SupportShell {
	actor, here := web.Actor(c), c.FullPath()
	return layout.SupportShell{
		Title: title, Account: actor.Account.Login, Role: roles[actor.Account.Role].label, Trail: trail,
		RequestID: web.RequestID(c), Demo: p.Demo,
		Nav: []layout.NavGroup{{Items: []layout.NavItem{
			{Label: "首頁", Href: pathHome, Current: here == pathHome},
			{Label: memberview.TitleAccount, Href: pathAccount, Current: here == pathAccount},
		}}},
	}
}

// frame sets content about one's own account in the shell of 支援主控台.
func (p *pages) frame(c *gin.Context, title string, content templ.Component) templ.Component {
	trail := []layout.Crumb{{Label: "支援主控台", Href: pathHome}}
	if title != memberview.TitleAccount {
		trail = append(trail, layout.Crumb{Label: memberview.TitleAccount, Href: pathAccount})
	}
	shell := p.shell(c, title, append(trail, layout.Crumb{Label: title})...)
	return view.Framed(view.FramedPage{Shell: shell, Content: content})
}
