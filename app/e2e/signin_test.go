package e2e_test

import (
	"net/http"
	"path"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/seeds"
)

// credentials are what a person types at /login; at /support/login there is no member.
type credentials struct{ member, account, password string }

var (
	demoOwner = credentials{"12345675", "owner01", seeds.DemoPassword}
	// farOwner is of another member, whose sign-ins no other flow counts.
	farOwner  = credentials{"22099131", "owner01", seeds.DemoPassword}
	demoClerk = credentials{"12345675", "clerk01", seeds.DemoPassword}
	demoAgent = credentials{"", "agent01", seeds.DemoPassword}
)

// newPassword is what somebody chooses who has forgotten the old one.
const newPassword = "Harbour-Compass-31-Willow"

// generalSentence is the beginning of the one answer to every sign-in that is refused.
const generalSentence = "會員、帳號或密碼不正確，或帳號暫時無法登入。"

func (p *tab) signInAs(site string, c credentials) {
	p.t.Helper()
	if c.member == "" {
		p.open(site + "/support/login")
	} else {
		p.open(site + "/login")
	}
	p.typeCredentials(c)
	p.see(`form[action="/logout"]`)
}

func (p *tab) typeCredentials(c credentials) {
	p.t.Helper()
	if c.member != "" {
		p.typeIn("member", c.member)
	}
	p.typeIn("account", c.account)
	p.typeIn("password", c.password)
	p.click("#login-form button")
}

// setPassword opens a mailed link and sets a password.
func (p *tab) setPassword(link, password string) {
	p.t.Helper()
	p.open(link)
	p.typeIn("password", password)
	p.typeIn("password_again", password)
	p.click("#set-password button")
	p.see("#login-form")
	p.mustSay("[role=status]", "密碼已設定")
}

func (o *office) passkey(t *testing.T) {
	const clerk = "farclerk1"
	p := openTab(t)
	p.holdPasskeys()
	p.waitForTheButton()
	p.signInAs(o.url, farOwner)
	p.open(o.url + assistantsPath + "/new")
	p.typeIn("login", clerk)
	p.typeIn("email", clerk+"@example.test")
	p.click("[name=stores][value=MS300000001]")
	p.click(".form-bar button[value=save]")
	p.see("tr[data-account=" + clerk + "]")

	o.ageProof(t, farOwner)
	p.addPasskey(o.url+accountPath, "筆電", farOwner.password)
	p.click(`form[action="/logout"] button`)
	p.see("#login-form")
	p.click("[data-passkey=sign-in] [data-passkey-start]")
	p.see(`form[action="/logout"]`)
	p.open(o.url + accountPath)
	if got := p.text(`#sessions tr:has(.tag) [data-label="登入方式"]`); got != "Passkey" {
		t.Errorf("登入方式 is %q, want Passkey", got)
	}
	o.passkeyProves(t, p, clerk)

	p.allowAutofill()
	p.click(`form[action="/logout"] button`)
	eventually(t, "the field's passkey signs in, and nobody touches the button", stepMax, func() bool {
		return o.number(t, passkeySignIns, farOwner.member) == 2
	})
	p.see(`form[action="/logout"]`)

	p.do(chromedp.Evaluate[chromedp.Void](`sessionStorage.removeItem("autofill")`))
	p.open(o.url + accountPath)
	p.click("#passkeys td:last-child .reveal:last-child summary")
	p.click("#passkeys form[action$=remove] button")
	p.see(".nothing-yet")
	p.click(`form[action="/logout"] button`)
	p.see("#login-form")
	p.click("[data-passkey=sign-in] [data-passkey-start]")
	p.answered(http.StatusUnprocessableEntity)
	p.mustSay("[role=alert]", generalSentence)
}

// passkeyProves: a change of permissions after the proof has grown old waits for the
// passkey, and nothing that was filled in is lost.
func (o *office) passkeyProves(t *testing.T, p *tab, clerk string) {
	t.Helper()
	p.open(o.url + assistantsPath + "/" + clerk)
	p.click(level(permit.CardTrades, permit.Manage))
	p.click(level(permit.PayLinks, permit.View))
	p.click(".form-bar button[value=preview]")
	p.see("#changes")
	o.ageProof(t, farOwner)
	p.click(".form-bar button[value=save]")
	p.answered(http.StatusForbidden)
	p.seeText("h1", "請再次確認身分")
	const granted = `SELECT coalesce(string_agg(g.unit || ' ' || g.level, ', ' ORDER BY g.unit), '')
		FROM account_grants g JOIN accounts a ON a.id = g.account_id WHERE a.login = $1 AND g.level <> 'none'`
	if got := o.word(t, granted, clerk); got != "" {
		t.Errorf("without a proof %s was granted", got)
	}
	if p.count("[name=step_up_password]") != 0 {
		t.Error("an account with a passkey is asked for its password")
	}
	p.click("[data-passkey=get] [data-passkey-start]")
	p.see("#account-actions")
	if got, want := o.word(t, granted, clerk), "card_trades manage, pay_links view"; got != want {
		t.Errorf("granted is %q, want %q", got, want)
	}
}

// addPasskey adds one on the page of one's own account. The proof of identity is old,
// and the password is asked for.
func (p *tab) addPasskey(page, name, password string) {
	p.t.Helper()
	p.open(page)
	p.click("#passkeys-section .section-foot button")
	p.answered(http.StatusForbidden)
	p.typeIn("step_up_password", password)
	p.click("form:has([name=step_up_password]) button")
	p.see("[data-passkey=create]")
	p.do(chromedp.Clear(chromedp.CSS("[name=name]")))
	p.typeIn("name", name)
	p.click("[data-passkey=create] [data-passkey-start]")
	p.mustSay("#passkeys", name, "尚未使用")
}

func (o *office) staffPasskey(t *testing.T) {
	agent, owner := openTab(t), openTab(t)
	for p, who := range map[*tab]credentials{agent: demoAgent, owner: {"A100000001", "owner01", seeds.DemoPassword}} {
		p.holdPasskeys()
		p.waitForTheButton()
		p.signInAs(o.url, who)
		o.ageProof(t, who)
	}
	agent.addPasskey(o.url+"/support/account", "主控台筆電", demoAgent.password)
	owner.addPasskey(o.url+accountPath, "家用電腦", seeds.DemoPassword)
	for p, door := range map[*tab]string{agent: "/support/login", owner: "/login"} {
		p.click(`form[action="/logout"] button`)
		p.see(`[data-begin="` + door + `/passkey"]`)
		p.click("[data-passkey=sign-in] [data-passkey-start]")
		p.see(`form[action="/logout"]`)
	}
	if got, want := agent.address(), o.url+"/support"; got != want {
		t.Errorf("our staff are led to %s, want %s", got, want)
	}
	agent.open(o.url + "/support/account")
	agent.mustSay(`#sessions tr:has(.tag) [data-label="登入方式"]`, "Passkey")

	for p, door := range map[*tab]string{agent: "/login", owner: "/support/login"} {
		p.click(`form[action="/logout"] button`)
		p.see("[data-passkey=sign-in]")
		p.open(o.url + door)
		p.click("[data-passkey=sign-in] [data-passkey-start]")
		p.answered(http.StatusUnprocessableEntity)
		p.mustSay("[role=alert]", generalSentence)
		if p.count(`form[action="/logout"]`) != 0 {
			t.Errorf("%s lets somebody in who belongs at the other door", door)
		}
	}
}

func (o *office) recovery(t *testing.T) {
	old, p := openTab(t), openTab(t)
	old.signInAs(o.url, demoClerk)
	told := map[string]string{}
	for name, who := range map[string]credentials{
		"the clerk": demoClerk, "an unknown account": {demoClerk.member, "nobody99", ""},
		"an unknown member": {"99999999", "nobody99", ""},
	} {
		p.open(o.url + "/recovery")
		p.typeIn("member", who.member)
		p.typeIn("account", who.account)
		p.click("#recovery-form button")
		p.seeText("h1", "請收信")
		told[name] = read[string](p, `document.querySelector("main").innerHTML`)
	}
	for name, page := range told {
		if page != told["the clerk"] {
			t.Errorf("%s is told\n%s\nand the clerk\n%s", name, page, told["the clerk"])
		}
	}
	link := o.linkTo(t, "clerk01.12345675@example.test")
	if n := o.number(t, "SELECT count(*) FROM account_links WHERE purpose = 'recovery'"); n != 1 {
		t.Errorf("%d links, want 1", n)
	}
	p.setPassword(link, newPassword)

	old.click(`.nav-side a[href="` + cardListPath + `"]`)
	old.see("#login-form")
	if got := old.address(); !strings.HasPrefix(got, o.url+"/login") {
		t.Errorf("the sign-in from before is at %s", got)
	}
	p.open(link)
	p.answered(http.StatusNotFound)
	p.mustSay("main", "連結無法使用", "此連結已失效或已使用過。")
	p.open(o.url + "/login")
	p.typeCredentials(demoClerk)
	p.answered(http.StatusUnprocessableEntity)
	p.mustSay("[role=alert]", generalSentence)
	p.signInAs(o.url, credentials{demoClerk.member, demoClerk.account, newPassword})
	if token := path.Base(link); strings.Contains(o.log.String(), token) {
		t.Error("the log holds the link's token")
	}
}

// passkeySignIns counts the sign-ins by passkey of a member's owner.
const passkeySignIns = `SELECT count(*) FROM account_sessions s JOIN accounts a ON a.id = s.account_id
	JOIN members m ON m.id = a.member_id WHERE m.code = $1 AND a.kind = 'owner' AND s.method = 'passkey'`

// ageProof lets six minutes pass since somebody proved who they are.
func (o *office) ageProof(t *testing.T, who credentials) {
	t.Helper()
	tag, err := o.db.Pool().Exec(t.Context(), `UPDATE account_sessions s
		SET stepped_up_at = stepped_up_at - interval '6 minutes'
		FROM accounts a LEFT JOIN members m ON m.id = a.member_id
		WHERE a.id = s.account_id AND s.ended_at IS NULL AND coalesce(m.code, '') = $1 AND a.login = $2`,
		who.member, who.account)
	must(t, err)
	if tag.RowsAffected() == 0 {
		t.Fatal("nobody is signed in as", who.account)
	}
}

// waitForTheButton keeps the browser from offering a passkey in the field by itself: the
// authenticator's user touches at once, and would be signed in before a test has looked.
func (p *tab) waitForTheButton() {
	p.t.Helper()
	p.beforePages(`if (window.PublicKeyCredential && !sessionStorage.getItem("autofill")) {
		PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
	}`)
}

// allowAutofill ends what waitForTheButton began.
func (p *tab) allowAutofill() {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](`sessionStorage.setItem("autofill", "1")`))
}
