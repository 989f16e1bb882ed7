package e2e_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/memberzone/memberzone/app"
	"github.com/memberzone/memberzone/app/acquirer"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/simulator/bank"
	"github.com/memberzone/memberzone/app/wire"
	"github.com/memberzone/memberzone/seeds"
)

// plainStore verifies no cardholder: non-3D, without Passkey.
const plainStore = "MS100000004"

// till is what the flows that move money share.
type till struct{ *program }

// TestMoneyMovesAsItIsToldTo is 取消授權, 請款, 退款 and their undoing on the pages, over the
// wire and by the daily close.
func TestMoneyMovesAsItIsToldTo(t *testing.T) {
	t.Parallel()
	slow(t)
	needBrowserAndNode(t)
	m := &till{startProgram(t)}
	for name, flow := range map[string]func(*testing.T){
		"a part is captured, taken back, and the whole voided": m.captureAndVoid,
		"a part is refunded after the close, and taken back":   m.refundAfterClose,
		"a double click acts once":                             m.doubleClick,
		"two tabs come to one legal end":                       m.twoTabs,
		"money asks for a fresh proof":                         m.stepUp,
		"the unchanged SDK closes and cancels":                 m.overTheWire,
		"a selection is captured at once":                      m.selection,
		"a second person approves what is large":               m.approval,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flow(t)
		})
	}
}

// paid pays an order of the plain store and returns its trade number.
func (m *till) paid(t *testing.T, orderNo string) string {
	t.Helper()
	return m.paidOf(t, orderNo, amount)
}

func (m *till) paidOf(t *testing.T, orderNo string, amount int) string {
	t.Helper()
	key, iv := keysOf(t, plainStore)
	form, err := wire.BuildPaymentForm(wire.NewKeys(wire.KeyPair{HashKey: key, HashIV: iv}), []wire.Pair{
		{Name: "MerchantID", Value: plainStore},
		{Name: "RespondType", Value: "JSON"},
		{Name: "TimeStamp", Value: strconv.FormatInt(time.Now().Unix(), 10)},
		{Name: "Version", Value: "2.3"},
		{Name: "MerchantOrderNo", Value: orderNo},
		{Name: "Amt", Value: strconv.Itoa(amount)},
		{Name: "ItemDesc", Value: "青瓷茶杯"},
		{Name: "CREDIT", Value: "1"},
	})
	must(t, err)
	checkout := m.post(t, "/MPG/mpg_gateway", form)
	m.post(t, checkout, cardForm)
	if got := m.standing(t, orderNo); got != "authorised 0 0" {
		t.Fatalf("after the payment %s is %s", orderNo, got)
	}
	return m.word(t, "SELECT trade_no FROM transactions WHERE order_no = $1", orderNo)
}

// post sends a form and returns where it leads.
func (m *till) post(t *testing.T, path string, form []wire.Pair) string {
	t.Helper()
	status, location, body, err := postForm(m.url+path, form)
	must(t, err)
	if status != http.StatusSeeOther {
		t.Fatalf("%s answers %d\n%s", path, status, body)
	}
	return location
}

// standing is a transaction's status with its captured and refunded amounts.
func (m *till) standing(t *testing.T, orderNo string) string {
	t.Helper()
	return m.word(t, `SELECT status || ' ' || captured_amount || ' ' || refunded_amount FROM transactions
		WHERE order_no = $1`, orderNo)
}

// operations are what was asked for, with how it stands.
func (m *till) operations(t *testing.T, orderNo string) string {
	t.Helper()
	return m.word(t, `SELECT coalesce(string_agg(o.kind || ' ' || o.amount || ' ' || o.state, ', ' ORDER BY o.id), '')
		FROM payment_operations o JOIN transactions t ON t.id = o.transaction_id WHERE t.order_no = $1`, orderNo)
}

// act opens a transaction, presses the button of an action, types an amount and confirms.
func (p *tab) act(site, tradeNo, action, amount string) {
	p.t.Helper()
	p.open(site + cardListPath + "/" + tradeNo)
	p.click("[data-action=" + action + "]")
	p.see("#action-form")
	if amount != "" {
		p.do(chromedp.Clear(chromedp.CSS("[name=amount]")))
		p.typeIn("amount", amount)
	}
	p.click("[data-confirm]")
	p.awaitQuery("done", action)
	p.see("#timeline")
}

func (m *till) captureAndVoid(t *testing.T) {
	const orderNo = "E2E_CAPTURE_1"
	no := m.paid(t, orderNo)
	p := openDesk(t)
	p.signInAs(m.url, demoOwner)
	p.open(m.url + cardListPath + "/" + no)
	p.mustSay("#messages", "交易請求（NPA-F01）", orderNo, "411111******1111")
	if text := p.text("main"); strings.Contains(text, visa) {
		t.Error("the page holds the card number")
	}
	p.click("[data-action=capture]")
	p.do(chromedp.Clear(chromedp.CSS("[name=amount]")))
	p.typeIn("amount", "1000")
	p.seeText("[data-amount-words]", "壹仟元整")
	p.click("[data-confirm]")
	p.awaitQuery("done", "capture")
	p.mustSay("#timeline", "申請請款", "金額 NT$1,000", "owner01")
	if got := m.standing(t, orderNo); got != "capture_requested 1000 0" {
		t.Errorf("after the capture: %s", got)
	}
	p.act(m.url, no, "undo-capture", "")
	if got := m.standing(t, orderNo); got != "authorised 0 0" {
		t.Errorf("after the undoing: %s", got)
	}
	p.act(m.url, no, "void", "")
	p.mustSay("#timeline", "取消請款", "已取消授權")
	if got := m.standing(t, orderNo) + ": " + m.operations(t, orderNo); got !=
		"voided 0 0: capture 1000 undone, void 1250 done" {
		t.Error(got)
	}
	p.mustSay("#messages", "撤銷授權請求", "撤銷授權回覆")
	if n := p.count("[data-action]:not([disabled]):not([aria-disabled=true])"); n != 0 {
		t.Errorf("%d actions are still offered", n)
	}
}

func (m *till) refundAfterClose(t *testing.T) {
	const orderNo = "E2E_REFUND_1"
	no := m.paid(t, orderNo)
	p := openDesk(t)
	p.signInAs(m.url, demoOwner)
	p.act(m.url, no, "capture", "1000")
	_, err := m.db.Pool().Exec(t.Context(), `UPDATE payment_operations SET close_day = close_day - 1
		WHERE transaction_id = (SELECT id FROM transactions WHERE order_no = $1)`, orderNo)
	must(t, err)
	must(t, app.CloseBatch(t.Context(), app.BatchOptions{
		DatabaseURL: m.databaseURL, Clock: clock.System{}, Out: io.Discard, Log: slog.New(slog.DiscardHandler),
		Acquirer: acquirer.Options{URL: m.bankURL, Account: bank.DefaultAccount, Secret: bankSecret},
	}))
	eventually(t, "the capture is on its way", stepMax, func() bool {
		got := m.standing(t, orderNo)
		return got == "capture_sent 1000 0" || got == "captured 1000 0"
	})
	p.act(m.url, no, "refund", "300")
	p.mustSay("#money", "NT$700")
	p.mustSay("#messages", "請退款批次明細")
	if got := m.standing(t, orderNo); got != "refund_requested 1000 300" {
		t.Errorf("after the refund: %s", got)
	}
	p.act(m.url, no, "undo-refund", "")
	if got := m.standing(t, orderNo); !strings.HasSuffix(got, " 1000 0") {
		t.Errorf("after the undoing: %s", got)
	}
	p.mustSay("#timeline", "請款資料送交收單行", "申請退款", "取消退款")
}

func (m *till) doubleClick(t *testing.T) {
	const orderNo = "E2E_DOUBLE_1"
	no := m.paid(t, orderNo)
	p := openDesk(t)
	p.signInAs(m.url, demoOwner)
	p.open(m.url + cardListPath + "/" + no)
	p.click("[data-action=capture]")
	p.see("#action-form")
	form := read[string](p, `new URLSearchParams(new FormData(document.querySelector("#action-form"))).toString()`)
	p.do(chromedp.DoubleClick(chromedp.CSS("[data-confirm]")))
	p.awaitQuery("done", "capture")
	p.see("#timeline")
	again := read[string](p, fmt.Sprintf(`fetch(%q, {method: "POST", body: new URLSearchParams(%q)}).then((a) => a.url)`,
		cardListPath+"/"+no+"/capture", form)) // the same form a third time
	if !strings.Contains(again, "done=capture") {
		t.Errorf("the same form again leads to %s", again)
	}
	if got := m.operations(t, orderNo); got != "capture 1250 requested" {
		t.Error(got)
	}
}

func (m *till) twoTabs(t *testing.T) {
	const orderNo = "E2E_TABS_1"
	no := m.paid(t, orderNo)
	first, second := openDesk(t), openDesk(t)
	first.signInAs(m.url, demoOwner)
	second.signInAs(m.url, demoOwner)
	first.open(m.url + cardListPath + "/" + no)
	first.click("[data-action=void]")
	first.see("#action-form")
	second.act(m.url, no, "capture", "")
	first.click("[data-confirm]")
	first.answered(http.StatusUnprocessableEntity)
	first.mustSay(".money-action", "請款")
	if got := m.standing(t, orderNo) + ": " + m.operations(t, orderNo); got !=
		"capture_requested 1250 0: capture 1250 requested" {
		t.Error(got)
	}
	if first.count("[data-confirm]:not([disabled]):not([aria-disabled=true])") != 0 {
		t.Error("the void is still offered")
	}
}

// stepUp refunds a transaction of a member of its own: an old proof there is nobody else's.
func (m *till) stepUp(t *testing.T) {
	must(t, seeds.Generate(t.Context(), m.db.Bulk(), seeds.GenerateOptions{
		Transactions: 400, Seed: 5, Now: time.Now().Add(-time.Minute),
	}))
	orderNo := m.word(t, `SELECT t.order_no FROM transactions t JOIN members m ON m.id = t.member_id
		WHERE m.code = $1 AND t.status = 'captured' AND t.pay_type = 'full' AND t.captured_amount > 100
		AND t.captured_at > now() - interval '60 days' ORDER BY t.id DESC LIMIT 1`, farOwner.member)
	no := m.word(t, "SELECT trade_no FROM transactions WHERE order_no = $1", orderNo)
	p := openDesk(t)
	p.signInAs(m.url, farOwner)
	p.open(m.url + cardListPath + "/" + no + "/refund")
	p.do(chromedp.Clear(chromedp.CSS("[name=amount]")))
	p.typeIn("amount", "1")
	(&office{m.program}).ageProof(t, farOwner)
	p.click("[data-confirm]")
	p.answered(http.StatusForbidden)
	if got := m.operations(t, orderNo); strings.Contains(got, "refund") {
		t.Errorf("without a proof: %s", got)
	}
	p.typeIn("step_up_password", farOwner.password)
	p.click("form:has([name=step_up_password]) button")
	p.awaitQuery("done", "refund")
	if got := m.operations(t, orderNo); got != "refund 1 requested" {
		t.Error(got)
	}
}

// overTheWire is a merchant's server with newebpay-mpg-sdk.
func (m *till) overTheWire(t *testing.T) {
	shop := startMerchant(t, m.url, plainStore)
	const orderNo, other = "E2E_WIRE_1", "E2E_WIRE_2"
	no := m.paid(t, orderNo)
	m.paid(t, other)
	byOrder := func(amt int, more map[string]any) map[string]any {
		params := map[string]any{"MerchantOrderNo": orderNo, "Amt": amt, "IndexType": 1}
		for name, value := range more {
			params[name] = value
		}
		return params
	}
	for _, step := range []struct {
		call, status, standing string
		params                 map[string]any
	}{
		{"close", "TRA10035", "authorised 0 0", byOrder(100, map[string]any{"CloseType": 2})},
		{"close", "SUCCESS", "capture_requested 900 0", byOrder(900, map[string]any{"CloseType": 1})},
		{"close", "TRA10027", "capture_requested 900 0", byOrder(900, map[string]any{"CloseType": 1})},
		{"close", "SUCCESS", "authorised 0 0", byOrder(900, map[string]any{"CloseType": 1, "Cancel": 1})},
		{"cancel", "TRA10050", "authorised 0 0", byOrder(900, nil)},
		{"cancel", "SUCCESS", "voided 0 0", map[string]any{"TradeNo": no, "Amt": amount, "IndexType": 2}},
		{"cancel", "TRA10047", "voided 0 0", byOrder(amount, nil)},
	} {
		var got outcome
		shop.call(t, step.call, step.params, &got)
		if got.Status != step.status || m.standing(t, orderNo) != step.standing {
			t.Errorf("%s %v: %s %s, then %s; want %s, %s", step.call, step.params, got.Status, got.Message,
				m.standing(t, orderNo), step.status, step.standing)
		}
	}
	p := openDesk(t)
	p.signInAs(m.url, demoOwner)
	p.open(m.url + cardListPath + "/" + no)
	p.mustSay("#messages", "請退款請求（NPA-B031～B034）", "請退款回覆", "取消授權請求（NPA-B01）", "取消授權回覆", "放棄授權成功")
	if got := m.standing(t, other); got != "authorised 0 0" {
		t.Errorf("the merchant's other order is %s", got)
	}
}

func (m *till) selection(t *testing.T) {
	first, second := m.paid(t, "E2E_PICK_1"), m.paid(t, "E2E_PICK_2")
	void := m.paid(t, "E2E_PICK_3")
	p := openDesk(t)
	p.signInAs(m.url, demoOwner)
	p.act(m.url, void, "void", "")
	p.open(m.url + cardListPath + "?by=order_no&q=" + "E2E_PICK_1+E2E_PICK_2+E2E_PICK_3")
	for _, no := range []string{first, second, void} {
		p.do(chromedp.Focus(chromedp.CSS(`[name=trade_no][value="` + no + `"]`)))
		p.press(" ")
	}
	p.click("[data-pick=capture]")
	p.see("#may-trades")
	may, not := p.count("#may-trades tr[data-selected]"), p.count("#may-not-trades tr[data-selected]")
	if may != 2 || not != 1 {
		t.Errorf("%d may be captured and %d may not", may, not)
	}
	p.mustSay("#action-form", "NT$2,500", "貳仟伍佰元整")
	p.do(chromedp.DoubleClick(chromedp.CSS("[data-confirm]")))
	p.see("#selection-result")
	if done := p.count("#outcomes tr[data-outcome=done]"); done != 2 {
		t.Errorf("%d outcomes are done: %s", done, p.text("#outcomes"))
	}
	for _, orderNo := range []string{"E2E_PICK_1", "E2E_PICK_2"} {
		if got := m.standing(t, orderNo) + ": " + m.operations(t, orderNo); got !=
			"capture_requested 1250 0: capture 1250 requested" {
			t.Errorf("%s is %s", orderNo, got)
		}
	}
}

// approval: what one person asks for is done when another has agreed.
func (m *till) approval(t *testing.T) {
	const orderNo, large = "E2E_LARGE_1", 6000
	no := m.paidOf(t, orderNo, large)
	_, err := m.db.Pool().Exec(t.Context(), `INSERT INTO account_stores (member_id, account_id, store_id)
		SELECT s.member_id, a.id, s.id FROM stores s JOIN accounts a ON a.member_id = s.member_id
		WHERE s.merchant_id = $1 AND a.login = 'clerk01' ON CONFLICT DO NOTHING`, plainStore)
	must(t, err)
	owner, clerk := openDesk(t), openDesk(t)
	owner.signInAs(m.url, demoOwner)
	owner.open(m.url + "/member/center/approvals")
	owner.do(chromedp.Clear(chromedp.CSS("[name=threshold]")))
	owner.typeIn("threshold", "5000")
	owner.click("form:has([name=threshold]) button")
	eventually(t, "the setting is kept", stepMax, func() bool { return strings.Contains(owner.address(), "done=") })

	clerk.signInAs(m.url, demoClerk)
	clerk.open(m.url + cardListPath + "/" + no)
	clerk.click("[data-action=capture]")
	clerk.click("[data-confirm]")
	clerk.see("#waiting-approval")
	if got := m.standing(t, orderNo); got != "authorised 0 0" {
		t.Errorf("before anybody agreed: %s", got)
	}
	owner.open(m.url + cardListPath + "/approvals")
	owner.click("#waiting a.trade")
	owner.see("[data-approve=approve]") // the page is there
	owner.mustSay("main", "clerk01", "NT$6,000")
	owner.click("[data-approve=approve]")
	eventually(t, "the capture is asked for", stepMax, func() bool {
		return m.standing(t, orderNo) == "capture_requested 6000 0"
	})
	clerk.open(m.url + cardListPath + "/" + no)
	clerk.mustSay("#timeline", "申請請款", "金額 NT$6,000")
}
