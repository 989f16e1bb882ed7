package wire_test

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/wire"
)

var testNow = time.Unix(1695795410, 999e6)

// change is a set of fields to set; the value "-" takes the field away.
type change map[string]string

const absent = "-"

// validRequest is the smallest acceptable request of a version, changed as told.
func validRequest(version wire.Version, c change) (wire.Form, wire.Envelope) {
	form := wire.Form{
		"MerchantID": "MS127874575", "RespondType": "JSON", "TimeStamp": "1695795410", "Version": string(version),
		"MerchantOrderNo": "Order_1695795410", "Amt": "30", "ItemDesc": "test",
		"ReturnURL": "https://shop.example/return", "NotifyURL": "https://shop.example/notify",
		"Email": "payer@example.com",
	}
	for name, value := range c {
		if form[name] = value; value == absent {
			delete(form, name)
		}
	}
	return form, wire.Envelope{MerchantID: "MS127874575", Version: version}
}

func parse(version wire.Version, c change) (*wire.PaymentRequest, *wire.Error) {
	form, env := validRequest(version, c)
	return wire.ParsePaymentRequest(form, env, testNow, wire.Rules{})
}

func versions() []wire.Version {
	return []wire.Version{wire.V14, wire.V15, wire.V16, wire.V20, wire.V21, wire.V22, wire.V23}
}

func TestParsePaymentRequestReadsTheManualSample(t *testing.T) {
	t.Parallel()
	v := findVector(t, "mpg_request_manual")
	env := wire.Envelope{MerchantID: "MS127874575", TradeInfo: v.Ciphertext, TradeSha: v.TradeSha, Version: wire.V20}
	inner, werr := env.Open(v.keys())
	checkRefusal(t, werr, "", "")
	got, werr := wire.ParsePaymentRequest(inner, env, testNow, wire.Rules{})
	checkRefusal(t, werr, "", "")
	want := &wire.PaymentRequest{
		MerchantID: "MS127874575", RespondType: wire.String, TimeStamp: time.Unix(1695795410, 0), Version: wire.V20,
		Lang: wire.LangZhTW, MerchantOrderNo: "Vanespl_ec_1695795410", Amt: 30, ItemDesc: "test",
		NotifyURL:       "https://webhook.site/d4db5ad1-2278-466a-9d66-78585c0dbadb",
		Methods:         wire.Methods{StoreDecides: true},
		TokenTermDemand: wire.DemandExpiryCVC,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestParsePaymentRequestReadsEveryField(t *testing.T) {
	t.Parallel()
	got, werr := parse(wire.V23, change{
		"RespondType": "String", "LangType": "EN", "TradeLimit": "300", "CustomerURL": "http://shop.example:81/c",
		"ClientBackURL": "http://shop.example:8080/back", "EmailModify": "0", "OrderComment": "請勿'折疊'\n",
		"ItemDesc": " 茶葉<b>\"一\"斤\r\n", "CREDIT": "1", "CREDITAE": "1", "UNIONPAY": "1", "CreditRed": "1",
		"APPLEPAY": "1", "ANDROIDPAY": "1", "SAMSUNGPAY": "1", "InstFlag": "12,3,3", "VACC": "1",
		"NTCB": "1", "NTCBLocate": "001", "NTCBStartDate": "2023-09-27", "NTCBEndDate": "2023-09-28",
		"TokenTerm": "a.b_c-d@e", "TokenTermDemand": "3", "P3D": "1", "LoginType": "7", "Unknown": "x",
		"OrderDetail": `[{"ItemName":"茶","ItemAmt":10,"ItemType":1,"ItemOrderNo":"a"},` +
			`{"ItemName":"票","ItemAmt":"20","ItemType":"2","ItemOrderNo":"b"}]`,
	})
	checkRefusal(t, werr, "", "")
	want := &wire.PaymentRequest{
		MerchantID: "MS127874575", RespondType: wire.String, TimeStamp: time.Unix(1695795410, 0), Version: wire.V23,
		Lang: wire.LangEn, MerchantOrderNo: "Order_1695795410", Amt: 30, ItemDesc: "茶葉b一斤",
		TradeLimit: 300 * time.Second,
		ReturnURL:  "https://shop.example/return", NotifyURL: "https://shop.example/notify",
		CustomerURL: "http://shop.example:81/c", ClientBackURL: "http://shop.example:8080/back",
		Email: "payer@example.com", EmailLocked: true, OrderComment: "請勿折疊",
		Methods: wire.Methods{
			Other: true, Credit: true, CreditAE: true, UnionPay: true, Bonus: true,
			ApplePay: true, GooglePay: true, SamsungPay: true,
		},
		Instalment: wire.Instalment{Terms: []int{3, 12}},
		TravelCard: &wire.TravelCard{Locate: "001", Start: "2023-09-27", End: "2023-09-28"},
		TokenTerm:  "a.b_c-d@e", TokenTermDemand: wire.DemandCVC, Force3D: true,
		OrderDetail: []wire.OrderItem{
			{Name: "茶", Amt: 10, Type: 1, OrderNo: "a"},
			{Name: "票", Amt: 20, Type: 2, OrderNo: "b"},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestEveryVersionAcceptsAnOrdinaryRequest(t *testing.T) {
	t.Parallel()
	for _, version := range versions() {
		got, werr := parse(version, change{"LoginType": "0", "CREDIT": "1", "VACC": "0", "TradeLimit": "undefined"})
		checkRefusal(t, werr, "", "")
		if got.Version != version || !got.Methods.Credit || got.Methods.Other || got.Methods.StoreDecides {
			t.Errorf("%s: %+v", version, got)
		}
	}
}

// longURL is far over the limit; tests cut it.
var longURL = "https://shop.example/" + strings.Repeat("x", 200)

// requestFaults are single changes to a good request of version 2.0 and the refusal each one leads to, if any.
var requestFaults = []struct {
	change change
	code   wire.Code
	field  string
}{
	{change{"TimeStamp": absent}, wire.MPGTimeStamp, "TimeStamp"},
	{change{"TimeStamp": "1695795290"}, "", ""},
	{change{"TimeStamp": "1695795289"}, wire.MPGExpired, "TimeStamp"},
	{change{"TimeStamp": "1695795530"}, "", ""},
	{change{"TimeStamp": "1695795531"}, wire.MPGExpired, "TimeStamp"},
	{change{"TimeStamp": "1695795410000"}, wire.MPGExpired, "TimeStamp"},
	{change{"TimeStamp": "now"}, wire.MPGExpired, "TimeStamp"},
	{change{"MerchantID": absent}, wire.MPGMerchantID, "MerchantID"},
	{change{"MerchantID": "MS127874576"}, wire.MPGNoStore, "MerchantID"},
	{change{"Version": absent}, wire.MPGVersion, "Version"},
	{change{"Version": "2.1"}, wire.MPGVersion, "Version"},
	{change{"Version": "1.2"}, wire.MPGOldVersion, "Version"},
	{change{"RespondType": absent}, wire.MPGRespondType, "RespondType"},
	{change{"RespondType": "json"}, wire.MPGRespondType, "RespondType"},
	{change{"RespondType": "STRING"}, wire.MPGRespondType, "RespondType"},
	{change{"MerchantOrderNo": absent}, wire.MPGMerchantOrderNo, "MerchantOrderNo"},
	{change{"MerchantOrderNo": "a-b"}, wire.MPGMerchantOrderNo, "MerchantOrderNo"},
	{change{"MerchantOrderNo": "a\n"}, wire.MPGMerchantOrderNo, "MerchantOrderNo"},
	{change{"MerchantOrderNo": "訂單"}, wire.MPGMerchantOrderNo, "MerchantOrderNo"},
	{change{"MerchantOrderNo": strings.Repeat("a", 30)}, "", ""},
	{change{"MerchantOrderNo": strings.Repeat("a", 31)}, wire.MPGMerchantOrderNo, "MerchantOrderNo"},
	{change{"Amt": absent}, wire.MPGAmt, "Amt"},
	{change{"Amt": "0"}, wire.MPGAmt, "Amt"},
	{change{"Amt": "-5"}, wire.MPGAmt, "Amt"},
	{change{"Amt": "+5"}, wire.MPGAmt, "Amt"},
	{change{"Amt": "30.0"}, wire.MPGAmt, "Amt"},
	{change{"Amt": "1e3"}, wire.MPGAmt, "Amt"},
	{change{"Amt": "３０"}, wire.MPGAmt, "Amt"},
	{change{"Amt": "9999999999"}, "", ""},
	{change{"Amt": "10000000000"}, wire.MPGAmt, "Amt"},
	{change{"ItemDesc": absent}, wire.MPGItemDesc, "ItemDesc"},
	{change{"ItemDesc": " '\"<>\n\x00\xff"}, wire.MPGItemDesc, "ItemDesc"},
	{change{"ReturnURL": absent, "NotifyURL": absent}, "", ""},
	{change{"ReturnURL": "undefined", "NotifyURL": "null", "ClientBackURL": ""}, "", ""},
	{change{"ReturnURL": "shop.example/return"}, wire.MPGURL, "ReturnURL"},
	{change{"ReturnURL": "javascript:alert(1)"}, wire.MPGURL, "ReturnURL"},
	{change{"ReturnURL": "ftp://shop.example/"}, wire.MPGURL, "ReturnURL"},
	{change{"ReturnURL": "https:///return"}, wire.MPGURL, "ReturnURL"},
	{change{"ReturnURL": "https://shop.example:8443/"}, wire.MPGURL, "ReturnURL"},
	{change{"ReturnURL": "https://shop.example:443/", "NotifyURL": "http://shop.example:80/"}, "", ""},
	{change{"ReturnURL": "https://shop.example/\x01"}, wire.MPGURL, "ReturnURL"},
	{change{"ReturnURL": "https://shop.example/\xff"}, wire.MPGURL, "ReturnURL"},
	{change{"ReturnURL": longURL[:200]}, "", ""},
	{change{"ReturnURL": longURL[:201]}, wire.MPGURL, "ReturnURL"},
	{change{"NotifyURL": "https://shop.example:8443/"}, wire.MPGURL, "NotifyURL"},
	{change{"NotifyURL": "https://shop.example/return"}, wire.MPGURL, "NotifyURL"},
	{change{"CustomerURL": "x"}, wire.MPGURL, "CustomerURL"},
	{change{"ClientBackURL": "javascript:x"}, wire.MPGURL, "ClientBackURL"},
	{change{"Email": absent}, "", ""},
	{change{"Email": "payer"}, wire.MPGEmail, "Email"},
	{change{"Email": "payer@localhost"}, wire.MPGEmail, "Email"},
	{change{"Email": " payer@example.com"}, wire.MPGEmail, "Email"},
	{change{"Email": "Payer <payer@example.com>"}, wire.MPGEmail, "Email"},
	{change{"Email": "a@example.com\r\nBcc: b@example.com"}, wire.MPGEmail, "Email"},
	{change{"Email": "付款人@example.com"}, wire.MPGEmail, "Email"},
	{change{"Email": strings.Repeat("a", 39) + "@example.com"}, wire.MPGEmail, "Email"},
	{change{"InstFlag": "4"}, wire.MPGInstFlag, "InstFlag"},
	{change{"InstFlag": "3,"}, wire.MPGInstFlag, "InstFlag"},
	{change{"InstFlag": "1,3"}, wire.MPGInstFlag, "InstFlag"},
	{change{"InstFlag": "3,6,8,12,18,24,30"}, "", ""},
	{change{"TokenTerm": "a b"}, wire.MPGTokenTerm, "TokenTerm"},
	{change{"TokenTerm": strings.Repeat("a", 21)}, wire.MPGTokenTerm, "TokenTerm"},
}

func TestParsePaymentRequestGivesTheDocumentedCode(t *testing.T) {
	t.Parallel()
	for _, c := range requestFaults {
		_, werr := parse(wire.V20, c.change)
		t.Run(strings.ToValidUTF8(c.field+" "+firstValue(c.change), "?"), func(t *testing.T) {
			t.Parallel()
			checkRefusal(t, werr, c.code, c.field)
		})
	}
}

func firstValue(c change) string {
	return c[slices.Sorted(maps.Keys(c))[0]]
}

func TestOlderVersionsAskForMore(t *testing.T) {
	t.Parallel()
	for _, version := range versions() {
		old := version < wire.V20
		_, werr := parse(version, change{"Email": absent})
		if refused := werr != nil && werr.Code == wire.MPGEmail; refused != old {
			t.Errorf("%s without Email: %v", version, werr)
		}
		_, werr = parse(version, change{"MerchantOrderNo": strings.Repeat("a", 21)})
		if refused := werr != nil && werr.Code == wire.MPGMerchantOrderNo; refused != old {
			t.Errorf("%s with 21 characters of MerchantOrderNo: %v", version, werr)
		}
		_, werr = parse(version, change{"OrderDetail": "no JSON"})
		if refused := werr != nil && werr.Code == wire.MPGOrderDetail; refused != (version >= wire.V22) {
			t.Errorf("%s with a broken OrderDetail: %v", version, werr)
		}
	}
}

func TestOrderDetailCodes(t *testing.T) {
	t.Parallel()
	item := func(name, amt, kind, no string) string {
		return `{"ItemName":` + name + `,"ItemAmt":` + amt + `,"ItemType":` + kind + `,"ItemOrderNo":` + no + `}`
	}
	good := item(`"茶"`, "30", "1", `"a"`)
	for _, c := range []struct {
		detail string
		code   wire.Code
	}{
		{"[" + good + "]", ""},
		{"[" + item(`"茶"`, `"30"`, `"4"`, `"a"`) + "]", ""},
		{"null", ""},
		{good, wire.MPGOrderDetail},
		{"[]", wire.MPGOrderDetail},
		{"[" + good + "] x", wire.MPGOrderDetail},
		{"[" + item(`""`, "30", "1", `"a"`) + "]", wire.MPGOrderDetail},
		{"[" + item(`"`+strings.Repeat("茶", 20)+`"`, "30", "1", `"a"`) + "]", ""},
		{"[" + item(`"`+strings.Repeat("茶", 21)+`"`, "30", "1", `"a"`) + "]", wire.MPGOrderDetail},
		{"[" + item(`"\u0000"`, "30", "1", `"a"`) + "]", wire.MPGOrderDetail},
		{"[" + item(`"茶"`, "0", "1", `"a"`) + "]", wire.MPGOrderDetail},
		{"[" + item(`"茶"`, "30.5", "1", `"a"`) + "]", wire.MPGOrderDetail},
		{"[" + item(`"茶"`, "-30", "1", `"a"`) + "]", wire.MPGOrderDetail},
		{"[" + item(`"茶"`, "30", "5", `"a"`) + "]", wire.MPGOrderDetail},
		{"[" + item(`"茶"`, "30", "null", `"a"`) + "]", wire.MPGOrderDetail},
		{"[" + item(`"茶"`, "30", "1", `""`) + "]", wire.MPGOrderDetail},
		{"[" + item(`"茶"`, "31", "1", `"a"`) + "]", wire.MPGOrderDetailSum},
		{"[" + good + "," + good + "]", wire.MPGOrderDetailSum},
		{"[" + item(`"茶"`, "10", "1", `"a"`) + "," + item(`"票"`, "20", "2", `"a"`) + "]", wire.MPGOrderDetailTwice},
		{strings.Repeat("[", 20_000), wire.MPGOrderDetail},
	} {
		_, werr := parse(wire.V22, change{"OrderDetail": c.detail})
		field := "OrderDetail"
		if werr == nil {
			field = ""
		}
		t.Run(c.detail[:min(len(c.detail), 40)], func(t *testing.T) {
			t.Parallel()
			checkRefusal(t, werr, c.code, field)
		})
	}
}

// errorOrder is the documented order: a request with several faults is refused for the first of them.
var errorOrder = []struct {
	change change
	code   wire.Code
}{
	{change{"TimeStamp": absent}, wire.MPGTimeStamp},
	{change{"MerchantID": "other"}, wire.MPGNoStore},
	{change{"Version": "x"}, wire.MPGVersion},
	{change{"RespondType": "x"}, wire.MPGRespondType},
	{change{"MerchantOrderNo": "-"}, wire.MPGMerchantOrderNo},
	{change{"Amt": "x"}, wire.MPGAmt},
	{change{"ItemDesc": ""}, wire.MPGItemDesc},
	{change{"NotifyURL": "x"}, wire.MPGURL},
	{change{"Email": "x"}, wire.MPGEmail},
	{change{"InstFlag": "x"}, wire.MPGInstFlag},
	{change{"TokenTerm": " "}, wire.MPGTokenTerm},
	{change{"OrderDetail": "x"}, wire.MPGOrderDetail},
}

func TestTheFirstOfSeveralFaultsIsReportedAndReturnURLKept(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all, want := change{}, wire.Code("")
		for _, fault := range errorOrder {
			if !rapid.Bool().Draw(t, string(fault.code)) {
				continue
			}
			if want == "" {
				want = fault.code
			}
			maps.Copy(all, fault.change)
		}
		got, werr := parse(wire.V23, all)
		if werr == nil && want != "" || werr != nil && werr.Code != want {
			t.Fatalf("got %v, want %s", werr, want)
		}
		if got.ReturnURL != "https://shop.example/return" || got.MerchantID != "MS127874575" {
			t.Fatalf("lost ReturnURL: %+v", got)
		}
	})
}

func TestTextThatIsNoFormIsABlankTimeStamp(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", `{"MerchantID":"MS127874575","TimeStamp":1}`, "\x00\xff"} {
		form, err := wire.ParseForm(text)
		if err != nil {
			t.Fatal(err)
		}
		env := wire.Envelope{MerchantID: "MS127874575", Version: wire.V20}
		got, werr := wire.ParsePaymentRequest(form, env, testNow, wire.Rules{})
		checkRefusal(t, werr, wire.MPGTimeStamp, "TimeStamp")
		if got.RespondType != wire.JSON {
			t.Errorf("an unreadable request is answered as %q", got.RespondType)
		}
	}
}

func TestAnyPortLetsADemoShopBeOnLocalhost(t *testing.T) {
	t.Parallel()
	form, env := validRequest(wire.V20, change{
		"ReturnURL": "http://localhost:8082/return", "NotifyURL": "http://localhost:8082/notify",
	})
	got, werr := wire.ParsePaymentRequest(form, env, testNow, wire.Rules{AnyPort: true})
	checkRefusal(t, werr, "", "")
	if got.ReturnURL != form["ReturnURL"] || got.NotifyURL != form["NotifyURL"] {
		t.Errorf("%+v", got)
	}
}

func TestFieldsWithoutACodeArePutRight(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "00": 0, "-0": minLimit, "x": 0, "1.5": 0, "undefined": 0, "1": minLimit, "-5": minLimit,
		"59": minLimit, "60": minLimit, "61": 61 * time.Second, "900": maxLimit, "901": maxLimit,
		"99999999999999999999": maxLimit, "-99999999999999999999": minLimit,
	} {
		got, werr := parse(wire.V20, change{"TradeLimit": value})
		if werr != nil || got.TradeLimit != want {
			t.Errorf("TradeLimit %q: %v, %v, want %v", value, got.TradeLimit, werr, want)
		}
	}
	for value, want := range map[string]wire.Lang{
		"": wire.LangZhTW, "zh-tw": wire.LangZhTW, "zh-Tw": wire.LangZhTW, "xx": wire.LangZhTW,
		"en": wire.LangEn, "jp": wire.LangJp, "JP": wire.LangJp,
	} {
		if got, werr := parse(wire.V20, change{"LangType": value}); werr != nil || got.Lang != want {
			t.Errorf("LangType %q: %v, %v", value, got.Lang, werr)
		}
	}
	long, werr := parse(wire.V20, change{
		"ItemDesc": strings.Repeat("茶", 51), "OrderComment": strings.Repeat("茶", 301), "TokenTermDemand": "5",
	})
	if werr != nil || utf8.RuneCountInString(long.ItemDesc) != 50 || utf8.RuneCountInString(long.OrderComment) != 300 ||
		long.TokenTermDemand != wire.DemandExpiryCVC {
		t.Errorf("%+v, %v", long, werr)
	}
}

const (
	minLimit = 60 * time.Second
	maxLimit = 900 * time.Second
)

func TestAnIncompleteTravelCardIsAnOrdinaryCard(t *testing.T) {
	t.Parallel()
	for _, wrong := range []change{
		{"NTCB": "0"},
		{"NTCBLocate": absent},
		{"NTCBLocate": "000"},
		{"NTCBLocate": "030"},
		{"NTCBLocate": "29"},
		{"NTCBLocate": "+29"},
		{"NTCBStartDate": "2023-02-30"},
		{"NTCBEndDate": absent},
		{"NTCBEndDate": "2023-09-26"},
	} {
		all := change{
			"CREDIT": "1", "NTCB": "1", "NTCBLocate": "029", "NTCBStartDate": "2023-09-27", "NTCBEndDate": "2023-09-27",
		}
		if got, werr := parse(wire.V20, all); werr != nil || got.TravelCard == nil {
			t.Fatalf("complete: %+v, %v", got, werr)
		}
		maps.Copy(all, wrong)
		if got, werr := parse(wire.V20, all); werr != nil || got.TravelCard != nil {
			t.Errorf("%v: %+v, %v", wrong, got.TravelCard, werr)
		}
	}
}

func TestWhoDecidesTheMethods(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change change
		want   wire.Methods
	}{
		{change{}, wire.Methods{StoreDecides: true}},
		{change{"CREDIT": "0", "VACC": "0", "InstFlag": "0"}, wire.Methods{StoreDecides: true}},
		{change{"CREDIT": "1"}, wire.Methods{Credit: true}},
		{change{"CREDIT": "2"}, wire.Methods{StoreDecides: true}},
		{change{"VACC": "1"}, wire.Methods{Other: true}},
		{change{"CVSCOM": "3"}, wire.Methods{Other: true}},
		{change{"CREDITAGREEMENT": "1"}, wire.Methods{Other: true}},
		{change{"InstFlag": "1"}, wire.Methods{}},
		{change{"InstFlag": "3"}, wire.Methods{}},
		{change{"CreditRed": "1"}, wire.Methods{Bonus: true}},
	} {
		if got, werr := parse(wire.V20, c.change); werr != nil || got.Methods != c.want {
			t.Errorf("%v: %+v, %v, want %+v", c.change, got.Methods, werr, c.want)
		}
	}
}

func TestInstalmentAllows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		flag string
		term int
		want bool
	}{
		{"0", 3, false}, {"1", 3, true}, {"1", 30, true}, {"1", 4, false}, {"3,6", 6, true}, {"3,6", 12, false},
	} {
		got, werr := parse(wire.V20, change{"InstFlag": c.flag})
		if werr != nil || got.Instalment.Allows(c.term) != c.want {
			t.Errorf("InstFlag %s, %d periods: %v, %v", c.flag, c.term, got.Instalment.Allows(c.term), werr)
		}
	}
}

func FuzzParsePaymentRequest(f *testing.F) {
	for _, v := range loadVectors(f) {
		f.Add(v.Plaintext, "2.0")
	}
	for _, version := range versions() {
		form, _ := validRequest(version, change{
			"OrderDetail": `[{"ItemName":"x","ItemAmt":30,"ItemType":1,"ItemOrderNo":"a"}]`,
		})
		var pairs []wire.Pair
		for name, value := range form {
			pairs = append(pairs, wire.Pair{Name: name, Value: value})
		}
		f.Add(wire.EncodeForm(pairs), string(version))
	}
	orderNo := regexp.MustCompile(`^[A-Za-z0-9_]{1,30}$`)
	f.Fuzz(func(t *testing.T, text, version string) {
		form, err := wire.ParseForm(text)
		if err != nil {
			return
		}
		env := wire.Envelope{MerchantID: "MS127874575", Version: wire.Version(version)}
		got, werr := wire.ParsePaymentRequest(form, env, testNow, wire.Rules{})
		if got == nil || werr != nil && (werr.Code == wire.Success || werr.Message == "" || werr.Field == "") {
			t.Fatalf("%+v, %v", got, werr)
		}
		for _, url := range []string{got.ReturnURL, got.NotifyURL} {
			if url != "" && !strings.HasPrefix(strings.ToLower(url), "http") {
				t.Fatalf("URL %q", url)
			}
		}
		for _, s := range []string{
			got.MerchantOrderNo, got.ItemDesc, got.OrderComment, got.Email, got.ReturnURL, got.TokenTerm,
		} {
			if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\r\n") {
				t.Fatalf("%q cannot be stored", s)
			}
		}
		limit := got.TradeLimit
		if limit != 0 && (limit < minLimit || limit > maxLimit) || utf8.RuneCountInString(got.ItemDesc) > 50 {
			t.Fatalf("%+v", got)
		}
		if werr == nil && (got.Amt == 0 || got.ItemDesc == "" || !orderNo.MatchString(got.MerchantOrderNo)) {
			t.Fatalf("accepted %+v", got)
		}
	})
}
