package notify

import (
	"fmt"
	"strings"
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
	lines := []string{
		"您好：",
		"",
		a.Login + " 申請" + a.Action + "，金額達到需要覆核的標準。請由另一位人員至會員專區同意或拒絕。",
		"",
		"會員：" + a.Member,
		"金流交易序號：" + a.TradeNo,
		"商店訂單編號：" + a.OrderNo,
		"動作：" + a.Action,
		"金額：" + a.Amount.Display(),
		"申請時間：" + local(a.At),
		"期限：" + local(a.Until),
		"覆核：" + a.URL,
		"",
		"本信件由系統自動發送，請勿直接回覆。",
	}
	return Mail{
		To: a.To, At: a.At, Text: strings.Join(lines, "\n"),
		Subject: fmt.Sprintf("【%s】%s 申請%s，等待覆核", a.Member, a.Login, a.Action),
	}
}
