package story

import (
	"github.com/memberzone/memberzone/views/demo"
	views "github.com/memberzone/memberzone/views/public"
	"github.com/memberzone/memberzone/views/ui"
)

func public() []Story {
	return []Story{
		{Name: "home", Group: "public", Title: "首頁（示範環境）", Page: views.Home(homePage())},
		{Name: "home-signed-in", Group: "public", Title: "首頁（已登入）", Page: views.Home(views.HomePage{
			SignedIn: true, Endpoints: endpoints(),
		})},
		{Name: "keyring-ask", Group: "public", Title: "管理信用卡 Passkey：信箱有誤", Page: views.KeyringAsk(views.KeyringAskPage{
			Mail: ui.Input{Value: "ming", Error: "請輸入正確的電子信箱。"},
		})},
		{Name: "keyring-asked", Group: "public", Title: "管理信用卡 Passkey：已受理", Page: views.KeyringAsk(
			views.KeyringAskPage{Sent: "30 分鐘"})},
		{Name: "keyring", Group: "public", Title: "信用卡 Passkey 清單", Page: views.Keyring(keyringPage())},
		{Name: "keyring-empty", Group: "public", Title: "信用卡 Passkey 清單：已全部移除", Page: views.Keyring(keyringEmpty())},
		{Name: "keyring-gone", Group: "public", Title: "信用卡 Passkey：連結已失效", Page: views.KeyringGone(
			views.KeyringGonePage{Sentence: "此連結已失效。請重新申請，並使用最新一封信裡的連結。"})},
		{Name: "error-404", Group: "public", Title: "找不到頁面", Page: views.Error(views.ErrorPage{
			Status: "404", Title: "找不到這個頁面", Sentence: "網址可能已變更，或這筆資料不屬於目前登入的會員。",
			Advice: "請確認網址，或回首頁重新查詢。", RequestID: "01K8ZC4V9H3R7Q2M",
			Links: []views.ErrorLink{{Label: "回首頁", Href: "/"}, {Label: "前往會員專區", Href: "/member"}},
		})},
		{Name: "error-500", Group: "public", Title: "系統錯誤", Page: views.Error(views.ErrorPage{
			Status: "500", Title: "系統暫時無法處理", Sentence: "這次的操作沒有完成，資料沒有變更。",
			Advice: "請稍後再試；若持續發生，請將查詢編號提供給客服中心。", RequestID: "01K8ZC4V9H3R7Q2M", SignedIn: true,
			Links: []views.ErrorLink{{Label: "前往會員專區", Href: "/member"}},
		})},
	}
}

func keyringPage() views.KeyringPage {
	return views.KeyringPage{
		Until: "2026-11-24 15:34", Action: "/passkeys/STORY/remove", Passkeys: []views.KeyringPasskey{
			{
				ID: "12", Card: "Visa •••• 1111", Browser: "Chrome", Made: "2026-11-02 20:11", Used: "2026-11-24 12:03",
				Reach: "僅存於一台裝置",
			},
			{
				ID: "7", Card: "Mastercard •••• 4444", Browser: "Safari", Made: "2026-10-30 09:45", Reach: "可同步至其他裝置",
				Note: "狀態異常，已停用。付款時會改以簡訊驗證。",
			},
		},
	}
}

func keyringEmpty() views.KeyringPage {
	return views.KeyringPage{
		Until: "2026-11-24 15:34", Notice: ui.Notice{
			Tone: ui.ToneGood, Title: "已移除 Passkey", Text: "下次付款會改以簡訊驗證。裝置上儲存的 Passkey 可一併在裝置的密碼設定中刪除。",
		},
	}
}

func homePage() views.HomePage {
	return views.HomePage{
		Demo:      true,
		Endpoints: endpoints(),
		Roles: []views.DemoRole{
			{
				Role: "企業會員擁有者", Href: "http://localhost:8080/login", Address: "localhost:8080/login", Member: "12345675",
				Account: "owner01", Password: "Demo-Only-2026", Try: "貼上一筆金流交易序號查詢，看交易歷程與通知紀錄",
			},
			{
				Role: "助理帳號（僅可瀏覽）", Href: "http://localhost:8080/login", Address: "localhost:8080/login",
				Member: "12345675", Account: "viewer01", Password: "Demo-Only-2026", Try: "開啟信用卡交易專用查詢，看權限不足的說明",
			},
			{
				Role: "個人會員", Href: "http://localhost:8080/login", Address: "localhost:8080/login", Member: "A100000001",
				Account: "owner01", Password: "Demo-Only-2026", Try: "不需權限設定即可查詢",
			},
			{
				Role: "持卡人", Href: "http://localhost:8082/", Address: "localhost:8082",
				Try: "在示範商店用 4111 1111 1111 1111 付一筆款，再回會員專區查詢",
			},
		},
	}
}

func endpoints() []views.Endpoint {
	return []views.Endpoint{
		{
			Name: "幕前支付 MPG", Method: "POST", Path: "/MPG/mpg_gateway", Versions: "1.4–2.3",
			Note: "把持卡人帶到付款頁；結果由 ReturnURL 與 NotifyURL 回傳",
		},
		{
			Name: "單筆交易查詢", Method: "POST", Path: "/API/QueryTradeInfo", Versions: "1.1–1.3",
			Note: "以商店訂單編號查詢交易狀態，回傳附 CheckCode",
		},
	}
}

func demos() []Story {
	return []Story{
		{Name: "mailbox", Group: "demo", Title: "示範信箱", Page: demo.Mailbox(demo.MailboxPage{Mails: []demo.Mail{
			{
				To: "ming@example.com", From: "no-reply@memberzone.example", Subject: "付款成功通知：晴川選物 NT$ 1,250",
				Time: "2026-11-24 15:04:09",
				Body: "王 小明 您好：\n\n您在「晴川選物」的訂單 ORD20261124001 已付款成功。\n\n金額　NT$ 1,250\n" +
					"金流交易序號　26112415040812345678\n付款時間　2026-11-24 15:04:08（台北時間）\n\n本信由系統寄出，請勿直接回覆。",
				HTMLHref: "/demo/mailbox?html=1",
			},
			{
				To: "ops@qingchuan.example", Subject: "付款結果通知未送達：ORD20261123017", Time: "2026-11-23 21:40:55",
				Body: "NotifyURL 已嘗試 4 次，皆未收到 HTTP 200。\n\nhttps://shop.example/notify?source=a-very-long-address-that-" +
					"does-not-want-to-wrap-by-itself-0123456789\n\n最後一次：HTTP 500，143 ms",
			},
		}})},
		{Name: "phone", Group: "demo", Title: "示範手機簡訊", Page: demo.Phone(demo.PhonePage{Texts: []demo.Text{
			{
				To: "+886912345678", Time: "2026-11-24 15:04:09", Code: "048213",
				Body: "【Memberzone】驗證碼 048213。您以末四碼 1111 的信用卡在「晴川選物」付款 NT$1,250，5 分鐘內有效。" +
					"請勿告訴任何人，包括自稱銀行或商店的人員。\n\n@pay.memberzone.example #048213",
			},
			{To: "+886923456789", Time: "2026-11-24 14:58:31", Body: "沒有驗證碼的簡訊"},
		}})},
		{Name: "phone-empty", Group: "demo", Title: "示範手機簡訊（空）", Page: demo.Phone(demo.PhonePage{})},
		{Name: "mailbox-empty", Group: "demo", Title: "示範信箱（空）", Page: demo.Mailbox(demo.MailboxPage{})},
	}
}
