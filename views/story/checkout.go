package story

import (
	"github.com/memberzone/memberzone/views/checkout"
	"github.com/memberzone/memberzone/views/ui"
)

func pay() []Story {
	japanese := payPage(checkout.LangJapanese)
	japanese.Terms, japanese.Banks = nil, nil
	japanese.Kinds = japanese.Kinds[:1]
	return []Story{
		{Name: "pay", Group: "checkout", Title: "付款頁", Page: checkout.Pay(payPage(checkout.LangChinese))},
		{Name: "pay-errors", Group: "checkout", Title: "付款頁：欄位有誤", Page: checkout.Pay(payErrors(checkout.LangChinese))},
		{Name: "pay-en", Group: "checkout", Title: "付款頁（英文，欄位有誤）", Page: checkout.Pay(payErrors(checkout.LangEnglish))},
		{Name: "pay-jp", Group: "checkout", Title: "付款頁（日文，只有一次付清）", Page: checkout.Pay(japanese)},
	}
}

func order() checkout.OrderSummary {
	return checkout.OrderSummary{
		Merchant: "晴川選物", OrderNo: "ORD20261124001", Item: "高山烏龍茶 150 公克 × 2", Amount: "NT$ 1,250",
		Comment: "門市自取請出示訂單編號。",
	}
}

func payPage(lang string) checkout.PayPage {
	return checkout.PayPage{
		Lang: lang, Action: "/MPG/pay/4kq2v8", PhoneNeeded: true, Order: order(),
		Kinds: []checkout.PayKind{
			{Value: checkout.KindInFull, Selected: true}, {Value: checkout.KindInstalment}, {Value: checkout.KindBonus},
		},
		Terms: []checkout.Term{
			{Value: "3", Each: "NT$ 417"}, {Value: "6", Each: "NT$ 208"}, {Value: "12", Each: "NT$ 104"},
		},
		Banks: []string{"玉山銀行", "台新銀行", "中國信託", "國泰世華", "台北富邦", "永豐銀行", "第一銀行"},
		Form:  checkout.CardForm{Email: ui.Input{Value: "ming@example.com"}},
		Fixed: true, BackHref: "https://shop.example/cart", TestMode: lang == checkout.LangEnglish,
		Deadline: checkout.Deadline{
			At: "2026-11-24T15:18:12+08:00", Now: "2026-11-24T15:03:12+08:00", Text: "15:18:12",
		},
	}
}

func payErrors(lang string) checkout.PayPage {
	page := payPage(lang)
	page.Fixed = false
	page.Kinds[0].Selected, page.Kinds[1].Selected = false, true
	say := func(chinese, english string) string {
		if lang == checkout.LangEnglish {
			return english
		}
		return chinese
	}
	page.Problem = say("銀行未核准這筆交易（51 餘額不足）。可改用另一張卡片，訂單仍保留。",
		"The bank did not approve this payment (51 insufficient funds). You can use another card.")
	page.Form = checkout.CardForm{
		CardNo:   ui.Input{Error: say("卡號不正確，請核對卡片上的號碼", "This card number is not right; please check it against the card")},
		ExpMonth: ui.Input{Value: "13", Error: say("月份為 01 到 12", "The month is 01 to 12")},
		ExpYear:  ui.Input{Value: "24"}, CVC: ui.Input{Error: say("請輸入末三碼", "Enter the security code")},
		LastName: ui.Input{Value: say("王", "Wang")}, FirstName: ui.Input{Value: say("小明", "Hsiao-Ming")},
		Phone: ui.Input{Value: "0912-345", Error: say("電話號碼不完整，請加上國碼", "The number is incomplete; start with +886")},
		Email: ui.Input{Value: "ming@example.com"}, AgreeOrder: ui.Check{Checked: true},
		AgreeTerms: ui.Check{Error: say("請閱讀並同意服務條款", "Please accept the terms of service")},
	}
	return page
}

func outcomes() []Story {
	return []Story{
		{Name: "processing", Group: "checkout", Title: "交易確認中", Page: checkout.Processing(checkout.ProcessingPage{
			Order: order(), TradeNo: "26112415040812345678", RefreshURL: "/MPG/pay/4kq2v8/wait", RefreshSeconds: "3",
		})},
		{Name: "result-paid", Group: "checkout", Title: "付款成功", Page: checkout.Result(checkout.ResultPage{
			Paid: true, Code: "SUCCESS", Message: "授權成功", Order: order(), TradeNo: "26112415040812345678",
			PayTime: "2026-11-24 15:04:08", BackHref: "https://shop.example/cart",
		})},
		{Name: "result-failed", Group: "checkout", Title: "付款未完成", Page: checkout.Result(checkout.ResultPage{
			Code: "MPG03009", Message: "拒絕交易_餘額不足", Order: order(), TradeNo: "26112415040812345678",
			BackHref: "https://shop.example/cart",
		})},
		{Name: "result-return", Group: "checkout", Title: "返回商店（英文）", Page: checkout.Result(checkout.ResultPage{
			Lang: checkout.LangEnglish, Paid: true, Code: "SUCCESS", Order: order(), TradeNo: "26112415040812345678",
			PayTime: "2026-11-24 15:04:08",
			Return: checkout.ReturnForm{Action: "https://shop.example/return", Fields: []checkout.HiddenField{
				{Name: "Status", Value: "SUCCESS"}, {Name: "MerchantID", Value: "MS100000001"}, {Name: "Version", Value: "2.3"},
			}},
		})},
		{Name: "expired", Group: "checkout", Title: "付款頁已逾時（日文）", Page: checkout.Expired(checkout.ExpiredPage{
			Lang: checkout.LangJapanese, Order: order(), BackHref: "https://shop.example/cart",
		})},
		{Name: "gateway-error", Group: "checkout", Title: "無法進行付款", Page: checkout.GatewayError(checkout.GatewayErrorPage{
			Code: "MPG03009", Message: "交易資料 SHA 256 檢查不符合", RequestID: "01K8ZC4V9H3R7Q2M",
			Developer: "TradeSha 與 TradeInfo 不相符：請確認使用的是這間商店的 HashKey 與 HashIV，並以加密後的 TradeInfo 計算。",
		})},
	}
}
