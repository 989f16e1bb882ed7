package onboarding

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/memberzone/memberzone/app/member"
)

// Readiness tells how ready a store is for Passkey, item by item in the order of the item
// codes. It decides nothing but words: whoever reviews sees them.
func Readiness(f Facts) []Item {
	return []Item{
		storeItem(f), threeDItem(f), versionItem(f), payerItem(f),
		returnItem(f), notifyItem(f), answerItem(f), brandItem(f),
	}
}

// noOrders is what is said where nothing was seen that would tell.
const noOrders = "近 30 天沒有交易"

func storeItem(f Facts) Item {
	i := Item{Code: ItemStore, Label: "商店狀態"}
	switch {
	case f.Store.Status != member.Active:
		i.Verdict, i.Found, i.Todo = Fail, "商店已停用", "請先恢復商店，再申請開通。"
	case f.Store.Mode == member.Test:
		i.Verdict, i.Found = Fail, "測試環境的商店"
		i.Todo = "測試環境不會觸發 Passkey，也不會觸發 OTP，請以正式環境的商店申請。"
	case f.Store.Passkey:
		i.Verdict, i.Found, i.Todo = Warn, "已開通 Passkey服務", "此商店不需再申請。"
	default:
		i.Verdict, i.Found = Pass, "正式環境，營運中"
	}
	return i
}

// threeDItem: a store that is not 3D gets a Passkey only for orders with P3D=1 (domain
// table on which verification applies).
func threeDItem(f Facts) Item {
	i := Item{Code: ItemThreeD, Label: "3D 交易驗證"}
	const send = "請在需要驗證的訂單帶入 P3D=1，或申請改為 3D 商店。"
	switch {
	case f.Store.ThreeD:
		i.Verdict, i.Found = Pass, "3D 商店"
	case f.Orders == 0:
		i.Verdict, i.Found, i.Todo = Unknown, "非 3D 商店，"+noOrders, send
	case f.P3D == 0:
		i.Verdict, i.Found, i.Todo = Fail, fmt.Sprintf("非 3D 商店，近 30 天 %d 筆訂單皆未帶入 P3D=1", f.Orders), send
	case f.P3D < f.Orders:
		i.Verdict = Pass
		i.Found = fmt.Sprintf("非 3D 商店，近 30 天 %d 筆訂單中有 %d 筆帶入 P3D=1", f.Orders, f.P3D)
		i.Todo = "未帶入 P3D=1 的訂單不會進行驗證，如需驗證請一併帶入。"
	default:
		i.Verdict, i.Found = Pass, "非 3D 商店，近 30 天的訂單皆帶入 P3D=1"
	}
	return i
}

func versionItem(f Facts) Item {
	i := Item{Code: ItemVersion, Label: "API 版本"}
	recent, old := f.Hosted.Recent+f.Server.Recent, f.Orders-f.Hosted.Recent-f.Server.Recent
	i.Found = versionsFound(f)
	switch {
	case f.Orders == 0:
		i.Verdict, i.Found = Unknown, noOrders
		i.Todo = "請以幕前 2.0 以上，或幕後 2.5 以上的版本串接。"
	case recent == 0:
		i.Verdict, i.Todo = Fail, "請升級串接版本：幕前（MPG）2.0 以上，幕後（信用卡授權）2.5 以上。"
	case old > 0:
		i.Verdict = Warn
		i.Todo = fmt.Sprintf("有 %d 筆訂單使用舊版，這些訂單會維持原來的驗證方式；如需 Passkey，請一併升級。", old)
	default:
		i.Verdict = Pass
	}
	return i
}

// versionsFound writes the versions of both interfaces, the ones that were used.
func versionsFound(f Facts) string {
	var parts []string
	add := func(name string, v Versions) {
		switch {
		case v.Orders == 0:
		case v.Newest == v.Oldest:
			parts = append(parts, fmt.Sprintf("%s %s（%d 筆）", name, named(v.Newest), v.Orders))
		default:
			parts = append(parts, fmt.Sprintf("%s %s 至 %s（%d 筆）", name, named(v.Oldest), named(v.Newest), v.Orders))
		}
	}
	add("幕前", f.Hosted)
	add("幕後", f.Server)
	return strings.Join(parts, "，")
}

func named(version string) string {
	if versionNumber(version) == 0 {
		return "版本不明"
	}
	return version
}

// payerItem: the hosted checkout asks the cardholder itself; by the server's API name and
// phone are the merchant's to send (domain rule on cardholder fields).
func payerItem(f Facts) Item {
	i := Item{Code: ItemPayer, Label: "持卡人姓名與電話"}
	const send = "幕後串接請帶入 CardHolderLastName、CardHolderFirstName 與 CardHolderPhone，" +
		"內容須與持卡人留存於發卡銀行的資料一致。"
	switch {
	case f.Orders == 0:
		i.Verdict, i.Found = Unknown, noOrders
		i.Todo = "幕前由付款頁向持卡人取得姓氏、名字與電話；" + send
	case f.Server.Orders == 0:
		i.Verdict, i.Found = Pass, "幕前由付款頁向持卡人取得姓氏、名字與電話"
	case f.Payers == 0:
		i.Verdict, i.Todo = Fail, send
		if f.Hosted.Orders > 0 {
			i.Verdict = Warn // the hosted orders are fine
		}
		i.Found = fmt.Sprintf("幕後 %d 筆訂單皆未同時帶入姓氏、名字與電話", f.Server.Orders)
	case f.Payers < f.Server.Orders:
		i.Verdict, i.Todo = Warn, send
		i.Found = fmt.Sprintf("幕後 %d 筆訂單中有 %d 筆帶入姓氏、名字與電話（%d%%）",
			f.Server.Orders, f.Payers, 100*f.Payers/f.Server.Orders)
	default:
		i.Verdict, i.Found = Pass, "幕後訂單皆帶入姓氏、名字與電話"
	}
	return i
}

func returnItem(f Facts) Item {
	i := addressItem(f, f.ReturnURL, "ReturnURL")
	i.Code = ItemReturnURL
	return i
}

func notifyItem(f Facts) Item {
	i := addressItem(f, f.NotifyURL, "NotifyURL")
	i.Code = ItemNotifyURL
	if i.Verdict == Pass && f.NotifyURL == f.ReturnURL {
		i.Verdict, i.Todo = Fail, "NotifyURL 不可與 ReturnURL 相同，請改用另一個網址。"
	}
	return i
}

// addressItem judges an address of the merchant's. A store that is not 3D must have both
// to receive the result of a verification; for a 3D store they are good to have.
func addressItem(f Facts, address, field string) Item {
	i := Item{Label: field, Found: address}
	if address == "" {
		i.Found = "未設定"
		i.Todo = "請在訂單帶入 " + field + "，或在商店設定中填寫。"
		switch {
		case f.Store.ThreeD:
			i.Verdict = Warn
		case f.Orders == 0:
			i.Verdict = Unknown
		default:
			i.Verdict = Fail
		}
		return i
	}
	i.Found = withoutQuery(address)
	switch wrong := addressWrong(address, f.Local); {
	case wrong != "":
		i.Verdict, i.Todo = Fail, field+wrong
	case !f.Local && !strings.HasPrefix(address, "https://"):
		i.Verdict, i.Todo = Warn, field+" 建議改用 https，避免交易結果以明文傳送。"
	default:
		i.Verdict = Pass
	}
	return i
}

const (
	addressMax   = 2048 // bytes of the longest address that is called
	addressShown = 200  // characters that a check keeps
)

// addressWrong tells in words what is wrong with an address, empty if nothing is.
func addressWrong(address string, local bool) string {
	u, err := url.Parse(address)
	if err != nil || len(address) > addressMax || u.Scheme != "http" && u.Scheme != "https" ||
		u.Hostname() == "" || u.Opaque != "" {
		return " 格式不正確，請填寫完整的 https 網址。"
	}
	switch port := u.Port(); {
	case u.User != nil:
		return " 不可包含帳號或密碼。"
	case local:
		return ""
	case port != "" && port != "80" && port != "443":
		return " 的連接埠不允許，僅可使用 80 或 443。"
	case ownHost(strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))):
		return " 指向內部位址，請改用可由網際網路連線的網址。"
	}
	return ""
}

// ownHost tells that a host means the caller's own machine or network. What a name resolves
// to is looked at when it is called.
func ownHost(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		a = a.Unmap()
		return !a.IsGlobalUnicast() || a.IsPrivate()
	}
	for _, end := range []string{"localhost", "local", "internal", "lan", "home.arpa"} {
		if host == end || strings.HasSuffix(host, "."+end) {
			return true
		}
	}
	return !strings.Contains(host, ".")
}

// withoutQuery leaves out what may be secret in an address, as the check is kept and shown.
func withoutQuery(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "無法辨識的網址"
	}
	bare := []rune((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String())
	if len(bare) > addressShown {
		return string(bare[:addressShown]) + "…"
	}
	return string(bare)
}

// answerItem: what was delivered lately weighs as much as the probe, because a careful
// merchant refuses a call that is no notification.
func answerItem(f Facts) Item {
	i := Item{Code: ItemNotifyAnswer, Label: "NotifyURL 回應"}
	const answer = "NotifyURL 收到通知後須回應 HTTP 200；轉址與其他狀態碼都視為未送達。"
	p := f.Probe
	switch {
	case f.NotifyURL == "":
		i.Verdict, i.Found = Unknown, "沒有可測試的網址"
		return i
	case p.OK():
		i.Verdict, i.Found = Pass, fmt.Sprintf("測試連線回應 HTTP 200（%d 毫秒）", p.Duration.Milliseconds())
		if f.Notified.Failed > 0 {
			i.Verdict = Warn
			i.Todo = fmt.Sprintf("近 30 天有 %d 筆通知多次重送仍未送達，請檢查當時的紀錄。", f.Notified.Failed)
		}
		return i
	case p.HTTPStatus != 0:
		i.Found = fmt.Sprintf("測試連線回應 HTTP %d", p.HTTPStatus)
	default:
		i.Found = p.Error
	}
	if f.Notified.Delivered > 0 && p.HTTPStatus >= http.StatusBadRequest {
		i.Verdict = Warn
		i.Found += fmt.Sprintf("；近 30 天已送達 %d 筆通知", f.Notified.Delivered)
		i.Todo = "測試連線不含交易資料，若主機僅拒絕測試連線則不需調整。"
		return i
	}
	i.Verdict, i.Todo = Fail, answer
	return i
}

// brandItem: Passkey is for Visa and Mastercard; other brands keep the OTP.
func brandItem(f Facts) Item {
	i := Item{Code: ItemBrands, Label: "卡別"}
	switch {
	case f.Orders == 0:
		i.Verdict, i.Found = Pass, "商店可收 Visa、Mastercard"
	case f.Major == 0:
		i.Verdict, i.Found = Fail, "近 30 天的訂單皆未開放 Visa、Mastercard"
		i.Todo = "Passkey 適用 Visa 與 Mastercard，請在訂單啟用信用卡付款（CREDIT=1）。"
	case f.Major < f.Orders:
		i.Verdict = Pass
		i.Found = fmt.Sprintf("近 30 天 %d 筆訂單中有 %d 筆可用 Visa、Mastercard", f.Orders, f.Major)
	default:
		i.Verdict, i.Found = Pass, "訂單皆可用 Visa、Mastercard"
	}
	return i
}
