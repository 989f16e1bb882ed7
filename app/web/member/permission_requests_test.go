package member_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const inbox = "/member/center/requests"

func TestAPermissionIsAskedForAndGranted(t *testing.T) {
	t.Parallel()
	s, owner := openCentre(t)
	viewer := s.signedIn("12345675", "viewer01")
	viewer.get(list).is(http.StatusForbidden, `id="permission-denied"`, "銷售中心／信用卡交易查詢/單筆取消授權/請款/退款",
		"僅可瀏覽", "可瀏覽可修改", "晴川選物股份有限公司的會員擁有者 owner01", `action="/member/permission-requests"`,
		`name="screen" value="card_trade_list"`, "申請此權限").lacks("data-order-no")
	ask := url.Values{"screen": {"card_trade_list"}}
	viewer.post("/member/permission-requests", ask).follow(viewer, "/member?done=asked").is(http.StatusOK, "已送出申請")
	viewer.get(list).is(http.StatusForbidden, "已於 2026-11-24 12:00:00 送出申請").lacks("申請此權限")
	viewer.post("/member/permission-requests", ask).is(http.StatusSeeOther) // the same wish is no second request

	owner.get("/member").is(http.StatusOK, "1 件權限申請待處理", inbox, "件待處理")
	page := owner.get(inbox).is(http.StatusOK, `data-request="1"`, "viewer01", "僅可瀏覽", "可瀏覽可修改", "開通", "拒絕")
	if strings.Count(page.body, "data-request=") != 1 {
		t.Error("the inbox shows more than the one request")
	}
	s.signedIn("22099131", "owner01").post(inbox+"/1/grant", nil).is(http.StatusNotFound).lacks("viewer01")
	owner.post(inbox+"/1/grant", nil).follow(owner, inbox+"?done=granted").
		is(http.StatusOK, "已開通", "目前沒有待處理的申請", `id="decided"`)
	viewer.get(list).is(http.StatusOK)
	owner.post(inbox+"/1/refuse", nil).is(http.StatusNotFound, "已經處理過", `id="decided"`)
	owner.get("/member").is(http.StatusOK).lacks("件權限申請待處理")
	viewer.post("/member/permission-requests", ask).is(http.StatusConflict, "您已具備此權限")
}

// Once the dialog is closed the page beneath says the same, and offers the same.
func TestThePageBeneathTheDialogSaysWhatItSays(t *testing.T) {
	t.Parallel()
	s, _ := openCentre(t)
	viewer := s.signedIn("12345675", "viewer01")
	told := []string{
		"信用卡交易專用查詢", "銷售中心／信用卡交易查詢/單筆取消授權/請款/退款", "僅可瀏覽", "可瀏覽可修改",
		"晴川選物股份有限公司的會員擁有者 owner01",
	}
	mustSay := func(texts ...string) {
		t.Helper()
		page := viewer.get(list).is(http.StatusForbidden)
		beneath, dialog, _ := strings.Cut(page.body, `<dialog class="dialog" id="permission-denied"`)
		_, beneath, _ = strings.Cut(beneath, "<main")
		for _, text := range texts {
			if !strings.Contains(beneath, text) || !strings.Contains(dialog, text) {
				t.Errorf("%q: beneath %v, in the dialog %v", text, strings.Contains(beneath, text), strings.Contains(dialog, text))
			}
		}
	}
	mustSay(append(told, `action="/member/permission-requests"`, `name="screen" value="card_trade_list"`, "申請此權限")...)
	viewer.post("/member/permission-requests", url.Values{"screen": {"card_trade_list"}}).is(http.StatusSeeOther)
	mustSay(append(told, "已於 2026-11-24 12:00:00 送出申請")...)
}

func TestAPermissionIsRefused(t *testing.T) {
	t.Parallel()
	s, owner := openCentre(t)
	denied := s.signedIn("12345675", "denied01")
	denied.post("/member/permission-requests", url.Values{"screen": {"card_trade_page"}}).is(http.StatusSeeOther)
	owner.post(inbox+"/1/refuse", nil).follow(owner, inbox+"?done=refused").is(http.StatusOK, "已拒絕")
	denied.get(list).is(http.StatusForbidden, "申請此權限")
	for _, screen := range []string{"", "made_up"} {
		denied.post("/member/permission-requests", url.Values{"screen": {screen}}).is(http.StatusBadRequest)
	}
	owner.post("/member/permission-requests", url.Values{"screen": {"card_trade_list"}}).is(http.StatusForbidden)
	owner.post(inbox+"/x/grant", nil).is(http.StatusNotFound)
}

func TestTheAccessReviewFindsWhatIsLeftOver(t *testing.T) {
	t.Parallel()
	s, owner := openCentre(t)
	owner.get("/member/center/access-review").is(http.StatusOK, "權限檢視", "90 天未登入的帳號", "14 天內沒有權限到期")
	s.run(`UPDATE accounts SET last_sign_in_at = $1, created_at = $1 WHERE login = 'denied01'`, noon.AddDate(0, 0, -100))
	s.run(`UPDATE account_grants SET until = '2026-11-30' WHERE level = 'manage' AND unit = 'card_trades'`)
	s.run(`UPDATE account_grants SET granted_at = $1 WHERE unit = 'pay_links'`, noon.Add(-60*24*time.Hour))
	owner.get("/member/center/access-review").is(http.StatusOK, "denied01", assistants+"/denied01", "2026-11-30（還有 6 天）",
		"查詢快速收款連結的交易", assistants+"/clerk01")
	s.signedIn("22099131", "owner01").get("/member/center/access-review").is(http.StatusOK).lacks("denied01", "clerk01")
}
