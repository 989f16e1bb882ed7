package story

import (
	"strings"

	"github.com/memberzone/memberzone/views/shop"
	"github.com/memberzone/memberzone/views/ui"
)

func shops() []Story {
	return []Story{
		{Name: "shop", Group: "shop", Title: "示範商店：商品", Page: shop.Product(shopProduct())},
		{Name: "shop-submit", Group: "shop", Title: "示範商店：前往付款", Page: shop.Submit(shop.SubmitPage{
			Action: "http://localhost:8080/MPG/mpg_gateway",
			Fields: []shop.Pair{
				{Name: "MerchantID", Value: "MS100000001"},
				{Name: "TradeInfo", Value: strings.Repeat("a1b2c3d4", 24)},
				{Name: "TradeSha", Value: strings.Repeat("0F", 32)},
				{Name: "Version", Value: "2.3"},
			},
			Plain: []shop.Pair{
				{Name: "MerchantID", Value: "MS100000001"},
				{Name: "RespondType", Value: "JSON"},
				{Name: "Amt", Value: "1250"},
				{Name: "MerchantOrderNo", Value: "ORD20261124001"},
				{Name: "ItemDesc", Value: "高山烏龍茶"},
			},
		})},
		{Name: "shop-result", Group: "shop", Title: "示範商店：付款結果", Page: shop.Result(shopResult())},
		{Name: "shop-backend", Group: "shop", Title: "示範商店：幕後授權", Page: shop.Backend(shop.BackendPage{
			Product: shopProduct(), Country: ui.Input{Value: "886"}, Passkey: ui.Check{Checked: true},
			Problem: "MPG05002 信用卡卡號長度不足",
		})},
		{Name: "shop-confirm", Group: "shop", Title: "示範商店：以 Passkey 確認", Page: shop.Confirm(shop.ConfirmPage{
			OrderNo: "ORD20261124001", Amount: "NT$1,250", Passkey: `{"RequestToken":"4kq2v8"}`,
			Verify: "/backend/ORD20261124001/verify", Frame: "/backend/ORD20261124001/frame",
		})},
		{Name: "shop-frame", Group: "shop", Title: "示範商店：內嵌的驗證頁", Page: shop.Frame(shop.FramePage{
			OrderNo: "ORD20261124001", Amount: "NT$1,250", Address: "https://rp.example/passkey/4kq2v8",
			Origin: "https://rp.example", Done: "/orders/ORD20261124001", Other: "/backend/ORD20261124001/page",
		})},
		{Name: "shop-orders", Group: "shop", Title: "示範商店：訂單", Page: shop.Orders(shop.OrdersPage{Orders: []shop.OrderRow{
			{
				OrderNo: "ORD20261124001", Href: "/orders/ORD20261124001", Amount: "NT$ 1,250", Time: "2026-11-24 15:03:12",
				State: ui.Tag{Word: "已付款", Tone: ui.ToneDone},
			},
			{
				OrderNo: "ORD20261123017", Href: "/orders/ORD20261123017", Amount: "NT$ 680", Time: "2026-11-23 21:10:40",
				State: ui.Tag{Word: "付款失敗", Tone: ui.ToneBad},
			},
		}})},
	}
}

func shopProduct() shop.ProductPage {
	return shop.ProductPage{
		Store: chosen(options("MS100000001", "MS100000001　3D，Passkey 開", "MS100000002", "MS100000002　3D，Passkey 關",
			"MS100000005", "MS100000005　測試環境")),
		OrderNo: ui.Input{Value: "ORD20261124001"}, Amount: ui.Input{Value: "1250"},
		Item: ui.Input{Value: "高山烏龍茶 150 公克"}, Email: ui.Input{Value: "ming@example.com"},
		Version:    chosen(options("2.3", "2.3", "2.0", "2.0", "1.6", "1.6")),
		Respond:    chosen(options("JSON", "JSON", "String", "String")),
		Language:   chosen(options("zh-tw", "繁體中文", "en", "English", "jp", "日本語")),
		Instalment: chosen(options("0", "不分期", "1", "全部期數", "3,6,12", "3、6、12 期")),
		OrdersHref: "/orders",
	}
}

func shopResult() shop.ResultPage {
	inner := []shop.Pair{
		{Name: "Status", Value: "SUCCESS"},
		{Name: "Message", Value: "授權成功"},
		{Name: "MerchantID", Value: "MS100000001"},
		{Name: "Amt", Value: "1250"},
		{Name: "TradeNo", Value: "26112415040812345678"},
		{Name: "MerchantOrderNo", Value: "ORD20261124001"},
		{Name: "PaymentType", Value: "CREDIT"},
		{Name: "RespondCode", Value: "00"},
		{Name: "Auth", Value: "930637"},
		{Name: "Card6No", Value: "411111"},
		{Name: "Card4No", Value: "1111"},
		{Name: "PayTime", Value: "2026-11-24 15:04:08"},
	}
	return shop.ResultPage{
		OrderNo: "ORD20261124001", Amount: "NT$ 1,250", Paid: true, Headline: "付款完成，謝謝您",
		Return: shop.Delivery{
			Time: "2026-11-24 15:04:09", Genuine: true, Inner: inner,
			Outer: []shop.Pair{
				{Name: "Status", Value: "SUCCESS"},
				{Name: "MerchantID", Value: "MS100000001"},
				{Name: "TradeInfo", Value: strings.Repeat("9f8e7d6c", 40)},
				{Name: "TradeSha", Value: strings.Repeat("A0", 32)},
				{Name: "Version", Value: "2.3"},
			},
		},
		Refresh: "/orders/ORD20261124001",
	}
}
