package story

import (
	"fmt"

	"github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

func list() []Story {
	return []Story{
		{Name: "query-results", Group: "member", Title: "查詢：有結果", Page: member.CreditCardList(listResults())},
		{Name: "query-first-cut", Group: "member", Title: "查詢：只有基本欄位", Page: member.CreditCardList(listFirstCut())},
		{Name: "query-numbers", Group: "member", Title: "查詢：多筆單號，部分找不到", Page: member.CreditCardList(listNumbers())},
		{Name: "query-empty", Group: "member", Title: "查詢：沒有結果", Page: member.CreditCardList(listEmpty())},
		{Name: "query-errors", Group: "member", Title: "查詢：欄位有誤", Page: member.CreditCardList(listErrors())},
		{Name: "query-card", Group: "member", Title: "查詢：完整卡號，自選欄位", Page: member.CreditCardList(listCard())},
		{Name: "query-forms", Group: "member", Title: "查詢：卡號有誤", Page: member.CreditCardList(listForms())},
		{Name: "query-failure", Group: "member", Title: "查詢：系統忙碌", Page: member.CreditCardList(listFailure())},
	}
}

func listPage() member.CreditCardListPage {
	return member.CreditCardListPage{
		Shell: shell("信用卡交易專用查詢", "銷售中心", "交易查詢", "信用卡交易專用查詢"), Filter: filter(),
		Number:  member.CreditCardNumberForm{Filter: "status=authorised"},
		Views:   listViews(),
		Columns: columns(usualColumns...), Chooser: chooser(),
	}
}

// usualColumns are names and labels of the columns.
var usualColumns = []string{
	"created", "交易時間", "trade_no", "金流交易序號", "order_no", "商店訂單編號", "store", "商店", "pay_type", "支付型態", "card", "卡號",
	"amount", "金額 NT$", "status", "交易狀態", "funds", "款項狀態", "method", "驗證／處理方式", "auth_code", "授權碼",
}

func columns(pairs ...string) []member.CreditCardColumn {
	var shown []member.CreditCardColumn
	for i := 0; i+1 < len(pairs); i += 2 {
		shown = append(shown, member.CreditCardColumn{Name: pairs[i], Label: pairs[i+1]})
	}
	return shown
}

func chooser() member.CreditCardChooser {
	c := member.CreditCardChooser{Filter: "status=authorised"}
	more := []string{"captured", "請款金額 NT$", "refunded", "退款金額 NT$", "settled_at", "撥款時間"}
	for i, column := range columns(append(append([]string{}, usualColumns...), more...)...) {
		c.Columns = append(c.Columns, member.CreditCardColumnChoice{
			Name: column.Name, Label: column.Label, Place: fmt.Sprint(i + 1), Shown: i < len(usualColumns)/2,
			Fixed: column.Name == "trade_no",
		})
	}
	return c
}

func listViews() member.CreditCardViews {
	href := "/member/sales/credit-cards?status=authorised"
	return member.CreditCardViews{
		Filter: "status=authorised",
		Ready: []member.CreditCardReadyView{
			{Name: "即將逾期未請款", Href: href, Tip: "授權成功而尚未請款，3 日內將超過授權後 21 日的請款期限"},
			{Name: "待處理", Href: href, Tip: "請款或退款申請中、銀行結果未明，或付款結果未能通知商店", Current: true},
		},
		Saved: []member.CreditCardSavedView{
			{ID: "1", Name: "每日對帳", Href: href, Days: "昨日（隨日期移動）", Shared: true, Own: true, Deletable: true},
			{ID: "2", Name: "分期退款", Href: href, Days: "最近 30 日（隨日期移動）", Own: true, Deletable: true},
			{ID: "3", Name: "門市未收款", Href: href, Days: "本月（隨日期移動）", Shared: true, By: "owner01"},
		},
		Periods: chosen(options("days", "最近 7 日（隨日期移動）", "fixed", "固定 2026-11-18 至 2026-11-24")),
	}
}

func listCard() member.CreditCardListPage {
	page := listPage()
	page.Filter.By.Options[0].Selected, page.Filter.By.Options[4].Selected = false, true
	page.Filter.CardKey, page.Filter.Card = "AWhD0c2qZ9o", "411111…1111"
	page.Filter.Journey = "fell_back.cancelled"
	page.Only = member.CreditCardOnly{
		Label: "驗證歷程＝改用簡訊驗證：持卡人取消裝置驗證", Clear: member.CreditCardListPath + "?by=card_no&card_key=AWhD0c2qZ9o",
	}
	page.Notices = []string{"以號碼查詢時不受日期限制：限定期間與期間種類未套用。"}
	page.Columns = columns("trade_no", "金流交易序號", "created", "交易時間", "amount", "金額 NT$", "captured", "請款金額 NT$",
		"refunded", "退款金額 NT$", "captured_at", "請款時間", "threeds", "3D交易", "brand", "卡別")
	page.Rows = rows()[:3]
	for i := range page.Rows {
		page.Rows[i].Captured, page.Rows[i].Refunded, page.Rows[i].ThreeD = page.Rows[i].Amount, "0", i == 1
	}
	page.Rows[1].CapturedAt = "2026-11-24 21:00:04"
	page.Count, page.TotalsHref = "共 3 筆", "/member/sales/credit-cards?totals=1"
	page.ExportHref = member.CreditCardExportPath + "?status=authorised"
	page.Totals = &member.CreditCardTotals{Problem: "合計計算逾時而停止，沒有任何數字被略過顯示。請縮短期間或加上條件後再試。"}
	return page
}

func listForms() member.CreditCardListPage {
	page := listPage()
	page.Number.Card.Error = "請輸入 12 至 19 位數字的完整卡號。"
	return page
}

func listResults() member.CreditCardListPage {
	page := listPage()
	page.Count = "共 1,284 筆"
	page.TotalsHref = "/member/sales/credit-cards?totals=1"
	page.Totals = &member.CreditCardTotals{
		Rows: "1,284 筆", Authorised: "NT$3,482,150", Captured: "NT$3,105,880", Refunded: "NT$68,430", Net: "NT$3,037,450",
		At: "2026-11-24 16:05:12",
	}
	page.Rows = rows()
	page.Pick = member.CreditCardPick{Back: "status=authorised", Actions: []member.CreditCardButton{
		{Action: "void", Label: "取消授權"},
		{Action: "capture", Label: "請款"},
		{Action: "refund", Label: "退款"},
		{Action: "undo-capture", Label: "取消請款"},
		{Action: "undo-refund", Label: "取消退款"},
	}}
	page.Pager = ui.Pager{
		PreviousHref: "/member/sales/credit-cards?cursor=a", NextHref: "/member/sales/credit-cards?cursor=b",
		Position: "第 51–100 筆",
	}
	return page
}

func listFirstCut() member.CreditCardListPage {
	page := listPage()
	page.Filter.PayTypes, page.Filter.Statuses = ui.Choices{}, ui.Choices{}
	page.Filter.StoreType, page.Filter.Funds = ui.Choices{}, ui.Choices{}
	page.Filter.Amounts, page.Filter.ThreeD = false, false
	page.Count = "超過 10,000 筆"
	page.Rows = rows()[:8]
	page.Pager = ui.Pager{NextHref: "/member/sales/credit-cards?cursor=b", Position: "第 1–50 筆"}
	return page
}

func listNumbers() member.CreditCardListPage {
	page := listPage()
	page.Filter.By.Options[0].Selected, page.Filter.By.Options[1].Selected = false, true
	page.Filter.Query.Value = "26112415040812345678\n26112414583312345671\n26110100000000000000"
	page.Filter.Method.Options[0].Selected, page.Filter.Method.Options[2].Selected = false, true
	page.Filter.Stores.Options[0].Selected, page.Filter.Stores.Options[2].Selected = true, true
	page.Notices = []string{"以號碼查詢時不受日期限制：限定期間與期間種類未套用。"}
	page.LookUp = member.CreditCardLookUp{
		Summary:  "查詢 4 個號碼：找到 2 個，找不到 1 個，不在您的管理商店 1 個。",
		NotFound: []string{"26110100000000000000"}, Outside: []string{"26112309113300000417"},
	}
	page.Count = "共 2 筆"
	page.Rows = rows()[:2]
	return page
}

func listEmpty() member.CreditCardListPage {
	page := listPage()
	page.Count = "共 0 筆"
	page.AllHref = "/member/sales/credit-cards?from=2025-10-21&to=2026-11-24"
	return page
}

func listErrors() member.CreditCardListPage {
	page := listPage()
	page.Filter.Range.From = ui.Input{Value: "2026-13-01", Error: "日期格式為 YYYY-MM-DD，例如 2026-11-24"}
	page.Filter.Query = ui.Input{Value: "26112415040812345678；DROP", Error: "只能輸入英文字母、數字、底線，以空白、逗號或換行分隔"}
	page.Filter.Method.Error = "不認得的處理方式「xyz」，已改為不限定"
	page.Filter.AmountMin = ui.Input{Value: "5000", Error: "金額下限大於上限"}
	page.Filter.AmountMax = ui.Input{Value: "100"}
	page.Filter.Open = true
	page.Filter.Problems = []string{"網址中的 cursor 已失效，請重新查詢。"}
	return page
}

func listFailure() member.CreditCardListPage {
	page := listPage()
	page.Failure = "查詢時間過長，已中止。請縮小限定期間或加上商店代號後再查一次；條件都還保留著。"
	return page
}

func options(pairs ...string) ui.Choices {
	var choices ui.Choices
	for i := 0; i+1 < len(pairs); i += 2 {
		choices.Options = append(choices.Options, ui.Option{Value: pairs[i], Label: pairs[i+1]})
	}
	return choices
}

func chosen(choices ui.Choices) ui.Choices {
	choices.Options[0].Selected = true
	return choices
}

func filter() member.CreditCardFilter {
	quick := func(label, from, to string, current bool) ui.QuickRange {
		href := "/member/sales/credit-cards?from=" + from + "&to=" + to
		return ui.QuickRange{Label: label, From: from, To: to, Href: href, Current: current}
	}
	return member.CreditCardFilter{
		DateKind: chosen(options("trade", "交易日期", "authorised", "授權日期", "captured", "請款日期", "refunded", "退款日期",
			"settled", "撥款日期")),
		Range: ui.DateRange{
			From: ui.Input{Value: "2026-11-18"}, To: ui.Input{Value: "2026-11-24"},
			Quick: []ui.QuickRange{
				quick("今日", "2026-11-24", "2026-11-24", false), quick("昨日", "2026-11-23", "2026-11-23", false),
				quick("近 7 日", "2026-11-18", "2026-11-24", true), quick("本月", "2026-11-01", "2026-11-24", false),
				quick("上月", "2026-10-01", "2026-10-31", false),
			},
		},
		By: chosen(options("any", "不限定", "trade_no", "金流交易序號", "order_no", "商店訂單編號", "auth_code", "授權碼",
			"card_no", "信用卡號", "mandate_no", "委託單號")),
		Stores:    storeChoices(),
		Method:    chosen(options("any", "不限定", "phone", "綁定信用卡電話驗證", "token", "Token交易(國際卡組織)")),
		TokenKind: chosen(options("any", "不限定", "bind", "Token綁定", "charge", "Token交易")),
		StoreType: chosen(options("any", "不限定", "gateway", "閘道特約商店", "platform", "金流特約商店")),
		Funds:     chosen(options("any", "不限定", "received", "已收款", "pending", "未收款")),
		PayTypes: options("full", "一次付清", "instalment", "分期付款", "bonus", "紅利折抵", "unionpay", "銀聯卡", "google_pay",
			"Google Pay", "apple_pay", "Apple Pay", "samsung_pay", "Samsung Pay", "travel", "國民旅遊卡", "foreign", "國外卡"),
		Statuses: options("pending", "待付款", "authorised", "授權成功", "failed", "授權失敗", "voided", "已取消授權",
			"capture_requested", "請款申請中", "capture_sent", "請款處理中", "captured", "請款完成", "refund_requested", "退款申請中",
			"refund_sent", "退款處理中", "refunded", "退款完成"),
		Amounts: true, ThreeD: true, Waits: true,
	}
}

func storeChoices() ui.Choices {
	choices := options("MS100000001", "MS100000001", "MS100000002", "MS100000002", "MS100000003", "MS100000003",
		"MS100000005", "MS100000005")
	for i, name := range []string{"晴川選物", "晴川選物 門市", "晴川選物 企業採購", "晴川選物 測試"} {
		choices.Options[i].Hint = name
	}
	return choices
}

func rows() []member.CreditCardRow {
	statuses := []string{
		"授權成功", "請款完成", "授權失敗", "請款申請中", "待付款", "請款處理中", "退款申請中", "退款處理中", "退款完成", "已取消授權",
	}
	amounts := []string{"1,250", "23,800", "680", "128,000", "99", "4,560", "1,250,000", "2,999", "15", "36,500"}
	orders := []string{
		"ORD20261124001", "ORD20261124002", "A_VERY_LONG_ORDER_NUMBER_30_CH", "8891", "ORD20261124005", "SUB_2026_11_000431",
		"ORD20261124007", "ORD20261124008", "ORD20261124009", "ORD20261124010",
	}
	cards := [][2]string{
		{"411111…1111", "Visa"},
		{"555555…4444", "Mastercard"},
		{"400000…0002", "Visa"},
		{"376000…0006", "American Express"},
		{"", ""},
	}
	list := make([]member.CreditCardRow, 0, 20)
	for i := range 20 {
		trade := fmt.Sprintf("261124%02d%02d%02d%010d", 15-i/6, 59-i*2, (i*17)%60, 12345678+i*7919)
		row := member.CreditCardRow{
			TradeNo: trade, OrderNo: orders[i%10], Href: "/member/sales/credit-cards/" + trade, Date: "2026-11-24",
			Time:  fmt.Sprintf("%02d:%02d:%02d", 15-i/6, 59-i*2, (i*17)%60),
			Store: fmt.Sprintf("MS10000000%d", i%3+1), StoreTip: "晴川選物", PayType: "一次付清", Amount: amounts[i%10],
			Card: cards[i%5][0], Brand: cards[i%5][1], Status: ui.TransactionTag(statuses[i%10]), Method: "未驗證",
		}
		decorate(i, &row)
		list = append(list, row)
	}
	return list
}

// decorate gives some rows what only some have: instalments, funds, tokens, an authorisation code.
func decorate(i int, row *member.CreditCardRow) {
	if i%5 != 4 && i%10 != 2 {
		row.AuthCode = fmt.Sprintf("%06d", 930637-i*1371)
		row.Funds = ui.FundsTag("未收款")
	} else {
		row.Method = ""
	}
	switch i % 10 {
	case 1:
		row.PayType = "分期付款 6 期"
		row.Funds = ui.FundsTag("已收款")
		row.Method, row.Tokens = "Passkey", []string{"Token綁定", "Token交易"}
	case 3:
		row.Method = "3D"
	case 5:
		row.Method, row.Tokens = "Passkey", []string{"Token交易"}
	case 8:
		row.PayType = "紅利折抵"
	}
}
