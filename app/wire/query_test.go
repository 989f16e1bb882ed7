package wire_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/wire"
)

// queryForm is the manual's query (its CheckValue is vector checkvalue_query_manual_order), changed as told.
func queryForm(c change) wire.Form {
	form := wire.Form{
		"MerchantID": "MS127874575", "Version": "1.3", "RespondType": "JSON", "TimeStamp": "1695795410",
		"MerchantOrderNo": "Vanespl_ec_1695795668", "Amt": "30", "Gateway": "",
		"CheckValue": "CD326F689018E7862727547F85CECD7DD7AE0FDB7782DE2C1E46B4417245B51F",
	}
	maps.Copy(form, wire.Form(c))
	return form
}

func TestParseQueryGivesTheDocumentedCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change change
		code   wire.Code
		field  string
	}{
		{change{}, "", ""},
		{change{"Version": "1.1"}, "", ""},
		{change{"Version": "1.2", "RespondType": "String"}, "", ""},
		{change{"MerchantID": ""}, wire.TRAMerchantID, "MerchantID"},
		{change{"Version": ""}, wire.TRAIncomplete, "Version"},
		{change{"Version": "2.0"}, wire.TRAIncomplete, "Version"},
		{change{"RespondType": ""}, wire.TRAIncomplete, "RespondType"},
		{change{"RespondType": "json"}, wire.TRARespondType, "RespondType"},
		{change{"CheckValue": ""}, wire.TRAIncomplete, "CheckValue"},
		{change{"TimeStamp": ""}, wire.TRAIncomplete, "TimeStamp"},
		{change{"TimeStamp": "1695795531"}, wire.TRATimeStamp, "TimeStamp"},
		{change{"TimeStamp": "x"}, wire.TRATimeStamp, "TimeStamp"},
		{change{"MerchantOrderNo": ""}, wire.TRAIncomplete, "MerchantOrderNo"},
		{change{"MerchantOrderNo": "a-b"}, wire.TRAMerchantOrderNo, "MerchantOrderNo"},
		{change{"MerchantOrderNo": strings.Repeat("a", 31)}, wire.TRAMerchantOrderNo, "MerchantOrderNo"},
		{change{"Amt": ""}, wire.TRAIncomplete, "Amt"},
		{change{"Amt": "thirty"}, wire.TRAAmt, "Amt"},
		{change{"Amt": "x", "TimeStamp": "1"}, wire.TRATimeStamp, "TimeStamp"},
	} {
		q, werr := wire.ParseQuery(queryForm(c.change), testNow)
		t.Run(c.field+" "+strings.Join([]string{c.change[c.field]}, ""), func(t *testing.T) {
			t.Parallel()
			checkRefusal(t, werr, c.code, c.field)
			if q.RespondType != wire.JSON && q.RespondType != wire.String {
				t.Errorf("the answer would be in format %q", q.RespondType)
			}
		})
	}
}

func TestQueryIsVerifiedOverTheTextSent(t *testing.T) {
	t.Parallel()
	keys := findVector(t, "checkvalue_query_manual_order").keys()
	for _, c := range []struct {
		name   string
		change change
		code   wire.Code
		field  string
	}{
		{"as sent", change{}, "", ""},
		{"lower-case hash", change{"CheckValue": strings.ToLower(queryForm(nil)["CheckValue"])}, "", ""},
		{"another amount", change{"Amt": "31"}, wire.TRACheckValue, "CheckValue"},
		{"another spelling of the amount", change{"Amt": "030"}, wire.TRACheckValue, "CheckValue"},
		{"another order", change{"MerchantOrderNo": "x"}, wire.TRACheckValue, "CheckValue"},
		{"another hash", change{"CheckValue": strings.Repeat("0", 64)}, wire.TRACheckValue, "CheckValue"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			q, werr := wire.ParseQuery(queryForm(c.change), testNow)
			checkRefusal(t, werr, "", "")
			checkRefusal(t, q.Verify(keys), c.code, c.field)
			if q.Verify(wire.Keys{}) == nil {
				t.Error("verified without keys")
			}
		})
	}
}

func TestOnlyTheWordCompositeMakesACompositeQuery(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{"Composite": true, "": false, "composite": false, "undefined": false} {
		q, werr := wire.ParseQuery(queryForm(change{"Gateway": value}), testNow)
		checkRefusal(t, werr, "", "")
		if q.Composite != want {
			t.Errorf("Gateway %q: %v", value, q.Composite)
		}
	}
}

func TestAMerchantsQueryIsAccepted(t *testing.T) {
	t.Parallel()
	pairs, err := wire.BuildQueryForm(testKeys(), []wire.Pair{
		{Name: "MerchantID", Value: "MS1"},
		{Name: "Version", Value: "1.3"},
		{Name: "RespondType", Value: "String"},
		{Name: "TimeStamp", Value: "1695795410"},
		{Name: "MerchantOrderNo", Value: "A_1"},
		{Name: "Amt", Value: "100"},
	})
	if err != nil {
		t.Fatal(err)
	}
	form, err := wire.ParseForm(wire.EncodeForm(pairs))
	if err != nil {
		t.Fatal(err)
	}
	q, werr := wire.ParseQuery(form, testNow)
	checkRefusal(t, werr, "", "")
	checkRefusal(t, q.Verify(testKeys()), "", "")
	if q.MerchantID != "MS1" || q.MerchantOrderNo != "A_1" || q.Amt != 100 || q.RespondType != wire.String ||
		q.TimeStamp.Unix() != 1695795410 || q.Version != "1.3" {
		t.Errorf("%+v", q)
	}
}

// manualAnswer is the trade of the manual's query sample, whose CheckCode is vector checkcode_query_manual.
func manualAnswer() wire.QueryAnswer {
	balance := int64(30)
	return wire.QueryAnswer{
		RespondType: wire.JSON, MerchantID: "MS127874575", Amt: 30, TradeNo: "23092714215835071",
		MerchantOrderNo: "Vanespl_ec_1695795668", TradeStatus: wire.TradeAuthorised,
		CreateTime:  time.Date(2023, 9, 27, 6, 21, 58, 0, time.UTC),
		PayTime:     time.Date(2023, 9, 27, 6, 21, 59, 0, time.UTC),
		RespondCode: "00", Auth: "115468", CloseStatus: wire.StepNone, BackBalance: &balance, BackStatus: wire.StepNone,
		RespondMsg: "授權成功", PaymentMethod: "CREDIT", Card6No: "400022", Card4No: "1111", AuthBank: "KGI",
	}
}

func TestQueryAnswerBody(t *testing.T) {
	t.Parallel()
	v := findVector(t, "checkcode_query_manual")
	closed := int64(20)
	for _, c := range []struct {
		name   string
		change func(*wire.QueryAnswer)
		want   string
	}{
		{
			name:   "authorised, JSON",
			change: func(*wire.QueryAnswer) {},
			want: `{"Status":"SUCCESS","Message":"\u67e5\u8a62\u6210\u529f",` +
				`"Result":{"MerchantID":"MS127874575","Amt":30,` +
				`"TradeNo":"23092714215835071","MerchantOrderNo":"Vanespl_ec_1695795668","TradeStatus":"1",` +
				`"PaymentType":"CREDIT","CreateTime":"2023-09-27 14:21:58","PayTime":"2023-09-27 14:21:59",` +
				`"FundTime":"0000-00-00","CheckCode":"` + v.Expected + `","RespondCode":"00","Auth":"115468",` +
				`"ECI":null,` +
				`"CloseAmt":null,"CloseStatus":"0","BackBalance":"30","BackStatus":"0",` +
				`"RespondMsg":"\u6388\u6b0a\u6210\u529f","Inst":"0","InstFirst":"0","InstEach":"0",` +
				`"PaymentMethod":"CREDIT","Card6No":"400022","Card4No":"1111","AuthBank":"KGI"}}`,
		},
		{
			name:   "authorised, raw text without the nulls",
			change: func(q *wire.QueryAnswer) { q.RespondType = wire.String },
			want: "Status=SUCCESS&Message=查詢成功&MerchantID=MS127874575&Amt=30&TradeNo=23092714215835071" +
				"&MerchantOrderNo=Vanespl_ec_1695795668&TradeStatus=1&PaymentType=CREDIT" +
				"&CreateTime=2023-09-27 14:21:58" +
				"&PayTime=2023-09-27 14:21:59&FundTime=0000-00-00&CheckCode=" + v.Expected + "&RespondCode=00" +
				"&Auth=115468" +
				"&CloseStatus=0&BackBalance=30&BackStatus=0&RespondMsg=授權成功&Inst=0&InstFirst=0&InstEach=0" +
				"&PaymentMethod=CREDIT&Card6No=400022&Card4No=1111&AuthBank=KGI",
		},
		{
			name: "captured, verified, instalments, composite store",
			change: func(q *wire.QueryAnswer) {
				q.CloseAmt, q.CloseStatus, q.BackStatus, q.ECI = &closed, wire.StepDone, wire.StepWaiting, "5"
				q.Inst, q.InstFirst, q.InstEach, q.ShopMerchantID = 3, 10, 10, "MS1"
				q.FundTime, q.BackBalance = time.Date(2023, 9, 30, 20, 0, 0, 0, time.UTC), nil
			},
			want: `{"Status":"SUCCESS","Message":"\u67e5\u8a62\u6210\u529f",` +
				`"Result":{"MerchantID":"MS127874575","Amt":30,` +
				`"TradeNo":"23092714215835071","MerchantOrderNo":"Vanespl_ec_1695795668","TradeStatus":"1",` +
				`"PaymentType":"CREDIT","CreateTime":"2023-09-27 14:21:58","PayTime":"2023-09-27 14:21:59",` +
				`"FundTime":"2023-10-01","CheckCode":"` + v.Expected + `","ShopMerchantID":"MS1",` +
				`"RespondCode":"00",` +
				`"Auth":"115468","ECI":"5","CloseAmt":"20","CloseStatus":"3","BackBalance":null,"BackStatus":"1",` +
				`"RespondMsg":"\u6388\u6b0a\u6210\u529f","Inst":"3","InstFirst":"10","InstEach":"10",` +
				`"PaymentMethod":"CREDIT","Card6No":"400022","Card4No":"1111","AuthBank":"KGI"}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			answer := manualAnswer()
			c.change(&answer)
			if got, err := answer.Body(v.keys()); err != nil || got != c.want {
				t.Errorf("%v\n got %s\nwant %s", err, got, c.want)
			}
		})
	}
}

func TestAnUnpaidTradeHasAPayTimeOfZeros(t *testing.T) {
	t.Parallel()
	answer := manualAnswer()
	answer.PayTime, answer.TradeStatus = time.Time{}, wire.TradeUnpaid
	body, err := answer.Body(testKeys())
	if err != nil || !strings.Contains(body, `"PayTime":"0000-00-00 00:00:00"`) {
		t.Errorf("%s, %v", body, err)
	}
}

func TestQueryRefusalHasAnEmptyArray(t *testing.T) {
	t.Parallel()
	notFound := wire.Refuse(wire.TRANotFound, "")
	want := `{"Status":"TRA10021","Message":"\u67e5\u7121\u4ea4\u6613\u8cc7\u6599","Result":[]}`
	if got := wire.QueryRefusal(notFound, wire.JSON); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if got := wire.QueryRefusal(notFound, wire.String); got != "Status=TRA10021&Message=查無交易資料" {
		t.Errorf("got %s", got)
	}
}

func TestARefusalReadsAsAnErrorWithoutValues(t *testing.T) {
	t.Parallel()
	_, werr := wire.ParseQuery(queryForm(change{"Amt": "4000221111111111"}), testNow)
	if werr == nil || werr.Error() != "TRA10003 金額必須為數字 (Amt)" {
		t.Errorf("%v", werr)
	}
	if got := wire.RefuseWith(wire.MPGFailed, "餘額不足").Error(); got != "MPG03009 餘額不足" {
		t.Errorf("%s", got)
	}
}
