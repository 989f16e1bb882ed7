package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/passkey"
	"github.com/memberzone/memberzone/app/passkey/passkeytest"
	"github.com/memberzone/memberzone/static"
)

// passkeySite is a site of four bare pages around static/js/passkey.js.
type passkeySite struct {
	*passkey.Service
	url    string
	begun  atomic.Int32 // sign-ins
	broken atomic.Bool  // answers no sign-in
}

var passkeyHolder = passkey.Holder{ID: 7, Name: "12345675/owner01", DisplayName: "owner01"}

// passkeyPage has the script and one form. Kind is what data-passkey says.
var passkeyPage = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="zh-Hant-TW"><title>Passkey</title><link rel="icon" href="data:,">
<script src="{{.Script}}" defer></script>
{{with .Result}}<p id="result">{{.}}</p>{{end}}
{{if .Kind}}
	{{if .Field}}<label>帳號 <input name="account" autocomplete="username webauthn"></label>{{end}}
	<p id="only" data-passkey-only hidden>有 Passkey</p>
	<form method="post" data-passkey="{{.Kind}}"
		{{if .Options}}data-options="{{.Options}}"{{else}}data-begin="/begin"{{end}}>
		<input type="hidden" name="ceremony" data-passkey-ceremony value="{{.Token}}">
		<input type="hidden" name="response" data-passkey-response>
		{{if eq .Kind "create"}}<label>名稱 <input name="name" required></label>{{end}}
		{{if eq .Kind "get"}}<label>密碼 <input name="password" type="password" required></label>{{end}}
		<button type="button" id="start" data-passkey-start hidden>使用 Passkey</button>
		<p id="problem" role="alert" data-passkey-problem hidden></p>
	</form>
{{end}}`))

type passkeyView struct{ Script, Kind, Token, Options, Result, Field string }

func startPasskeySite(t *testing.T) *passkeySite {
	t.Helper()
	s := &passkeySite{}
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	mux.HandleFunc("GET /register", func(w http.ResponseWriter, r *http.Request) {
		c, err := s.BeginRegistration(r.Context(), passkeyHolder)
		s.show(w, passkeyView{Kind: "create", Token: c.Token, Options: string(c.Options)}, err)
	})
	mux.HandleFunc("POST /register", func(w http.ResponseWriter, r *http.Request) {
		var made passkey.Passkey
		verified, err := s.VerifyRegistration(r.Context(), passkeyHolder, answerOf(r))
		if err == nil {
			made, err = s.StoreRegistration(r.Context(), verified, audit.Entry{})
		}
		s.show(w, passkeyView{Result: "registered " + made.Name}, err)
	})
	mux.HandleFunc("GET /sign-in", func(w http.ResponseWriter, r *http.Request) {
		s.show(w, passkeyView{Kind: "sign-in", Field: r.FormValue("field")}, nil)
	})
	mux.HandleFunc("POST /begin", s.begin)
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		holder, err := s.FinishSignIn(r.Context(), answerOf(r))
		s.show(w, passkeyView{Result: fmt.Sprintf("signed in as %d", holder)}, err)
	})
	mux.HandleFunc("GET /prove", func(w http.ResponseWriter, r *http.Request) {
		c, err := s.BeginProof(r.Context(), passkeyHolder.ID)
		s.show(w, passkeyView{Kind: "get", Token: c.Token, Options: string(c.Options)}, err)
	})
	mux.HandleFunc("POST /prove", func(w http.ResponseWriter, r *http.Request) {
		s.show(w, passkeyView{Result: "proven"}, s.FinishProof(r.Context(), passkeyHolder.ID, answerOf(r)))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.url = strings.Replace(server.URL, "127.0.0.1", "localhost", 1) // an address has no passkeys
	var err error
	s.Service, err = passkey.New(passkey.Options{
		Origin: s.url, Name: "Memberzone", Store: &passkeytest.Store{}, Clock: clock.System{},
	})
	must(t, err)
	return s
}

func (s *passkeySite) begin(w http.ResponseWriter, r *http.Request) {
	c, err := s.BeginSignIn(r.Context())
	if err != nil || s.broken.Load() {
		http.Error(w, "broken", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"token": c.Token, "options": json.RawMessage(c.Options)})
	s.begun.Add(1)
}

// show writes a page under the policy of the product's own pages.
func (s *passkeySite) show(w http.ResponseWriter, v passkeyView, err error) {
	if err != nil {
		v = passkeyView{Result: "error: " + err.Error()}
	}
	v.Script = static.URL("passkey.js")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; "+
		"img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'")
	_ = passkeyPage.Execute(w, v)
}

func answerOf(r *http.Request) passkey.Answer {
	return passkey.Answer{
		Token: r.PostFormValue("ceremony"), Response: []byte(r.PostFormValue("response")), Name: r.PostFormValue("name"),
	}
}

// holdPasskeys gives the tab a platform authenticator whose user touches at once, and
// returns its ID.
func (p *tab) holdPasskeys() (id webauthn.AuthenticatorID) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if _, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		added, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
			Options: &webauthn.VirtualAuthenticatorOptions{
				Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21,
				Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true, HasUserVerification: true,
				IsUserVerified: true, AutomaticPresenceSimulation: true,
			},
		})
		id = added.AuthenticatorID
		return err
	}))
	return id
}

// beforePages runs a script in each new document before the page's own.
func (p *tab) beforePages(source string) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument,
			page.AddScriptToEvaluateOnNewDocumentParams{Source: source})
		return err
	}))
}

// isHidden tells whether an element has the attribute.
func (p *tab) isHidden(selector string) bool {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, stepMax)
	defer cancel()
	hidden, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf("document.querySelector(%q).hidden", selector)))
	must(p.t, err)
	return hidden
}

func TestPasskeyScriptRegistersSignsInAndProves(t *testing.T) {
	t.Parallel()
	slow(t)
	for name, before := range map[string]string{
		"in a current browser": "",
		"in a browser without the JSON functions": `delete PublicKeyCredential.parseCreationOptionsFromJSON;
			delete PublicKeyCredential.parseRequestOptionsFromJSON; delete PublicKeyCredential.prototype.toJSON;`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, p := startPasskeySite(t), openTab(t)
			p.holdPasskeys()
			p.beforePages(before)
			p.open(s.url + "/register")
			p.click("#start") // the name is missing: nothing begins
			p.paste("name", "筆電")
			p.click("#start")
			p.seeText("#result", "registered 筆電")

			p.open(s.url + "/sign-in")
			if p.isHidden("#only") {
				t.Error("what needs a passkey stays hidden")
			}
			p.click("#start")
			p.seeText("#result", "signed in as 7")
			p.open(s.url + "/sign-in?field=1") // nobody touches the button
			p.seeText("#result", "signed in as 7")
			p.open(s.url + "/prove")
			p.click("#start")
			p.seeText("#result", "proven")

			p.open(s.url + "/register")
			p.paste("name", "再一次")
			p.click("#start")
			p.seeText("#problem", "此裝置已註冊這個帳號的 Passkey，不需要再註冊。")
		})
	}
}

const notAllowed = "沒有完成 Passkey 驗證，可能已取消、逾時，或此裝置沒有可用的 Passkey。請再試一次，或改用其他方式。"

// oneRequestAtATime is what WebAuthn Level 3 §5.1.4.1 lets a browser do: a request that
// waits behind a field stands in the way of the next until it is aborted.
const oneRequestAtATime = `
	const get = navigator.credentials.get.bind(navigator.credentials);
	let pending = false;
	navigator.credentials.get = (asked) => {
		if (pending) return Promise.reject(new DOMException("a request is pending", "OperationError"));
		if (asked.mediation !== "conditional") return get(asked);
		pending = true;
		return new Promise((_, reject) => asked.signal.addEventListener("abort", () => {
			pending = false;
			reject(asked.signal.reason);
		}));
	};`

func TestPasskeyScriptSaysWhatWentWrong(t *testing.T) {
	t.Parallel()
	slow(t)
	s, p := startPasskeySite(t), openTab(t)
	authenticator := p.holdPasskeys()
	p.beforePages("if (navigator.credentials) {" + oneRequestAtATime + "}")
	p.open(s.url + "/sign-in?field=1")
	eventually(t, "the field's request begins", stepMax, func() bool { return s.begun.Load() == 1 })
	p.click("#start")
	p.seeText("#problem", notAllowed)
	eventually(t, "the field's request begins again", stepMax, func() bool { return s.begun.Load() == 3 })

	p.open(s.url + "/register")
	p.paste("name", "筆電")
	p.click("#start")
	p.seeText("#result", "registered 筆電")
	verify := func(verified bool) {
		p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, webauthn.SetUserVerified,
				webauthn.SetUserVerifiedParams{AuthenticatorID: authenticator, IsUserVerified: verified})
			return err
		}))
	}
	p.open(s.url + "/prove")
	verify(false)
	p.click("#start")
	p.seeText("#problem", notAllowed)
	verify(true)
	p.click("#start") // on the same page again
	p.seeText("#result", "proven")

	s.broken.Store(true)
	p.open(s.url + "/sign-in")
	p.click("#start")
	p.seeText("#problem", "目前無法使用 Passkey，請再試一次，或改用其他方式。")
	if heard := strings.Join(p.heard(), "\n"); !strings.Contains(heard, "500") || len(p.heard()) != 1 {
		t.Errorf("heard %q, want the answer 500 alone", heard)
	}
	p.forget()
}

func TestPasskeyScriptHidesWhatABrowserCannotDo(t *testing.T) {
	t.Parallel()
	slow(t)
	s, p := startPasskeySite(t), openTab(t)
	p.beforePages("delete window.PublicKeyCredential;")
	p.open(s.url + "/sign-in?field=1")
	if !p.isHidden("#start") || !p.isHidden("#only") {
		t.Error("a browser without WebAuthn is offered passkeys")
	}
	if s.begun.Load() != 0 {
		t.Error("a sign-in was begun")
	}
}
