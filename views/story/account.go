package story

import (
	"github.com/a-h/templ"

	"github.com/memberzone/memberzone/views/layout"
	"github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

func accountShell() layout.MemberShell { return shell(member.TitleAccount, member.TitleAccount) }

func ownAccount(content member.AccountContent) templ.Component {
	s := accountShell()
	s.ViewAs = content.ViewedAs
	return member.Account(member.AccountPage{Shell: s, Content: member.AccountScreen(content)})
}

func accountContent() member.AccountContent {
	return member.AccountContent{
		Path: "/member/account", Account: "owner01", Lasts: "閒置 30 分鐘或登入滿 12 小時",
		Notice:   ui.Notice{Tone: ui.ToneGood, Text: "Passkey 已建立，下次可以用它登入。"},
		Password: member.PasswordContent{Offered: true, Set: true, Rules: passwordRules},
		Passkeys: []member.PasskeyRow{
			{
				ID: "7", Name: "iPhone", CreatedDate: "2026-11-20", CreatedTime: "10:12:44", UsedDate: "2026-11-24",
				UsedTime: "14:58:01", Synced: true,
			},
			{ID: "3", Name: "辦公室的 Windows 電腦", CreatedDate: "2026-10-02", CreatedTime: "09:03:10"},
			{ID: "2", Name: "舊鑰匙", CreatedDate: "2026-09-30", CreatedTime: "16:20:05", Cloned: true},
		},
		Devices: []member.DeviceRow{
			{
				ID: "41", Device: "Windows 電腦，Chrome", Method: "Passkey", Address: "203.0.113.17", Here: true,
				StartedDate: "2026-11-24", StartedTime: "09:01:12", SeenDate: "2026-11-24", SeenTime: "15:04:00",
			},
			{
				ID: "38", Device: "iPhone，Safari", Method: "密碼", Address: "2001:db8:85a3:1234:5678:8a2e:370:7334",
				StartedDate: "2026-11-24", StartedTime: "08:15:40", SeenDate: "2026-11-24", SeenTime: "14:41:00",
			},
		},
	}
}

func accountErrors() member.AccountContent {
	content := accountContent()
	content.Notice = ui.Notice{}
	content.Password.Current.Error = "目前密碼不正確。"
	content.Password.Again.Error = "兩次輸入的密碼不同。"
	content.Passkeys[0].NewName = ui.Input{Value: " ", Error: "名稱需為 1 至 60 個字。"}
	return content
}

func accountPasskeyOnly() member.AccountContent {
	content := accountContent()
	content.Notice = ui.Notice{}
	content.Password.Set = false
	content.Passkeys = content.Passkeys[:1]
	content.Passkeys[0].Kept = "這是唯一的登入方式。請先新增另一個 Passkey，或設定密碼。"
	content.Devices = content.Devices[:1]
	return content
}
