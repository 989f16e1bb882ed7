package notify

import "time"

// KeyringLetter is what a mail with a link to the passkeys of cards tells. URL lets its
// reader see and remove them: it stands in no log and in no other row.
type KeyringLetter struct {
	To        string
	URL       string
	ExpiresAt time.Time
	At        time.Time
}

// KeyringMail leads a cardholder to the passkeys of the cards that were paid with.
func KeyringMail(l KeyringLetter) Mail {
	return letter{
		to: l.To, at: l.At, subject: "【Memberzone】管理您的信用卡 Passkey", automatic: true,
		blocks: []block{
			link{
				lead:  "我們收到查看信用卡 Passkey 的申請。請開啟以下連結，查看或移除以此信箱付款時建立的 Passkey：",
				label: "管理 Passkey", url: l.URL,
			}.block(),
			lines(
				"此連結有效至 "+local(l.ExpiresAt)+"。再次申請時，先前寄出的連結會失效。",
				"移除 Passkey 後，下次付款會改以簡訊驗證，信用卡本身不受影響。",
			),
			lines("若不是您提出的申請，請忽略本信件，您的 Passkey 不會改變。請勿轉寄本信件。"),
		},
	}.mail()
}
