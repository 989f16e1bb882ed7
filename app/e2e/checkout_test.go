package e2e_test

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// The cards of the tests, and what the payer types.
const (
	visa          = "4111111111111111"
	declinedCard  = "4000000000000002"
	lostCard      = "4000000000000119" // charged, but the answer never comes
	publishedCard = "4000221111111111" // of the provider's test environment; fails the Luhn check
	payerPhone    = "0912345678"
	payerMail     = "payer@example.test"
	amount        = 1250 // TWD
)

// The stores of the tests.
const (
	liveStore = "MS100000001"
	testStore = "MS100000005"
)

// shopping is what the flows share: one program, and one merchant for each store.
type shopping struct {
	*program
	live, test *merchant
	shop       string // of the merchant whose server sends the card; empty: there is none
}

// TestMerchantsWithAnUnchangedSDK is the product's main job, as merchants,
// cardholders and members see it.
func TestMerchantsWithAnUnchangedSDK(t *testing.T) {
	t.Parallel()
	slow(t)
	needBrowserAndNode(t)
	p := startProgram(t)
	s := &shopping{
		program: p, live: startMerchant(t, p.url, liveStore), test: startMerchant(t, p.url, testStore),
	}
	for name, flow := range map[string]func(*testing.T){
		"a payment is found in the query page by both numbers":    s.paidAndFound,
		"a declined card is told everywhere":                      s.declined,
		"the checkout pays without JavaScript":                    s.withoutScripts,
		"two tabs, double clicks, reload and back pay once":       s.doubleSubmits,
		"a lost answer resolves by itself and is told once":       s.lostAnswer,
		"a test-mode store takes the published test card":         s.testMode,
		"a ReturnURL may lead on to another origin":               s.returnLeadsElsewhere,
		"an unknown order is answered as not found":               s.unknownOrder,
		"an order number of the past is refused at the ReturnURL": s.orderNoTaken,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flow(t)
		})
	}
}

func (s *shopping) paidAndFound(t *testing.T) {
	const orderNo = "E2E_PAID_1"
	person := openTab(t)
	person.open(s.live.order(t, orderNo, nil))
	s.payer(person, visa).payByCode()
	person.see(`#returned[data-status="SUCCESS"]`)

	returned := s.live.await(t, "return", orderNo)
	notified := s.live.await(t, "notify", orderNo)
	if returned.Outer["TradeInfo"] != notified.Outer["TradeInfo"] {
		t.Error("ReturnURL and NotifyURL were told different things")
	}
	tradeNo := mustBePaid(t, notified, liveStore, "1111")
	s.mustQuery(t, s.live, orderNo, "1", tradeNo)
	s.mustChargeOnce(t, tradeNo, amount)

	admin := openTab(t)
	admin.signIn(s.url)
	admin.findInQuery(s.url, tradeNo, tradeNo)
	admin.findInQuery(s.url, orderNo, tradeNo)
	admin.click(`tr[data-trade-no="` + tradeNo + `"] a`)
	for _, part := range []string{"#timeline", "#verification", "#money"} {
		admin.see(part)
	}
	if got, want := admin.address(), s.url+"/member/sales/credit-cards/"+tradeNo; got != want {
		t.Errorf("the transaction is at %s, want %s", got, want)
	}
}

func (s *shopping) declined(t *testing.T) {
	const orderNo = "E2E_DECLINED_1"
	person := openTab(t)
	person.open(s.live.order(t, orderNo, nil))
	s.payer(person, declinedCard).payByCode()
	person.see(`#returned[data-status="MPG03009"]`)
	for _, event := range []string{"return", "notify"} {
		if got := s.live.await(t, event, orderNo).Opened; got.Status != "MPG03009" || got.Result["Amt"] != float64(amount) {
			t.Errorf("%s: %+v", event, got)
		}
	}
	o := s.mustQuery(t, s.live, orderNo, "2", "")
	tradeNo, _ := o.Result["TradeNo"].(string)
	if totals := s.charges(t, tradeNo).Totals; totals.Declined != 1 || totals.Charges != 0 {
		t.Errorf("the bank has %+v", totals)
	}
}

func (s *shopping) withoutScripts(t *testing.T) {
	const orderNo = "E2E_NO_SCRIPT_1"
	person := openTab(t)
	person.withoutScripts()
	person.open(s.live.order(t, orderNo, nil))
	person.do(chromedp.Submit(chromedp.CSS("form"))) // the SDK's form has no button: a script of its own sends it
	holder := s.payer(person, newCard(visaBIN))
	holder.pay()
	person.typeIn("otp", holder.code())
	person.click("#otp-form button")
	person.see("#return-form button")
	if n := len(s.live.received("return", orderNo)); n != 0 {
		t.Errorf("ReturnURL was told %d times: a script ran", n)
	}
	person.click("#return-form button")
	person.see(`#returned[data-status="SUCCESS"]`)
	tradeNo := mustBePaid(t, s.live.await(t, "return", orderNo), liveStore, holder.last4())
	s.live.await(t, "notify", orderNo)
	s.mustChargeOnce(t, tradeNo, amount)
	s.mustEnd(t, orderNo, verdict{By: "otp", Reason: "device_unsupported", FellBack: "unsupported"})
}

func (s *shopping) doubleSubmits(t *testing.T) {
	const orderNo = "E2E_DOUBLE_1"
	first, second := openTab(t), openTab(t)
	card := newCard(visaBIN)
	first.open(s.live.order(t, orderNo, map[string]any{"returnTo": ""})) // stays on the result page
	first.fillCard(card)
	checkout := first.address()
	second.open(checkout)
	second.fillCard(card)
	submitTwice(t, "card-form", first, second)
	code := s.payer(first, card).code()
	for _, p := range []*tab{first, second} {
		p.see("#otp-form")
		// A script sends the form when the field is typed into.
		p.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("document.querySelector('[name=otp]').value = %q", code)))
	}
	submitTwice(t, "otp-form", first, second)
	for _, p := range []*tab{first, second} {
		p.see(`[data-result="SUCCESS"]`)
		p.do(chromedp.Reload())
		p.see(`[data-result="SUCCESS"]`)
		p.do(chromedp.NavigateBack())
		p.open(checkout)
		p.see(`[data-result="SUCCESS"]`)
	}
	tradeNo := mustBePaid(t, s.live.await(t, "notify", orderNo), liveStore, card[12:])
	s.mustChargeOnce(t, tradeNo, amount)
	s.mustTellOnce(t, s.live, orderNo, tradeNo)
}

// submitTwice sends a form in two tabs at once, by clicks and by submit(), which goes round
// the script that stops a second click.
func submitTwice(t *testing.T, form string, tabs ...*tab) {
	t.Helper()
	script := fmt.Sprintf(`(() => {
		const form = document.getElementById(%q);
		form.querySelector("button").click();
		form.querySelector("button").click();
		form.submit();
	})()`, form)
	var all sync.WaitGroup
	errs := make([]error, len(tabs))
	for i, p := range tabs {
		all.Go(func() { errs[i] = chromedp.Do(p.ctx, chromedp.Evaluate[chromedp.Void](script)) })
	}
	all.Wait()
	must(t, errors.Join(errs...))
}

func (s *shopping) lostAnswer(t *testing.T) {
	const orderNo = "E2E_LOST_1"
	person := openTab(t)
	person.open(s.live.order(t, orderNo, nil))
	s.payer(person, lostCard).payByCode()
	person.see("[http-equiv=refresh]") // the processing page, which loads itself again
	person.see(`#returned[data-status="SUCCESS"]`)
	tradeNo := mustBePaid(t, s.live.await(t, "notify", orderNo), liveStore, "0119")
	s.mustQuery(t, s.live, orderNo, "1", tradeNo)
	s.mustChargeOnce(t, tradeNo, amount)
	s.mustTellOnce(t, s.live, orderNo, tradeNo)
}

func (s *shopping) testMode(t *testing.T) {
	const orderNo = "E2E_TEST_MODE_1"
	person := openTab(t)
	person.open(s.test.order(t, orderNo, nil))
	s.payer(person, publishedCard).pay() // nobody is asked for a code
	person.see(`#returned[data-status="SUCCESS"]`)
	notified := s.test.await(t, "notify", orderNo)
	tradeNo := mustBePaid(t, notified, testStore, "1111")
	if bank := notified.Opened.Result["AuthBank"]; bank != "KGI" {
		t.Errorf("AuthBank %v, want the test environment's KGI", bank)
	}
	s.mustQuery(t, s.test, orderNo, "1", tradeNo)
	if n := s.charges(t, tradeNo).Totals.Requests; n != 0 {
		t.Errorf("the bank was asked %d times about a payment of the test environment", n)
	}
}

// returnLeadsElsewhere: merchants answer the post to their ReturnURL with a
// redirect to where the shop really is, and browsers hold redirects of a form
// against form-action too.
func (s *shopping) returnLeadsElsewhere(t *testing.T) {
	const orderNo = "E2E_ELSEWHERE_1"
	person := openTab(t)
	person.open(s.live.order(t, orderNo, map[string]any{"returnTo": "/return-elsewhere"}))
	holder := s.payer(person, newCard(visaBIN))
	holder.payByCode()
	person.see("#thanks")
	if got, want := person.address(), s.live.elsewhere+"/thanks"; got != want {
		t.Errorf("the cardholder is at %s, want %s", got, want)
	}
	mustBePaid(t, s.live.await(t, "return", orderNo), liveStore, holder.last4())
}

func (s *shopping) unknownOrder(t *testing.T) {
	var o struct {
		Status string
		Result any
	}
	s.live.call(t, "query", map[string]any{"MerchantOrderNo": "E2E_NEVER_SENT", "Amt": amount}, &o)
	if empty, ok := o.Result.([]any); o.Status != "TRA10021" || !ok || len(empty) != 0 {
		t.Errorf("%+v, want TRA10021 and an empty array", o)
	}
}

func (s *shopping) orderNoTaken(t *testing.T) {
	const orderNo = "E2E_TAKEN_1"
	person := openTab(t)
	address := s.live.order(t, orderNo, nil)
	person.open(address)
	person.see("#card-form")
	person.open(address)
	person.see(`#returned[data-status="MPG03008"]`)
	if got := s.live.await(t, "return", orderNo).Opened.Status; got != "MPG03008" {
		t.Errorf("Status %s", got)
	}
}

// fillCard fills the card form key by key. Both consents are ticked already.
func (p *tab) fillCard(card string) {
	p.t.Helper()
	p.see("#card-form")
	noteCard(card)
	p.typeIn("card_no", card)
	p.typeIn("exp_month", "12")
	p.typeIn("exp_year", "30")
	p.typeIn("cvc", "123")
	p.typeIn("last_name", "王")
	p.typeIn("first_name", "小明")
	p.typeIn("phone", "0"+strings.TrimPrefix(phoneOf(card), "+886"))
}

func (p *tab) signIn(site string) {
	p.t.Helper()
	p.signInAs(site, demoOwner)
}

// findInQuery pastes a number into 信用卡交易專用查詢 and finds one transaction.
func (p *tab) findInQuery(site, number, tradeNo string) {
	p.t.Helper()
	p.open(site + "/member/sales/credit-cards")
	p.paste("q", number)
	p.click(".filter-actions button")
	eventually(p.t, "the address holds "+number, stepMax, func() bool {
		address, err := url.Parse(p.address())
		return err == nil && address.Query().Get("q") == number
	})
	p.seeText("#result-count", "共 1 筆")
	p.see(`#transactions tr[data-trade-no="` + tradeNo + `"]`)
}

var (
	tradeNoForm = regexp.MustCompile(`^[0-9]{17}$`)
	// The SDK takes the space between date and time away with the padding.
	payTimeForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}\d{2}:\d{2}:\d{2}$`)
	authForm    = regexp.MustCompile(`^[0-9A-Z]{6}$`)
)

// mustBePaid checks what a merchant was told about a payment, and returns its
// trade number.
func mustBePaid(t *testing.T, p post, store, last4 string) string {
	t.Helper()
	r := p.Opened.Result
	if p.Opened.Status != "SUCCESS" || p.Opened.Message != "授權成功" {
		t.Errorf("%s: %s %s", p.event, p.Opened.Status, p.Opened.Message)
	}
	for field, want := range map[string]any{
		"MerchantID": store, "Amt": float64(amount), "Card4No": last4, "PaymentType": "CREDIT", "RespondCode": "00",
	} {
		if r[field] != want {
			t.Errorf("%s: %s is %v, want %v", p.event, field, r[field], want)
		}
	}
	for field, form := range map[string]*regexp.Regexp{
		"TradeNo": tradeNoForm, "PayTime": payTimeForm, "Auth": authForm,
	} {
		if text, _ := r[field].(string); !form.MatchString(text) {
			t.Errorf("%s: %s is %v", p.event, field, r[field])
		}
	}
	tradeNo, _ := r["TradeNo"].(string)
	return tradeNo
}

// mustQuery asks with the SDK and checks state, amount and CheckCode. An empty
// tradeNo is not compared.
func (s *shopping) mustQuery(t *testing.T, m *merchant, orderNo, tradeStatus, tradeNo string) outcome {
	t.Helper()
	o := m.query(t, orderNo)
	if o.Status != "SUCCESS" || o.Result["TradeStatus"] != tradeStatus || o.Result["Amt"] != float64(amount) {
		t.Errorf("query of %s: %+v", orderNo, o)
	}
	if tradeNo != "" && o.Result["TradeNo"] != tradeNo {
		t.Errorf("query of %s: TradeNo %v, want %s", orderNo, o.Result["TradeNo"], tradeNo)
	}
	var want string
	m.call(t, "checkCode", map[string]any{
		"Amt": strconv.Itoa(amount), "MerchantID": o.Result["MerchantID"], "MerchantOrderNo": orderNo,
		"TradeNo": o.Result["TradeNo"],
	}, &want)
	if o.Result["CheckCode"] != want {
		t.Errorf("query of %s: CheckCode %v, the SDK computes %s", orderNo, o.Result["CheckCode"], want)
	}
	return o
}

// mustTellOnce fails unless the program owed one notification and delivered it
// once. A second one would come within the time that this takes.
func (s *shopping) mustTellOnce(t *testing.T, m *merchant, orderNo, tradeNo string) {
	t.Helper()
	const aSweepAndMore = 3 * time.Second
	time.Sleep(aSweepAndMore)
	if n := len(m.received("notify", orderNo)); n != 1 {
		t.Errorf("NotifyURL was told %d times", n)
	}
	rows := s.number(t, `SELECT count(*) FROM notifications n JOIN transactions t ON t.id = n.transaction_id
		WHERE t.trade_no = $1`, tradeNo)
	if rows != 1 {
		t.Errorf("%d notifications were owed", rows)
	}
}
