package member

import (
	"strconv"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/approval"
	"github.com/memberzone/memberzone/app/payment"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

var approvalTags = map[approval.State]ui.Tag{
	approval.Waiting:   {Word: "等待覆核", Tone: ui.ToneWait},
	approval.Approved:  {Word: "已同意", Tone: ui.ToneDone},
	approval.Refused:   {Word: "已拒絕", Tone: ui.ToneBad},
	approval.Withdrawn: {Word: "已撤回", Tone: ui.ToneOff},
	approval.Expired:   {Word: "已逾期", Tone: ui.ToneOff},
}

// approvalHref is the address of a request's page.
func approvalHref(id approval.ID) string {
	return view.ApprovalsPath + "/" + strconv.FormatInt(int64(id), 10)
}

func presentApprovals(list []approval.Request) (page view.ApprovalsPage) {
	for _, r := range list {
		row := view.ApprovalRow{
			ID: strconv.FormatInt(int64(r.ID), 10), Href: approvalHref(r.ID), TradeNo: string(r.TradeNo),
			OrderNo: r.OrderNo, Action: actionLabels[r.Action], Amount: r.Amount.Grouped(), Maker: r.Maker,
			MadeAt: timeText(r.MadeAt), Until: minuteText(r.Until), State: approvalTags[r.State],
			Checker: r.Checker, Ended: timeText(r.DecidedAt),
		}
		if r.State == approval.Waiting {
			page.Waiting = append(page.Waiting, row)
			continue
		}
		page.Ended = append(page.Ended, row)
	}
	return page
}

// presentApproval shows a request to an account: its maker may withdraw it, anybody else
// decide.
func presentApproval(r approval.Request, asked actionPage, who account.ID, now time.Time) view.ApprovalPage {
	waits := r.State == approval.Waiting
	page := view.ApprovalPage{
		Label: actionLabels[r.Action], Trade: cardHref(r.TradeNo), Path: approvalHref(r.ID),
		Figures: r.Amount.Display(), Words: r.Amount.Words(),
		Checks: waits && r.MakerID != who, Makes: waits && r.MakerID == who,
	}
	page.Terms = append(actionTerms(asked),
		ui.Term{Label: "申請人", Value: r.Maker}, ui.Term{Label: "申請時間", Value: timeText(r.MadeAt)},
		ui.Term{Label: "期限", Value: minuteText(r.Until)})
	if !waits {
		page.State = endedNotice(r, asked)
		return page
	}
	verdict := payment.Judge(r.Action, asked.detail.Transaction, asked.operations, now)
	if f := refused(verdict.Check(r.Amount, asked.detail.Transaction)); f != nil {
		page.Reason = "現在不能執行：" + f.Public
		return page
	}
	page.Effects = actionEffects(r.Action, verdict, now)
	return page
}

// endedNotice tells how a request ended, and of an approved one what became of it.
func endedNotice(r approval.Request, asked actionPage) ui.Notice {
	n := ui.Notice{Tone: ui.ToneNeutral, Title: approvalTags[r.State].Word, Text: timeText(r.DecidedAt)}
	switch r.State {
	case approval.Approved:
		n.Tone, n.Text = ui.ToneGood, n.Text+" 由 "+r.Checker+" 同意。"
		for _, o := range asked.operations {
			if o.RequestID == r.Key {
				told := operationNotice(o, actionLabels[r.Action], o.Amount.Display())
				n.Text += told.Title + "：" + told.Text
			}
		}
	case approval.Refused:
		n.Text += " 由 " + r.Checker + " 拒絕：" + r.Reason
	case approval.Withdrawn:
		n.Text += " 由申請人撤回，沒有執行。"
	case approval.Expired:
		n.Text += " 已過期限，沒有執行。"
	case approval.Waiting:
	}
	return n
}

// presentTradeApproval tells on a transaction's page that a request waits.
func presentTradeApproval(r *approval.Request) view.TradeApproval {
	if r == nil {
		return view.TradeApproval{}
	}
	return view.TradeApproval{
		Text: timeText(r.MadeAt) + " 由 " + r.Maker + " 申請" + actionLabels[r.Action] + " " + r.Amount.Display() +
			"，期限 " + minuteText(r.Until) + "。",
		Href: approvalHref(r.ID),
	}
}

// approvalsTask is what the home page lists while requests wait for this account.
func approvalsTask(waiting int) view.Task {
	return view.Task{
		Text: strconv.Itoa(waiting) + " 件申請待覆核", Note: "取消授權、請款或退款，等待您同意或拒絕",
		Href: view.ApprovalsPath, Tone: ui.ToneWait,
	}
}

func presentApprovalSetting(s approval.Setting) view.ApprovalSettingPage {
	page := view.ApprovalSettingPage{Now: "不需要覆核"}
	if s.Threshold > 0 {
		page.Now, page.Threshold.Value = s.Threshold.Display()+" 以上需要覆核", s.Threshold.String()
	}
	for _, a := range s.Checkers {
		stores := "全部商店"
		if a.Account.Kind != account.Owner {
			stores = strings.Join(storeNames(a.Stores), "、")
		}
		page.Checkers = append(page.Checkers, view.ApprovalChecker{
			Login: a.Account.Login, Role: roleLabel(a.Account.Kind), Stores: stores,
		})
	}
	return page
}
