package support

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/lookup"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	view "github.com/memberzone/memberzone/views/support"
	"github.com/memberzone/memberzone/views/ui"
)

// LookUps find members and stores, each with its entry in the audit log.
type LookUps interface {
	Find(ctx context.Context, by audit.By, typed string) (found []lookup.Found, more bool, err error)
	Member(ctx context.Context, by audit.By, code string) (lookup.Member, error)
	Store(ctx context.Context, by audit.By, merchantID string) (
		store lookup.Store, of member.Member, err error)
}

const titleMembers = "會員查詢"

func (p *pages) mountLookUps(site *web.Router) {
	gate := permit.MemberLookUp.Gate()
	site.GET(view.MembersPath, gate, p.members)
	site.GET(view.MembersPath+"/:member_code", gate, p.member)
	site.GET(view.StoresPath+"/:merchant_id", gate, p.store)
	site.POST(view.StoresPath+"/:merchant_id/move/deactivate", permit.StoreSwitch.Gate().SteppedUp(), p.switchOff)
}

// members answers GET /support/members.
func (p *pages) members(c *gin.Context) error {
	page := view.MembersPage{Shell: p.shell(c, titleMembers, crumb(titleMembers)), Query: ui.Input{Value: c.Query("q")}}
	if page.Query.Value == "" {
		return web.Page(c, http.StatusOK, view.Members(page))
	}
	found, more, err := p.LookUps.Find(c.Request.Context(), web.By(c), page.Query.Value)
	if errors.Is(err, lookup.ErrQuery) {
		page.Query.Error = fault.From(err).Public
		return web.Page(c, http.StatusUnprocessableEntity, view.Members(page))
	}
	if err != nil {
		return err
	}
	page.Searched = true
	for _, one := range found {
		page.Rows = append(page.Rows, view.MemberRow{
			Code: one.Code, Name: one.Name, Kind: memberKindLabels[one.Kind], Status: statusTag(one.Status),
			Href: memberHref(one.Code), Stores: strconv.Itoa(one.Stores) + " 家",
		})
	}
	if more {
		page.Note = "最多顯示 " + strconv.Itoa(lookup.FoundMax) + " 個會員，請輸入更完整的名稱。"
	}
	return web.Page(c, http.StatusOK, view.Members(page))
}

func memberHref(code string) string { return view.MembersPath + "/" + url.PathEscape(code) }

func storeHref(merchantID string) string { return view.StoresPath + "/" + url.PathEscape(merchantID) }

// codeLabel is what a member's code is called.
func codeLabel(k member.Kind) string {
	if k == member.Enterprise {
		return "統一編號"
	}
	return "會員代號"
}

// member answers GET /support/members/{code}.
func (p *pages) member(c *gin.Context) error {
	m, err := p.LookUps.Member(c.Request.Context(), web.By(c), c.Param("member_code"))
	if err != nil {
		return err
	}
	page := view.MemberPage{Code: m.Code, Name: m.Name, Terms: []ui.Term{
		{Label: codeLabel(m.Kind), Value: m.Code, Copy: true},
		{Label: "類別", Value: memberKindLabels[m.Kind]},
		{Label: "狀態", Tag: statusTag(m.Status)},
		{Label: "加入時間", Value: timeText(m.Since)},
	}}
	for _, s := range m.Stores {
		page.Stores = append(page.Stores, view.StoreRow{
			MerchantID: s.MerchantID, Name: s.Name, Href: storeHref(s.MerchantID), Kind: storeKindLabels[s.Kind],
			ThreeD: threeDLabel(s.ThreeD), Passkey: passkeyTag(s.Passkey), Mode: modeLabels[s.Mode], Status: statusTag(s.Status),
		})
	}
	if page.Applications, err = p.applicationsOf(c.Request.Context(), m.Code); err != nil {
		return err
	}
	page.Shell = p.shell(c, m.Name, titled(titleMembers, view.MembersPath), crumb(m.Code))
	return web.Page(c, http.StatusOK, view.Member(page))
}
