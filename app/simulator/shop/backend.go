package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/wire"
	"github.com/memberzone/memberzone/views/shop"
	"github.com/memberzone/memberzone/views/ui"
)

// The addresses of the server-to-server API.
const (
	cardPath   = "/API/CreditCard"
	verifyPath = "/API/CreditCard/PasskeyVerify"
)

// authoriseTimeout is the longest wait for an authorisation: the gateway asks a bank meanwhile.
const authoriseTimeout = 20 * time.Second

// cardSale is the card form of the shop's own page. The shop sends the card on and forgets it.
type cardSale struct {
	sale
	cardNo, expiry, cvc string
	lastName, firstName string
	country, phone      string
	passkey             bool
}

func (s *Shop) freshCardSale() cardSale {
	n := s.freshSale()
	n.version, n.p3d = cardVersions[0].value, true
	return cardSale{sale: n, country: "886", passkey: true}
}

var cardVersions = []choice{
	{"2.5", "2.5"}, {"2.4", "2.4"}, {"2.1", "2.1"}, {"2.0", "2.0"}, {"1.1", "1.1"}, {"1.0", "1.0"},
}

func cardSaleOf(form url.Values) cardSale {
	text := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	return cardSale{
		sale: saleOf(form), cardNo: text("card_no"), expiry: text("expiry"), cvc: text("cvc"),
		lastName: text("last_name"), firstName: text("first_name"), country: text("country"), phone: text("phone"),
		passkey: form.Get("passkey") != "",
	}
}

func (s *Shop) serveBackend(w http.ResponseWriter, r *http.Request) {
	s.show(r.Context(), w, http.StatusOK, shop.Backend(s.backendPage(s.freshCardSale())))
}

// backendPage shows the form anew; of a card nothing is shown again.
func (s *Shop) backendPage(n cardSale) shop.BackendPage {
	p := s.productPage(n.sale)
	p.Version = choices(cardVersions, n.version)
	return shop.BackendPage{
		Product: p, LastName: ui.Input{Value: n.lastName}, FirstName: ui.Input{Value: n.firstName},
		Country: ui.Input{Value: n.country}, Phone: ui.Input{Value: n.phone},
		Passkey: ui.Check{Checked: n.passkey}, P3D: ui.Check{Checked: n.p3d},
	}
}

// servePayByCard sends order and card to the gateway from server to server, and leads on by its answer.
func (s *Shop) servePayByCard(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "表單無法讀取。", http.StatusBadRequest)
		return
	}
	n := cardSaleOf(r.PostForm)
	page := s.backendPage(n)
	sold, amount, opened := s.openOrder(n.sale, &page.Product)
	if !opened {
		s.show(r.Context(), w, http.StatusUnprocessableEntity, shop.Backend(page))
		return
	}
	told, err := s.call(r.Context(), sold, cardPath, s.cardFields(n, amount))
	if err != nil {
		s.log.WarnContext(r.Context(), "shop: CreditCard", "error", err)
		page.Problem = "閘道沒有回應，請稍後查詢訂單。"
		s.show(r.Context(), w, http.StatusBadGateway, shop.Backend(page))
		return
	}
	if told.status != string(wire.Success) && told.status != string(wire.Status3D) && told.answer.notice == nil {
		page.Problem = told.status + " " + told.message
		s.show(r.Context(), w, http.StatusUnprocessableEntity, shop.Backend(page))
		return
	}
	s.take(n.orderNo, told)
	http.Redirect(w, r, told.next(n.orderNo), http.StatusSeeOther)
}

// cardFields is the content of PostData_ (the provider's manual NDNT, NPA-B10).
func (s *Shop) cardFields(n cardSale, amount money.TWD) []wire.Pair {
	fields := []wire.Pair{
		{Name: "TimeStamp", Value: s.timeStamp()},
		{Name: "Version", Value: n.version},
		{Name: "MerchantOrderNo", Value: n.orderNo},
		{Name: "Amt", Value: amount.String()},
		{Name: "ProdDesc", Value: n.item},
		{Name: "PayerEmail", Value: n.email},
		{Name: "CardNo", Value: n.cardNo},
		{Name: "Exp", Value: n.expiry},
		{Name: "CVC", Value: n.cvc},
		{Name: "NotifyURL", Value: s.public + "/notify"},
		{Name: "ReturnURL", Value: s.public + "/return"},
	}
	add := func(name, value string) {
		if value != "" {
			fields = append(fields, wire.Pair{Name: name, Value: value})
		}
	}
	if n.p3d {
		add("P3D", "1")
	}
	switch n.version {
	case "2.5":
		add("CardHolderLastName", n.lastName)
		add("CardHolderFirstName", n.firstName)
		add("CardHolderPhoneCountryCode", n.country)
		add("CardHolderPhone", n.phone)
		if n.passkey {
			add("PayeeOrigin", s.public)
		}
	case "2.4":
		add("CardHolderName", n.lastName+n.firstName)
		add("CardHolderPhone", n.phone)
	}
	return fields
}

func (s *Shop) timeStamp() string { return strconv.FormatInt(s.clock.Now().Unix(), 10) }

// told is an answer of the server-to-server API.
type told struct {
	status, message string
	answer          delivery
	page            string // HTML for the cardholder's browser, of a 3dVerify
	passkey         json.RawMessage
}

// next is where the cardholder's browser goes on.
func (t told) next(orderNo string) string {
	switch {
	case t.status != string(wire.Status3D):
		return "/orders/" + orderNo
	case len(t.passkey) > 0:
		return "/backend/" + orderNo
	default:
		return "/backend/" + orderNo + "/page"
	}
}

var errCardAnswer = errors.New("shop: not an answer of CreditCard")

// call posts to the server-to-server API.
func (s *Shop) call(ctx context.Context, by store, path string, inner []wire.Pair) (told, error) {
	fields, err := wire.BuildCardPaymentForm(by.keys, by.merchantID, inner)
	if err != nil {
		return told{}, fmt.Errorf("build the call: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, authoriseTimeout)
	defer cancel()
	body := strings.NewReader(wire.EncodeForm(fields))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.gateway+path, body)
	if err != nil {
		return told{}, fmt.Errorf("build the call: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	patient := *s.client
	patient.Timeout = authoriseTimeout
	answer, err := patient.Do(req)
	if err != nil {
		return told{}, fmt.Errorf("call the gateway: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, wire.MaxFormBytes))
	if err != nil {
		return told{}, fmt.Errorf("read the answer: %w", err)
	}
	return s.openTold(by, text)
}

// openTold reads an answer. What has a CheckCode that holds is a result.
func (s *Shop) openTold(by store, text []byte) (told, error) {
	var body struct {
		Status, Message string
		Result, Passkey json.RawMessage
	}
	if err := json.Unmarshal(text, &body); err != nil || body.Status == "" {
		return told{}, errCardAnswer
	}
	t := told{status: body.Status, message: body.Message, answer: delivery{at: s.clock.Now()}}
	if body.Status == string(wire.Status3D) {
		t.passkey = body.Passkey
		if err := json.Unmarshal(body.Result, &t.page); err != nil {
			return told{}, errCardAnswer
		}
		return t, nil
	}
	fields, err := objectFields(body.Result)
	if err != nil {
		return t, nil // a refusal, of which Result is empty
	}
	notice := &wire.Notice{Status: body.Status, Message: body.Message, Result: map[string]string{}}
	for _, f := range fields {
		notice.Result[f.Name] = f.Value
	}
	want, err := by.keys.CheckCode(wire.Trade{
		MerchantID: by.merchantID, Amt: notice.Result["Amt"],
		MerchantOrderNo: notice.Result["MerchantOrderNo"], TradeNo: notice.Result["TradeNo"],
	})
	if err != nil || !wire.SameHash(want, notice.Result["CheckCode"]) {
		return told{}, errCardAnswer
	}
	t.answer.notice = notice
	return t, nil
}

// take keeps an answer with its order.
func (s *Shop) take(orderNo string, t told) {
	s.orders.change(orderNo, func(o *order) {
		if t.status == string(wire.Status3D) {
			o.page, o.passkey = t.page, t.passkey
			return
		}
		if t.answer.notice != nil && t.answer.notice.Result["Amt"] == o.amount.String() &&
			t.answer.notice.Result["MerchantOrderNo"] == o.number {
			o.answered, o.passkey, o.page = &t.answer, nil, ""
			o.proven = o.proven || t.answer.paid()
		}
	})
}
