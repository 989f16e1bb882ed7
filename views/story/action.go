package story

import (
	"github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

func actions() []Story {
	return []Story{
		{Name: "action-capture", Group: "member", Title: "請款：確認", Page: member.CreditCardAction(actionCapture())},
		{Name: "action-void", Group: "member", Title: "取消授權：確認", Page: member.CreditCardAction(actionVoid())},
		{Name: "action-errors", Group: "member", Title: "請款：金額有誤", Page: member.CreditCardAction(actionErrors())},
		{Name: "action-repeat", Group: "member", Title: "退款：重複的金額", Page: member.CreditCardAction(actionRepeat())},
		{Name: "action-warning", Group: "member", Title: "退款：前一天退過", Page: member.CreditCardAction(actionWarning())},
		{Name: "action-refused", Group: "member", Title: "退款：不能申請", Page: member.CreditCardAction(actionRefused())},
	}
}

const actionAddress = "/member/sales/credit-cards/26112415040812345678"

func actionPage(action, label, status string) member.CreditCardActionPage {
	page := member.CreditCardActionPage{
		Shell: detailShell().Shell, Action: action, Label: label, Path: actionAddress + "/" + action, Back: actionAddress,
		Terms: []ui.Term{
			{Label: "金流交易序號", Value: "26112415040812345678"},
			{Label: "商店訂單編號", Value: "ORD20261124001"},
			{Label: "商店", Value: "MS100000001", Note: "晴川選物"},
			{Label: "交易狀態", Tag: ui.TransactionTag(status)},
			{Label: "已授權", Value: "NT$1,250"},
			{Label: "已請款", Value: "NT$0"},
			{Label: "已退款", Value: "NT$0"},
			{Label: "可退款", Value: "NT$0"},
		},
		Amount: ui.Input{Value: "1250"}, Figures: "NT$1,250", Words: "壹仟貳佰伍拾元整", Key: "STORYSTORYSTORYSTORYSTORY1",
	}
	page.Shell.Title = label
	page.Shell.Trail[len(page.Shell.Trail)-1].Href = actionAddress
	page.Shell.Trail = append(page.Shell.Trail, page.Shell.Trail[0])
	page.Shell.Trail[len(page.Shell.Trail)-1].Label, page.Shell.Trail[len(page.Shell.Trail)-1].Href = label, ""
	return page
}

func storyClose() member.CloseCountdown {
	return member.CloseCountdown{
		At: "2026-11-24T13:00:00Z", Now: "2026-11-24T07:05:00Z", Text: "距離今日 21:00 關帳", Left: "還有 5 小時 55 分 0 秒",
		Over: "已過關帳時間，這次申請會在下一次關帳時送出。",
	}
}

func actionCapture() member.CreditCardActionPage {
	page := actionPage("capture", "請款", "授權成功")
	page.Hint, page.Close = "最多 NT$1,250。", storyClose()
	page.Effects = []string{
		"於 2026-11-24 21:00 關帳時送交收單行，銀行確認後完成請款。", "每筆交易只能請款一次，沒有請款的餘額不能再請。",
		"在 2026-11-24 21:00 前可以取消請款。", "這個動作可申請至 2026-12-15 21:00。",
	}
	return page
}

func actionVoid() member.CreditCardActionPage {
	page := actionPage("void", "取消授權", "授權成功")
	page.Hint, page.Whole = "只能全額，NT$1,250。", true
	page.Effects = []string{
		"立即請收單行取消這筆授權，釋放持卡人的信用額度。", "只能全額取消，完成後無法復原，也不能再請款。",
		"這個動作可申請至 2026-12-15 21:00。",
	}
	return page
}

func actionErrors() member.CreditCardActionPage {
	page := actionCapture()
	page.Amount = ui.Input{Value: "9999999999", Error: "金額不可超過授權金額。"}
	page.Figures, page.Words = "NT$9,999,999,999", "玖拾玖億玖仟玖佰玖拾玖萬玖仟玖佰玖拾玖元整"
	return page
}

func actionWarning() member.CreditCardActionPage {
	page := actionPage("refund", "退款", "退款完成")
	page.Hint, page.Close = "最多 NT$950。", storyClose()
	page.Amount.Value, page.Figures, page.Words = "950", "NT$950", "玖佰伍拾元整"
	page.Terms[5].Value, page.Terms[6].Value, page.Terms[7].Value = "NT$1,250", "NT$300", "NT$950"
	page.Effects = []string{
		"於 2026-11-24 21:00 關帳時送交收單行，退回持卡人的信用卡。", "每筆交易一天只能申請一次退款。",
		"在 2026-11-24 21:00 前可以取消退款。", "這個動作可申請至 2027-02-21 21:00。",
	}
	page.Warning = ui.Notice{
		Tone: ui.ToneWait, Title: "24 小時內已申請過退款",
		Text: "2026-11-23 20:00:00 由 clerk01 申請退款 NT$300。如果金額相同，請確認不是重複退款。",
	}
	return page
}

func actionRepeat() member.CreditCardActionPage {
	page := actionWarning()
	page.Warning = ui.Notice{}
	page.Amount.Value, page.Figures, page.Words, page.Repeat = "300", "NT$300", "參佰元整", "300"
	page.Problem = ui.Notice{
		Tone: ui.ToneBad, Title: "還沒有申請退款", Text: "24 小時內已對這筆訂單申請過相同金額的退款，請確認不是重複退款。",
	}
	return page
}

func actionRefused() member.CreditCardActionPage {
	page := actionPage("refund", "退款", "授權成功")
	page.Amount.Value, page.Figures, page.Words, page.Whole = "", "—", "—", true
	page.Reason = "尚未請款，不能退款；要放棄這筆交易請取消授權。"
	return page
}

// actionButtons are the buttons of the transaction page: what is possible, and why the rest is not.
func actionButtons(refundUntil string) []member.CreditCardButton {
	captured := "這筆交易已申請請款；要退還款項請在請款送出後申請退款。"
	return []member.CreditCardButton{
		{Action: "void", Label: "取消授權", Href: actionAddress + "/void", Reason: captured},
		{Action: "capture", Label: "請款", Href: actionAddress + "/capture", Reason: captured},
		{Action: "refund", Label: "退款", Href: actionAddress + "/refund", Until: refundUntil},
		{
			Action: "undo-capture", Label: "取消請款", Href: actionAddress + "/undo-capture",
			Reason: "沒有等待中的申請可以取消。",
		},
		{
			Action: "undo-refund", Label: "取消退款", Href: actionAddress + "/undo-refund",
			Reason: "沒有等待中的申請可以取消。",
		},
	}
}
