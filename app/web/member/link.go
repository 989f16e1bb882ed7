package member

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/app/web/identity"
	view "github.com/memberzone/memberzone/views/member"
)

// linkTitles name what a link is for.
var linkTitles = map[account.Purpose]string{account.Invitation: "啟用帳號", account.Recovery: "重設登入方式"}

// errLinkTooOften tells a client address that it opens too many links.
var errLinkTooOften = fault.New(fault.Throttled, "link_too_often", "開啟連結太頻繁，請稍候再試。")

// openLink reads a link's token from the address, which must not leave in a Referer. The
// origin may: a browser that says none of it posts the form as from nowhere.
func (p *pages) openLink(c *gin.Context) (token string, l account.Link, err error) {
	c.Header("Referrer-Policy", "strict-origin")
	token = c.Param("token")
	l, err = p.Accounts.OpenLink(c.Request.Context(), token)
	return token, l, err
}

// showLink answers GET /link/:token. It does not use the link up.
func (p *pages) showLink(c *gin.Context) error {
	if !p.links.Allow(c.ClientIP()) {
		return errLinkTooOften
	}
	_, l, err := p.openLink(c)
	if err != nil {
		return p.linkFailed(c, err)
	}
	return p.linkPage(c, http.StatusOK, l, func(*view.LinkPage) {})
}

// linkPage answers with the page of a link and a fresh ceremony for a passkey.
func (p *pages) linkPage(c *gin.Context, status int, l account.Link, add func(*view.LinkPage)) error {
	token := c.Param("token")
	begun, err := p.Accounts.LinkPasskey(c.Request.Context(), token)
	full := errors.Is(err, passkey.ErrFull)
	if err != nil && !full {
		return p.linkFailed(c, err)
	}
	page := view.LinkPage{
		Title: linkTitles[l.Purpose], Member: l.Member, Account: l.Account.Login, Action: account.LinkPath + token,
		Until:     l.ExpiresAt.In(clock.Taipei).Format("2006-01-02 15:04"),
		Passwords: l.Account.Kind != account.Staff, Rules: identity.PasswordRules, Demo: p.Demo,
	}
	if full {
		page.Problem = passkey.ErrFull.Public
	}
	page.Passkey = identity.PresentNewPasskey(begun, page.Action+"/passkey", identity.Device(c.Request.UserAgent()))
	add(&page)
	return web.Page(c, status, view.Link(page))
}

// linkFailed answers for a link that is used, replaced or too old with what to do.
func (p *pages) linkFailed(c *gin.Context, err error) error {
	if !errors.Is(err, account.ErrLink) {
		return err
	}
	return web.Page(c, http.StatusNotFound, view.LinkGone(view.LinkGonePage{
		Sentence: account.ErrLink.Public, Demo: p.Demo,
	}))
}

// useLink answers POST /link/:token: a password.
func (p *pages) useLink(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	token, l, err := p.openLink(c)
	if err != nil {
		return p.linkFailed(c, err)
	}
	err = identity.TypedPassword(form, identity.PasswordQuestions())
	if err == nil {
		err = p.Accounts.UseLink(c.Request.Context(), token, secret.New(form.Get("password")), web.Origin(c))
	}
	if err == nil {
		return web.Redirect(c, loginAfter(l, "password_set"))
	}
	wrong, ok := identity.FieldErrors(err)
	if !ok {
		return p.linkFailed(c, err)
	}
	return p.linkPage(c, http.StatusUnprocessableEntity, l, func(page *view.LinkPage) {
		page.Password.Error, page.Again.Error = wrong["password"], wrong["password_again"]
		if !page.Passwords {
			page.Problem = wrong["password"]
		}
	})
}

// useLinkPasskey answers POST /link/:token/passkey: what the browser made.
func (p *pages) useLinkPasskey(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	token, l, err := p.openLink(c)
	if err != nil {
		return p.linkFailed(c, err)
	}
	answer := identity.Answer(form)
	err = p.Accounts.UseLinkPasskey(c.Request.Context(), token, answer, web.Origin(c))
	if err == nil {
		return web.Redirect(c, loginAfter(l, "passkey_set"))
	}
	f := fault.From(err)
	wrongName := errors.Is(err, passkey.ErrName)
	if f.Kind != fault.Refused && !wrongName {
		return p.linkFailed(c, err)
	}
	return p.linkPage(c, http.StatusUnprocessableEntity, l, func(page *view.LinkPage) {
		page.Passkey.Name.Value = answer.Name
		if wrongName {
			page.Passkey.Name.Error = f.Public
		} else {
			page.Problem = f.Public
		}
	})
}

// loginAfter is the sign-in page of the link's account, which says what was done.
func loginAfter(l account.Link, what string) string {
	path := web.LoginPath
	if l.Account.Kind == account.Staff {
		path = web.SupportLoginPath
	}
	return path + "?done=" + what
}
