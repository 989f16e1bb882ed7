package notify

import (
	"fmt"
	"time"
)

// LinkLetter is what a mail with a one-time link tells. URL lets its reader in: it
// stands in no log and in no other row.
type LinkLetter struct {
	To        string
	Member    string // the member's name; empty for our staff
	Login     string
	URL       string
	ExpiresAt time.Time
	At        time.Time
}

func accountFacts(memberName, login string) []fact {
	if memberName == "" {
		return []fact{{label: "支援主控台帳號", value: login}}
	}
	return []fact{{label: "會員名稱", value: memberName}, {label: "帳號", value: login}}
}

// StaffInvitationMail invites a new member of our staff to set a passkey.
func StaffInvitationMail(l LinkLetter) Mail {
	return letter{
		to: l.To, at: l.At, subject: "【支援主控台】帳號邀請", automatic: true,
		blocks: []block{
			lines("已為您建立支援主控台帳號。"),
			facts(accountFacts(l.Member, l.Login)...),
			link{lead: "請開啟以下連結，設定 Passkey 後即可登入：", label: "設定 Passkey", url: l.URL}.block(),
			lines("此連結只能使用一次，有效至 "+local(l.ExpiresAt)+"。", "請勿轉寄本信件。若您不認識寄件單位，請忽略本信件。"),
		},
	}.mail()
}

// RecoveryMail leads somebody who cannot sign in to set a new password or a passkey.
func RecoveryMail(l LinkLetter) Mail {
	return letter{
		to: l.To, at: l.At, subject: "【會員專區】重新設定登入方式", automatic: true,
		blocks: []block{
			lines("我們收到重新設定登入方式的申請。"),
			facts(accountFacts(l.Member, l.Login)...),
			link{lead: "請開啟以下連結，設定新的登入方式：", label: "設定登入方式", url: l.URL}.block(),
			lines(
				"此連結只能使用一次，有效至 "+local(l.ExpiresAt)+"。設定完成後，所有裝置都會登出。",
				"若不是您提出的申請，請忽略本信件，您的登入方式不會改變。請勿轉寄本信件。",
			),
		},
	}.mail()
}

// CredentialChanged is what a mail tells whose way to sign in has changed.
type CredentialChanged struct {
	To     string
	Member string // the member's name; empty for our staff
	Login  string
	What   string // zh-Hant-TW, without a full stop
	At     time.Time
	// Passkeys is how many still let somebody in, and URL where they are removed; of none
	// the mail says nothing.
	Passkeys int
	URL      string
}

// CredentialChangedMail tells an account's holder that its way to sign in has changed:
// whoever did not change it learns of it.
func CredentialChangedMail(c CredentialChanged) Mail {
	blocks := []block{
		lines("您的帳號" + c.What + "。"),
		facts(append(accountFacts(c.Member, c.Login), fact{label: "時間", value: local(c.At)})...),
	}
	if c.Passkeys > 0 {
		lead := fmt.Sprintf("此帳號另有 %d 個 Passkey 仍可登入。若有您不認得或已遺失的，請登入後在「帳號與登入安全」移除：", c.Passkeys)
		blocks = append(blocks, link{lead: lead, label: "帳號與登入安全", url: c.URL}.block())
	}
	blocks = append(blocks, lines("若不是您本人所為，請立即以「忘記密碼」重新設定，並通知會員擁有者。"))
	return letter{
		to: c.To, at: c.At, subject: "【會員專區】登入方式變更通知", blocks: blocks, automatic: true,
	}.mail()
}
