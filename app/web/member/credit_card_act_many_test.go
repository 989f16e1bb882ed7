package member_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const many = list + "/act"

// pick opens the confirmation for transactions by the addresses of their pages.
func (v *visitor) pick(action string, cards ...string) *answer {
	v.site.t.Helper()
	q := url.Values{"action": {action}, "back": {"status=authorised&from=2026-11-18"}}
	for _, card := range cards {
		q.Add("trade_no", strings.TrimPrefix(card, list+"/"))
	}
	return v.get(many + "?" + q.Encode())
}

// sent is what the form of the confirmation, or of the result, would send.
func (a *answer) sent() url.Values {
	form := url.Values{}
	_, body, _ := strings.Cut(a.body, `id="action-form"`)
	body, _, _ = strings.Cut(body, "</form>")
	for part := range strings.SplitSeq(body, "<input ") {
		tag, _, _ := strings.Cut(part, ">")
		if !strings.HasPrefix(tag, `type="hidden"`) {
			continue
		}
		_, rest, _ := strings.Cut(tag, `name="`)
		name, rest, _ := strings.Cut(rest, `"`)
		_, rest, _ = strings.Cut(rest, `value="`)
		value, _, _ := strings.Cut(rest, `"`)
		form.Add(name, html.UnescapeString(value))
	}
	return form
}

// outcomes are the results of the rows in their order.
func (a *answer) outcomes() string {
	var kinds []string
	for part := range strings.SplitSeq(a.body, ` data-outcome="`) {
		kind, _, _ := strings.Cut(part, `"`)
		kinds = append(kinds, kind)
	}
	return strings.Join(kinds[1:], " ")
}

func (s *site) number(query string, args ...any) (n int) {
	s.t.Helper()
	must(s.t, s.db.SQL().QueryRow(query, args...).Scan(&n))
	return n
}

func TestTheListOffersToActOnWhatIsTicked(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	no := strings.TrimPrefix(s.paid(1, "A1"), list+"/")
	v := s.signedIn("12345675", "clerk01")
	v.get(list+"?status=authorised").is(http.StatusOK, `action="`+many+`"`, `name="trade_no" value="`+no+`"`,
		`name="back" value="status=authorised"`, `value="void"`, `value="capture"`, `value="refund"`,
		`value="undo-capture"`, `value="undo-refund"`)
}

func TestASelectionIsConfirmedAndDone(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "clerk01")
	a, b, done := s.paid(1, "A1"), s.paid(1, "A2"), s.paid(1, "A3")
	v.act(done, "capture", nil).is(http.StatusSeeOther)
	sister, foreign := s.paid(2, "SISTER"), s.paid(4, "FOREIGN")
	page := v.pick("capture", a, b, done, sister, foreign, list+"/12", a).is(http.StatusOK, "請款：選取的交易",
		"2 筆，每筆全額；部分金額請到該筆交易的頁面", "NT$2,500", "貳仟伍佰元整", "可申請至 2026-12-15 21:00",
		"這筆交易已申請請款", "於 2026-11-24 21:00 關帳時送交收單行", `href="/member/sales/credit-cards?from=2026-11-18&amp;status=authorised"`)
	if n := strings.Count(page.body, "查無這筆交易，或不在您的管理商店內。"); n != 3 {
		t.Errorf("%d of 3 are unknown\n%s", n, page.body)
	}
	page.lacks("SISTER", "FOREIGN")
	form := page.sent()
	result := v.post(many, form).is(http.StatusOK, "共 2 筆", "成功 2 筆", "將於 2026-11-24 21:00 送出",
		"回到查詢結果", `href="/member/sales/credit-cards?from=2026-11-18&amp;status=authorised"`)
	if got := result.outcomes(); got != "done done" {
		t.Errorf("outcomes %s", got)
	}
	again := v.post(many, form).is(http.StatusOK, "成功 2 筆") // a reload
	if got := again.outcomes(); got != "done done" {
		t.Errorf("outcomes of a reload: %s", got)
	}
	if n := s.number("SELECT count(*) FROM payment_operations"); n != 3 {
		t.Errorf("%d operations", n)
	}
	if n := s.number("SELECT count(*) FROM audit_entries WHERE kind = 'capture_requested'"); n != 3 {
		t.Errorf("%d audit entries", n)
	}
}

func TestWhatIsForeignIsNeverActedOn(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "clerk01")
	own, sister, foreign := s.paid(1, "A1"), s.paid(2, "SISTER"), s.paid(4, "FOREIGN")
	form := v.pick("void", own).is(http.StatusOK).sent()
	for _, card := range []string{sister, foreign} {
		form.Add("row", strings.TrimPrefix(card, list+"/")+":1250")
	}
	form.Add("row", "26112412000000009:1250")
	form.Add("row", "nonsense")
	result := v.post(many, form).is(http.StatusOK, "成功 1 筆，未執行 4 筆").lacks("SISTER", "FOREIGN")
	if got := result.outcomes(); got != "done refused refused refused refused" {
		t.Errorf("outcomes %s", got)
	}
	if n := s.number("SELECT count(*) FROM payment_operations"); n != 1 {
		t.Errorf("%d operations", n)
	}
	viewer := s.signedIn("12345675", "viewer01")
	viewer.post(many, form).is(http.StatusForbidden, `id="permission-denied"`)
}

func TestAStaleRowIsRefusedAloneAndNothingIsActedOnTwice(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	a, stale, partly := s.paid(1, "A1"), s.paid(1, "A2"), s.paid(1, "A3")
	page := v.pick("capture", a, stale).is(http.StatusOK)
	other := s.signedIn("12345675", "clerk01")
	other.act(stale, "void", nil).is(http.StatusSeeOther)
	result := v.post(many, page.sent()).is(http.StatusOK, "成功 1 筆，未執行 1 筆", "這筆交易已取消授權，不能再執行其他動作。")
	if got := result.outcomes(); got != "done refused" {
		t.Errorf("outcomes %s", got)
	}
	// What was confirmed is what is done: another amount meanwhile is a refusal.
	other.act(partly, "capture", amount("1000")).is(http.StatusSeeOther)
	undo := v.pick("undo-capture", partly).is(http.StatusOK, "NT$1,000").sent()
	other.act(partly, "undo-capture", nil).is(http.StatusSeeOther)
	other.act(partly, "capture", amount("900")).is(http.StatusSeeOther)
	if got := v.post(many, undo).is(http.StatusOK).outcomes(); got != "refused" {
		t.Errorf("outcomes %s", got)
	}
}

// A double click, a reload and two tabs, with another person on a page of one and the
// whole selection in another order: each transaction is captured once.
func TestASelectionAtOnceFromEverywhere(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	owner, clerk := s.signedIn("12345675", "owner01"), s.signedIn("12345675", "clerk01")
	cards := make([]string, 12)
	for i := range cards {
		cards[i] = s.paid(1, fmt.Sprintf("A%02d", i))
	}
	form := owner.pick("capture", cards...).is(http.StatusOK).sent()
	slices.Reverse(cards)
	second := clerk.pick("capture", cards...).is(http.StatusOK).sent()
	void := clerk.get(cards[0] + "/void").is(http.StatusOK).actionForm()
	var all sync.WaitGroup
	send := func(who *visitor, path string, form url.Values) {
		all.Go(func() {
			tab := &visitor{site: s, cookies: map[string]*http.Cookie{}, header: http.Header{}}
			for name, cookie := range who.cookies {
				tab.cookies[name] = cookie
			}
			if got := tab.post(path, form); got.StatusCode >= http.StatusInternalServerError {
				t.Errorf("status %d\n%s", got.StatusCode, got.body)
			}
		})
	}
	for range 3 {
		send(owner, many, form)
	}
	send(clerk, many, second)
	send(clerk, cards[0]+"/void", void)
	all.Wait()
	if n := s.number("SELECT count(*) FROM payment_operations"); n != len(cards) {
		t.Errorf("%d operations on %d transactions", n, len(cards))
	}
	if n := s.number(`SELECT count(*) FROM transactions WHERE status = 'capture_requested' AND captured_amount = amount
		OR status = 'voided' AND captured_amount = 0`); n != len(cards) {
		t.Errorf("%d of %d stand in one legal state", n, len(cards))
	}
	result := owner.post(many, form).is(http.StatusOK)
	if got := strings.Count(result.outcomes(), "done") + strings.Count(result.outcomes(), "refused"); got != len(cards) {
		t.Errorf("the form again tells %s", result.outcomes())
	}
}

func TestASelectionGoesOnWhereItWasCutShort(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	a, b := s.paid(1, "A1"), s.paid(1, "A2")
	form := v.pick("void", a, b).is(http.StatusOK).sent()
	first := url.Values{"action": form["action"], "key": form["key"], "row": form["row"][:1]} // as far as a crash got
	v.post(many, first).is(http.StatusOK)
	if got := v.post(many, form).is(http.StatusOK, "成功 2 筆").outcomes(); got != "done done" {
		t.Errorf("outcomes %s", got)
	}
	if n := s.bank.reversed.Load(); n != 2 {
		t.Errorf("the bank was asked %d times", n)
	}
	s.bank.silent.Store(true)
	c := s.paid(1, "A3")
	silent := v.pick("void", c).is(http.StatusOK).sent()
	if got := v.post(many, silent).is(http.StatusOK, "等待銀行 1 筆").outcomes(); got != "waiting" {
		t.Errorf("outcomes %s", got)
	}
}

// What fails for a reason of the system is told as not known, logged, and can be sent
// again; the others are done.
func TestAnOutcomeThatIsNotKnownIsTold(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	a, b := s.paid(1, "A1"), s.paid(1, "A2")
	form := v.pick("capture", a, b).is(http.StatusOK).sent()
	s.run(`CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF (SELECT order_no FROM transactions WHERE id = NEW.transaction_id) = 'A2' THEN RAISE EXCEPTION 'disk full'; END IF;
		RETURN NEW; END $$`)
	s.run("CREATE TRIGGER broken BEFORE INSERT ON payment_operations FOR EACH ROW EXECUTE FUNCTION broken()")
	result := v.post(many, form).is(http.StatusOK, "成功 1 筆，結果未明 1 筆", "再次送出").lacks("disk full")
	if got := result.outcomes(); got != "done unknown" {
		t.Errorf("outcomes %s", got)
	}
	if !strings.Contains(s.log.String(), "disk full") {
		t.Error("the log does not tell why")
	}
	s.run("DROP TRIGGER broken ON payment_operations")
	if got := v.post(many, result.sent()).is(http.StatusOK).outcomes(); got != "done done" {
		t.Errorf("sent again: %s", got)
	}
	if n := s.number("SELECT count(*) FROM payment_operations"); n != 2 {
		t.Errorf("%d operations", n)
	}
}

func TestARefundThatRepeatsOneIsConfirmed(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	card, other := s.paid(1, "A1"), s.paid(1, "A2")
	v.act(card, "capture", nil).is(http.StatusSeeOther)
	v.act(other, "capture", nil).is(http.StatusSeeOther)
	s.closed("capture", true)
	v.act(card, "refund", amount("625")).is(http.StatusSeeOther)
	s.run("UPDATE payment_operations SET state = 'done', sent_at = $1, ended_at = $1 WHERE kind = 'refund'", s.clock.Now())
	s.run("UPDATE transactions SET status = 'refunded', refunded_at = $1 WHERE order_no = 'A1'", s.clock.Now())
	s.clock.Advance(23 * time.Hour)
	v = s.signedIn("12345675", "owner01")
	page := v.pick("refund", card, other).is(http.StatusOK, "其中 1 筆 24 小時內", "24 小時內已退過相同金額", `name="repeat"`)
	form := page.sent()
	again := v.post(many, form).is(http.StatusUnprocessableEntity, "請先勾選確認")
	if n := s.number("SELECT count(*) FROM payment_operations WHERE state = 'requested'"); n != 0 {
		t.Errorf("%d refunds without the tick", n)
	}
	if again.field("key") != form.Get("key") {
		t.Error("the form has another key")
	}
	form.Set("repeat", "1")
	if got := v.post(many, form).is(http.StatusOK).outcomes(); got != "done done" {
		t.Errorf("outcomes %s", got)
	}
	if got := v.post(many, form).is(http.StatusOK).outcomes(); got != "done done" {
		t.Errorf("outcomes of a reload %s", got)
	}
}

func TestASelectionHasBounds(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	v.pick("capture").is(http.StatusUnprocessableEntity, "沒有勾選交易").lacks(`id="action-form"`)
	v.pick("dance", s.paid(1, "A1")).is(http.StatusNotFound)
	v.post(many, url.Values{"action": {"dance"}}).is(http.StatusNotFound)
	v.post(many, url.Values{"action": {"void"}, "key": {"KEY"}}).is(http.StatusUnprocessableEntity, "沒有勾選交易")
	cards, rows := make([]string, 51), make([]string, 51)
	for i := range cards {
		cards[i] = fmt.Sprintf("%s/261124120000%05d", list, i)
		rows[i] = fmt.Sprintf("261124120000%05d:1", i)
	}
	v.pick("void", cards...).is(http.StatusUnprocessableEntity, "一次最多處理 50 筆").lacks(`id="action-form"`)
	v.post(many, url.Values{"action": {"void"}, "key": {"KEY"}, "row": rows}).
		is(http.StatusUnprocessableEntity, "一次最多處理 50 筆")
	card := s.paid(1, "A2")
	form := v.pick("void", card).is(http.StatusOK).sent()
	form.Set("key", "not a key")
	v.post(many, form).is(http.StatusUnprocessableEntity, "表單已失效")
	if n := s.number("SELECT count(*) FROM payment_operations"); n != 0 {
		t.Errorf("%d operations", n)
	}
}

// The proof of identity carries every row of the form.
func TestASelectionIsSteppedUp(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	a, b := s.paid(1, "A1"), s.paid(1, "A2")
	form := v.pick("capture", a, b).is(http.StatusOK).sent()
	s.run("UPDATE account_sessions SET stepped_up_at = '2020-01-01'")
	asked := v.post(many, form).is(http.StatusForbidden, "請再次確認身分")
	if n := strings.Count(asked.body, `name="row"`); n != 2 {
		t.Fatalf("%d rows are carried", n)
	}
	form.Set("step_up_password", password)
	v.post(many, form).is(http.StatusOK, "成功 2 筆")
}

func TestTheWayBackLeadsToTheListAlone(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	card := s.paid(1, "A1")
	v.header.Set("Referer", "http://localhost"+list+"?status=authorised&q=A1")
	want := `href="/member/sales/credit-cards?q=A1&amp;status=authorised"`
	v.get(card).is(http.StatusOK, want, `name="back" value="q=A1&amp;status=authorised"`)
	v.header.Del("Referer")
	page := v.get(card+"/capture?back="+url.QueryEscape("q=A1&status=authorised")).is(http.StatusOK, `name="back"`)
	form := page.actionForm()
	form.Set("back", "q=A1&status=authorised")
	done := v.post(card+"/capture", form).is(http.StatusSeeOther)
	if got := done.Header.Get("Location"); got != card+"?back=q%3DA1%26status%3Dauthorised&done=capture" {
		t.Errorf("after the action: %s", got)
	}
	v.get(done.Header.Get("Location")).is(http.StatusOK, want, "已申請請款")
	for _, evil := range []string{"https://evil.test/", "//evil.test", "/logout", "javascript:alert(1)", "%zz", "a=%00"} {
		got := v.get(card + "?back=" + url.QueryEscape(evil))
		for part := range strings.SplitSeq(got.body, ` href="`) {
			address, _, _ := strings.Cut(part, `"`)
			if strings.Contains(address, "evil.test") && !strings.HasPrefix(address, "/member/") ||
				strings.HasPrefix(address, "javascript") {
				t.Errorf("back=%s leads to %s", evil, address)
			}
		}
	}
}
