package gateway_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/memberzone/memberzone/app/simulator/bank"
	"github.com/memberzone/memberzone/app/wire"
)

func TestAPaymentFromOrderToReturn(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	path := c.open("Tea_1", "OrderComment=請於下午送達")
	page := c.get(path)
	for _, want := range []string{
		`id="card-form"`, `name="card_no"`, `name="exp_month"`, `name="exp_year"`, `name="cvc"`, `name="last_name"`,
		`name="first_name"`, `name="phone"`, `name="email"`, `payer@example.test`, "NT$ 1,250", "Tea_1", "青瓷茶杯",
		"請於下午送達", "分期", `name="agree_order"`, `name="agree_terms"`,
	} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the payment form lacks %q", want)
		}
	}
	if strings.Contains(page.body, `value="bonus"`) {
		t.Error("bonus points are offered though the request did not ask for them")
	}
	where, notice, names := c.notice(c.pay(path, card()))
	if where != "http://shop.test/return" ||
		!slices.Equal(names, []string{"Status", "MerchantID", "Version", "TradeInfo", "TradeSha"}) {
		t.Errorf("returned to %s with %v", where, names)
	}
	got := notice.Result
	if notice.Status != "SUCCESS" || notice.Message != "授權成功" ||
		got["Amt"] != "1250" || got["MerchantOrderNo"] != "Tea_1" || len(got["TradeNo"]) != 17 ||
		got["Card6No"] != "411111" || got["Card4No"] != "1111" || got["RespondCode"] != "00" ||
		got["EscrowBank"] != "HNCB" || got["PaymentMethod"] != "CREDIT" || got["ECI"] != "5" ||
		got["PayTime"] != "2026-11-24 12:00:00" || got["Exp"] != "3012" || got["PaymentType"] != "CREDIT" {
		t.Errorf("result = %+v", notice)
	}
}

func TestEveryLaterLookShowsTheSameResult(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	path := c.open("Tea_1")
	_, first, _ := c.notice(c.pay(path, card()))
	_, again, _ := c.notice(c.pay(path, card()))
	_, reload, _ := c.notice(c.get(path))
	if first.Result["TradeNo"] != again.Result["TradeNo"] || again.Result["Auth"] != reload.Result["Auth"] {
		t.Errorf("results differ: %v, %v, %v", first, again, reload)
	}
	report, err := c.app.Bank.Report(t.Context(), bank.Filter{})
	c.must(err)
	if len(report.Charges) != 1 {
		t.Errorf("the bank saw %d requests", len(report.Charges))
	}
}

func TestRefusedCardsGoBackToTheMerchant(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	for number, want := range map[string]string{"4000 0000 0000 0002": "05", "4000 0000 0000 9995": "51"} {
		path := c.open("Declined_"+want, "RespondType=String")
		_, notice, _ := c.notice(c.pay(path, card("card_no="+number)))
		if notice.Status != "MPG03009" || !strings.HasPrefix(notice.Message, "拒絕交易_") ||
			notice.Result["RespondCode"] != want {
			t.Errorf("%s: %+v", number, notice)
		}
		if answer := c.query("Declined_" + want); !strings.Contains(answer.body, `"TradeStatus":"2"`) {
			t.Errorf("%s: query says %s", number, answer.body)
		}
	}
}

func TestALostAnswerIsShownAsBeingConfirmed(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	path := c.open("Lost_1")
	page := c.pay(path, card("card_no=4000 0000 0000 0119"))
	if !strings.Contains(page.body, `http-equiv="refresh"`) || strings.Contains(page.body, "return-form") {
		t.Fatalf("the page does not wait:\n%s", page.body)
	}
	if answer := c.query("Lost_1"); !strings.Contains(answer.body, `"TradeStatus":"0"`) {
		t.Errorf("query says %s", answer.body)
	}
	c.app.Clock.Advance(time.Minute)
	c.must(c.app.StartJobs(t.Context()))
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(c.get(path).body, "return-form"); {
		if time.Now().After(deadline) {
			t.Fatal("the answer was never asked for")
		}
		time.Sleep(50 * time.Millisecond)
	}
	if _, notice, _ := c.notice(c.get(path)); notice.Status != "SUCCESS" {
		t.Errorf("result = %+v", notice)
	}
}

func TestTheCardFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	path := c.open("Tea_1")
	r := c.post(path, card("card_no=4111 1111 1111 1112", "exp_month=13", "phone=12", "agree_terms=-", "last_name=陳"))
	if r.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d", r.StatusCode)
	}
	for _, want := range []string{
		`data-error-for="card_no"`, `data-error-for="exp_month"`, `data-error-for="phone"`, `data-error-for="agree_terms"`,
		`value="陳"`, `value="小明"`,
	} {
		if !strings.Contains(r.body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, never := range []string{"4111 1111 1111 1112", "4111111111111112", `value="123"`} {
		if strings.Contains(r.body, never) {
			t.Errorf("the page repeats %s", never)
		}
	}
}

func TestTimeLimit(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	path := c.open("Slow_1", "TradeLimit=30") // at least 60 seconds
	c.app.Clock.Advance(59 * time.Second)
	page := c.get(path)
	if !strings.Contains(page.body, "card-form") || !strings.Contains(page.body, "2026-11-24T04:01:00Z") {
		t.Errorf("the form or its deadline is gone:\n%s", page.body)
	}
	c.app.Clock.Advance(time.Second)
	if r := c.post(path, card()); r.StatusCode != http.StatusSeeOther {
		t.Errorf("status %d", r.StatusCode)
	}
	if _, notice, _ := c.notice(c.get(path)); notice.Status != "MPG02004" {
		t.Errorf("result = %+v", notice)
	}
	report, err := c.app.Bank.Report(t.Context(), bank.Filter{})
	c.must(err)
	if len(report.Charges) != 0 {
		t.Error("an ended checkout was charged")
	}
}

func TestAnUnreachableBankChargesNothing(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	path := c.open("Tea_1")
	c.must(c.app.Bank.SetBehaviour(t.Context(), bank.Behaviour{Unavailable: true}))
	r := c.post(path, card())
	if r.StatusCode != http.StatusServiceUnavailable || !strings.Contains(r.body, "沒有扣款") ||
		!strings.Contains(r.body, `value="王"`) {
		t.Errorf("status %d:\n%s", r.StatusCode, r.body)
	}
	c.must(c.app.Bank.SetBehaviour(t.Context(), bank.Behaviour{}))
	if _, notice, _ := c.notice(c.pay(path, card())); notice.Status != "SUCCESS" {
		t.Errorf("result = %+v", notice)
	}
}

func TestATestModeStorePaysAtOnce(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	const testStore = "MS100000005"
	pay := func(orderNo, number string) *wire.Notice {
		form, err := wire.BuildPaymentForm(keysOf(testStore), c.order(orderNo, "MerchantID="+testStore))
		c.must(err)
		r := c.post("/MPG/mpg_gateway", form)
		_, notice, _ := c.notice(c.pay(r.Header.Get("Location"), card("card_no="+number)))
		return notice
	}
	if got := pay("T_1", "4000 2211 1111 1111"); got.Status != "SUCCESS" || got.Result["AuthBank"] != "KGI" ||
		got.Result["Card6No"] != "400022" || got.Result["EscrowBank"] != "HNCB" || got.Result["ECI"] != "" {
		t.Errorf("result = %+v", got)
	}
	if got := pay("T_2", "4111 1111 1111 1111"); got.Status != "MPG03009" || got.Message != "拒絕交易_拒絕卡號" {
		t.Errorf("result = %+v", got)
	}
}

func TestUnknownCheckout(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	if r := c.get("/checkout/NOSUCHTOKEN"); r.StatusCode != http.StatusNotFound || errorCode.FindString(r.body) == "" {
		t.Errorf("status %d", r.StatusCode)
	}
	if r := c.get("/MPG/mpg_gateway"); r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET of the gateway: %d", r.StatusCode)
	}
}

func TestNoCardDataInTheLog(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	path := c.open("Tea_1")
	c.post(path, card("exp_month=13"))
	c.pay(path, card())
	log := c.app.Log.String()
	if len(log) < 100 {
		t.Fatal("nothing was logged")
	}
	for _, never := range []string{
		"4111111111111111", "4111 1111", "小明", "912345678", "payer@example.test", strings.TrimPrefix(path, "/checkout/"),
	} {
		if strings.Contains(log, never) {
			t.Errorf("the log holds %q", never)
		}
	}
}

var fieldError = regexp.MustCompile(`(?s)data-error-for="([a-z_]+)".*?</p>`)

func TestErrorsSpeakTheLanguageOfThePage(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	path := c.open("En_1", "LangType=en", "CREDIT=1", "InstFlag=3")
	wrong := map[string][]wire.Pair{
		"card_no exp_month cvc last_name first_name phone email agree_order agree_terms": {
			{Name: "agree_order", Value: ""},
		},
		"card_no":     card("card_no=6011000990139424", "pay_kind=full"),
		"exp_month":   card("exp_year=20"),
		"pay_kind":    card("pay_kind=bonus"),
		"instalments": card("pay_kind=instalment", "instalments=12"),
	}
	for fields, form := range wrong {
		page := c.post(path, set(form, "email", emailOf(fields))).body
		found := map[string]bool{}
		for _, m := range fieldError.FindAllStringSubmatch(page, -1) {
			found[m[1]] = true
			if strings.ContainsFunc(m[0], func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				t.Errorf("the English page says %s", m[0])
			}
		}
		for field := range strings.FieldsSeq(fields) {
			if !found[field] {
				t.Errorf("no error at %s; there are some at %v", field, found)
			}
		}
	}
	c.must(c.app.Bank.SetBehaviour(t.Context(), bank.Behaviour{Unavailable: true}))
	if page := c.post(path, card()).body; !strings.Contains(page, "Nothing was charged") {
		t.Error("the English page does not say that nothing was charged")
	}
}

// emailOf is a wrong address where the test wants one.
func emailOf(fields string) string {
	if strings.Contains(fields, "email") {
		return "nowhere"
	}
	return "payer@example.test"
}
