package shop

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/memberzone/memberzone/app/wire"
	"github.com/memberzone/memberzone/views/shop"
)

// errRefused tells that a delivery is not from the gateway or not about an order
// of the shop.
var errRefused = errors.New("shop: delivery refused")

// outerFields is the order in which the gateway posts its fields; others follow.
var outerFields = []string{"Status", "MerchantID", "Version", "TradeInfo", "TradeSha"}

// receive reads what the gateway posts and finds its order. For errRefused the
// delivery says why, and holds what came.
func (s *Shop) receive(r *http.Request) (delivery, order, error) {
	d := delivery{at: s.clock.Now()}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		d.problem = "內容過長，無法讀取。"
		return d, order{}, fmt.Errorf("%w: %w", errRefused, err)
	}
	form, err := wire.ParseForm(string(body))
	if err != nil {
		d.problem = "內容不是表單。"
		return d, order{}, fmt.Errorf("%w: %w", errRefused, err)
	}
	d.outer = ordered(form, outerFields)
	from, known := s.storeOf(form.Get("MerchantID"))
	if !known {
		d.problem = "MerchantID 不是本店的商店。"
		return d, order{}, fmt.Errorf("%w: unknown store", errRefused)
	}
	notice, err := wire.OpenNotify(from.keys, form)
	if err != nil {
		d.problem = "TradeInfo 無法驗證或解密。"
		return d, order{}, fmt.Errorf("%w: %w", errRefused, err)
	}
	d.notice = notice
	o, found := s.orders.find(notice.Result["MerchantOrderNo"])
	if !found || o.store.merchantID != from.merchantID {
		d.problem = "本店沒有這筆訂單。"
		return d, order{}, fmt.Errorf("%w: no such order", errRefused)
	}
	switch {
	case notice.Result["MerchantID"] != from.merchantID:
		d.problem = "內外的 MerchantID 不同。"
	case notice.Result["Amt"] != o.amount.String():
		d.problem = "金額與訂單不符。"
	default:
		return d, o, nil
	}
	return d, o, fmt.Errorf("%w: the order is another", errRefused)
}

// serveReturn takes what the cardholder's browser brings. A genuine result leads
// on to the order's own address, which can be loaded again.
func (s *Shop) serveReturn(w http.ResponseWriter, r *http.Request) {
	d, o, err := s.receive(r)
	if err != nil {
		s.log.WarnContext(r.Context(), "shop: ReturnURL", "error", err)
		s.show(r.Context(), w, http.StatusBadRequest, shop.Result(shop.ResultPage{
			OrderNo: "—", Amount: "—", Headline: "無法確認付款結果", Return: view(&d), Refresh: "/orders",
		}))
		return
	}
	s.orders.change(o.number, func(o *order) { o.returned, o.proven = &d, o.proven || d.paid() })
	http.Redirect(w, r, "/orders/"+o.number, http.StatusSeeOther)
}

// serveNotify takes what the gateway tells from server to server. A call without anything is
// no notification, but a test of whether the address answers.
func (s *Shop) serveNotify(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength == 0 {
		return
	}
	if s.orders.takeFailure() {
		http.Error(w, "out of order, as asked for", http.StatusInternalServerError)
		return
	}
	d, o, err := s.receive(r)
	if err != nil {
		s.log.WarnContext(r.Context(), "shop: NotifyURL", "error", err)
		http.Error(w, "refused", http.StatusBadRequest)
		return
	}
	s.orders.change(o.number, func(o *order) { o.notified, o.proven = &d, o.proven || d.paid() })
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "OK")
}

// serveFailures sets how many of the next notifications are answered with 500,
// so that the gateway's retries can be watched.
func (s *Shop) serveFailures(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.FormValue("failures"))
	if err != nil || n < 0 || n > failuresMax {
		http.Error(w, "次數為 0 到 "+strconv.Itoa(failuresMax)+"。", http.StatusUnprocessableEntity)
		return
	}
	s.orders.failNext(n)
	back := "/orders"
	if number := r.FormValue("order_no"); isOrderNo(number) {
		back += "/" + number
	}
	http.Redirect(w, r, back, http.StatusSeeOther) //nolint:gosec // isOrderNo takes no slash and no dot
}

// ordered lists fields, the named ones first.
func ordered(form map[string]string, first []string) []wire.Pair {
	var list []wire.Pair
	for _, name := range first {
		if value, ok := form[name]; ok {
			list = append(list, wire.Pair{Name: name, Value: value})
		}
	}
	var rest []string
	for name := range form {
		if !slices.Contains(first, name) {
			rest = append(rest, name)
		}
	}
	slices.Sort(rest)
	for _, name := range rest {
		list = append(list, wire.Pair{Name: name, Value: form[name]})
	}
	return list
}
