package member

import (
	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/export"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/web/identity"
	"github.com/memberzone/memberzone/views/layout"
	view "github.com/memberzone/memberzone/views/member"
)

// Accounts is what the pages use of account.Service.
type Accounts interface {
	SignIns
	ViewAs
}

// Options say what the pages are built from.
type Options struct {
	Server       *web.Server
	Accounts     Accounts
	Passkeys     passkey.Ceremonies
	Assistants   Assistants
	Permits      *permit.Authority // that the server decides by
	Transactions report.Desk
	Exports      *export.Service
	Evidence     Evidence
	Actions      Actions
	Approvals    Approvals
	Notices      Notices
	Applications Applications
	Readiness    onboarding.Checker
	Stores       Stores
	Audit        audit.Log // which the pages write to and show
	Clock        clock.Clock
	Demo         bool               // pages say that this is a demonstration
	DemoAccounts []view.DemoAccount // shown on the sign-in page; none outside a demonstration
}

// pages serves 會員專區.
type pages struct {
	Options
	router     *web.Router
	door       *identity.Door
	recoveries *web.AddressLimiter
	links      *web.AddressLimiter
	listings   listings
	badges     badges
}

// The addresses of 會員專區.
const (
	pathHome     = "/member"
	pathCardList = view.CreditCardListPath
	pathCardPage = view.CreditCardListPath + "/:trade_no"
	pathCardAct  = pathCardPage + "/:action"
)

// Mount mounts 會員專區 on the server's site.
func Mount(o Options) {
	site := o.Server.Site()
	p := &pages{Options: o, router: site}
	site.OnDenied(p.denied)
	site.OnChange(func(actor account.Actor) { p.badges.forget(actor.Member.ID) })
	p.mountAccount(site)
	p.mountAssistants(site)
	p.mountAudit(site)

	site.GET(pathHome, permit.SignedIn(), p.home)
	p.mountCardQuery(site)
	p.mountExports(site)
	p.mountStores(site)
	p.mountApprovals(site)
	p.mountNotices(site)
	p.mountApplications(site)
	p.mountTokenStats(site)
	p.mountEvidence(site)
	site.GET(view.CreditCardSelectionPath, permit.CardTradeAct.Gate(), p.cardSelection)
	site.POST(view.CreditCardSelectionPath, permit.CardTradeAct.Gate().SteppedUp(), p.actOnSelection)
	site.GET(pathCardPage, permit.CardTradePage.Gate(), p.creditCardPage)
	site.GET(pathCardAct, permit.CardTradeAct.Gate(), p.cardAction)
	site.POST(pathCardAct, permit.CardTradeAct.Gate().SteppedUp(), p.actOnCard)
}

const titleCardList = "信用卡交易專用查詢"

// cardTrail is the way to 信用卡交易專用查詢, whose address is list, and to what is beneath it.
func cardTrail(list string, beneath ...layout.Crumb) []layout.Crumb {
	return append([]layout.Crumb{
		{Label: "會員專區", Href: pathHome}, {Label: "銷售中心"}, {Label: "交易查詢"}, {Label: titleCardList, Href: list},
	}, beneath...)
}

func crumb(label string) layout.Crumb { return layout.Crumb{Label: label} }

// today is the day in Taipei.
func (p *pages) today() clock.Date { return clock.DateOf(p.Clock.Now()) }
