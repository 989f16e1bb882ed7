package support

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/lookup"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/support"
	"github.com/memberzone/memberzone/views/ui"
)

// Switches know and turn a store's Passkey.
type Switches interface {
	StoreEvents(ctx context.Context, of member.StoreID) ([]onboarding.StoreEvent, error)
	// SwitchOff turns it off, with an application behind it or without.
	SwitchOff(ctx context.Context, by onboarding.Staff, f onboarding.SwitchOffForm) error
}

const partSwitchOff part = "switch_off"

// store answers GET /support/stores/{merchant_id}.
func (p *pages) store(c *gin.Context) error { return p.showStore(c, nil) }

// showStore shows the store, with why a form was refused.
func (p *pages) showStore(c *gin.Context, refused *refusal) error {
	ctx := c.Request.Context()
	s, of, err := p.LookUps.Store(ctx, web.By(c), c.Param("merchant_id"))
	if err != nil {
		return err
	}
	events, err := p.Switches.StoreEvents(ctx, s.ID)
	if err != nil {
		return err
	}
	applications, err := p.applicationsOf(ctx, s.MerchantID)
	if err != nil {
		return err
	}
	page := view.StorePage{
		MerchantID: s.MerchantID, Name: s.Name, Passkey: passkeyTag(s.Passkey), History: presentStoreEvents(events),
		Applications: applications, Path: storeHref(s.MerchantID), Terms: storeTerms(s, of),
	}
	if s.Passkey {
		page.Moves = []view.Move{p.switchOffMove(c, refused)}
	} else {
		page.Advice = "開通與重新開通在申請案件的頁面提出，由另一位人員確認。"
	}
	status := http.StatusOK
	if refused != nil {
		status = web.Status(refused.fault)
		if refused.fault.Field == "" {
			page.Problem = ui.Notice{Tone: ui.ToneBad, Title: "沒有執行", Text: refused.fault.Public}
		} else {
			status = http.StatusUnprocessableEntity
		}
	}
	page.Shell = p.shell(c, s.Name, titled(titleMembers, view.MembersPath), titled(of.Code, memberHref(of.Code)),
		crumb(s.MerchantID))
	return web.Page(c, status, view.Store(page))
}

func storeTerms(s lookup.Store, of member.Member) []ui.Term {
	return []ui.Term{
		{Label: "會員", Value: of.Name, Href: memberHref(of.Code), Note: of.Code},
		{Label: "商店代號", Value: s.MerchantID, Copy: true},
		{Label: "商店類型", Value: storeKindLabels[s.Kind]},
		{Label: "3D", Value: threeDLabel(s.ThreeD)},
		{Label: "環境", Value: modeLabels[s.Mode]},
		{Label: "狀態", Tag: statusTag(s.Status)},
	}
}

// switchOffMove is 停用 on the store's own page.
func (p *pages) switchOffMove(c *gin.Context, refused *refusal) view.Move {
	const m = onboarding.Deactivate
	o := offers[m]
	one := view.Move{
		Name: string(m), Label: m.Label(), Text: o.text, Yes: o.yes, Words: o.words, Open: refused != nil,
	}
	if !p.router.Allows(c, o.gate()) {
		one.Why = "需由" + rolesFrom(p.lowestRole(c, o.screen)) + "執行。"
	}
	var chosen string
	chosen, one.Reasons.Error = refused.answers(partSwitchOff, "reason", moveField("reason", m, ""))
	one.Words.Input.Value, one.Words.Input.Error = refused.answers(partSwitchOff, "text", moveField("text", m, ""))
	one.Reasons.Options = reasonOptions(m, chosen)
	return one
}

// switchOff answers POST /support/stores/{merchant_id}/move/deactivate.
func (p *pages) switchOff(c *gin.Context) error {
	form, err := web.Form(c)
	if err != nil {
		return err
	}
	f := onboarding.SwitchOffForm{
		MerchantID: c.Param("merchant_id"), Text: form.Get(moveField("text", onboarding.Deactivate, "")),
		Reason: onboarding.Reason(form.Get(moveField("reason", onboarding.Deactivate, ""))),
	}
	err = p.Switches.SwitchOff(c.Request.Context(), staffOf(c), f)
	if err == nil {
		return web.Redirect(c, storeHref(f.MerchantID)+"?"+url.Values{"done": {string(partSwitchOff)}}.Encode())
	}
	told := fault.From(err)
	switch told.Kind {
	case fault.Invalid, fault.Conflict, fault.Denied, fault.Refused:
		return p.showStore(c, &refusal{part: partSwitchOff, fault: told, form: form})
	case fault.Internal, fault.NotFound, fault.Unavailable, fault.Throttled:
	}
	return err
}

// applicationsOf lists the applications that name a store or a member.
func (p *pages) applicationsOf(ctx context.Context, number string) ([]view.ApplicationRow, error) {
	found, err := p.Queue.Queue(ctx, onboarding.QueueFilter{Query: number})
	if err != nil {
		return nil, err
	}
	rows := make([]view.ApplicationRow, 0, len(found.Applications))
	for _, a := range found.Applications {
		rows = append(rows, presentApplication(a, p.Clock.Now()))
	}
	return rows, nil
}

func presentStoreEvents(list []onboarding.StoreEvent) []ui.Event {
	events := make([]ui.Event, 0, len(list))
	for _, e := range list {
		event := ui.Event{
			Time: timeText(e.At), Text: "開通 Passkey服務", Actor: e.Login, Tone: ui.ToneGood, Note: string(e.Receipt),
		}
		if !e.On {
			event.Text, event.Tone = "停用 Passkey服務："+e.Reason.Label(), ui.ToneOff
		}
		events = append(events, event)
	}
	return events
}
