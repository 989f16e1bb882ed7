package gateway_test

import (
	"encoding/json"
	"html"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/wire"
)

// The demonstration's stores by what they may do.
const (
	nonThreeD = "MS100000004" // neither 3D nor Passkey
	threeD    = "MS100000002" // 3D without Passkey
)

// cardCall is an inner form of /API/CreditCard; changes as in order.
func (c *client) cardCall(orderNo string, changes ...string) []wire.Pair {
	pairs := []wire.Pair{
		{Name: "TimeStamp", Value: strconv.FormatInt(c.app.Clock.Now().Unix(), 10)},
		{Name: "Version", Value: "2.5"},
		{Name: "MerchantOrderNo", Value: orderNo},
		{Name: "Amt", Value: "1250"},
		{Name: "ProdDesc", Value: "青瓷茶杯"},
		{Name: "PayerEmail", Value: "payer@example.test"},
		{Name: "CardNo", Value: "4111111111111111"},
		{Name: "Exp", Value: "3012"},
		{Name: "CVC", Value: "123"},
		{Name: "CardHolderLastName", Value: "王"},
		{Name: "CardHolderFirstName", Value: "小明"},
		{Name: "CardHolderPhoneCountryCode", Value: "886"},
		{Name: "CardHolderPhone", Value: "912345678"},
	}
	for _, change := range changes {
		name, value, _ := strings.Cut(change, "=")
		pairs = set(pairs, name, value)
	}
	return pairs
}

var with3D = []string{"P3D=1", "NotifyURL=http://127.0.0.1:1/notify", "ReturnURL=http://shop.test/return"}

// cardTold is an answer of /API/CreditCard as a merchant reads it.
type cardTold struct {
	Status, Message string
	Result          any
	Passkey         *offered
	body            string
}

// offered is what the merchant's page gets.
type offered struct {
	RequestToken, RpID, Challenge, PayeeName, PayeeOrigin, FrameURL string
	CredentialIDs                                                   []string
	Total                                                           struct{ Currency, Value string }
	Instrument                                                      struct{ DisplayName, Icon, Details string }
	Timeout                                                         int64
	ExpiresAt                                                       time.Time
}

// field is a field of Result; empty for none.
func (a cardTold) field(name string) string {
	fields, _ := a.Result.(map[string]any)
	if number, ok := fields[name].(float64); ok {
		return strconv.FormatFloat(number, 'f', -1, 64)
	}
	text, _ := fields[name].(string)
	return text
}

// callCard posts to /API/CreditCard, or to the address below it.
func (c *client) callCard(merchantID, below string, inner []wire.Pair) cardTold {
	c.t.Helper()
	form, err := wire.BuildCardPaymentForm(keysOf(merchantID), merchantID, inner)
	c.must(err)
	r := c.post("/API/CreditCard"+below, form)
	told := cardTold{body: r.body}
	if r.StatusCode != 200 || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
		c.t.Errorf("answered %d %s", r.StatusCode, r.Header.Get("Content-Type"))
	}
	if err := json.Unmarshal([]byte(r.body), &told); err != nil {
		c.t.Fatalf("%v in %s", err, r.body)
	}
	return told
}

var verifyForm = regexp.MustCompile(`<form id="memberzone-3d" method="post" action="([^"]*)"`)

// arrive posts the page of a 3dVerify as the cardholder's browser does, and returns the checkout's address with how
// it is shown.
func (c *client) arrive(told cardTold) (string, reply) {
	c.t.Helper()
	page, _ := told.Result.(string)
	m := verifyForm.FindStringSubmatch(page)
	if told.Status != "3dVerify" || m == nil {
		c.t.Fatalf("no page for the cardholder: %s", told.body)
	}
	address := html.UnescapeString(m[1])
	if !strings.HasPrefix(address, c.app.URL+"/checkout/") {
		c.t.Fatalf("the page leads to %s", address)
	}
	path := strings.TrimSuffix(strings.TrimPrefix(address, c.app.URL), "/arrive")
	r := c.post(path+"/arrive", nil)
	if r.Header.Get("Location") != path {
		c.t.Fatalf("arrived: %d to %s\n%s", r.StatusCode, r.Header.Get("Location"), r.body)
	}
	return path, c.get(path)
}

// report is what the first page's script sends on.
func (c *client) report(path, device string) reply {
	c.t.Helper()
	c.post(path+"/arrive", []wire.Pair{{Name: "device", Value: device}})
	return c.get(path)
}

func tokenOf(path string) ident.Token { return ident.Token(strings.TrimPrefix(path, "/checkout/")) }

func TestACardPaymentIsAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	for i, version := range []string{"1.0", "1.1", "2.0", "2.1", "2.2", "2.3", "2.4", "2.5"} {
		orderNo := "Tea_" + strconv.Itoa(i)
		told := c.callCard(nonThreeD, "", c.cardCall(orderNo, "Version="+version))
		if told.Status != "SUCCESS" || told.Message != "授權成功" {
			t.Fatalf("version %s: %s", version, told.body)
		}
		checkCode, err := keysOf(nonThreeD).CheckCode(wire.Trade{
			MerchantID: nonThreeD, Amt: "1250", MerchantOrderNo: orderNo, TradeNo: told.field("TradeNo"),
		})
		c.must(err)
		for name, want := range map[string]string{
			"MerchantID": nonThreeD, "Amt": "1250", "MerchantOrderNo": orderNo, "RespondCode": "00", "Card6No": "411111",
			"Card4No": "1111", "Exp": "3012", "Inst": "0", "ECI": "", "PaymentMethod": "CREDIT", "IP": "",
			"AuthDate": "20261124", "AuthTime": "120000", "CheckCode": checkCode,
		} {
			if got := told.field(name); got != want {
				t.Errorf("version %s: %s is %q, want %q", version, name, got, want)
			}
		}
		if told.Passkey != nil || strings.Contains(told.body, "4111111111111111") {
			t.Errorf("version %s: %s", version, told.body)
		}
	}
}

func TestACardPaymentInTestModeAsksNobody(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	told := c.callCard(testStore, "", c.cardCall("Tea_1", append(with3D, "CardNo=4000221111111111")...))
	if told.Status != "SUCCESS" || told.field("AuthBank") != "KGI" || told.field("ECI") != "" {
		t.Errorf("told %s", told.body)
	}
	told = c.callCard(testStore, "", c.cardCall("Tea_2"))
	if told.Status != "MPG03009" || told.Message != "拒絕交易_拒絕卡號" || told.field("TradeNo") == "" {
		t.Errorf("another card than the published ones: %s", told.body)
	}
}

func TestACardPaymentTakesInstalmentsAndBonus(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	told := c.callCard(testStore, "", c.cardCall("Tea_1", "Inst=3", "CardNo=4000221111111111"))
	if told.Status != "SUCCESS" || told.field("Inst") != "3" || told.field("InstFirst") == "0" {
		t.Errorf("instalments: %s", told.body)
	}
	told = c.callCard(testStore, "", c.cardCall("Tea_2", "Red=1", "CardNo=4003551111111111"))
	if told.Status != "SUCCESS" || told.field("RedAmt") == "" {
		t.Errorf("bonus: %s", told.body)
	}
}

func TestACardPaymentIsRefusedWithTheDocumentedCode(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	if first := c.callCard(nonThreeD, "", c.cardCall("Taken")); first.Status != "SUCCESS" {
		t.Fatalf("the first of two orders: %s", first.body)
	}
	for name, refused := range map[string]struct {
		store   string
		changes []string
		code    string
	}{
		"an order number twice":       {nonThreeD, []string{"MerchantOrderNo=Taken"}, "TRA20004"},
		"too much":                    {nonThreeD, []string{"Amt=9999999999"}, "MPG01015"},
		"no amount":                   {nonThreeD, []string{"Amt=x"}, "TRA10003"},
		"stale":                       {nonThreeD, []string{"TimeStamp=1"}, "TRA40014"},
		"wrong check digit":           {nonThreeD, []string{"CardNo=4111111111111112"}, "MPG05002"},
		"UnionPay":                    {nonThreeD, []string{"CardNo=6200000000000005"}, "MPG05002"},
		"over":                        {nonThreeD, []string{"Exp=2001"}, "TRA10043"},
		"code of four digits":         {nonThreeD, []string{"CVC=1234"}, "MPG05001"},
		"an unknown term":             {nonThreeD, []string{"Inst=7"}, "MPG01008"},
		"no phone for Passkey":        {store, append(with3D, "CardHolderPhone=-"), "TRA10018"},
		"a phone that is none":        {store, append(with3D, "CardHolderPhone=12"), "TRA10018"},
		"3-D without NotifyURL":       {nonThreeD, []string{"P3D=1", "ReturnURL=http://shop.test/"}, "TRA10018"},
		"3-D store without NotifyURL": {threeD, []string{"ReturnURL=http://shop.test/"}, "TRA10018"},
		"a page of somebody else":     {store, append(with3D, "PayeeOrigin=https://evil.example"), "MPG02005"},
		"declined":                    {nonThreeD, []string{"CardNo=4000000000000002"}, "MPG03009"},
		"the bank knows no phone":     {threeD, append(with3D, "CardNo=4000000000000077"), "MPG03009"},
	} {
		t.Run(name, func(t *testing.T) {
			told := c.callCard(refused.store, "", c.cardCall("No_"+strconv.Itoa(len(name)), refused.changes...))
			if told.Status != refused.code || told.Message == "" {
				t.Errorf("want %s: %s", refused.code, told.body)
			}
		})
	}
	for name, form := range map[string][]wire.Pair{
		"TRA10009": {{Name: "PostData_", Value: "00"}},
		"MEM40012": {{Name: "MerchantID_", Value: store}},
		"TRA10001": {{Name: "MerchantID_", Value: "MS999999999"}, {Name: "PostData_", Value: "00"}},
		"TRA10008": {{Name: "MerchantID_", Value: store}, {Name: "PostData_", Value: "00"}},
	} {
		for _, below := range []string{"", "/PasskeyVerify"} {
			if r := c.post("/API/CreditCard"+below, form); !strings.Contains(r.body, name) {
				t.Errorf("want %s: %s", name, r.body)
			}
		}
	}
}

func TestAnOutcomeThatIsNotKnownIsNotCalledAFailure(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	told := c.callCard(nonThreeD, "", c.cardCall("Tea_1", "CardNo=4000000000000119"))
	if told.Status != "TRA10015" || told.field("MerchantOrderNo") != "Tea_1" || told.field("TradeNo") == "" ||
		told.field("RespondCode") != "" {
		t.Errorf("told %s", told.body)
	}
	if again := c.callCard(nonThreeD, "", c.cardCall("Tea_1")); again.Status != "TRA20004" {
		t.Errorf("the same order again: %s", again.body)
	}
}

func TestARefusedCardDoesNotUseUpTheOrderNumber(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	if told := c.callCard(nonThreeD, "", c.cardCall("Tea_1", "CVC=1234")); told.Status != "MPG05001" {
		t.Errorf("told %s", told.body)
	}
	if told := c.callCard(nonThreeD, "", c.cardCall("Tea_1")); told.Status != "SUCCESS" {
		t.Errorf("the same order with a good card: %s", told.body)
	}
}

func TestAnAnswerAsText(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	form, err := wire.BuildCardPaymentForm(keysOf(nonThreeD), nonThreeD, c.cardCall("Tea_1"))
	c.must(err)
	r := c.postMultipart("/API/CreditCard", set(form, "Pos_", "String"))
	if !strings.HasPrefix(r.body, "Status=SUCCESS&Message=授權成功&MerchantID="+nonThreeD) {
		t.Errorf("told %s", r.body)
	}
}

func TestOlderVersionsAreVerifiedByCode(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	told := c.callCard(store, "", c.cardCall("Tea_1", append(with3D, "Version=2.4", "CardHolderName=王小明")...))
	path, page := c.arrive(told)
	has(t, page, `id="otp-form"`) // no report, no choice, no second card form
	c.app.PassOTP(t, tokenOf(path))
	where, notice, _ := c.notice(c.get(path))
	if where != "http://shop.test/return" || notice.Status != "SUCCESS" || notice.Result["ECI"] != "5" {
		t.Errorf("the merchant is told %+v at %s", notice, where)
	}
	again := c.callCard(store, "", c.cardCall("Tea_1", with3D...))
	if again.Status != "TRA20004" {
		t.Errorf("the same order again: %s", again.body)
	}
}

func TestTheFirstPageFindsOutWhatTheBrowserCan(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	path, page := c.arrive(c.callCard(store, "", c.cardCall("Tea_1", with3D...)))
	has(t, page, `id="arrive-form"`, "data-device-sends", `action="`+path+`/arrive"`)
	has(t, c.report(path, able), `data-choice="bind"`, "Visa •••• 1111")
	has(t, c.report(path, ""), `data-choice="bind"`) // a second report changes nothing
	path, _ = c.arrive(c.callCard(store, "", c.cardCall("Tea_2", with3D...)))
	has(t, c.report(path, ""), `id="otp-form"`) // without scripts
	c.app.PassOTP(t, tokenOf(path))
	if _, notice, _ := c.notice(c.get(path)); notice.Status != "SUCCESS" {
		t.Errorf("by code: %+v", notice)
	}
}

func TestAnOrderWhoseCardholderNeverComesFails(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	told := c.callCard(store, "", c.cardCall("Tea_1", with3D...))
	c.app.Clock.Advance(16 * time.Minute)
	path, page := c.arrive(told)
	_, notice, _ := c.notice(page)
	if notice.Status != "MPG02004" || !strings.Contains(c.query("Tea_1").body, `"TradeStatus":"2"`) {
		t.Errorf("%s: %+v", path, notice)
	}
}

func TestNothingOfACardIsLogged(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.callCard(nonThreeD, "", c.cardCall("Tea_1"))
	c.callCard(store, "", c.cardCall("Tea_2", with3D...))
	c.callCard(nonThreeD, "", c.cardCall("Tea_3", "Exp=2001"))
	if strings.Contains(c.app.Log.String(), "4111111111111111") {
		t.Error("a card number stands in the log")
	}
}
