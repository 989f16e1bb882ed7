package member

import (
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// How often one client address may try to sign in: an office behind one address
// signs in at nine o'clock, a guesser does not stop.
const (
	signInsBurst = 30
	signInsPause = 2 * time.Second
)

// showLogin answers GET /login.
func (p *pages) showLogin(c *gin.Context) error {
	next := web.SafeNext(c.Query("next"))
	if p.Server.SignedIn(c) {
		return web.Redirect(c, homeOr(next))
	}
	return web.Page(c, http.StatusOK, view.Login(p.loginPage(next)))
}

// login answers POST /login.
func (p *pages) login(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	next := web.SafeNext(form.Get("next"))
	page := p.loginPage(next)
	page.Member.Value, page.Account.Value = form.Get("member"), form.Get("account")
	if !p.signIns.Allow(c.ClientIP()) {
		page.Problem = "登入嘗試太頻繁，請稍候再試。"
		return web.Page(c, http.StatusTooManyRequests, view.Login(page))
	}
	if askForMissing(form, &page) {
		return web.Page(c, http.StatusUnprocessableEntity, view.Login(page))
	}
	signedIn, err := p.Accounts.SignIn(c.Request.Context(), account.Credentials{
		Member: form.Get("member"), Account: form.Get("account"), Password: secret.New(form.Get("password")),
	})
	if f := fault.From(err); f != nil && f.Kind == fault.Refused {
		page.Problem = f.Public
		return web.Page(c, http.StatusUnprocessableEntity, view.Login(page))
	}
	if err != nil {
		return err
	}
	if err := p.Server.SignIn(c, signedIn.ID); err != nil {
		return err
	}
	return web.Redirect(c, homeOr(next))
}

// logout answers POST /logout.
func (p *pages) logout(c *gin.Context) error {
	if err := p.Server.SignOut(c); err != nil {
		return err
	}
	return web.Redirect(c, web.LoginPath)
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

// askForMissing marks the fields that were left empty.
func askForMissing(form url.Values, page *view.LoginPage) (missing bool) {
	for _, field := range []struct {
		name, sentence string
		input          *ui.Input
	}{
		{"member", "請輸入統一編號或會員代號。", &page.Member},
		{"account", "請輸入帳號。", &page.Account},
		{"password", "請輸入密碼。", &page.Password},
	} {
		if form.Get(field.name) == "" {
			field.input.Error, missing = field.sentence, true
		}
	}
	return missing
}
