package shop_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/wire"
)

const (
	plainCard   = "4000221111111111" // is authorised at once
	boundCard   = "4111111111111111" // has a Passkey
	unboundCard = "5555555555554444" // is verified by code
)

// opened reads the envelope of the server-to-server API.
func (g *gateway) opened(r *http.Request) (store string, inner wire.Form, pos string) {
	data, werr := wire.ParseSealedForm(g.form(r))
	if werr == nil {
		inner, werr = data.Open(keysOf(data.MerchantID))
	}
	if werr != nil {
		g.t.Error(werr)
	}
	return data.MerchantID, inner, data.Pos
}

// authorise answers as the real gateway does, by the card.
func (g *gateway) authorise(w http.ResponseWriter, r *http.Request) {
	store, inner, pos := g.opened(r)
	req, werr := wire.ParseCardPayment(inner, pos, now, wire.Rules{AnyPort: true})
	if werr != nil {
		_, _ = io.WriteString(w, wire.ChangeRefusal(werr, wire.JSON))
		return
	}
	g.mu.Lock()
	g.cards[req.MerchantOrderNo] = req
	g.mu.Unlock()
	verify := wire.CardVerifyAnswer{RespondType: wire.JSON, Page: wire.VerifyPage(g.url + "/checkout/x/arrive")}
	switch number, _ := req.Card.Expose(); {
	case number == plainCard:
		_, _ = io.WriteString(w, g.approval(store, req))
		return
	case number == boundCard && req.PayeeOrigin != "":
		verify.Passkey = &wire.PasskeyOffer{
			RequestToken: "T1", RPID: "rp.test",
			FrameURL: "https://rp.test/passkey/x?parent=" + url.QueryEscape(req.PayeeOrigin),
		}
	}
	_, _ = io.WriteString(w, verify.Body())
}

func (g *gateway) approval(store string, req *wire.CardPaymentRequest) string {
	keys := keysOf(store)
	if g.forge {
		keys = keysOf("MS100000002")
	}
	body, err := wire.CardAnswer{RespondType: wire.JSON, Known: true, PaymentResult: wire.PaymentResult{
		Code: wire.Success, MerchantID: store, Amt: req.Amt, TradeNo: tradeNo, MerchantOrderNo: req.MerchantOrderNo,
		PayTime: now, RespondCode: "00", Auth: "930637", Card4No: "1111",
	}}.Body(keys)
	if err != nil {
		g.t.Error(err)
	}
	return body
}

// verifyPasskey pays with an assertion, and goes on by code with a reason.
func (g *gateway) verifyPasskey(w http.ResponseWriter, r *http.Request) {
	store, inner, pos := g.opened(r)
	req, werr := wire.ParsePasskeyVerify(inner, pos, now)
	if werr != nil {
		_, _ = io.WriteString(w, wire.ChangeRefusal(werr, wire.JSON))
		return
	}
	g.mu.Lock()
	g.handed = append(g.handed, req)
	card := g.cards[req.MerchantOrderNo]
	g.mu.Unlock()
	if req.Assertion != nil && card != nil {
		_, _ = io.WriteString(w, g.approval(store, card))
		return
	}
	_, _ = io.WriteString(w, wire.CardVerifyAnswer{Page: wire.VerifyPage(g.url + "/checkout/y/arrive")}.Body())
}

// cardOrder is a filled-in card form.
func cardOrder(number, cardNo string, changes ...string) string {
	form := url.Values{
		"merchant_id": {"MS100000001"}, "order_no": {number}, "amount": {"1250"}, "item": {"高山烏龍茶"},
		"email": {"buyer@example.test"}, "version": {"2.5"}, "card_no": {cardNo}, "expiry": {"3012"}, "cvc": {"123"},
		"last_name": {"王"}, "first_name": {"小明"}, "country": {"886"}, "phone": {"912345678"}, "p3d": {"1"}, "passkey": {"1"},
	}
	for i := 0; i+1 < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
	}
	return form.Encode()
}

func TestTheShopsOwnFormIsSentFromServerToServer(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	v := newVisitor(t, g)
	wants(t, v.get("/backend").body, `action="/backend/pay"`, `name="card_no"`)
	got := v.post("/backend/pay", cardOrder("A1", plainCard))
	if got.header.Get("Location") != "/orders/A1" {
		t.Fatalf("leads to %s: %s", got.header.Get("Location"), got.body)
	}
	req := g.cards["A1"]
	if req.Holder != (wire.CardHolder{LastName: "王", FirstName: "小明", Phone: "+886 912345678"}) || !req.Force3D ||
		req.PayeeOrigin != v.url || req.NotifyURL != v.url+"/notify" || req.ReturnURL != v.url+"/return" {
		t.Errorf("the gateway read %+v", req)
	}
	page := v.get("/orders/A1")
	wants(t, page.body, paidMark, `id="answer"`, "CheckCode 相符", "930637")
	if strings.Contains(page.body, plainCard) {
		t.Error("the shop shows the card")
	}
	v.post("/backend/pay", cardOrder("A2", plainCard, "version", "2.4"))
	if name := g.cards["A2"].Holder.LastName; name != "王小明" {
		t.Errorf("version 2.4 names %q", name)
	}
}

func TestARefusedCardShowsTheCodeAndNoCard(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, newGateway(t))
	got := v.post("/backend/pay", cardOrder("A1", "4000"))
	if got.status != http.StatusUnprocessableEntity || strings.Contains(got.body, `value="4000"`) {
		t.Errorf("%d %s", got.status, got.body)
	}
	wants(t, got.body, "MPG05002")
	for _, wrong := range []string{
		cardOrder("A-1", plainCard), cardOrder("A2", plainCard, "amount", "x"),
		cardOrder("A3", plainCard, "merchant_id", "MS9"),
	} {
		if got := v.post("/backend/pay", wrong); got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", wrong, got.status)
		}
	}
}

func TestAnAnswerWithAWrongCheckCodePaysNothing(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	g.forge = true
	v := newVisitor(t, g)
	if got := v.post("/backend/pay", cardOrder("A1", plainCard)); got.status != http.StatusBadGateway {
		t.Errorf("%d %s", got.status, got.header.Get("Location"))
	}
	wants(t, v.get("/orders/A1").body, openMark)
}

func TestTheShopAsksForThePasskeyOnItsOwnPage(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	v := newVisitor(t, g)
	if got := v.post("/backend/pay", cardOrder("A1", boundCard)); got.header.Get("Location") != "/backend/A1" {
		t.Fatalf("leads to %s", got.header.Get("Location"))
	}
	page := v.get("/backend/A1")
	wants(t, page.body, `data-shop-passkey="{&#34;RequestToken&#34;:&#34;T1&#34;`, `action="/backend/A1/verify"`)
	wants(t, page.header.Get("Content-Security-Policy"), "connect-src 'self'", "frame-ancestors 'none'")
	frame := v.get("/backend/A1/frame")
	wants(t, frame.body, `src="https://rp.test/passkey/x?parent=`, `data-origin="https://rp.test"`,
		`allow="payment; publickey-credentials-create; publickey-credentials-get"`)
	wants(t, frame.header.Get("Content-Security-Policy"), "frame-src https://rp.test")

	assertion := url.Values{"assertion": {`{"id":"YQ"}`}}.Encode()
	got := v.do(http.MethodPost, v.url+"/backend/A1/verify", assertion, "Accept", "application/json")
	wants(t, got.body, `"next":"/orders/A1"`, `"paid":true`)
	if len(g.handed) != 1 || g.handed[0].RequestToken != "T1" || string(g.handed[0].Assertion) != `{"id":"YQ"}` {
		t.Errorf("handed back %+v", g.handed)
	}
	wants(t, v.get("/orders/A1").body, paidMark)
	if late := v.post("/backend/A1/verify", assertion); late.header.Get("Location") != "/orders" || len(g.handed) != 1 {
		t.Errorf("once it is paid: %s, %d handed back", late.header.Get("Location"), len(g.handed))
	}
}

func TestWithoutThePasskeyTheGatewaysPageLeadsOn(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	v := newVisitor(t, g)
	v.post("/backend/pay", cardOrder("A1", boundCard))
	if got := v.post("/backend/A1/verify", "why=cancelled"); got.header.Get("Location") != "/backend/A1/page" {
		t.Errorf("leads to %s", got.header.Get("Location"))
	}
	if g.handed[0].FallBack != "cancelled" {
		t.Errorf("told %+v", g.handed[0])
	}
	page := v.get("/backend/A1/page")
	wants(t, page.body, `action="`+g.url+`/checkout/y/arrive"`)
	wants(t, page.header.Get("Content-Security-Policy"), "form-action "+g.url)
	if got := v.post("/backend/pay", cardOrder("A2", unboundCard)); got.header.Get("Location") != "/backend/A2/page" {
		t.Errorf("a card without a Passkey leads to %s", got.header.Get("Location"))
	}
	for _, path := range []string{"/backend/none", "/backend/none/frame", "/backend/none/page", "/backend/A2"} {
		if got := v.get(path); got.header.Get("Location") != "/orders" {
			t.Errorf("%s: %d %s", path, got.status, got.header.Get("Location"))
		}
	}
}
