package e2e_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/memberzone/memberzone/app/simulator/mailbox"
)

// demoReviewer is the second person of an activation.
var demoReviewer = credentials{account: "reviewer01", password: demoAgent.password}

// applyingStore is a 3D store without Passkey.
const applyingStore = "MS100000002"

// TestAStoreAppliesForPasskeyAndGetsIt goes from 申請 to 開通 and back: before it and after
// the deactivation a payment at the store is verified by code, and in between it offers
// Passkey.
func TestAStoreAppliesForPasskeyAndGetsIt(t *testing.T) {
	t.Parallel()
	slow(t)
	needBrowserAndNode(t)
	p := startProgram(t)
	w := &application{
		shopping: &shopping{program: p, live: startMerchant(t, p.url, applyingStore)},
		owner:    openTab(t), agent: openTab(t), reviewer: openTab(t),
	}
	w.payer = w.shopper(t, visaBIN, startBrowser)
	w.paysByCodeAlone("E2E_APPLY_BEFORE")

	w.applies(t)
	w.agent.signInAs(w.url, demoAgent)
	w.agent.open(w.url + "/support/applications")
	w.agent.see(`tr[data-application="` + w.receipt + `"]`)
	w.agent.press("j")
	w.agent.press(kb.Enter) // the only row has the focus
	w.agent.see(`[data-application="` + w.receipt + `"][data-version]`)
	w.take(w.agent, "start_contact", nil)
	w.take(w.agent, "ask_info", func() {
		w.choose("reason_ask_info", "documents")
		w.agent.typeIn("text_ask_info", "請說明開通的門市。")
	})
	w.stands(w.agent, "待補件")

	w.owner.open(w.url + "/member/passkey/applications/" + w.receipt)
	w.owner.mustSay("main", "待補件", "缺少文件", "請說明開通的門市。")
	w.owner.typeIn("text", "台北門市，資料已補。")
	w.owner.click(`form[action$="/answer"] button`)
	w.stands(w.owner, "聯繫中")

	w.agent.do(chromedp.Reload())
	w.agent.mustSay("main", "聯繫中")
	w.reached()
	w.take(w.agent, "confirm", nil)
	w.stands(w.agent, "資料確認")
	w.take(w.agent, "propose", nil)
	w.stands(w.agent, "開通作業")
	w.paysByCodeAlone("E2E_APPLY_WAITING")

	w.reviewer.signInAs(w.url, demoReviewer)
	w.reviewer.open(w.url + "/support/applications/" + w.receipt)
	w.take(w.reviewer, "activate", nil)
	w.stands(w.reviewer, "已開通")
	w.isMailed(t, "Passkey服務已開通")
	w.owner.open(w.url + "/member/notices")
	w.owner.mustSay("main", "Passkey服務已開通", applyingStore)
	w.owner.open(w.url + "/member/center/stores/" + applyingStore)
	w.owner.mustSay("#passkey", "已啟用", "已開通")
	w.owner.open(w.url + "/member/center/audit")
	w.owner.mustSay("main", "開通商店 Passkey", "支援人員 reviewer01")

	w.payer.buy("E2E_APPLY_AFTER")
	w.payer.choose("bind") // Passkey is offered
	w.payer.enterCode()
	w.payer.create()
	w.payer.thanked()

	w.take(w.reviewer, "deactivate", func() {
		w.reviewer.do(chromedp.SetValue(chromedp.CSS(`details[open] select[name^="reason_deactivate"]`), "member_asked"))
	})
	w.stands(w.reviewer, "已停用")
	w.isMailed(t, "Passkey服務已停用")
	w.paysByCodeAlone("E2E_APPLY_OFF")
}

// application is what the steps of the flow share.
type application struct {
	*shopping
	owner, agent, reviewer *tab
	payer                  *payer
	receipt                string
}

// paysByCodeAlone pays an order: a code is asked for, and no passkey is offered.
func (w *application) paysByCodeAlone(orderNo string) {
	p := w.payer
	p.t.Helper()
	p.buy(orderNo)
	p.see("#otp-form")
	if n := p.count("[data-choice=bind], [data-choice=use-passkey]"); n != 0 {
		p.t.Errorf("%s: Passkey is offered", orderNo)
	}
	p.enterCode()
	p.thanked()
}

// applies is an owner at the store's page: the form is filled in but for what only a person knows.
func (w *application) applies(t *testing.T) {
	t.Helper()
	p := w.owner
	p.signInAs(w.url, demoOwner)
	p.open(w.url + "/member/center/stores/" + applyingStore)
	p.click(`#passkey a[href*="applications/new"]`)
	p.see("#application-form")
	p.click("[data-action=send-application]")
	p.see(`[data-error-for="phone"]`)
	p.answered(http.StatusUnprocessableEntity)
	p.typeIn("phone", "02-2345-6789")
	p.click(`[name=slots][value="13-15"]`)
	p.click(`[name=consent]`)
	p.click("[data-action=send-application]")
	w.stands(p, "已送出")
	address := strings.Split(strings.TrimSuffix(p.address(), "?done=sent"), "/")
	w.receipt = address[len(address)-1]
	w.isMailed(t, "已收到您的申請 "+w.receipt)
}

// take opens a move on the page of the case, fills it in and takes it.
func (w *application) take(p *tab, move string, fill func()) {
	p.t.Helper()
	p.click(`details[data-move=` + move + `] > summary`)
	if fill != nil {
		fill()
	}
	p.click(`details[data-move=` + move + `] [data-move-yes=` + move + `]`)
}

func (w *application) choose(field, value string) {
	w.agent.t.Helper()
	w.agent.do(chromedp.SetValue(chromedp.CSS(`select[name="`+field+`"]`), value))
}

// stands waits until the head of the page says where the application stands.
func (w *application) stands(p *tab, state string) {
	p.t.Helper()
	eventually(p.t, "it stands at "+state, stepMax, func() bool {
		return strings.Contains(read[string](p,
			`document.querySelector(".detail-sum, .progress-state")?.textContent ?? ""`), state)
	})
}

// reached notes a call that was answered.
func (w *application) reached() {
	w.agent.t.Helper()
	w.agent.click("#contacts details > summary")
	w.agent.do(chromedp.SetValue(chromedp.CSS("#contact-form select[name=result]"), "reached"))
	w.agent.click("#contact-form button")
	w.agent.see("#contacts tbody tr")
}

// isMailed waits for a mail about the application.
func (w *application) isMailed(t *testing.T, subject string) {
	t.Helper()
	eventually(t, "a mail: "+subject, stepMax, func() bool {
		mails := w.mailbox.Mails()
		return slices.ContainsFunc(mails, func(m mailbox.Mail) bool { return strings.Contains(m.Subject, subject) })
	})
}
