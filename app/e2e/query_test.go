package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fieldcrypt"
	"github.com/memberzone/memberzone/seeds"
)

// sales is what the flows on 信用卡交易專用查詢 share: three months of transactions.
type sales struct {
	*program
	from, to clock.Date
}

// TestTheQueryScreen is 信用卡交易專用查詢 as the people who live in it use it.
func TestTheQueryScreen(t *testing.T) {
	t.Parallel()
	slow(t)
	if _, err := chromium(); err != nil {
		lacking(t, err.Error())
	}
	s := newSales(t)
	for name, flow := range map[string]func(*testing.T){
		"every filter by keyboard alone":                        s.everyFilter,
		"numbers are pasted and looked up":                      s.pasted,
		"a card number goes into no address":                    s.cardNumber,
		"columns are chosen, ordered and remembered":            s.columns,
		"views are saved, private and shared":                   s.savedViews,
		"back, refresh and pages keep every filter":             s.backAndRefresh,
		"an address can be handed to a colleague":               s.handedOn,
		"totals come when they are asked for":                   s.totals,
		"what is wrong is told beside its field":                s.wrongValues,
		"the list is the same without JavaScript":               s.withoutScripts,
		"the key / and a paste anywhere lead to the search box": s.searchBox,
		"the transaction page tells everything":                 s.transactionPage,
		"no page of it scrolls sideways on a phone":             s.onAPhone,
		"what is in sight is exported":                          s.exported,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flow(t)
		})
	}
}

func newSales(t *testing.T) *sales {
	t.Helper()
	p := startProgram(t)
	now := time.Now()
	must(t, seeds.Generate(t.Context(), seeds.Talk(p.db.Bulk()), seeds.GenerateOptions{
		Transactions: 900, Seed: 41, Now: now.Add(-time.Minute),
	}))
	return &sales{program: p, from: clock.DateOf(now).AddDays(-120), to: clock.DateOf(now)}
}

// list is the address of the list over all days, with more conditions.
func (s *sales) list(conditions string) string {
	query := url.Values{"from": {s.from.String()}, "to": {s.to.String()}}.Encode()
	if conditions != "" {
		query += "&" + conditions
	}
	return s.url + cardListPath + "?" + query
}

// found counts what of the first demonstration member meets a condition over t and its
// store s.
func (s *sales) found(t *testing.T, where string, arguments ...any) int {
	t.Helper()
	return s.number(t, `SELECT count(*) FROM transactions t JOIN stores s ON s.id = t.store_id
		JOIN members m ON m.id = t.member_id WHERE m.code = '12345675' AND `+where, arguments...)
}

// one is a text of one transaction of the member that meets a condition.
func (s *sales) one(t *testing.T, column, where string) string {
	t.Helper()
	return s.word(t, "SELECT "+column+`::text FROM transactions t JOIN stores s ON s.id = t.store_id
		JOIN members m ON m.id = t.member_id WHERE m.code = '12345675' AND `+where+" ORDER BY t.id LIMIT 1")
}

// query is the address that the tab shows, read as the server reads it.
func (p *tab) query() url.Values {
	p.t.Helper()
	address, err := url.Parse(p.address())
	must(p.t, err)
	return address.Query()
}

// awaitQuery waits until the address has a value.
func (p *tab) awaitQuery(name, want string) {
	p.t.Helper()
	eventually(p.t, fmt.Sprintf("the address has %s=%s", name, want), stepMax, func() bool {
		address, err := url.Parse(p.address())
		return err == nil && slices.Contains(address.Query()[name], want)
	})
}

// rows are the trade numbers in sight, in their order.
func (p *tab) rows() []string {
	p.t.Helper()
	return read[[]string](p, `Array.from(document.querySelectorAll("#transactions tr[data-trade-no]"),
		(row) => row.dataset.tradeNo)`)
}

// search presses Enter in the search box.
func (p *tab) search() {
	p.t.Helper()
	p.do(chromedp.Focus(chromedp.CSS("[name=q]")))
	p.press(kb.Enter)
}

func (s *sales) pasted(t *testing.T) {
	p := openDesk(t)
	p.signInAs(s.url, credentials{"12345675", "clerk01", seeds.DemoPassword})
	own := s.one(t, "t.order_no", "s.merchant_id = '"+liveStore+"'")
	foreign := s.one(t, "t.order_no", "s.merchant_id = 'MS100000002'")
	p.open(s.url + cardListPath)
	p.paste("q", own+"\nNO_SUCH_ORDER\n"+foreign)
	p.search()
	p.seeText("#looked-up", "查詢 3 個號碼：找到 1 個，找不到 1 個，不在您的管理商店 1 個。")
	p.seeText("#not-found li", "NO_SUCH_ORDER")
	p.seeText("#outside li", foreign)
	p.mustSay("#results", "以號碼查詢時不受日期限制：限定期間與期間種類未套用。")
	if got := p.count("#transactions tr[data-order-no='" + own + "']"); got != 1 || len(p.rows()) != 1 {
		t.Errorf("%d rows, of %s %d", len(p.rows()), own, got)
	}
	if got := p.query()["q"]; len(got) != 1 || !strings.Contains(got[0], own) {
		t.Errorf("the address keeps the numbers as %q", got)
	}
}

// cardNumber looks a card up by its whole number, which the log is searched for too.
func (s *sales) cardNumber(t *testing.T) {
	cipher, err := fieldcrypt.New(s.keyset)
	must(t, err)
	index := cipher.Blind([]byte("transactions/card_index/" + visa))
	tag, err := s.db.Pool().Exec(t.Context(), `UPDATE transactions SET card_index = $1, card_first6 = '411111',
		card_last4 = '1111' WHERE trade_no = $2`, index,
		s.one(t, "t.trade_no", "t.status = 'captured' AND t.card_index IS NOT NULL"))
	must(t, err)
	if tag.RowsAffected() != 1 {
		t.Fatal("no row has a card")
	}
	p := openDesk(t)
	p.signInAs(s.url, demoOwner)
	p.open(s.list("status=authorised&status=captured"))
	p.beforePages(`window.addEventListener("load", () => {
		const seen = JSON.parse(sessionStorage.getItem("seen") || "[]");
		for (const e of [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]) {
			seen.push(e.name);
		}
		seen.push(location.href, document.referrer);
		sessionStorage.setItem("seen", JSON.stringify(seen));
	});`)
	p.paste("q", "4111 1111 1111 1111")
	p.search()
	eventually(t, "the address has a key", stepMax, func() bool { return strings.Contains(p.address(), "card_key=") })
	p.see("#result-count")
	if got := p.query(); got.Get("q") != "" || got.Get("by") != "card_no" || len(got["status"]) != 2 {
		t.Errorf("led to %v", got)
	}
	p.mustSay(".card-key", "411111…1111")
	p.open(s.list("card_key=" + url.QueryEscape(p.query().Get("card_key")) + "&by=card_no"))
	p.see("#result-count")
	seen := read[string](p, `sessionStorage.getItem("seen") || ""`)
	joined := strings.NewReplacer("%20", "", "+", "").Replace(seen)
	if !strings.Contains(seen, "card_key=") || strings.Contains(joined, visa) {
		t.Errorf("the addresses of the browser are %s", seen)
	}
	if n, want := len(p.rows()), s.found(t, "t.card_index = $1", index); n != want {
		t.Errorf("%d rows with the card, want %d", n, want)
	}

	p.click("[data-card-lookup] summary")
	p.typeIn("card", "4111111111")
	p.click("[data-card-lookup] button")
	p.answered(http.StatusUnprocessableEntity)
	p.see(`[data-error-for="card"]`)
	if strings.Contains(read[string](p, "document.documentElement.outerHTML"), "4111111111") {
		t.Error("the page repeats the number")
	}
}

func (s *sales) columns(t *testing.T) {
	who := credentials{"A100000001", "owner01", seeds.DemoPassword}
	p := openDesk(t)
	p.signInAs(s.url, who)
	p.open(s.list("status=captured"))
	p.click(".tool:has([data-columns]) summary")
	p.click("[name=column][value=mandate_no]")
	p.click("[name=column][value=card]")
	for field, place := range map[string]string{"place_mandate_no": "1", "place_created": "9"} {
		p.do(chromedp.Clear(chromedp.CSS(named(field))))
		p.typeIn(field, place)
	}
	p.click("[data-columns] button[value=save]")
	heads := func() string {
		return read[string](p, `Array.from(document.querySelectorAll("#transactions thead th"),
			(head) => head.textContent.trim()).join()`)
	}
	eventually(t, "the columns are as chosen", stepMax, func() bool { return strings.Contains(heads(), "委託單號,金流交易序號") })
	if got := heads(); strings.Contains(got, "卡號") || p.query().Get("status") != "captured" {
		t.Errorf("columns %s at %s", got, p.address())
	}
	p.click(`form[action="/logout"] button`)
	p.see("#login-form")
	p.signInAs(s.url, who)
	p.open(s.list(""))
	if got := heads(); !strings.Contains(got, "委託單號,金流交易序號") || strings.Contains(got, "卡號") {
		t.Errorf("after a new sign-in the columns are %s", got)
	}
	p.click(".tool:has([data-columns]) summary")
	p.click("[data-columns] button[value=usual]")
	eventually(t, "the usual columns are back", stepMax, func() bool { return strings.Contains(heads(), "卡號") })
}

func (s *sales) savedViews(t *testing.T) {
	p := openDesk(t)
	p.signInAs(s.url, demoOwner)
	for name, shared := range map[string]bool{"退款檢查": false, "團隊請款": true} {
		p.open(s.url + cardListPath + "?status=captured&store=" + liveStore)
		p.click(".tool:has(#f-view_name) > summary")
		p.do(chromedp.SendKeys(chromedp.CSS("#f-view_name"), name))
		if shared {
			p.click("#f-view_shared")
		}
		p.click("form:has(#f-view_name) button[value=save]")
		eventually(t, name+" is saved", stepMax, func() bool { return strings.Contains(p.text(".views"), name) })
	}
	p.mustSay(".views", "即將逾期未請款", "待處理", "退款檢查", "團隊請款")
	clerk := openDesk(t)
	clerk.signInAs(s.url, demoClerk)
	clerk.open(s.url + cardListPath)
	clerk.mustSay(".views", "團隊請款", "owner01 分享")
	if strings.Contains(clerk.text(".views"), "退款檢查") {
		t.Error("a private view is shown to a colleague")
	}
	clerk.do(chromedp.Click(chromedp.CSS(`.views li:has(.quiet) a`)))
	clerk.awaitQuery("status", "captured")
	if got := clerk.query(); got.Get("store") != liveStore || got.Get("to") != s.to.String() {
		t.Errorf("the shared view leads to %v", got)
	}
}

func (s *sales) backAndRefresh(t *testing.T) {
	p := openDesk(t)
	p.signInAs(s.url, demoOwner)
	conditions := "pay_type=full&pay_type=instalment&amt_min=1&limit=20&threeds=1"
	p.open(s.list(conditions))
	first, total := p.rows(), p.text("#result-count")
	if len(first) != 20 {
		t.Fatalf("%d rows on the first page", len(first))
	}
	p.click(`.pages a[href*="cursor"]`)
	eventually(t, "the second page", stepMax, func() bool {
		return p.query().Has("cursor") && len(p.rows()) > 0 && !slices.Contains(first, p.rows()[0])
	})
	second := p.rows()
	p.do(chromedp.Reload())
	if got := p.rows(); !slices.Equal(got, second) {
		t.Errorf("refreshed: %v, want %v", got, second)
	}
	if got := p.query(); len(got["pay_type"]) != 2 || got.Get("amt_min") != "1" || got.Get("threeds") != "1" {
		t.Errorf("the second page is at %v", got)
	}
	p.click("#transactions tbody a")
	p.see("#timeline")
	p.click(".detail-back a")
	p.see("#transactions")
	if got := p.rows(); !slices.Equal(got, second) {
		t.Errorf("back from a transaction: %v, want %v", got, second)
	}
	p.do(chromedp.Evaluate[chromedp.Void]("history.go(-3)"))
	eventually(t, "the first page again", stepMax, func() bool { return slices.Equal(p.rows(), first) })
	p.seeText("#result-count", total)
	if n := p.count("[name=pay_type]:checked, [name=threeds]:checked"); n != 3 {
		t.Errorf("%d of 3 conditions are ticked", n)
	}
}

func (s *sales) handedOn(t *testing.T) {
	owner, clerk := openDesk(t), openDesk(t)
	owner.signInAs(s.url, demoOwner)
	clerk.signInAs(s.url, demoClerk)
	owner.open(s.list("store=" + liveStore + "&status=captured&date_kind=captured&limit=20"))
	clerk.open(owner.address())
	if got, want := clerk.rows(), owner.rows(); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("the colleague sees %v, want %v", got, want)
	}
	if got := clerk.address(); got != owner.address() {
		t.Errorf("at %s", got)
	}
}

func (s *sales) totals(t *testing.T) {
	p := openDesk(t)
	p.signInAs(s.url, demoOwner)
	p.open(s.list("status=captured&status=refunded"))
	if p.count("#totals dl") != 0 {
		t.Error("totals come without being asked for")
	}
	before := p.address()
	p.click(`.result-bar a[hx-target="#totals"]`)
	p.see("#totals dl")
	sum := func(column string) string {
		return s.word(t, `SELECT 'NT$' || to_char(coalesce(sum(`+column+`), 0), 'FM999,999,999') FROM transactions t
			JOIN members m ON m.id = t.member_id WHERE m.code = '12345675' AND t.status IN ('captured', 'refunded')`)
	}
	p.mustSay("#totals", sum("t.amount"), sum("captured_amount"), sum("refunded_amount"),
		sum("captured_amount - refunded_amount"))
	if p.address() != before {
		t.Errorf("totals moved the address to %s", p.address())
	}
}

func (s *sales) wrongValues(t *testing.T) {
	p := openDesk(t)
	p.signInAs(s.url, demoOwner)
	for field, query := range map[string]string{
		"amt_min": "amt_min=abc&status=captured", "from": "from=2026-13-40&status=captured", "to": "to=x&status=captured",
		"date_kind": "date_kind=when&status=captured", "store": "store=MS999999999&status=captured",
		"funds": "funds=maybe&status=captured", "token_kind": "method=token&token_kind=x&status=captured",
	} {
		p.open(s.url + cardListPath + "?" + query)
		p.answered(http.StatusUnprocessableEntity)
		if p.text(`[data-error-for="`+field+`"]`) == "" {
			t.Errorf("%s: nothing is said beside %s", query, field)
		}
		if p.count("[name=status][value=captured]:checked") != 1 || p.count("#transactions") != 0 {
			t.Errorf("%s: the rest of the form is not kept", query)
		}
	}
	p.open(s.list(""))
	p.click(".fold > summary")
	p.typeIn("amt_max", "12x")
	p.search()
	p.see(`[data-error-for="amt_max"]`)
	p.answered(http.StatusUnprocessableEntity)
	if got := read[string](p, `document.querySelector("[name=amt_max]").value`); got != "12x" {
		t.Errorf("what was typed has become %q", got)
	}
}

func (s *sales) withoutScripts(t *testing.T) {
	with, without := openDesk(t), openDesk(t)
	without.withoutScripts()
	for _, p := range []*tab{with, without} {
		p.signInAs(s.url, demoOwner)
		p.open(s.list("limit=20"))
		p.click(`.menu summary`)
		p.click(`[name=store][value=` + liveStore + `]`)
		p.do(chromedp.Click(chromedp.CSS(".filter-actions button")))
		p.awaitQuery("store", liveStore)
		p.see("#transactions")
		p.see(`[name=store][value=` + liveStore + `][checked]`)
		p.click(`.pages a[href*="cursor"]`)
		eventually(t, "the second page", stepMax, func() bool { return p.query().Has("cursor") })
	}
	eventually(t, "both lists are the same", stepMax, func() bool {
		return len(with.rows()) == 20 && slices.Equal(with.rows(), without.rows())
	})
	without.open(s.list("by=any&q=" + s.one(t, "t.order_no", "true")))
	without.seeText("#result-count", "共 1 筆")
	without.click("#transactions tbody a")
	without.see("#timeline")
	if without.count("button.copy:not([hidden])") != 0 {
		t.Error("copy buttons are shown that do nothing without JavaScript")
	}
	without.click("#messages summary")
	without.see("#messages details[open]")
}

func (s *sales) searchBox(t *testing.T) {
	p := openDesk(t)
	p.signInAs(s.url, demoOwner)
	p.open(s.list(""))
	_, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{
		Type: input.DispatchKeyEventTypeKeyDown, Key: "/", Code: "Slash", Text: "/",
	})
	must(t, err)
	if !p.hasFocus("[name=q]") || read[string](p, `document.querySelector("[name=q]").value`) != "" {
		t.Error("/ does not lead to the empty search box")
	}
	no := s.one(t, "t.trade_no", "t.status = 'refunded'")
	p.do(insert(no))
	p.press(kb.Enter)
	p.seeText("#result-count", "共 1 筆")
	p.see(`tr[data-trade-no="` + no + `"]`)
	p.tabTo("#transactions tbody a")
	p.press(kb.Enter)
	p.see("#timeline")
}

// transactionPage reads the page of a transaction that has been through everything, and
// uses its copy buttons from the keyboard.
func (s *sales) transactionPage(t *testing.T) {
	p := openDesk(t)
	p.signInAs(s.url, demoOwner)
	where := "t.status = 'refunded' AND s.mode = 'live'"
	no, auth := s.one(t, "t.trade_no", where), s.one(t, "t.auth_code", where)
	p.open(s.url + cardListPath + "/" + no)
	p.mustSay("#timeline", "商店送出訂單", "授權成功", "請款完成", "退款完成", "收單行")
	p.mustSay("#money", "已授權", "已請款", "已退款", "可退款", "預計撥款日", "實際撥款日", auth)
	p.mustSay("#verification", "驗證方式", "ECI", "3D交易", "Token 類別")
	if p.count("#messages details[open]") != 0 {
		t.Error("the messages are not folded")
	}
	p.tabTo("#messages summary")
	p.press(kb.Enter)
	p.mustSay("#messages", "交易請求（NPA-F01）", "授權請求", "授權回覆", "交易結果", "MerchantOrderNo")
	if n := p.count("button.copy[hidden]"); n != 0 {
		t.Errorf("%d copy buttons are hidden", n)
	}
	p.beforePages(`navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }`)
	p.do(chromedp.Reload())
	p.tabTo(`button.copy[data-copy="` + no + `"]`)
	p.press(kb.Enter)
	p.see("button.copy.copied")
	if got := read[string](p, "window.copied"); got != no {
		t.Errorf("copied %q, want %q", got, no)
	}
	mandate := s.one(t, "t.trade_no", "t.mandate_no <> ''")
	p.open(s.url + cardListPath + "/" + mandate)
	p.click(`#order a[href*="by=mandate_no"]`)
	p.see(`tr[data-trade-no="` + mandate + `"]`)
}

func (s *sales) onAPhone(t *testing.T) {
	p := openDesk(t)
	p.onAPhone()
	p.signInAs(s.url, demoOwner)
	p.open(s.list("totals=1"))
	p.mustBeNarrow()
	p.click("#transactions tbody a")
	p.see("#timeline")
	p.mustBeNarrow()
}

// exported downloads the list as the browser would, and counts what is in the file.
func (s *sales) exported(t *testing.T) {
	p := openDesk(t)
	p.signInAs(s.url, demoOwner)
	p.open(s.list("status=captured&pay_type=full"))
	p.click("[data-action=export]")
	p.see("#export-rows")
	want := s.found(t, "t.status = 'captured' AND t.pay_type = 'full'")
	p.seeText("#export-rows", fmt.Sprintf("%d 筆", want))
	csv := read[string](p, `fetch(document.querySelector("a[data-format=csv]").href)
		.then((answer) => answer.arrayBuffer()).then((bytes) => new TextDecoder("utf-8", {ignoreBOM: true}).decode(bytes))`)
	lines := strings.Split(strings.TrimSpace(csv), "\n")
	if !strings.HasPrefix(csv, "\uFEFF") || len(lines) != want+1 || !strings.Contains(lines[0], "金流交易序號") ||
		!strings.Contains(lines[0], "Asia/Taipei") {
		t.Errorf("%d lines, want %d: %s", len(lines), want+1, lines[0])
	}
	if no := s.one(t, "t.trade_no", "t.status = 'captured' AND t.pay_type = 'full'"); !strings.Contains(csv, no) {
		t.Errorf("%s is not in the file", no)
	}
	p.open(s.url + cardListPath + "/exports")
	p.mustSay("#exports", ".csv")
}

// openDesk opens a tab whose sign-in page asks for no passkey by itself: what it asks for
// would be cut short by the typing of a test.
func openDesk(t *testing.T) *tab {
	t.Helper()
	p := openTab(t)
	p.waitForTheButton()
	return p
}
