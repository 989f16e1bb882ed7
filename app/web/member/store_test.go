package member_test

import (
	"net/http"
	"net/url"
	"testing"
)

const store1 = "/member/center/stores/MS100000001"

func TestAnOwnerSwitchesAutoCapture(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	owner := s.signedIn("12345675", "owner01")
	owner.get("/member").is(http.StatusOK, `href="`+store1+`"`)
	s.run("UPDATE stores SET return_url = 'https://shop.test/secret/path' WHERE id = 1")
	owner.get(store1).is(http.StatusOK, "晴川一店", "金流特約商店", "自動請款", "已關閉", "https://shop.test", "加密保存，不顯示").
		lacks("secret/path")
	on, off := url.Values{"on": {"1"}}, url.Values{"on": {""}}
	for range 2 { // a double click
		owner.post(store1+"/auto-capture", on).is(http.StatusSeeOther)
	}
	owner.get(store1).is(http.StatusOK, "已開啟", "關閉自動請款")
	owner.post(store1+"/auto-capture", off).follow(owner, store1+"?done=set").is(http.StatusOK, "已關閉", "設定已儲存")
	n := s.number("SELECT count(*) FROM audit_entries WHERE kind = 'store_changed' AND subject = 'MS100000001'")
	if n != 2 {
		t.Errorf("%d entries for two changes", n)
	}
	owner.post("/member/center/stores/MS300000001/auto-capture", on).is(http.StatusNotFound)
	owner.get("/member/center/stores/MS300000001").is(http.StatusNotFound).lacks("遠岸")
	if n := s.number("SELECT count(*) FROM stores WHERE auto_capture"); n != 0 {
		t.Errorf("%d stores capture by themselves", n)
	}
	clerk := s.signedIn("12345675", "clerk01")
	clerk.get(store1).is(http.StatusForbidden)
	clerk.get("/member").is(http.StatusOK).lacks(store1)
	s.signedIn("A100000001", "owner01").get("/member/center/stores/MS200000001").is(http.StatusOK, "林小舖")
}
