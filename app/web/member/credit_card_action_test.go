package member_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// paid stores an authorised transaction of NT$1,250 of the store that an acquirer's
// answer stands behind, and returns the address of its page.
func (s *site) paid(store int, orderNo string) string {
	s.t.Helper()
	no := s.trade(store, orderNo, 1250, s.clock.Now())
	payer, err := s.cipher.Seal([]byte("{}"), []byte("attempts/ASKED"+orderNo+"/payer"))
	must(s.t, err)
	s.run(`INSERT INTO attempts (transaction_id, request_id, state, route, route_reason, simulated, pay_type,
			instalments, brand, card_first6, card_last4, card_expiry, payer_sealed, payer_ip, asked_at)
		SELECT id, 'ASKED' || order_no, 'authorised', 'none', 'not_offered', false, 'full', 0, 'visa', '411111', '1111',
			'3012', $2, '', created_at
		FROM transactions WHERE trade_no = $1`, no, payer)
	return list + "/" + no
}

// act opens the page of an action and sends its form, changed as told.
func (v *visitor) act(card, action string, change url.Values) *answer {
	v.site.t.Helper()
	form := v.get(card + "/" + action).is(http.StatusOK).actionForm()
	for name, values := range change {
		form[name] = values
	}
	return v.post(card+"/"+action, form)
}

// actionForm is what the form of the page would send.
func (a *answer) actionForm() url.Values {
	return url.Values{"key": {a.field("key")}, "amount": {a.amount()}}
}

// amount is what stands in the field of the amount.
func (a *answer) amount() string {
	a.t.Helper()
	for part := range strings.SplitSeq(a.body, "<input") {
		tag, _, _ := strings.Cut(part, ">")
		if strings.Contains(tag, ` name="amount"`) {
			_, rest, _ := strings.Cut(tag, ` value="`)
			value, _, _ := strings.Cut(rest, `"`)
			return html.UnescapeString(value)
		}
	}
	a.t.Fatalf("the page has no amount\n%s", a.body)
	return ""
}

func amount(text string) url.Values { return url.Values{"amount": {text}} }

// closed does what the close of a day does to a capture or refund, as far as pages see.
func (s *site) closed(kind string, captured bool) {
	s.t.Helper()
	now := s.clock.Now()
	s.run("UPDATE payment_operations SET state = 'sent', sent_at = $1 WHERE kind = $2", now, kind)
	s.run("UPDATE transactions SET status = $1::transaction_status", kind+"_sent")
	if captured {
		s.run("UPDATE payment_operations SET state = 'done', ended_at = $1 WHERE kind = $2", now, kind)
		s.run("UPDATE transactions SET status = 'captured', captured_at = $1", now)
	}
}

// disabled are the actions of the transaction page that are not possible.
func (a *answer) disabled() string {
	var off []string
	for part := range strings.SplitSeq(a.body, "<button") {
		tag, _, _ := strings.Cut(part, ">")
		if _, rest, ok := strings.Cut(tag, ` data-action="`); ok && strings.Contains(tag, " disabled") {
			action, _, _ := strings.Cut(rest, `"`)
			off = append(off, action)
		}
	}
	return strings.Join(off, " ")
}

func TestTheTransactionPageOffersWhatIsPossible(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "clerk01")
	card := s.paid(1, "A1")
	page := v.get(card).is(http.StatusOK, "已授權", "已請款", "已退款", "可退款", "撥款日", "可申請至 2026-12-15 21:00",
		"尚未請款，不能退款；要放棄這筆交易請取消授權。", "沒有等待中的申請可以取消。", `formaction="`+card+`/void"`)
	if got := page.disabled(); got != "refund undo-capture undo-refund" {
		t.Errorf("disabled: %s", got)
	}
	v.act(card, "capture", amount("１,０００")).is(http.StatusSeeOther)
	page = v.get(card+"?done=capture").is(http.StatusOK, "已申請請款", "NT$1,000，將於 2026-11-24 21:00 送出；在此之前可以取消請款。",
		"請款申請中", "申請請款", "clerk01", "可取消至 2026-11-24 21:00", "請款尚未送出，不能退款")
	if got := page.disabled(); got != "void capture refund undo-refund" {
		t.Errorf("disabled: %s", got)
	}
	v.act(card, "undo-capture", nil).is(http.StatusSeeOther)
	v.get(card+"?done=undo-capture").is(http.StatusOK, "已完成取消請款", "授權成功").lacks("已申請請款")
	v.get(card + "?done=capture").is(http.StatusOK).lacks("已申請請款")
	v.get(card + "?done=anything").is(http.StatusOK).lacks("已完成")
}

func TestTheConfirmationSaysWhatWillHappen(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	card := s.paid(1, "A1")
	v.get(card+"/capture").is(http.StatusOK, "NT$1,250", "壹仟貳佰伍拾元整", "最多 NT$1,250", `value="1250"`,
		"於 2026-11-24 21:00 關帳時送交收單行", "在 2026-11-24 21:00 前可以取消請款", "距離今日 21:00 關帳", "還有 9 小時 0 分 0 秒",
		"可申請至 2026-12-15 21:00", `data-confirm="capture"`).lacks("readonly")
	v.get(card+"/void").is(http.StatusOK, "只能全額，NT$1,250", "readonly", "無法復原").lacks("data-close=")
	v.get(card+"/refund").is(http.StatusOK, "尚未請款，不能退款", "disabled", `id="action-reason"`).lacks("送出後")
	s.clock.Advance(9 * time.Hour)
	v = s.signedIn("12345675", "owner01")
	v.get(card+"/capture").is(http.StatusOK, "今日 21:00 已關帳，距離明日 21:00 關帳", "在 2026-11-25 21:00 前可以取消請款",
		"還有 24 小時 0 分 0 秒")
}

func TestARefusedActionLosesNothing(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	card := s.paid(1, "A1")
	for typed, want := range map[string]string{
		"1251": "金額不可超過授權金額。", "0": "請輸入大於 0 的整數金額。", "12.5": "請輸入大於 0 的整數金額。", "一百": "請輸入大於 0 的整數金額。",
		"-5": "請輸入大於 0 的整數金額。", "99999999999": "請輸入大於 0 的整數金額。",
	} {
		form := v.get(card + "/capture").actionForm()
		form.Set("amount", typed)
		got := v.post(card+"/capture", form).is(http.StatusUnprocessableEntity)
		if got.errorOf("amount") != want || got.amount() != typed || got.field("key") != form.Get("key") {
			t.Errorf("%s: %q beside the amount %q", typed, got.errorOf("amount"), got.amount())
		}
	}
	got := v.act(card, "capture", url.Values{"key": {""}}).is(http.StatusUnprocessableEntity, "表單已失效")
	if got.field("key") == "" {
		t.Error("the form has no new key")
	}
	form := v.get(card + "/void").actionForm()
	v.act(card, "capture", nil).is(http.StatusSeeOther)
	v.post(card+"/void", form).is(http.StatusUnprocessableEntity, "沒有執行取消授權", "這筆交易已申請請款", "disabled")
	if s.bank.reversed.Load() != 0 {
		t.Error("the bank was asked to reverse")
	}
}

func TestADoubleClickActsOnce(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	card := s.paid(1, "A1")
	form := v.get(card + "/capture").actionForm()
	var wait sync.WaitGroup
	answers := make([]*answer, 4)
	for i := range answers {
		twin := s.visitor() // cookies are not shared between goroutines
		for name, cookie := range v.cookies {
			twin.cookies[name] = cookie
		}
		wait.Go(func() { answers[i] = twin.post(card+"/capture", form) })
	}
	wait.Wait()
	for _, got := range answers {
		if got.is(http.StatusSeeOther).Header.Get("Location") != card+"?done=capture" {
			t.Errorf("leads to %s", got.Header.Get("Location"))
		}
	}
	s.count(t, 1, "SELECT count(*) FROM payment_operations")
	s.count(t, 1, "SELECT count(*) FROM audit_entries WHERE kind = 'capture_requested'")
	form.Set("amount", "1")
	v.post(card+"/capture", form).is(http.StatusUnprocessableEntity, "這張表單已用於另一個申請")
}

func (s *site) count(t *testing.T, want int, sql string) {
	t.Helper()
	var n int
	must(t, s.db.SQL().QueryRowContext(t.Context(), sql).Scan(&n))
	if n != want {
		t.Errorf("%s: %d, want %d", sql, n, want)
	}
}

func TestAVoidTellsWhetherTheBankAnswered(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	done, silent := s.paid(1, "A1"), s.paid(1, "A2")
	v.act(done, "void", nil).is(http.StatusSeeOther)
	v.get(done+"?done=void").is(http.StatusOK, "已完成取消授權", "已取消授權", "這筆交易已取消授權，不能再執行其他動作。")
	s.bank.silent.Store(true)
	v.act(silent, "void", nil).is(http.StatusSeeOther)
	v.get(silent+"?done=void").is(http.StatusOK, "已送出取消授權", "等待銀行回覆", "取消授權處理中")
}

func TestARefundOfTheSameAmountWithinADayIsAskedAgain(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.clock.Advance(8 * time.Hour) // 20:00
	v := s.signedIn("12345675", "owner01")
	card := s.paid(1, "A1")
	v.act(card, "capture", nil).is(http.StatusSeeOther)
	s.closed("capture", true)
	v.act(card, "refund", amount("300")).is(http.StatusSeeOther)
	v.get(card+"?done=refund").is(http.StatusOK, "已申請退款", "NT$300，將於 2026-11-24 21:00 送出", "NT$950")
	s.closed("refund", false)
	s.run("UPDATE payment_operations SET state = 'done', ended_at = $1 WHERE kind = 'refund'", s.clock.Now())
	s.run("UPDATE transactions SET status = 'refunded'")
	s.clock.Advance(12 * time.Hour) // 08:00 of the next day
	v = s.signedIn("12345675", "owner01")
	v.get(card+"/refund").is(http.StatusOK, "24 小時內已申請過退款", "2026-11-24 20:00:00", "NT$300", `value="950"`)
	asked := v.act(card, "refund", amount("300")).
		is(http.StatusUnprocessableEntity, "請確認不是重複退款", `name="repeat"`, `value="300"`)
	form := asked.actionForm()
	form.Set("repeat", "300")
	v.post(card+"/refund", form).is(http.StatusSeeOther)
	v.post(card+"/refund", form).is(http.StatusSeeOther)
	s.count(t, 2, "SELECT count(*) FROM payment_operations WHERE kind = 'refund'")
	s.clock.Advance(time.Minute)
	v.get(card+"/refund").is(http.StatusOK, "上一筆退款還在處理中").lacks("24 小時內已申請過退款")
	v.act(card, "undo-refund", nil).is(http.StatusSeeOther)
	v.act(card, "refund", amount("200")).is(http.StatusSeeOther) // another amount is no repetition
}

func TestActionsNeedTheirPermissionScopeAndProof(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	mine, sister, foreign := s.paid(1, "A1"), s.paid(2, "B1"), s.paid(4, "C1")
	clerk := s.signedIn("12345675", "clerk01")
	form := clerk.get(mine + "/capture").actionForm()
	for _, address := range []string{sister + "/capture", foreign + "/capture", mine + "/settle", list + "/1/capture"} {
		clerk.get(address).is(http.StatusNotFound)
		clerk.post(address, form).is(http.StatusNotFound)
	}
	for _, login := range []string{"viewer01", "denied01"} {
		v := s.signedIn("12345675", login)
		v.get(mine+"/capture").is(http.StatusForbidden, "權限不足")
		v.post(mine+"/capture", form).is(http.StatusForbidden, "權限不足")
	}
	s.clock.Advance(6 * time.Minute)
	asked := clerk.post(mine+"/capture", form).is(http.StatusForbidden, "請再次確認身分")
	s.count(t, 0, "SELECT count(*) FROM payment_operations")
	again := asked.hidden()
	again.Set("step_up_password", password)
	clerk.post(mine+"/capture", again).is(http.StatusSeeOther)
	s.count(t, 1, fmt.Sprintf("SELECT count(*) FROM payment_operations WHERE request_id = '%s'", form.Get("key")))
}

func TestLookingAsAnAssistantOffersNothing(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	card := s.paid(1, "A1")
	v := s.signedIn("12345675", "owner01")
	v.post("/member/center/assistants/clerk01/view-as", nil).is(http.StatusSeeOther)
	page := v.get(card).is(http.StatusOK, "檢視其他帳號時只能看，不能變更。")
	if got := page.disabled(); got != "void capture refund undo-capture undo-refund" {
		t.Errorf("disabled: %s", got)
	}
	form := v.get(card+"/capture").is(http.StatusOK, "檢視其他帳號時只能看，不能變更。").actionForm()
	v.post(card+"/capture", form).is(http.StatusForbidden)
	s.count(t, 0, "SELECT count(*) FROM payment_operations")
}
