package support_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/passkey/passkeytest"
)

func TestStaffKeepTheirOwnPasskeysInTheirOwnShell(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	v, device := s.signedIn("agent01"), passkeytest.New("http://localhost")
	page := v.post("/support/account/passkeys/new", nil).is(http.StatusOK, "支援主控台", `action="/support/account/passkeys"`)
	v.post("/support/account/passkeys", page.created(device, "公司筆電")).leads("/support/account?done=passkey_added")
	v.get("/support/account").is(http.StatusOK, "公司筆電", "支援人員", `action="/support/account/passkeys/new"`)

	s.clock.Advance(6 * time.Minute)
	asked := v.post("/support/account/passkeys/new", url.Values{"a": {"1"}}).
		is(http.StatusForbidden, "請再次確認身分", "agent01", `href="/support">取消`, `data-passkey="get"`)
	response, err := device.Get([]byte(asked.between(`data-options="`, `"`)))
	must(t, err)
	v.post("/support/account/passkeys/new", url.Values{
		"step_up_ceremony": {asked.between(`name="step_up_ceremony" value="`, `"`)}, "step_up_response": {string(response)},
	}).is(http.StatusOK, "建立 Passkey")
}

func TestEveryRouteOfTheConsoleIsTheStaffs(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	public := map[string]bool{
		"/support/login": true, "/support/login/passkey": true, "/support/login/passkey/finish": true,
		"/support/recovery": true,
	}
	owner := s.visitor()
	names := url.Values{"member": {"12345675"}, "account": {"owner01"}, "password": {password}}
	owner.post("/login", names).leads("/member")
	seen := 0
	for _, route := range s.server.Routes() {
		if !strings.HasPrefix(route.Path, "/support") || public[route.Path] {
			continue
		}
		seen++
		if !route.Gate.ForStaff() {
			t.Errorf("%s %s: its gate is %s", route.Method, route.Path, route.Gate)
		}
		path := strings.NewReplacer(":passkey", "1", ":session", "1", ":receipt", "PK261124-ZZZZZZ", ":view", "1",
			":attachment", "1", ":credential", "1", ":member_code", "12345675", ":merchant_id", "MS1").Replace(route.Path)
		s.visitor().do(route.Method, path, nil).leads("/support/login")
		owner.do(route.Method, path, nil).is(http.StatusForbidden)
	}
	if seen < 40 {
		t.Errorf("only %d routes", seen)
	}
}
