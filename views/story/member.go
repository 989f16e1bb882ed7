package story

import (
	"github.com/memberzone/memberzone/views/layout"
	"github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

func shell(title string, trail ...string) layout.MemberShell {
	var crumbs []layout.Crumb
	if len(trail) > 0 {
		crumbs = append(crumbs, layout.Crumb{Label: "會員專區", Href: "/member"})
	}
	for _, label := range trail {
		crumbs = append(crumbs, layout.Crumb{Label: label})
	}
	return layout.MemberShell{
		Title: title, MemberName: "晴川選物股份有限公司", MemberNo: "12345675", Account: "owner01", Role: "擁有者",
		RequestID: "01K8ZC4V9H3R7Q2M", Demo: true, Trail: crumbs,
		Nav: []layout.NavGroup{
			{Items: []layout.NavItem{{Label: "首頁", Href: "/member", Current: title == "首頁"}}},
			{Label: "銷售中心", Items: []layout.NavItem{
				{Label: "信用卡交易專用查詢", Href: member.CreditCardListPath, Current: title != "首頁"},
			}},
		},
	}
}

func memberPages() []Story {
	return []Story{
		{Name: "member-home", Group: "member", Title: "會員專區首頁", Page: member.Home(memberHome())},
		{Name: "member-home-quiet", Group: "member", Title: "會員專區首頁（沒有交易）", Page: member.Home(member.HomePage{
			Shell: shell("首頁"), Day: "2026-11-24（二）", Search: true,
			Figures: []member.Figure{
				{Label: "交易筆數", Value: "0"},
				{Label: "授權金額", Value: "NT$ 0"},
				{Label: "授權失敗", Value: "0"},
				{Label: "通知未送達", Value: "0"},
			},
		})},
	}
}

func memberHome() member.HomePage {
	page := member.HomePage{
		Shell: shell("首頁"), Day: "2026-11-24（二）", Search: true,
		Figures: []member.Figure{
			{Label: "交易筆數", Value: "1,284", Href: "/member/sales/credit-cards?from=2026-11-24&to=2026-11-24"},
			{Label: "授權金額", Value: "NT$ 3,482,150", Note: "昨日同時段 NT$ 3,120,400"},
			{
				Label: "授權失敗", Value: "37", Note: "2.9%", Tone: ui.ToneBad,
				Href: "/member/sales/credit-cards?status=auth_failed",
			},
			{Label: "通知未送達", Value: "3", Tone: ui.ToneBad},
		},
		Tasks: []member.Task{
			{
				Text: "3 筆付款結果通知未送達", Note: "最早一筆 2026-11-24 09:12，商店 MS100000001",
				Href: "/member/sales/credit-cards", Tone: ui.ToneBad,
			},
			{Text: "1 筆交易等待銀行回覆", Note: "系統會自動向收單行確認", Href: "/member/sales/credit-cards", Tone: ui.ToneWait},
		},
	}
	for _, store := range [][]string{
		{"MS100000001", "晴川選物", "金流特約商店", "3D", "已啟用", "正式"},
		{"MS100000002", "晴川選物 門市", "金流特約商店", "3D", "", "正式"},
		{"MS100000003", "晴川選物 企業採購", "閘道特約商店", "non-3D", "已啟用", "正式"},
		{"MS100000005", "晴川選物 測試", "金流特約商店", "3D", "已啟用", "測試"},
	} {
		page.Stores = append(page.Stores, member.StoreRow{
			MerchantID: store[0], Name: store[1], Kind: store[2], ThreeDS: store[3], Passkey: store[4], Mode: store[5],
		})
	}
	return page
}
