package story

import (
	"github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

func details() []Story {
	return []Story{
		{Name: "detail", Group: "member", Title: "單筆交易", Page: member.CreditCardDetail(detailPage())},
		{Name: "detail-evidence", Group: "member", Title: "單筆交易：重新驗證通過", Page: member.CreditCardDetail(detailProved())},
		{Name: "detail-evidence-bad", Group: "member", Title: "單筆交易：證據不符", Page: member.CreditCardDetail(detailDisproved())},
		{Name: "detail-unpaid", Group: "member", Title: "單筆交易：授權失敗", Page: member.CreditCardDetail(detailFailed())},
	}
}

func detailShell() member.CreditCardDetailPage {
	page := member.CreditCardDetailPage{
		Shell:    shell("26112415040812345678", "銷售中心", "交易查詢"),
		BackHref: "/member/sales/credit-cards?from=2026-11-18&to=2026-11-24",
		TradeNo:  "26112415040812345678", OrderNo: "ORD20261124001", Amount: "NT$ 1,250",
		Card: member.CardSection{
			Number: "4111 11** **** 1111", Brand: "Visa", Issuer: "玉山商業銀行", Expiry: "08/29",
		},
		Order: member.OrderSection{
			Store: "MS100000001", StoreName: "晴川選物", StoreKind: "金流特約商店", Item: "高山烏龍茶 150 公克 × 2",
			Comment: "請於平日送達", PayerMail: "m***@example.com", PayerName: "王 *明", PayerIP: "203.0.113.24",
			Created: "2026-11-24 15:03:12", Deadline: "2026-11-24 15:18:12", Source: "幕前支付 MPG 2.3",
		},
	}
	page.Shell.Trail = append(page.Shell.Trail[:3:3], page.Shell.Trail[2])
	page.Shell.Trail[3].Label = page.TradeNo
	page.Shell.Trail[2].Label, page.Shell.Trail[2].Href = "信用卡交易專用查詢", page.BackHref
	return page
}

func detailPage() member.CreditCardDetailPage {
	page := detailShell()
	page.Status = ui.TransactionTag("請款完成")
	page.Tokens = []string{"Token綁定", "Token交易"}
	page.Paid = "2026-11-24 15:04:08"
	page.Money = member.MoneySection{
		PayType: "分期付款 6 期", Instalment: "首期 NT$ 210，其後每期 NT$ 208", Authorised: "NT$ 1,250", Captured: "NT$ 1,250",
		Refunded: "NT$ 300", Refundable: "NT$ 950", Funds: ui.FundsTag("已收款"), SettleDate: "2026-12-01",
		AuthCode: "930637", RespCode: "00", RespText: "核准", Acquirer: "玉山銀行",
	}
	page.Money.Actions = actionButtons("可申請至 2027-02-23 21:00")
	page.Verification = member.VerificationSection{
		Method: "Passkey", Reason: "3D 商店且已啟用 Passkey：以裝置驗證，首次綁定前以簡訊 OTP 確認。", ECI: "05",
		ECINote: "發卡行完成驗證", ThreeDS: "是", Outcome: ui.Tag{Word: "驗證成功", Tone: ui.ToneGood},
	}
	page.Events = []ui.Event{
		{Time: "2026-11-24 15:03:12", Actor: "商店", Text: "建立訂單", Note: "MPG 2.3，付款期限 15 分鐘"},
		{Time: "2026-11-24 15:04:07", Actor: "持卡人", Text: "送出付款資料"},
		{Time: "2026-11-24 15:04:08", Actor: "收單行", Text: "授權成功 NT$ 1,250", Note: "授權碼 930637", Tone: ui.ToneGood},
		{Time: "2026-11-24 15:04:09", Actor: "系統", Text: "通知 NotifyURL 失敗，30 秒後再試", Note: "HTTP 500", Tone: ui.ToneBad},
		{Time: "2026-11-24 15:04:39", Actor: "系統", Text: "通知 NotifyURL 成功", Tone: ui.ToneDone},
		{Time: "2026-11-24 21:00:00", Actor: "系統", Text: "請款送出 NT$ 1,250", Tone: ui.ToneMove},
		{Time: "2026-11-25 09:12:44", Actor: "收單行", Text: "請款完成", Tone: ui.ToneDone},
		{Time: "2026-11-26 10:40:03", Actor: "owner01", Text: "申請退款 NT$ 300", Note: "部分退款：少寄一罐", Tone: ui.ToneWait},
	}
	page.Notify = member.NotifySection{
		ReturnURL: "https://shop.example/return", NotifyURL: "https://shop.example/newebpay/notify?store=taipei",
		State: ui.Tag{Word: "已送達", Tone: ui.ToneDone},
		Attempts: []member.NotifyAttempt{
			{
				No: "1", Time: "2026-11-24 15:04:09", Result: ui.Tag{Word: "失敗", Tone: ui.ToneBad}, HTTP: "500",
				Duration: "143 ms", Problem: "商店伺服器回應 HTTP 500，只有 200 視為送達",
				Answer: "Fatal error: Uncaught PDOException in /var/www/notify.php:31",
			},
			{
				No: "2", Time: "2026-11-24 15:04:39", Result: ui.Tag{Word: "送達", Tone: ui.ToneDone}, HTTP: "200",
				Duration: "88 ms",
			},
		},
	}
	page.Verification.Tokens = page.Tokens
	page.Order.Mandate = "P261124150312aBcDeF"
	page.Order.Periods = "/member/sales/credit-cards?by=mandate_no&q=P261124150312aBcDeF"
	page.Messages = detailMessages()
	return page
}

func detailMessages() []member.CreditCardMessage {
	return []member.CreditCardMessage{
		{
			Time: "2026-11-24 15:03:12", Way: "商店 → 本平台", Title: "交易請求（NPA-F01）",
			Fields: []member.CreditCardField{
				{Name: "Amt", Value: "1250"},
				{Name: "Email", Value: "m***@example.com"},
				{Name: "InstFlag", Value: "6"},
				{Name: "ItemDesc", Value: "高山烏龍茶 150 公克 × 2"},
				{Name: "MerchantID", Value: "MS100000001"},
				{Name: "NotifyURL", Value: "https://shop.example/newebpay/notify?store=taipei"},
			},
		},
		{
			Time: "2026-11-24 15:04:07", Way: "本平台 → 收單行", Title: "授權請求",
			Fields: []member.CreditCardField{
				{Name: "amount", Value: "1250"}, {Name: "pan", Value: "411111******1111"}, {Name: "expiry", Value: "2908"},
			},
		},
		{
			Time: "2026-11-24 15:04:08", Way: "收單行 → 本平台", Title: "授權回覆",
			Fields: []member.CreditCardField{
				{Name: "respond_code", Value: "00"}, {Name: "approval_code", Value: "930637"}, {Name: "issuer", Value: ""},
			},
		},
	}
}

func detailFailed() member.CreditCardDetailPage {
	page := detailShell()
	page.Status = ui.TransactionTag("授權失敗")
	page.Money = member.MoneySection{
		PayType: "一次付清", Authorised: "NT$ 0", Captured: "NT$ 0", Refunded: "NT$ 0", Refundable: "NT$ 0", RespCode: "51",
		RespText: "餘額不足或超過額度", Acquirer: "玉山銀行",
	}
	page.Verification = member.VerificationSection{
		Method: "未驗證", Reason: "此筆未進行持卡人驗證，ECI 為空。", ThreeDS: "否",
	}
	page.Events = []ui.Event{
		{Time: "2026-11-24 15:03:12", Actor: "商店", Text: "建立訂單"},
		{Time: "2026-11-24 15:04:08", Actor: "收單行", Text: "授權失敗", Note: "51 餘額不足或超過額度", Tone: ui.ToneBad},
	}
	page.Notify = member.NotifySection{
		NotifyURL: "https://shop.example/notify", State: ui.Tag{Word: "等待重送", Tone: ui.ToneWait}, Next: "下一次 15:09:39",
		Attempts: []member.NotifyAttempt{{
			No: "1", Time: "2026-11-24 15:04:09", Result: ui.Tag{Word: "失敗", Tone: ui.ToneBad}, Duration: "10.0 s",
			Problem: "連線逾時，商店伺服器沒有回應",
		}},
	}
	return page
}

func detailProved() member.CreditCardDetailPage {
	page := detailPage()
	page.Evidence = member.EvidenceSection{
		Sentence: "持卡人於 2026-11-24 15:04:05 在 https://pay.example 上確認付款 NT$1,250 給 晴川選物（https://shop.example）。",
		HasProof: true, HasBundle: true, Query: "from=2026-11-18&to=2026-11-24",
		Terms: []ui.Term{
			{
				Label: "確認方式", Value: "SPC（Secure Payment Confirmation）",
				Note: "金額、收款對象與卡片由瀏覽器本身的視窗顯示，並連同簽章一起簽署。",
			},
			{Label: "卡片", Value: "Visa •••• 1111", Note: "持卡人看到的名稱"},
			{Label: "瀏覽器", Value: "Chrome"},
			{Label: "Passkey", Value: "僅存於一台裝置"},
			{Label: "提出確認", Value: "2026-11-24 15:03:58"},
			{Label: "完成確認", Value: "2026-11-24 15:04:05"},
			{
				Label: "SHA-256", Value: "fb268097:fcffa4ed:eccbad0b:b31c09e2:19c8706a:2b0b18a7:d9e9776c:3e5fb73a",
				Note: "證據檔的雜湊值，可與下載的檔案及稽核紀錄比對", Copy: true,
			},
		},
		Proves:    "持有此公開金鑰之 Passkey 的人，以裝置的螢幕鎖確認身分後，簽署了上述交易序號、金額、收款對象、卡片末四碼與頁面來源。",
		ProvesNot: "單憑檔案無法證明：Passkey 屬於哪一位持卡人；商店訂單編號與時間；檔案是否整份被另外偽造。",
		Result: ui.Notice{
			Tone: ui.ToneGood, Title: "驗證通過",
			Text: "2026-11-26 10:41:12 重新驗證：簽章、公開金鑰與當時凍結的付款內容相符，一個位元組都沒有更動。",
		},
	}
	return page
}

func detailDisproved() member.CreditCardDetailPage {
	page := detailProved()
	page.Evidence.Result = ui.Notice{
		Tone: ui.ToneBad, Title: "驗證不通過",
		Text: "2026-11-26 10:41:12 重新驗證：保存的證據與簽章不符，可能遭到更動。請聯絡客服中心，勿以此作為佐證。",
	}
	return page
}
