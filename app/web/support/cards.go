package support

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/keyring"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/support"
	"github.com/memberzone/memberzone/views/ui"
)

// Keyring finds and removes the passkeys of cards.
type Keyring interface {
	// FindForSupport returns keyring.ErrMail.
	FindForSupport(ctx context.Context, by audit.By, typed string) ([]keyring.Passkey, error)
	// RemoveForSupport returns cardholder.ErrReason and cardholder.ErrNotFound.
	RemoveForSupport(ctx context.Context, by audit.By, id cardholder.CredentialID, reason string) error
}

const titleCards = "持卡人 Passkey"

func (p *pages) mountCards(site *web.Router) {
	site.GET(view.CardsPath, permit.CardPasskeyLookUp.Gate(), p.cards)
	site.POST(view.CardsPath, permit.CardPasskeyLookUp.Gate(), p.findCards)
	site.POST(view.CardsPath+"/:credential/remove", permit.CardPasskeyRemove.Gate().SteppedUp(), p.removeCredential)
}

// cards answers GET /support/cards.
func (p *pages) cards(c *gin.Context) error {
	return web.Page(c, http.StatusOK, view.Cards(view.CardsPage{Shell: p.shell(c, titleCards, crumb(titleCards))}))
}

// findCards answers POST /support/cards. A cardholder's address stands in no URL.
func (p *pages) findCards(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	return p.showCards(c, form, view.CardsPage{}, http.StatusOK)
}

// showCards shows what an address has, on a page that may say something already.
func (p *pages) showCards(c *gin.Context, form url.Values, page view.CardsPage, status int) error {
	page.Shell = p.shell(c, titleCards, crumb(titleCards))
	page.Email.Value = form.Get("email")
	found, err := p.Keyring.FindForSupport(c.Request.Context(), web.By(c), page.Email.Value)
	if errors.Is(err, keyring.ErrMail) {
		page.Email.Error = fault.From(err).Public
		return web.Page(c, http.StatusUnprocessableEntity, view.Cards(page))
	}
	if err != nil {
		return err
	}
	page.Searched = true
	if !p.router.Allows(c, permit.CardPasskeyRemove.Gate()) {
		page.Withheld = "您的角色不能移除持卡人的 Passkey。"
	}
	refused := page.Rows // the one that was not removed, with its reason
	page.Rows = nil
	for _, one := range found {
		row := presentCard(one)
		for _, r := range refused {
			if r.ID == row.ID {
				row.Reason, row.Open = r.Reason, true
			}
		}
		page.Rows = append(page.Rows, row)
	}
	return web.Page(c, status, view.Cards(page))
}

// removeCredential answers POST /support/cards/{id}/remove.
func (p *pages) removeCredential(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.Param("credential"), 10, 64)
	if err != nil {
		return cardholder.ErrNotFound.Because(err)
	}
	reason := form.Get("reason_" + c.Param("credential"))
	err = p.Keyring.RemoveForSupport(c.Request.Context(), web.By(c), cardholder.CredentialID(id), reason)
	if errors.Is(err, cardholder.ErrReason) {
		row := view.CardRow{
			ID: strconv.FormatInt(id, 10), Reason: ui.Input{Value: reason, Error: fault.From(err).Public},
		}
		return p.showCards(c, form, view.CardsPage{Rows: []view.CardRow{row}}, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return p.showCards(c, form, view.CardsPage{Notice: ui.Notice{
		Tone: ui.ToneGood, Title: "已移除", Text: "這個 Passkey 不能再用來付款，紀錄已寫入稽核。",
	}}, http.StatusOK)
}

var brandLabels = map[string]string{
	"visa": "Visa", "mastercard": "Mastercard", "jcb": "JCB", "amex": "American Express", "unionpay": "銀聯",
}

var browserLabels = map[string]string{
	"chrome": "Chrome", "edge": "Edge", "firefox": "Firefox", "safari": "Safari", "other": "其他",
}

func presentCard(k keyring.Passkey) view.CardRow {
	synced := "僅存於該裝置"
	if k.Synced {
		synced = "由裝置同步"
	}
	row := view.CardRow{
		ID:   strconv.FormatInt(int64(k.ID), 10),
		Card: cmp.Or(brandLabels[k.Brand], k.Brand) + " •••• " + k.Last4,
		Terms: []ui.Term{
			{Label: "建立時間", Value: timeText(k.CreatedAt)},
			{Label: "最近使用", Value: timeText(k.LastUsedAt)},
			{Label: "瀏覽器", Value: browserLabels[k.Browser]},
			{Label: "同步", Value: synced},
		},
	}
	if k.Distrust != "" {
		row.Trusted = ui.Tag{Word: "停止信任", Tone: ui.ToneBad}
	}
	return row
}
