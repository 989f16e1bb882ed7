package shop

import (
	"net/http"
	"strconv"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/wire"
	"github.com/memberzone/memberzone/views/shop"
	"github.com/memberzone/memberzone/views/ui"
)

// A page of an order loads itself again, a few times, until NotifyURL was called.
const (
	looksMax     = 10
	lookInterval = "2"
)

func (s *Shop) serveOrders(w http.ResponseWriter, r *http.Request) {
	var page shop.OrdersPage
	for _, o := range s.orders.all() {
		page.Orders = append(page.Orders, shop.OrderRow{
			OrderNo: o.number, Href: "/orders/" + o.number, Amount: o.amount.Display(), State: o.tag(), Time: taipei(o.at),
		})
	}
	page.Failures = s.failures("")
	s.show(r.Context(), w, http.StatusOK, shop.Orders(page))
}

func (s *Shop) serveOrder(w http.ResponseWriter, r *http.Request) {
	o, found := s.orders.find(r.PathValue("order_no"))
	if !found {
		s.show(r.Context(), w, http.StatusNotFound, shop.Orders(shop.OrdersPage{}))
		return
	}
	look, _ := strconv.Atoi(r.URL.Query().Get("look")) // anything else is the first look
	// What /API/CreditCard has answered is not always notified as well.
	if o.traded() && o.notified == nil && o.answered == nil && look >= 0 && look < looksMax {
		w.Header().Set("Refresh", lookInterval+";url=/orders/"+o.number+"?look="+strconv.Itoa(look+1))
	}
	page := shop.Result(shop.ResultPage{
		OrderNo: o.number, Amount: o.amount.Display(), Paid: o.proven, Headline: o.headline(),
		Return: view(o.returned), Notify: view(o.notified), Answer: view(o.answered), Refresh: "/orders/" + o.number,
		Inquiry: s.inquiryOf(r, o), Failures: s.failures(o.number),
	})
	s.show(r.Context(), w, http.StatusOK, page)
}

// failures is the control of the notifications that are to fail.
func (s *Shop) failures(orderNo string) shop.Failures {
	left := s.orders.failing()
	return shop.Failures{
		Left: strconv.Itoa(left), Max: strconv.Itoa(failuresMax), Pending: left > 0, OrderNo: orderNo,
	}
}

// inquiryOf shows what the gateway says about the order when it is asked. An
// order that the gateway has made no trade of, as far as is known, is asked about
// on demand only: a query that finds nothing counts towards its lock (TRA10071).
func (s *Shop) inquiryOf(r *http.Request, o order) shop.Inquiry {
	again := "/orders/" + o.number + "?query=1"
	if !o.traded() && r.URL.Query().Get("query") == "" {
		return shop.Inquiry{Href: again}
	}
	q, err := s.query(r.Context(), o)
	if err != nil {
		s.log.WarnContext(r.Context(), "shop: QueryTradeInfo", "error", err)
		return shop.Inquiry{Href: again, Asked: true, Problem: "無法向閘道查詢，請稍後再試。"}
	}
	return shop.Inquiry{
		Href: again, Asked: true, Status: q.status, Message: q.message,
		Genuine: q.genuine, Fields: pairs(q.fields),
	}
}

// latest is the delivery that tells the order's state.
func (o order) latest() *delivery {
	switch {
	case o.notified != nil:
		return o.notified
	case o.returned != nil:
		return o.returned
	}
	return o.answered
}

func (o order) headline() string {
	switch d := o.latest(); {
	case o.proven:
		return "付款完成，謝謝您"
	case d != nil:
		return "付款未完成：" + d.notice.Message
	default:
		return "等待付款結果"
	}
}

func (o order) tag() ui.Tag {
	switch {
	case o.proven:
		return ui.Tag{Word: "已付款", Tone: ui.ToneDone}
	case o.latest() != nil:
		return ui.Tag{Word: "付款失敗", Tone: ui.ToneBad}
	default:
		return ui.Tag{Word: "待付款", Tone: ui.ToneWait}
	}
}

// view shows a delivery, or that there is none.
func view(d *delivery) shop.Delivery {
	if d == nil {
		return shop.Delivery{}
	}
	v := shop.Delivery{Time: taipei(d.at), Genuine: d.notice != nil, Problem: d.problem, Outer: pairs(d.outer)}
	if d.notice != nil {
		inner := []wire.Pair{{Name: "Status", Value: d.notice.Status}, {Name: "Message", Value: d.notice.Message}}
		v.Inner = pairs(append(inner, ordered(d.notice.Result, resultFields)...))
	}
	return v
}

// resultFields is the order of the gateway's result (recorded 2024).
var resultFields = []string{
	"MerchantID", "Amt", "TradeNo", "MerchantOrderNo", "RespondType", "IP", "EscrowBank", "PaymentType",
	"RespondCode", "Auth", "Card6No", "Card4No", "Exp", "AuthBank", "CardBank", "TokenUseStatus", "InstFirst",
	"InstEach", "Inst", "ECI", "RedAmt", "PayTime", "PaymentMethod",
}

func taipei(t time.Time) string { return t.In(clock.Taipei).Format(time.DateTime) }
