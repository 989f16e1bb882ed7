package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web"
)

// The sessions of guardedSite.
const (
	ownerSession = account.SessionID(iota + 1)
	assistantSession
	viewerSession
	staffSession
)

// guardedSite has one route for each gate, and signs in whom a test names.
type guardedSite struct {
	t      *testing.T
	server *web.Server
	people *people
}

func newGuardedSite(t *testing.T) *guardedSite {
	t.Helper()
	long := time.Unix(1_795_000_000, 0).Add(-time.Hour)
	who := func(id account.ID, kind account.Kind, login string) account.Actor {
		return account.Actor{
			Account: account.Account{ID: id, Kind: kind, Login: login, Status: account.Active},
			Member:  member.Member{ID: 7, Kind: member.Enterprise, Code: "12345675", Status: member.Active},
			Session: account.Session{StartedAt: long, SteppedUpAt: long},
		}
	}
	viewing := who(2, account.Assistant, "clerk01")
	viewing.Viewer = account.Account{ID: 1, Kind: account.Owner, Login: "owner01"}
	staff := who(9, account.Staff, "agent01")
	staff.Member, staff.Account.Role = member.Member{}, account.Agent
	g := &guardedSite{t: t, people: &people{proof: "right", actors: map[account.SessionID]account.Actor{
		ownerSession: who(1, account.Owner, "owner01"), assistantSession: who(2, account.Assistant, "clerk01"),
		viewerSession: viewing, staffSession: staff,
	}}}
	g.server, _ = engine(t, func(o *web.Options) { o.Accounts, o.Audit, o.Uses = g.people, g.people, g.people })
	site := g.server.Site()
	site.POST("/in/:session", permit.Public(), func(c *gin.Context) error {
		return g.server.SignIn(c, account.Session{ID: account.SessionID(c.Param("session")[0] - '0')})
	})
	done := func(c *gin.Context) error {
		c.String(http.StatusOK, "done by "+web.By(c).Login+" "+c.PostForm("amount")+c.PostForm("step_up_password"))
		return nil
	}
	site.GET("/signed-in", permit.SignedIn(), done)
	site.POST("/signed-in", permit.SignedIn(), done)
	site.POST("/things/:thing", permit.SignedIn(), done)
	site.POST("/owner", permit.Owner().SteppedUp(), done)
	site.POST("/back", permit.Viewer(), done)
	site.GET("/support", permit.ConsoleHome.Gate(), done)
	site.OnDenied(func(c *gin.Context, _ permit.Decision) error {
		c.String(http.StatusForbidden, "denied")
		return nil
	})
	site.OnStepUp(func(c *gin.Context, ask web.StepUpAsk) error {
		c.String(http.StatusForbidden, "prove "+ask.Action+" "+ask.Form.Encode()+" "+ask.Problem)
		return nil
	})
	return g
}

// as answers a request of the session; 0 is a stranger.
func (g *guardedSite) as(session account.SessionID, method, path string, form url.Values) *httptest.ResponseRecorder {
	g.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if session != 0 {
		in := call(g.server, httptest.NewRequest(http.MethodPost, "/in/"+string(rune('0'+session)), nil))
		r.Header.Set("Cookie", in.Header().Get("Set-Cookie"))
	}
	return call(g.server, r)
}

func TestTheGuardLetsPassWhoMay(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		session      account.SessionID
		method, path string
		status       int
		says         string // in the body, or the address of a redirect
	}{
		{"stranger", 0, "GET", "/signed-in", http.StatusSeeOther, "/login"},
		{"stranger at the console", 0, "GET", "/support", http.StatusSeeOther, "/support/login"},
		{"assistant", assistantSession, "GET", "/signed-in", http.StatusOK, "done by clerk01"},
		{"assistant changes", assistantSession, "POST", "/signed-in", http.StatusOK, "done by clerk01"},
		{"assistant at the owner's", assistantSession, "POST", "/owner", http.StatusForbidden, "denied"},
		{"owner without a fresh proof", ownerSession, "POST", "/owner", http.StatusForbidden, "prove /owner"},
		{"member at the console", ownerSession, "GET", "/support", http.StatusForbidden, "不屬於這個區域"},
		{"staff at a member's page", staffSession, "GET", "/signed-in", http.StatusForbidden, "不屬於這個區域"},
		{"staff", staffSession, "GET", "/support", http.StatusOK, "done by agent01"},
		{"viewer looks", viewerSession, "GET", "/signed-in", http.StatusOK, "done by owner01"},
		{"viewer changes", viewerSession, "POST", "/signed-in", http.StatusForbidden, "只能看"},
		{"viewer at the owner's", viewerSession, "POST", "/owner", http.StatusForbidden, "denied"},
		{"viewer goes back", viewerSession, "POST", "/back", http.StatusOK, "done by owner01"},
		{"nobody to go back from", ownerSession, "POST", "/back", http.StatusSeeOther, "/member"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newGuardedSite(t).as(tt.session, tt.method, tt.path, nil)
			said := w.Header().Get("Location") + w.Body.String()
			if w.Code != tt.status || !strings.Contains(said, tt.says) {
				t.Errorf("%d %s", w.Code, said)
			}
		})
	}
}

func TestARefusalIsAuditedAndAUseIsNoted(t *testing.T) {
	t.Parallel()
	g := newGuardedSite(t)
	g.as(assistantSession, http.MethodPost, "/owner", nil)
	g.as(assistantSession, http.MethodGet, "/signed-in", nil)
	if len(g.people.entries) != 1 || g.people.entries[0].Kind != audit.PermissionDenied ||
		g.people.entries[0].Subject != "/owner" || g.people.entries[0].Login != "clerk01" || g.people.entries[0].Chain != 7 {
		t.Errorf("entries %+v", g.people.entries)
	}
	if len(g.people.noted) != 1 || !g.people.noted[0].Allowed {
		t.Errorf("noted %+v", g.people.noted)
	}
}

func TestAttemptsOnTheOtherSideAndWhileViewingAreAudited(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		session      account.SessionID
		method, path string
		by           audit.By
	}{
		{
			"a member's at the staff's door", ownerSession, "GET", "/support",
			audit.By{Chain: 7, AccountID: 1, Login: "owner01"},
		},
		{"staff at a member's", staffSession, "GET", "/signed-in", audit.By{AccountID: 9, Login: "agent01"}},
		{
			"a change while viewing", viewerSession, "POST", "/things/26112412000000001",
			audit.By{Chain: 7, AccountID: 1, Login: "owner01", ViewedAs: "clerk01"},
		},
	} {
		g := newGuardedSite(t)
		w := g.as(tt.session, tt.method, tt.path, nil)
		if w.Code != http.StatusForbidden || len(g.people.entries) != 1 {
			t.Errorf("%s: %d, entries %+v", tt.name, w.Code, g.people.entries)
			continue
		}
		e := g.people.entries[0]
		e.Address, e.RequestID = "", ""
		subject := strings.Replace(tt.path, "26112412000000001", ":thing", 1)
		if e.Kind != audit.PermissionDenied || e.Subject != subject || e.By != tt.by {
			t.Errorf("%s: %+v", tt.name, e)
		}
	}
}

func TestAPostWaitsForTheProofAndLosesNothing(t *testing.T) {
	t.Parallel()
	g := newGuardedSite(t)
	form := url.Values{"amount": {"100"}, "store": {"a", "b"}}
	asked := g.as(ownerSession, http.MethodPost, "/owner?x=1", form)
	if asked.Code != http.StatusForbidden || asked.Body.String() != "prove /owner?x=1 amount=100&store=a&store=b " {
		t.Errorf("asked: %d %s", asked.Code, asked.Body)
	}
	form.Set("step_up_password", "wrong")
	wrong := g.as(ownerSession, http.MethodPost, "/owner?x=1", form)
	if wrong.Code != http.StatusForbidden || strings.Contains(wrong.Body.String(), "wrong") ||
		!strings.Contains(wrong.Body.String(), "amount=100&store=a&store=b 無法確認身分") {
		t.Errorf("wrong: %d %s", wrong.Code, wrong.Body)
	}
	form.Set("step_up_password", "right")
	right := g.as(ownerSession, http.MethodPost, "/owner?x=1", form)
	if right.Code != http.StatusOK || right.Body.String() != "done by owner01 100" {
		t.Errorf("right: %d %s", right.Code, right.Body)
	}
}

// slowBody is a form whose last part arrives only after something else has happened.
type slowBody struct {
	parts  []string
	before func()
}

func (b *slowBody) Read(p []byte) (int, error) {
	if len(b.parts) == 0 {
		return 0, io.EOF
	}
	if len(b.parts) == 1 {
		b.before()
	}
	n := copy(p, b.parts[0])
	b.parts = b.parts[1:]
	return n, nil
}

func TestAFormThatTricklesInDoesNotOutliveItsSession(t *testing.T) {
	t.Parallel()
	g := newGuardedSite(t)
	in := call(g.server, httptest.NewRequest(http.MethodPost, "/in/1", nil))
	r := httptest.NewRequest(http.MethodPost, "/signed-in", &slowBody{
		parts: []string{"amount=", "100"}, before: func() { delete(g.people.actors, ownerSession) },
	})
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", in.Header().Get("Set-Cookie"))
	if w := call(g.server, r); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/login" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
