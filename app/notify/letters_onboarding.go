package notify

import (
	"strings"
	"time"
	"unicode"

	"github.com/memberzone/memberzone/app/clock"
)

// Application is what the mails about an application for the Passkey服務 have in common.
type Application struct {
	To      string
	Name    string // 姓名 / 公司名稱, as the applicant wrote it
	Receipt string // the receipt number
	Subject string // 諮詢項目, by its label
	URL     string // where the applicant follows it; of a link it lets its reader in
	At      time.Time
}

func (a Application) letter(subject string, blocks ...block) letter {
	return letter{
		to: a.To, at: a.At, subject: "【Passkey服務】" + subject + " " + a.Receipt, blocks: blocks, automatic: true,
		hello: hello(a.Name),
	}
}

// hello greets an applicant.
// SECURITY: anybody may apply with another's address. A name that could be read as an
// address of the web or of a mailbox carries no message of theirs into a mail of ours.
func hello(name string) string {
	name = strings.TrimSpace(name)
	if name == "" || strings.ContainsAny(name, "/:@.\\") || strings.ContainsFunc(name, unicode.IsControl) {
		return helloDefault
	}
	return name + " " + helloDefault
}

func (a Application) facts(more ...fact) block {
	return facts(append([]fact{{label: "收件編號", value: a.Receipt}, {label: "諮詢項目", value: a.Subject}}, more...)...)
}

// ApplicationReceived is what an applicant is told when an application or a question
// has arrived.
type ApplicationReceived struct {
	Application
	Question  bool      // 我要諮詢
	Stores    []string  // of a signed-in member: name and MerchantID of each
	Slots     []string  // 期望聯絡時間, by their labels
	ExpiresAt time.Time // until when URL lets its reader in; zero for a page behind the sign-in
}

// ApplicationReceivedMail confirms that an application or a question has arrived.
func ApplicationReceivedMail(r ApplicationReceived) Mail {
	told, subject := "我們已收到您的申請，將於您期望的時間與您聯絡。", "已收到您的申請"
	if r.Question {
		told, subject = "我們已收到您的諮詢，將於您期望的時間與您聯絡。", "已收到您的諮詢"
	}
	var more []fact
	if len(r.Stores) > 0 {
		more = append(more, fact{label: "申請商店", value: strings.Join(r.Stores, "、")})
	}
	if len(r.Slots) > 0 {
		more = append(more, fact{label: "期望聯絡時間", value: strings.Join(r.Slots, "、")})
	}
	more = append(more, fact{label: "送出時間", value: local(r.At)})
	blocks := []block{
		lines(told), r.facts(more...),
		link{lead: "您可以隨時由以下連結查看進度：", label: "查看進度", url: r.URL}.block(),
	}
	if !r.ExpiresAt.IsZero() {
		blocks = append(blocks, lines(
			"此連結有效至 "+local(r.ExpiresAt)+"，請勿轉寄。逾期可於進度查詢頁以收件編號與信箱重新取得。",
			"若不是您提出的申請，請忽略本信件。",
		))
	}
	return r.letter(subject, blocks...).mail()
}

// Step is where an application has come to, by the code of its state.
type Step string

// The steps of which an applicant is told with ApplicationMovedMail. The others have
// letters of their own.
const (
	StepContacting Step = "contacting" // 聯繫中
	StepConfirmed  Step = "confirmed"  // 資料確認
	StepActivating Step = "activating" // 開通作業
	StepReturned   Step = "returned"   // 已退回
	StepWithdrawn  Step = "withdrawn"  // 已撤回
	StepAnswered   Step = "answered"   // 已回覆
	StepMerged     Step = "merged"     // 已併案
)

// stepTexts say what a step means for the applicant and what comes next.
var stepTexts = map[Step]string{
	StepContacting: "專人正在處理您的申請，將於您期望的時間與您聯絡。",
	StepConfirmed:  "您的資料已確認完成，我們將進行開通作業。",
	StepActivating: "我們正在為您的商店進行開通作業，完成後會再通知您。",
	StepReturned:   "很抱歉，您的申請已退回。如需再次申請，請依說明調整後重新送出。",
	StepWithdrawn:  "您的申請已撤回，我們不會再處理。日後仍可重新申請。",
	StepAnswered:   "您的諮詢已回覆，謝謝您的來信。",
	StepMerged:     "您的申請已與另一件申請併案處理，後續進度請以該件為準。",
}

// ApplicationMoved is what an applicant is told when an application has come to another
// step.
type ApplicationMoved struct {
	Application
	Step   Step
	State  string     // its label: 聯繫中
	Reason string     // why, by its label; may be empty
	Text   string     // what our staff wrote to the applicant; may be empty
	From   clock.Date // of StepConfirmed: between which days activation is promised; else zero
	Until  clock.Date
	Into   string // of StepMerged: the receipt number of the other application
}

// ApplicationMovedMail tells that an application has come to another step.
func ApplicationMovedMail(m ApplicationMoved) Mail {
	more := []fact{{label: "目前進度", value: m.State}}
	if m.Into != "" {
		more = append(more, fact{label: "併入", value: m.Into})
	}
	if m.Until != (clock.Date{}) {
		more = append(more, fact{label: "預計開通", value: m.From.String() + " 至 " + m.Until.String() + "（資料確認後 3–5 個工作天）"})
	}
	more = append(more, reasonFacts(m.Reason)...)
	more = append(more, fact{label: "時間", value: local(m.At)})
	var blocks []block
	if told, ok := stepTexts[m.Step]; ok {
		blocks = append(blocks, lines(told))
	}
	blocks = append(blocks, m.facts(more...))
	blocks = append(blocks, written(m.Text)...)
	blocks = append(blocks, link{lead: "查看進度：", label: "查看進度", url: m.URL}.block())
	return m.letter("申請進度："+m.State, blocks...).mail()
}

// InfoAsked is what an applicant is told whose application needs something more.
type InfoAsked struct {
	Application
	Reason string // what is missing, by its label
	Text   string // what is to be done
}

// InfoAskedMail asks an applicant for what is missing: 待補件.
func InfoAskedMail(a InfoAsked) Mail {
	blocks := []block{
		lines("您的申請需要補充資料。收到補件後，我們會接續處理；3–5 個工作天自資料再次確認後重新計算。"),
		a.facts(append(reasonFacts(a.Reason), fact{label: "時間", value: local(a.At)})...),
	}
	blocks = append(blocks, written(a.Text)...)
	blocks = append(blocks, link{lead: "請開啟以下連結補件：", label: "前往補件", url: a.URL}.block())
	return a.letter("請補充資料", blocks...).mail()
}

// StoreSwitched is what is told when a store's Passkey was switched on or off.
type StoreSwitched struct {
	To         string
	Member     string
	Store      string
	MerchantID string
	Receipt    string // of the application; empty where there is none
	Reason     string // of a switch off, by its label
	Text       string // of a switch off: what our staff wrote besides; may be empty
	URL        string // of the store's page, or of the application's
	At         time.Time
}

func (s StoreSwitched) letter(subject string, blocks ...block) Mail {
	return letter{
		to: s.To, at: s.At, subject: "【" + s.Store + "】" + subject, blocks: blocks, automatic: true,
	}.mail()
}

func (s StoreSwitched) facts(when string, more ...fact) block {
	all := []fact{{label: "會員名稱", value: s.Member}, {label: "商店名稱", value: s.Store}, {label: "商店代號", value: s.MerchantID}}
	if s.Receipt != "" {
		all = append(all, fact{label: "收件編號", value: s.Receipt})
	}
	return facts(append(append(all, more...), fact{label: when, value: local(s.At)})...)
}

// ActivatedMail tells that a store's Passkey was switched on: 已開通.
func ActivatedMail(s StoreSwitched) Mail {
	return s.letter("Passkey服務已開通",
		lines("貴商店的 Passkey服務已開通，自開通時間起的新交易，付款人可以使用 Passkey 驗證。", "開通前已建立的交易維持原有的驗證方式。"),
		s.facts("開通時間"),
		link{lead: "查看商店狀態：", label: "查看商店", url: s.URL}.block())
}

// DeactivatedMail tells that a store's Passkey was switched off: 已停用.
func DeactivatedMail(s StoreSwitched) Mail {
	blocks := []block{
		lines("貴商店的 Passkey服務已停用，自停用時間起的新交易改以簡訊驗證，不影響收款。"),
		s.facts("停用時間", reasonFacts(s.Reason)...),
	}
	blocks = append(blocks, written(s.Text)...)
	blocks = append(blocks, link{lead: "查看商店狀態：", label: "查看商店", url: s.URL}.block())
	return s.letter("Passkey服務已停用", blocks...)
}

// ApplicationLink is what a mail with a new link to an application's progress tells.
// URL lets its reader in: it stands in no log and in no other row.
type ApplicationLink struct {
	To        string
	Receipt   string
	URL       string
	ExpiresAt time.Time
	At        time.Time
}

// ApplicationLinkMail leads an applicant to the progress of an application.
func ApplicationLinkMail(l ApplicationLink) Mail {
	return letter{
		to: l.To, at: l.At, subject: "【Passkey服務】查詢申請進度 " + l.Receipt, automatic: true,
		blocks: []block{
			lines("我們收到查詢申請進度的要求。"),
			facts(fact{label: "收件編號", value: l.Receipt}),
			link{lead: "請開啟以下連結查看進度：", label: "查看進度", url: l.URL}.block(),
			lines("此連結有效至 "+local(l.ExpiresAt)+"，請勿轉寄。", "若不是您提出的要求，請忽略本信件，申請不會改變。"),
		},
	}.mail()
}

func reasonFacts(reason string) []fact {
	if reason == "" {
		return nil
	}
	return []fact{{label: "原因", value: reason}}
}

// written is what our staff wrote, line by line as they did; nothing where they wrote
// nothing.
func written(text string) []block {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if text == "" {
		return nil
	}
	return []block{lines(append([]string{"說明："}, strings.Split(text, "\n")...)...)}
}
