package gateway_test

import (
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/simulator/bank"
	"github.com/memberzone/memberzone/app/wire"
)

// checkCode is the CheckCode of an answer of Cancel.
func (c *client) checkCode(amt, orderNo, tradeNo string) string {
	c.t.Helper()
	code, err := keysOf(store).CheckCode(wire.Trade{
		MerchantID: store, Amt: amt, MerchantOrderNo: orderNo, TradeNo: tradeNo,
	})
	c.must(err)
	return code
}

func TestCancelVoidsAnAuthorisation(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	tradeNo := c.paid(store, "Tea_1")
	result := `"Result":{"MerchantID":"MS100000001","Amt":1250,"MerchantOrderNo":"Tea_1","TradeNo":"` + tradeNo +
		`","CheckCode":"` + c.checkCode("1250", "Tea_1", tradeNo) + `"}}`
	c.cancel(store, "Tea_1", "Amt=1249").gives(t, "another amount", "TRA10050")
	c.cancel(store, "Tea_1", "Amt=1251").gives(t, "a larger amount", "TRA10050")
	c.cancel(store, "Tea_1").is(t, "the void",
		`{"Status":"SUCCESS","Message":"\u653e\u68c4\u6388\u6b0a\u6210\u529f",`+result)
	c.cancel(store, "Tea_1").is(t, "the void again", `{"Status":"TRA10047","Message":"`+
		`\u8a72\u4ea4\u6613\u4e0d\u70ba\u6388\u6b0a\u6210\u529f\u72c0\u614b\uff0c\u4e0d\u53ef\u653e\u68c4\u6388\u6b0a",`+
		result)
	c.cancel(store, "Tea_1", "RespondType=String").is(t, "the void again as text",
		"Status=TRA10047&Message=該交易不為授權成功狀態，不可放棄授權&MerchantID=MS100000001&Amt=1250&MerchantOrderNo=Tea_1"+
			"&TradeNo="+tradeNo+"&CheckCode="+c.checkCode("1250", "Tea_1", tradeNo))
	c.awaits("Tea_1", `"TradeStatus":"3"`)
	c.awaits("Tea_1", `"BackBalance":null`)
	c.close(store, "Tea_1", "CloseType=1").gives(t, "capture after the void", "TRA10026")
	c.close(store, "Tea_1", "CloseType=2").gives(t, "refund after the void", "TRA10035")

	var login, address, request string
	c.must(c.database().QueryRowContext(t.Context(),
		"SELECT login, address, request_id FROM audit_entries WHERE kind = 'void_requested' AND subject = $1", tradeNo).
		Scan(&login, &address, &request))
	if login != store || address != "127.0.0.1" || request == "" {
		t.Errorf("the audit log says %q from %q, request %q", login, address, request)
	}
}

func TestCancelIsReadInBothEncodingsAndByBothNumbers(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.paid(store, "Tea_1")
	form, err := wire.BuildCancelForm(keysOf(store), store, c.inner("Tea_1", "MerchantID="+store, "PayerEmail="))
	c.must(err)
	c.postMultipart("/API/CreditCard/Cancel?callback=", form).gives(t, "multipart", "SUCCESS")

	tradeNo := c.paid(store, "Tea_2")
	padded, err := keysOf(store).EncryptPadded(
		wire.EncodeForm(c.inner("-", "IndexType=2", "TradeNo="+tradeNo)), wire.Pad32)
	c.must(err)
	r := c.post("/API/CreditCard/Cancel", []wire.Pair{
		{Name: "PostData_", Value: strings.ToUpper(padded)}, {Name: "MerchantID_", Value: store},
	})
	r.gives(t, "by trade number, padded to 32", "SUCCESS")
	if !strings.Contains(r.body, `"MerchantOrderNo":"Tea_2","TradeNo":"`+tradeNo+`"`) {
		t.Errorf("by trade number: %s", r.body)
	}
}

func TestCancelWhileTheBankDoesNotAnswer(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.paid(store, "Tea_1")
	c.must(c.app.Bank.SetBehaviour(t.Context(), bank.Behaviour{Unavailable: true}))
	for range 2 {
		r := c.cancel(store, "Tea_1")
		r.gives(t, "void", "TRA20001")
		if !strings.Contains(r.body, `"TradeNo":"2`) || !strings.Contains(r.body, `"CheckCode":"`) {
			t.Errorf("the void that waits: %s", r.body)
		}
	}
	c.close(store, "Tea_1", "CloseType=1").gives(t, "capture under the void", "TRA10026")
	c.must(c.app.Bank.SetBehaviour(t.Context(), bank.Behaviour{}))
	c.must(c.app.StartJobs(t.Context()))
	c.app.Clock.Advance(time.Hour)
	c.awaits("Tea_1", `"TradeStatus":"3"`)
	c.cancel(store, "Tea_1").gives(t, "void after the answer", "TRA10047")
}

func TestCancelFindsTheOwnStoresOrdersOnly(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	tradeNo := c.paid(store, "Tea_1")
	for name, changes := range map[string][]string{
		"order number": nil,
		"trade number": {"IndexType=2", "TradeNo=" + tradeNo},
	} {
		for _, other := range []string{"MS100000002", testStore} {
			c.cancel(other, "Tea_1", changes...).gives(t, "another store's void by "+name, "TRA10021")
			c.close(other, "Tea_1", append([]string{"CloseType=1"}, changes...)...).
				gives(t, "another store's capture by "+name, "TRA10021")
		}
	}
	notFound := `"Message":"\u67e5\u7121\u8a72\u7b46\u4ea4\u6613\u6216\u8a72\u7b46\u4ea4\u6613\u4e0d\u70ba` +
		`\u4fe1\u7528\u5361\u4ea4\u6613\uff0c\u8acb\u67e5\u660e"`
	c.cancel(store, "None").is(t, "unknown order", `{"Status":"TRA10021",`+notFound+`,"Result":{"MerchantID":"`+store+
		`","Amt":1250,"MerchantOrderNo":"","TradeNo":"","CheckCode":"`+c.checkCode("1250", "", "")+`"}}`)
	c.close(store, "None", "CloseType=1").is(t, "unknown order", `{"Status":"TRA10021",`+notFound+
		`,"Result":{"MerchantID":"`+store+`","Amt":1250,"MerchantOrderNo":"None","TradeNo":""}}`)
	c.cancel(store, "Tea_1").gives(t, "the own store's void", "SUCCESS")
}

func TestRefusalsOfTheEnvelope(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.paid(store, "Tea_1")
	foreign, err := wire.BuildCancelForm(keysOf("MS100000002"), store, c.inner("Tea_1"))
	c.must(err)
	stale := c.inner("Tea_1")
	c.app.Clock.Advance(121 * time.Second)
	old, err := wire.BuildCancelForm(keysOf(store), store, stale)
	c.must(err)
	for _, path := range []string{"/API/CreditCard/Cancel", "/API/CreditCard/Close"} {
		more := []string{}
		if path == "/API/CreditCard/Close" {
			more = []string{"CloseType=1"}
		}
		sealed := func(changes ...string) []wire.Pair {
			form, err := wire.BuildCloseForm(keysOf(store), store, c.inner("Tea_1", append(more, changes...)...))
			c.must(err)
			return form
		}
		for name, tt := range map[string]struct {
			form []wire.Pair
			code string
		}{
			"nothing":              {nil, "TRA10009"},
			"no data":              {[]wire.Pair{{Name: "MerchantID_", Value: store}}, "MEM40012"},
			"unknown store":        {set(sealed(), "MerchantID_", "MS999999999"), "TRA10001"},
			"another store's keys": {foreign, "TRA10008"},
			"no hex":               {set(sealed(), "PostData_", "xyz"), "TRA10008"},
			"no order number":      {sealed("MerchantOrderNo=-"), "TRA10033"},
			"order number":         {sealed("MerchantOrderNo=a b"), "TRA10037"},
			"trade number":         {sealed("IndexType=2", "TradeNo=1"), "TRA10038"},
			"index type":           {sealed("IndexType=x"), "TRA10032"},
			"amount":               {sealed("Amt=1,250"), "TRA10003"},
			"version":              {sealed("Version=9.9"), "TRA10018"},
		} {
			r := c.post(path, tt.form)
			r.gives(t, path+" "+name, tt.code)
			if !strings.HasSuffix(r.body, `"Result":[]}`) {
				t.Errorf("%s %s: %s", path, name, r.body)
			}
		}
		c.post(path, sealed("RespondType=String", "Amt=x")).is(t, "as text", "Status=TRA10003&Message=金額必須為數字")
	}
	c.post("/API/CreditCard/Cancel", old).gives(t, "stale", "TRA40014")
	c.cancel(store, "Tea_1").gives(t, "the trade that nothing has touched", "SUCCESS")
}

func TestAStoreThatIsClosedChangesNothing(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.paid(store, "Tea_1")
	_, err := c.database().ExecContext(t.Context(), "UPDATE stores SET status = 'suspended' WHERE merchant_id = $1", store)
	c.must(err)
	c.cancel(store, "Tea_1").gives(t, "void", "TRA10012")
	c.close(store, "Tea_1", "CloseType=1").gives(t, "capture", "TRA10012")
}
