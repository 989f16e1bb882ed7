package notify

import (
	"fmt"
	"time"
)

// AccessLink is what an assistant is told about a one-time link to set a password
// or a passkey.
type AccessLink struct {
	To         string
	Member     string
	MemberCode string // 統一編號
	Login      string
	URL        string // with the token; whoever holds it can set the password
	Until      time.Time
	At         time.Time
}

// InvitationMail writes the mail that invites a new assistant.
func InvitationMail(l AccessLink) Mail {
	return letter{
		to: l.To, at: l.At, subject: fmt.Sprintf("【%s】邀請您啟用助理帳號 %s", l.Member, l.Login), automatic: true,
		blocks: []block{
			lines(l.Member + " 為您建立了會員專區的助理帳號。請開啟以下連結，設定密碼或 Passkey 後即可登入。"),
			l.facts(),
			lines("連結僅能使用一次，請勿轉寄給他人。逾期請聯絡會員擁有者重新寄送邀請。", "若您不認識上述會員，請忽略本信件。"),
		},
	}.mail()
}

// PasswordResetMail writes the mail to an assistant whose owner reset its password.
func PasswordResetMail(l AccessLink) Mail {
	return letter{
		to: l.To, at: l.At, subject: fmt.Sprintf("【%s】密碼重設通知 %s", l.Member, l.Login), automatic: true,
		blocks: []block{
			lines(l.Member + " 的會員擁有者重設了您的密碼。原密碼已失效，所有裝置均已登出；請開啟以下連結設定新的密碼。"),
			l.facts(),
			lines("連結僅能使用一次，請勿轉寄給他人。逾期請聯絡會員擁有者。"),
		},
	}.mail()
}

func (l AccessLink) facts() block {
	return facts(
		fact{label: "會員", value: l.Member},
		fact{label: "統一編號", value: l.MemberCode},
		fact{label: "管理者帳號", value: l.Login},
		fact{label: "連結", value: l.URL, open: "設定登入方式"},
		fact{label: "連結期限", value: local(l.Until)},
	)
}

// Access is a permission that an assistant asked for.
type Access struct {
	To      string
	Member  string
	Login   string // of the assistant
	Area    string // 單元
	Section string // 目錄
	Row     string // 功能敘述
	Level   string // that was asked for, by its label
	URL     string // where to go on
	Granted bool   // of a decision
	At      time.Time
}

// AccessRequestMail writes the mail to the owner whom an assistant asks for a
// permission.
func AccessRequestMail(a Access) Mail {
	return letter{
		to: a.To, at: a.At, subject: fmt.Sprintf("【%s】助理帳號 %s 申請權限", a.Member, a.Login), automatic: true,
		blocks: []block{
			lines("助理帳號 " + a.Login + " 申請以下權限，請至會員專區同意或拒絕。"),
			a.facts(
				fact{label: "申請時間", value: local(a.At)}, fact{label: "處理申請", value: a.URL, open: "前往處理"},
			),
		},
	}.mail()
}

// AccessDecisionMail writes the mail to the assistant whose request was granted or
// refused.
func AccessDecisionMail(a Access) Mail {
	told, word := "您申請的以下權限已獲同意，現在即可使用。", "已同意"
	if !a.Granted {
		told, word = "您申請的以下權限未獲同意。如有疑問，請聯絡會員擁有者。", "未同意"
	}
	return letter{
		to: a.To, at: a.At, subject: fmt.Sprintf("【%s】權限申請%s", a.Member, word), automatic: true,
		blocks: []block{
			lines(told),
			a.facts(
				fact{label: "處理時間", value: local(a.At)}, fact{label: "會員專區", value: a.URL, open: "前往會員專區"},
			),
		},
	}.mail()
}

func (a Access) facts(more ...fact) block {
	return facts(append([]fact{
		{label: "會員", value: a.Member},
		{label: "助理帳號", value: a.Login},
		{label: "單元", value: a.Area},
		{label: "目錄", value: a.Section},
		{label: "功能敘述", value: a.Row},
		{label: "申請權限", value: a.Level},
	}, more...)...)
}
