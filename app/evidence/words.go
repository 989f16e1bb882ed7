package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/passkey/cardholder"
)

// Sentence tells in one sentence what was confirmed (zh-Hant-TW):
// 持卡人於 2026-11-24 12:03:05 在 https://pay.example 上確認付款 NT$1,250 給 晴川選物.
func (b Bundle) Sentence() string {
	payee := b.Payment.PayeeName
	if b.Payment.PayeeOrigin != "" {
		payee = strings.TrimSpace(payee + "（" + b.Payment.PayeeOrigin + "）")
	}
	return "持卡人於 " + b.Payment.ConfirmedAt.In(clock.Taipei).Format(time.DateTime) + " 在 " + b.Passkey.place() +
		" 上確認付款 " + amountText(b.Payment) + " 給 " + payee + "。"
}

// place is the page on which the cardholder confirmed, and the one around it.
func (p Passkey) place() string {
	if p.TopOrigin != "" {
		return p.Origin + "（嵌入於 " + p.TopOrigin + "）"
	}
	return p.Origin
}

func amountText(p Payment) string {
	amount, err := money.ParseTWD(p.Amount)
	if err != nil || p.Currency != cardholder.Currency {
		return p.Currency + " " + p.Amount
	}
	return amount.Display()
}

// KindText names the kind, and tells what it means for what the cardholder saw.
func (p Passkey) KindText() (name, meaning string) {
	if p.Kind == cardholder.SPC {
		return "SPC（Secure Payment Confirmation）",
			"金額、收款對象與卡片由瀏覽器本身的視窗顯示，並連同簽章一起簽署。"
	}
	return "WebAuthn", "金額、收款對象與卡片由驗證頁面顯示；簽章涵蓋當時凍結的付款內容，不含畫面本身。"
}

// Reach tells where the passkey may be.
func (p Passkey) Reach() string {
	if p.Synced {
		return "可同步的 Passkey：同一持卡人的其他裝置上可能也有"
	}
	return "僅存於一台裝置"
}

// browsers name the families that verifications record.
var browsers = map[string]string{
	"chrome": "Chrome", "edge": "Edge", "firefox": "Firefox", "safari": "Safari", "other": "其他瀏覽器",
}

// BrowserText names a browser family; what is not known stands as it is, and none as 未知.
func BrowserText(family string) string {
	if name, ok := browsers[family]; ok {
		return name
	}
	if family == "" {
		return "未知"
	}
	return family
}

// Proves tells what a bundle that holds proves by itself.
const Proves = "持有此公開金鑰之 Passkey 的人，以裝置的螢幕鎖確認身分後，簽署了上述交易序號、金額、收款對象、卡片末四碼與頁面來源；" +
	"簽署後沒有任何一個位元組被更動。"

// ProvesNot tells what it cannot prove without this program's records.
const ProvesNot = "單憑檔案無法證明：Passkey 屬於哪一位持卡人（綁定時以簡訊驗證碼確認，由本平台記錄）；" +
	"商店訂單編號、商店代號、確認時間與瀏覽器（由本平台記錄，未經簽署）；檔案是否整份被另外偽造。" +
	"請將 SHA-256 與會員專區交易頁或稽核紀錄中的比對。"

// fingerprintGroup is how many digits of a hash are read in one go.
const fingerprintGroup = 8

// Fingerprint writes the bundle's SHA-256 as people compare it, and as the audit log keeps
// it: in groups, which no mask of card numbers takes for one.
func (b Bundle) Fingerprint() string {
	var groups []string
	for part := range slices.Chunk([]byte(b.SHA256), fingerprintGroup) {
		groups = append(groups, string(part))
	}
	return strings.Join(groups, ":")
}

// ParseFingerprint reads a SHA-256 as Fingerprint or a bundle writes it, and returns it in
// lower case hexadecimal.
func ParseFingerprint(text string) (string, error) {
	plain := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(text), ":", ""))
	if raw, err := hex.DecodeString(plain); err != nil || len(raw) != sha256.Size {
		return "", errors.New("a SHA-256 has 64 hexadecimal digits, with or without colons")
	}
	return plain, nil
}
