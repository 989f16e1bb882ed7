package member_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const newPasskey = "/member/account/passkeys/new"

func TestStepUpByPasswordLosesNothingButSecrets(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	s.clock.Advance(5 * time.Minute)
	form := url.Values{
		"note": {`a "quoted" <b>`}, "stores": {"MS100000001", "MS100000002"}, "password": {"secret-1"},
		"password_again": {"secret-2"}, "current": {"secret-3"},
	}
	v.header.Set("Referer", "http://example.com/member/account?x=1")
	asked := v.post(newPasskey+"?y=2", form).is(http.StatusForbidden, "請再次確認身分", "晴川選物股份有限公司", "owner01",
		`action="/member/account/passkeys/new?y=2"`, `name="step_up_password"`, `autocomplete="current-password"`,
		`href="/member/account?x=1"`).lacks("secret-1", "secret-2", "secret-3", "data-passkey=")
	if got := strings.Count(asked.body, `name="stores"`); got != 2 || asked.field("note") != form.Get("note") {
		t.Errorf("the form comes back as %v", asked.hidden())
	}

	v.header.Set("Referer", "http://example.com/member/account/passkeys/new?y=2")
	again := asked.hidden()
	again.Set("step_up_password", "wrong")
	refused := v.post(newPasskey+"?y=2", again).is(http.StatusForbidden, "請再次確認身分", `href="/member/account?x=1"`)
	if refused.errorOf("step_up_password") == "" || strings.Contains(refused.body, "wrong") {
		t.Error("no error beside the password, or the password itself")
	}
	if got := strings.Count(refused.body, `name="step_up_back"`); got != 1 {
		t.Errorf("the way back %d times", got)
	}
	again.Set("step_up_password", password)
	v.post(newPasskey+"?y=2", again).is(http.StatusOK, "建立 Passkey")
	v.post(newPasskey, url.Values{}).is(http.StatusOK)
}

func TestStepUpAsksWhoHasAPasskeyForIt(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	device := newDevice()
	v := s.signedIn("12345675", "owner01")
	v.enrol(device, "手機")
	s.clock.Advance(6 * time.Minute)
	asked := v.post(newPasskey, url.Values{"note": {"1"}}).
		is(http.StatusForbidden, "以 Passkey 確認", `data-passkey="get"`).lacks(`name="step_up_password"`)
	v.post(newPasskey, url.Values{"step_up_password": {password}}).is(http.StatusForbidden, "無法確認身分")

	response, err := device.Get([]byte(asked.attribute("data-options")))
	must(t, err)
	proof := asked.hidden()
	proof.Set("step_up_ceremony", asked.field("step_up_ceremony"))
	proof.Set("step_up_response", string(response))
	v.post(newPasskey, proof).is(http.StatusOK, "建立 Passkey")
	s.clock.Advance(6 * time.Minute)
	v.post(newPasskey, proof).is(http.StatusForbidden, "無法確認身分") // a proof is good once
}

func TestStepUpFallsBackToThePasswordWhereNoPasskeyWorks(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	v.enrol(newDevice(), "手機")
	s.run("UPDATE passkeys SET cloned = true")
	s.clock.Advance(6 * time.Minute)
	v.post(newPasskey, nil).is(http.StatusForbidden, `name="step_up_password"`).lacks(`data-passkey="get"`)
	v.post(newPasskey, url.Values{"step_up_password": {password}}).is(http.StatusOK, "建立 Passkey")
}

func TestAPasswordSignInIsNoProofOfWhoHasAPasskey(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.signedIn("12345675", "owner01").enrol(newDevice(), "手機")
	s.signedIn("12345675", "owner01").post(newPasskey, nil).is(http.StatusForbidden, `data-passkey="get"`)
}

func TestTheWayBackStaysOnTheSite(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.signedIn("12345675", "owner01")
	s.clock.Advance(5 * time.Minute)
	for from, want := range map[string]string{
		"":                                       "/member",
		"http://example.com/member/account":      "/member/account",
		"http://evil.example/member/account":     "/member",
		"http://example.com/logout":              "/member",
		"http://example.com/member/../support":   "/member",
		"http://example.com//evil.example/":      "/member",
		"http://example.com/member?a=1&b=2#here": "/member?a=1&amp;b=2",
	} {
		v.header.Set("Referer", from)
		v.post(newPasskey, url.Values{}).is(http.StatusForbidden, `href="`+want+`">取消`)
	}
	v.header.Del("Referer")
	for _, carried := range []string{"https://evil.example/", "//evil.example", "javascript:alert(1)", "/memberish"} {
		v.post(newPasskey, url.Values{"step_up_back": {carried}}).is(http.StatusForbidden, `href="/member">取消`)
	}
}
