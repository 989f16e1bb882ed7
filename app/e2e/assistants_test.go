package e2e_test

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/permit"
)

// The addresses that the flows open.
const (
	assistantsPath = "/member/center/assistants"
	requestsPath   = "/member/center/requests"
	auditPath      = "/member/center/audit"
	accountPath    = "/member/account"
	cardListPath   = "/member/sales/credit-cards"
)

// otherStore is a store of the demonstration's first member that an assistant of the
// tests does not manage.
const otherStore = "MS100000003"

// office is what the flows about people and permissions share.
type office struct{ *program }

// TestAssistantsPermissionsAndSignIn is the members' side of the product, as owners,
// assistants and our staff see it.
func TestAssistantsPermissionsAndSignIn(t *testing.T) {
	t.Parallel()
	slow(t)
	if _, err := chromium(); err != nil {
		lacking(t, err.Error())
	}
	o := &office{startProgram(t)}
	for name, flow := range map[string]func(*testing.T){
		"an assistant is invited, refused, asks, is granted and works": o.invitedAndGranted,
		"the matrix by keyboard alone":                                 o.matrixByKeyboard,
		"an owner looks as an assistant":                               o.viewAs,
		"permissions work without JavaScript":                          o.withoutScripts,
		"no page scrolls sideways on a phone":                          o.onAPhone,
		"a passkey signs in and proves":                                o.passkey,
		"staff and members have doors of their own":                    o.staffPasskey,
		"a password is recovered by mail":                              o.recovery,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flow(t)
		})
	}
}

func (o *office) invitedAndGranted(t *testing.T) {
	const login = "counter1"
	owner := openTab(t)
	owner.signInAs(o.url, demoOwner)
	owner.click(`.nav-side a[href="` + assistantsPath + `"]`)
	owner.click(`a[href="` + assistantsPath + `/new"]`)
	owner.typeIn("login", login)
	owner.typeIn("email", login+"@example.test")
	owner.click(`[name=stores][value=` + liveStore + `]`)
	owner.click(`[name=stores][value=MS100000002]`)
	owner.click(level(permit.CardTrades, permit.View))
	owner.click(`.form-bar button[value=save]`)
	owner.mustSay(`tr[data-account=`+login+`]`, login+"@example.test", "邀請中", "從未登入", "僅可瀏覽 1")

	clerk := openTab(t)
	clerk.setPassword(o.linkTo(t, login+"@example.test"), ownPassword)
	clerk.signInAs(o.url, credentials{demoOwner.member, login, ownPassword})
	if clerk.count(`.nav-side a[href="`+cardListPath+`"]`) != 0 {
		t.Error("the menu leads to a page that the assistant may not open")
	}
	o.addTransaction(t, liveStore, "26112400000000001")
	o.addTransaction(t, otherStore, "26112400000000002")
	clerk.open(o.url + cardListPath)
	clerk.answered(http.StatusForbidden)
	clerk.mustSay("#permission-denied[open]", "交易查詢/單筆取消授權/請款/退款", "信用卡交易專用查詢",
		"晴川選物股份有限公司的會員擁有者 owner01")
	for term, want := range map[string]string{"目前權限": "僅可瀏覽", "需要權限": "可瀏覽可修改"} {
		if got := clerk.term("#permission-denied", term); got != want {
			t.Errorf("%s is %q, want %q", term, got, want)
		}
	}
	if clerk.count("#transactions") != 0 {
		t.Error("the page lies behind the dialog")
	}
	clerk.click(`#permission-denied form[action="/member/permission-requests"] button`)
	clerk.see("#tasks") // home
	clerk.open(o.url + cardListPath)
	clerk.answered(http.StatusForbidden)
	clerk.mustSay("#permission-denied[open] .asked", "送出申請")

	owner.grant(o.url, login)
	clerk.do(chromedp.Reload())
	clerk.see(`tr[data-trade-no="26112400000000001"]`)
	if clerk.count(`tr[data-trade-no="26112400000000002"]`) != 0 {
		t.Error("a transaction of a store that is not the assistant's is shown")
	}
	clerk.open(o.url + cardListPath + "/26112400000000002")
	clerk.answered(http.StatusNotFound)
	clerk.open(o.url + "/member")
	clerk.see(`.nav-side a[href="` + cardListPath + `"]`)
}

// grant is what an owner does who finds a request: from the home page to the inbox, and
// one click.
func (p *tab) grant(site, login string) {
	p.t.Helper()
	p.open(site + "/member")
	p.mustSay(".tasks", "權限申請待處理")
	p.click(`.tasks a[href="` + requestsPath + `"]`)
	request := `li.request:has(a[href="` + assistantsPath + "/" + login + `"])`
	p.mustSay(request, "交易查詢/單筆取消授權/請款/退款", "僅可瀏覽", "可瀏覽可修改")
	p.click(request + ` [data-action=grant]`)
	p.see(`#decided tr:has(a[href="` + assistantsPath + "/" + login + `"])`)
}

func (o *office) matrixByKeyboard(t *testing.T) {
	const login = "keys2026"
	p := openTab(t)
	p.newAssistantByKeyboard(o.url, login)

	p.tabTo("[data-matrix-column]")
	p.mustFocus("[data-matrix-column][value=none]")
	p.press(kb.ArrowRight)
	p.mustFocus("[data-matrix-column][value=view]")
	want := map[permit.Unit]string{}
	for _, row := range permit.Rows() {
		want[row.Unit] = "view"
	}
	mustEqual(t, p.levels(), want)
	p.seeText("[data-matrix-status]", "11 項功能已全部設為僅可瀏覽")

	until := clock.DateOf(time.Now()).AddDays(30).String()
	p.tabTo(level(permit.CardTrades, permit.View))
	p.press(kb.ArrowRight)
	p.mustFocus(level(permit.CardTrades, permit.Manage))
	p.tabTo(`[name="until.cross_border"]`)
	p.press(until)
	p.tabTo(level(permit.EWallet, permit.View))
	p.press(kb.ArrowLeft)
	want[permit.CardTrades], want[permit.EWallet] = "manage", "none"
	mustEqual(t, p.levels(), want)
	if p.count("[data-matrix-column]:checked") != 0 {
		t.Error("the head shows one level for a matrix of several")
	}
	p.tabTo(".form-bar button[value=save]")
	p.press(kb.Enter)
	p.see("tr[data-account=" + login + "]")
	o.mustHold(t, login, want, "cross_border "+until)
	const stores = `SELECT count(*) FROM account_stores s JOIN accounts a ON a.id = s.account_id WHERE a.login = $1`
	if n := o.number(t, stores, login); n != 4 {
		t.Errorf("%d stores, want all five but the one that was taken away", n)
	}

	p.tabTo("tr[data-account=" + login + "] a")
	p.press(kb.Enter)
	p.see("#account-actions")
	p.tabTo(level(permit.EWallet, permit.None))
	p.press(kb.ArrowRight + kb.ArrowRight)
	p.tabTo(level(permit.MandateEdit, permit.View))
	p.press(kb.ArrowRight)
	p.tabTo(`[name="until.` + string(permit.SimulatedTrade) + `"]`)
	p.press(until + kb.Enter) // Enter in a field lists the changes, and saves nothing
	p.see("#changes")
	o.mustHold(t, login, want, "cross_border "+until)
	p.mustSay(".changes-lead", "這次變更：")
	p.mustSay("#changes", "修改啟用中的定期定額委託單", "僅可瀏覽", "可瀏覽可修改", "不可瀏覽", "至 "+until)
	if n := p.count("#changes li"); n != 3 {
		t.Errorf("%d changes are listed, want 3", n)
	}
	p.tabTo(".form-bar button[value=save]")
	p.press(" ")
	p.see("#account-actions")
	want[permit.MandateEdit], want[permit.EWallet] = "manage", "manage"
	o.mustHold(t, login, want, "cross_border "+until, "simulated_trade "+until)
	mustEqual(t, p.levels(), want)
}

// newAssistantByKeyboard goes from the sign-in to the form of a new assistant, and fills
// it in but for the matrix, without a mouse.
func (p *tab) newAssistantByKeyboard(site, login string) {
	p.t.Helper()
	p.open(site + "/login")
	p.tabTo("[name=member]")
	p.press(demoOwner.member + kb.Tab)
	p.mustFocus("[name=account]")
	p.press(demoOwner.account + kb.Tab)
	p.mustFocus("[name=password]")
	p.press(demoOwner.password + kb.Enter)
	p.see(`form[action="/logout"]`)
	p.tabTo(`.nav-side a[href="` + assistantsPath + `"]`)
	p.press(kb.Enter)
	p.see("#assistants")
	p.tabTo(`a[href="` + assistantsPath + `/new"]`)
	p.press(kb.Enter)
	p.see("#matrix")
	p.tabTo("[name=login]")
	p.press(login + kb.Tab)
	p.mustFocus("[name=email]")
	p.press(login + "@example.test")
	p.tabTo("[data-check-all-box] input")
	p.press(" ")
	p.tabTo("[name=stores][value=" + testStore + "]")
	p.press(" ")
}

func (o *office) viewAs(t *testing.T) {
	owner := openTab(t)
	owner.signInAs(o.url, demoOwner)
	owner.open(o.url + assistantsPath + "/viewer01")
	owner.click("[data-action=view-as]")
	owner.mustSay("[data-view-as=viewer01]", "正在以 viewer01 的身分檢視（唯讀）", "結束檢視")
	for _, path := range []string{cardListPath, assistantsPath, auditPath} {
		if owner.count(`.nav-side a[href="`+path+`"]`) != 0 {
			t.Errorf("the menu leads to %s, which viewer01 may not open", path)
		}
	}
	owner.open(o.url + cardListPath)
	owner.answered(http.StatusForbidden)
	owner.mustSay("#permission-denied[open]", "僅可瀏覽", "檢視其他帳號時只能看，不能變更。")
	if owner.count(`#permission-denied form[action="/member/permission-requests"] button:disabled`) != 1 {
		t.Error("the button that asks for a permission is not disabled")
	}
	const post = `fetch("/member/permission-requests", {method: "POST", body: new URLSearchParams({screen: "%s"})})
		.then(async (answer) => answer.status + " " + await answer.text())`
	answer := read[string](owner, fmt.Sprintf(post, permit.CardTradeList))
	owner.answered(http.StatusForbidden)
	if !strings.HasPrefix(answer, "403 ") || !strings.Contains(answer, "正在以助理帳號檢視，只能看、不能變更。") {
		t.Errorf("a post while looking as somebody was answered %s", answer)
	}
	n := o.number(t, `SELECT count(*) FROM permission_requests r JOIN accounts a ON a.id = r.account_id
		WHERE a.login = 'viewer01'`)
	if n != 0 {
		t.Errorf("%d requests were stored", n)
	}
	owner.click(`#permission-denied form[method=dialog] button`) // a modal dialog holds the page behind
	owner.click("[data-view-as] button")
	owner.see("#account-actions")
	if got, want := owner.address(), o.url+assistantsPath+"/viewer01"; got != want {
		t.Errorf("the way back leads to %s, want %s", got, want)
	}
	if owner.count("[data-view-as]") != 0 {
		t.Error("the banner stays")
	}
	owner.open(o.url + auditPath + "?kind=view_as_started&kind=view_as_ended")
	for _, kind := range []string{"view_as_started", "view_as_ended"} {
		owner.mustSay("#audit tr[data-kind="+kind+"]", "owner01", "viewer01")
	}
	owner.open(o.url + auditPath + "?kind=permission_denied")
	owner.mustSay("#audit tr[data-kind=permission_denied]:has(.audit-login small)", "owner01", "以 viewer01 身分")
}

func (o *office) withoutScripts(t *testing.T) {
	const login = "plain001"
	owner, clerk := openTab(t), openTab(t)
	for _, p := range []*tab{owner, clerk} {
		p.withoutScripts()
	}
	owner.signInAs(o.url, demoOwner)
	owner.open(o.url + assistantsPath + "/new")
	if !owner.isHidden("[data-matrix-column]") || !owner.isHidden("[data-check-all-box]") {
		t.Error("what needs a script is shown without one")
	}
	owner.typeIn("login", login)
	owner.typeIn("email", login+"@example.test")
	owner.click("[name=stores][value=" + liveStore + "]")
	owner.click(".form-bar button[value=save]")
	owner.click("tr[data-account=" + login + "] a")
	owner.see("#account-actions")
	owner.click(level(permit.CardTrades, permit.View))
	owner.click(".form-bar button[value=preview]")
	owner.mustSay("#changes", "交易查詢/單筆取消授權/請款/退款", "不可瀏覽", "僅可瀏覽")
	owner.click(".form-bar button[value=save]")
	owner.see("#account-actions")
	o.mustHold(t, login, map[permit.Unit]string{permit.CardTrades: "view"})

	clerk.setPassword(o.linkTo(t, login+"@example.test"), ownPassword)
	clerk.signInAs(o.url, credentials{demoOwner.member, login, ownPassword})
	clerk.open(o.url + cardListPath)
	clerk.answered(http.StatusForbidden)
	clerk.click(`#permission-denied form[action="/member/permission-requests"] button`)
	clerk.see("#tasks")
	owner.grant(o.url, login)
	clerk.open(o.url + cardListPath)
	clerk.see("#filter")
	o.mustHold(t, login, map[permit.Unit]string{permit.CardTrades: "manage"})
}

func (o *office) onAPhone(t *testing.T) {
	const login = "phone001"
	p := openTab(t)
	p.onAPhone()
	fits := func(selector string) {
		t.Helper()
		p.see(selector)
		p.mustBeNarrow()
	}
	p.signInAs(o.url, demoOwner)
	p.open(o.url + assistantsPath + "/new")
	fits("#matrix")
	p.typeIn("login", login)
	p.typeIn("email", login+"@example.test")
	p.click("[name=stores][value=" + liveStore + "]")
	p.click(".form-bar button[value=save]")
	fits("#assistants")
	p.click("tr[data-account=" + login + "] a")
	fits("#account-actions")
	p.click("[name=stores][value=" + testStore + "]")
	p.click(".form-bar button[value=preview]")
	fits("#changes")
	p.click(".form-bar button[value=save]")
	fits("#account-actions")
	p.click("[data-action=view-as]")
	fits("[data-view-as=" + login + "]")
	p.open(o.url + cardListPath)
	p.answered(http.StatusForbidden)
	fits("#permission-denied[open]")
	const inside = `(() => {
		const box = document.getElementById("permission-denied").getBoundingClientRect();
		return box.width > 0 && box.left >= 0 && box.right <= innerWidth;
	})()`
	if !read[bool](p, inside) {
		t.Error("the dialog is not wholly on the screen")
	}
	p.click("#permission-denied form[method=dialog] button")
	p.click("[data-view-as] button")
	fits("#account-actions")
	for path, selector := range map[string]string{
		accountPath: "#sessions", requestsPath: "#open-requests", "/member/center/access-review": "main h1",
		// Words that are hidden from the eye lie right of the screen there.
		auditPath: "#audit tr[data-kind=assistant_created] .audit-changes .visually-hidden",
	} {
		p.open(o.url + path)
		fits(selector)
	}
}

// level is the radio button of a row.
func level(u permit.Unit, l permit.Level) string {
	return fmt.Sprintf(`[name="unit.%s"][value=%s]`, u, l)
}

// levels are what the matrix of the page says.
func (p *tab) levels() map[permit.Unit]string {
	p.t.Helper()
	return read[map[permit.Unit]string](p, `Object.fromEntries([...document.querySelectorAll("#matrix tr[data-unit]")]
		.map((row) => [row.dataset.unit, row.querySelector("input[type=radio]:checked").value]))`)
}

func (p *tab) mustFocus(selector string) {
	p.t.Helper()
	if !p.hasFocus(selector) {
		p.t.Fatalf("the focus is not on %s but on %s", selector, read[string](p, "document.activeElement.outerHTML"))
	}
}

// term is the value of a line of a definition list.
func (p *tab) term(within, label string) string {
	p.t.Helper()
	return read[string](p, fmt.Sprintf(`[...document.querySelectorAll("%s dt")]
		.find((dt) => dt.textContent === "%s")?.nextElementSibling.textContent.trim() ?? ""`, within, label))
}

// mustHold fails unless the database has exactly these levels for an assistant of the
// first member, and these ends: a unit and a day each.
func (o *office) mustHold(t *testing.T, login string, want map[permit.Unit]string, ends ...string) {
	t.Helper()
	rows, err := o.db.Pool().Query(t.Context(), `SELECT g.unit, g.level::text, coalesce(g.until::text, '')
		FROM account_grants g JOIN accounts a ON a.id = g.account_id JOIN members m ON m.id = a.member_id
		WHERE m.code = $1 AND a.login = $2 AND g.level <> 'none' ORDER BY g.unit`, demoOwner.member, login)
	must(t, err)
	defer rows.Close()
	held, endsHeld := map[permit.Unit]string{}, []string{}
	for rows.Next() {
		var unit, level, until string
		must(t, rows.Scan(&unit, &level, &until))
		held[permit.Unit(unit)] = level
		if until != "" {
			endsHeld = append(endsHeld, unit+" "+until)
		}
	}
	must(t, rows.Err())
	want = maps.Clone(want)
	maps.DeleteFunc(want, func(_ permit.Unit, level string) bool { return level == "none" })
	mustEqual(t, held, want)
	if !slices.Equal(endsHeld, ends) {
		t.Errorf("the database has the ends %v, want %v", endsHeld, ends)
	}
}

func mustEqual(t *testing.T, got, want map[permit.Unit]string) {
	t.Helper()
	if !maps.Equal(got, want) {
		t.Fatalf("the levels are %v, want %v", got, want)
	}
}

// addTransaction stores an authorised transaction of a store.
func (o *outside) addTransaction(t *testing.T, store, tradeNo string) {
	t.Helper()
	_, err := o.db.Pool().Exec(t.Context(), `INSERT INTO transactions (member_id, store_id, trade_no, order_no,
			item_desc, amount, status, created_at, authorised_at, brand, card_first6, card_last4, respond_code, auth_code)
		SELECT member_id, id, $2, 'E2E_' || $2, '青瓷茶杯', 1250, 'authorised', now(), now(), 'visa', '411111', '1111',
			'00', 'A1B2C3' FROM stores WHERE merchant_id = $1`, store, tradeNo)
	must(t, err)
}

var linkForm = regexp.MustCompile(`http://\S+/link/\S+`)

// linkTo waits for a mail with a one-time link, and returns the link.
func (o *outside) linkTo(t *testing.T, address string) string {
	t.Helper()
	var link string
	eventually(t, "a link is mailed to "+address, stepMax, func() bool {
		for _, mail := range o.mailbox.Mails() {
			if slices.Contains(mail.To, address) && linkForm.MatchString(mail.Text) {
				link = linkForm.FindString(mail.Text)
				return true
			}
		}
		return false
	})
	return link
}
