package story

import (
	"github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

const (
	passwordRules = "12 至 128 個字元，不可與帳號相同。可以貼上，也可以用密碼管理器產生。"
	ceremony      = "c3RvcnktY2VyZW1vbnk"
	createOptions = `{"challenge":"c3Rvcnk","rp":{"name":"Memberzone"}}`
	proofOptions  = `{"challenge":"c3Rvcnk","userVerification":"required"}`
)

func signIn() []Story {
	return []Story{
		{Name: "login", Group: "member", Title: "登入", Page: member.Login(member.LoginPage{
			Notice: ui.Notice{Tone: ui.ToneGood, Text: "密碼已設定，請以新密碼登入。"},
		})},
		{Name: "login-refused", Group: "member", Title: "登入失敗（示範環境）", Page: member.Login(member.LoginPage{
			Member: ui.Input{Value: "12345675"}, Account: ui.Input{Value: "owner01"}, Demo: true,
			Next:     "/member/sales/credit-cards",
			Password: ui.Input{Error: "請輸入密碼"}, Problem: "會員、帳號或密碼不正確。",
			Accounts: []member.DemoAccount{
				{Member: "12345675", Account: "owner01", Password: "Demo-Only-2026", Shows: "全部功能"},
				{Member: "12345675", Account: "viewer01", Password: "Demo-Only-2026", Shows: "權限不足"},
			},
		})},
		{Name: "recovery", Group: "member", Title: "重設登入方式：欄位空白", Page: member.Recovery(member.RecoveryPage{
			Member: ui.Input{Value: "12345675"}, Account: ui.Input{Error: "請輸入帳號。"},
		})},
		{Name: "recovery-sent", Group: "member", Title: "重設登入方式：已受理", Page: member.Recovery(member.RecoveryPage{
			Sent: "30 分鐘",
		})},
		{Name: "link", Group: "member", Title: "一次性連結：邀請", Page: member.Link(linkPage())},
		{Name: "link-errors", Group: "member", Title: "一次性連結：密碼不合規則", Page: member.Link(linkErrors())},
		{Name: "link-staff", Group: "member", Title: "一次性連結：本公司人員", Page: member.Link(linkStaff())},
		{Name: "link-gone", Group: "member", Title: "一次性連結：已失效", Page: member.LinkGone(member.LinkGonePage{
			Sentence: "此連結已失效或已使用過。請重新申請，或請會員擁有者重新寄送。",
		})},
		{Name: "step-up", Group: "member", Title: "再次確認身分：Passkey", Page: member.StepUp(stepUp(ceremony, ""))},
		{Name: "step-up-password", Group: "member", Title: "再次確認身分：密碼不對", Page: member.StepUp(
			stepUp("", "無法確認身分，請再試一次。連續失敗達 5 次時，請於 15 分鐘後再試。"))},
		{Name: "account", Group: "member", Title: "帳號與登入安全", Page: ownAccount(accountContent())},
		{Name: "account-errors", Group: "member", Title: "帳號與登入安全：欄位有誤", Page: ownAccount(accountErrors())},
		{Name: "account-passkey-only", Group: "member", Title: "帳號與登入安全：沒有密碼", Page: ownAccount(accountPasskeyOnly())},
		{Name: "account-view-as", Group: "member", Title: "帳號與登入安全：檢視助理帳號", Page: ownAccount(
			member.AccountContent{Path: "/member/account", Account: "owner01", ViewedAs: "clerk01"})},
		{Name: "account-new-passkey", Group: "member", Title: "新增 Passkey", Page: member.Account(member.AccountPage{
			Shell: accountShell(), Content: member.PasskeyScreen(member.PasskeyContent{
				Path: "/member/account", Passkey: newPasskey("/member/account/passkeys"),
				Problem: "無法以 Passkey 驗證，請再試一次，或改用其他方式。",
			}),
		})},
	}
}

func newPasskey(action string) member.NewPasskey {
	return member.NewPasskey{
		Action: action, Ceremony: ceremony, Options: createOptions, Name: ui.Input{Value: "Windows 電腦"},
	}
}

func linkPage() member.LinkPage {
	const action = "/link/c3RvcnktbGluaw"
	return member.LinkPage{
		Title: "啟用帳號", Member: "晴川選物股份有限公司", Account: "clerk02", Until: "2026-11-27 15:04", Action: action,
		Passwords: true, Rules: passwordRules, Passkey: newPasskey(action + "/passkey"),
	}
}

func linkErrors() member.LinkPage {
	page := linkPage()
	page.Title = "重設登入方式"
	page.Password.Error = "密碼至少需 12 個字元。"
	page.Again.Error = "兩次輸入的密碼不同。"
	return page
}

func linkStaff() member.LinkPage {
	page := linkPage()
	page.Title, page.Member, page.Account, page.Passwords = "重設登入方式", "", "reviewer01", false
	return page
}

func stepUp(token, problem string) member.StepUpPage {
	page := member.StepUpPage{
		Whose: "晴川選物股份有限公司　owner01", Account: "owner01", Action: "/member/center/assistants/clerk01",
		Fields: []member.HiddenField{
			{Name: "email", Value: "clerk01@example.com"},
			{Name: "unit.card_trades", Value: "manage"},
			{Name: "do", Value: "save"},
		},
		Ceremony: token, Problem: problem, Back: "/member/center/assistants/clerk01", Lasts: "5 分鐘",
	}
	if token != "" {
		page.Options = proofOptions
	}
	return page
}
