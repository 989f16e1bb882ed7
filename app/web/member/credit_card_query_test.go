package member_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/report"
	"github.com/memberzone/memberzone/app/secret"
)

const number = "4111111111111111"

func TestEveryKindOfNumberFindsItsTransactions(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.trade(1, "A1", 100, noon.AddDate(0, -6, 0))
	s.trade(2, "B2", 200, noon.Add(-time.Hour))
	s.trade(4, "FOREIGN", 200, noon)
	s.run("UPDATE transactions SET auth_code = 'AB12CD', mandate_no = 'M1', card_last4 = '0009' WHERE order_no = 'B2'")
	v := s.signedIn("12345675", "owner01")
	for query, want := range map[string][]string{
		"by=auth_code&q=930637":        {"A1"},
		"by=auth_code&q=ab12cd 930637": {"B2", "A1"},
		"q=ab12cd":                     {"B2"},
		"by=mandate_no&q=M1":           {"B2"},
		"q=M1":                         {"B2"},
		"by=card_no&q=411111…1111":     {"A1"},
		"by=card_no&q=411111-1111":     {"A1"},
		"by=card_no&q=4111111111":      {"A1"},
		"by=card_no&q=1111 0009":       {"B2", "A1"},
		"q=411111…0009":                {"B2"},
		"q=1111":                       {},
		"by=card_no&q=2222":            {},
	} {
		got := v.get(list+"?"+strings.ReplaceAll(query, " ", "+")).is(http.StatusOK, "限定期間與期間種類未套用")
		if diff := cmp.Diff(want, got.orders()); diff != "" {
			t.Errorf("%s:\n%s", query, diff)
		}
	}
}

func TestNumbersAreCountedAsFoundNotFoundAndOutside(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.trade(1, "OWN", 100, noon)
	sister := s.trade(2, "SISTER", 7654, noon)
	s.trade(4, "FOREIGN", 300, noon)
	s.run("UPDATE transactions SET auth_code = 'SISTER' WHERE order_no = 'SISTER'")
	query := list + "?q=OWN,SISTER,FOREIGN,NONE," + sister
	s.signedIn("12345675", "clerk01").get(query).is(http.StatusOK, "共 1 筆",
		"查詢 5 個號碼：找到 1 個，找不到 2 個，不在您的管理商店 2 個。", `id="outside"`, "<li>SISTER</li>", "<li>"+sister+"</li>",
		"<li>FOREIGN</li>", "<li>NONE</li>").lacks("7,654", "MS100000002")
	s.signedIn("12345675", "owner01").get(query).is(http.StatusOK, "共 2 筆",
		"查詢 5 個號碼：找到 3 個，找不到 2 個。", "<li>FOREIGN</li>").lacks(`id="outside"`)
	s.signedIn("22099131", "owner01").get(query).is(http.StatusOK, "找到 1 個，找不到 4 個。").lacks(`id="outside"`)
	// Where a card or an approval code was used is not told of other stores.
	s.signedIn("12345675", "clerk01").get(list+"?by=auth_code&q=SISTER").is(http.StatusOK, "找不到 1 個").
		lacks(`id="outside"`)
}

func TestAWholeCardNumberIsPostedAndNeverSeenAgain(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.trade(1, "CARD", 100, noon.AddDate(-1, 0, 0))
	s.trade(1, "OTHER", 200, noon)
	owner := s.signedIn("12345675", "owner01")
	sent := owner.post(list+"/card", url.Values{
		"card": {"4111 1111-1111 1111"}, "filter": {"status=authorised&q=X&by=any&cursor=abc&totals=1"},
	}).is(http.StatusSeeOther)
	to := sent.Header.Get("Location")
	u, err := url.Parse(to)
	if err != nil || u.Path != list {
		t.Fatalf("sent to %q", to)
	}
	key := u.Query().Get("card_key")
	want := url.Values{"status": {"authorised"}, "by": {"card_no"}, "card_key": {key}}
	if diff := cmp.Diff(want, u.Query()); diff != "" || key == "" {
		t.Errorf("sent to %s:\n%s", to, diff)
	}
	owner.get(to).is(http.StatusOK, "共 0 筆", "完整卡號 411111…1111", `value="`+key+`"`)
	index := s.cardIndex("CARD")
	got := owner.get(to).is(http.StatusOK, "共 1 筆", "限定期間與期間種類未套用")
	if diff := cmp.Diff([]string{"CARD"}, got.orders()); diff != "" {
		t.Error(diff)
	}
	clerk := s.signedIn("12345675", "clerk01")
	if told := clerk.get(to).is(http.StatusUnprocessableEntity, "不是由您的帳號建立"); len(told.orders()) != 0 {
		t.Error("a key opens for another account")
	}
	s.clock.Advance(report.CardKeyLife)
	owner = s.signedIn("12345675", "owner01")
	owner.get(to).is(http.StatusUnprocessableEntity, "已逾時（24 小時）")
	if len(index) != 32 || strings.Contains(to+got.body+s.log.String(), number) {
		t.Error("the number stands in an address, a page or the log")
	}
	var subject string
	must(t, s.db.SQL().QueryRow("SELECT string_agg(subject, ' ') FROM audit_entries WHERE kind = 'transactions_listed'").
		Scan(&subject))
	if strings.Contains(subject, number) || strings.Contains(subject, key) || !strings.Contains(subject, "411111") {
		t.Errorf("the audit log has %q", subject)
	}
}

// indexAttempt gives all attempts the index of a card number, as a payment does.
func (s *site) indexAttempt(digits string) {
	s.t.Helper()
	pan, err := secret.ParsePAN(digits)
	must(s.t, err)
	must(s.t, s.db.Payments().InTx(s.t.Context(), func(ctx context.Context, tx payment.Tx) error {
		return tx.(interface {
			IndexCard(ctx context.Context, id payment.AttemptID, pan secret.PAN) error
		}).IndexCard(ctx, 1, pan)
	}))
}

// cardIndex gives a transaction the index of the card number, as its authorisation does.
func (s *site) cardIndex(order string) []byte {
	s.t.Helper()
	s.run(`INSERT INTO attempts (transaction_id, request_id, state, route, route_reason, simulated, pay_type, instalments,
			brand, card_first6, card_last4, card_expiry, payer_sealed, payer_ip, asked_at)
		SELECT id, 'INDEX', 'authorised', 'none', '', false, 'full', 0, 'visa', '411111', '1111', '3012', '', '', $2
		FROM transactions WHERE order_no = $1`, order, noon)
	s.indexAttempt(number)
	s.run("UPDATE transactions t SET card_index = a.card_index FROM attempts a WHERE a.transaction_id = t.id")
	var index []byte
	must(s.t, s.db.SQL().QueryRow("SELECT card_index FROM transactions WHERE order_no = $1", order).Scan(&index))
	return index
}

func TestABadCardNumberIsToldAndNotRepeated(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	for _, bad := range []string{"", "41111111", "4111111111111111x", strings.Repeat("4", 20)} {
		got := v.post(list+"/card", url.Values{"card": {bad}, "filter": {"amt_min=7"}}).
			is(http.StatusUnprocessableEntity, `value="7"`)
		if got.errorOf("card") != report.ErrCardPosted.Public || bad != "" && strings.Contains(got.body, bad) {
			t.Errorf("%q: %q", bad, got.errorOf("card"))
		}
	}
	v.post(list+"/card", url.Values{"card": {number}, "filter": {"%zz"}}).is(http.StatusBadRequest)
	for _, who := range []string{"viewer01", "denied01"} {
		for _, path := range []string{"/card", "/views", "/columns"} {
			s.signedIn("12345675", who).post(list+path, url.Values{"card": {number}}).is(http.StatusForbidden, "權限不足")
		}
	}
}

func TestTotalsAreExactAndComeOnRequest(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	for i, status := range []string{"authorised", "captured", "refunded", "voided", "failed", "pending"} {
		s.trade(1, status, 1000+i, noon)
		s.run(`UPDATE transactions SET status = $1::transaction_status,
			failure_reason = CASE WHEN $1 = 'failed' THEN 'declined'::failure_reason END WHERE order_no = $1`, status)
	}
	s.run("UPDATE transactions SET captured_amount = 900 WHERE order_no IN ('captured', 'refunded')")
	s.run("UPDATE transactions SET refunded_amount = 400 WHERE order_no = 'refunded'")
	s.trade(4, "FOREIGN", 5000, noon)
	v := s.signedIn("12345675", "owner01")
	page := v.get(list).is(http.StatusOK, "計算合計").lacks("淨額")
	if !strings.Contains(page.body, `hx-get="`+list+`?totals=1"`) {
		t.Error("no way to the totals")
	}
	all := []string{"6 筆", "NT$3,003", "NT$1,800", "NT$400", "NT$1,400"}
	v.get(list+"?totals=1").is(http.StatusOK, append(all, `data-order-no="captured"`)...)
	v.get(list+"?totals=1&status=refunded").is(http.StatusOK, "1 筆", "NT$1,002", "NT$900", "NT$500")
	v.header.Set("HX-Request", "true")
	v.header.Set("HX-Target", "totals")
	v.get(list+"?totals=1").is(http.StatusOK, append(all, `id="totals"`)...).lacks(`id="query"`, "data-order-no")
}

func TestReadyMadeViewsFindWhatNeedsDoing(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	for order, age := range map[string]int{"LATE17": 17, "LATE18": 18, "LATE21": 21, "LATE22": 22} {
		s.trade(1, order, 100, noon.AddDate(0, 0, -age))
	}
	s.trade(1, "CAPTURED", 100, noon.AddDate(0, 0, -20))
	s.run("UPDATE transactions SET status = 'capture_requested' WHERE order_no = 'CAPTURED'")
	s.trade(1, "UNTOLD", 100, noon.AddDate(0, 0, -40))
	s.run(`INSERT INTO notifications (transaction_id, url, body, state, created_at, finished_at)
		SELECT id, 'x', '', 'failed', $1, $1 FROM transactions WHERE order_no = 'UNTOLD'`, noon)
	v := s.signedIn("12345675", "owner01")
	page := v.get(list)
	for name, want := range map[string][]string{
		"即將逾期未請款": {"LATE18", "LATE21"}, "待處理": {"CAPTURED", "UNTOLD"},
	} {
		got := v.get(page.hrefOf(name)).is(http.StatusOK, `aria-current>`+name+`</a>`)
		if diff := cmp.Diff(want, got.orders()); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// hrefOf returns the address of the link with the given text.
func (a *answer) hrefOf(text string) string {
	a.t.Helper()
	before, _, ok := strings.Cut(a.body, ">"+text+"</a>")
	if !ok {
		a.t.Fatalf("no link %s", text)
	}
	tag := before[strings.LastIndex(before, "<a "):]
	_, rest, _ := strings.Cut(tag, `href="`)
	href, _, _ := strings.Cut(rest, `"`)
	return strings.ReplaceAll(href, "&amp;", "&")
}

func TestSavedViewsBelongToTheirAccountAndMember(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.trade(1, "OLD", 100, noon.AddDate(0, 0, -3))
	s.trade(1, "NEW", 100, noon.AddDate(0, 0, 4))
	owner, clerk := s.signedIn("12345675", "owner01"), s.signedIn("12345675", "clerk01")
	save := func(v *visitor, name, shared, filter string) *answer {
		return v.post(list+"/views", url.Values{
			"do": {"save"}, "view_name": {name}, "view_shared": {shared}, "view_period": {"days"}, "filter": {filter},
		})
	}
	to := save(owner, "我的", "", "status=authorised").is(http.StatusSeeOther).Header.Get("Location")
	if to != list+"?status=authorised" {
		t.Errorf("back to %q", to)
	}
	save(owner, "共用", "1", "amt_min=50").is(http.StatusSeeOther)
	save(owner, "共用二店", "1", "store=MS100000002").is(http.StatusSeeOther)
	save(clerk, "我的", "", "funds=pending").is(http.StatusSeeOther)
	owner.get(list).is(http.StatusOK, ">我的</a>", ">共用</a>", ">共用二店</a>").lacks("funds=pending")
	clerk.get(list).is(http.StatusOK, ">我的</a>", ">共用</a>", "owner01 分享").lacks("共用二店", "MS100000002")
	s.signedIn("22099131", "owner01").get(list).is(http.StatusOK).lacks(">共用</a>", ">我的</a>")

	s.clock.Advance(7 * 24 * time.Hour)
	owner, clerk = s.signedIn("12345675", "owner01"), s.signedIn("12345675", "clerk01")
	moved := owner.get(list).hrefOf("我的")
	if got := owner.get(moved).orders(); !cmp.Equal(got, []string{"NEW"}) || !strings.Contains(moved, "to=2026-12-01") {
		t.Errorf("a week later %s finds %v", moved, got)
	}

	save(owner, "我的", "", "").is(http.StatusUnprocessableEntity, "您已有同名的查詢條件")
	save(owner, " ", "", "").is(http.StatusUnprocessableEntity, "1 至 40 字")
	save(owner, "壞的", "", "status=x").is(http.StatusUnprocessableEntity, "不是可用的選項")
	change := func(v *visitor, id, do, name string) *answer {
		return v.post(list+"/views", url.Values{"do": {do}, "view": {id}, "view_name": {name}, "filter": {""}})
	}
	for _, id := range []string{"1", "2", "99", "x", ""} { // another account's, shared or not, and none
		change(clerk, id, "rename", "奪").is(http.StatusNotFound)
		change(clerk, id, "delete", "").is(http.StatusNotFound)
	}
	change(owner, "4", "delete", "").is(http.StatusNotFound) // the clerk's own, not shared
	change(s.signedIn("22099131", "owner01"), "2", "delete", "").is(http.StatusNotFound)
	change(owner, "2", "rename", "改名").is(http.StatusSeeOther)
	owner.get(list).is(http.StatusOK, ">改名</a>").lacks(">共用</a>")
	change(owner, "2", "delete", "").is(http.StatusSeeOther)
	owner.get(list).is(http.StatusOK).lacks(">改名</a>")
	save(clerk, "給大家", "1", "").is(http.StatusSeeOther)
	var id string
	must(t, s.db.SQL().QueryRow("SELECT id FROM saved_views WHERE name = '給大家'").Scan(&id))
	change(owner, id, "rename", "奪").is(http.StatusNotFound)
	change(owner, id, "delete", "").is(http.StatusSeeOther) // shared: the member's owner may
}

func TestAnAccountKeepsFiftyViews(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	for i := range report.ViewsMax + 1 {
		got := v.post(list+"/views", url.Values{
			"do": {"save"}, "view_name": {fmt.Sprint("V", i)}, "view_period": {"fixed"}, "filter": {""},
		})
		if i < report.ViewsMax {
			got.is(http.StatusSeeOther)
		} else {
			got.is(http.StatusUnprocessableEntity, "最多儲存 50 組")
		}
	}
}

func TestColumnsAreChosenOrderedAndRemembered(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.trade(1, "A1", 1234, noon)
	v, other := s.signedIn("12345675", "owner01"), s.signedIn("12345675", "clerk01")
	usual := v.get(list).is(http.StatusOK).heads()
	if len(usual) != len(report.UsualColumns) || usual[0] != "交易時間" {
		t.Errorf("usual columns %v", usual)
	}
	to := v.post(list+"/columns", url.Values{
		"do": {"save"}, "column": {"trade_no", "amount", "captured", "made_up"}, "place_trade_no": {"9"},
		"place_amount": {"3"}, "place_captured": {"1"}, "filter": {"amt_min=7"},
	}).is(http.StatusSeeOther).Header.Get("Location")
	if to != list+"?amt_min=7" {
		t.Errorf("back to %q", to)
	}
	want := []string{"請款金額 NT$", "金額 NT$", "金流交易序號"}
	if diff := cmp.Diff(want, s.signedIn("12345675", "owner01").get(list).is(http.StatusOK, "1,234").heads()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(usual, other.get(list).heads()); diff != "" {
		t.Errorf("another account's columns changed:\n%s", diff)
	}
	v.post(list+"/columns", url.Values{"do": {"usual"}}).is(http.StatusSeeOther)
	if diff := cmp.Diff(usual, v.get(list).heads()); diff != "" {
		t.Error(diff)
	}
}

// heads lists the heads of the list's columns.
func (a *answer) heads() []string {
	_, table, _ := strings.Cut(a.body, `<thead>`)
	table, _, _ = strings.Cut(table, "</thead>")
	var heads []string
	for part := range strings.SplitSeq(table, "</th>") {
		if at := strings.LastIndex(part, ">"); at >= 0 && strings.Contains(part, "<th") {
			heads = append(heads, part[at+1:])
		}
	}
	if len(heads) == 0 || heads[0] != "選取" {
		a.t.Errorf("the first column is not the one to tick: %v", heads)
		return heads
	}
	return heads[1:]
}
