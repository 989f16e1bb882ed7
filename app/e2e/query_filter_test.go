package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// byHand is one filter of the form, as somebody without a mouse sets it: Tab leads to each
// element, and the keys set it.
type byHand struct {
	set   []setting
	name  string // of the parameter that the address gets
	value string
	where string // the same condition in SQL, over t and its store s
	any   bool   // looked up whatever the dates say
}

type setting struct{ element, keys string }

// down is the value n lines below the first of a select.
func down(name string, n int) setting {
	return setting{"select[name=" + name + "]", strings.Repeat(kb.ArrowDown, n)}
}

func tick(name, value string) setting {
	return setting{fmt.Sprintf("[name=%s][value=%q]", name, value), " "}
}

func typed(name, text string) setting { return setting{"[name=" + name + "]", text} }

// filters are all of the form, with numbers of transactions that are there.
func (s *sales) filters(t *testing.T) []byHand {
	number := func(column string) string { return s.one(t, column, column+" <> '' AND t.auth_code <> ''") }
	trade, order, auth := number("t.trade_no"), number("t.order_no"), number("t.auth_code")
	mandate, last4 := number("t.mandate_no"), number("t.card_last4")
	stores := setting{".menu summary", " "}
	return []byHand{
		{[]setting{down("date_kind", 1)}, "date_kind", "authorised", "t.authorised_at IS NOT NULL", false},
		{[]setting{down("date_kind", 2)}, "date_kind", "captured", "t.captured_at IS NOT NULL", false},
		{[]setting{down("date_kind", 3)}, "date_kind", "refunded", "t.refunded_at IS NOT NULL", false},
		{[]setting{down("date_kind", 4)}, "date_kind", "settled", "t.settled_at IS NOT NULL", false},
		{
			[]setting{typed("from", s.to.AddDays(-30).String())},
			"from", s.to.AddDays(-30).String(),
			"t.created_at >= '" + s.to.AddDays(-30).String() + "T00:00:00+08:00'", false,
		},
		{
			[]setting{typed("to", s.to.AddDays(-30).String())},
			"to", s.to.AddDays(-30).String(),
			"t.created_at < '" + s.to.AddDays(-29).String() + "T00:00:00+08:00'", false,
		},
		{[]setting{typed("q", trade)}, "q", trade, "t.trade_no = '" + trade + "'", true},
		{[]setting{down("by", 1), typed("q", trade)}, "by", "trade_no", "t.trade_no = '" + trade + "'", true},
		{[]setting{down("by", 2), typed("q", order)}, "by", "order_no", "t.order_no = '" + order + "'", true},
		{[]setting{down("by", 3), typed("q", auth)}, "by", "auth_code", "t.auth_code = '" + auth + "'", true},
		{[]setting{down("by", 4), typed("q", last4)}, "by", "card_no", "t.card_last4 = '" + last4 + "'", true},
		{[]setting{down("by", 5), typed("q", mandate)}, "by", "mandate_no", "t.mandate_no = '" + mandate + "'", true},
		{
			[]setting{stores, tick("store", "MS100000002"), tick("store", "MS100000003")},
			"store", "MS100000003",
			"s.merchant_id IN ('MS100000002', 'MS100000003')", false,
		},
		{[]setting{down("method", 1)}, "method", "phone", "t.verification = 'otp'", false},
		{[]setting{down("method", 2)}, "method", "token", "(t.token_bind OR t.token_charge)", false},
		{[]setting{down("method", 2), down("token_kind", 1)}, "token_kind", "bind", "t.token_bind", false},
		{[]setting{down("method", 2), down("token_kind", 2)}, "token_kind", "charge", "t.token_charge", false},
		{
			[]setting{tick("status", "captured"), tick("status", "refunded")},
			"status", "refunded",
			"t.status IN ('captured', 'refunded')", false,
		},
		{[]setting{tick("pay_type", "instalment")}, "pay_type", "instalment", "t.pay_type = 'instalment'", false},
		{[]setting{typed("amt_min", "5000")}, "amt_min", "5000", "t.amount >= 5000", false},
		{[]setting{typed("amt_max", "５００")}, "amt_max", "５００", "t.amount <= 500", false},
		{[]setting{down("store_type", 1)}, "store_type", "gateway", "s.kind = 'gateway'", false},
		{[]setting{down("funds", 1)}, "funds", "received", "t.settled", false},
		{[]setting{tick("threeds", "1")}, "threeds", "1", "t.three_d", false},
		{
			[]setting{tick("waiting", "1")},
			"waiting", "1",
			"t.status IN ('capture_requested', 'refund_requested')", false,
		},
	}
}

// everyFilter sets each filter of the form once, without a mouse, and counts what is found.
func (s *sales) everyFilter(t *testing.T) {
	p := openDesk(t)
	p.signInAs(s.url, demoOwner)
	all := s.found(t, "true")
	p.open(s.list(""))
	p.tabTo(".fold > summary")
	p.press(kb.Enter)
	for _, f := range s.filters(t) {
		p.open(s.list(""))
		if !read[bool](p, `document.querySelector(".fold").open`) {
			t.Fatal("進階查詢 is folded again")
		}
		for _, one := range f.set {
			p.tabTo(one.element)
			p.do(chromedp.KeyEvent(one.keys))
		}
		p.search()
		p.awaitQuery(f.name, f.value)
		want := s.found(t, f.where)
		if want == 0 || want == all {
			t.Errorf("%s=%s finds %d of %d: the test proves nothing", f.name, f.value, want, all)
		}
		p.seeText("#result-count", fmt.Sprintf("共 %d 筆", want))
		notice := strings.Contains(p.text("#results"), "限定期間與期間種類未套用")
		if notice != f.any {
			t.Errorf("%s=%s: told that the dates are left aside: %t, want %t", f.name, f.value, notice, f.any)
		}
	}
	p.click(".fold > summary")
	p.open(s.list(""))
	if read[bool](p, `document.querySelector(".fold").open`) {
		t.Error("進階查詢 is unfolded again")
	}
}
