package shop_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/shop"
	"github.com/memberzone/memberzone/app/wire"
)

var now = time.Date(2026, 11, 24, 7, 3, 8, 0, time.UTC)

// The two stores of the tests.
var testStores = []shop.Store{
	{
		Name: "官網", MerchantID: "MS100000001",
		HashKey: secret.New("abcdefghijklmnopqrstuvwxyzABCDEF"), HashIV: secret.New("0123456789abcdef"),
	},
	{
		Name: "另一家", MerchantID: "MS100000002",
		HashKey: secret.New("ABCDEFabcdefghijklmnopqrstuvwxyz"), HashIV: secret.New("fedcba9876543210"),
	},
}

func keysOf(merchantID string) wire.Keys {
	for _, s := range testStores {
		if s.MerchantID == merchantID {
			return wire.NewKeys(wire.KeyPair{HashKey: s.HashKey.Expose(), HashIV: s.HashIV.Expose()})
		}
	}
	return wire.Keys{}
}

// gateway speaks the server's side of the wire.
type gateway struct {
	t   *testing.T
	url string

	mu      sync.Mutex
	paid    map[string]*wire.PaymentRequest     // by order number
	cards   map[string]*wire.CardPaymentRequest // by order number
	handed  []*wire.PasskeyVerifyRequest
	queries int
	forge   bool // answers queries with a CheckCode of other keys
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{t: t, paid: map[string]*wire.PaymentRequest{}, cards: map[string]*wire.CardPaymentRequest{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /MPG/mpg_gateway", g.pay)
	mux.HandleFunc("POST /API/QueryTradeInfo", g.query)
	mux.HandleFunc("POST /API/CreditCard", g.authorise)
	mux.HandleFunc("POST /API/CreditCard/PasskeyVerify", g.verifyPasskey)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	g.url = server.URL
	return g
}

func (g *gateway) form(r *http.Request) wire.Form {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		g.t.Error(err)
	}
	form, err := wire.ParseForm(string(body))
	if err != nil {
		g.t.Error(err)
	}
	return form
}

// pay accepts what a real gateway accepts.
func (g *gateway) pay(w http.ResponseWriter, r *http.Request) {
	env, werr := wire.ParseEnvelope(g.form(r))
	if werr == nil {
		var inner wire.Form
		if inner, werr = env.Open(keysOf(env.MerchantID)); werr == nil {
			var request *wire.PaymentRequest
			request, werr = wire.ParsePaymentRequest(inner, env, now, wire.Rules{AnyPort: true})
			g.mu.Lock()
			g.paid[request.MerchantOrderNo] = request
			g.mu.Unlock()
		}
	}
	if werr != nil {
		http.Error(w, werr.Error(), http.StatusBadRequest)
	}
}

func (g *gateway) query(w http.ResponseWriter, r *http.Request) {
	q, werr := wire.ParseQuery(g.form(r), now)
	if werr == nil {
		werr = q.Verify(keysOf(q.MerchantID))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.queries++
	if werr == nil && g.paid[q.MerchantOrderNo] == nil {
		werr = wire.Refuse(wire.TRANotFound, "MerchantOrderNo")
	}
	if werr != nil {
		_, _ = io.WriteString(w, wire.QueryRefusal(werr, q.RespondType))
		return
	}
	keys := keysOf(q.MerchantID)
	if g.forge {
		keys = keysOf("MS100000002")
	}
	body, err := wire.QueryAnswer{
		RespondType: q.RespondType, MerchantID: q.MerchantID, Amt: q.Amt, TradeNo: tradeNo,
		MerchantOrderNo: q.MerchantOrderNo, TradeStatus: wire.TradeAuthorised, CreateTime: now, PayTime: now,
		CloseStatus: wire.StepNone, BackStatus: wire.StepNone, RespondCode: "00", Auth: "930637",
		RespondMsg: "授權成功", PaymentMethod: "CREDIT", Card6No: "411111", Card4No: "1111", AuthBank: "Esun",
	}.Body(keys)
	if err != nil {
		g.t.Error(err)
	}
	_, _ = io.WriteString(w, body)
}

const tradeNo = "26112415030812345"

// result is the approval of a request that was paid, as the gateway posts it.
func (g *gateway) result(orderNo string, change func(*wire.PaymentResult)) string {
	g.t.Helper()
	g.mu.Lock()
	request := g.paid[orderNo]
	g.mu.Unlock()
	if request == nil {
		g.t.Fatalf("order %s never reached the gateway", orderNo)
	}
	result := wire.PaymentResult{
		Code: wire.Success, Version: request.Version, RespondType: request.RespondType, MerchantID: request.MerchantID,
		Amt: request.Amt, TradeNo: tradeNo, MerchantOrderNo: orderNo, IP: "192.0.2.1", EscrowBank: "HNCB",
		PayTime: now, RespondCode: "00", Auth: "930637", Card6No: "411111", Card4No: "1111", Exp: "3012",
		AuthBank: "Esun", PaymentMethod: "CREDIT",
	}
	if change != nil {
		change(&result)
	}
	return sealed(g.t, result, keysOf(request.MerchantID))
}

func sealed(t *testing.T, result wire.PaymentResult, keys wire.Keys) string {
	t.Helper()
	pairs, err := result.Seal(keys)
	if err != nil {
		t.Fatal(err)
	}
	return wire.EncodeForm(pairs)
}

// visitor is a browser at the shop.
type visitor struct {
	t      *testing.T
	url    string
	client *http.Client
}

func newVisitor(t *testing.T, g *gateway) *visitor {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	public := "http://" + server.Listener.Addr().String()
	s, err := shop.New(shop.Options{
		GatewayURL: g.url, PublicURL: public, Stores: testStores, Clock: clock.NewFake(now),
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = s.Handler()
	server.Start()
	t.Cleanup(server.Close)
	return &visitor{t: t, url: public, client: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is what the shop said.
type answer struct {
	status int
	header http.Header
	body   string
}

func (v *visitor) do(method, address, body string, headers ...string) answer {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	got, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer{got.StatusCode, got.Header, string(text)}
}

func (v *visitor) get(path string) answer { return v.do(http.MethodGet, v.url+path, "") }

func (v *visitor) post(path, body string) answer { return v.do(http.MethodPost, v.url+path, body) }

// order is a filled-in product form.
func order(number string, changes ...string) url.Values {
	form := url.Values{
		"merchant_id": {"MS100000001"}, "order_no": {number}, "amount": {"1,250"}, "item": {"高山烏龍茶"},
		"email": {"buyer@example.test"}, "version": {"2.3"}, "respond_type": {"JSON"}, "lang_type": {"zh-tw"},
		"inst_flag": {"0"}, "trade_limit": {""},
	}
	for i := 0; i+1 < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
	}
	return form
}

var (
	actionOf = regexp.MustCompile(`<form id="gateway-form" method="post" action="([^"]+)"`)
	hidden   = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
)

// buy orders and lets the page's form be sent to the gateway.
func (v *visitor) buy(form url.Values) answer {
	v.t.Helper()
	page := v.post("/pay", form.Encode())
	action := actionOf.FindStringSubmatch(page.body)
	if page.status != http.StatusOK || action == nil {
		v.t.Fatalf("no form for the gateway: %d\n%s", page.status, page.body)
	}
	if !strings.Contains(page.body, `data-auto-submit`) || !strings.Contains(page.body, `<button type="submit"`) {
		v.t.Error("the form neither sends itself nor has a button")
	}
	outer := url.Values{}
	for _, field := range hidden.FindAllStringSubmatch(page.body, -1) {
		outer.Set(field[1], field[2])
	}
	return v.do(http.MethodPost, action[1], outer.Encode())
}
