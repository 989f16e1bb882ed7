package story

import (
	"github.com/memberzone/memberzone/views/layout"
	"github.com/memberzone/memberzone/views/member"
)

func notices() []Story {
	page := member.NoticesPage{
		Shell: shell("通知", "通知"), Newest: "42", Unread: true,
		Rows: []member.NoticeRow{
			{
				ID: "42", Title: "Passkey服務已開通", Lines: []string{"自開通時間起的新交易，付款人可以使用 Passkey 驗證。"},
				Time: "2026-11-24 15:04", Store: "晴川選物", Href: member.StorePath + "/MS100000001",
				ReadHref: layout.NoticesPath + "/42/read", Unread: true,
			},
			{
				ID: "41", Title: "申請需要補件", Lines: []string{"NotifyURL 無法連線。", "請確認能回應 HTTP 200。"},
				Time: "2026-11-23 09:12", Store: "會員", ReadHref: layout.NoticesPath + "/41/read", Unread: true,
			},
			{
				ID: "40", Title: "申請進度：聯繫中", Time: "2026-11-20 10:00", Store: "會員", Href: "/member/passkey/applications/12",
				ReadHref: layout.NoticesPath + "/40/read",
			},
		},
	}
	page.Shell.Unread = "2"
	seen := page
	seen.Shell.ViewAs, seen.Withheld = "clerk01", layout.ReadOnlyReason
	return []Story{
		{Name: "notices", Group: "member", Title: "通知", Page: member.Notices(page)},
		{Name: "notices-view-as", Group: "member", Title: "通知（檢視其他帳號）", Page: member.Notices(seen)},
		{Name: "notices-empty", Group: "member", Title: "通知（空）", Page: member.Notices(member.NoticesPage{
			Shell: shell("通知", "通知"),
		})},
	}
}
