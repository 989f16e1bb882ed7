package wire_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/wire"
)

// cardForm is an opened card payment of version 2.5, changed as told; "-" takes a field away.
func cardForm(c change) wire.Form {
	form := wire.Form{
		"TimeStamp": "1695795410", "Version": "2.5", "MerchantOrderNo": "Vanespl_ec_1641348593", "Amt": "30",
		"ProdDesc": "青瓷茶杯", "PayerEmail": "payer@example.test", "CardNo": "4000221111111111", "Exp": "3012",
		"CVC": "123", "CardHolderLastName": "王", "CardHolderFirstName": "小明",
		"CardHolderPhoneCountryCode": "886", "CardHolderPhone": "912345678",
	}
	maps.Copy(form, wire.Form(c))
	for name, value := range form {
		if value == "-" {
			delete(form, name)
		}
	}
	return form
}

// cardCase is one way to fill in a card payment.
type cardCase struct {
	change change
	pos    string
	code   wire.Code
	field  string
}

func cardCases() map[string]cardCase {
	const notify, back = "https://shop.test/n", "https://shop.test/r"
	longOrderNo := strings.Repeat("a", 31)
	both := change{"P3D": "1", "NotifyURL": notify, "ReturnURL": back}
	nameless := func(version string) change {
		return change{"Version": version, "CardHolderLastName": "-", "CardHolderFirstName": "-"}
	}
	return map[string]cardCase{
		"version 2.5":            {change{}, "JSON", "", ""},
		"no Pos_":                {change{}, "", "", ""},
		"answered as text":       {change{}, "String", "", ""},
		"version 1.0, no holder": {nameless("1.0"), "", "", ""},
		"version 2.4, no holder": {nameless("2.4"), "", "", ""},
		"no mail":                {change{"PayerEmail": "-"}, "", "", ""},
		"no phone":               {change{"CardHolderPhone": "-"}, "", "", ""},
		"with 3-D":               {both, "", "", ""},
		"instalments":            {change{"Inst": "6"}, "", "", ""},
		"bonus":                  {change{"Red": "1", "CardAE": "0"}, "", "", ""},
		"blanks in the number":   {change{"CardNo": "4000 2211-1111 1111"}, "", "", ""},
		"options not wanted":     {change{"TokenSwitch": "undefined", "APPLEPAY": "0", "NTCB": "0"}, "", "", ""},
		"a page's origin":        {change{"PayeeOrigin": "https://shop.test:8443"}, "", "", ""},
		"no TimeStamp":           {change{"TimeStamp": "-"}, "", wire.TRAIncomplete, "TimeStamp"},
		"no Version":             {change{"Version": ""}, "", wire.TRAIncomplete, "Version"},
		"no order number":        {change{"MerchantOrderNo": "null"}, "", wire.TRAIncomplete, "MerchantOrderNo"},
		"no amount":              {change{"Amt": "-"}, "", wire.TRAIncomplete, "Amt"},
		"no description":         {change{"ProdDesc": "undefined"}, "", wire.TRAIncomplete, "ProdDesc"},
		"description of signs":   {change{"ProdDesc": "<>"}, "", wire.TRAIncomplete, "ProdDesc"},
		"a later version":        {change{"Version": "2.6"}, "", wire.TRAIncomplete, "Version"},
		"a version between":      {change{"Version": "1.2"}, "", wire.TRAIncomplete, "Version"},
		"Pos_":                   {change{}, "XML", wire.TRARespondType, "Pos_"},
		"121 seconds early":      {change{"TimeStamp": "1695795531"}, "", wire.TRATimeStamp, "TimeStamp"},
		"order number":           {change{"MerchantOrderNo": "a-b"}, "", wire.TRAMerchantOrderNo, "MerchantOrderNo"},
		"long order number":      {change{"MerchantOrderNo": longOrderNo}, "", wire.TRAMerchantOrderNo, "MerchantOrderNo"},
		"amount in words":        {change{"Amt": "thirty"}, "", wire.TRAAmt, "Amt"},
		"amount of nothing":      {change{"Amt": "0"}, "", wire.TRAAmt, "Amt"},
		"mail":                   {change{"PayerEmail": "payer"}, "", wire.MPGEmail, "PayerEmail"},
		"3-D without NotifyURL":  {change{"P3D": "1", "ReturnURL": back}, "", wire.TRAIncomplete, "NotifyURL"},
		"3-D without ReturnURL":  {change{"P3D": "1", "NotifyURL": notify}, "", wire.TRAIncomplete, "ReturnURL"},
		"NotifyURL":              {change{"NotifyURL": "ftp://shop.test"}, "", wire.TRAURL, "NotifyURL"},
		"port of ReturnURL":      {change{"ReturnURL": "https://shop.test:8443/r"}, "", wire.TRAURL, "ReturnURL"},
		"one address for both":   {change{"NotifyURL": back, "ReturnURL": back}, "", wire.TRAURL, "NotifyURL"},
		"Inst":                   {change{"Inst": "5"}, "", wire.MPGInstFlag, "Inst"},
		"Inst in words":          {change{"Inst": "three"}, "", wire.MPGInstFlag, "Inst"},
		"a token instead":        {change{"TokenSwitch": "on"}, "", wire.MPGMethodOff, "TokenSwitch"},
		"a wallet instead":       {change{"APPLEPAY": "{}"}, "", wire.MPGMethodOff, "APPLEPAY"},
		"no card":                {change{"CardNo": "-"}, "", wire.MPGCardNumber, "CardNo"},
		"short card number":      {change{"CardNo": "400022111111"}, "", wire.MPGCardNumber, "CardNo"},
		"letters in the number":  {change{"CardNo": "40002211111111I1"}, "", wire.MPGCardNumber, "CardNo"},
		"no expiry":              {change{"Exp": "-"}, "", wire.TRAExpiry, "Exp"},
		"expiry turned round":    {change{"Exp": "1230"}, "", wire.TRAExpiry, "Exp"},
		"expiry of five digits":  {change{"Exp": "30121"}, "", wire.TRAExpiry, "Exp"},
		"no code":                {change{"CVC": "-"}, "", wire.MPGNoCard, "CVC"},
		"code of five digits":    {change{"CVC": "12345"}, "", wire.MPGNoCard, "CVC"},
		"2.5 without first name": {change{"CardHolderFirstName": "-"}, "", wire.TRAIncomplete, "CardHolderFirstName"},
		"2.5 without last name":  {change{"CardHolderLastName": "null"}, "", wire.TRAIncomplete, "CardHolderLastName"},
		"2.5 with one name": {
			change{"CardHolderLastName": "-", "CardHolderName": "王"}, "", wire.TRAIncomplete, "CardHolderLastName",
		},
		"a page's address":       {change{"PayeeOrigin": "https://shop.test/pay"}, "", wire.MPGSource, "PayeeOrigin"},
		"no page at all":         {change{"PayeeOrigin": "null;"}, "", wire.MPGSource, "PayeeOrigin"},
		"the first of two is it": {change{"Amt": "x", "TimeStamp": "1"}, "", wire.TRATimeStamp, "TimeStamp"},
	}
}

func TestParseCardPaymentGivesTheDocumentedCode(t *testing.T) {
	t.Parallel()
	for name, c := range cardCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, werr := wire.ParseCardPayment(cardForm(c.change), c.pos, testNow, wire.Rules{})
			checkRefusal(t, werr, c.code, c.field)
			if want := c.pos == "String"; (r.RespondType == wire.String) != want {
				t.Errorf("the answer would be in format %q", r.RespondType)
			}
		})
	}
}

func TestTheHolderFollowsTheVersion(t *testing.T) {
	t.Parallel()
	all := change{"CardHolderName": "王小明"}
	for version, want := range map[string]wire.CardHolder{
		"1.1": {},
		"2.1": {},
		"2.4": {LastName: "王小明", Phone: "912345678"},
		"2.5": {LastName: "王", FirstName: "小明", Phone: "+886 912345678"},
	} {
		all["Version"] = version
		r, werr := wire.ParseCardPayment(cardForm(all), "", testNow, wire.Rules{})
		checkRefusal(t, werr, "", "")
		if r.Holder != want {
			t.Errorf("version %s: %+v, want %+v", version, r.Holder, want)
		}
	}
	for phone, want := range map[string]string{"+81 9012345678": "+81 9012345678", "": ""} {
		r, _ := wire.ParseCardPayment(cardForm(change{"CardHolderPhone": phone}), "", testNow, wire.Rules{})
		if r.Holder.Phone != want {
			t.Errorf("phone %q: %q", phone, r.Holder.Phone)
		}
	}
}

func TestACardIsNeverPrinted(t *testing.T) {
	t.Parallel()
	r, werr := wire.ParseCardPayment(cardForm(change{}), "", testNow, wire.Rules{})
	checkRefusal(t, werr, "", "")
	if number, code := r.Card.Expose(); number != "4000221111111111" || code != "123" {
		t.Errorf("the card is not what was sent")
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, value := range []any{r, *r, r.Card} {
			if text := fmt.Sprintf(verb, value); strings.Contains(text, "40002211") || strings.Contains(text, "34303030") {
				t.Errorf("%s of %T writes the card: %s", verb, value, text)
			}
		}
	}
}

// paid is the result of which the manual's CheckCode is known.
func paid(t *testing.T) (wire.CardAnswer, wire.Keys, string) {
	t.Helper()
	v := findVector(t, "checkcode_void_success")
	return wire.CardAnswer{RespondType: wire.JSON, Known: true, PaymentResult: wire.PaymentResult{
		Code: wire.Success, Message: "授權成功", MerchantID: v.Fields["MerchantID"], Amt: 30, TradeNo: v.Fields["TradeNo"],
		MerchantOrderNo: v.Fields["MerchantOrderNo"], EscrowBank: "HNCB", RespondCode: "00", Auth: "230297",
		Card6No: "400022", Card4No: "1111", Exp: "3012", AuthBank: "KGI", PaymentMethod: "CREDIT",
		PayTime: time.Date(2023, 11, 12, 16, 30, 1, 0, time.UTC),
	}}, v.keys(), v.Expected
}

func TestACardAnswerIsAsTheManualHasIt(t *testing.T) {
	t.Parallel()
	a, keys, checkCode := paid(t)
	body, err := a.Body(keys)
	want := `{"Status":"SUCCESS","Message":"\u6388\u6b0a\u6210\u529f","Result":{"MerchantID":"` + a.MerchantID +
		`","Amt":30,"TradeNo":"` + a.TradeNo + `","MerchantOrderNo":"` + a.MerchantOrderNo + `","RespondCode":"00",` +
		`"AuthBank":"KGI","Auth":"230297","AuthDate":"20231113","AuthTime":"003001","Card6No":"400022",` +
		`"Card4No":"1111","Exp":"3012","Inst":0,"InstFirst":0,"InstEach":0,"ECI":"","PaymentMethod":"CREDIT",` +
		`"IP":null,"EscrowBank":"HNCB","CheckCode":"` + checkCode + `"}}`
	if err != nil || body != want {
		t.Errorf("%v\n got %s\nwant %s", err, body, want)
	}
	a.RespondType, a.Bonus, a.RedAmt = wire.String, true, 20
	body, err = a.Body(keys)
	if err != nil || !strings.HasPrefix(body, "Status=SUCCESS&Message=授權成功&MerchantID=") ||
		!strings.Contains(body, "&EscrowBank=HNCB&RedAmt=20&CheckCode="+checkCode) || strings.Contains(body, "IP=") {
		t.Errorf("%v\n got %s", err, body)
	}
	a.RespondType, a.Known, a.Code, a.Message = wire.JSON, false, wire.TRANetwork, ""
	body, err = a.Body(keys)
	if err != nil || strings.Contains(body, "RespondCode") || !strings.Contains(body, `"TradeNo":"`+a.TradeNo+`"`) {
		t.Errorf("while the outcome is not known: %v %s", err, body)
	}
}

func TestAVerifyAnswerHoldsThePageAndThePasskey(t *testing.T) {
	t.Parallel()
	a := wire.CardVerifyAnswer{RespondType: wire.JSON, Page: "<p>茶</p>"}
	const head = `{"Status":"3dVerify","Message":"\u8acb`
	const page = `"Result":"<p>\u8336<\/p>"`
	if body := a.Body(); !strings.HasPrefix(body, head) || !strings.HasSuffix(body, page+"}") {
		t.Errorf("got %s", body)
	}
	a.Passkey = &wire.PasskeyOffer{
		RequestToken: "T", RPID: "rp.test", CredentialIDs: []string{"YQ", "Yg"}, Challenge: "Yw", PayeeName: "店",
		PayeeOrigin: "https://shop.test", Currency: "TWD", Value: "30", DisplayName: "Visa", Icon: "data:,",
		Details: "•••• 1111", Timeout: 300_000, ExpiresAt: testNow, FrameURL: "https://rp.test/passkey/x",
	}
	want := page + `,"Passkey":{"RequestToken":"T","RpId":"rp.test","CredentialIds":["YQ","Yg"],"Challenge":"Yw",` +
		`"PayeeName":"\u5e97","PayeeOrigin":"https:\/\/shop.test","Total":{"currency":"TWD","value":"30"},` +
		`"Instrument":{"displayName":"Visa","icon":"data:,","details":"\u2022\u2022\u2022\u2022 1111"},` +
		`"Timeout":300000,"ExpiresAt":"` + testNow.In(time.FixedZone("", 8*3600)).Format(time.RFC3339) +
		`","FrameURL":"https:\/\/rp.test\/passkey\/x"}}`
	if body := a.Body(); !strings.HasSuffix(body, want) {
		t.Errorf("\n got %s\nwant …%s", body, want)
	}
	a.RespondType = wire.String
	body := a.Body()
	if !strings.HasPrefix(body, "Status=3dVerify&Message=") || !strings.HasSuffix(body, "&Result=<p>茶</p>") {
		t.Errorf("got %s", body)
	}
	if html := wire.VerifyPage(`https://pay.test/"><script>`); strings.Contains(html, `"><script>`) ||
		strings.Contains(wire.VerifyPage("https://pay.test/checkout/x/arrive"), "&") {
		t.Errorf("the page: %s", html)
	}
}

func TestParsePasskeyVerifyGivesTheDocumentedCode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change change
		pos    string
		code   wire.Code
		field  string
	}{
		"an assertion":       {change{}, "JSON", "", ""},
		"a reason":           {change{"Assertion": "-", "FallBack": "cancelled"}, "", "", ""},
		"no order number":    {change{"MerchantOrderNo": "-"}, "", wire.TRAIncomplete, "MerchantOrderNo"},
		"no TimeStamp":       {change{"TimeStamp": "-"}, "", wire.TRAIncomplete, "TimeStamp"},
		"no Version":         {change{"Version": "-"}, "", wire.TRAIncomplete, "Version"},
		"no RequestToken":    {change{"RequestToken": "-"}, "", wire.TRAIncomplete, "RequestToken"},
		"nothing to say":     {change{"Assertion": "-"}, "", wire.TRAIncomplete, "Assertion"},
		"both":               {change{"FallBack": "cancelled"}, "", wire.TRAIncomplete, "Assertion"},
		"an older version":   {change{"Version": "2.4"}, "", wire.TRAIncomplete, "Version"},
		"Pos_":               {change{}, "XML", wire.TRARespondType, "Pos_"},
		"a stale TimeStamp":  {change{"TimeStamp": "1695795000"}, "", wire.TRATimeStamp, "TimeStamp"},
		"order number":       {change{"MerchantOrderNo": "a-b"}, "", wire.TRAMerchantOrderNo, "MerchantOrderNo"},
		"no JSON":            {change{"Assertion": "{"}, "", wire.TRAIncomplete, "Assertion"},
		"JSON of a list":     {change{"Assertion": "[]"}, "", wire.TRAIncomplete, "Assertion"},
		"JSON with a string": {change{"Assertion": `"{"`}, "", wire.TRAIncomplete, "Assertion"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			form := wire.Form{
				"TimeStamp": "1695795410", "Version": "2.5", "MerchantOrderNo": "Tea_1", "RequestToken": "T",
				"Assertion": ` {"id":"YQ"}`,
			}
			maps.Copy(form, wire.Form(c.change))
			maps.DeleteFunc(form, func(_, value string) bool { return value == "-" })
			r, werr := wire.ParsePasskeyVerify(form, c.pos, testNow)
			checkRefusal(t, werr, c.code, c.field)
			if werr == nil && (r.Assertion == nil) == (r.FallBack == "") {
				t.Errorf("%+v", r)
			}
		})
	}
}

func FuzzParseCardPayment(f *testing.F) {
	f.Add("TimeStamp=1695795410&Version=2.5&MerchantOrderNo=a&Amt=1&ProdDesc=b&CardNo=4000221111111111&Exp=3012"+
		"&CVC=123", "JSON")
	f.Add("TimeStamp=&Version=2.4&P3D=1&NotifyURL=%00&PayeeOrigin=https://[::1&CardHolderPhone=%2B", "String")
	f.Add("TimeStamp=1695795410&Version=2.5&RequestToken=a&MerchantOrderNo=a&Assertion=%7B%7D", "")
	f.Fuzz(func(t *testing.T, text, pos string) {
		form, err := wire.ParseForm(text)
		if err != nil {
			return
		}
		r, werr := wire.ParseCardPayment(form, pos, testNow, wire.Rules{AnyPort: true})
		number, code := r.Card.Expose()
		if werr == nil && (r.MerchantOrderNo == "" || r.Amt < 1 || len(number) < 13 || len(code) < 3 ||
			r.Force3D && (r.NotifyURL == "" || r.ReturnURL == "")) {
			t.Errorf("accepted %q as %+v", text, r)
		}
		v, werr := wire.ParsePasskeyVerify(form, pos, testNow)
		if werr == nil && (v.MerchantOrderNo == "" || v.RequestToken == "" || (v.Assertion == nil) == (v.FallBack == "")) {
			t.Errorf("accepted %q as %+v", text, v)
		}
	})
}
