package member

import (
	"github.com/memberzone/memberzone/app/payment"
	view "github.com/memberzone/memberzone/views/member"
)

// messageTitles name a message, as it was received and as it was told.
var messageTitles = map[payment.MessageKind]struct {
	received, told string
	acquirer       bool // the other side; otherwise the merchant
}{
	payment.MessageOrder:    {received: "交易請求（NPA-F01）", told: "交易結果（NotifyURL／ReturnURL）"},
	payment.MessageCancel:   {received: "取消授權請求（NPA-B01）", told: "取消授權回覆"},
	payment.MessageClose:    {received: "請退款請求（NPA-B031～B034）", told: "請退款回覆"},
	payment.MessageAuth:     {received: "授權回覆", told: "授權請求", acquirer: true},
	payment.MessageInquiry:  {received: "授權查詢回覆", told: "授權查詢", acquirer: true},
	payment.MessageReversal: {received: "撤銷授權回覆", told: "撤銷授權請求", acquirer: true},
	payment.MessageBatch:    {received: "請退款批次回覆", told: "請退款批次明細", acquirer: true},
}

func presentMessage(m payment.Message) view.CreditCardMessage {
	known := messageTitles[m.Kind]
	other := "商店"
	if known.acquirer {
		other = "收單行"
	}
	shown := view.CreditCardMessage{Time: timeText(m.At), Title: known.received, Way: other + " → 本平台"}
	if m.Direction == payment.Told {
		shown.Title, shown.Way = known.told, "本平台 → "+other
	}
	for _, f := range m.Fields {
		shown.Fields = append(shown.Fields, view.CreditCardField(f))
	}
	return shown
}
