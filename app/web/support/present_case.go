package support

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/views/applicant"
	view "github.com/memberzone/memberzone/views/support"
	"github.com/memberzone/memberzone/views/ui"
)

// desk is a case on somebody's desk: what the page of an application is made from.
type desk struct {
	onboarding.Case
	now     time.Time
	me      onboarding.Staff
	allows  func(permit.Gate) bool
	alone   bool     // one person activates
	refused *refusal // nil when nothing was posted
}

// page fills in all but the shell and what other applications there are.
func (d desk) page() view.ApplicationPage {
	page := view.ApplicationPage{
		Path: applicationHref(d.Receipt), Version: strconv.FormatInt(d.Version, 10), Receipt: string(d.Receipt),
		Kind: d.Kind.Label(), State: stateTag(d.State), Since: "自 " + timeText(d.StateSince),
		Message: d.Message, Moves: d.moves(), Stores: d.stores(), Terms: d.terms(), Member: d.member(),
		Link: d.linkForm(), Contacts: d.contacts(), Notes: d.notes(), Files: d.files(), Checks: presentChecks(d.Checks),
		Checkable: len(d.Stores) > 0, CheckNote: "申請時與提出開通前各檢查一次", History: d.history(), Merge: d.mergeForm(),
		Notices: d.notices(), StoreNote: d.storeNote(), MovesNote: d.movesNote(),
	}
	page.Due, page.DueText, page.DueNote = presentDue(d.Application, d.now)
	switch d.State {
	case onboarding.NeedsInfo, onboarding.Returned, onboarding.Deactivated:
		page.Reason, page.Words = "原因："+d.Reason.Label(), d.ReasonText
	case onboarding.Submitted, onboarding.Contacting, onboarding.Confirmed, onboarding.Activating, onboarding.Activated,
		onboarding.Withdrawn, onboarding.Answered, onboarding.Merged:
	}
	page.Problem = d.problem(page)
	return page
}

// storeNote says how stores are activated.
func (d desk) storeNote() string {
	if d.alone {
		return "逐店開通，提出後立即生效"
	}
	return "逐店開通，由一人提出、另一人確認"
}

// movesNote leads to the stores, where the next step is theirs.
func (d desk) movesNote() string {
	for _, s := range d.Stores {
		switch {
		case s.Standing == onboarding.StoreProposed && d.State == onboarding.Activating:
			return "請在「申請商店」確認開通。"
		case s.Standing == onboarding.StoreWaiting && d.State == onboarding.Confirmed:
			return "請在「申請商店」提出開通。"
		}
	}
	return ""
}

// presentDue tells until when an application is to be activated, and how near that is.
func presentDue(a onboarding.Application, now time.Time) (tag ui.Tag, text, note string) {
	tag = urgencyTag(a.Urgency(now))
	if tag.Word == "" {
		return tag, "", ""
	}
	text = dayText(a.Due.From) + " 至 " + dayText(a.Due.Until)
	if len(a.Due.Missing) > 0 {
		note = yearsText(a.Due.Missing) + " 年的工作日曆尚未匯入，只扣除週末"
	}
	return tag, text, note
}

func yearsText(years []int) string {
	texts := make([]string, 0, len(years))
	for _, year := range years {
		texts = append(texts, strconv.Itoa(year))
	}
	return strings.Join(texts, "、")
}

// problem says on top of the page why a form was not taken, and keeps what was typed where
// its form is there no more.
func (d desk) problem(page view.ApplicationPage) ui.Notice {
	r := d.refused
	if r == nil || r.fault.Kind == fault.Invalid && r.fault.Field != "" && d.shown(page) {
		return ui.Notice{} // said beside the field
	}
	n := ui.Notice{Tone: ui.ToneBad, Title: "沒有執行", Text: r.fault.Public}
	if r.fault.Is(onboarding.ErrStale) && len(d.Steps) > 0 {
		last := d.Steps[len(d.Steps)-1]
		n.Text += "最近一次變更：" + timeText(last.At) + " " + actorText(last) + "「" + stepText(last) + "」。"
	}
	if typed := d.typed(); typed != "" && !d.shown(page) {
		n.Text += "您輸入的文字：「" + typed + "」"
	}
	return n
}

// typed returns the words of a move that was refused.
func (d desk) typed() string {
	return d.refused.form.Get(moveField("text", onboarding.Move(d.refused.part), d.refused.form.Get("store")))
}

// shown tells that the form that was posted is on the page.
func (d desk) shown(page view.ApplicationPage) bool {
	if !slices.Contains(onboarding.Moves, onboarding.Move(d.refused.part)) || d.refused.part == part(onboarding.Merge) {
		return true
	}
	open := func(m view.Move) bool { return m.Open }
	return slices.ContainsFunc(page.Moves, open) ||
		slices.ContainsFunc(page.Stores, func(s view.ApplicationStore) bool { return slices.ContainsFunc(s.Moves, open) })
}

func (d desk) notices() (list []ui.Notice) {
	for _, r := range d.MergedFrom {
		list = append(list, ui.Notice{Text: string(r) + " 已併入這個案件，其聯絡紀錄、備註與附件一併列出。"})
	}
	if d.State == onboarding.Merged && len(d.Steps) > 0 {
		list = append(list, ui.Notice{Text: "這個案件已併入 " + d.Steps[len(d.Steps)-1].Text + "，請到該案件處理。"})
	}
	return list
}

func (d desk) terms() []ui.Term {
	slots := make([]string, 0, len(d.Slots))
	for _, slot := range d.Slots {
		slots = append(slots, slot.Label())
	}
	return []ui.Term{
		{Label: "姓名 / 公司名稱", Value: d.Name},
		{Label: "諮詢項目", Value: d.Subject.Label()},
		{Label: "連絡電話", Value: d.Phone, Copy: true},
		{Label: "E-mail", Value: d.Email, Copy: true},
		{Label: "期望聯絡時間", Chips: slots},
		{Label: "送出時間", Value: timeText(d.SubmittedAt)},
	}
}

func (d desk) member() []ui.Term {
	if d.MemberID == 0 {
		return nil
	}
	from := "公開申請頁"
	if d.AppliedBy != 0 {
		from = "會員專區"
	}
	return []ui.Term{
		{Label: "會員", Value: d.MemberName, Href: memberHref(d.MemberCode), Note: d.MemberCode},
		{Label: "來自", Value: from},
	}
}

// withheld says why this person may change nothing of the case; "" when they may.
func (d desk) withheld() string {
	if !d.allows(permit.ApplicationWork.Gate()) {
		return "您的角色只能檢視。"
	}
	return ""
}

func (d desk) linkForm() view.LinkForm {
	f := view.LinkForm{Withheld: d.withheld()}
	if !d.State.Open() || d.Kind != onboarding.Apply {
		f.Withheld = "案件目前不能變更連結。"
	}
	value, problem := d.refused.answers(partLink, "stores", "stores")
	f.Stores, f.Open = ui.Input{Value: value, Error: problem}, value != "" || problem != ""
	return f
}

func (d desk) mergeForm() view.MergeForm {
	offered := slices.Contains(onboarding.Allowed(d.Application), onboarding.Merge)
	value, problem := d.refused.answers(part(onboarding.Merge), "into", "into")
	return view.MergeForm{
		Offered: offered && d.withheld() == "", Into: ui.Input{Value: value, Error: problem},
		Open: value != "" || problem != "",
	}
}

func (d desk) assignForm(people []account.Account) view.AssignForm {
	f := view.AssignForm{
		Me: strconv.FormatInt(int64(d.me.ID), 10), Mine: d.Assignee == d.me.ID, Withheld: d.withheld(),
	}
	f.Choices.Options = []ui.Option{{Label: "未指派", Selected: d.Assignee == 0}}
	for _, who := range people {
		f.Choices.Options = append(f.Choices.Options, ui.Option{
			Value: strconv.FormatInt(int64(who.ID), 10), Label: who.Login + "（" + roles[who.Role].label + "）",
			Selected: who.ID == d.Assignee,
		})
	}
	_, f.Choices.Error = d.refused.answers(partAssign, "assignee", "assignee")
	return f
}

// history lists the steps, the newest first.
func (d desk) history() []ui.Event {
	events := make([]ui.Event, 0, len(d.Steps))
	for _, s := range slices.Backward(d.Steps) {
		note := s.Reason.Label()
		if s.Text != "" {
			note = strings.TrimPrefix(note+"："+s.Text, "：")
		}
		events = append(events, ui.Event{
			Time: timeText(s.At), Actor: actorText(s), Text: stepText(s), Note: note, Tone: stateTag(s.State).Tone,
		})
	}
	return events
}

func stepText(s onboarding.Step) string {
	if s.Move == "" {
		return s.State.Label()
	}
	text := s.Move.Label()
	if s.Store != "" {
		text += "（" + s.Store + "）"
	}
	return text + " → " + s.State.Label()
}

func actorText(s onboarding.Step) string {
	switch {
	case s.By == onboarding.BySystem:
		return "系統"
	case s.By == onboarding.ByStaff:
		return s.Login
	case s.Login != "":
		return "申請人 " + s.Login
	}
	return "申請人"
}

var verdictTones = map[onboarding.Verdict]ui.Tone{
	onboarding.Pass: ui.ToneDone, onboarding.Warn: ui.ToneWait, onboarding.Fail: ui.ToneBad,
}

func presentChecks(checks []onboarding.Check) []applicant.Check {
	list := make([]applicant.Check, 0, len(checks))
	for _, c := range checks {
		one := applicant.Check{Store: c.MerchantID, At: timeText(c.At) + " 檢查"}
		for _, i := range c.Items {
			one.Items = append(one.Items, applicant.CheckItem{
				Code: string(i.Code), State: ui.Tag{Word: i.Verdict.Label(), Tone: verdictTones[i.Verdict]},
				Label: i.Label + "：" + i.Found, Todo: i.Todo,
			})
		}
		list = append(list, one)
	}
	return list
}
