package member

import (
	"context"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/web/identity"
	"github.com/memberzone/memberzone/views/layout"
	view "github.com/memberzone/memberzone/views/member"
)

// SignIns is what the sign-in pages, the mailed links and the page of one's own account
// use. *account.Service implements it.
type SignIns interface {
	identity.Accounts
	identity.SignIns
	// AskRecovery mails a link, and answers the same whether the account exists or not.
	AskRecovery(ctx context.Context, memberCode, login string, from account.Origin) error
	// SignIn returns account.ErrSignIn for every refusal.
	SignIn(ctx context.Context, c account.Credentials, from account.Origin) (account.Session, error)
	// OpenLink returns account.ErrLink, as all that take a link's token do.
	OpenLink(ctx context.Context, token string) (account.Link, error)
	// UseLink returns a fault of the field password, after which the link is still good.
	UseLink(ctx context.Context, token string, password secret.String, from account.Origin) error
	LinkPasskey(ctx context.Context, token string) (passkey.Ceremony, error)
	// UseLinkPasskey returns passkey.ErrRefused or passkey.ErrName too, after which the
	// link is still good.
	UseLinkPasskey(ctx context.Context, token string, a passkey.Answer, from account.Origin) error
}

// How often one client address may try to sign in: an office behind one address
// signs in at nine o'clock, a guesser does not stop. Fewer forget their passwords.
const (
	signInsBurst    = 30
	signInsPause    = 2 * time.Second
	recoveriesBurst = 10
	recoveriesPause = 30 * time.Second
	// A link begins a ceremony for whoever opens it.
	linksBurst = 30
	linksPause = 2 * time.Second
)

// The addresses of signing in.
const (
	pathRecovery = "/recovery"
	pathLink     = account.LinkPath + ":token"
	pathAccount  = layout.AccountPath
)

// mountAccount mounts how members' people sign in, set how they do, and see it.
func (p *pages) mountAccount(site *web.Router) {
	p.door = p.newDoor()
	p.recoveries = web.NewAddressLimiter(p.Clock, recoveriesBurst, recoveriesPause)
	p.links = web.NewAddressLimiter(p.Clock, linksBurst, linksPause)
	site.OnStepUp(identity.StepUp(p.Passkeys, p.Demo))

	site.GET(web.LoginPath, permit.Public(), p.showLogin)
	site.POST(web.LoginPath, permit.Public(), p.login)
	site.POST(web.LoginPath+"/passkey", permit.Public(), p.door.Begin)
	site.POST(web.LoginPath+"/passkey/finish", permit.Public(), p.door.Finish)
	site.POST("/logout", permit.Public(), p.logout)

	site.GET(pathRecovery, permit.Public(), p.showRecovery)
	site.POST(pathRecovery, permit.Public(), p.askRecovery)

	site.GET(pathLink, permit.Public(), p.showLink)
	site.POST(pathLink, permit.Public(), p.useLink)
	site.POST(pathLink+"/passkey", permit.Public(), p.useLinkPasskey)

	identity.Mount(identity.Options{
		Server: p.Server, Accounts: p.Accounts, Passkeys: p.Passkeys, Clock: p.Clock, Path: pathAccount,
		Gate: permit.SignedIn(), Passwords: true, Frame: p.frame,
	})
}

// frame sets content about one's own account in the shell of 會員專區.
func (p *pages) frame(c *gin.Context, title string, content templ.Component) templ.Component {
	trail := []layout.Crumb{{Label: "會員專區", Href: pathHome}}
	if title != view.TitleAccount {
		trail = append(trail, layout.Crumb{Label: view.TitleAccount, Href: pathAccount})
	}
	shell := p.shell(c, title, append(trail, layout.Crumb{Label: title})...)
	return view.Account(view.AccountPage{Shell: shell, Content: content})
}
