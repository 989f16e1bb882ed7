package shop_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/shop"
	"github.com/memberzone/memberzone/app/wire"
	"github.com/memberzone/memberzone/static"
)

const (
	paidMark = `data-paid="true"`
	openMark = `data-paid="false"`
)

// section returns one side of an order's page.
func section(t *testing.T, page answer, id string) string {
	t.Helper()
	_, rest, found := strings.Cut(page.body, `<section class="shop-delivery" id="`+id+`"`)
	if !found {
		t.Fatalf("no section %s: %d\n%s", id, page.status, page.body)
	}
	part, _, _ := strings.Cut(rest, "</section>")
	return part
}

func wants(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in:\n%s", part, text)
		}
	}
}

func TestOrderReachesTheGatewayAsTyped(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"JSON", "String"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			g := newGateway(t)
			v := newVisitor(t, g)
			got := v.buy(order("ORD1", "respond_type", format, "inst_flag", "3,6,12", "credit_red", "1", "p3d", "1",
				"trade_limit", "300", "lang_type", "en", "merchant_id", "MS100000002", "item", "茶 & <b>糖</b> 100%"))
			if got.status != http.StatusOK {
				t.Fatalf("the gateway refused: %s", got.body)
			}
			p := g.paid["ORD1"]
			if p.Amt != 1250 || p.MerchantID != "MS100000002" || string(p.RespondType) != format || p.Lang != wire.LangEn ||
				!p.Methods.Credit || !p.Methods.CreditAE || !p.Methods.Bonus || !p.Force3D || len(p.Instalment.Terms) != 3 ||
				p.TradeLimit.Seconds() != 300 || p.ReturnURL != v.url+"/return" || p.NotifyURL != v.url+"/notify" {
				t.Errorf("the gateway read %+v", p)
			}
		})
	}
}

func TestProductPageOffersEachStore(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, newGateway(t))
	page := v.get("/")
	wants(t, page.body, `id="shop-form"`, `action="/pay"`, "MS100000001", "MS100000002", `name="order_no"`)
	if other := v.get("/nothing"); other.status != http.StatusNotFound {
		t.Errorf("an unknown address answers %d", other.status)
	}
}

func TestRefusedOrderKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		changes []string
		field   string
	}{
		"no amount":       {[]string{"amount", ""}, "amount"},
		"nothing to pay":  {[]string{"amount", "0"}, "amount"},
		"cents":           {[]string{"amount", "12.50"}, "amount"},
		"a bad number":    {[]string{"order_no", "訂單-1"}, "order_no"},
		"a long number":   {[]string{"order_no", strings.Repeat("1", 31)}, "order_no"},
		"another's store": {[]string{"merchant_id", "MS999999999"}, "merchant_id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := newVisitor(t, newGateway(t)).post("/pay", order("ORD1", tt.changes...).Encode())
			if page.status != http.StatusUnprocessableEntity {
				t.Errorf("status %d", page.status)
			}
			wants(t, page.body, `data-error-for="`+tt.field+`"`, `value="高山烏龍茶"`)
		})
	}
}

func TestNumberOfAnotherSaleIsRefused(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, newGateway(t))
	v.buy(order("ORD1"))
	v.buy(order("ORD1")) // the same sale once more is the gateway's to judge
	page := v.post("/pay", order("ORD1", "amount", "99").Encode())
	if page.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", page.status)
	}
	wants(t, page.body, `data-error-for="order_no"`)
}

func TestResultArrivesByBothWaysInEitherOrder(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"JSON", "String"} {
		for _, notifyFirst := range []bool{true, false} {
			t.Run(fmt.Sprint(format, notifyFirst), func(t *testing.T) {
				t.Parallel()
				g := newGateway(t)
				v := newVisitor(t, g)
				v.buy(order("ORD1", "respond_type", format))
				if page := v.get("/orders/ORD1"); !strings.Contains(page.body, openMark) {
					t.Error("paid before anything arrived")
				}
				result := g.result("ORD1", nil)
				first, second := "/notify", "/return"
				if !notifyFirst {
					first, second = second, first
				}
				takes(t, v, first, result)
				page := v.get("/orders/ORD1")
				wants(t, page.body, paidMark, "付款完成")
				if waits := page.header.Get("Refresh") != ""; waits == notifyFirst {
					t.Errorf("the page loads itself again: %v", waits)
				}
				takes(t, v, second, result)
				page = v.get("/orders/ORD1")
				for _, id := range []string{"return", "notify"} {
					wants(t, section(t, page, id), "TradeSha 相符", tradeNo, "930637", "2026-11-24 15:03:08")
				}
				wants(t, section(t, page, "query"), `data-status="SUCCESS"`, "CheckCode 相符", `data-field="TradeStatus"`, tradeNo)
				wants(t, v.get("/orders").body, `data-order-no="ORD1"`, "已付款")
			})
		}
	}
}

// takes posts a result and checks that it is taken.
func takes(t *testing.T, v *visitor, path, result string) {
	t.Helper()
	// The browser's post comes from the gateway's page.
	got := v.do(http.MethodPost, v.url+path, result, "Origin", "http://localhost:8080", "Sec-Fetch-Site", "cross-site")
	want := map[string]int{"/notify": http.StatusOK, "/return": http.StatusSeeOther}[path]
	if got.status != want {
		t.Fatalf("%s answers %d: %s", path, got.status, got.body)
	}
	if path == "/return" && got.header.Get("Location") != "/orders/ORD1" {
		t.Errorf("%s leads to %q", path, got.header.Get("Location"))
	}
}

func TestDeliveriesThatAreNotGenuineChangeNothing(t *testing.T) {
	t.Parallel()
	flip := regexp.MustCompile(`TradeInfo=[0-9a-f]`)
	for name, forge := range map[string]func(t *testing.T, g *gateway) string{
		"a changed byte": func(_ *testing.T, g *gateway) string {
			result := g.result("ORD1", nil)
			at := flip.FindStringIndex(result)[1] - 1
			other := byte('0')
			if result[at] == '0' {
				other = '1'
			}
			return result[:at] + string(other) + result[at+1:]
		},
		"keys of another store": func(t *testing.T, _ *gateway) string {
			return sealed(t, wire.PaymentResult{
				Code: wire.Success, Version: wire.V23, RespondType: wire.JSON, MerchantID: "MS100000001", Amt: 1250,
				TradeNo: tradeNo, MerchantOrderNo: "ORD1", PayTime: now,
			}, keysOf("MS100000002"))
		},
		"another store's own result for the number": func(t *testing.T, _ *gateway) string {
			return sealed(t, wire.PaymentResult{
				Code: wire.Success, Version: wire.V23, RespondType: wire.JSON, MerchantID: "MS100000002", Amt: 1250,
				TradeNo: tradeNo, MerchantOrderNo: "ORD1", PayTime: now,
			}, keysOf("MS100000002"))
		},
		"a smaller amount": func(_ *testing.T, g *gateway) string {
			return g.result("ORD1", func(r *wire.PaymentResult) { r.Amt = 1 })
		},
		"an unknown order": func(_ *testing.T, g *gateway) string {
			return g.result("ORD1", func(r *wire.PaymentResult) { r.MerchantOrderNo = "ORD2" })
		},
		"an unknown store": func(_ *testing.T, g *gateway) string {
			return strings.Replace(g.result("ORD1", nil), "MS100000001", "MS100000009", 1)
		},
		"no TradeSha": func(_ *testing.T, g *gateway) string {
			result, _, _ := strings.Cut(g.result("ORD1", nil), "&TradeSha=")
			return result
		},
		"nothing": func(*testing.T, *gateway) string { return "" },
		"a flood": func(*testing.T, *gateway) string { return strings.Repeat("a=b&", wire.MaxFormBytes) },
		"no form": func(*testing.T, *gateway) string { return "%%%=\x00\xff" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGateway(t)
			v := newVisitor(t, g)
			v.buy(order("ORD1"))
			body := forge(t, g)
			want := http.StatusBadRequest
			if body == "" {
				want = http.StatusOK // a test of the address: it answers, and changes nothing
			}
			if got := v.post("/notify", body); got.status != want {
				t.Errorf("NotifyURL answers %d: %s", got.status, got.body)
			}
			back := v.post("/return", body)
			if back.status != http.StatusBadRequest || strings.Contains(back.body, paidMark) {
				t.Errorf("ReturnURL answers %d", back.status)
			}
			wants(t, back.body, "無法確認付款結果")
			page := v.get("/orders/ORD1")
			wants(t, page.body, openMark, "尚未收到")
		})
	}
}

func TestRefusedPaymentIsToldAndNeverUnpays(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	v := newVisitor(t, g)
	v.buy(order("ORD1"))
	decline := func(r *wire.PaymentResult) {
		r.Code, r.Message, r.TradeNo = wire.MPGFailed, "拒絕交易_信用額度不足", ""
	}
	takes(t, v, "/return", g.result("ORD1", decline))
	page := v.get("/orders/ORD1")
	wants(t, page.body, openMark, "付款未完成：拒絕交易_信用額度不足")
	if page.header.Get("Refresh") != "" || g.queries != 0 {
		t.Errorf("an order without a trade is asked about: %d queries", g.queries)
	}
	takes(t, v, "/notify", g.result("ORD1", nil))
	again := func(r *wire.PaymentResult) { r.Code, r.TradeNo = wire.MPGDuplicateOrder, "" }
	takes(t, v, "/return", g.result("ORD1", again))
	wants(t, v.get("/orders/ORD1").body, paidMark)
}

func TestNotificationsFailAsOftenAsAskedFor(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	v := newVisitor(t, g)
	v.buy(order("ORD1"))
	set := v.post("/notify-failures", "failures=2&order_no=ORD1")
	if set.status != http.StatusSeeOther || set.header.Get("Location") != "/orders/ORD1" {
		t.Fatalf("status %d to %q", set.status, set.header.Get("Location"))
	}
	wants(t, v.get("/orders/ORD1").body, `data-left="2"`)
	result := g.result("ORD1", nil)
	for try, want := range []int{500, 500, 200, 200} {
		if got := v.post("/notify", result); got.status != want {
			t.Errorf("try %d answers %d, want %d", try+1, got.status, want)
		}
		if try == 1 {
			wants(t, section(t, v.get("/orders/ORD1"), "notify"), "尚未收到")
		}
	}
	for _, bad := range []string{"", "failures=-1", "failures=21", "failures=x"} {
		if got := v.post("/notify-failures", bad); got.status != http.StatusUnprocessableEntity {
			t.Errorf("%q answers %d", bad, got.status)
		}
	}
	if got := v.post("/notify-failures", "failures=0&order_no=//evil.test"); got.header.Get("Location") != "/orders" {
		t.Errorf("leads to %q", got.header.Get("Location"))
	}
}

func TestQueryIsAskedOnDemandAndChecked(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	v := newVisitor(t, g)
	if page := v.post("/pay", order("ORD1").Encode()); page.status != http.StatusOK {
		t.Fatal(page.body)
	}
	wants(t, section(t, v.get("/orders/ORD1"), "query"), "尚未查詢")
	if g.queries != 0 {
		t.Errorf("%d queries for an order that never left", g.queries)
	}
	wants(t, section(t, v.get("/orders/ORD1?query=1"), "query"), `data-status="TRA10021"`, "查無交易資料")
	v.buy(order("ORD1"))
	wants(t, section(t, v.get("/orders/ORD1?query=1"), "query"), "CheckCode 相符")
	g.mu.Lock()
	g.forge = true
	g.mu.Unlock()
	wants(t, section(t, v.get("/orders/ORD1?query=1"), "query"), "CheckCode 不符")
}

func TestQueryThatFailsIsToldOnThePage(t *testing.T) {
	t.Parallel()
	broken := newVisitor(t, &gateway{t: t, url: "http://127.0.0.1:1"})
	broken.post("/pay", order("ORD1").Encode())
	page := broken.get("/orders/ORD1?query=1")
	if page.status != http.StatusOK {
		t.Errorf("status %d", page.status)
	}
	wants(t, section(t, page, "query"), "無法向閘道查詢")
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, newGateway(t))
	for n := range 305 {
		v.post("/pay", order(fmt.Sprintf("ORD%d", n)).Encode())
	}
	list := v.get("/orders")
	if n := strings.Count(list.body, "data-order-no="); n != 300 {
		t.Errorf("%d orders are kept", n)
	}
	if v.get("/orders/ORD4").status != http.StatusNotFound || v.get("/orders/ORD5").status != http.StatusOK {
		t.Error("the oldest are not those that are forgotten")
	}
}

func TestEveryPageIsStrict(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	v := newVisitor(t, g)
	inline := regexp.MustCompile(`<script>|<style|\son[a-z]+=|style="|javascript:`)
	address := regexp.MustCompile(`(?:src|href)="(` + static.Prefix + `[^"]+)"`)
	submit := v.post("/pay", order("ORD1", "item", `"><script>alert(1)</script>`).Encode())
	v.buy(order("ORD1", "item", `"><script>alert(1)</script>`))
	v.post("/notify", g.result("ORD1", nil))
	for name, page := range map[string]answer{
		"product": v.get("/"), "submit": submit, "orders": v.get("/orders"), "order": v.get("/orders/ORD1"),
		"unknown order": v.get("/orders/ORD9"), "refused": v.post("/return", "x=y"),
	} {
		policy := page.header.Get("Content-Security-Policy")
		wants(t, policy, "default-src 'none'", "script-src 'self';", "form-action 'self' "+g.url+";",
			"frame-ancestors 'none'")
		if found := inline.FindString(page.body); found != "" {
			t.Errorf("%s: %q stands in the page", name, found)
		}
		for _, file := range address.FindAllStringSubmatch(page.body, -1) {
			if got := v.get(file[1]); got.status != http.StatusOK {
				t.Errorf("%s: %s answers %d", name, file[1], got.status)
			}
		}
		for _, s := range testStores {
			if strings.Contains(page.body, s.HashKey.Expose()) || strings.Contains(page.body, s.HashIV.Expose()) {
				t.Errorf("%s shows a key", name)
			}
		}
	}
}

func TestOtherSitesCannotOrder(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, newGateway(t))
	for _, path := range []string{"/pay", "/notify-failures"} {
		got := v.do(http.MethodPost, v.url+path, order("ORD1").Encode()+"&failures=1", "Sec-Fetch-Site", "cross-site")
		if got.status != http.StatusForbidden {
			t.Errorf("%s answers %d", path, got.status)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := shop.Options{
		GatewayURL: "http://localhost:8080/", PublicURL: "http://localhost:8082", Stores: testStores,
		Clock: clock.NewFake(now), Log: slog.New(slog.DiscardHandler),
	}
	if _, err := shop.New(good); err != nil {
		t.Errorf("good options: %v", err)
	}
	for name, spoil := range map[string]func(*shop.Options){
		"no gateway":        func(o *shop.Options) { o.GatewayURL = "" },
		"a gateway's page":  func(o *shop.Options) { o.GatewayURL = "http://localhost:8080/MPG" },
		"no scheme":         func(o *shop.Options) { o.PublicURL = "localhost:8082" },
		"a policy in a URL": func(o *shop.Options) { o.GatewayURL = "http://x; script-src *" },
		"no stores":         func(o *shop.Options) { o.Stores = nil },
		"no clock":          func(o *shop.Options) { o.Clock = nil },
		"no log":            func(o *shop.Options) { o.Log = nil },
		"a store without iv": func(o *shop.Options) {
			o.Stores = []shop.Store{{MerchantID: "MS1", HashKey: secret.New("k")}}
		},
	} {
		o := good
		spoil(&o)
		if _, err := shop.New(o); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
