package member_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestSignInStartsAProtectedSession(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.visitor()
	got := v.post("/login", credentials("12345675", "owner01", password)).is(http.StatusSeeOther)
	if got.Header.Get("Location") != "/member" || len(got.Cookies()) != 1 {
		t.Fatalf("Location %q, cookies %v", got.Header.Get("Location"), got.Cookies())
	}
	cookie := got.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" {
		t.Errorf("cookie %+v", cookie)
	}
	var stored int
	must(t, s.db.SQL().QueryRow("SELECT count(*) FROM sessions WHERE token = $1", cookie.Value).Scan(&stored))
	if stored != 0 {
		t.Error("the token itself is in the database")
	}
	v.get("/member").is(http.StatusOK, "晴川選物股份有限公司", "owner01", "擁有者")
	v.get("/login").is(http.StatusSeeOther)
}

func TestSignInFoldsAndTrimsTheNames(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	for _, names := range [][2]string{
		{"　１２３４５６７５ ", " Ｏｗｎｅｒ０１"}, {"a100000001", "OWNER01"},
	} {
		s.visitor().post("/login", credentials(names[0], names[1], password)).is(http.StatusSeeOther)
	}
}

// refusal is a refused sign-in's page without what was typed.
func refusal(t *testing.T, got *answer, form url.Values) string {
	t.Helper()
	got.is(http.StatusUnprocessableEntity)
	if len(got.Cookies()) != 0 {
		t.Errorf("a refusal set %v", got.Cookies())
	}
	body := strings.ReplaceAll(got.body, `value="`+html.EscapeString(form.Get("member"))+`"`, "")
	return strings.ReplaceAll(body, `value="`+html.EscapeString(form.Get("account"))+`"`, "")
}

func TestEveryRefusalIsTheSame(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.run("UPDATE accounts SET status = 'suspended' WHERE login = 'viewer01'")
	s.run("UPDATE members SET status = 'suspended' WHERE code = '22099131'")
	forms := map[string]url.Values{
		"wrong password":    credentials("12345675", "owner01", "wrong"),
		"unknown account":   credentials("12345675", "nobody", password),
		"unknown member":    credentials("99999999", "owner01", password),
		"suspended account": credentials("12345675", "viewer01", password),
		"suspended member":  credentials("22099131", "owner01", password),
		"no name at all":    credentials("12345675", "o'wner\u200b", password),
		"a long password":   credentials("12345675", "owner01", strings.Repeat("x", 5000)),
	}
	var first string
	for name, form := range forms {
		page := refusal(t, s.visitor().post("/login", form), form)
		if first == "" {
			first = page
		}
		if page != first {
			t.Errorf("%s: another page:\n%s", name, page)
		}
		if strings.Contains(page, password) {
			t.Errorf("%s: the password was sent back", name)
		}
	}
}

func TestFiveFailuresLockAnExistingAndAnUnknownNameAlike(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	for _, login := range []string{"owner01", "nobody"} {
		wrong := credentials("12345675", login, "wrong")
		var page string
		for range 5 {
			page = refusal(t, s.visitor().post("/login", wrong), wrong)
		}
		right := credentials("12345675", login, password)
		if locked := refusal(t, s.visitor().post("/login", right), right); locked != page {
			t.Errorf("%s: a lock shows itself:\n%s", login, locked)
		}
	}
	s.signedIn("12345675", "clerk01") // others are not locked
	s.clock.Advance(15*time.Minute - time.Second)
	right := credentials("12345675", "owner01", password)
	refusal(t, s.visitor().post("/login", right), right)
	s.clock.Advance(time.Second)
	s.signedIn("12345675", "owner01")
}

func TestASuccessForgetsFailures(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	wrong := credentials("12345675", "owner01", "wrong")
	for range 3 {
		for range 4 {
			s.visitor().post("/login", wrong).is(http.StatusUnprocessableEntity)
		}
		s.signedIn("12345675", "owner01")
	}
}

func TestManySignInsFromOneAddressAreThrottled(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.visitor()
	empty := credentials("12345675", "owner01", "")
	for range 30 {
		v.post("/login", empty).is(http.StatusUnprocessableEntity)
	}
	v.post("/login", credentials("12345675", "owner01", password)).is(http.StatusTooManyRequests, "登入嘗試太頻繁")
	s.clock.Advance(2 * time.Second)
	v.post("/login", credentials("12345675", "owner01", password)).is(http.StatusSeeOther)
}

func TestEmptyFieldsAreToldBesideThem(t *testing.T) {
	t.Parallel()
	got := openSite(t).visitor().post("/login", url.Values{"member": {"12345675"}})
	got.is(http.StatusUnprocessableEntity, `value="12345675"`)
	if got.errorOf("member") != "" || got.errorOf("account") == "" || got.errorOf("password") == "" {
		t.Errorf("errors: %q, %q, %q", got.errorOf("member"), got.errorOf("account"), got.errorOf("password"))
	}
}

func TestSignInGivesAFreshToken(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("22099131", "owner01")
	planted := s.visitor()
	for name, cookie := range v.cookies {
		planted.cookies[name] = &http.Cookie{Name: name, Value: cookie.Value}
	}
	before := *planted.cookies["memberzone_session"]
	planted.post("/login", credentials("12345675", "owner01", password)).is(http.StatusSeeOther)
	if planted.cookies["memberzone_session"].Value == before.Value {
		t.Fatal("the token from before the sign-in is still in use")
	}
	planted.get("/member").is(http.StatusOK, "晴川選物股份有限公司").lacks("遠岸科技")
	v.get("/member").is(http.StatusSeeOther) // the planted token is worth nothing

	invented := s.visitor()
	invented.cookies["memberzone_session"] = &http.Cookie{Name: "memberzone_session", Value: "chosen-by-an-attacker"}
	invented.post("/login", credentials("12345675", "owner01", password)).is(http.StatusSeeOther)
	if invented.cookies["memberzone_session"].Value == "chosen-by-an-attacker" {
		t.Error("an invented token was taken over")
	}
}

func TestLogOutEndsTheSessionOnTheServer(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	kept := s.visitor()
	for name, cookie := range v.cookies {
		kept.cookies[name] = &http.Cookie{Name: name, Value: cookie.Value}
	}
	if got := v.post("/logout", url.Values{}).is(http.StatusSeeOther); got.Header.Get("Location") != "/login" {
		t.Errorf("Location %q", got.Header.Get("Location"))
	}
	if len(v.cookies) != 0 {
		t.Errorf("cookies left: %v", v.cookies)
	}
	kept.get("/member").is(http.StatusSeeOther)
}

func TestSessionsRunOut(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	idle, busy := s.signedIn("12345675", "owner01"), s.signedIn("22099131", "owner01")
	s.clock.Advance(29 * time.Minute)
	busy.get("/member").is(http.StatusOK)
	s.clock.Advance(time.Minute)
	idle.get("/member").is(http.StatusSeeOther)
	busy.get("/member").is(http.StatusOK)
	for range 28 { // twelve hours and ten minutes in all, never idle
		s.clock.Advance(25 * time.Minute)
		busy.get("/member")
	}
	busy.get("/member").is(http.StatusSeeOther)
}

func TestSuspensionActsOnTheNextRequest(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"account": "UPDATE accounts SET status = 'suspended' WHERE login = 'clerk01'",
		"member":  "UPDATE members SET status = 'suspended' WHERE code = '12345675'",
		"removal": "DELETE FROM accounts WHERE login = 'clerk01'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openSite(t)
			v := s.signedIn("12345675", "clerk01")
			v.get("/member/sales/credit-cards").is(http.StatusOK)
			s.run(sql)
			v.get("/member/sales/credit-cards").is(http.StatusSeeOther)
			v.get("/member").is(http.StatusSeeOther)
		})
	}
}

func TestTheWayBackAfterSignIn(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	const list = "/member/sales/credit-cards?from=2026-11-01&to=2026-11-24"
	got := s.visitor().get(list).is(http.StatusSeeOther)
	location, err := url.Parse(got.Header.Get("Location"))
	must(t, err)
	if location.Path != "/login" || location.Query().Get("next") != list {
		t.Fatalf("Location %q", location)
	}
	s.visitor().get(location.String()).is(http.StatusOK, `name="next"`)
	tests := map[string]string{
		list:                      list,
		"https://evil.example/":   "/member",
		"//evil.example/member":   "/member",
		"/\\evil.example/member":  "/member",
		"/logout":                 "/member",
		"javascript:alert(1)":     "/member",
		"/member/../logout":       "/member",
		"":                        "/member",
		"/memberish":              "/member",
		"/member?x=1#https://b.c": "/member?x=1",
	}
	for next, want := range tests {
		form := credentials("12345675", "owner01", password)
		form.Set("next", next)
		if got := s.visitor().post("/login", form).is(http.StatusSeeOther); got.Header.Get("Location") != want {
			t.Errorf("next %q leads to %q, want %q", next, got.Header.Get("Location"), want)
		}
	}
}

func TestOnlyCrossOriginBrowsersAreRefused(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	tests := []struct {
		name   string
		header map[string]string
		want   int
	}{
		{"curl sends no such headers", nil, http.StatusSeeOther},
		{"same origin", map[string]string{"Sec-Fetch-Site": "same-origin"}, http.StatusSeeOther},
		{"an address typed or bookmarked", map[string]string{"Sec-Fetch-Site": "none"}, http.StatusSeeOther},
		{"another site", map[string]string{"Sec-Fetch-Site": "cross-site"}, http.StatusForbidden},
		{"a sibling site", map[string]string{"Sec-Fetch-Site": "same-site"}, http.StatusForbidden},
		{"an old browser on another site", map[string]string{"Origin": "https://evil.example"}, http.StatusForbidden},
		{"an old browser here", map[string]string{"Origin": "http://example.com"}, http.StatusSeeOther},
	}
	for _, tt := range tests {
		for _, path := range []string{"/login", "/logout"} {
			v := s.visitor()
			for name, value := range tt.header {
				v.header.Set(name, value)
			}
			got := v.post(path, credentials("12345675", "owner01", password)).is(tt.want)
			if tt.want == http.StatusForbidden {
				got.is(tt.want, "來自其他網站", "data-request-id=")
			}
		}
	}
	v := s.signedIn("12345675", "owner01")
	v.header.Set("Sec-Fetch-Site", "cross-site")
	v.post("/logout", url.Values{}).is(http.StatusForbidden)
	v.header.Del("Sec-Fetch-Site")
	v.get("/member").is(http.StatusOK)
}
