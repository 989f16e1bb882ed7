package member_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const ownAccount = "/member/account"

// otherDevice returns the id of the one row of the page that can be signed out.
func (a *answer) otherDevice() string {
	a.t.Helper()
	_, rest, ok := strings.Cut(a.body, `action="/member/account/sessions/`)
	if !ok {
		a.t.Fatalf("no other device\n%s", a.body)
	}
	id, _, _ := strings.Cut(rest, "/")
	return id
}

func TestTheOwnAccountListsDevicesAndSignsThemOut(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	away := s.visitor()
	away.header.Set("User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7) Version/19.0 Mobile Safari/604.1")
	away.post("/login", credentials("12345675", "owner01", password)).is(http.StatusSeeOther)
	here := s.signedIn("12345675", "owner01")

	page := here.get(ownAccount).
		is(http.StatusOK, "iPhone，Safari", "這個裝置", "登出其他裝置", `id="sessions"`, "192.0.2.1")
	if got := strings.Count(page.body, "<tr data-session="); got != 2 {
		t.Errorf("%d devices", got)
	}
	id := page.otherDevice()
	s.signedIn("22099131", "owner01").post(ownAccount+"/sessions/"+id+"/end", nil).is(http.StatusNotFound)
	away.get("/member").is(http.StatusOK)
	here.post(ownAccount+"/sessions/"+id+"/end", nil).follow(here, ownAccount+"?done=session_ended").
		is(http.StatusOK, "該裝置已登出").lacks("iPhone", "登出其他裝置")
	away.get("/member").is(http.StatusSeeOther)
	for _, unknown := range []string{id, "0", "x", "99999999999999999999"} {
		here.post(ownAccount+"/sessions/"+unknown+"/end", nil).is(http.StatusNotFound)
	}
}

func TestTheOtherDevicesAreSignedOutAtOnce(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	one, two := s.signedIn("12345675", "owner01"), s.signedIn("12345675", "owner01")
	stranger := s.signedIn("12345675", "clerk01")
	here := s.signedIn("12345675", "owner01")
	here.post(ownAccount+"/sessions/end-others", nil).follow(here, ownAccount+"?done=sessions_ended").
		is(http.StatusOK, "其他裝置已全部登出")
	one.get("/member").is(http.StatusSeeOther)
	two.get("/member").is(http.StatusSeeOther)
	stranger.get("/member").is(http.StatusOK)
}

func TestAPasswordIsChangedOnlyByTheRules(t *testing.T) {
	t.Parallel()
	const next = "Another-Horse-2027"
	tests := map[string]struct {
		current, password, again string
		wrong                    []string
	}{
		"nothing":       {"", "", "", []string{"current", "password", "password_again"}},
		"wrong current": {"not-the-password", next, next, []string{"current"}},
		"too short":     {password, "short", "short", []string{"password"}},
		"the name":      {password, "my-owner01-account", "my-owner01-account", []string{"password"}},
		"two different": {password, next, next + "x", []string{"password_again"}},
	}
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	for name, tt := range tests {
		got := v.post(ownAccount+"/password", url.Values{
			"current": {tt.current}, "password": {tt.password}, "password_again": {tt.again},
		}).is(http.StatusUnprocessableEntity, "12 至 128 個字元")
		for _, field := range []string{"current", "password", "password_again"} {
			if wrong := strings.Contains(strings.Join(tt.wrong, " ")+" ", field+" "); wrong != (got.errorOf(field) != "") {
				t.Errorf("%s: %s says %q", name, field, got.errorOf(field))
			}
		}
		got.lacks(next, password, "not-the-password")
	}
}

func TestANewPasswordEndsTheOtherSignIns(t *testing.T) {
	t.Parallel()
	const next = "Another-Horse-2027"
	s := openSite(t)
	away, here := s.signedIn("12345675", "owner01"), s.signedIn("12345675", "owner01")
	before := here.cookies["memberzone_session"].Value
	here.post(ownAccount+"/password", url.Values{
		"current": {password}, "password": {next}, "password_again": {next},
	}).follow(here, ownAccount+"?done=password_changed").is(http.StatusOK, "密碼已變更")
	if here.cookies["memberzone_session"].Value == before {
		t.Error("the token from before the change is still in use")
	}
	away.get("/member").is(http.StatusSeeOther)
	s.visitor().post("/login", credentials("12345675", "owner01", password)).is(http.StatusUnprocessableEntity)
	s.visitor().post("/login", credentials("12345675", "owner01", next)).is(http.StatusSeeOther)
}

// passkeyNo returns the id of the one passkey on the page.
func (a *answer) passkeyNo() string { return a.attribute("data-passkey-id") }

func TestPasskeysAreNamedAndRemoved(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	v.get(ownAccount).is(http.StatusOK, "尚未建立 Passkey").lacks(`id="passkeys"`)
	v.enrol(newDevice(), "舊名稱")
	page := v.get(ownAccount).is(http.StatusOK, `id="passkeys"`, "舊名稱", "尚未使用", "僅此裝置")
	path := ownAccount + "/passkeys/" + page.passkeyNo()

	bad := v.post(path+"/rename", url.Values{"name": {"  "}}).is(http.StatusUnprocessableEntity, "舊名稱")
	if bad.errorOf("name") == "" {
		t.Error("an empty name has no error")
	}
	v.post(path+"/rename", url.Values{"name": {"新名稱"}}).follow(v, ownAccount+"?done=passkey_renamed").
		is(http.StatusOK, "新名稱").lacks("舊名稱")
	stranger := s.signedIn("12345675", "clerk01")
	for _, action := range []string{"/rename", "/remove"} {
		stranger.enrolOnce()
		stranger.post(path+action, url.Values{"name": {"不是我的"}}).is(http.StatusNotFound)
	}
	v.post(path+"/remove", nil).follow(v, ownAccount+"?done=passkey_removed").is(http.StatusOK, "尚未建立 Passkey")
	v.post(path+"/remove", nil).is(http.StatusNotFound)
}

// enrolOnce gives a visitor without one a passkey.
func (v *visitor) enrolOnce() {
	if strings.Contains(v.get(ownAccount).body, "尚未建立 Passkey") {
		v.enrol(newDevice(), "自己的")
	}
}

func TestTheLastWayInCannotBeRemoved(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.run("UPDATE accounts SET email = 'owner@example.com'")
	device := newDevice()
	s.signedIn("12345675", "owner01").enrol(device, "手機")
	s.run("UPDATE accounts SET password_hash = '' WHERE login = 'owner01' AND member_id = 1")
	v := s.visitor()
	v.post("/login/passkey/finish", v.signInBy(device, "/login")).is(http.StatusSeeOther)

	page := v.get(ownAccount).is(http.StatusOK, "這是唯一的登入方式", "寄出設定密碼的連結").lacks(`name="current"`)
	path := ownAccount + "/passkeys/" + page.passkeyNo()
	v.post(path+"/remove", nil).is(http.StatusUnprocessableEntity, "這是唯一的登入方式", "手機")
	v.enrol(newDevice(), "電腦")
	v.post(path+"/remove", nil).is(http.StatusSeeOther)

	queue := &recoveries{}
	s.db.UseQueue(queue)
	v.post(ownAccount+"/password/link", nil).follow(v, ownAccount+"?done=link_sent").is(http.StatusOK, "已寄到")
	if len(queue.asked) != 1 || queue.asked[0] != "12345675/owner01" {
		t.Errorf("asked %v", queue.asked)
	}
	for range 2 {
		v.post(ownAccount+"/password/link", nil).is(http.StatusSeeOther)
	}
	v.post(ownAccount+"/password/link", nil).is(http.StatusTooManyRequests, "申請次數過多，這次沒有寄出", "登入安全")
	s.run("UPDATE accounts SET email = ''")
	v.post(ownAccount+"/password/link", nil).is(http.StatusUnprocessableEntity, "沒有登記電子郵件", "登入安全")
	if len(queue.asked) != 3 {
		t.Errorf("asked %v", queue.asked)
	}
}

func TestAPasskeyThatMayBeCopiedIsMarkedAndRemoved(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	device := newDevice()
	v := s.signedIn("12345675", "owner01")
	v.enrol(device, "手機")
	v.get(ownAccount).is(http.StatusOK, "手機").lacks("可能被複製")
	s.run("UPDATE accounts SET password_hash = '' WHERE login = 'owner01' AND member_id = 1")
	v.enrol(newDevice(), "電腦")
	s.run("UPDATE passkeys SET cloned = true WHERE name = '手機'")

	page := v.get(ownAccount).is(http.StatusOK, "可能被複製，已停用", "這是唯一的登入方式")
	path := func(name string) string {
		before, _, _ := strings.Cut(page.body, "移除「"+name+"」")
		return ownAccount + "/passkeys/" + before[strings.LastIndex(before, `data-passkey-id="`)+17:][:1] + "/remove"
	}
	v.post(path("電腦"), nil).is(http.StatusUnprocessableEntity, "這是唯一的登入方式", "電腦")
	v.post(path("手機"), nil).follow(v, ownAccount+"?done=passkey_removed").is(http.StatusOK, "電腦").lacks("手機")
}

func TestAFailedRegistrationIsTriedAgainOnlyWithAFreshProof(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	page := v.post(ownAccount+"/passkeys/new", nil).is(http.StatusOK)
	answered := page.created(newDevice(), "  ")
	again := v.post(ownAccount+"/passkeys", answered).is(http.StatusUnprocessableEntity, `data-passkey="create"`)
	if again.errorOf("name") == "" || again.field("ceremony") == answered.Get("ceremony") {
		t.Error("no error beside the name, or the old ceremony")
	}
	answered.Set("name", "手機")
	answered.Set("response", "{}")
	v.post(ownAccount+"/passkeys", answered).is(http.StatusUnprocessableEntity, "無法以 Passkey 驗證", `value="手機"`)
	s.clock.Advance(6 * time.Minute)
	v.post(ownAccount+"/passkeys", answered).follow(v, ownAccount+"?done=passkey_missed").
		is(http.StatusOK, "沒有建立完成").lacks(`data-passkey="create"`)
}

func TestViewingAsAnAssistantShowsNobodysSignInData(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.signedIn("12345675", "clerk01").enrol(newDevice(), "小陳的手機")
	v := s.signedIn("12345675", "owner01")
	s.run(`UPDATE account_sessions SET viewed_account_id = (SELECT id FROM accounts WHERE login = 'clerk01')
		WHERE account_id = (SELECT id FROM accounts WHERE login = 'owner01' AND member_id = 1)`)
	v.get(ownAccount).is(http.StatusOK, "不顯示個人的登入資料", "clerk01").
		lacks("小陳的手機", `id="sessions"`, `name="current"`, "192.0.2.1")
	for _, path := range []string{"/password", "/passkeys/new", "/passkeys", "/sessions/end-others"} {
		v.post(ownAccount+path, url.Values{}).is(http.StatusForbidden, "只能看")
	}
}
