package gateway_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/wire"
)

func TestQueryOfAPaidTrade(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	path := c.open("Tea_1")
	c.app.Clock.Advance(20 * time.Second)
	_, notice, _ := c.notice(c.pay(path, card()))
	tradeNo := notice.Result["TradeNo"]
	for _, version := range []string{"1.1", "1.2", "1.3"} {
		r := c.query("Tea_1", "Version="+version, "Gateway=")
		if got := r.Header.Get("Content-Type"); got != "text/html; charset=UTF-8" || r.StatusCode != 200 {
			t.Errorf("%d %s", r.StatusCode, got)
		}
		var answer struct {
			Status, Message string
			Result          map[string]any
		}
		c.must(json.Unmarshal([]byte(r.body), &answer))
		checkCode, err := keysOf(store).CheckCode(wire.Trade{
			MerchantID: store, Amt: "1250", MerchantOrderNo: "Tea_1", TradeNo: tradeNo,
		})
		c.must(err)
		want := map[string]any{
			"MerchantID": store, "Amt": 1250.0, "TradeNo": tradeNo, "MerchantOrderNo": "Tea_1", "TradeStatus": "1",
			"PaymentType": "CREDIT", "CreateTime": "2026-11-24 12:00:00", "PayTime": "2026-11-24 12:00:20",
			"FundTime": "0000-00-00", "CheckCode": checkCode, "RespondCode": "00", "Auth": notice.Result["Auth"],
			"ECI": "5", "CloseAmt": nil, "CloseStatus": "0", "BackBalance": "1250", "BackStatus": "0",
			"RespondMsg": answer.Result["RespondMsg"], "Inst": "0", "InstFirst": "0", "InstEach": "0",
			"PaymentMethod": "CREDIT", "Card6No": "411111", "Card4No": "1111", "AuthBank": notice.Result["AuthBank"],
		}
		if answer.Status != "SUCCESS" || answer.Message != "查詢成功" || fmt.Sprint(answer.Result) != fmt.Sprint(want) {
			t.Errorf("%s: %s\n got %v\nwant %v", version, answer.Status, answer.Result, want)
		}
	}
	r := c.query("Tea_1", "RespondType=String")
	if !strings.HasPrefix(r.body, "Status=SUCCESS&Message=查詢成功&MerchantID="+store) ||
		!strings.Contains(r.body, "&PayTime=2026-11-24 12:00:20&") {
		t.Errorf("String: %s", r.body)
	}
}

func TestQueryOfAnUnpaidTrade(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.open("Tea_1")
	if r := c.query("Tea_1"); !strings.Contains(r.body, `"TradeStatus":"0"`) ||
		!strings.Contains(r.body, `"PayTime":"0000-00-00 00:00:00"`) {
		t.Errorf("query says %s", r.body)
	}
}

func TestQueryRefusals(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.open("Tea_1")
	stale := strconv.FormatInt(c.app.Clock.Now().Add(3*time.Minute).Unix(), 10)
	for name, tt := range map[string]struct {
		got  reply
		code string
	}{
		"unknown order":        {c.query("None"), "TRA10021"},
		"another amount":       {c.query("Tea_1", "Amt=1251"), "TRA10021"},
		"another store's keys": {c.query("Tea_1", "MerchantID=MS100000002"), "TRA10054"},
		"unknown store":        {c.query("Tea_1", "MerchantID=MS999999999"), "TRA10001"},
		"stale":                {c.query("Tea_1", "TimeStamp="+stale), "TRA40014"},
		"no order number":      {c.query(""), "TRA10018"},
		"order number":         {c.query("Tea-1"), "TRA10037"},
		"amount":               {c.query("Tea_1", "Amt=abc"), "TRA10003"},
		"empty":                {c.post("/API/QueryTradeInfo", nil), "TRA10009"},
	} {
		if tt.got.StatusCode != 200 || !strings.HasPrefix(tt.got.body, `{"Status":"`+tt.code+`"`) ||
			!strings.HasSuffix(tt.got.body, `"Result":[]}`) {
			t.Errorf("%s: %d %s, want %s", name, tt.got.StatusCode, tt.got.body, tt.code)
		}
	}
}

func TestTooManyMissesLockTheQueriesOfThatStore(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.open("Tea_1")
	for i := range 30 {
		if r := c.query("None"); !strings.Contains(r.body, "TRA10021") {
			t.Fatalf("miss %d: %s", i+1, r.body)
		}
	}
	if r := c.query("Tea_1"); !strings.Contains(r.body, "TRA10071") {
		t.Errorf("after thirty misses: %s", r.body)
	}
	c.app.Clock.Advance(4 * time.Hour)
	if r := c.query("Tea_1"); !strings.Contains(r.body, "SUCCESS") {
		t.Errorf("after four hours: %s", r.body)
	}
}
