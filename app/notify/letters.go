package notify

import (
	"fmt"
	"strings"
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
	lines := []string{
		"您好：",
		"",
		"您的訂單已付款完成，以下為本次交易資訊。",
		"",
		"商店名稱：" + p.Store,
		"商店訂單編號：" + p.OrderNo,
		"金流交易序號：" + p.TradeNo,
		"商品：" + p.Item,
		"付款金額：" + p.Amount.Display(),
		"信用卡末四碼：" + p.Card,
		"付款時間：" + local(p.At),
		"",
		"如對訂單內容有疑問，請直接與商店聯繫。",
		"若您沒有進行這筆交易，請立即聯絡發卡銀行。",
		"本信件由系統自動發送，請勿直接回覆。",
	}
	return Mail{
		To: p.To, At: p.At, Text: strings.Join(lines, "\n"),
		Subject: fmt.Sprintf("【%s】付款完成通知 %s", p.Store, p.OrderNo),
	}
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
	lines := []string{
		"您好：",
		"",
		fmt.Sprintf("以下交易的付款結果通知（NotifyURL）已嘗試 %d 次仍無法送達，不再自動重送。", u.Tries),
		"",
		"商店名稱：" + u.Store,
		"商店訂單編號：" + u.OrderNo,
		"金流交易序號：" + u.TradeNo,
		"通知網址：" + u.URL,
		"最後一次結果：" + u.Reason,
		"時間：" + local(u.At),
		"",
		"交易本身不受影響。請以單筆交易查詢（QueryTradeInfo）或會員專區確認交易狀態，",
		"並檢查通知網址是否能回應 HTTP 200。",
	}
	return Mail{
		To: u.To, At: u.At, Text: strings.Join(lines, "\n"),
		Subject: fmt.Sprintf("【%s】付款結果通知無法送達 %s", u.Store, u.OrderNo),
	}
}

func local(t time.Time) string {
	return t.In(clock.Taipei).Format(time.DateTime) + "（台北時間）"
}
