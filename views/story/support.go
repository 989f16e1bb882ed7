package story

import (
	"github.com/memberzone/memberzone/views/layout"
	"github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/support"
	"github.com/memberzone/memberzone/views/ui"
)

func supportPages() []Story {
	return []Story{
		{Name: "support-login", Group: "support", Title: "支援主控台登入", Page: support.Login(support.LoginPage{})},
		{Name: "support-login-demo", Group: "support", Title: "支援主控台登入（示範環境）", Page: support.Login(support.LoginPage{
			Account: ui.Input{Value: "agent01"}, Passwords: true, Demo: true,
			Problem: "帳號或密碼不正確，或帳號暫時無法登入。",
			Accounts: []support.DemoAccount{
				{Account: "agent01", Password: "Demo-Only-2026", Role: "支援人員"},
				{Account: "reviewer01", Password: "Demo-Only-2026", Role: "審核人員"},
			},
		})},
		{Name: "support-recovery", Group: "support", Title: "支援主控台：重設 Passkey", Page: support.Recovery(
			support.RecoveryPage{Account: ui.Input{Error: "請輸入帳號。"}})},
		{Name: "support-recovery-sent", Group: "support", Title: "支援主控台：已受理", Page: support.Recovery(
			support.RecoveryPage{Sent: "30 分鐘"})},
		{Name: "support-account", Group: "support", Title: "支援主控台：帳號與登入安全", Page: support.Framed(support.FramedPage{
			Shell: supportShell(member.TitleAccount), Content: member.AccountScreen(staffAccount()),
		})},
	}
}

func supportShell(title string) layout.SupportShell {
	s := layout.SupportShell{
		Title: title, Account: "reviewer01", Role: "審核人員", RequestID: "01K8ZC4V9H3R7Q2M", Demo: true,
	}
	for _, item := range [][2]string{
		{"首頁", "/support"},
		{"申請案件", support.ApplicationsPath},
		{"會員查詢", support.MembersPath},
		{"持卡人 Passkey", support.CardsPath},
		{"案件統計", support.FiguresPath},
		{"工作日曆", support.CalendarPath},
		{member.TitleAccount, "/support/account"},
	} {
		if len(s.Nav) == 0 {
			s.Nav = []layout.NavGroup{{}}
		}
		s.Nav[0].Items = append(s.Nav[0].Items, layout.NavItem{Label: item[0], Href: item[1], Current: item[0] == title})
	}
	if title != "首頁" {
		s.Trail = []layout.Crumb{{Label: "支援主控台", Href: "/support"}, {Label: title}}
	}
	return s
}

func staffAccount() member.AccountContent {
	content := accountPasskeyOnly()
	content.Path, content.Account, content.Password.Offered = "/support/account", "reviewer01", false
	content.Passkeys[0].Kept = "這是唯一的登入方式。請先新增另一個 Passkey。"
	return content
}
