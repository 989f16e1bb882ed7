package story

import (
	"github.com/memberzone/memberzone/views/applicant"
	"github.com/memberzone/memberzone/views/support"
	"github.com/memberzone/memberzone/views/ui"
)

// console are the pages on which our staff work.
func console() []Story {
	found := func(name, title string) Story { return Story{Name: name, Group: "support", Title: title} }
	home, queue, wrong := found("support-home", "支援主控台首頁"), found("support-applications", "申請案件"),
		found("support-applications-wrong", "申請案件：條件有誤")
	home.Page, queue.Page = support.Home(consoleHome()), support.Applications(consoleQueue())
	wrong.Page = support.Applications(consoleQueueWrong())
	contacting, stale := found("support-application", "申請案件：聯繫中"), found("support-application-stale", "申請案件：開通作業，已被他人變更")
	contacting.Page, stale.Page = support.Application(consoleCase()), support.Application(consoleCaseStale())
	members, member, store := found("support-members", "會員查詢"), found("support-member", "會員"), found("support-store", "商店")
	members.Page, member.Page, store.Page = support.Members(consoleMembers()), support.Member(consoleMember()),
		support.Store(consoleStore())
	cards, figures := found("support-cards", "持卡人 Passkey"), found("support-figures", "案件統計")
	cards.Page, figures.Page = support.Cards(consoleCards()), support.Figures(consoleFigures())
	calendar, refused := found("support-calendar", "工作日曆：預覽"), found("support-calendar-refused", "工作日曆：檔案有誤")
	calendar.Page, refused.Page = support.Calendar(consoleCalendar()), support.Calendar(consoleCalendarRefused())
	denied := found("support-denied", "支援主控台：權限不足")
	denied.Page = support.Denied(support.DeniedPage{
		Shell: supportShell("權限不足"), Page: "匯入工作日曆", Needed: "系統管理者",
	})
	return []Story{
		home, queue, wrong, contacting, stale, members, member, store, cards, figures, calendar, refused, denied,
	}
}

func consoleRows() []support.ApplicationRow {
	return []support.ApplicationRow{
		{
			Receipt: "PK261116-3F8WQK", Href: support.ApplicationsPath + "/7", Name: "遠岸科技股份有限公司", Member: "22099131",
			Subject: "Passkey服務", State: ui.Tag{Word: "資料確認", Tone: ui.ToneMove}, Due: ui.Tag{Word: "已逾期", Tone: ui.ToneBad},
			DueNote: "至 11/23（一）", Stores: "MS300000001", Assignee: "agent01", Submitted: "2026-11-16 09:12",
		},
		{
			Receipt: "PK261117-Q7T2MD", Href: support.ApplicationsPath + "/9", Name: "晴川選物股份有限公司", Member: "12345675",
			Subject: "Passkey服務", State: ui.Tag{Word: "開通作業", Tone: ui.ToneMove},
			Due: ui.Tag{Word: "最後一天", Tone: ui.ToneWait}, DueNote: "至 11/24（二）", Stores: "MS100000002 等 2 家",
			Assignee: "agent01", Submitted: "2026-11-17 16:40",
		},
		{
			Receipt: "PK261124-7H3K9Q", Href: support.ApplicationsPath + "/12", Name: "林小舖", Subject: "API 串接", Kind: "諮詢",
			State: ui.Tag{Word: "已送出", Tone: ui.ToneWait}, Submitted: "2026-11-24 11:58",
		},
	}
}

func consoleHome() support.HomePage {
	return support.HomePage{
		Shell: supportShell("首頁"), Day: "2026-11-24（二）", Duties: "核可支援人員備妥的申請案件。",
		Notices: []ui.Notice{{Tone: ui.ToneWait, Title: "2027 年的工作日曆尚未匯入", Text: "期限落在該年的案件暫時只扣除週末。"}},
		Figures: []support.Figure{
			{Label: "已逾期", Value: "1", Href: support.ApplicationsPath + "?urgency=overdue", Tone: ui.ToneBad},
			{Label: "最後一天", Value: "1", Href: support.ApplicationsPath + "?urgency=last_day"},
			{Label: "尚未確認", Value: "4", Note: "最早 2026-11-20 送出", Href: support.ApplicationsPath},
			{Label: "本週開通", Value: "3", Note: "家商店"},
		},
		Calls: []support.CallSlot{
			{Label: "10:00~12:00", Now: true, Calls: []support.Call{
				{
					Receipt: "PK261124-7H3K9Q", Href: support.ApplicationsPath + "/12", Name: "林小舖", Phone: "+886 912 345 678",
					Subject: "API 串接", State: ui.Tag{Word: "已送出", Tone: ui.ToneWait}, Assignee: "未指派",
				},
			}},
			{Label: "13:00~15:00"},
			{Label: "15:00~18:00"},
			{Label: "未指定時間"},
		},
		Mine: consoleRows()[:2],
	}
}

func choices(selected string, pairs ...string) (c ui.Choices) {
	for i := 0; i+1 < len(pairs); i += 2 {
		c.Options = append(c.Options, ui.Option{Value: pairs[i], Label: pairs[i+1], Selected: pairs[i] == selected})
	}
	return c
}

func consoleQueue() support.ApplicationsPage {
	return support.ApplicationsPage{
		Shell: supportShell("申請案件"), Rows: consoleRows(), Count: "3 件", Searched: true,
		Filter: support.ApplicationFilter{
			States:   choices("", "submitted", "已送出", "contacting", "聯繫中", "confirmed", "資料確認"),
			Subject:  choices("", "", "不限定", "passkey", "Passkey服務", "api", "API 串接"),
			Kind:     choices("", "", "不限定", "apply", "申請", "consult", "諮詢"),
			Assignee: choices("", "", "不限定", "me", "我的", "none", "未指派"),
			Urgency:  choices("", "", "不限定", "overdue", "已逾期", "last_day", "最後一天"),
			Slot:     choices("", "", "不限定", "10-12", "10:00~12:00"),
		},
		Views: []support.QueueView{
			{Name: "處理中", Href: support.ApplicationsPath, Current: true},
			{Name: "我的", Href: support.ApplicationsPath + "?assignee=me"},
			{Name: "待補件", Href: support.ApplicationsPath + "?state=needs_info", By: "reviewer01"},
			{ID: "3", Name: "API 問題", Href: support.ApplicationsPath + "?subject=api", Own: true, Shared: true},
		},
		Save: support.ViewForm{Filter: "subject=passkey"},
	}
}

func consoleQueueWrong() support.ApplicationsPage {
	p := consoleQueue()
	p.Rows, p.Count, p.Searched = nil, "", false
	p.Filter.Urgency.Error = "「soon」不是可用的選項。"
	p.Problems = []string{"網址中有不認得的條件「statee」。"}
	p.Save.Name.Error = "請輸入名稱。"
	return p
}

// consoleCase is an application that somebody talks about with the applicant.
func consoleCase() support.ApplicationPage {
	return support.ApplicationPage{
		Shell: supportShell("申請案件"), Path: support.ApplicationsPath + "/9", Version: "4", Receipt: "PK261117-Q7T2MD",
		Kind: "申請", State: ui.Tag{Word: "聯繫中", Tone: ui.ToneMove}, Since: "自 2026-11-18 10:05",
		Moves: []support.Move{
			{
				Name: "confirm", Label: "確認資料", Primary: true, Text: "資料確認後起算 3–5 個工作天，並通知申請人。",
				Why: "尚缺：至少一次「已聯絡上」的聯絡紀錄。",
			},
			{
				Name: "ask_info", Label: "請申請人補件", Text: "申請人會收到信件，並可在進度頁補件。補件期間不計工作天。", Yes: "送出要求",
				Reasons: choices("notify_url", "notify_url", "NotifyURL 無法連線", "documents", "文件不齊"), Open: true,
				Words: support.WordsField{
					Label: "給申請人的說明", Hint: "申請人看得到，最多 2,000 字。", Required: true,
					Input: ui.Input{Error: "請寫明需要補充什麼。"},
				},
			},
			{Name: "return", Label: "退回申請", Text: "案件就此結束，申請人會收到信件與原因。", Reasons: choices("", "no_answer", "聯絡不上")},
		},
		Stores: []support.ApplicationStore{
			{
				ID: "2", MerchantID: "MS100000002", Name: "晴川選物 門市", Href: support.StoresPath + "/MS100000002",
				State: ui.Tag{Word: "尚未開通", Tone: ui.ToneWait},
			},
			{
				ID: "4", MerchantID: "MS100000004", Name: "晴川選物 企業採購", Href: support.StoresPath + "/MS100000004",
				State: ui.Tag{Word: "尚未開通", Tone: ui.ToneWait},
			},
		},
		Terms:    consoleTerms(),
		Message:  "門市與企業採購都想啟用。\n請問需要修改程式嗎？",
		Member:   []ui.Term{{Label: "會員", Value: "晴川選物股份有限公司", Href: support.MembersPath + "/12345675", Note: "12345675"}},
		Assign:   support.AssignForm{Choices: choices("2", "", "未指派", "2", "agent01", "3", "reviewer01"), Me: "3"},
		Contacts: consoleContacts(),
		Notes:    support.Notes{Rows: []support.NoteRow{{At: "2026-11-18 10:06", By: "agent01", Text: "聯絡人改為採購部。\n分機 12。"}}},
		Files: support.Files{
			Limits: "PDF、JPEG 或 PNG，每個 5 MB 以內", Accept: "application/pdf,image/jpeg,image/png",
			Rows: []support.FileRow{{
				ID: "5", Name: "公司登記.pdf", Href: support.ApplicationsPath + "/9/attachments/5", Kind: "PDF", Size: "182 KB",
				At: "2026-11-18 11:20", By: "申請人",
			}},
		},
		StoreNote: "逐店開通，由一人提出、另一人確認", Checkable: true, CheckNote: "申請時與開通前各檢查一次",
		Checks: []applicant.Check{{Store: "MS100000002", At: "2026-11-24 09:58 檢查", Items: []applicant.CheckItem{
			{Code: "threed", State: ui.Tag{Word: "符合", Tone: ui.ToneDone}, Label: "3D 商店"},
			{
				Code: "notify_url", State: ui.Tag{Word: "需調整", Tone: ui.ToneBad}, Label: "NotifyURL 回覆：HTTP 404",
				Todo: "請特店確認路徑已部署，並回覆 HTTP 200。",
			},
		}}},
		Others: consoleRows()[2:], Merge: support.MergeForm{Offered: true},
		History: []ui.Event{
			{Time: "2026-11-18 10:05", Text: "聯繫中", Actor: "agent01", Tone: ui.ToneMove},
			{Time: "2026-11-17 16:40", Text: "已送出", Actor: "申請人", Tone: ui.ToneGood},
		},
	}
}

func consoleTerms() []ui.Term {
	return []ui.Term{
		{Label: "姓名 / 公司名稱", Value: "晴川選物股份有限公司"},
		{Label: "諮詢項目", Value: "Passkey服務"},
		{Label: "連絡電話", Value: "+886223456789", Copy: true},
		{Label: "E-mail", Value: "service@qingchuan.example", Copy: true},
		{Label: "期望聯絡時間", Chips: []string{"13:00~15:00"}},
		{Label: "送出時間", Value: "2026-11-17 16:40"},
	}
}

// consoleCaseStale waits for a second person, and somebody was faster.
func consoleCaseStale() support.ApplicationPage {
	p := consoleCase()
	p.State, p.Since = ui.Tag{Word: "開通作業", Tone: ui.ToneMove}, "自 2026-11-23 14:02"
	p.Due, p.DueText = ui.Tag{Word: "最後一天", Tone: ui.ToneWait}, "2026-11-20（五）至 2026-11-24（二）"
	p.DueNote = "2027 年的工作日曆尚未匯入"
	p.Problem = ui.Notice{
		Tone: ui.ToneBad, Title: "沒有執行：這個案件已被 agent01 變更",
		Text: "agent01 於 2026-11-24 10:11 提出開通。以下是最新的內容，您輸入的文字已保留。",
	}
	p.Moves = []support.Move{{
		Name: "send_back", Label: "退回資料確認", Text: "提出的開通作廢，案件回到資料確認。", Open: true,
		Reasons: choices("notify_url", "notify_url", "NotifyURL 無法連線"),
		Words:   support.WordsField{Label: "給支援人員的說明", Input: ui.Input{Value: "NotifyURL 仍回覆 404。"}},
	}}
	p.Stores[0].State, p.Stores[0].Note = ui.Tag{Word: "待第二人確認", Tone: ui.ToneMove}, "agent01 於 2026-11-23 14:02 提出"
	p.Stores[0].Moves = []support.Move{{
		Name: "activate", Suffix: "MS100000002", Label: "確認開通", Primary: true, Yes: "確定開通",
		Text: "立即對新的付款生效，並通知申請人與商店。",
	}}
	p.Stores[1].State, p.Stores[1].Note = ui.Tag{Word: "待第二人確認", Tone: ui.ToneMove}, "reviewer01 於 2026-11-23 14:02 提出"
	p.Stores[1].Moves = []support.Move{{
		Name: "activate", Suffix: "MS100000004", Label: "確認開通", Why: "這是您提出的，需由另一位審核人員以上確認。",
	}}
	return p
}

func consoleContacts() support.Contacts {
	return support.Contacts{
		How:    choices("phone", "phone", "電話", "mail", "信件", "meeting", "會面"),
		Result: choices("reached", "reached", "已聯絡上", "no_answer", "無人接聽"),
		Date:   ui.Input{Value: "2026-11-24"}, Time: ui.Input{Value: "10:15"},
		Rows: []support.ContactRow{
			{At: "2026-11-18 10:05", By: "agent01", How: "電話", Result: ui.Tag{Word: "無人接聽", Tone: ui.ToneOff}, Note: "下午再撥。"},
			{At: "2026-11-18 09:30", By: "agent01", How: "信件", Result: ui.Tag{Word: "請對方回電", Tone: ui.ToneWait}},
		},
	}
}
