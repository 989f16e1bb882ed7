package support

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/web/identity"
	view "github.com/memberzone/memberzone/views/support"
	"github.com/memberzone/memberzone/views/ui"
)

// newDoor returns the way in of our staff.
func (p *pages) newDoor() *identity.Door {
	return &identity.Door{
		Server: p.Server, SignIns: p.Accounts, Passkeys: p.Passkeys, Staff: true,
		Limiter: web.NewAddressLimiter(p.Clock, signInsBurst, signInsPause),
		Next:    func(url.Values) string { return pathHome },
		Refuse:  p.refuseLogin,
	}
}

// loginNotices are what the sign-in page says after a link was used, by the value of
// the query parameter done.
var loginNotices = map[string]ui.Notice{
	"password_set": {Tone: ui.ToneGood, Text: "密碼已設定，請以新密碼登入。"},
	"passkey_set":  {Tone: ui.ToneGood, Text: "Passkey 已建立，請以 Passkey 登入。"},
}

const askAccount = "請輸入帳號。"

func (p *pages) loginPage() view.LoginPage {
	return view.LoginPage{Passwords: p.Passwords, Accounts: p.DemoAccounts, Demo: p.Demo}
}

// showLogin answers GET /support/login.
func (p *pages) showLogin(c *gin.Context) error {
	if actor, ok := p.Server.Peek(c); ok && actor.Account.Kind == account.Staff {
		return web.Redirect(c, pathHome)
	}
	page := p.loginPage()
	page.Notice = loginNotices[c.Query("done")]
	return web.Page(c, http.StatusOK, view.Login(page))
}

// login answers POST /support/login. Where staff have no passwords it refuses like a
// wrong password.
func (p *pages) login(c *gin.Context) error {
	return p.door.Enter(c, func(form url.Values) (account.Session, error) {
		err := identity.Missing(form, map[string]string{"account": askAccount, "password": "請輸入密碼。"})
		if err != nil {
			return account.Session{}, err
		}
		return p.Accounts.SignInStaff(c.Request.Context(), account.Credentials{
			Account: form.Get("account"), Password: secret.New(form.Get("password")),
		}, web.Origin(c))
	})
}

// refuseLogin answers with the sign-in page and what was typed, but the password.
func (p *pages) refuseLogin(c *gin.Context, r identity.Refusal) error {
	page := p.loginPage()
	page.Problem = r.Sentence
	page.Account = ui.Input{Value: r.Form.Get("account"), Error: r.Fields["account"]}
	page.Password.Error = r.Fields["password"]
	return web.Page(c, r.Status, view.Login(page))
}

// showRecovery answers GET /support/recovery.
func (p *pages) showRecovery(c *gin.Context) error {
	return web.Page(c, http.StatusOK, view.Recovery(view.RecoveryPage{Demo: p.Demo}))
}

// askRecovery answers POST /support/recovery: the same whether the account exists or
// not.
func (p *pages) askRecovery(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	page := view.RecoveryPage{Account: ui.Input{Value: form.Get("account")}, Demo: p.Demo}
	if !p.recoveries.Allow(c.ClientIP()) {
		page.Problem = identity.RecoveryTooOften
		return web.Page(c, http.StatusTooManyRequests, view.Recovery(page))
	}
	if page.Account.Value == "" {
		page.Account.Error = askAccount
		return web.Page(c, http.StatusUnprocessableEntity, view.Recovery(page))
	}
	if err := p.Accounts.AskStaffRecovery(c.Request.Context(), page.Account.Value, web.Origin(c)); err != nil {
		return err
	}
	page.Sent = identity.RecoveryLasts
	return web.Page(c, http.StatusOK, view.Recovery(page))
}
