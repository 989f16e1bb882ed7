package member_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/passkey/passkeytest"
)

// attribute returns the value of the first attribute of that name on the page.
func (a *answer) attribute(name string) string {
	a.t.Helper()
	_, rest, ok := strings.Cut(a.body, " "+name+`="`)
	if !ok {
		a.t.Fatalf("the page has no %s\n%s", name, a.body)
	}
	value, _, _ := strings.Cut(rest, `"`)
	return html.UnescapeString(value)
}

// field returns the value of the page's input of that name.
func (a *answer) field(name string) string {
	a.t.Helper()
	_, rest, ok := strings.Cut(a.body, ` name="`+name+`" value="`)
	if !ok {
		a.t.Fatalf("the page has no field %s\n%s", name, a.body)
	}
	value, _, _ := strings.Cut(rest, `"`)
	return html.UnescapeString(value)
}

// created answers the page's ceremony with a new passkey.
func (a *answer) created(device *passkeytest.Authenticator, name string) url.Values {
	a.t.Helper()
	response, err := device.Create([]byte(a.attribute("data-options")))
	must(a.t, err)
	return url.Values{"ceremony": {a.field("ceremony")}, "response": {string(response)}, "name": {name}}
}

// enrol gives the visitor a passkey on the device.
func (v *visitor) enrol(device *passkeytest.Authenticator, name string) {
	v.site.t.Helper()
	page := v.post("/member/account/passkeys/new", url.Values{}).is(http.StatusOK, "建立 Passkey")
	v.post("/member/account/passkeys", page.created(device, name)).follow(v, "/member/account?done=passkey_added")
}

// signInBy answers the challenge of the sign-in page at the path with the device.
func (v *visitor) signInBy(device *passkeytest.Authenticator, path string) url.Values {
	v.site.t.Helper()
	begun := v.post(path+"/passkey", nil).is(http.StatusOK)
	if got := begun.Header.Get("Content-Type"); !strings.HasPrefix(got, "application/json") {
		v.site.t.Fatalf("Content-Type %q", got)
	}
	var ceremony struct {
		Token   string          `json:"token"`
		Options json.RawMessage `json:"options"`
	}
	must(v.site.t, json.Unmarshal([]byte(begun.body), &ceremony))
	response, err := device.Get(ceremony.Options)
	must(v.site.t, err)
	return url.Values{"ceremony": {ceremony.Token}, "response": {string(response)}}
}

func newDevice() *passkeytest.Authenticator { return passkeytest.New("http://localhost") }

func TestSignInByPasskeyNeedsNoName(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	device := newDevice()
	s.signedIn("12345675", "owner01").enrol(device, "辦公室的 Mac")

	v := s.visitor()
	answered := v.signInBy(device, "/login")
	answered.Set("next", "/member/account")
	v.post("/login/passkey/finish", answered).follow(v, "/member/account").
		is(http.StatusOK, "辦公室的 Mac", "owner01", "這個裝置", "Passkey")

	again := s.visitor().post("/login/passkey/finish", answered)
	again.is(http.StatusUnprocessableEntity, "或帳號暫時無法登入").lacks("signature", "challenge")
	if len(again.Cookies()) != 0 {
		t.Error("a replayed answer signed somebody in")
	}
}

func TestRefusedPasskeysAllLookTheSame(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	device := newDevice()
	s.signedIn("12345675", "clerk01").enrol(device, "手機")
	s.run("UPDATE accounts SET status = 'suspended' WHERE login = 'clerk01'")
	suspended := s.visitor()
	first := suspended.post("/login/passkey/finish", suspended.signInBy(device, "/login")).
		is(http.StatusUnprocessableEntity).body
	for name, form := range map[string]url.Values{
		"nothing": {}, "rubbish": {"ceremony": {"x"}, "response": {"{"}},
	} {
		if page := s.visitor().post("/login/passkey/finish", form).is(http.StatusUnprocessableEntity).body; page != first {
			t.Errorf("%s: another page\n%s", name, page)
		}
	}
}

func TestPasskeysShareTheLimitOfSignIns(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	v := s.visitor()
	for range 15 {
		v.post("/login/passkey", nil).is(http.StatusOK)
		v.post("/login/passkey/finish", url.Values{}).is(http.StatusUnprocessableEntity)
	}
	v.post("/login/passkey", nil).is(http.StatusTooManyRequests, `"problem"`)
	v.post("/login/passkey/finish", url.Values{}).is(http.StatusTooManyRequests, "登入嘗試太頻繁")
	v.post("/login", credentials("12345675", "owner01", password)).is(http.StatusTooManyRequests)
}

func TestTheSignInPageWorksWithPasswordManagersAndPasskeys(t *testing.T) {
	t.Parallel()
	openSite(t).visitor().get("/login?done=password_set").is(http.StatusOK, `autocomplete="username webauthn"`,
		`autocomplete="current-password"`, `data-passkey="sign-in"`, `data-begin="/login/passkey"`,
		`action="/login/passkey/finish"`, `href="/recovery"`, "密碼已設定")
}
