package story

import (
	"github.com/memberzone/memberzone/views/layout"
	"github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

func selections() []Story {
	return []Story{
		{Name: "selection-refund", Group: "member", Title: "選取退款：確認", Page: member.CreditCardSelection(selectionRefund())},
		{Name: "selection-none", Group: "member", Title: "選取退款：沒有勾選", Page: member.CreditCardSelection(selectionNone())},
		{
			Name: "selection-done", Group: "member", Title: "選取退款：結果",
			Page: member.CreditCardSelectionDone(selectionDone()),
		},
		{Name: "approvals", Group: "member", Title: "待覆核", Page: member.Approvals(approvals())},
		{Name: "approvals-empty", Group: "member", Title: "待覆核：沒有申請", Page: member.Approvals(member.ApprovalsPage{
			Shell: approvalShell("待覆核"),
		})},
		{Name: "approval-check", Group: "member", Title: "覆核：同意或拒絕", Page: member.Approval(approvalToCheck())},
		{Name: "approval-own", Group: "member", Title: "覆核：自己的申請", Page: member.Approval(approvalOwn())},
		{Name: "approval-ended", Group: "member", Title: "覆核：已同意", Page: member.Approval(approvalEnded())},
		{Name: "approval-setting", Group: "member", Title: "覆核設定", Page: member.ApprovalSetting(approvalSetting())},
		{Name: "detail-approval", Group: "member", Title: "交易：等待覆核", Page: member.CreditCardDetail(detailWaiting())},
		{Name: "store", Group: "member", Title: "商店設定", Page: member.Store(storePage())},
		{Name: "store-test", Group: "member", Title: "商店設定：測試環境", Page: member.Store(testStorePage())},
	}
}

const selectionList = "/member/sales/credit-cards?status=captured"

func selectionShell(title string) layout.MemberShell {
	return shell(title, "銷售中心", "交易查詢", "信用卡交易專用查詢", title)
}

func selectionRefund() member.CreditCardSelectionPage {
	return member.CreditCardSelectionPage{
		Shell: selectionShell("退款"), Action: "refund", Label: "退款", Back: selectionList, Query: "status=captured",
		Key: "STORYSTORYSTORYSTORYSTORY1", Figures: "NT$51,250", Words: "伍萬壹仟貳佰伍拾元整", Close: storyClose(),
		May: []member.SelectedTrade{
			{
				TradeNo: "26112415040800001", OrderNo: "ORD20261124001", Href: actionAddress, Store: "MS100000001",
				Status: ui.TransactionTag("請款完成"), Amount: "1,250", Value: "26112415040800001:1250",
				Until: "可申請至 2027-02-21 21:00", Note: "24 小時內已退過相同金額",
			},
			{
				TradeNo: "26112415040800002", OrderNo: "ORD20261124002", Href: actionAddress, Store: "MS100000002",
				Status: ui.TransactionTag("請款完成"), Amount: "50,000", Value: "26112415040800002:50000",
				Until: "可申請至 2027-02-21 21:00", Note: "需要覆核",
			},
		},
		MayNot: []member.SelectedTrade{
			{
				TradeNo: "26112415040800003", OrderNo: "ORD20261124003", Href: actionAddress, Store: "MS100000001",
				Status: ui.TransactionTag("授權成功"), Amount: "320", Note: "尚未請款，不能退款；要放棄這筆交易請取消授權。",
			},
			{TradeNo: "26112415040899999", Note: "查無這筆交易，或不在您的管理商店內。"},
		},
		Effects: []string{
			"於 2026-11-24 21:00 關帳時送交收單行，退回持卡人的信用卡。", "每筆交易一天只能申請一次退款。",
			"在 2026-11-24 21:00 前可以取消退款。",
		},
		Approval: "其中 1 筆金額達 NT$10,000，會送出覆核申請，由另一位人員同意後才執行。",
		Repeat:   "其中 1 筆 24 小時內已對同一訂單申請過相同金額的退款；確認不是重複退款，仍要再退一次",
		Unticked: "請先勾選確認，或回到查詢結果取消勾選這些交易。",
	}
}

func selectionNone() member.CreditCardSelectionPage {
	return member.CreditCardSelectionPage{
		Shell: selectionShell("退款"), Action: "refund", Label: "退款", Back: selectionList,
		Problem: ui.Notice{Tone: ui.ToneBad, Title: "沒有執行退款", Text: "沒有勾選交易。請回到查詢結果，勾選後再試。"},
	}
}

func selectionDone() member.CreditCardSelectionResult {
	again := selectionRefund()
	again.MayNot, again.Figures, again.Approval, again.Repeat, again.Unticked = nil, "", "", "", ""
	outcome := func(no, order, amount, kind, text string, tag ui.Tag) member.SelectedOutcome {
		return member.SelectedOutcome{
			TradeNo: no, OrderNo: order, Href: actionAddress, Amount: amount, Outcome: tag, Text: text, Kind: kind,
		}
	}
	return member.CreditCardSelectionResult{
		Shell: selectionShell("退款"), Label: "退款", Back: selectionList, Again: &again,
		Summary: ui.Notice{
			Tone: ui.ToneWait, Title: "共 4 筆",
			Text: "成功 1 筆，等待覆核 1 筆，未執行 1 筆，結果未明 1 筆。結果未明與尚未執行的可以再次送出，已執行的不會重複執行。",
		},
		Rows: []member.SelectedOutcome{
			outcome("26112415040800001", "ORD20261124001", "1,250", "done",
				"已申請退款：NT$1,250，將於 2026-11-24 21:00 送出；在此之前可以取消退款。", ui.Tag{Word: "成功", Tone: ui.ToneGood}),
			outcome("26112415040800002", "ORD20261124002", "50,000", "approval",
				"已送出覆核申請，由另一位人員同意後才執行，期限 2027-02-21 21:00。", ui.Tag{Word: "等待覆核", Tone: ui.ToneWait}),
			outcome("26112415040800003", "ORD20261124003", "320", "refused",
				"尚未請款，不能退款；要放棄這筆交易請取消授權。", ui.Tag{Word: "未執行", Tone: ui.ToneBad}),
			outcome("26112415040800004", "ORD20261124004", "880", "unknown",
				"系統沒有收到結果，請再次送出；不會重複執行。", ui.Tag{Word: "結果未明", Tone: ui.ToneBad}),
		},
	}
}

func approvalShell(title string) layout.MemberShell {
	return shell(title, "銷售中心", "交易查詢", "信用卡交易專用查詢", title)
}

func detailWaiting() member.CreditCardDetailPage {
	page := detailPage()
	page.Money.Query = "status=captured"
	page.Approval = member.TradeApproval{
		Text: "2026-11-24 14:20:05 由 clerk01 申請退款 NT$1,250，期限 2027-02-21 21:00。", Href: member.ApprovalsPath + "/7",
	}
	return page
}

func approvals() member.ApprovalsPage {
	row := member.ApprovalRow{
		ID: "7", Href: member.ApprovalsPath + "/7", TradeNo: "26112415040800002", OrderNo: "ORD20261124002", Action: "退款",
		Amount: "50,000", Maker: "clerk01", MadeAt: "2026-11-24 14:20:05", Until: "2027-02-21 21:00",
		State: ui.Tag{Word: "等待覆核", Tone: ui.ToneWait},
	}
	ended := row
	ended.ID, ended.Action, ended.Ended = "6", "取消授權", "2026-11-23 17:02:40"
	ended.State, ended.Checker = ui.Tag{Word: "已同意", Tone: ui.ToneDone}, "owner01"
	return member.ApprovalsPage{
		Shell: approvalShell("待覆核"), Waiting: []member.ApprovalRow{row}, Ended: []member.ApprovalRow{ended},
	}
}

func approvalToCheck() member.ApprovalPage {
	page := member.ApprovalPage{
		Shell: approvalShell("覆核：退款"), Label: "退款", Trade: actionAddress, Path: member.ApprovalsPath + "/7", Checks: true,
		Figures: "NT$50,000", Words: "伍萬元整", Effects: selectionRefund().Effects,
		Terms: append(actionPage("refund", "退款", "請款完成").Terms,
			ui.Term{Label: "申請人", Value: "clerk01"}, ui.Term{Label: "申請時間", Value: "2026-11-24 14:20:05"},
			ui.Term{Label: "期限", Value: "2027-02-21 21:00"}),
		Refusal: ui.Input{Error: "請輸入拒絕的原因，最多 200 字。"},
	}
	return page
}

func approvalOwn() member.ApprovalPage {
	page := approvalToCheck()
	page.Checks, page.Makes = false, true
	return page
}

func approvalEnded() member.ApprovalPage {
	page := approvalToCheck()
	page.Checks, page.Effects = false, nil
	page.State = ui.Notice{
		Tone: ui.ToneGood, Title: "已同意",
		Text: "2026-11-24 15:01:00 由 owner01 同意。已申請退款：NT$50,000，將於 2026-11-24 21:00 送出；在此之前可以取消退款。",
	}
	return page
}

func approvalSetting() member.ApprovalSettingPage {
	return member.ApprovalSettingPage{
		Shell: shell("覆核設定", "會員中心", "覆核設定"), Now: "NT$10,000 以上需要覆核",
		Threshold: ui.Input{Value: "0", Error: "請輸入大於 0 的整數金額；不需要覆核時請留空。"},
		Checkers: []member.ApprovalChecker{
			{Login: "owner01", Role: "擁有者", Stores: "全部商店"}, {Login: "clerk01", Role: "助理帳號", Stores: "晴川選物"},
		},
	}
}

func testStorePage() member.StorePage {
	page := storePage()
	page.Lab = member.StoreLab{Path: member.StorePath + "/MS100000001/passkey-lab", On: true}
	return page
}

func storePage() member.StorePage {
	return member.StorePage{
		Shell: shell("晴川選物", "會員中心", "MS100000001"), MerchantID: "MS100000001", Name: "晴川選物", AutoCapture: true,
		Path: member.StorePath + "/MS100000001/auto-capture",
		Terms: []ui.Term{
			{Label: "商店代號", Value: "MS100000001", Copy: true},
			{Label: "商店類型", Value: "金流特約商店"},
			{Label: "3D", Value: "3D"},
			{Label: "環境", Value: "正式"},
			{Label: "單筆上限", Value: "NT$200,000"},
		},
		Wire: []ui.Term{
			{Label: "HashKey", Value: "••••••••••••••••", Note: "加密保存，不顯示"},
			{Label: "HashIV", Value: "••••••••••••••••", Note: "加密保存，不顯示"},
			{Label: "ReturnURL", Value: "https://shop.example.com"},
			{Label: "NotifyURL"},
		},
		Passkey: member.StorePasskey{
			State: ui.Tag{Word: "申請中", Tone: ui.ToneWait}, Note: "申請案件處理中：資料確認。",
			Follow: member.PasskeyApplicationsPath + "/12", Receipt: "PK261124-7H3K9Q",
			History: []ui.Event{
				{
					Time: "2026-10-30 09:12:44", Text: "已停用 Passkey服務", Note: "會員要求", Actor: "客服人員", Tone: ui.ToneOff,
				},
				{Time: "2026-10-02 15:30:08", Text: "已開通 Passkey服務", Actor: "客服人員", Tone: ui.ToneGood},
			},
		},
	}
}
