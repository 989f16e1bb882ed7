package shop

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/wire"
	"github.com/memberzone/memberzone/views/shop"
	"github.com/memberzone/memberzone/views/ui"
)

// choice is an option of a list: its value on the wire and its words.
type choice struct{ value, label string }

var (
	versions = []choice{
		{"2.3", "2.3"}, {"2.2", "2.2"}, {"2.1", "2.1"}, {"2.0", "2.0"}, {"1.6", "1.6"}, {"1.5", "1.5"}, {"1.4", "1.4"},
	}
	formats  = []choice{{"JSON", "JSON"}, {"String", "String"}}
	langs    = []choice{{"zh-tw", "繁體中文"}, {"en", "English"}, {"jp", "日本語"}}
	instFlag = []choice{
		{"0", "不分期"}, {"1", "商店的全部期數"}, {"3,6,12", "3、6、12 期"}, {"3", "3 期"}, {"12,24", "12、24 期"},
	}
)

// sale is the product form as it was typed.
type sale struct {
	merchantID, orderNo, amount, item, email string
	version, format, lang, instFlag, limit   string
	bonus, p3d                               bool
}

func (s *Shop) freshSale() sale {
	now := s.clock.Now().In(clock.Taipei)
	return sale{
		merchantID: s.stores[0].merchantID, amount: "1250", item: "高山烏龍茶 150 公克", email: "buyer@example.test",
		orderNo: fmt.Sprintf("TEA%s%03d", now.Format("060102150405"), rand.IntN(1000)),
		version: versions[0].value, format: formats[0].value, lang: langs[0].value, instFlag: instFlag[0].value,
	}
}

func saleOf(form url.Values) sale {
	text := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	return sale{
		merchantID: text("merchant_id"), orderNo: text("order_no"), amount: text("amount"), item: text("item"),
		email: text("email"), version: text("version"), format: text("respond_type"), lang: text("lang_type"),
		instFlag: text("inst_flag"), limit: text("trade_limit"),
		bonus: form.Get("credit_red") != "", p3d: form.Get("p3d") != "",
	}
}

func (s *Shop) serveProduct(w http.ResponseWriter, r *http.Request) {
	s.show(r.Context(), w, http.StatusOK, shop.Product(s.productPage(s.freshSale())))
}

func (s *Shop) productPage(n sale) shop.ProductPage {
	stores := make([]choice, len(s.stores))
	for i, one := range s.stores {
		stores[i] = choice{one.merchantID, one.merchantID + "　" + one.name}
	}
	return shop.ProductPage{
		Store: choices(stores, n.merchantID), OrderNo: ui.Input{Value: n.orderNo}, Amount: ui.Input{Value: n.amount},
		Item: ui.Input{Value: n.item}, Email: ui.Input{Value: n.email}, Language: choices(langs, n.lang),
		Instalment: choices(instFlag, n.instFlag), Version: choices(versions, n.version),
		Respond: choices(formats, n.format), TradeLimit: ui.Input{Value: n.limit},
		P3D: ui.Check{Checked: n.p3d}, Bonus: ui.Check{Checked: n.bonus}, OrdersHref: "/orders",
	}
}

func choices(from []choice, selected string) ui.Choices {
	var c ui.Choices
	for _, one := range from {
		c.Options = append(c.Options, ui.Option{Value: one.value, Label: one.label, Selected: one.value == selected})
	}
	return c
}

// servePay keeps the order and sends the browser on to the gateway. The shop
// checks only what it needs itself: refusals of the gateway are worth seeing.
func (s *Shop) servePay(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "表單無法讀取。", http.StatusBadRequest)
		return
	}
	n := saleOf(r.PostForm)
	page := s.productPage(n)
	sold, amount, opened := s.openOrder(n, &page)
	if !opened {
		s.show(r.Context(), w, http.StatusUnprocessableEntity, shop.Product(page))
		return
	}
	plain := s.paymentFields(n, amount)
	fields, err := wire.BuildPaymentForm(sold.keys, plain)
	if err != nil {
		s.log.ErrorContext(r.Context(), "shop: build the payment form", "error", err)
		http.Error(w, "付款表單無法產生。", http.StatusInternalServerError)
		return
	}
	s.show(r.Context(), w, http.StatusOK, shop.Submit(shop.SubmitPage{
		Action: s.gateway + paymentPath, Fields: pairs(fields), Plain: pairs(plain),
	}))
}

// openOrder keeps the order of a form, or says on the form's page what is wrong with it.
func (s *Shop) openOrder(n sale, page *shop.ProductPage) (sold store, amount money.TWD, opened bool) {
	amount, err := money.ParseTWD(n.amount)
	if err != nil || amount == 0 {
		page.Amount.Error = "請輸入整數金額，例如 1250。"
	}
	if !isOrderNo(n.orderNo) {
		page.OrderNo.Error = "商店訂單編號為 30 字以內的英數字與底線。"
	}
	sold, known := s.storeOf(n.merchantID)
	if !known {
		page.Store.Error = "請選擇收款商店。"
	}
	if page.Amount.Error != "" || page.OrderNo.Error != "" || page.Store.Error != "" {
		return store{}, 0, false
	}
	if !s.orders.open(order{number: n.orderNo, store: sold, amount: amount, at: s.clock.Now()}) {
		page.OrderNo.Error = "這個編號已用在另一筆訂單。"
		return store{}, 0, false
	}
	return sold, amount, true
}

// paymentFields is the content of TradeInfo (the provider's manual NDNF-1.1.9 §4.2).
func (s *Shop) paymentFields(n sale, amount money.TWD) []wire.Pair {
	fields := []wire.Pair{
		{Name: "MerchantID", Value: n.merchantID},
		{Name: "RespondType", Value: n.format},
		{Name: "TimeStamp", Value: s.timeStamp()},
		{Name: "Version", Value: n.version},
		{Name: "LangType", Value: n.lang},
		{Name: "MerchantOrderNo", Value: n.orderNo},
		{Name: "Amt", Value: amount.String()},
		{Name: "ItemDesc", Value: n.item},
		{Name: "ReturnURL", Value: s.public + "/return"},
		{Name: "NotifyURL", Value: s.public + "/notify"},
		{Name: "ClientBackURL", Value: s.public + "/orders/" + n.orderNo},
		{Name: "Email", Value: n.email},
		{Name: "CREDIT", Value: "1"},
		{Name: "CREDITAE", Value: "1"},
	}
	optional := func(name, value string, given bool) {
		if given {
			fields = append(fields, wire.Pair{Name: name, Value: value})
		}
	}
	optional("TradeLimit", n.limit, n.limit != "")
	optional("InstFlag", n.instFlag, n.instFlag != "" && n.instFlag != "0")
	optional("CreditRed", "1", n.bonus)
	optional("P3D", "1", n.p3d)
	return fields
}

// isOrderNo tells that a text can be a MerchantOrderNo.
func isOrderNo(s string) bool {
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 30
}

func pairs(from []wire.Pair) []shop.Pair {
	list := make([]shop.Pair, len(from))
	for i, p := range from {
		list[i] = shop.Pair(p)
	}
	return list
}
