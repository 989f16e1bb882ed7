package member

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/web/identity"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// newDoor returns the way in of members' people.
func (p *pages) newDoor() *identity.Door {
	return &identity.Door{
		Server: p.Server, SignIns: p.Accounts, Passkeys: p.Passkeys,
		Limiter: web.NewAddressLimiter(p.Clock, signInsBurst, signInsPause),
		Next:    func(form url.Values) string { return homeOr(web.SafeNext(form.Get("next"))) },
		Refuse:  p.refuseLogin,
	}
}

// loginNotices are what the sign-in page says after a link was used, by the value of
// the query parameter done.
var loginNotices = map[string]ui.Notice{
	"password_set": {Tone: ui.ToneGood, Text: "密碼已設定，請以新密碼登入。"},
	"passkey_set":  {Tone: ui.ToneGood, Text: "Passkey 已建立，請以 Passkey 登入。"},
}

// showLogin answers GET /login.
func (p *pages) showLogin(c *gin.Context) error {
	next := web.SafeNext(c.Query("next"))
	if p.Server.SignedIn(c) {
		return web.Redirect(c, homeOr(next))
	}
	page := p.loginPage(next)
	page.Notice = loginNotices[c.Query("done")]
	return web.Page(c, http.StatusOK, view.Login(page))
}

// login answers POST /login.
func (p *pages) login(c *gin.Context) error {
	return p.door.Enter(c, func(form url.Values) (account.Session, error) {
		err := identity.Missing(form, map[string]string{
			"member": askMember, "account": askAccount, "password": "請輸入密碼。",
		})
		if err != nil {
			return account.Session{}, err
		}
		return p.Accounts.SignIn(c.Request.Context(), account.Credentials{
			Member: form.Get("member"), Account: form.Get("account"), Password: secret.New(form.Get("password")),
		}, web.Origin(c))
	})
}

// The questions of a field that was left empty.
const (
	askMember  = "請輸入統一編號或會員代號。"
	askAccount = "請輸入帳號。"
)

// refuseLogin answers with the sign-in page and what was typed, but the password.
func (p *pages) refuseLogin(c *gin.Context, r identity.Refusal) error {
	page := p.loginPage(web.SafeNext(r.Form.Get("next")))
	page.Problem = r.Sentence
	page.Member = ui.Input{Value: r.Form.Get("member"), Error: r.Fields["member"]}
	page.Account = ui.Input{Value: r.Form.Get("account"), Error: r.Fields["account"]}
	page.Password.Error = r.Fields["password"]
	return web.Page(c, r.Status, view.Login(page))
}

// logout answers POST /logout, of members' people and of our staff.
func (p *pages) logout(c *gin.Context) error {
	to := web.LoginPath
	if actor, ok := p.Server.Peek(c); ok {
		if actor.Account.Kind == account.Staff {
			to = web.SupportLoginPath
		}
		if err := p.Accounts.SignOut(c.Request.Context(), actor, web.Origin(c)); err != nil {
			return err
		}
	}
	if err := p.Server.SignOut(c); err != nil {
		return err
	}
	return web.Redirect(c, to)
}

func (p *pages) loginPage(next string) view.LoginPage {
	return view.LoginPage{Next: next, Accounts: p.DemoAccounts, Demo: p.Demo}
}

func homeOr(next string) string {
	if next == "" {
		return pathHome
	}
	return next
}
