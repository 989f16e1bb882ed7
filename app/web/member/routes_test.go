package member_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/permit"
)

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// openRoutes are those that anybody may call.
var openRoutes = map[string]bool{
	"GET /": true, "GET /login": true, "POST /login": true, "POST /logout": true,
	"POST /login/passkey": true, "POST /login/passkey/finish": true,
	"GET /recovery": true, "POST /recovery": true,
	"GET /link/:token": true, "POST /link/:token": true, "POST /link/:token/passkey": true,
	"GET /healthz": true, "GET /readyz": true, "GET /metrics": true,
}

// Every route of every engine names its gate, refuses strangers unless it is listed
// above, and answers with the security headers; where GET works, HEAD does.
func TestEveryRouteIsGuardedAndCarriesTheHeaders(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	owner := s.signedIn("12345675", "owner01")
	no := s.trade(1, "A1", 100, noon)
	link := s.mailedLink("12345675", "clerk01", account.Invitation)
	made, id := owner.job("", "csv")
	must(t, s.exports.Run(t.Context(), id))
	made = strings.TrimPrefix(made, exports+"/")
	s.run(`INSERT INTO payment_approvals (member_id, store_id, transaction_id, action, amount, request_id, maker_id,
			made_at, until)
		SELECT t.member_id, t.store_id, t.id, 'void', 100, 'KEY', a.id, $1, $2 FROM transactions t, accounts a
		WHERE a.login = 'clerk01'`, noon, noon.Add(time.Hour))
	approval := "1"
	s.run("INSERT INTO notices (member_id, title, text, href, at) VALUES (1, '通知', '', '', $1)", noon)
	application := strings.TrimPrefix(s.applied(owner, "MS100000002"), applications+"/")
	routes := s.server.Routes()
	if len(routes) < 10 {
		t.Fatalf("only %d routes", len(routes))
	}
	for _, route := range routes {
		name := strings.Replace(route.Method, http.MethodHead, http.MethodGet, 1) + " " + route.Path
		if !route.Gated || route.Gate == (permit.Gate{}) {
			t.Errorf("%s %s names no gate", route.Method, route.Path)
		}
		path := strings.NewReplacer(
			":approval", approval, ":notice", "1", ":application", application,
			":merchant_id", "MS100000001", list+"/act", list+"/act?action=void&trade_no="+no,
			":export", made, ":trade_no", no, ":action", "capture", ":account", "clerk01", account.LinkPath+":token", link,
		).Replace(route.Path)
		stranger := s.visitor().do(route.Method, path, nil)
		if openRoutes[name] != !route.Gate.NeedsActor() {
			t.Errorf("%s: its gate is %q", name, route.Gate)
		}
		if !openRoutes[name] && (stranger.StatusCode != http.StatusSeeOther ||
			!strings.HasPrefix(stranger.Header.Get("Location"), "/login")) {
			t.Errorf("%s answers a stranger with %d", name, stranger.StatusCode)
		}
		checkHeaders(t, name, stranger)
		if route.Method == http.MethodHead {
			get, head := owner.do(http.MethodGet, path, nil), owner.do(http.MethodHead, path, nil)
			want := http.StatusOK
			if strings.HasSuffix(path, "/evidence") {
				want = http.StatusNotFound // the payment was not confirmed with a passkey
			}
			if get.StatusCode != want && name != "GET /login" || head.StatusCode != get.StatusCode {
				t.Errorf("%s: GET %d, HEAD %d", name, get.StatusCode, head.StatusCode)
			}
			checkHeaders(t, name, get)
		}
	}
	for _, path := range []string{"/nowhere", "/static/none", "/member/nowhere"} {
		got := owner.get(path).is(http.StatusNotFound)
		checkHeaders(t, path, got)
	}
	checkHeaders(t, "DELETE /login", owner.do(http.MethodDelete, "/login", nil).is(http.StatusMethodNotAllowed))
}

func checkHeaders(t *testing.T, name string, a *answer) {
	t.Helper()
	referrer := "same-origin"
	if strings.Contains(name, account.LinkPath) {
		referrer = "strict-origin" // the address is a secret
	}
	for header, want := range map[string]string{
		"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": referrer,
		"X-Frame-Options": "DENY",
	} {
		if got := a.Header.Get(header); got != want {
			t.Errorf("%s: %s is %q", name, header, got)
		}
	}
	if a.Header.Get("Permissions-Policy") == "" || len(a.Header.Get("X-Request-Id")) < 16 {
		t.Errorf("%s: headers %v", name, a.Header)
	}
	for _, inline := range []string{" style=\"", "<script>", " onclick="} {
		if strings.Contains(a.body, inline) {
			t.Errorf("%s: the page breaks its own policy with %s", name, inline)
		}
	}
}

func TestTheNotFoundPageNamesTheRequest(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	got := s.visitor().get("/nowhere").is(http.StatusNotFound, "404", "找不到", "data-request-id=")
	if !strings.Contains(got.body, got.Header.Get("X-Request-Id")) {
		t.Error("the page shows another request id")
	}
	s.signedIn("12345675", "owner01").get("/nowhere").is(http.StatusNotFound, "回會員專區首頁")
}

func TestHomeOffersTheWayIn(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.visitor().get("/").is(http.StatusOK, "登入會員專區", "/MPG/mpg_gateway").lacks("示範帳號")
	s.signedIn("12345675", "owner01").get("/").is(http.StatusOK, "前往會員專區")
}

func TestReadinessFollowsTheDatabase(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.visitor().get("/healthz").is(http.StatusOK, "ok")
	s.visitor().get("/readyz").is(http.StatusOK, `"database":"ok"`)
	s.visitor().get("/metrics").
		is(http.StatusOK, `http_request_duration_seconds_count{method="GET",route="ops",status="200"}`)
	v := s.signedIn("12345675", "owner01")
	s.db.Close()
	s.visitor().get("/healthz").is(http.StatusOK)
	s.visitor().get("/readyz").is(http.StatusServiceUnavailable, `"database":"failed"`)
	v.get("/member").is(http.StatusInternalServerError, "系統發生錯誤").lacks("closed", "sql")
	s.visitor().post("/login", credentials("12345675", "owner01", password)).
		is(http.StatusInternalServerError, "系統發生錯誤", "查詢編號").lacks("closed", "sql")
}

func TestAFormThatIsTooLargeOrBrokenIsRefused(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.visitor().post("/login", url.Values{"member": {strings.Repeat("x", 2<<20)}}).
		is(http.StatusRequestEntityTooLarge, "送出的資料太大")
}
