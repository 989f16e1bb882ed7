package member

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	members "github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// Stores is what an owner sees and sets of the member's stores. What belongs to another
// member does not exist for it.
type Stores interface {
	// StoreOf returns a store without its keys, or member.ErrStoreNotFound.
	StoreOf(ctx context.Context, of members.ID, merchantID string) (members.Store, error)
	// SetAutoCapture turns 自動請款 on or off, with the entry where that changes anything.
	SetAutoCapture(ctx context.Context, of members.ID, merchantID string, on bool, entry audit.Entry) error
	// SetPasskeyLab turns the Passkey lab of a test-mode store on or off, with the entry where
	// that changes anything. It returns member.ErrLabLive for a live store.
	SetPasskeyLab(ctx context.Context, of members.ID, merchantID string, on bool, entry audit.Entry) error
}

const pathStore = view.StorePath + "/:merchant_id"

func (p *pages) mountStores(site *web.Router) {
	owner := permit.Owner()
	site.GET(pathStore, owner, p.storePage)
	site.POST(pathStore+"/auto-capture", owner.SteppedUp(), p.setAutoCapture)
	site.POST(pathStore+"/passkey-lab", owner.SteppedUp(), p.setPasskeyLab)
}

// storePage answers GET /member/center/stores/{merchant_id}.
func (p *pages) storePage(c *gin.Context) error {
	store, err := p.Stores.StoreOf(c.Request.Context(), web.Actor(c).Member.ID, c.Param("merchant_id"))
	if err != nil {
		return err
	}
	page := presentStore(store)
	if page.Passkey, err = p.storePasskey(c, store); err != nil {
		return err
	}
	page.Shell = p.centreShell(c, store.Name, centreTrail(store.MerchantID)...)
	return web.Page(c, http.StatusOK, view.Store(page))
}

// storePasskey tells where a store stands with the Passkey服務, and how it came there.
func (p *pages) storePasskey(c *gin.Context, store members.Store) (view.StorePasskey, error) {
	actor := web.Actor(c)
	list, err := p.Applications.OfMember(c.Request.Context(), actor)
	if err != nil {
		return view.StorePasskey{}, err
	}
	events, err := p.Applications.StoreEvents(c.Request.Context(), store.ID)
	if err != nil {
		return view.StorePasskey{}, err
	}
	seen := account.Store{
		ID: store.ID, MerchantID: store.MerchantID, Name: store.Name, Mode: store.Mode, Status: store.Status,
		Passkey: store.Passkey,
	}
	standing := standingOf(seen, list)
	shown := view.StorePasskey{State: standing.State, Note: standing.Note}
	if a := openFor(seen, list); a != nil {
		shown.Follow, shown.Receipt = applicationHref(a.Receipt), string(a.Receipt)
	}
	if applicable(seen, list) {
		shown.Apply = view.NewPasskeyApplicationPath + "?store=" + url.QueryEscape(store.MerchantID)
	}
	for _, e := range events {
		event := ui.Event{Time: timeText(e.At), Text: "已停用", Actor: "客服人員", Note: e.Reason.Label(), Tone: ui.ToneOff}
		if e.On {
			event.Text, event.Tone, event.Note = "已開通", ui.ToneGood, string(e.Receipt)
		}
		shown.History = append(shown.History, event)
	}
	return shown, nil
}

// setAutoCapture answers the switch of 自動請款.
func (p *pages) setAutoCapture(c *gin.Context) error {
	return p.setSwitch(c, "自動請款", p.Stores.SetAutoCapture)
}

// setPasskeyLab answers the switch of the lab.
func (p *pages) setPasskeyLab(c *gin.Context) error {
	return p.setSwitch(c, titlePasskeyLab, p.Stores.SetPasskeyLab)
}

// setSwitch turns something of a store on or off, and tells the audit log.
func (p *pages) setSwitch(
	c *gin.Context, label string,
	set func(ctx context.Context, of members.ID, merchantID string, on bool, entry audit.Entry) error,
) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	on, merchantID := form.Get("on") != "", c.Param("merchant_id")
	err = set(c.Request.Context(), web.Actor(c).Member.ID, merchantID, on, audit.Entry{
		By: web.By(c), At: p.Clock.Now(), Kind: audit.StoreChanged, Subject: merchantID,
		Changes: []audit.Change{{Field: label, Before: switchText(!on), After: switchText(on)}},
	})
	if err != nil {
		return err
	}
	return web.Redirect(c, storeHref(merchantID)+"?done="+doneSet)
}

func storeHref(merchantID string) string { return view.StorePath + "/" + url.PathEscape(merchantID) }

func switchText(on bool) string {
	if on {
		return "開啟"
	}
	return "關閉"
}

// keyMask stands for a key that is sealed and not shown.
const keyMask = "••••••••••••••••"

func presentStore(s members.Store) view.StorePage {
	threeD, mode := "non-3D", "正式"
	if s.ThreeD {
		threeD = "3D"
	}
	if s.Mode == members.Test {
		mode = "測試"
	}
	sealed, lab := "加密保存，不顯示", view.StoreLab{}
	if s.Mode == members.Test {
		lab = view.StoreLab{Path: storeHref(s.MerchantID) + "/passkey-lab", On: s.PasskeyLab}
	}
	return view.StorePage{
		Lab:        lab,
		MerchantID: s.MerchantID, Name: s.Name, AutoCapture: s.AutoCapture, Path: storeHref(s.MerchantID) + "/auto-capture",
		Terms: []ui.Term{
			{Label: "商店代號", Value: s.MerchantID, Copy: true},
			{Label: "商店類型", Value: storeKindLabels[s.Kind]},
			{Label: "3D", Value: threeD},
			{Label: "環境", Value: mode},
			{Label: "單筆上限", Value: s.AmountMax.Display()},
		},
		Wire: []ui.Term{
			{Label: "HashKey", Value: keyMask, Note: sealed},
			{Label: "HashIV", Value: keyMask, Note: sealed},
			{Label: "ReturnURL", Value: originOf(s.ReturnURL)},
			{Label: "NotifyURL", Value: originOf(s.NotifyURL)},
		},
	}
}

// originOf is where an address leads, without its path and what may be secret in it.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
