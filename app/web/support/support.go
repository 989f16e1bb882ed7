package support

import (
	"context"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/web/identity"
	"github.com/memberzone/memberzone/views/layout"
	memberview "github.com/memberzone/memberzone/views/member"
	view "github.com/memberzone/memberzone/views/support"
	"github.com/memberzone/memberzone/views/ui"
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
	Queue        Queue
	Case         Case
	Switches     Switches
	LookUps      LookUps
	Keyring      Keyring
	Workdays     Workdays
	Clock        clock.Clock
	Passwords    bool               // staff may have passwords: in a demonstration only
	Demo         bool               // pages say that this is a demonstration
	DemoAccounts []view.DemoAccount // shown on the sign-in page; none outside a demonstration
}

// pages serves 支援主控台.
type pages struct {
	Options
	router     *web.Router
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
	p := &pages{Options: o, router: site, recoveries: web.NewAddressLimiter(o.Clock, recoveriesBurst, recoveriesPause)}
	p.door = p.newDoor()
	site.OnStaffDenied(p.denied)

	site.GET(web.SupportLoginPath, permit.Public(), p.showLogin)
	site.POST(web.SupportLoginPath, permit.Public(), p.login)
	site.POST(web.SupportLoginPath+"/passkey", permit.Public(), p.door.Begin)
	site.POST(web.SupportLoginPath+"/passkey/finish", permit.Public(), p.door.Finish)
	site.GET(pathRecovery, permit.Public(), p.showRecovery)
	site.POST(pathRecovery, permit.Public(), p.askRecovery)

	site.GET(pathHome, permit.ConsoleHome.Gate(), p.home)
	p.mountQueue(site)
	p.mountCases(site)
	p.mountFigures(site)
	p.mountLookUps(site)
	p.mountCards(site)
	p.mountCalendar(site)
	identity.Mount(identity.Options{
		Server: o.Server, Accounts: o.Accounts, Passkeys: o.Passkeys, Clock: o.Clock, Path: pathAccount,
		Gate: permit.ConsoleHome.Gate(), Passwords: o.Passwords, Frame: p.frame,
	})
}

// role is what a role of our staff is called, and what it is there for.
type role struct{ label, duties string }

var roles = map[account.Role]role{
	account.Agent:    {"支援人員", "受理申請案件、回覆會員的問題。"},
	account.Reviewer: {"審核人員", "核可支援人員備妥的申請案件。"},
	account.Admin:    {"系統管理者", "管理平台的設定與人員。"},
}

// The titles of the console's pages.
const (
	titleConsole      = "支援主控台"
	titleApplications = "申請案件"
	titleFigures      = "案件統計"
)

// entry is an entry of the console's menu.
type entry struct {
	label, path string
	screen      permit.StaffScreen
}

var entries = []entry{
	{"首頁", pathHome, permit.ConsoleHome},
	{titleApplications, view.ApplicationsPath, permit.ApplicationRead},
	{titleMembers, view.MembersPath, permit.MemberLookUp},
	{titleCards, view.CardsPath, permit.CardPasskeyLookUp},
	{titleFigures, view.FiguresPath, permit.OnboardingFigures},
	{titleCalendar, view.CalendarPath, permit.WorkdayRead},
	{memberview.TitleAccount, pathAccount, permit.ConsoleHome},
}

// doneNotices are what a page says after something was done, by the parameter done.
var doneNotices = map[string]string{
	"imported":     "已匯入。之後確認的案件依新的工作日曆計算期限。",
	"view_removed": "檢視已刪除。",

	string(partAssign):    "負責人已變更。",
	string(partLink):      "會員與商店已連結。",
	string(partContact):   "聯絡紀錄已記下。",
	string(partNote):      "備註已新增。",
	string(partCheck):     "開通條件已重新檢查。",
	string(partFiles):     "附件已上傳。",
	string(partSwitchOff): "Passkey服務已停用，立即對新的付款生效。",
}

// shell fills in what every page of 支援主控台 shows around its content.
func (p *pages) shell(c *gin.Context, title string, trail ...layout.Crumb) layout.SupportShell {
	actor, here := web.Actor(c), c.FullPath()
	shell := layout.SupportShell{
		Title: title, Account: actor.Account.Login, Role: roles[actor.Account.Role].label,
		RequestID: web.RequestID(c), Demo: p.Demo,
	}
	if len(trail) > 0 {
		shell.Trail = append([]layout.Crumb{{Label: titleConsole, Href: pathHome}}, trail...)
	}
	if text := doneText(c.Query("done")); text != "" {
		shell.Notice = ui.Notice{Tone: ui.ToneGood, Text: text}
	}
	var group layout.NavGroup
	for _, e := range entries {
		if !p.router.Allows(c, e.screen.Gate()) {
			continue
		}
		current := here == e.path || e.path != pathHome && strings.HasPrefix(here, e.path+"/") ||
			e.path == view.MembersPath && strings.HasPrefix(here, view.StoresPath+"/")
		group.Items = append(group.Items, layout.NavItem{Label: e.label, Href: e.path, Current: current})
	}
	shell.Nav = []layout.NavGroup{group}
	return shell
}

// doneText says what was done; nothing for what nobody did.
func doneText(done string) string {
	if label := onboarding.Move(done).Label(); label != "" {
		return "已完成：" + label + "。"
	}
	return doneNotices[done]
}

// crumb is the last step of a page's trail.
func crumb(label string) layout.Crumb { return layout.Crumb{Label: label} }

// staffOf returns who does what the request does.
func staffOf(c *gin.Context) onboarding.Staff {
	actor := web.Actor(c)
	return onboarding.Staff{ID: actor.Account.ID, Role: actor.Account.Role, By: web.By(c)}
}

// frame sets content about one's own account in the shell of 支援主控台.
func (p *pages) frame(c *gin.Context, title string, content templ.Component) templ.Component {
	var trail []layout.Crumb
	if title != memberview.TitleAccount {
		trail = append(trail, layout.Crumb{Label: memberview.TitleAccount, Href: pathAccount})
	}
	shell := p.shell(c, title, append(trail, crumb(title))...)
	return view.Framed(view.FramedPage{Shell: shell, Content: content})
}
