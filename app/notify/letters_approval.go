package notify

import (
	"fmt"
	"time"

	"github.com/memberzone/memberzone/app/money"
)

// Approval is what somebody asked for that another person has to approve.
type Approval struct {
	To      string
	Member  string
	Login   string // of who asked
	Action  string // 退款
	TradeNo string
	OrderNo string
	Amount  money.TWD
	Until   time.Time
	URL     string // where to approve or refuse
	At      time.Time
}

// ApprovalMail writes the mail to somebody who can approve.
func ApprovalMail(a Approval) Mail {
	return letter{
		to: a.To, at: a.At, automatic: true,
		subject: fmt.Sprintf("【%s】%s 申請%s，等待覆核", a.Member, a.Login, a.Action),
		blocks: []block{
			lines(a.Login + " 申請" + a.Action + "，金額達到需要覆核的標準。請由另一位人員至會員專區同意或拒絕。"),
			facts(
				fact{label: "會員", value: a.Member},
				fact{label: "金流交易序號", value: a.TradeNo},
				fact{label: "商店訂單編號", value: a.OrderNo},
				fact{label: "動作", value: a.Action},
				fact{label: "金額", value: a.Amount.Display()},
				fact{label: "申請時間", value: local(a.At)},
				fact{label: "期限", value: local(a.Until)},
				fact{label: "覆核", value: a.URL, open: "前往覆核"},
			),
		},
	}.mail()
}
