package member

import (
	"cmp"

	"github.com/memberzone/memberzone/app/evidence"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// presentNoEvidence tells why nothing is kept.
func presentNoEvidence(d report.Detail) view.EvidenceSection {
	if d.Transaction.Verification == payment.Unverified {
		return view.EvidenceSection{Sentence: "這筆交易未進行持卡人驗證，沒有驗證證據。"}
	}
	return view.EvidenceSection{Sentence: "這筆交易沒有保存驗證證據。"}
}

// presentEvidence tells in words what proves that the cardholder confirmed a payment.
func presentEvidence(e proven) view.EvidenceSection {
	switch {
	case e.record.By == payment.VerifiedOTP:
		return presentCode(e.record.Code)
	case e.record.Proof == nil:
		return view.EvidenceSection{Sentence: "這筆交易沒有保存驗證證據。"}
	}
	s := view.EvidenceSection{HasProof: true}
	if e.broken != nil {
		s.Sentence = "保存的證據無法讀取。"
		return s
	}
	b := e.bundle
	kind, meaning := b.Passkey.KindText()
	s.Sentence, s.HasBundle, s.Proves, s.ProvesNot = b.Sentence(), true, evidence.Proves, evidence.ProvesNot
	s.Terms = []ui.Term{
		{Label: "確認方式", Value: kind, Note: meaning},
		{Label: "卡片", Value: b.Payment.Card, Note: "持卡人看到的名稱"},
		{Label: "瀏覽器", Value: evidence.BrowserText(b.Passkey.Browser)},
		{Label: "Passkey", Value: b.Passkey.Reach()},
		{Label: "提出確認", Value: timeText(b.Payment.AskedAt)},
		{Label: "完成確認", Value: timeText(b.Payment.ConfirmedAt)},
		{Label: "SHA-256", Value: b.Fingerprint(), Note: "證據檔的雜湊值，可與下載的檔案及稽核紀錄比對", Copy: true},
	}
	if b.Passkey.BrowserBound {
		s.Terms[3].Note = "瀏覽器自有金鑰亦已簽署，確為同一台裝置"
	}
	if b.Binding != nil {
		s.Terms = append(s.Terms, ui.Term{
			Label: "Passkey 建立", Value: timeText(b.Binding.BoundAt),
			Note: "以簡訊驗證碼確認後，在 " + evidence.BrowserText(b.Binding.Browser) + " 建立",
		})
	}
	return s
}

// presentCode tells what a one-time password proves: nothing that could be checked
// elsewhere.
func presentCode(c evidence.Code) view.EvidenceSection {
	to := cmp.Or(c.To, "發卡行留存的手機")
	return view.EvidenceSection{
		Sentence: "驗證碼以簡訊寄至 " + to + "，持卡人輸入正確後完成付款。",
		Note:     "簡訊驗證碼沒有簽章，證據即為本平台的寄送與驗證紀錄，沒有可下載的證據檔。",
		Terms: []ui.Term{
			{Label: "寄送手機", Value: to},
			{Label: "寄送時間", Value: timeText(c.SentAt)},
			{Label: "驗證通過", Value: timeText(c.PassedAt)},
		},
	}
}
