package story

import (
	"github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

func audits() []Story {
	return []Story{
		{Name: "audit", Group: "member", Title: "稽核紀錄：有紀錄", Page: member.Audit(auditLines())},
		{Name: "audit-empty", Group: "member", Title: "稽核紀錄：沒有紀錄", Page: member.Audit(auditNothing())},
		{Name: "audit-errors", Group: "member", Title: "稽核紀錄：欄位有誤", Page: member.Audit(auditErrors())},
	}
}

func auditPage() member.AuditPage {
	quick := func(label, from string, current bool) ui.QuickRange {
		return ui.QuickRange{
			Label: label, From: from, To: "2026-11-24", Href: member.AuditPath + "?from=" + from + "&to=2026-11-24",
			Current: current,
		}
	}
	return member.AuditPage{
		Shell: shell("稽核紀錄", "稽核紀錄"),
		Filter: member.AuditFilter{
			Range: ui.DateRange{
				From: ui.Input{Value: "2026-10-26"}, To: ui.Input{Value: "2026-11-24"},
				Quick: []ui.QuickRange{
					quick("今日", "2026-11-24", false), quick("近 7 日", "2026-11-18", false),
					quick("近 30 日", "2026-10-26", true), quick("近 400 日", "2025-10-21", false),
				},
			},
			Kinds: options("signed_in", "登入成功", "sign_in_failed", "登入失敗", "assistant_changed", "變更助理帳號",
				"permission_denied", "權限不足", "transaction_viewed", "檢視信用卡交易"),
		},
	}
}

func auditLines() member.AuditPage {
	page := auditPage()
	page.Searched = true
	page.ExportHref = member.AuditExportPath + "?format=csv&from=2026-10-26&to=2026-11-24"
	page.Pager = ui.Pager{NextHref: member.AuditPath + "?cursor=b"}
	line := func(sequence, time, kind, event, login, subject string) member.AuditRow {
		return member.AuditRow{
			Sequence: sequence, Date: "2026-11-24", Time: time, Kind: kind, Event: ui.Tag{Word: event}, Login: login,
			Subject: subject, Address: "203.0.113.7", Request: "01K8ZC4V9H3R7Q2M",
		}
	}
	denied := line("1284", "15:04:08", "permission_denied", "權限不足", "clerk01", "信用卡交易專用查詢")
	denied.Event.Tone = ui.ToneBad
	failed := line("1279", "09:12:44", "sign_in_failed", "登入失敗", "一個長到不像帳號的帳號，有人真的這樣輸入", "")
	failed.Event.Tone, failed.Address = ui.ToneBad, "2001:db8:85a3::8a2e:370:7334"
	viewed := line("1283", "15:01:33", "transaction_viewed", "檢視信用卡交易", "owner01", "26112415040812345")
	viewed.Href, viewed.ViewedAs = "/member/sales/credit-cards/26112415040812345", "clerk01"
	listed := line("1282", "15:01:02", "transactions_listed", "查詢信用卡交易", "owner01",
		"by=any　from=2026-11-18　q=ORD20261124001 ORD20261124002 A_VERY_LONG_ORDER_NUMBER_30_CH　to=2026-11-24")
	listed.Href = "/member/sales/credit-cards?from=2026-11-18"
	few := line("1281", "14:58:20", "assistant_changed", "變更助理帳號", "owner01", "clerk01")
	few.Changes = []member.ChangeRow{
		{Field: "信用卡交易專用查詢", Before: "僅可瀏覽", After: "可瀏覽可修改（至 2026-12-31）"},
		{Field: "管理商店", After: "MS100000002"},
	}
	many := line("1280", "14:55:09", "assistant_changed", "變更助理帳號", "owner01", "clerk02")
	for _, unit := range []string{"信用卡交易專用查詢", "收款連結", "定期定額", "撥款查詢"} {
		many.Changes = append(many.Changes, member.ChangeRow{Field: unit, Before: "可瀏覽可修改", After: "無權限"})
	}
	page.Rows = []member.AuditRow{denied, viewed, listed, few, many, failed}
	return page
}

func auditNothing() member.AuditPage {
	page := auditPage()
	page.Searched = true
	page.Filter.Account.Value = "clerk99"
	return page
}

func auditErrors() member.AuditPage {
	page := auditPage()
	page.Filter.Range.From = ui.Input{Value: "2026-13-01", Error: "請輸入正確的日期，格式為 YYYY-MM-DD。"}
	page.Filter.Kinds.Error = "「xyz」不是可用的選項。"
	page.Filter.Query = ui.Input{Value: "？", Error: "含有無法辨識的字元。"}
	page.Filter.Problems = []string{"分頁位置不正確，請從第一頁開始查詢。"}
	return page
}
