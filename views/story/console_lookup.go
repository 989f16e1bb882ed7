package story

import (
	"github.com/memberzone/memberzone/views/support"
	"github.com/memberzone/memberzone/views/ui"
)

func consoleMembers() support.MembersPage {
	return support.MembersPage{
		Shell: supportShell("會員查詢"), Query: ui.Input{Value: "晴川"}, Searched: true, Rows: []support.MemberRow{{
			Code: "12345675", Name: "晴川選物股份有限公司", Kind: "企業會員", Status: ui.Tag{Word: "啟用中", Tone: ui.ToneGood},
			Href: support.MembersPath + "/12345675", Stores: "5 家",
		}}, Note: "最多顯示 20 個會員，請輸入更完整的名稱。",
	}
}

func consoleMember() support.MemberPage {
	return support.MemberPage{
		Shell: supportShell("會員查詢"), Code: "12345675", Name: "晴川選物股份有限公司",
		Terms: []ui.Term{
			{Label: "統一編號", Value: "12345675", Copy: true},
			{Label: "類別", Value: "企業會員"},
			{Label: "狀態", Tag: ui.Tag{Word: "啟用中", Tone: ui.ToneGood}},
		},
		Stores: []support.StoreRow{{
			MerchantID: "MS100000001", Name: "晴川選物 官網", Href: support.StoresPath + "/MS100000001", Kind: "金流特約商店",
			ThreeD: "3D", Passkey: ui.Tag{Word: "已啟用", Tone: ui.ToneGood}, Mode: "正式",
			Status: ui.Tag{Word: "啟用中", Tone: ui.ToneGood},
		}},
		Applications: consoleRows()[1:2],
	}
}

func consoleStore() support.StorePage {
	return support.StorePage{
		Shell: supportShell("會員查詢"), MerchantID: "MS100000001", Name: "晴川選物 官網",
		Passkey: ui.Tag{Word: "已啟用", Tone: ui.ToneGood},
		Terms: []ui.Term{
			{Label: "會員", Value: "晴川選物股份有限公司", Href: support.MembersPath + "/12345675", Note: "12345675"},
			{Label: "商店類型", Value: "金流特約商店"},
			{Label: "3D", Value: "3D"},
			{Label: "環境", Value: "正式"},
		},
		Path: support.StoresPath + "/MS100000001",
		Moves: []support.Move{{
			Name: "deactivate", Label: "停用 Passkey服務", Text: "立即對新的付款生效：改走 3D 簡訊驗證。",
			Reasons: choices("", "", "請選擇", "member_asked", "會員要求", "risk", "風險考量"),
		}},
		History:      []ui.Event{{Time: "2026-11-20 15:30", Text: "開通", Actor: "reviewer01", Tone: ui.ToneGood}},
		Applications: consoleRows()[1:2],
	}
}

func consoleCards() support.CardsPage {
	return support.CardsPage{
		Shell: supportShell("持卡人 Passkey"), Email: ui.Input{Value: "ming@example.test"}, Searched: true,
		Rows: []support.CardRow{{
			ID: "31", Card: "Visa •••• 1111", Open: true, Reason: ui.Input{Error: "請輸入 1 到 200 字的原因。"},
			Terms: []ui.Term{
				{Label: "建立時間", Value: "2026-11-02 20:14"},
				{Label: "最近使用", Value: "2026-11-23 09:41"},
				{Label: "瀏覽器", Value: "Chrome"},
				{Label: "同步", Value: "由裝置同步"},
			},
		}},
	}
}

func consoleFigures() support.FiguresPage {
	weeks := support.BarChart{
		ID: "activated", Title: "每週開通", Head: "週（週一起）", Unit: "家數", Upward: true, Top: "6 家", Note: "最近 12 週",
	}
	for i, week := range []string{"2026-11-02", "2026-11-09", "2026-11-16", "2026-11-23"} {
		weeks.Rows = append(weeks.Rows, support.BarRow{
			Label: week, Short: week[len("2026-"):], Value: []string{"2", "6", "5", "3"}[i], Length: []int{33, 100, 83, 50}[i],
		})
	}
	return support.FiguresPage{
		Shell: supportShell("案件統計"), At: "2026-11-24 12:00",
		Totals: []support.Figure{
			{Label: "處理中", Value: "9", Href: support.ApplicationsPath},
			{Label: "已逾期", Value: "1", Href: support.ApplicationsPath + "?urgency=overdue", Tone: ui.ToneBad},
		},
		Charts: []support.BarChart{
			{ID: "open", Title: "處理中案件的天數", Head: "送出至今", Unit: "件數", Rows: []support.BarRow{
				{Label: "0–1 天", Value: "4", Length: 100},
				{Label: "2–3 天", Value: "3", Length: 75},
				{Label: "超過 14 天", Value: "1", Length: 25, Bad: true},
			}},
			{ID: "steps", Title: "各步驟的中位天數", Head: "步驟", Unit: "天", Empty: "尚無已完成的步驟。"},
			weeks,
		},
	}
}

func consoleCalendar() support.CalendarPage {
	return support.CalendarPage{
		Shell: supportShell("工作日曆"), Missing: []string{"2027"},
		Years: []support.CalendarYear{{Year: "2026", Working: "249", Off: "13", MakeUp: "0", From: "內建"}},
		CSV:   ui.Input{Value: "date,kind,name\n2027-01-01,off,開國紀念日\n"},
		Preview: support.CalendarPreview{Year: "2027", Added: true, Changes: []support.CalendarChange{
			{Date: "2027-01-01（五）", Before: "工作天", After: "放假", Name: "開國紀念日"},
		}},
	}
}

func consoleCalendarRefused() support.CalendarPage {
	p := consoleCalendar()
	p.Preview = support.CalendarPreview{}
	p.CSV = ui.Input{Value: "date,kind,name\n2027-01-02,off,週六\n", Error: "請修正後再預覽。"}
	p.Problems = []string{"第 2 列：2027-01-02 是週六，本來就放假。"}
	return p
}
