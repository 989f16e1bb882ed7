package notify

import (
	"fmt"
	"strings"
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
	lines := []string{
		"您好：",
		"",
		l.Member + " 為您建立了會員專區的助理帳號。請開啟以下連結，設定密碼或 Passkey 後即可登入。",
		"",
	}
	lines = append(lines, l.facts()...)
	lines = append(lines,
		"",
		"連結僅能使用一次，請勿轉寄給他人。逾期請聯絡會員擁有者重新寄送邀請。",
		"若您不認識上述會員，請忽略本信件。",
		"本信件由系統自動發送，請勿直接回覆。",
	)
	return Mail{
		To: l.To, At: l.At, Text: strings.Join(lines, "\n"),
		Subject: fmt.Sprintf("【%s】邀請您啟用助理帳號 %s", l.Member, l.Login),
	}
}

// PasswordResetMail writes the mail to an assistant whose owner reset its password.
func PasswordResetMail(l AccessLink) Mail {
	lines := []string{
		"您好：",
		"",
		l.Member + " 的會員擁有者重設了您的密碼。原密碼已失效，所有裝置均已登出；請開啟以下連結設定新的密碼。",
		"",
	}
	lines = append(lines, l.facts()...)
	lines = append(lines,
		"",
		"連結僅能使用一次，請勿轉寄給他人。逾期請聯絡會員擁有者。",
		"本信件由系統自動發送，請勿直接回覆。",
	)
	return Mail{
		To: l.To, At: l.At, Text: strings.Join(lines, "\n"),
		Subject: fmt.Sprintf("【%s】密碼重設通知 %s", l.Member, l.Login),
	}
}

func (l AccessLink) facts() []string {
	return []string{
		"會員：" + l.Member,
		"統一編號：" + l.MemberCode,
		"管理者帳號：" + l.Login,
		"連結：" + l.URL,
		"連結期限：" + local(l.Until),
	}
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
	lines := []string{
		"您好：",
		"",
		"助理帳號 " + a.Login + " 申請以下權限，請至會員專區同意或拒絕。",
		"",
	}
	lines = append(lines, a.facts()...)
	lines = append(lines,
		"申請時間："+local(a.At),
		"處理申請："+a.URL,
		"",
		"本信件由系統自動發送，請勿直接回覆。",
	)
	return Mail{
		To: a.To, At: a.At, Text: strings.Join(lines, "\n"),
		Subject: fmt.Sprintf("【%s】助理帳號 %s 申請權限", a.Member, a.Login),
	}
}

// AccessDecisionMail writes the mail to the assistant whose request was granted or
// refused.
func AccessDecisionMail(a Access) Mail {
	told, word := "您申請的以下權限已獲同意，現在即可使用。", "已同意"
	if !a.Granted {
		told, word = "您申請的以下權限未獲同意。如有疑問，請聯絡會員擁有者。", "未同意"
	}
	lines := []string{"您好：", "", told, ""}
	lines = append(lines, a.facts()...)
	lines = append(lines,
		"處理時間："+local(a.At),
		"會員專區："+a.URL,
		"",
		"本信件由系統自動發送，請勿直接回覆。",
	)
	return Mail{
		To: a.To, At: a.At, Text: strings.Join(lines, "\n"),
		Subject: fmt.Sprintf("【%s】權限申請%s", a.Member, word),
	}
}

func (a Access) facts() []string {
	return []string{
		"會員：" + a.Member,
		"助理帳號：" + a.Login,
		"單元：" + a.Area,
		"目錄：" + a.Section,
		"功能敘述：" + a.Row,
		"申請權限：" + a.Level,
	}
}
