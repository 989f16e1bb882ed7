package applicant

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/onboarding"
	"github.com/memberzone/memberzone/views/applicant"
	"github.com/memberzone/memberzone/views/ui"
)

// Way says where an applicant's forms post, and where stores have a page.
type Way struct {
	Path   string // of the page; answer and withdraw post beneath it
	Stores string // of the stores' pages; empty where there are none
	Now    time.Time
}

var stateTags = map[onboarding.State]ui.Tag{
	onboarding.Submitted: {Tone: ui.ToneMove, Shape: ui.ShapeRing}, onboarding.Contacting: {Tone: ui.ToneMove},
	onboarding.NeedsInfo: {Tone: ui.ToneWait, Shape: ui.ShapeReturn}, onboarding.Confirmed: {Tone: ui.ToneMove},
	onboarding.Activating: {Tone: ui.ToneMove}, onboarding.Activated: {Tone: ui.ToneDone},
	onboarding.Deactivated: {Tone: ui.ToneOff}, onboarding.Returned: {Tone: ui.ToneBad},
	onboarding.Withdrawn: {Tone: ui.ToneOff}, onboarding.Answered: {Tone: ui.ToneDone},
	onboarding.Merged: {Tone: ui.ToneOff, Shape: ui.ShapeReturn},
}

// StateTag shows a state.
func StateTag(s onboarding.State) ui.Tag {
	tag := stateTags[s]
	tag.Word = s.Label()
	return tag
}

// UrgencyTag shows how near the end of the promise is; nothing while there is time.
func UrgencyTag(u onboarding.Urgency) ui.Tag {
	switch u {
	case onboarding.LastDay:
		return ui.Tag{Word: "最後一天", Tone: ui.ToneWait}
	case onboarding.Overdue:
		return ui.Tag{Word: "已逾期", Tone: ui.ToneBad}
	case onboarding.NotDue, onboarding.OnTime:
	}
	return ui.Tag{}
}

// DueText is between which days activation is promised; empty where no clock runs.
func DueText(d onboarding.Due) string {
	if d.Until.IsZero() {
		return ""
	}
	return DayText(d.From) + "至 " + DayText(d.Until)
}

var weekdays = [...]string{"日", "一", "二", "三", "四", "五", "六"}

// DayText is a day with its weekday, such as 2026-11-24（二）; nothing for no day.
func DayText(d clock.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String() + "（" + weekdays[d.Start().In(clock.Taipei).Weekday()] + "）"
}

// TimeText is a time in Taipei, to the minute.
func TimeText(t time.Time) string { return t.In(clock.Taipei).Format("2006-01-02 15:04") }

// Title is what the page of an application is called.
func Title(k onboarding.Kind) string {
	if k == onboarding.Consult {
		return "諮詢"
	}
	return "Passkey服務申請"
}

// nexts say what comes next.
var nexts = map[onboarding.State]string{
	onboarding.Submitted:   "專人將於您期望的時間與您聯絡。",
	onboarding.Contacting:  "專人正在與您確認需求與資料。確認後 3–5 個工作天完成開通。",
	onboarding.NeedsInfo:   "請在下方補充資料。收到後由專人確認，接續開通作業。",
	onboarding.Confirmed:   "資料已確認，等待開通作業。",
	onboarding.Activating:  "開通作業進行中，完成後以信件通知。",
	onboarding.Activated:   "已可使用。新的付款依條件與裝置使用 Passkey 或簡訊驗證碼。",
	onboarding.Deactivated: "Passkey服務已停用，付款改以簡訊驗證，不影響收款。需要時請與我們聯絡重新開通。",
	onboarding.Returned:    "請依說明調整後重新申請。",
	onboarding.Withdrawn:   "您可以隨時重新申請。",
	onboarding.Answered:    "感謝您的諮詢。",
	onboarding.Merged:      "後續請以併入的案件為準。",
}

// Progress presents where an application stands.
func Progress(c onboarding.Case, w Way) applicant.Progress {
	version := strconv.FormatInt(c.Version, 10)
	p := applicant.Progress{
		Receipt: string(c.Receipt), Title: Title(c.Kind), State: StateTag(c.State), Since: "自 " + TimeText(c.StateSince),
		Next: nexts[c.State], Track: track(c), Checks: checks(c), Terms: terms(c.Application), History: history(c),
		Stores: stores(c.Stores, w),
	}
	if text := DueText(c.Due); text != "" && c.State.Open() {
		p.Due = applicant.Due{Range: text, Tag: UrgencyTag(c.Urgency(w.Now)), Note: dueNote(c.Due)}
	}
	switch c.State {
	case onboarding.NeedsInfo:
		p.Reason = reason("需要補充：", c)
		p.Ask = applicant.Ask{
			Action: w.Path + "/answer", Version: version, Accept: "application/pdf,image/jpeg,image/png",
			Limits: "PDF、JPEG 或 PNG，每個 5 MB 以內，最多 3 個",
		}
	case onboarding.Returned:
		p.Reason = reason("退回原因：", c)
	case onboarding.Deactivated:
		p.Reason = reason("停用原因：", c)
	case onboarding.Submitted, onboarding.Contacting, onboarding.Confirmed, onboarding.Activating, onboarding.Activated,
		onboarding.Withdrawn, onboarding.Answered, onboarding.Merged:
	}
	if onboarding.ApplicantMay(c.Application, onboarding.WithdrawIt) {
		p.Withdraw = applicant.Withdraw{Action: w.Path + "/withdraw", Version: version}
	}
	for _, f := range c.Attachments {
		p.Files = append(p.Files, applicant.File{
			Name: f.Name, Size: strconv.Itoa((f.Size+1023)>>10) + " KiB", At: TimeText(f.At), By: "您",
		})
	}
	return p
}

func dueNote(d onboarding.Due) string {
	note := "資料確認後第 3 至第 5 個工作天"
	for _, year := range d.Missing {
		note += "；" + strconv.Itoa(year) + " 年的辦公日曆尚未公布，以週休二日計算"
	}
	return note
}

func reason(title string, c onboarding.Case) applicant.Reason {
	return applicant.Reason{Title: title + c.Reason.Label(), Text: c.Reason.Text(), Words: c.ReasonText}
}

// The way of an application to 已開通, and of a question to its answer.
var (
	way = []onboarding.State{
		onboarding.Submitted, onboarding.Contacting, onboarding.Confirmed, onboarding.Activating, onboarding.Activated,
	}
	questionWay = []onboarding.State{onboarding.Submitted, onboarding.Contacting, onboarding.Answered}
)

// track shows the way with when each state was reached; nothing for what has left it.
func track(c onboarding.Case) []ui.Step {
	along := way
	if c.Kind == onboarding.Consult {
		along = questionWay
	}
	here := slices.Index(along, c.State)
	if c.State == onboarding.NeedsInfo { // an answer leads back there
		here = slices.Index(along, onboarding.Contacting)
	}
	if here < 0 {
		return nil
	}
	var steps []ui.Step
	for i, state := range along {
		last := i == len(along)-1
		step := ui.Step{Label: state.Label(), Done: i < here || i == here && last, Current: i == here && !last}
		for _, s := range c.Steps {
			// What was done about one store leads to no state before 開通作業, it only goes on in it.
			about := s.Store != "" && i <= slices.Index(along, onboarding.Confirmed)
			if s.State == state && i <= here && !about {
				step.Note = s.At.In(clock.Taipei).Format("01-02 15:04")
			}
		}
		steps = append(steps, step)
	}
	return steps
}

var verdictTones = map[onboarding.Verdict]ui.Tone{
	onboarding.Pass: ui.ToneDone, onboarding.Warn: ui.ToneWait, onboarding.Fail: ui.ToneBad,
}

func checks(c onboarding.Case) []applicant.Check {
	if c.AppliedBy == 0 { // whoever holds a link need not know how a store is set up
		return nil
	}
	return Checks(c.Checks)
}

// Checks presents readiness checks.
func Checks(list []onboarding.Check) []applicant.Check {
	var shown []applicant.Check
	for _, check := range list {
		one := applicant.Check{Store: check.MerchantID, At: "檢查時間 " + TimeText(check.At)}
		for _, item := range check.Items {
			one.Items = append(one.Items, applicant.CheckItem{
				Code: string(item.Code), State: ui.Tag{Word: item.Verdict.Label(), Tone: verdictTones[item.Verdict]},
				Label: item.Label, Found: item.Found, Todo: item.Todo,
			})
		}
		shown = append(shown, one)
	}
	return shown
}

func terms(a onboarding.Application) []ui.Term {
	var slots []string
	for _, s := range a.Slots {
		slots = append(slots, s.Label())
	}
	return []ui.Term{
		{Label: "收件編號", Value: string(a.Receipt), Copy: true},
		{Label: "諮詢項目", Value: a.Subject.Label()},
		{Label: "姓名 / 公司名稱", Value: a.Name},
		{Label: "連絡電話", Value: a.Phone},
		{Label: "E-mail", Value: a.Email},
		{Label: "想要諮詢的事項", Value: a.Message},
		{Label: "期望聯絡時間", Chips: slots},
		{Label: "送出時間", Value: TimeText(a.SubmittedAt)},
	}
}

var standingTones = map[onboarding.Standing]ui.Tag{
	onboarding.StoreWaiting:  {Word: "申請中", Tone: ui.ToneWait},
	onboarding.StoreProposed: {Word: "開通作業中", Tone: ui.ToneMove},
	onboarding.StoreActive:   {Word: "已啟用", Tone: ui.ToneGood},
	onboarding.StoreOff:      {Word: "已停用", Tone: ui.ToneOff},
}

func stores(list []onboarding.Store, w Way) []applicant.Store {
	var shown []applicant.Store
	for _, s := range list {
		one := applicant.Store{MerchantID: s.MerchantID, Name: s.Name, State: standingTones[s.Standing]}
		if w.Stores != "" {
			one.Href = w.Stores + "/" + s.MerchantID
		}
		switch s.Standing {
		case onboarding.StoreActive:
			one.Note = TimeText(s.ActiveAt) + " 開通"
		case onboarding.StoreOff:
			one.Note = TimeText(s.OffAt) + " 停用：" + s.OffReason.Label()
		case onboarding.StoreWaiting, onboarding.StoreProposed:
		}
		shown = append(shown, one)
	}
	return shown
}

// history lists what happened, the newest first. Our staff have no names here.
func history(c onboarding.Case) []ui.Event {
	var events []ui.Event
	for _, s := range slices.Backward(c.Steps) {
		e := ui.Event{
			Time: s.At.In(clock.Taipei).Format("2006-01-02 15:04:05"), Text: s.State.Label(), Actor: "您",
			Tone: StateTag(s.State).Tone,
		}
		if s.By != onboarding.ByApplicant {
			e.Actor = "客服人員"
		}
		if s.Store != "" {
			e.Text = strings.TrimSpace(storeStep(s) + " " + s.Store)
		}
		e.Note = stepNote(s)
		events = append(events, e)
	}
	return events
}

// stepNote is why, and what was written: by the applicant, or to the applicant. What our
// staff write for each other is not shown.
func stepNote(s onboarding.Step) string {
	note := s.Reason.Label()
	switch s.Move {
	case onboarding.AskInfo, onboarding.Return, onboarding.Deactivate:
	default:
		if s.By != onboarding.ByApplicant {
			return note
		}
	}
	if note != "" && s.Text != "" {
		note += "："
	}
	return note + s.Text
}

func storeStep(s onboarding.Step) string {
	switch s.Move {
	case onboarding.Propose:
		return "開通作業"
	case onboarding.Activate:
		return "已開通"
	case onboarding.Deactivate:
		return "已停用"
	}
	return s.State.Label()
}
