package web_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/alexedwards/scs/v2/memstore"
	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
	"github.com/memberzone/memberzone/policies"
	"github.com/memberzone/memberzone/static"
)

// people are who is behind each session, and what was noted of them.
type people struct {
	actors  map[account.SessionID]account.Actor
	proof   string // the password that a step-up takes
	noted   []permit.Decision
	entries []audit.Entry
}

func (p *people) Actor(_ context.Context, id account.SessionID) (account.Actor, error) {
	actor, ok := p.actors[id]
	if !ok {
		return account.Actor{}, account.ErrNotFound
	}
	return actor, nil
}

func (p *people) StepUp(_ context.Context, _ account.Actor, proof account.Proof, _ account.Origin) error {
	if proof.Password.Expose() != p.proof {
		return account.ErrStepUp
	}
	return nil
}

func (p *people) NoteUse(_ context.Context, _ account.Actor, d permit.Decision) error {
	p.noted = append(p.noted, d)
	return nil
}

func (p *people) Record(_ context.Context, e audit.Entry) error {
	p.entries = append(p.entries, e)
	return nil
}

// engine returns a server on which the test mounts its own handlers, and its log.
func engine(t *testing.T, change func(*web.Options)) (*web.Server, *strings.Builder) {
	t.Helper()
	authority, err := permit.New(permit.Source{
		Model: policies.Model, Policy: policies.Policy, Screens: policies.Screens, Staff: policies.Staff,
	})
	if err != nil {
		t.Fatal(err)
	}
	log := &strings.Builder{}
	o := web.Options{
		Log:   slog.New(slog.NewTextHandler(log, nil)),
		Clock: clock.NewFake(time.Unix(1_795_000_000, 0)), Sessions: memstore.NewWithCleanupInterval(0),
		Accounts: &people{}, Permits: authority, Audit: &people{}, Uses: &people{},
	}
	if change != nil {
		change(&o)
	}
	s, err := web.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s, log
}

func call(s http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func get(s http.Handler, path string) *httptest.ResponseRecorder {
	return call(s, httptest.NewRequest(http.MethodGet, path, nil))
}

func TestAnErrorIsRenderedByItsKindAndItsCauseLoggedOnce(t *testing.T) {
	t.Parallel()
	cause := errors.New("relation secret_table is broken")
	tests := []struct {
		path   string
		err    error
		status int
		logged bool
	}{
		{"/internal", cause, http.StatusInternalServerError, true},
		{"/missing", fault.New(fault.NotFound, "x", "查無此交易。").Because(cause), http.StatusNotFound, false},
		{"/conflict", fault.New(fault.Conflict, "x", "已有相同的資料。"), http.StatusConflict, false},
		{"/denied", fault.New(fault.Denied, "x", "不可以。"), http.StatusForbidden, false},
		{"/refused", fmt.Errorf("pay: %w", fault.New(fault.Refused, "x", "不接受。")), http.StatusUnprocessableEntity, false},
		{"/throttled", fault.New(fault.Throttled, "x", "太頻繁。"), http.StatusTooManyRequests, false},
		{"/unavailable", fault.New(fault.Unavailable, "x", "沒有回應。").Because(cause), http.StatusServiceUnavailable, true},
		{"/timeout", fmt.Errorf("query: %w", context.DeadlineExceeded), http.StatusServiceUnavailable, false},
	}
	s, log := engine(t, nil)
	for _, tt := range tests {
		s.Site().GET(tt.path, permit.Public(), func(*gin.Context) error { return tt.err })
	}
	for _, tt := range tests {
		log.Reset()
		w := get(s, tt.path)
		id := w.Header().Get("X-Request-Id")
		page := w.Body.String()
		if w.Code != tt.status || !strings.Contains(page, id) || strings.Contains(page, "secret_table") {
			t.Errorf("%s: %d\n%s", tt.path, w.Code, page)
		}
		if f := fault.From(tt.err); f.Kind != fault.Internal && !strings.Contains(page, f.Public) {
			t.Errorf("%s: the public sentence is missing", tt.path)
		}
		if got := strings.Count(log.String(), "secret_table"); tt.logged && got != 1 || !tt.logged && got != 0 {
			t.Errorf("%s: the cause stands %d times in the log:\n%s", tt.path, got, log)
		}
		if tt.logged && strings.Count(log.String(), id) < 2 {
			t.Errorf("%s: the log does not name the request", tt.path)
		}
	}
}

func TestAPanicIsAnErrorPageAndItsValueStaysInside(t *testing.T) {
	t.Parallel()
	s, log := engine(t, nil)
	s.Site().GET("/panic", permit.Public(), func(*gin.Context) error { panic("4111111111111111") })
	w := get(s, "/panic")
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), w.Header().Get("X-Request-Id")) {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
	told := log.String() + w.Body.String()
	if !strings.Contains(told, "engine_test.go") || strings.Contains(told, "4111111111111111") {
		t.Errorf("the log: %s", log)
	}
	if w := get(s, "/healthz"); w.Code != http.StatusOK {
		t.Errorf("after a panic: %d", w.Code)
	}
}

func TestAGateThatNobodyNamedLetsNobodyPass(t *testing.T) {
	t.Parallel()
	s, _ := engine(t, nil)
	s.Site().GET("/forgotten", permit.Gate{}, func(c *gin.Context) error {
		c.String(http.StatusOK, "secret")
		return nil
	})
	if w := get(s, "/forgotten"); w.Code != http.StatusSeeOther || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
}

func TestTheWireEngineTakesPostsFromAnywhereAndHasNoSession(t *testing.T) {
	t.Parallel()
	s, _ := engine(t, nil)
	wire, err := s.Wire(func(c *gin.Context, f *fault.Fault) { c.String(web.Status(f), "wire:"+string(f.Code)) }, "/API/")
	if err != nil {
		t.Fatal(err)
	}
	wire.POST("/API/Query", permit.WireAPI(), func(c *gin.Context) error {
		if s.SignedIn(c) {
			return errors.New("signed in")
		}
		c.String(http.StatusOK, "answer")
		return nil
	})
	wire.POST("/API/Broken", permit.WireAPI(), func(*gin.Context) error {
		return fault.New(fault.Conflict, "twice", "重複")
	})
	for path, want := range map[string]string{
		"/API/Query": "answer", "/API/Broken": "wire:twice", "/API/Nothing": "wire:page_not_found",
		"/API/Query%00": "wire:form_unreadable", "/API/Query?x=%00": "wire:form_unreadable",
	} {
		r := httptest.NewRequest(http.MethodPost, path, nil)
		r.Header.Set("Origin", "https://shop.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.AddCookie(&http.Cookie{Name: "memberzone_session", Value: "x"})
		w := call(s, r)
		if w.Body.String() != want || w.Header().Get("Set-Cookie") != "" || w.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %d %s %v", path, w.Code, w.Body, w.Header())
		}
	}
}

func TestPagesAreCompressedOnceAndKnowTheirLength(t *testing.T) {
	t.Parallel()
	s, _ := engine(t, nil)
	long := strings.Repeat("<p>金流交易序號</p>", 500)
	s.Site().GET("/long", permit.Public(), func(c *gin.Context) error {
		return web.Page(c, http.StatusOK, templ.Raw(long))
	})
	s.Site().GET("/short", permit.Public(), func(c *gin.Context) error {
		return web.Page(c, http.StatusOK, templ.Raw("短"))
	})
	for _, tt := range []struct {
		path, accepts string
		zipped        bool
		want          string
	}{
		{"/long", "gzip, br", true, long},
		{"/long", "br, gzip;q=0.5", true, long},
		{"/long", "", false, long},
		{"/long", "gzip;q=0", false, long},
		{"/long", "br", false, long},
		{"/short", "gzip", false, "短"},
	} {
		r := httptest.NewRequest(http.MethodGet, tt.path, nil)
		r.Header.Set("Accept-Encoding", tt.accepts)
		w := call(s, r)
		if w.Header().Get("Content-Length") != fmt.Sprint(w.Body.Len()) {
			t.Errorf("%s %q: Content-Length %s of %d", tt.path, tt.accepts, w.Header().Get("Content-Length"), w.Body.Len())
		}
		if zipped := w.Header().Get("Content-Encoding") == "gzip"; zipped != tt.zipped {
			t.Errorf("%s %q: zipped %v", tt.path, tt.accepts, zipped)
		}
		body := io.Reader(w.Body)
		if tt.zipped {
			z, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			body = z
		}
		if got, err := io.ReadAll(body); err != nil || string(got) != tt.want {
			t.Errorf("%s %q: %v, %d bytes", tt.path, tt.accepts, err, len(got))
		}
	}
}

func TestStaticFilesAreServedCompressedAndCacheable(t *testing.T) {
	t.Parallel()
	s, _ := engine(t, nil)
	r := httptest.NewRequest(http.MethodGet, static.URL("app.css"), nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w := call(s, r)
	if w.Code != http.StatusOK || w.Header().Get("Content-Encoding") != "gzip" ||
		!strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestAllowReturnTo(t *testing.T) {
	t.Parallel()
	s, _ := engine(t, nil)
	var refused error
	s.Site().GET("/result", permit.Public(), func(c *gin.Context) error {
		refused = web.AllowReturnTo(c, c.Query("to"))
		c.String(http.StatusOK, "")
		return nil
	})
	plain := get(s, "/healthz").Header().Get("Content-Security-Policy")
	policy := get(s, "/result?to=https://shop.example:8443/return%3Fa=1").Header().Get("Content-Security-Policy")
	want := strings.Replace(plain, "form-action 'self'", "form-action 'self' https: http:", 1)
	if policy != want || refused != nil {
		t.Errorf("policy %q, %v", policy, refused)
	}
	for _, to := range []string{"javascript:x", "/return", "//a.example", "ftp://a.example", ""} {
		got := get(s, "/result?to="+to).Header().Get("Content-Security-Policy")
		if !errors.Is(refused, web.ErrAddress) || got != plain {
			t.Errorf("%q: %v, policy %q", to, refused, got)
		}
	}
}

func TestOverHTTPSCookiesAndTransportAreSecure(t *testing.T) {
	t.Parallel()
	s, _ := engine(t, func(o *web.Options) { o.Secure = true })
	s.Site().POST("/in", permit.Public(), func(c *gin.Context) error {
		if err := s.SignIn(c, account.Session{ID: 1}); err != nil {
			return err
		}
		return web.Redirect(c, "/")
	})
	w := call(s, httptest.NewRequest(http.MethodPost, "/in", nil))
	cookie := w.Header().Get("Set-Cookie")
	if !strings.HasPrefix(cookie, "__Host-memberzone_session=") || !strings.Contains(cookie, "; Secure") ||
		!strings.Contains(cookie, "; HttpOnly") || !strings.Contains(cookie, "; SameSite=Lax") {
		t.Errorf("cookie %q", cookie)
	}
	if w.Header().Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security")
	}
	insecure, _ := engine(t, nil)
	if get(insecure, "/healthz").Header().Get("Strict-Transport-Security") != "" {
		t.Error("Strict-Transport-Security over http")
	}
}

func TestAddressLimiter(t *testing.T) {
	t.Parallel()
	now := clock.NewFake(time.Unix(1_795_000_000, 0))
	l := web.NewAddressLimiter(now, 2, time.Second)
	allowed := func(address string, want bool) {
		t.Helper()
		if got := l.Allow(address); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	allowed("192.0.2.1", true)
	allowed("::ffff:192.0.2.1", true) // the same client
	allowed("192.0.2.1", false)
	allowed("192.0.2.2", true)
	allowed("2001:db8::1", true)
	allowed("2001:db8::2", true) // the same network
	allowed("2001:db8::3", false)
	allowed("2001:db8:0:1::1", true)
	for i := range 50_000 { // more clients than are remembered
		l.Allow(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255))
	}
	now.Advance(time.Second)
	allowed("192.0.2.1", true)
	allowed("not an address", true)
	allowed("", true)
	allowed("neither", false)
}

// An answer that fails half way must not look whole: the connection is cut.
func TestAnAnswerThatFailsHalfWayHasNoEnd(t *testing.T) {
	t.Parallel()
	s, log := engine(t, nil)
	s.Site().GET("/half", permit.Public(), func(c *gin.Context) error {
		_, _ = c.Writer.WriteString(strings.Repeat("x", 1<<16))
		return errors.New("the database is gone")
	})
	server := httptest.NewServer(s)
	defer server.Close()
	resp, err := server.Client().Get(server.URL + "/half")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the reader sees %v", err)
	}
	server.Close() // the log is written when the request is over
	if text := log.String(); strings.Count(text, "the database is gone") != 1 || !strings.Contains(text, "msg=request ") {
		t.Errorf("the log:\n%s", text)
	}
}
