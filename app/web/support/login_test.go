package support_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
)

func TestStaffSignInByPasswordInADemonstrationOnly(t *testing.T) {
	t.Parallel()
	form := url.Values{"account": {"reviewer01"}, "password": {password}}

	demo := open(t, true)
	demo.visitor().get("/support/login").is(http.StatusOK, `name="password"`, "示範帳號", "agent01")
	v := demo.visitor()
	v.post("/support/login", form).leads("/support")
	v.get("/support").is(http.StatusOK, "reviewer01", "審核人員", `href="/support/applications"`)
	v.get("/support/login").leads("/support")
	v.get("/support/account").is(http.StatusOK, `name="current"`)
	v.post("/logout", nil).leads("/support/login")
	v.get("/support").leads("/support/login")

	live := open(t, false)
	page := live.visitor().get("/support/login").is(http.StatusOK, `data-begin="/support/login/passkey"`)
	page.lacks(`name="password"`, "示範帳號")
	refused := live.visitor().post("/support/login", form).is(http.StatusUnprocessableEntity, account.ErrSignIn.Public)
	refused.lacks(`name="password"`)
}

func TestStaffAndMembersDoNotShareADoor(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	staff := url.Values{"account": {"agent01"}, "password": {password}}
	owner := url.Values{"member": {"12345675"}, "account": {"owner01"}, "password": {password}}
	s.visitor().post("/support/login", url.Values{"account": {"owner01"}, "password": {password}}).
		is(http.StatusUnprocessableEntity)
	s.visitor().post("/login", url.Values{"member": {""}, "account": {"agent01"}, "password": {password}}).
		is(http.StatusUnprocessableEntity)

	v := s.visitor()
	v.post("/login", owner).leads("/member")
	v.get("/support").is(http.StatusForbidden, "請先登出")
	v.get("/support/login").is(http.StatusOK)
	v.post("/support/login", staff).leads("/support")
	v.get("/member").is(http.StatusForbidden, "請先登出")
	v.get("/login").is(http.StatusOK)

	var count int
	must(t, s.db.SQL().QueryRow("SELECT count(*) FROM account_sessions WHERE ended_at IS NULL").Scan(&count))
	if count != 1 {
		t.Errorf("%d open sign-ins: the browser has one at a time", count)
	}
}

func TestEmptyFieldsAndFloodsAreToldAtTheStaffsDoor(t *testing.T) {
	t.Parallel()
	s := open(t, true)
	v := s.visitor()
	for range 20 {
		v.post("/support/login", url.Values{"account": {"agent01"}}).
			is(http.StatusUnprocessableEntity, `value="agent01"`, `data-error-for="password"`)
	}
	v.post("/support/login", url.Values{"account": {"agent01"}, "password": {password}}).
		is(http.StatusTooManyRequests, "登入嘗試太頻繁")
	v.post("/support/login/passkey", nil).is(http.StatusTooManyRequests)
}

func TestStaffRecoverTheirPasskeyByMail(t *testing.T) {
	t.Parallel()
	s := open(t, false)
	var first string
	for _, login := range []string{"agent01", "nobody"} {
		page := s.visitor().post("/support/recovery", url.Values{"account": {login}}).is(http.StatusOK, "若資料相符").body
		if first == "" {
			first = page
		}
		if page != first {
			t.Errorf("%s: another page\n%s", login, page)
		}
	}
	if len(s.queue.asked) != 2 || s.queue.asked[0] != "/agent01" {
		t.Errorf("asked %v", s.queue.asked)
	}
	s.visitor().post("/support/recovery", nil).is(http.StatusUnprocessableEntity, `data-error-for="account"`)

	found, err := s.db.Accounts().StaffCredential(t.Context(), "agent01")
	must(t, err)
	link, token := account.MintLink(found.Account.ID, account.Recovery, s.clock.Now())
	must(t, s.db.Accounts().InTx(t.Context(), func(ctx context.Context, tx account.Tx) error {
		return tx.ReplaceLink(ctx, link)
	}))
	path, device, v := account.LinkPath+string(token), passkeytest.New("http://localhost"), s.visitor()
	page := v.get(path).is(http.StatusOK, "agent01", "建立 Passkey").lacks(`name="password"`)
	chosen := url.Values{"password": {"Chosen-By-Mail-2026"}, "password_again": {"Chosen-By-Mail-2026"}}
	v.post(path, chosen).is(http.StatusUnprocessableEntity, account.ErrPasskeyOnly.Public)
	v.post(path+"/passkey", page.created(device, "公司筆電")).leads("/support/login?done=passkey_set")

	s.visitor().signInBy(device, "/login").is(http.StatusUnprocessableEntity) // not a member's passkey
	v.signInBy(device, "/support/login").leads("/support")
	v.get("/support/account").is(http.StatusOK, "公司筆電", "這是唯一的登入方式", "支援主控台").
		lacks(`name="current"`, "會員專區首頁", "寄出設定密碼的連結")
}
