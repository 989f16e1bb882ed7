package member_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const list = "/member/sales/credit-cards"

func TestWhoMayOpenTheCardQuery(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	no := s.trade(1, "A1", 100, noon)
	tests := []struct {
		member, login string
		want          int
		held          string
	}{
		{"12345675", "owner01", http.StatusOK, ""},
		{"12345675", "clerk01", http.StatusOK, ""},
		{"A100000001", "owner01", http.StatusOK, ""},
		{"A100000001", "helper01", http.StatusOK, ""},
		{"12345675", "viewer01", http.StatusForbidden, "僅可瀏覽"},
		{"12345675", "denied01", http.StatusForbidden, "不可瀏覽"},
	}
	for _, tt := range tests {
		v := s.signedIn(tt.member, tt.login)
		page := v.get(list).is(tt.want)
		home := v.get("/member").is(http.StatusOK)
		if tt.want == http.StatusOK {
			home.is(http.StatusOK, `href="`+list+`"`, "今日訂單")
			continue
		}
		for _, denied := range []*answer{page, v.get(list + "/" + no).is(tt.want)} {
			denied.is(tt.want, `id="permission-denied"`, "權限不足", "交易查詢/單筆取消授權/請款/退款", tt.held, "可瀏覽可修改",
				"晴川選物股份有限公司的會員擁有者").lacks("A1", "411111")
		}
		home.lacks(list, "今日訂單")
	}
}

func TestAGrantAndItsEndActOnTheNextRequest(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "viewer01")
	v.get(list).is(http.StatusForbidden)
	s.run("UPDATE account_grants SET level = 'manage' WHERE account_id = 3")
	v.get(list).is(http.StatusOK)
	s.run("DELETE FROM account_grants WHERE account_id = 3")
	v.get(list).is(http.StatusForbidden, "不可瀏覽")
}

func TestEachAccountSeesItsStoresAndNoOthers(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	numbers := map[string]string{
		"one": s.trade(1, "one", 100, noon), "two": s.trade(2, "two", 200, noon.Add(-time.Minute)),
		"three": s.trade(3, "three", 300, noon), "four": s.trade(4, "four", 400, noon),
	}
	unknown := "26112412000099999"
	for _, tt := range []struct {
		member, login string
		want          []string
	}{
		{"12345675", "owner01", []string{"one", "two"}},
		{"12345675", "clerk01", []string{"one"}},
		{"A100000001", "owner01", []string{"three"}},
		{"22099131", "owner01", []string{"four"}},
	} {
		v := s.signedIn(tt.member, tt.login)
		all := url.QueryEscape("one two three four " + numbers["one"] + " " + numbers["four"])
		for _, query := range []string{"", "?q=" + all, "?by=order_no&q=" + all} {
			if diff := cmp.Diff(tt.want, v.get(list+query).is(http.StatusOK).orders()); diff != "" {
				t.Errorf("%s %s sees with %q:\n%s", tt.member, tt.login, query, diff)
			}
		}
		want404 := withoutID(v.get(list + "/" + unknown).is(http.StatusNotFound))
		for order, no := range numbers {
			page := v.get(list + "/" + no)
			if slices.Contains(tt.want, order) {
				page.is(http.StatusOK, no, order)
			} else if got := withoutID(page.is(http.StatusNotFound)); got != want404 {
				t.Errorf("%s can tell %s from an unknown number:\n%s", tt.login, order, got)
			}
		}
		if got := withoutID(v.get(list + "/4111111111111111").is(http.StatusNotFound)); got != want404 {
			t.Errorf("what is no number at all: %s", got)
		}
	}
}

// withoutID is a page without its request id.
func withoutID(a *answer) string { return strings.ReplaceAll(a.body, a.Header.Get("X-Request-Id"), "") }

func TestAStoreThatIsNotSeenCannotBeToldFromNone(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "clerk01")
	for _, merchantID := range []string{"MS100000002", "MS300000001", "MS999999999"} {
		got := v.get(list + "?store=" + merchantID).is(http.StatusUnprocessableEntity)
		want := "查無此商店代號，或不在您的管理商店內：" + merchantID + "。"
		if got.errorOf("store") != want || len(got.orders()) != 0 {
			t.Errorf("%s: %q", merchantID, got.errorOf("store"))
		}
	}
}

func TestAPastedNumberFindsItsTransactionWhateverTheDates(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	old := s.trade(1, "OLD_1", 1250, noon.AddDate(-1, 0, 0))
	s.trade(1, "NEW_1", 90, noon)
	v := s.signedIn("12345675", "owner01")
	got := v.get(list).is(http.StatusOK, "共 1 筆", `value="2026-11-18"`, `value="2026-11-24"`)
	if diff := cmp.Diff([]string{"NEW_1"}, got.orders()); diff != "" {
		t.Error(diff)
	}
	full := strings.Map(func(r rune) rune { return r + '０' - '0' }, old)
	for _, query := range []string{
		"q=" + old, "by=trade_no&q=" + url.QueryEscape("\n "+full), "by=order_no&q=OLD_1", "by=any&q=OLD_1&from=2026-11-24",
	} {
		got := v.get(list+"?"+query).is(http.StatusOK, "共 1 筆", "限定期間與期間種類未套用", "1,250", "411111…1111",
			`href="`+list+"/"+old+`"`, "授權成功", "未收款", "晴川一店")
		if diff := cmp.Diff([]string{"OLD_1"}, got.orders()); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	v.get(list+"?by=order_no&q="+old).is(http.StatusOK, "共 0 筆", `id="not-found"`, "<li>"+old+"</li>")
	v.get(list+"?q=OLD_1,GONE,NEW_1").is(http.StatusOK, "共 2 筆", "<li>GONE</li>").lacks("<li>OLD_1</li>")
}

func TestBadValuesAreToldBesideTheirFieldAndTheRestIsKept(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.trade(1, "A1", 100, noon)
	v := s.signedIn("12345675", "owner01")
	for _, tt := range []struct{ query, field string }{
		{"date_kind=x", "date_kind"},
		{"from=2026-13-01", "from"},
		{"to=x", "to"},
		{"from=2020-01-01", "to"},
		{"by=email", "by"},
		{"waiting=x", "waiting"},
		{"q=%27drop", "q"},
		{"store=x", "store"},
		{"pay_type=x", "pay_type"},
		{"status=x", "status"},
		{"threeds=x", "threeds"},
		{"amt_min=x", "amt_min"},
		{"amt_max=x", "amt_max"},
		{"store_type=x", "store_type"},
		{"method=x", "method"},
		{"token_kind=charge", "token_kind"},
		{"funds=x", "funds"},
	} {
		got := v.get(list + "?comment=&limit=20&amt_min=7&" + tt.query)
		if tt.field == "amt_min" {
			got = v.get(list + "?limit=20&" + tt.query)
		}
		got.is(http.StatusUnprocessableEntity, `name="limit" value="20"`)
		if got.errorOf(tt.field) == "" || len(got.orders()) != 0 {
			t.Errorf("%s: nothing beside %s", tt.query, tt.field)
		}
		if tt.field != "amt_min" && !strings.Contains(got.body, `value="7"`) {
			t.Errorf("%s: the rest of the form is lost", tt.query)
		}
	}
	for query, sentence := range map[string]string{
		"cursor=x": "分頁位置不正確", "limit=500": "每頁筆數", "fom=2026-01-01": "不認得的條件「fom」", "q=%zz": "網址的參數格式不正確",
		"a=1;b=2": "網址的參數格式不正確",
	} {
		v.get(list+"?"+query).is(http.StatusUnprocessableEntity, sentence)
	}
}

func TestACardNumberIsNeitherShownNorLogged(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	for _, written := range []string{"4111+1111+1111+1111", "4111-1111-1111-1111", "A1,4111111111111111"} {
		got := v.get(list + "?by=any&q=" + written).is(http.StatusUnprocessableEntity)
		got.lacks("4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111")
	}
	got := v.get(list + "?q=4111111111111111&from=2026-11-01").is(http.StatusUnprocessableEntity).lacks("4111111111111111")
	if !strings.Contains(got.errorOf("q"), "完整信用卡號") {
		t.Errorf("beside q: %q", got.errorOf("q"))
	}
	v.get("/nowhere/4111111111111111?mail=a@b.example").is(http.StatusNotFound).lacks("4111111111111111")
	for _, kept := range []string{"4111111111111111", "a@b.example", password, "from=2026-11-01"} {
		if strings.Contains(s.log.String(), kept) {
			t.Errorf("the log has %q", kept)
		}
	}
}

func TestPagesKeepTheFilterAndShowEachRowOnce(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	want := []string{}
	for i := range 23 {
		order := "P" + string(rune('A'+i))
		s.trade(1, order, 100+i, noon.Add(-time.Duration(i/4)*time.Minute)) // four at a time
		want = append(want, order)
	}
	v := s.signedIn("12345675", "owner01")
	next := list + "?status=authorised&limit=5&amt_min=1"
	var seen, last []string
	for next != "" {
		page := v.get(next).is(http.StatusOK, "共 23 筆", `checked`)
		last, seen = page.orders(), append(seen, page.orders()...)
		if next = page.link("next"); next != "" && !strings.Contains(next, "status=authorised") {
			t.Fatalf("the next page loses the filter: %s", next)
		}
		if next == "" {
			back := v.get(page.link("prev")).is(http.StatusOK)
			if diff := cmp.Diff(seen[len(seen)-len(last)-5:len(seen)-len(last)], back.orders()); diff != "" {
				t.Errorf("前一頁:\n%s", diff)
			}
		}
	}
	slices.Sort(seen)
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
}

// link returns the address of the link with the given rel.
func (a *answer) link(rel string) string {
	for part := range strings.SplitSeq(a.body, "<a ") {
		tag, _, _ := strings.Cut(part, ">")
		if strings.Contains(tag, `rel="`+rel+`"`) {
			_, rest, _ := strings.Cut(tag, `href="`)
			href, _, _ := strings.Cut(rest, `"`)
			return strings.ReplaceAll(href, "&amp;", "&")
		}
	}
	return ""
}

func TestHTMXGetsThePartThatChanges(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.trade(1, "A1", 100, noon)
	v := s.signedIn("12345675", "owner01")
	v.header.Set("HX-Request", "true")
	part := v.get(list).is(http.StatusOK, `id="query"`, `data-order-no="A1"`).lacks("<html", "<body")
	if !strings.Contains(strings.Join(part.Header.Values("Vary"), ","), "HX-Request") {
		t.Errorf("Vary %v", part.Header.Values("Vary"))
	}
	v.get(list+"?from=x").is(http.StatusUnprocessableEntity, `data-error-for="from"`).lacks("<html")
	v.header.Set("HX-History-Restore-Request", "true")
	v.get(list).is(http.StatusOK, "<html")
}

func TestTheTransactionPageTellsTheWholeStory(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	no := s.trade(1, "STORY_1", 1250, noon)
	s.run(`INSERT INTO checkouts (transaction_id, token_hash, version, respond_type, language, comment, email, email_fixed,
			return_url, notify_url, client_back_url, in_full, instalments, bonus, major, amex, p3d)
		VALUES (1, 'x', '2.3', 'JSON', 'zh-tw', '請附收據', 'wang@example.com', false, 'https://shop.example/return',
			'https://shop.example/notify', '', true, '{3,6}', false, true, false, false)`)
	for i, event := range []string{"opened", "auth_asked", "auth_no_answer", "auth_approved"} {
		s.run(`INSERT INTO payment_events (transaction_id, kind, from_status, to_status, amount, actor, detail, at)
			VALUES (1, $1, NULL, 'pending', 1250, $2, '', $3)`,
			event, []string{"merchant", "cardholder", "system", "acquirer"}[i], noon.Add(time.Duration(i)*time.Second))
	}
	s.run(`INSERT INTO notifications (transaction_id, url, body, state, created_at)
		VALUES (1, 'https://shop.example/notify', 'SEALED-BODY', 'failed', $1)`, noon)
	s.run(`INSERT INTO notification_attempts (notification_id, at, http_status, duration_ms, error)
		VALUES (1, $1, 0, 5000, 'timeout'), (1, $1, 500, 143, '')`, noon.Add(time.Second))
	v := s.signedIn("12345675", "clerk01")
	v.header.Set("Referer", "http://example.com"+list+"?from=2026-11-01&to=2026-11-24")
	page := v.get(list+"/"+no).is(http.StatusOK, "STORY_1", "NT$1,250", "授權成功", "茶葉", "請附收據", "w***@example.com",
		"4111 11** **** 1111", "12/30", "930637", `id="timeline"`, `id="verification"`, `id="money"`, "2026-11-24 12:00:00",
		"商店送出訂單", "收單行未回覆，系統將查詢結果", "未送達", "timeout", "143 ms", "幕前支付 MPG 2.3", "未驗證",
		`href="`+list+`?from=2026-11-01&amp;to=2026-11-24"`)
	page.lacks("wang@example.com", "SEALED-BODY")
	if strings.Index(page.body, "商店送出訂單") > strings.Index(page.body, "收單行未回覆") {
		t.Error("the timeline is out of order")
	}
	if !strings.Contains(s.log.String(), `"trade_no":"`+no+`"`) {
		t.Error("the log does not tell which transaction it was")
	}
	home := v.get("/member").is(http.StatusOK, "授權成功", "1 筆", "NT$1,250")
	if strings.Contains(home.body, "付款結果未能通知商店") {
		t.Error("a notification that has not ended counts as given up")
	}
	s.run("UPDATE notifications SET finished_at = $1", noon)
	v.get("/member").is(http.StatusOK, "付款結果未能通知商店", list+"/"+no)
	s.signedIn("22099131", "owner01").get("/member").is(http.StatusOK).lacks("付款結果未能通知商店", "NT$1,250")
}
