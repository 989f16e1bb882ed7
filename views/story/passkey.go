package story

import (
	"github.com/memberzone/memberzone/views/applicant"
	"github.com/memberzone/memberzone/views/member"
	views "github.com/memberzone/memberzone/views/public"
	"github.com/memberzone/memberzone/views/ui"
)

// passkeyService are the public pages of the Passkey服務.
func passkeyService() []Story {
	form, refused := applicationForm(), applicationRefused()
	return []Story{
		{Name: "passkey", Group: "public", Title: "Passkey服務", Page: views.Passkey(views.PasskeyPage{Demo: true})},
		{Name: "passkey-apply", Group: "public", Title: "申請 Passkey服務", Page: views.PasskeyApply(
			views.PasskeyApplyPage{Form: form, Demo: true})},
		{Name: "passkey-apply-refused", Group: "public", Title: "我要諮詢：資料有誤", Page: views.PasskeyApply(
			views.PasskeyApplyPage{Form: refused, Problem: ui.Notice{
				Tone: ui.ToneBad, Title: "尚未送出", Text: "請修正標示的欄位後再送出，其他內容已保留。",
			}})},
		{Name: "passkey-sent", Group: "public", Title: "已送出資料", Page: views.PasskeySent(
			views.PasskeySentPage{Receipt: "PK261124-7H3K9Q"})},
		{Name: "passkey-ask", Group: "public", Title: "查詢申請進度：編號有誤", Page: views.PasskeyAsk(views.PasskeyAskPage{
			Receipt: ui.Input{Value: "PK26", Error: "收件編號的格式為 PK 加上日期與 6 碼，例如 PK261124-7H3K9Q。"},
			Email:   ui.Input{Value: "service@qingchuan.example"},
		})},
		{Name: "passkey-asked", Group: "public", Title: "查詢申請進度：已受理", Page: views.PasskeyAsk(
			views.PasskeyAskPage{Sent: true})},
		{Name: "passkey-progress-info", Group: "public", Title: "申請進度：待補件", Page: views.PasskeyProgress(
			views.PasskeyProgressPage{
				Title: "Passkey服務申請", Receipt: "PK261124-7H3K9Q", Progress: progressNeedsInfo(), Demo: true,
			})},
		{Name: "passkey-progress-gone", Group: "public", Title: "申請進度：連結已失效", Page: views.PasskeyGone(
			views.PasskeyGonePage{Sentence: "此連結已失效，請以收件編號與信箱重新取得。"})},
		{Name: "privacy", Group: "public", Title: "隱私權政策", Page: views.Privacy(views.PrivacyPage{})},
	}
}

// applications are the pages of 會員專區 about applications.
func applications() []Story {
	crumbs := []string{"Passkey", "Passkey服務申請"}
	return []Story{
		{Name: "passkey-applications", Group: "member", Title: "Passkey服務申請", Page: member.PasskeyApplications(
			member.PasskeyApplicationsPage{
				Shell: shell("Passkey服務申請", crumbs...), Apply: member.NewPasskeyApplicationPath,
				Rows: applicationRows(), Stores: applicationStandings(),
			})},
		{Name: "passkey-applications-none", Group: "member", Title: "Passkey服務申請：尚未申請", Page: member.PasskeyApplications(
			member.PasskeyApplicationsPage{
				Shell: shell("Passkey服務申請", crumbs...), Apply: member.NewPasskeyApplicationPath,
				Stores: applicationStandings()[:1],
			})},
		{Name: "passkey-application-new", Group: "member", Title: "申請 Passkey服務：開通條件", Page: member.NewPasskeyApplication(
			member.NewPasskeyApplicationPage{
				Shell: shell("申請 Passkey服務", append(crumbs, "申請")...), Form: memberApplicationForm(), Checks: checks(),
			})},
		{Name: "passkey-application-none", Group: "member", Title: "申請：沒有可申請的商店", Page: member.NewPasskeyApplication(
			member.NewPasskeyApplicationPage{
				Shell: shell("申請 Passkey服務", append(crumbs, "申請")...), None: "沒有可以申請的商店",
			})},
		{Name: "passkey-application", Group: "member", Title: "申請進度：最後一天", Page: member.PasskeyApplication(
			member.PasskeyApplicationPage{
				Shell: shell("Passkey服務申請", append(crumbs, "PK261124-7H3K9Q")...), Title: "Passkey服務申請",
				Progress: progressLastDay(),
			})},
	}
}

func applicationRows() []member.PasskeyApplicationRow {
	return []member.PasskeyApplicationRow{
		{
			Receipt: "PK261124-7H3K9Q", Href: member.PasskeyApplicationsPath + "/12", Subject: "Passkey服務",
			Stores: "晴川選物 門市 等 2 家", State: ui.Tag{Word: "資料確認", Tone: ui.ToneMove}, Sent: "2026-11-24 12:03",
			Due: "2026-11-27（五）至 2026-12-01（二）", Urgency: ui.Tag{Word: "最後一天", Tone: ui.ToneWait},
		},
		{
			Receipt: "PK261102-2M8TFA", Href: member.PasskeyApplicationsPath + "/3", Subject: "Passkey服務",
			Stores: "晴川選物", State: ui.Tag{Word: "已開通", Tone: ui.ToneDone}, Sent: "2026-11-02 09:40",
		},
	}
}

func applicationStandings() []applicant.Store {
	return []applicant.Store{
		{MerchantID: "MS100000001", Name: "晴川選物", Href: "/member/center/stores/MS100000001", State: ui.Tag{
			Word: "已啟用", Tone: ui.ToneGood,
		}, Note: "新的付款依條件與裝置使用 Passkey 或簡訊驗證碼。"},
		{MerchantID: "MS100000002", Name: "晴川選物 門市", Href: "/member/center/stores/MS100000002", State: ui.Tag{
			Word: "申請中", Tone: ui.ToneWait,
		}, Note: "申請案件處理中：資料確認。"},
	}
}

func memberApplicationForm() applicant.Form {
	form := applicationForm()
	form.Action, form.Guard, form.Check = member.NewPasskeyApplicationPath, applicant.Guard{}, true
	form.Name.Value, form.Email.Value = "晴川選物股份有限公司", "owner@qingchuan.example"
	form.Slots = slots(true, false, true)
	form.Stores.Options = []ui.Option{
		{Value: "MS100000001", Label: "晴川選物（MS100000001）", Hint: "已啟用", Disabled: true},
		{Value: "MS100000002", Label: "晴川選物 門市（MS100000002）", Selected: true},
		{Value: "MS100000004", Label: "晴川選物 企業採購（MS100000004）", Selected: true},
		{Value: "MS100000005", Label: "晴川選物 測試（MS100000005）", Hint: "測試商店，不需申請", Disabled: true},
	}
	return form
}

func checks() []applicant.Check {
	good, watch, bad := ui.Tag{Word: "符合", Tone: ui.ToneDone}, ui.Tag{Word: "請留意", Tone: ui.ToneWait},
		ui.Tag{Word: "需調整", Tone: ui.ToneBad}
	return []applicant.Check{
		{Store: "MS100000002 晴川選物 門市", At: "檢查時間 2026-11-24 12:03", Items: []applicant.CheckItem{
			{Code: "threed", State: good, Label: "3D 交易驗證", Found: "3D 商店"},
			{
				Code: "api_version", State: watch, Label: "API 版本", Found: "幕前 1.5–2.3",
				Todo: "有 12 筆訂單使用舊版，這些訂單會維持原來的驗證方式；如需 Passkey，請一併升級。",
			},
			{
				Code: "notify_answer", State: bad, Label: "NotifyURL 回應", Found: "回覆 HTTP 404",
				Todo: "請確認網址可由外部連線，並回覆 HTTP 200。",
			},
		}},
		{Store: "MS100000004 晴川選物 企業採購", At: "檢查時間 2026-11-24 12:03", Items: []applicant.CheckItem{
			{Code: "threed", State: ui.Tag{Word: "尚無資料"}, Label: "3D 交易驗證", Found: "非 3D 商店，近 30 天沒有交易"},
		}},
	}
}

func progressLastDay() applicant.Progress {
	p := progressNeedsInfo()
	p.State, p.Since = ui.Tag{Word: "資料確認", Tone: ui.ToneMove}, "自 2026-11-24 16:10"
	p.Next, p.Reason, p.Ask = "資料已確認，等待開通作業。", applicant.Reason{}, applicant.Ask{}
	p.Track = []ui.Step{
		{Label: "已送出", Note: "11-24 12:03", Done: true},
		{Label: "聯繫中", Note: "11-24 14:20", Done: true},
		{Label: "資料確認", Note: "11-24 16:10", Current: true},
		{Label: "開通作業"},
		{Label: "已開通"},
	}
	p.Due = applicant.Due{
		Range: "2026-11-27（五）至 2026-12-01（二）", Tag: ui.Tag{Word: "最後一天", Tone: ui.ToneWait},
		Note: "資料確認後第 3 至第 5 個工作天",
	}
	p.Checks = checks()
	p.Stores[0].Href = "/member/center/stores/MS100000002"
	p.Files = []applicant.File{{Name: "notify-log.png", Size: "412 KiB", At: "2026-11-24 15:02", By: "您"}}
	return p
}

func subjects(selected string) ui.Choices {
	var choices ui.Choices
	for _, one := range [][2]string{
		{"passkey", "Passkey服務"}, {"threed", "3D 交易驗證"}, {"api", "API 串接"}, {"other", "其他"},
	} {
		choices.Options = append(choices.Options, ui.Option{Value: one[0], Label: one[1], Selected: one[0] == selected})
	}
	return choices
}

func slots(selected ...bool) ui.Choices {
	choices := ui.Choices{Options: []ui.Option{
		{Value: "10-12", Label: "10:00~12:00"},
		{Value: "13-15", Label: "13:00~15:00"},
		{Value: "15-18", Label: "15:00~18:00"},
	}}
	for i, yes := range selected {
		choices.Options[i].Selected = yes
	}
	return choices
}

func applicationForm() applicant.Form {
	return applicant.Form{
		Action: views.PasskeyApplyPath, Kind: "apply", Subject: subjects("passkey"), Slots: slots(),
		Guard: applicant.Guard{Seal: "1795492800.c2VhbA"},
	}
}

func applicationRefused() applicant.Form {
	form := applicationForm()
	form.Kind, form.Consult = "consult", true
	form.Subject = subjects("api")
	form.Name.Value = "晴川選物股份有限公司"
	form.Phone = ui.Input{Value: "0912", Error: "請輸入可以聯絡的電話號碼。"}
	form.Email = ui.Input{Value: "service@", Error: "請輸入正確的電子信箱。"}
	form.Message.Value = "幕後 API 2.5 的姓名欄位要如何拆分？"
	form.Slots = slots(false, true)
	form.Slots.Error = ""
	form.Consent.Error = "請閱讀並同意隱私權政策。"
	return form
}

func applicationTerms() []ui.Term {
	return []ui.Term{
		{Label: "收件編號", Value: "PK261124-7H3K9Q", Copy: true},
		{Label: "諮詢項目", Value: "Passkey服務"},
		{Label: "姓名 / 公司名稱", Value: "晴川選物股份有限公司"},
		{Label: "連絡電話", Value: "+886 912 345 678"},
		{Label: "E-mail", Value: "service@qingchuan.example"},
		{Label: "想要諮詢的事項", Value: "門市與企業採購都想啟用。"},
		{Label: "期望聯絡時間", Chips: []string{"13:00~15:00", "15:00~18:00"}},
	}
}

func progressNeedsInfo() applicant.Progress {
	return applicant.Progress{
		Receipt: "PK261124-7H3K9Q", State: ui.Tag{Word: "待補件", Tone: ui.ToneWait}, Since: "自 2026-11-25 14:20",
		Next: "請在下方補充資料。收到後由專人確認，接續開通作業。",
		Reason: applicant.Reason{
			Title: "需要補充：NotifyURL", Text: "NotifyURL 無法連線，或未回覆 HTTP 200。請修正後補件。",
			Words: "11/25 測試時回覆 404，\n請確認路徑是否已部署。",
		},
		Ask: applicant.Ask{
			Action: views.PasskeyProgressPath + "/STORY/answer", Version: "4",
			Limits: "PDF、JPEG 或 PNG，每個 5 MiB 以內，最多 3 個", Accept: "application/pdf,image/jpeg,image/png",
		},
		Stores: []applicant.Store{
			{MerchantID: "MS100000002", Name: "晴川選物 門市", State: ui.Tag{Word: "申請中", Tone: ui.ToneWait}},
		},
		History: []ui.Event{
			{Time: "2026-11-25 14:20:11", Text: "待補件", Note: "NotifyURL", Actor: "客服人員", Tone: ui.ToneWait},
			{Time: "2026-11-25 10:42:05", Text: "聯繫中", Actor: "客服人員", Tone: ui.ToneMove},
			{Time: "2026-11-24 12:03:40", Text: "已送出", Actor: "您", Tone: ui.ToneGood},
		},
		Terms:    applicationTerms(),
		Withdraw: applicant.Withdraw{Action: views.PasskeyProgressPath + "/STORY/withdraw", Version: "4"},
	}
}
