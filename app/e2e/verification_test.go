package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestCardholdersAreVerified is Passkey, Secure Payment Confirmation and the code by text
// message, as cardholders meet them between a merchant's page and its ReturnURL.
func TestCardholdersAreVerified(t *testing.T) {
	t.Parallel()
	slow(t)
	needBrowserAndNode(t)
	p := startProgram(t)
	s := &shopping{
		program: p, live: startMerchant(t, p.url, liveStore), test: startMerchant(t, p.url, testStore),
		shop: openShop(t, p),
	}
	for name, flow := range map[string]func(*testing.T){
		"bound at first, confirmed by the browser then":           s.boundAndConfirmed,
		"a browser without payment confirmation uses passkeys":    s.boundAndSigned,
		"a second device is bound as well":                        s.secondDevice,
		"who leaves the passkey pays by code":                     s.leftPasskey,
		"a device that fails pays by code":                        s.failingDevice,
		"a silent device without payment confirmation":            s.silentDevice,
		"who does not bind pays by code":                          s.notBound,
		"a passkey that cannot be made does not stand in the way": s.notMade,
		"a device without authenticator pays by code":             s.noAuthenticator,
		"a phone that is not the issuer's pays by code":           s.otherPhone,
		"wrong codes, a new code, the right one":                  s.wrongCodes,
		"a test-mode store asks for nothing":                      s.nothingAsked,
		"on the merchant's own page":                              s.ownPage,
		"in a frame of the merchant's page":                       s.inAFrame,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flow(t)
		})
	}
}

var (
	bound = verdict{By: "otp", Reason: "no_credential", Binds: 1, Charges: 1}
	// noPasskey is a payment of a card without passkey.
	noPasskey = verdict{By: "otp", Reason: "no_credential"}
)

func (v verdict) because(why string) verdict {
	v.FellBack = why
	return v
}

func (s *shopping) boundAndConfirmed(t *testing.T) {
	const first, second = "E2E_SPC_1", "E2E_SPC_2"
	p := s.shopper(t, visaBIN, startBrowser)
	p.bind(first)
	s.mustEnd(t, first, bound)
	if device := s.device(t, first); device != "true true available" {
		t.Errorf("the device said %s", device)
	}
	mustBePaid(t, s.live.await(t, "return", first), liveStore, p.last4())
	p.buy(second)
	p.choose("use-passkey")
	p.thanked()
	s.mustEnd(t, second, verdict{By: "passkey", Reason: "has_credential", Proof: "spc", Charges: 1})
	mustBePaid(t, s.live.await(t, "notify", second), liveStore, p.last4())
	if inUse, all := p.passkeys(); inUse != 1 || all != 1 {
		t.Errorf("%d passkeys, %d in use", all, inUse)
	}
	s.mustShowTokens(t, s.tradeNo(t, first), s.tradeNo(t, second))
}

// device is what the browser said in the card form of an order.
func (s *shopping) device(t *testing.T, orderNo string) string {
	t.Helper()
	return s.word(t, `SELECT v.webauthn || ' ' || v.uvpa || ' ' || v.spc FROM verifications v
		JOIN transactions t ON t.id = v.transaction_id WHERE t.order_no = $1`, orderNo)
}

// mustShowTokens looks into 處理方式 of the query screen: the first payment has Token綁定 and
// Token交易, the second Token交易 alone.
func (s *shopping) mustShowTokens(t *testing.T, first, second string) {
	t.Helper()
	admin := openTab(t)
	admin.signIn(s.url)
	for kind, want := range map[string][]string{"": {first, second}, "bind": {first}, "charge": {first, second}} {
		admin.open(s.url + cardListPath + "?" + url.Values{"method": {"token"}, "token_kind": {kind}}.Encode())
		admin.see("#result-count")
		if got := admin.text("select[name=method] option:checked"); got != "Token交易(國際卡組織)" {
			t.Errorf("處理方式 is %q", got)
		}
		rows := admin.rows()
		for _, no := range []string{first, second} {
			if slices.Contains(rows, no) != slices.Contains(want, no) {
				t.Errorf("token_kind=%s shows %s: %t", kind, no, slices.Contains(rows, no))
			}
		}
	}
	admin.open(s.url + cardListPath + "/" + first)
	admin.mustSay("main", "Token綁定", "Token交易")
	admin.open(s.url + cardListPath + "/" + second)
	admin.mustSay("main", "Token交易")
}

func (s *shopping) boundAndSigned(t *testing.T) {
	const first, second = "E2E_SIGNED_1", "E2E_SIGNED_2"
	p := s.shopper(t, mastercardBIN, startPlainBrowser)
	p.bind(first)
	s.mustEnd(t, first, bound)
	if device := s.device(t, first); device != "true true unavailable-feature-not-enabled" {
		t.Errorf("the device said %s", device)
	}
	p.buy(second)
	p.choose("use-passkey")
	p.thanked()
	s.mustEnd(t, second, verdict{By: "passkey", Reason: "has_credential", Proof: "webauthn", Charges: 1})
}

// secondDevice: a passkey does not leave its device. On the next one the payment falls back
// on a code, and after that the card is bound there too.
func (s *shopping) secondDevice(t *testing.T) {
	const first, second, third, fourth = "E2E_DEVICE_1", "E2E_DEVICE_2", "E2E_DEVICE_3", "E2E_DEVICE_4"
	p := s.shopper(t, visaBIN, startBrowser)
	p.bind(first)
	other := s.payer(openTabIn(t, startPlainBrowser), p.card)
	other.touch, other.codes = other.holdPasskeys(), p.codes
	other.buy(second)
	other.choose("use-passkey")
	other.gaveUp("no_credential")
	other.enterCode()
	other.choose("bind")
	other.create()
	other.thanked()
	s.mustEnd(t, second, verdict{By: "otp", Reason: "has_credential", FellBack: "no_credential", Charges: 1})
	if inUse, all := p.passkeys(); inUse != 2 || all != 2 {
		t.Errorf("%d passkeys, %d in use, want two", all, inUse)
	}
	used := verdict{By: "passkey", Reason: "has_credential", Proof: "webauthn", Charges: 1}
	other.buy(third)
	other.choose("use-passkey")
	other.thanked()
	s.mustEnd(t, third, used)
	p.buy(fourth) // the first device still pays
	p.choose("use-passkey")
	p.thanked()
	used.Proof = "spc"
	s.mustEnd(t, fourth, used)
}

func (s *shopping) noAuthenticator(t *testing.T) {
	const orderNo = "E2E_NO_DEVICE_1"
	p := s.payer(openTab(t), newCard(visaBIN))
	p.open(s.live.order(t, orderNo, nil))
	p.payByCode()
	p.thanked()
	s.mustEnd(t, orderNo, verdict{By: "otp", Reason: "device_unsupported", FellBack: "unsupported"})
	const said = "true false unavailable-no-user-verifying-platform-authenticator"
	if device := s.device(t, orderNo); device != said {
		t.Errorf("the device said %s", device)
	}
}

func (s *shopping) otherPhone(t *testing.T) {
	const orderNo = "E2E_PHONE_1"
	p := s.shopper(t, visaBIN, startBrowser)
	p.open(s.live.order(t, orderNo, nil))
	p.fillCard(p.card)
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("[name=phone]").value = ""`))
	p.typeIn("phone", "0911222333")
	p.click("#card-form button[data-pay]")
	p.codeInstead() // on the phone that the issuer holds
	s.mustEnd(t, orderNo, verdict{By: "otp", Reason: "phone_mismatch"})
}

func (s *shopping) wrongCodes(t *testing.T) {
	const orderNo = "E2E_CODES_1"
	p := s.payer(openTab(t), newCard(visaBIN))
	p.buy(orderNo)
	p.see("#otp-form")
	checkout, right := p.address(), p.code()
	for i, says := range []string{"還可以再試 2 次", "還可以再試 1 次", "驗證碼已輸入錯誤 3 次，請重新寄送"} {
		p.enterWrong(fmt.Sprintf("%s%d", right[:5], (int(right[5]-'0')+1+i)%10), says)
	}
	p.enterWrong(right, "驗證碼已輸入錯誤 3 次，請重新寄送") // too late
	if !read[bool](p.tab, `document.querySelector("[data-resend]").disabled`) {
		t.Error("a new code may be sent at once")
	}
	tag, err := s.db.Pool().Exec(t.Context(), `UPDATE one_time_codes SET sent_at = sent_at - interval '1 minute'
		WHERE subject = (SELECT 'verification/' || v.id FROM verifications v JOIN transactions t ON t.id = v.transaction_id
			WHERE t.order_no = $1)`, orderNo)
	must(t, err)
	if tag.RowsAffected() != 1 {
		t.Fatal("there is no code of the order")
	}
	p.open(checkout)
	p.click("[data-resend]:not([disabled])")
	p.codeInstead()
	s.mustEnd(t, orderNo, verdict{By: "otp", Reason: "device_unsupported", FellBack: "unsupported"})
	if got := s.events(t, orderNo); got["otp_sent"] != 2 || got["otp_failed"] != 4 || got["otp_passed"] != 1 {
		t.Errorf("the history has %v", got)
	}
}

// enterWrong types a code that does not pass, and waits for the page that says so.
func (p *payer) enterWrong(code, says string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](`document.body.dataset.before = "yes"`))
	p.typeIn("otp", code)
	p.see("body:not([data-before]) #otp-form")
	p.awaitWords(says)
	p.answered(http.StatusBadRequest)
}

// events counts the kinds of a transaction's history.
func (s *shopping) events(t *testing.T, orderNo string) map[string]int {
	t.Helper()
	rows, err := s.db.Pool().Query(t.Context(), `SELECT e.kind::text, count(*) FROM payment_events e
		JOIN transactions t ON t.id = e.transaction_id WHERE t.order_no = $1 GROUP BY 1`, orderNo)
	must(t, err)
	defer rows.Close()
	kinds := map[string]int{}
	for rows.Next() {
		var (
			kind string
			n    int
		)
		must(t, rows.Scan(&kind, &n))
		kinds[kind] = n
	}
	must(t, rows.Err())
	return kinds
}

func (s *shopping) nothingAsked(t *testing.T) {
	const orderNo = "E2E_TEST_MODE_2"
	p := s.shopper(t, visaBIN, startBrowser)
	p.card = publishedCard
	p.open(s.test.order(t, orderNo, nil))
	p.pay()
	p.thanked()
	s.mustEnd(t, orderNo, verdict{By: "none"})
	if n := s.number(t, "SELECT count(*) FROM verifications v JOIN transactions t ON t.id = v.transaction_id "+
		"WHERE t.order_no = $1", orderNo); n != 0 {
		t.Errorf("%d verifications were begun", n)
	}
}
