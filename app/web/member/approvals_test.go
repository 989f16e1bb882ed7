package member_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const (
	approvals       = list + "/approvals"
	approvalSetting = "/member/center/approvals"
)

func threshold(text string) url.Values { return url.Values{"threshold": {text}} }

func TestAnOwnerSetsFromWhichAmountAnotherIsNeeded(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	owner := s.signedIn("12345675", "owner01")
	owner.get(approvalSetting).is(http.StatusOK, "不需要覆核", `data-checker="owner01"`, `data-checker="clerk01"`,
		"API（取消授權、請退款）送出的要求不經過覆核").lacks(`data-checker="viewer01"`, `data-checker="denied01"`)
	for _, bad := range []string{"0", "-1", "x", "1.5"} {
		page := owner.post(approvalSetting, threshold(bad)).is(http.StatusUnprocessableEntity, `value="`+bad+`"`)
		if page.errorOf("threshold") == "" {
			t.Errorf("nothing is said about %q", bad)
		}
	}
	owner.post(approvalSetting, threshold("１,０００")).follow(owner, approvalSetting+"?done=set").
		is(http.StatusOK, "NT$1,000 以上需要覆核", "設定已儲存")
	owner.post(approvalSetting, threshold("")).is(http.StatusSeeOther)
	owner.get(approvalSetting).is(http.StatusOK, "不需要覆核")
	s.run("UPDATE accounts SET status = 'suspended' WHERE login = 'clerk01'")
	page := owner.post(approvalSetting, threshold("1000")).is(http.StatusUnprocessableEntity)
	if got := page.errorOf("threshold"); !strings.Contains(got, "沒有其他帳號可以覆核") {
		t.Errorf("alone: %q", got)
	}
	s.signedIn("22099131", "owner01").post(approvalSetting, threshold("1")).is(http.StatusUnprocessableEntity)
	s.signedIn("A100000001", "owner01").get(approvalSetting).is(http.StatusForbidden)
}

func TestAnotherApprovesOnThePages(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	owner, clerk := s.signedIn("12345675", "owner01"), s.signedIn("12345675", "clerk01")
	owner.post(approvalSetting, threshold("1250")).is(http.StatusSeeOther)
	card := s.paid(1, "A1")
	clerk.get(card+"/capture").is(http.StatusOK, "金額達 NT$1,250 時先送出覆核申請")
	clerk.act(card, "capture", amount("1250")).is(http.StatusSeeOther)
	clerk.get(card).is(http.StatusOK, "等待覆核", "由 clerk01 申請請款 NT$1,250", "授權成功", approvals+"/1")
	clerk.act(card, "capture", amount("1000")).is(http.StatusSeeOther) // below the amount, it needs nobody
	clerk.act(card, "undo-capture", nil).is(http.StatusSeeOther)
	clerk.act(card, "void", nil).is(http.StatusUnprocessableEntity, "已有一件等待覆核的申請")

	clerk.get("/member").is(http.StatusOK, "待覆核").lacks("件申請待覆核")
	owner.get("/member").is(http.StatusOK, "1 件申請待覆核", approvals)
	owner.get(list).is(http.StatusOK, "待覆核（1）")
	clerk.get(list).is(http.StatusOK).lacks("待覆核（")
	owner.get(approvals).is(http.StatusOK, `data-approval="1"`, "clerk01", "1,250")
	clerk.get(approvals+"/1").is(http.StatusOK, "撤回申請").lacks("同意並執行")
	clerk.post(approvals+"/1/approve", nil).is(http.StatusUnprocessableEntity, "不能覆核自己提出的申請")
	owner.get(approvals+"/1").is(http.StatusOK, "同意並執行請款", "NT$1,250", "壹仟貳佰伍拾元整").lacks("撤回申請")
	page := owner.post(approvals+"/1/refuse", url.Values{"reason": {" "}}).is(http.StatusUnprocessableEntity)
	if page.errorOf("reason") == "" {
		t.Error("no reason is asked for")
	}
	owner.post(approvals+"/1/approve", nil).follow(owner, approvals+"/1").
		is(http.StatusOK, "已同意", "已申請請款：NT$1,250，將於 2026-11-24 21:00 送出").lacks("同意並執行")
	owner.post(approvals+"/1/approve", nil).is(http.StatusConflict, "這件申請已經結束")
	owner.get(card).is(http.StatusOK, "請款申請中").lacks(`id="waiting-approval"`)
	s.signedIn("22099131", "owner01").get(approvals + "/1").is(http.StatusNotFound).lacks("clerk01")
	s.signedIn("12345675", "viewer01").get(approvals + "/1").is(http.StatusForbidden)
}

func TestASelectionAsksForWhatReachesTheAmount(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	owner, clerk := s.signedIn("12345675", "owner01"), s.signedIn("12345675", "clerk01")
	a, b := s.paid(1, "A1"), s.paid(1, "A2")
	s.run("UPDATE transactions SET amount = 5000 WHERE order_no = 'A2'")
	owner.post(approvalSetting, threshold("2000")).is(http.StatusSeeOther)
	form := clerk.pick("void", a, b).is(http.StatusOK, "其中 1 筆金額達 NT$2,000", "需要覆核").sent()
	for range 2 {
		if got := clerk.post(many, form).is(http.StatusOK, "成功 1 筆，等待覆核 1 筆").outcomes(); got != "done approval" {
			t.Errorf("outcomes %s", got)
		}
	}
	clerk.pick("void", b).is(http.StatusOK, "已有一件等待覆核的申請").lacks(`id="action-form"`)
	owner.post(approvals+"/1/refuse", url.Values{"reason": {"金額不符"}}).is(http.StatusSeeOther)
	if got := clerk.post(many, form).is(http.StatusOK, "覆核拒絕：金額不符").outcomes(); got != "done refused" {
		t.Errorf("outcomes %s", got)
	}
	if n := s.bank.reversed.Load(); n != 1 {
		t.Errorf("the bank was asked %d times", n)
	}
}

func TestTheMakerWithdraws(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	owner, clerk := s.signedIn("12345675", "owner01"), s.signedIn("12345675", "clerk01")
	owner.post(approvalSetting, threshold("1")).is(http.StatusSeeOther)
	card := s.paid(1, "A1")
	clerk.act(card, "void", nil).is(http.StatusSeeOther)
	owner.post(approvals+"/1/withdraw", nil).is(http.StatusUnprocessableEntity, "只有提出申請的帳號可以撤回")
	clerk.post(approvals+"/1/withdraw", nil).follow(clerk, approvals+"/1").is(http.StatusOK, "已撤回", "沒有執行")
	owner.post(approvals+"/1/approve", nil).is(http.StatusConflict)
	clerk.act(card, "void", nil).is(http.StatusSeeOther)
	s.run("UPDATE transactions SET status = 'voided' WHERE order_no = 'A1'")
	owner.get(approvals+"/2").is(http.StatusOK, "現在不能執行：這筆交易已取消授權")
}
