package notify

import (
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/money"
)

// Paid is what the payer's notice tells.
type Paid struct {
	To      string
	Store   string
	OrderNo string
	TradeNo string
	Item    string
	Amount  money.TWD
	Card    string // the last four digits
	At      time.Time
}

// PaidMail writes the notice to the payer that an order is paid.
func PaidMail(p Paid) Mail {
	return letter{
		to: p.To, at: p.At, subject: fmt.Sprintf("【%s】付款完成通知 %s", p.Store, p.OrderNo), automatic: true,
		blocks: []block{
			lines("您的訂單已付款完成，以下為本次交易資訊。"),
			facts(
				fact{label: "商店名稱", value: p.Store},
				fact{label: "商店訂單編號", value: p.OrderNo},
				fact{label: "金流交易序號", value: p.TradeNo},
				fact{label: "商品", value: p.Item},
				fact{label: "付款金額", value: p.Amount.Display()},
				fact{label: "信用卡末四碼", value: p.Card},
				fact{label: "付款時間", value: local(p.At)},
			),
			lines("如對訂單內容有疑問，請直接與商店聯繫。", "若您沒有進行這筆交易，請立即聯絡發卡銀行。"),
		},
	}.mail()
}

// Undelivered is what a store is told when a notification was given up.
type Undelivered struct {
	To      string
	Store   string
	OrderNo string
	TradeNo string
	URL     string
	Tries   int
	Reason  string // of the last try
	At      time.Time
}

// UndeliveredMail writes the mail that follows the last failed delivery (the
// provider's manual: three retries, then a mail).
func UndeliveredMail(u Undelivered) Mail {
	return letter{
		to: u.To, at: u.At, subject: fmt.Sprintf("【%s】付款結果通知無法送達 %s", u.Store, u.OrderNo),
		blocks: []block{
			lines(fmt.Sprintf("以下交易的付款結果通知（NotifyURL）已嘗試 %d 次仍無法送達，不再自動重送。", u.Tries)),
			facts(
				fact{label: "商店名稱", value: u.Store},
				fact{label: "商店訂單編號", value: u.OrderNo},
				fact{label: "金流交易序號", value: u.TradeNo},
				fact{label: "通知網址", value: u.URL},
				fact{label: "最後一次結果", value: u.Reason},
				fact{label: "時間", value: local(u.At)},
			),
			lines(
				"交易本身不受影響。請以單筆交易查詢（QueryTradeInfo）或會員專區確認交易狀態，",
				"並檢查通知網址是否能回應 HTTP 200。",
			),
		},
	}.mail()
}

func local(t time.Time) string {
	return t.In(clock.Taipei).Format(time.DateTime) + "（台北時間）"
}
