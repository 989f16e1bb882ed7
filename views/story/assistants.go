package story

import (
	"strconv"

	"github.com/memberzone/memberzone/views/layout"
	"github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

func assistants() []Story {
	stories := []Story{
		{Name: "assistants", Title: "助理帳號設定", Page: member.AssistantList(assistantList())},
		{Name: "assistants-empty", Title: "助理帳號設定（還沒有帳號）", Page: member.AssistantList(assistantNone())},
		{Name: "assistants-none-found", Title: "助理帳號設定（沒有符合的）", Page: member.AssistantList(assistantNoneFound())},
		{Name: "assistants-full", Title: "助理帳號設定（已達 60 個）", Page: member.AssistantList(assistantFull())},
		{Name: "assistant-new", Title: "新增管理帳號", Page: member.AssistantForm(assistantNew())},
		{Name: "assistant-errors", Title: "新增管理帳號：欄位有誤", Page: member.AssistantForm(assistantErrors())},
		{Name: "assistant-edit", Title: "管理帳號：設定與操作", Page: member.AssistantForm(assistantEdit())},
		{Name: "assistant-invited", Title: "管理帳號：邀請中，已帶入權限", Page: member.AssistantForm(assistantInvited())},
		{Name: "assistant-preview", Title: "確認變更", Page: member.AssistantPreview(assistantPreview())},
		{Name: "assistant-unchanged", Title: "確認變更（沒有變更）", Page: member.AssistantPreview(assistantUnchanged())},
		{Name: "requests", Title: "權限申請", Page: member.PermissionRequests(requests())},
		{Name: "requests-empty", Title: "權限申請（沒有申請）", Page: member.PermissionRequests(
			member.PermissionRequestsPage{Shell: centreShell("權限申請", "權限申請", "")})},
		{Name: "access-review", Title: "權限檢視", Page: member.AccessReview(accessReview())},
		{Name: "access-review-empty", Title: "權限檢視（沒有要處理的）", Page: member.AccessReview(accessReviewEmpty())},
		{Name: "permission-denied", Title: "權限不足", Page: member.PermissionDenied(denied())},
		{Name: "permission-asked", Title: "權限不足：已送出申請", Page: member.PermissionDenied(deniedAsked())},
		{Name: "permission-owner-only", Title: "權限不足：限會員擁有者", Page: member.PermissionDenied(deniedOwnerOnly())},
		{Name: "permission-denied-viewing", Title: "權限不足：檢視中", Page: member.PermissionDenied(deniedViewing())},
	}
	for i := range stories {
		stories[i].Group = "member"
	}
	return stories
}

// centreShell is the shell of the pages of 會員中心, as the owner sees it.
func centreShell(title, current, beneath string) layout.MemberShell {
	trail := []string{"會員中心", "基本資料設定", current}
	if current != "助理帳號設定" {
		trail = []string{"會員中心", current}
	}
	if beneath != "" {
		trail = append(trail, beneath)
	}
	s := shell(title, trail...)
	s.Scripts = []string{"matrix.js"}
	s.Nav[1].Items[0].Current = false
	centre := layout.NavGroup{Label: "會員中心"}
	for _, item := range []layout.NavItem{
		{Label: "助理帳號設定", Href: member.AssistantsPath},
		{Label: "權限申請", Href: member.PermissionRequestsPath, Badge: "2"},
		{Label: "權限檢視", Href: member.AccessReviewPath},
		{Label: "稽核紀錄", Href: "/member/center/audit"},
	} {
		item.Current = item.Label == current
		centre.Items = append(centre.Items, item)
	}
	s.Nav = append(s.Nav, centre)
	return s
}

func assistantFilter() member.AssistantFilter {
	return member.AssistantFilter{
		State: chosen(options("", "不限定", "invited", "邀請中", "active", "使用中", "suspended", "已停用")),
		Store: chosen(options("", "不限定", "MS100000001", "晴川選物", "MS100000002", "晴川選物 門市")),
	}
}

func assistantList() member.AssistantListPage {
	page := member.AssistantListPage{
		Shell: centreShell("助理帳號設定", "助理帳號設定", ""), Used: 12, Limit: 60, Filter: assistantFilter(),
	}
	invited, active := ui.Tag{Word: "邀請中", Tone: ui.ToneWait}, ui.Tag{Word: "使用中", Tone: ui.ToneGood}
	for _, row := range []member.AssistantRow{
		{Login: "clerk01", State: active, LastSignIn: "2026-11-24 09:12:40", Summary: "可瀏覽可修改 3、僅可瀏覽 2"},
		{Login: "viewer01", State: active, LastSignIn: "2026-11-20 17:45:03", Summary: "僅可瀏覽 1"},
		{Login: "accounting2026", State: invited, Summary: "可瀏覽可修改 1、僅可瀏覽 10"},
		{
			Login: "denied01", State: ui.Tag{Word: "已停用", Tone: ui.ToneOff}, LastSignIn: "2026-08-02 10:00:00",
			Summary: "全部不可瀏覽",
		},
	} {
		row.Href, row.Email = member.AssistantsPath+"/"+row.Login, row.Login+"@example.com"
		row.Stores, row.StoresTip = "晴川選物、晴川選物 門市", "晴川選物、晴川選物 門市"
		if row.Login == "accounting2026" {
			row.Stores += "，另 2 家"
			row.StoresTip += "、晴川選物 企業採購、晴川選物 測試"
		}
		page.Rows = append(page.Rows, row)
	}
	return page
}

func assistantNone() member.AssistantListPage {
	return member.AssistantListPage{Shell: centreShell("助理帳號設定", "助理帳號設定", ""), Limit: 60}
}

func assistantNoneFound() member.AssistantListPage {
	page := assistantList()
	page.Rows, page.Filter.Used, page.Filter.Query.Value = nil, true, "nobody"
	return page
}

func assistantFull() member.AssistantListPage {
	page := assistantList()
	page.Used, page.Full = 60, "已達 60 個上限，請先移除不再使用的帳號。"
	page.Shell.Notice = ui.Notice{Tone: ui.ToneGood, Text: "已移除助理帳號。"}
	return page
}

// matrixOf is the manual's table with some levels set, by unit.
func matrixOf(levels map[string]string) member.Matrix {
	area := member.MatrixArea{Name: "銷售中心"}
	for _, section := range [][]string{
		{
			"銷售紀錄查詢/交易重新觸發", "sales_records", "銷售紀錄查詢/交易重新觸發", "sales_records_ezaio",
			"ezAIO卡機商店銷售紀錄查詢",
		},
		{
			"信用卡交易查詢/單筆取消授權/請款/退款", "card_trades", "交易查詢/單筆取消授權/請款/退款", "card_trades_ezaio",
			"ezAIO卡機商店信用卡交易查詢",
		},
		{"跨境交易查詢/跨境交易退款", "cross_border", "跨境交易查詢/跨境交易退款"},
		{"電子錢包專用交易查詢", "e_wallet", "電子錢包交易查詢/電子錢包退款"},
		{"快速收款連結交易查詢", "pay_links", "查詢快速收款連結的交易"},
		{"查詢定期定額委託單", "mandate_list", "查詢已成立的定期定額委託單"},
		{"修改定期定額委託單", "mandate_edit", "修改啟用中的定期定額委託單"},
		{
			"定期定額委託單再次授權", "mandate_retry",
			"可將失敗的定期定額委託單再次進行授權 (同一期僅能再次授權4次)",
		},
		{"模擬交易產生", "simulated_trade", "API串接模擬交易參數"},
	} {
		group := member.MatrixSection{Name: section[0]}
		for i := 1; i+1 < len(section); i += 2 {
			level := levels[section[i]]
			if level == "" {
				level = "none"
			}
			group.Rows = append(group.Rows, member.MatrixRow{Unit: section[i], Label: section[i+1], Level: level})
		}
		area.Sections = append(area.Sections, group)
	}
	return member.Matrix{Areas: []member.MatrixArea{area}}
}

func assistantNew() member.AssistantFormPage {
	return member.AssistantFormPage{
		Shell: centreShell("新增管理帳號", "助理帳號設定", "新增管理帳號"), New: true, Heading: "新增管理帳號",
		Action: member.AssistantsPath, CopyHref: member.AssistantsPath + "/new",
		Stores: storeChoices(), Matrix: matrixOf(nil),
		CopyFrom: options("", "請選擇", "clerk01", "clerk01", "viewer01", "viewer01"),
	}
}

func assistantErrors() member.AssistantFormPage {
	page := assistantNew()
	page.Login = ui.Input{Value: "財務一號", Error: "帳號需為英文字母與數字混合，20 個字元以內。"}
	page.Email = ui.Input{Value: "finance@", Error: "請輸入正確的電子信箱。"}
	page.Stores.Error = "請選擇至少一個管理商店。"
	page.Matrix = matrixOf(map[string]string{"card_trades": "manage", "e_wallet": "view"})
	rows := page.Matrix.Areas[0].Sections[1].Rows
	rows[0].Until = ui.Input{Value: "2026-13-40", Error: "期限的格式為 YYYY-MM-DD。"}
	rows[1].Level, rows[1].Error = "", "請選擇權限。"
	page.Faults = []member.FieldFault{
		{Field: "login", Text: page.Login.Error},
		{Field: "email", Text: page.Email.Error},
		{Field: "stores", Text: page.Stores.Error},
		{Field: "until." + rows[0].Unit, Text: rows[0].Label + "：" + rows[0].Until.Error},
		{Field: "unit." + rows[1].Unit, Text: rows[1].Label + "：" + rows[1].Error},
	}
	return page
}

func assistantEdit() member.AssistantFormPage {
	page := assistantNew()
	page.Shell = centreShell("管理帳號 clerk01", "助理帳號設定", "clerk01")
	page.New, page.Heading, page.State = false, "管理帳號 clerk01", ui.Tag{Word: "使用中", Tone: ui.ToneGood}
	page.Action, page.CopyHref, page.Revision = member.AssistantsPath+"/clerk01", "", "7"
	page.Login.Value, page.Email.Value = "clerk01", "clerk01@example.com"
	page.Stores.Options[0].Selected = true
	page.Matrix = matrixOf(map[string]string{"card_trades": "manage", "sales_records": "view", "pay_links": "manage"})
	page.Matrix.Areas[0].Sections[1].Rows[0].Until.Value = "2026-12-31"
	page.Matrix.Areas[0].Sections[3].Rows[0].Note = "原僅可瀏覽，已於 2026-10-31 到期"
	page.Facts = []ui.Term{
		{Label: "上次登入", Value: "2026-11-24 09:12:40"},
		{Label: "建立時間", Value: "2026-03-02 10:20:00"},
		{Label: "Passkey", Value: "1 組"},
	}
	for _, action := range [][]string{
		{"view-as", "以此帳號檢視", "以這個帳號能看到的範圍開啟會員專區，只能看、不能變更。"},
		{"reset-password", "重設密碼", "結束這個帳號的所有登入，並寄出重新設定密碼的連結。"},
		{"suspend", "停用", "立即結束這個帳號的所有登入，恢復之前不能再登入。設定會保留。"},
		{"remove", "移除", "帳號會從清單消失且不能恢復；稽核紀錄會保留。"},
	} {
		page.Actions = append(page.Actions, member.AssistantAction{
			Name: action[0], Label: action[1], Text: action[2], Action: page.Action + "/" + action[0],
		})
	}
	page.Actions[3].Ask, page.Actions[3].Confirm = "移除後不能恢復，也會結束這個帳號的所有登入。確定要移除嗎？", "確定移除 clerk01"
	return page
}

func assistantInvited() member.AssistantFormPage {
	page := assistantEdit()
	page.State = ui.Tag{Word: "邀請中", Tone: ui.ToneWait}
	page.Facts = []ui.Term{{Label: "邀請有效至", Value: "2026-11-27 12:00:00"}}
	page.Copied = "viewer01"
	page.CopyFrom.Options[2].Selected = true
	page.Problem = "此帳號的設定剛剛已被變更，請確認最新內容後再儲存。"
	page.Shell.Notice = ui.Notice{Tone: ui.ToneGood, Text: "已重新寄出邀請信，先前的連結已失效。"}
	page.Actions[1] = member.AssistantAction{
		Name: "invite", Label: "重新寄送邀請", Text: "寄出新的邀請信，72 小時內有效；先前的連結會失效。",
		Action: page.Action + "/invite",
	}
	return page
}

func assistantPreview() member.AssistantPreviewPage {
	return member.AssistantPreviewPage{
		Shell: centreShell("確認變更", "助理帳號設定", "clerk01"), Login: "clerk01",
		SaveHref: member.AssistantsPath + "/clerk01/save", EditHref: member.AssistantsPath + "/clerk01",
		Changes: []member.ChangeRow{
			{Field: "管理者信箱", Before: "clerk01@example.com", After: "clerk@example.com"},
			{Field: "管理商店", After: "MS100000002 晴川選物 門市"},
			{Field: "管理商店", Before: "MS100000001 晴川選物"},
			{Field: "交易查詢/單筆取消授權/請款/退款", Before: "僅可瀏覽", After: "可瀏覽可修改（至 2026-12-31）"},
		},
		Fields: []member.HiddenField{
			{Name: "revision", Value: "7"},
			{Name: "email", Value: "clerk@example.com"},
			{Name: "stores", Value: "MS100000002"},
			{Name: "unit.card_trades", Value: "manage"},
			{Name: "until.card_trades", Value: "2026-12-31"},
		},
	}
}

func assistantUnchanged() member.AssistantPreviewPage {
	page := assistantPreview()
	page.Changes = nil
	return page
}

func requests() member.PermissionRequestsPage {
	page := member.PermissionRequestsPage{Shell: centreShell("權限申請", "權限申請", "")}
	for i, one := range [][]string{
		{"viewer01", "銷售中心／信用卡交易查詢/單筆取消授權/請款/退款", "交易查詢/單筆取消授權/請款/退款", "僅可瀏覽"},
		{"clerk01", "銷售中心／定期定額委託單再次授權", "可將失敗的定期定額委託單再次進行授權 (同一期僅能再次授權4次)", "不可瀏覽"},
	} {
		id := strconv.Itoa(i + 7)
		page.Open = append(page.Open, member.PermissionRequest{
			ID: id, Login: one[0], Href: member.AssistantsPath + "/" + one[0], Section: one[1], Row: one[2], Held: one[3],
			Wanted: "可瀏覽可修改", AskedAt: "2026-11-24 11:02:09", GrantHref: member.PermissionRequestsPath + "/" + id + "/grant",
			RefuseHref: member.PermissionRequestsPath + "/" + id + "/refuse",
		})
		decided := page.Open[i]
		decided.ID, decided.AskedAt, decided.DecidedAt = strconv.Itoa(i+3), "2026-11-20 10:00:00", "2026-11-20 14:31:55"
		decided.Outcome = ui.Tag{Word: "已開通", Tone: ui.ToneDone}
		if i == 1 {
			decided.Outcome = ui.Tag{Word: "已拒絕", Tone: ui.ToneOff}
		}
		page.Decided = append(page.Decided, decided)
	}
	return page
}

func accessReviewEmpty() member.AccessReviewPage {
	return member.AccessReviewPage{
		Shell: centreShell("權限檢視", "權限檢視", ""),
		Unused: member.AccessReviewPart{
			Title: "90 天未登入的帳號", Note: "不再使用的帳號請停用或移除。", None: "每個帳號在 90 天內都登入過。",
		},
		Idle: member.AccessReviewPart{
			Title: "開通後從未使用的權限", Note: "用不到的權限請改為不可瀏覽。", None: "每一項開通的權限都使用過。",
		},
		Ending: member.AccessReviewPart{
			Title: "14 天內到期的權限", Note: "仍需要的權限請延長期限。", None: "14 天內沒有權限到期。",
		},
	}
}

func accessReview() member.AccessReviewPage {
	page := accessReviewEmpty()
	href := member.AssistantsPath + "/clerk01"
	page.Unused.Rows = []member.AccessReviewRow{
		{Login: "denied01", Href: href, State: ui.Tag{Word: "使用中", Tone: ui.ToneGood}, When: "2026-08-02 10:00:00"},
		{Login: "accounting2026", Href: href, State: ui.Tag{Word: "邀請中", Tone: ui.ToneWait}, When: "從未登入"},
	}
	page.Idle.Rows = []member.AccessReviewRow{
		{Login: "clerk01", Href: href, Row: "查詢快速收款連結的交易", Level: "可瀏覽可修改", When: "2026-03-02 10:20:00"},
	}
	page.Ending.Rows = []member.AccessReviewRow{{
		Login: "clerk01", Href: href, Row: "交易查詢/單筆取消授權/請款/退款", Level: "可瀏覽可修改", When: "2026-12-01（還有 7 天）",
	}}
	return page
}

func denied() member.PermissionDeniedPage {
	s := shell("權限不足")
	s.Account, s.Role = "viewer01", "助理帳號"
	s.Nav = s.Nav[:1]
	return member.PermissionDeniedPage{
		Shell: s, Page: "信用卡交易專用查詢", Section: "銷售中心／信用卡交易查詢/單筆取消授權/請款/退款",
		Row: "交易查詢/單筆取消授權/請款/退款", Held: "僅可瀏覽", Needed: "可瀏覽可修改",
		Grantor: "晴川選物股份有限公司的會員擁有者 owner01", Ask: member.PermissionAsk{Screen: "card_trade_list"},
	}
}

func deniedAsked() member.PermissionDeniedPage {
	page := denied()
	page.Ask.AskedAt = "2026-11-24 11:02:09"
	return page
}

func deniedOwnerOnly() member.PermissionDeniedPage {
	return member.PermissionDeniedPage{
		Shell: denied().Shell, Closed: "此頁面只有會員擁有者 owner01 可以開啟，無法以權限開通。",
	}
}

func deniedViewing() member.PermissionDeniedPage {
	page := denied()
	page.Shell.Account, page.Shell.Role, page.Shell.ViewAs = "owner01", "擁有者", "viewer01"
	page.Ask.Reason = layout.ReadOnlyReason
	return page
}
