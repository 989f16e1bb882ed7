package member

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/approval"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

// presentPick offers what can be done with ticked transactions of the page in sight.
func presentPick(q query) view.CreditCardPick {
	back := q.set()
	if cursor := q.values.Get("cursor"); cursor != "" {
		back.Set("cursor", cursor)
	}
	pick := view.CreditCardPick{Back: back.Encode()}
	for _, action := range payment.Actions {
		pick.Actions = append(pick.Actions, view.CreditCardButton{Action: string(action), Label: actionLabels[action]})
	}
	return pick
}

func presentSelection(s selection, from money.TWD, now time.Time) view.CreditCardSelectionPage {
	page := view.CreditCardSelectionPage{
		Action: string(s.action), Label: actionLabels[s.action], Back: listHref(s.back), Query: s.back, Key: s.key,
	}
	var total money.TWD
	approvals := 0
	for _, row := range s.rows {
		shown := presentPicked(s, row)
		if row.refusal != nil {
			shown.Note = row.refusal.Public
			page.MayNot = append(page.MayNot, shown)
			continue
		}
		shown.Until = untilText(s.action, row.verdict)
		total += row.amount // at most a page of amounts far below the largest
		var notes []string
		if needsApproval(s.action, row.amount, from) {
			approvals++
			notes = append(notes, "需要覆核")
		}
		if s.page(row).repeats("", row.amount, now) {
			notes = append(notes, "24 小時內已退過相同金額")
		}
		shown.Note = strings.Join(notes, "；")
		page.May = append(page.May, shown)
	}
	if len(page.May) == 0 {
		return page
	}
	page.Figures, page.Words = total.Display(), total.Words()
	effects := actionEffects(s.action, payment.Verdict{}, now)
	page.Effects = effects[:len(effects)-1] // the last tells of one deadline; each row has its own
	page.Close = closeCountdown(s.action, now)
	page.Approval = approvalNote(approvals, from)
	if n := s.repeats(now); n > 0 {
		page.Repeat = "其中 " + strconv.Itoa(n) + " 筆 24 小時內已對同一訂單申請過相同金額的退款；確認不是重複退款，仍要再退一次"
	}
	return page
}

func approvalNote(rows int, from money.TWD) string {
	if rows == 0 {
		return ""
	}
	return "其中 " + strconv.Itoa(rows) + " 筆金額達 " + from.Display() + "，會送出覆核申請，由另一位人員同意後才執行。"
}

func presentPicked(s selection, row picked) view.SelectedTrade {
	shown := view.SelectedTrade{TradeNo: row.no}
	if !row.found {
		return shown
	}
	shown.OrderNo, shown.Store = row.transaction.OrderNo, row.store.MerchantID
	shown.Href = cardPage(cardHref(row.transaction.TradeNo), url.Values{}, s.back)
	shown.Status = ui.TransactionTag(statusLabels[row.transaction.Status])
	shown.Amount = row.transaction.Amount.Grouped()
	if row.refusal == nil {
		shown.Amount = row.amount.Grouped()
	}
	shown.Value = rowValue(row)
	return shown
}

// rowValue is what the form sends for a transaction: with its amount, so that another
// than the one that was confirmed is never acted on.
func rowValue(row picked) string { return row.no + ":" + row.amount.String() }

// refuseSelection says on the page why the form was refused.
func refuseSelection(page *view.CreditCardSelectionPage, f *fault.Fault) {
	switch {
	case f == nil:
	case f.Is(errRepeat):
		page.Unticked = "請先勾選確認，或回到查詢結果取消勾選這些交易。"
	default:
		page.Problem = ui.Notice{Tone: ui.ToneBad, Title: "沒有執行" + page.Label, Text: f.Public}
	}
}

// The kinds of outcome, for scripts and tests.
const (
	outcomeDone     = "done"
	outcomeWaiting  = "waiting"
	outcomeApproval = "approval"
	outcomeRefused  = "refused"
	outcomeUnknown  = "unknown"
	outcomeLeft     = "not-started"
)

var outcomeTags = map[string]ui.Tag{
	outcomeDone:     {Word: "成功", Tone: ui.ToneGood},
	outcomeWaiting:  {Word: "等待銀行", Tone: ui.ToneWait},
	outcomeApproval: {Word: "等待覆核", Tone: ui.ToneWait},
	outcomeRefused:  {Word: "未執行", Tone: ui.ToneBad},
	outcomeUnknown:  {Word: "結果未明", Tone: ui.ToneBad},
	outcomeLeft:     {Word: "尚未執行", Tone: ui.ToneNeutral},
}

// presentOutcomes tells what became of each transaction, and offers to send the form
// again for those without an outcome.
func presentOutcomes(s selection, outcomes []outcome, now time.Time) view.CreditCardSelectionResult {
	page := view.CreditCardSelectionResult{Label: actionLabels[s.action], Back: listHref(s.back)}
	counts := map[string]int{}
	again := view.CreditCardSelectionPage{
		Action: string(s.action), Label: page.Label, Back: page.Back, Query: s.back, Key: s.key,
	}
	for i, o := range outcomes {
		row := s.rows[i]
		kind, text := o.words(s.action)
		counts[kind]++
		picked := presentPicked(s, row)
		if row.found {
			picked.Amount = row.amount.Grouped()
			again.May = append(again.May, picked)
		}
		page.Rows = append(page.Rows, view.SelectedOutcome{
			TradeNo: row.no, OrderNo: picked.OrderNo, Href: picked.Href, Amount: picked.Amount,
			Outcome: outcomeTags[kind], Text: text, Kind: kind,
		})
	}
	page.Summary = summaryOf(counts, len(outcomes))
	if counts[outcomeUnknown]+counts[outcomeLeft] > 0 {
		if s.repeats(now) > 0 {
			again.Repeat = "已確認不是重複退款"
		}
		page.Again = &again
	}
	return page
}

func summaryOf(counts map[string]int, all int) ui.Notice {
	var parts []string
	for _, kind := range []string{
		outcomeDone, outcomeWaiting, outcomeApproval, outcomeRefused, outcomeUnknown, outcomeLeft,
	} {
		if counts[kind] > 0 {
			parts = append(parts, outcomeTags[kind].Word+" "+strconv.Itoa(counts[kind])+" 筆")
		}
	}
	n := ui.Notice{Tone: ui.ToneGood, Title: "共 " + strconv.Itoa(all) + " 筆", Text: strings.Join(parts, "，") + "。"}
	if counts[outcomeDone] < all {
		n.Tone = ui.ToneWait
	}
	if counts[outcomeUnknown]+counts[outcomeLeft] > 0 {
		n.Text += "結果未明與尚未執行的可以再次送出，已執行的不會重複執行。"
	}
	return n
}

// words tell an outcome.
func (o outcome) words(action payment.Action) (kind, text string) {
	label, refusal := actionLabels[action], refused(o.err)
	switch {
	case !o.begun:
		return outcomeLeft, "這次處理的時間到了，還沒有執行。"
	case refusal != nil:
		return outcomeRefused, refusal.Public
	case o.err != nil:
		return outcomeUnknown, "系統沒有收到結果，請再次送出；不會重複執行。"
	case o.Request != nil:
		return requestWords(*o.Request)
	case undoes[action] != "":
		return outcomeDone, "已完成" + label + "，" + o.Operation.Amount.Display() + " 的申請不會送出。"
	}
	told := operationNotice(o.Operation, label, o.Operation.Amount.Display())
	switch {
	case o.Operation.State == payment.Refused:
		kind = outcomeRefused
	case o.Operation.Kind == payment.Void && o.Operation.State == payment.Requested:
		kind = outcomeWaiting
	case o.Operation.State == payment.Undone: // the same form again, after somebody took it back
		return outcomeDone, label + "已申請，之後已被取消。"
	default:
		kind = outcomeDone
	}
	return kind, told.Title + "：" + told.Text
}

// requestWords tell what became of the request that a form has led to.
func requestWords(r approval.Request) (kind, text string) {
	switch r.State {
	case approval.Approved:
		return outcomeDone, "已由 " + r.Checker + " 覆核同意並執行。"
	case approval.Waiting:
		return outcomeApproval, "已送出覆核申請，由另一位人員同意後才執行，期限 " + minuteText(r.Until) + "。"
	case approval.Refused:
		return outcomeRefused, "已由 " + r.Checker + " 覆核拒絕：" + r.Reason
	case approval.Withdrawn, approval.Expired:
	}
	return outcomeRefused, "覆核申請已" + approvalTags[r.State].Word + "。"
}
