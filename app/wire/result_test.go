package wire_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/wire"
)

// manualResult is the payment in the manual's notification sample.
func manualResult() wire.PaymentResult {
	return wire.PaymentResult{
		Code: wire.Success, Version: wire.V20, RespondType: wire.String,
		MerchantID: "MS127874575", Amt: 30, TradeNo: "23092714215835071", MerchantOrderNo: "Vanespl_ec_1695795668",
		IP: "123.51.237.115", EscrowBank: "HNCB", PayTime: time.Date(2023, 9, 27, 6, 21, 59, 0, time.UTC),
		RespondCode: "00", Auth: "115468", Card6No: "400022", Card4No: "1111", Exp: "2609", AuthBank: "KGI",
		PaymentMethod: "CREDIT",
	}
}

func TestPaymentResultIsTheManualsNotificationByteForByte(t *testing.T) {
	t.Parallel()
	v := findVector(t, "mpg_notify_string_manual")
	if got := manualResult().Text(); got != v.Plaintext {
		t.Errorf("\n got %s\nwant %s", got, v.Plaintext)
	}
	pairs, err := manualResult().Seal(v.keys())
	if err != nil {
		t.Fatal(err)
	}
	want := []wire.Pair{
		{Name: "Status", Value: "SUCCESS"},
		{Name: "MerchantID", Value: "MS127874575"},
		{Name: "Version", Value: "2.0"},
		{Name: "TradeInfo", Value: v.Ciphertext},
		{Name: "TradeSha", Value: v.TradeSha},
	}
	if got := wire.EncodeForm(pairs); got != wire.EncodeForm(want) {
		t.Errorf("\n got %s\nwant %s", got, wire.EncodeForm(want))
	}
}

// refusedRequest is a request on its way to a refusal at refusedAt, 19:15:33 in Taipei.
var (
	refusedRequest = wire.PaymentRequest{MerchantID: "MS120845008", Amt: 1000, MerchantOrderNo: "T1", Version: wire.V16}
	refusedAt      = time.Date(2021, 6, 14, 11, 15, 33, 0, time.UTC)
)

var resultTexts = []struct {
	name   string
	result func() wire.PaymentResult
	want   string
}{
	{
		name: "success in JSON has numbers where production has them",
		result: func() wire.PaymentResult {
			r := manualResult()
			r.RespondType = wire.JSON
			return r
		},
		want: `{"Status":"SUCCESS","Message":"\u6388\u6b0a\u6210\u529f","Result":{"MerchantID":"MS127874575",` +
			`"Amt":30,` +
			`"TradeNo":"23092714215835071","MerchantOrderNo":"Vanespl_ec_1695795668","RespondType":"JSON",` +
			`"IP":"123.51.237.115","EscrowBank":"HNCB","PaymentType":"CREDIT","RespondCode":"00","Auth":"115468",` +
			`"Card6No":"400022","Card4No":"1111","Exp":"2609","AuthBank":"KGI","TokenUseStatus":0,"InstFirst":0,` +
			`"InstEach":0,"Inst":0,"ECI":"","PayTime":"2023-09-27 14:21:59","PaymentMethod":"CREDIT"}}`,
	},
	{
		name: "instalments, bonus, verified, version 2.2",
		result: func() wire.PaymentResult {
			r := manualResult()
			r.RespondType, r.Version, r.Message = wire.JSON, wire.V22, wire.MsgSimulatedPaid
			r.Inst, r.InstFirst, r.InstEach, r.ECI = 3, 10, 10, "5"
			r.CardBank, r.Bonus, r.RedAmt, r.TokenUseStatus = "CTBC", true, 25, 1
			return r
		},
		want: `{"Status":"SUCCESS","Message":"\u6a21\u64ec\u4ed8\u6b3e\u6210\u529f",` +
			`"Result":{"MerchantID":"MS127874575",` +
			`"Amt":30,"TradeNo":"23092714215835071","MerchantOrderNo":"Vanespl_ec_1695795668","RespondType":"JSON",` +
			`"IP":"123.51.237.115","EscrowBank":"HNCB","PaymentType":"CREDIT","RespondCode":"00","Auth":"115468",` +
			`"Card6No":"400022","Card4No":"1111","Exp":"2609","AuthBank":"KGI","CardBank":"CTBC",` +
			`"TokenUseStatus":1,` +
			`"InstFirst":10,"InstEach":10,"Inst":3,"ECI":"5","RedAmt":25,"PayTime":"2023-09-27 14:21:59",` +
			`"PaymentMethod":"CREDIT"}}`,
	},
	{
		name: "a refusal has the recorded nulls and dashes",
		result: func() wire.PaymentResult {
			r := refusedRequest
			r.RespondType = wire.JSON
			return r.Result(wire.RefuseWith(wire.MPGFailed, "拒絕交易_拒絕卡號"), refusedAt)
		},
		want: `{"Status":"MPG03009","Message":"\u62d2\u7d55\u4ea4\u6613_\u62d2\u7d55\u5361\u865f","Result":{` +
			`"MerchantID":"MS120845008","Amt":1000,"TradeNo":null,"MerchantOrderNo":"T1","RespondType":"JSON",` +
			`"IP":null,` +
			`"EscrowBank":"-","PaymentType":"CREDIT","RespondCode":"-","Auth":null,"Card6No":null,"Card4No":null,` +
			`"Exp":null,"AuthBank":null,"TokenUseStatus":0,"InstFirst":0,"InstEach":0,"Inst":0,"ECI":null,` +
			`"PayTime":"2021-06-14 19:15:33","PaymentMethod":null}}`,
	},
	{
		name: "a refusal in form text leaves nulls out",
		result: func() wire.PaymentResult {
			r := refusedRequest
			r.RespondType = wire.String
			return r.Result(wire.Refuse(wire.MPGAmt, "Amt"), refusedAt)
		},
		want: "Status=MPG01015&Message=%E8%A8%82%E5%96%AE%E9%87%91%E9%A1%8D%E4%B8%8D%E5%8F%AF%E7%A9%BA%E7%99%BD%2F" +
			"%E8%A8%AD%E5%AE%9A%E9%8C%AF%E8%AA%A4&MerchantID=MS120845008&Amt=1000&MerchantOrderNo=T1" +
			"&RespondType=String" +
			"&EscrowBank=-&PaymentType=CREDIT&RespondCode=-&TokenUseStatus=0&InstFirst=0&InstEach=0&Inst=0" +
			"&PayTime=2021-06-14+19%3A15%3A33",
	},
	{
		name: "a bank's refusal keeps what is known",
		result: func() wire.PaymentResult {
			r := manualResult()
			r.Code, r.Message, r.RespondCode, r.Auth = wire.MPGFailed, "餘額不足", "51", ""
			return r
		},
		want: "Status=MPG03009&Message=%E9%A4%98%E9%A1%8D%E4%B8%8D%E8%B6%B3&MerchantID=MS127874575&Amt=30" +
			"&TradeNo=23092714215835071&MerchantOrderNo=Vanespl_ec_1695795668&RespondType=String&IP=123.51.237.115" +
			"&EscrowBank=HNCB&PaymentType=CREDIT&RespondCode=51&Card6No=400022&Card4No=1111&Exp=2609&AuthBank=KGI" +
			"&TokenUseStatus=0&InstFirst=0&InstEach=0&Inst=0&PayTime=2023-09-27+14%3A21%3A59&PaymentMethod=CREDIT",
	},
}

func TestPaymentResultText(t *testing.T) {
	t.Parallel()
	for _, c := range resultTexts {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.result().Text(); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestCardBankComesWithVersion22(t *testing.T) {
	t.Parallel()
	for _, version := range versions() {
		r := manualResult()
		r.Version = version
		if got := strings.Contains(r.Text(), "&CardBank=&"); got != (version >= wire.V22) {
			t.Errorf("%s: CardBank %v", version, got)
		}
	}
}

func TestAMerchantReadsWhatTheGatewayPosts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := manualResult()
		r.RespondType = rapid.SampledFrom([]wire.RespondType{wire.JSON, wire.String}).Draw(t, "format")
		r.Code = rapid.SampledFrom([]wire.Code{wire.Success, wire.MPGFailed}).Draw(t, "code")
		r.Message = rapid.StringN(1, -1, -1).Draw(t, "message")
		r.AuthBank, r.ECI = rapid.String().Draw(t, "bank"), rapid.SampledFrom([]string{"", "5"}).Draw(t, "eci")
		pairs, err := r.Seal(testKeys())
		if err != nil {
			t.Fatal(err)
		}
		posted, err := wire.ParseForm(wire.EncodeForm(pairs))
		if err != nil {
			t.Fatal(err)
		}
		notice, err := wire.OpenNotify(testKeys(), posted)
		if err != nil {
			t.Fatal(err)
		}
		if notice.Status != string(r.Code) || notice.Message != r.Message || notice.Result["Amt"] != "30" ||
			notice.Result["AuthBank"] != r.AuthBank || notice.Result["PayTime"] != "2023-09-27 14:21:59" {
			t.Fatalf("%+v", notice)
		}
		if eci, there := notice.Result["ECI"]; eci != r.ECI || there != (r.ECI != "" || r.Code == wire.Success) {
			t.Fatalf("ECI %q, %v", eci, there)
		}
	})
}

func TestAMerchantRefusesWhatIsNotFromTheGateway(t *testing.T) {
	t.Parallel()
	seal := func(plain string) wire.Form {
		tradeInfo, err := testKeys().Encrypt(plain)
		if err != nil {
			t.Fatal(err)
		}
		sha, err := testKeys().TradeSha(tradeInfo)
		if err != nil {
			t.Fatal(err)
		}
		return wire.Form{"TradeInfo": tradeInfo, "TradeSha": sha}
	}
	for _, plain := range []string{"", "x", "{", "{}", `{"Status":"SUCCESS","Result":"x"}`, `{"Status":1}`} {
		if _, err := wire.OpenNotify(testKeys(), seal(plain)); err == nil {
			t.Errorf("%q opened", plain)
		}
	}
	for _, plain := range []string{`{"Status":"MPG03009","Result":[]}`, `{"Status":"MPG03009"}`, "Status=MPG03009"} {
		n, err := wire.OpenNotify(testKeys(), seal(plain))
		if err != nil || n.Status != "MPG03009" || len(n.Result) != 0 {
			t.Errorf("%q: %+v, %v", plain, n, err)
		}
	}
	forged := seal("Status=SUCCESS")
	forged["TradeSha"] = strings.Repeat("A", 64)
	if _, err := wire.OpenNotify(testKeys(), forged); err == nil {
		t.Error("a forged notification opened")
	}
}

func TestBuildPaymentFormIsTheManualsRequest(t *testing.T) {
	t.Parallel()
	v := findVector(t, "mpg_request_manual")
	inner := []wire.Pair{
		{Name: "MerchantID", Value: "MS127874575"},
		{Name: "RespondType", Value: "String"},
		{Name: "TimeStamp", Value: "1695795410"},
		{Name: "Version", Value: "2.0"},
		{Name: "MerchantOrderNo", Value: "Vanespl_ec_1695795410"},
		{Name: "Amt", Value: "30"},
		{Name: "ItemDesc", Value: "test"},
		{Name: "NotifyURL", Value: "https://webhook.site/d4db5ad1-2278-466a-9d66-78585c0dbadb"},
	}
	pairs, err := wire.BuildPaymentForm(v.keys(), inner)
	if err != nil {
		t.Fatal(err)
	}
	want := "MerchantID=MS127874575&TradeInfo=" + v.Ciphertext + "&TradeSha=" + v.TradeSha + "&Version=2.0"
	if got := wire.EncodeForm(pairs); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	outer, err := wire.ParseForm(want)
	if err != nil {
		t.Fatal(err)
	}
	env, werr := wire.ParseEnvelope(outer)
	checkRefusal(t, werr, "", "")
	form, werr := env.Open(v.keys())
	checkRefusal(t, werr, "", "")
	sent := wire.Form{}
	for _, p := range inner {
		sent[p.Name] = p.Value
	}
	if !maps.Equal(form, sent) {
		t.Errorf("opened %v", form)
	}
}
