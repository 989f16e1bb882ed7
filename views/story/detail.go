package story

import (
	"github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

func details() []Story {
	return []Story{
		{Name: "detail", Group: "member", Title: "單筆交易", Page: member.CreditCardDetail(detailPage())},
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
			},
			{
				No: "2", Time: "2026-11-24 15:04:39", Result: ui.Tag{Word: "送達", Tone: ui.ToneDone}, HTTP: "200",
				Duration: "88 ms",
			},
		},
	}
	return page
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
