package public

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/evidence"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/keyring"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/public"
	"github.com/memberzone/memberzone/views/ui"
)

// Keyring lets cardholders see and remove the passkeys of their cards.
type Keyring interface {
	Ask(ctx context.Context, mail string) error
	Open(ctx context.Context, token string) (keyring.Ring, error)
	Remove(ctx context.Context, token string, id cardholder.CredentialID, from keyring.From) error
}

// How often one address may ask for links, and open them.
const (
	asksBurst, asksEvery   = 5, 10 * time.Minute
	linksBurst, linksEvery = 30, 10 * time.Second
)

// errTooOften tells a client address that it opens too many links.
var errTooOften = fault.New(fault.Throttled, "keyring_too_often", "開啟連結太頻繁，請稍候再試。")

func (p *pages) mountKeyring(site *web.Router) {
	p.asks = web.NewAddressLimiter(p.Clock, asksBurst, asksEvery)
	p.links = web.NewAddressLimiter(p.Clock, linksBurst, linksEvery)
	const link = keyring.Path + "/:token"
	site.GET(keyring.Path, permit.Public(), p.showKeyringAsk)
	site.POST(keyring.Path, permit.Public(), p.askKeyring)
	site.GET(link, permit.Public(), p.showKeyring)
	site.POST(link+"/remove", permit.Public(), p.removeFromKeyring)
}

// showKeyringAsk answers GET /passkeys.
func (p *pages) showKeyringAsk(c *gin.Context) error {
	return web.Page(c, http.StatusOK, view.KeyringAsk(view.KeyringAskPage{Demo: p.Demo}))
}

// askKeyring answers POST /passkeys: the same whether the address is known or not.
func (p *pages) askKeyring(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	page := view.KeyringAskPage{Mail: ui.Input{Value: form.Get("email")}, Demo: p.Demo}
	if !p.asks.Allow(c.ClientIP()) {
		page.Problem = "申請次數過多，請於 10 分鐘後再試。"
		return web.Page(c, http.StatusTooManyRequests, view.KeyringAsk(page))
	}
	err = p.Keyring.Ask(c.Request.Context(), form.Get("email"))
	if errors.Is(err, keyring.ErrMail) {
		page.Mail.Error = keyring.ErrMail.Public
		return web.Page(c, http.StatusUnprocessableEntity, view.KeyringAsk(page))
	}
	if err != nil {
		return err
	}
	page.Sent = strconv.Itoa(int(keyring.Lifetime.Minutes())) + " 分鐘"
	return web.Page(c, http.StatusOK, view.KeyringAsk(page))
}

// openKeyring reads a link's token from the address, which must not leave in a Referer.
func (p *pages) openKeyring(c *gin.Context) (token string, r keyring.Ring, err error) {
	c.Header("Referrer-Policy", "strict-origin")
	if !p.links.Allow(c.ClientIP()) {
		return "", keyring.Ring{}, errTooOften
	}
	token = c.Param("token")
	r, err = p.Keyring.Open(c.Request.Context(), token)
	return token, r, err
}

// showKeyring answers GET /passkeys/{token}.
func (p *pages) showKeyring(c *gin.Context) error {
	token, ring, err := p.openKeyring(c)
	if err != nil {
		return p.keyringFailed(c, err)
	}
	page := p.presentKeyring(token, ring)
	if c.Query("done") == "removed" {
		page.Notice = ui.Notice{
			Tone: ui.ToneGood, Title: "已移除 Passkey", Text: "下次付款會改以簡訊驗證。裝置上儲存的 Passkey 可一併在裝置的密碼設定中刪除。",
		}
	}
	return web.Page(c, http.StatusOK, view.Keyring(page))
}

// removeFromKeyring answers POST /passkeys/{token}/remove.
func (p *pages) removeFromKeyring(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	token, ring, err := p.openKeyring(c)
	if err != nil {
		return p.keyringFailed(c, err)
	}
	id, err := strconv.ParseInt(form.Get("passkey"), 10, 64)
	if err != nil {
		id = 0 // nobody's
	}
	err = p.Keyring.Remove(c.Request.Context(), token, cardholder.CredentialID(id), keyring.From{
		Address: c.ClientIP(), RequestID: web.RequestID(c),
	})
	switch {
	case err == nil:
		return web.Redirect(c, keyring.Path+"/"+token+"?done=removed")
	case errors.Is(err, cardholder.ErrNotFound):
		page := p.presentKeyring(token, ring)
		page.Notice = ui.Notice{Tone: ui.ToneBad, Text: "查無此 Passkey，可能已經移除。"}
		return web.Page(c, http.StatusNotFound, view.Keyring(page))
	}
	return p.keyringFailed(c, err)
}

// keyringFailed answers for a link that does not open with what to do.
func (p *pages) keyringFailed(c *gin.Context, err error) error {
	if !errors.Is(err, keyring.ErrLink) {
		return err
	}
	return web.Page(c, http.StatusNotFound, view.KeyringGone(view.KeyringGonePage{
		Sentence: keyring.ErrLink.Public, Demo: p.Demo,
	}))
}

func (p *pages) presentKeyring(token string, r keyring.Ring) view.KeyringPage {
	page := view.KeyringPage{
		Until: minute(r.ExpiresAt), Action: keyring.Path + "/" + token + "/remove", Demo: p.Demo,
	}
	for _, k := range r.Passkeys {
		shown := view.KeyringPasskey{
			ID: strconv.FormatInt(int64(k.ID), 10), Card: web.CardText(payment.Brand(k.Brand), k.Last4),
			Browser: evidence.BrowserText(k.Browser), Made: minute(k.CreatedAt), Reach: "僅存於一台裝置",
		}
		if !k.LastUsedAt.IsZero() {
			shown.Used = minute(k.LastUsedAt)
		}
		if k.Synced {
			shown.Reach = "可同步至其他裝置"
		}
		if k.Distrust != cardholder.Trusted {
			shown.Note = "狀態異常，已停用。付款時會改以簡訊驗證。"
		}
		page.Passkeys = append(page.Passkeys, shown)
	}
	return page
}

func minute(t time.Time) string { return t.In(clock.Taipei).Format("2006-01-02 15:04") }
