package member

import (
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	view "github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/ui"
)

var actionLabels = map[payment.Action]string{
	payment.ActVoid: "取消授權", payment.ActCapture: "請款", payment.ActRefund: "退款",
	payment.ActUndoCapture: "取消請款", payment.ActUndoRefund: "取消退款",
}

// undoes are the actions that take an operation back.
var undoes = map[payment.Action]payment.OperationKind{
	payment.ActUndoCapture: payment.Capture, payment.ActUndoRefund: payment.Refund,
}

// kinds are the operations that the actions ask for.
var kinds = map[payment.Action]payment.OperationKind{
	payment.ActVoid: payment.Void, payment.ActCapture: payment.Capture, payment.ActRefund: payment.Refund,
}

// repeatWindow is how long a refund of the same amount is looked upon as perhaps the
// same one.
const repeatWindow = 24 * time.Hour

// errRepeat asks to confirm a refund that may be one too many.
var errRepeat = fault.New(fault.Refused, "refund_repeated",
	"24 小時內已對這筆訂單申請過相同金額的退款，請確認不是重複退款。").At("repeat")

// cardHref is the address of a transaction's page.
func cardHref(no ident.TradeNo) string { return pathCardList + "/" + string(no) }

// presentButtons judges every action. Withheld is why this person may do none of them.
func presentButtons(a actionPage, now time.Time, withheld string) []view.CreditCardButton {
	t := a.detail.Transaction
	buttons := make([]view.CreditCardButton, 0, len(payment.Actions))
	for _, action := range payment.Actions {
		button := view.CreditCardButton{
			Action: string(action), Label: actionLabels[action], Href: cardHref(t.TradeNo) + "/" + string(action),
		}
		verdict := payment.Judge(action, t, a.operations, now)
		switch {
		case !verdict.Allowed():
			button.Reason = verdict.Refusal.Public
		case withheld != "":
			button.Reason = withheld
		default:
			button.Until = untilText(action, verdict)
		}
		buttons = append(buttons, button)
	}
	return buttons
}

// untilText says until when an action is possible.
func untilText(action payment.Action, v payment.Verdict) string {
	if undoes[action] != "" {
		return "可取消至 " + minuteText(v.Until)
	}
	return "可申請至 " + minuteText(v.Until)
}

// shownAction is the page with what a refusal needs to know of it.
type shownAction struct {
	view.CreditCardActionPage
	TradeNo string
}

func (p *pages) presentAction(a actionPage, form actionForm) shownAction {
	now := p.Clock.Now()
	t := a.detail.Transaction
	verdict := payment.Judge(a.action, t, a.operations, now)
	label := actionLabels[a.action]
	page := shownAction{TradeNo: string(t.TradeNo), CreditCardActionPage: view.CreditCardActionPage{
		Action: string(a.action), Label: label, Path: cardHref(t.TradeNo) + "/" + string(a.action),
		Back: cardPage(cardHref(t.TradeNo), url.Values{}, form.back), Query: form.back,
		Terms: actionTerms(a), Whole: verdict.Whole, Key: form.key,
		Amount: ui.Input{Value: form.amount}, Warning: repeatWarning(a, now),
	}}
	if page.Key == "" {
		page.Key = payment.NewKey()
	}
	if page.Amount.Value == "" && verdict.Max > 0 {
		page.Amount.Value = verdict.Max.String()
	}
	page.Figures, page.Words = "—", "—"
	if amount, err := parseAmount(page.Amount.Value); err == nil {
		page.Figures, page.Words = amount.Display(), amount.Words()
	}
	if !verdict.Allowed() {
		page.Reason, page.Whole = verdict.Refusal.Public, true
		return page
	}
	page.Hint = "最多 " + verdict.Max.Display() + "。"
	if verdict.Whole {
		page.Hint = "只能全額，" + verdict.Max.Display() + "。"
	}
	page.Effects = actionEffects(a.action, verdict, now)
	page.Close = closeCountdown(a.action, now)
	return page
}

// refuse says on the page why the form was refused, beside the field it is about.
func (s *shownAction) refuse(f *fault.Fault, form actionForm) {
	switch {
	case f.Is(errRepeat):
		s.Repeat = form.amount
		s.Warning = ui.Notice{}
		s.Problem = ui.Notice{Tone: ui.ToneBad, Title: "還沒有申請退款", Text: f.Public}
	case f.Field == "amount" && s.Reason == "":
		s.Amount.Error = f.Public
	default:
		s.Problem = ui.Notice{Tone: ui.ToneBad, Title: "沒有執行" + s.Label, Text: f.Public}
	}
}

func actionTerms(a actionPage) []ui.Term {
	t := a.detail.Transaction
	m := payment.MoneyOf(t)
	return []ui.Term{
		{Label: "金流交易序號", Value: string(t.TradeNo)},
		{Label: "商店訂單編號", Value: t.OrderNo},
		{Label: "商店", Value: a.detail.Store.MerchantID, Note: a.detail.Store.Name},
		{Label: "交易狀態", Tag: ui.TransactionTag(statusLabels[t.Status])},
		{Label: "已授權", Value: m.Authorised.Display()},
		{Label: "已請款", Value: m.Captured.Display()},
		{Label: "已退款", Value: m.Refunded.Display()},
		{Label: "可退款", Value: m.Refundable.Display()},
	}
}

// actionEffects say what will happen, and until when it can be undone.
func actionEffects(action payment.Action, v payment.Verdict, now time.Time) []string {
	send := minuteText(payment.CloseOf(payment.CloseDayOf(now)))
	until := "這個動作" + untilText(action, v) + "。"
	switch action {
	case payment.ActVoid:
		return []string{
			"立即請收單行取消這筆授權，釋放持卡人的信用額度。", "只能全額取消，完成後無法復原，也不能再請款。", until,
		}
	case payment.ActCapture:
		return []string{
			"於 " + send + " 關帳時送交收單行，銀行確認後完成請款。", "每筆交易只能請款一次，沒有請款的餘額不能再請。",
			"在 " + send + " 前可以取消請款。", until,
		}
	case payment.ActRefund:
		return []string{
			"於 " + send + " 關帳時送交收單行，退回持卡人的信用卡。", "每筆交易一天只能申請一次退款。",
			"在 " + send + " 前可以取消退款。", until,
		}
	case payment.ActUndoCapture:
		return []string{"這次請款不會送出，交易回到授權成功。", "取消後無法復原；仍在期限內時可以重新請款。", until}
	default:
		return []string{"這次退款不會送出，金額回到可退款。", "取消後無法復原；仍在期限內時可以重新申請退款。", until}
	}
}

// closeCountdown counts to the close that sends or ends the action. A void does not
// wait for it.
func closeCountdown(action payment.Action, now time.Time) view.CloseCountdown {
	if action == payment.ActVoid {
		return view.CloseCountdown{}
	}
	day := payment.CloseDayOf(now)
	at := payment.CloseOf(day)
	c := view.CloseCountdown{
		At: at.UTC().Format(time.RFC3339), Now: now.UTC().Format(time.RFC3339Nano), Left: "還有 " + durationText(at.Sub(now)),
		Text: "距離今日 21:00 關帳", Over: "已過關帳時間，這次申請會在下一次關帳時送出。",
	}
	if day != clock.DateOf(now) {
		c.Text = "今日 21:00 已關帳，距離明日 21:00 關帳"
	}
	if undoes[action] != "" {
		c.Over = "已過關帳時間，不能再取消。"
	}
	return c
}

func durationText(d time.Duration) string {
	seconds := int64((d + time.Second - 1) / time.Second)
	return fmt.Sprintf("%d 小時 %d 分 %d 秒", seconds/3600, seconds/60%60, seconds%60)
}

// minuteText is a moment in Taipei without its seconds, which are zero.
func minuteText(t time.Time) string { return t.In(clock.Taipei).Format("2006-01-02 15:04") }

// recentRefunds are the refunds that were asked for within a day and not called off.
func (a actionPage) recentRefunds(now time.Time) []payment.Operation {
	return slices.DeleteFunc(slices.Clone(a.operations), func(o payment.Operation) bool {
		return o.Kind != payment.Refund || o.State == payment.Undone || o.State == payment.Refused ||
			now.Sub(o.RequestedAt) > repeatWindow
	})
}

// repeatWarning tells of refunds within a day, before a form is sent.
func repeatWarning(a actionPage, now time.Time) ui.Notice {
	if a.action != payment.ActRefund || !payment.Judge(a.action, a.detail.Transaction, a.operations, now).Allowed() {
		return ui.Notice{}
	}
	recent := a.recentRefunds(now)
	if len(recent) == 0 {
		return ui.Notice{}
	}
	last := recent[len(recent)-1]
	return ui.Notice{
		Tone: ui.ToneWait, Title: "24 小時內已申請過退款",
		Text: timeText(last.RequestedAt) + " 由 " + actorText(last.Actor) + " 申請退款 " + last.Amount.Display() +
			"。如果金額相同，請確認不是重複退款。",
	}
}

// checkRepeat refuses a refund of an amount that was refunded within a day, until that
// is confirmed. A form that was sent before is not asked again.
func (a actionPage) checkRepeat(form actionForm, amount money.TWD, now time.Time) error {
	if a.action != payment.ActRefund || !payment.Judge(a.action, a.detail.Transaction, a.operations, now).Allowed() {
		return nil // Act says what is wrong, or knows the form
	}
	confirmed, err := parseAmount(form.repeat)
	if err == nil && confirmed == amount || !a.repeats(form.key, amount, now) {
		return nil
	}
	return errRepeat
}

// repeats tells that a refund of the amount repeats one within a day that another form
// has asked for.
func (a actionPage) repeats(key string, amount money.TWD, now time.Time) bool {
	return a.action == payment.ActRefund &&
		slices.ContainsFunc(a.recentRefunds(now), func(o payment.Operation) bool {
			return o.Amount == amount && o.RequestID != key
		})
}

// actionNotice tells on the transaction page what became of what was just asked for, as
// it stands now; nothing for a word that means nothing.
func actionNotice(done string, operations []payment.Operation) ui.Notice {
	action := payment.Action(done)
	undone, undo := undoes[action]
	kind := kinds[action]
	if undo {
		kind = undone
	}
	var last *payment.Operation
	for i, o := range operations {
		if o.Kind == kind {
			last = &operations[i]
		}
	}
	if last == nil || undo != (last.State == payment.Undone) {
		return ui.Notice{}
	}
	label, amount := actionLabels[action], last.Amount.Display()
	if undo {
		return ui.Notice{Tone: ui.ToneGood, Title: "已完成" + label, Text: amount + " 的申請不會送出。"}
	}
	return operationNotice(*last, label, amount)
}

// operationNotice tells where an operation stands, and until when it can be undone.
func operationNotice(o payment.Operation, label, amount string) ui.Notice {
	until := minuteText(payment.CloseOf(o.CloseDay))
	switch {
	case o.State == payment.Requested && o.Kind == payment.Void:
		return ui.Notice{
			Tone: ui.ToneWait, Title: "已送出" + label, Text: amount + "，等待銀行回覆。系統會繼續查詢，結果會顯示在這一頁。",
		}
	case o.State == payment.Requested:
		return ui.Notice{
			Tone: ui.ToneGood, Title: "已申請" + label,
			Text: amount + "，將於 " + until + " 送出；在此之前可以取消" + label + "。",
		}
	case o.State == payment.Sent:
		return ui.Notice{
			Tone: ui.ToneGood, Title: "已送出" + label, Text: amount + "，等待銀行確認；已過 " + until + "，不能取消。",
		}
	case o.State == payment.Done:
		return ui.Notice{Tone: ui.ToneGood, Title: "已完成" + label, Text: amount + "，無法復原。"}
	default:
		return ui.Notice{Tone: ui.ToneBad, Title: "銀行拒絕" + label, Text: amount + "，銀行回應碼 " + o.RespondCode + "。"}
	}
}
