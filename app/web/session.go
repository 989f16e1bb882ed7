package web

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
)

// keySession is the only value of a browser's session: the account.SessionID as
// int64. Who that is, until when, and what they may do is read afresh for each
// request.
const keySession = "session"

func newSessions(o Options) *scs.SessionManager {
	m := scs.New()
	m.Store = &rememberedSessions{Store: o.Sessions, clock: o.Clock}
	m.Codec = sessionCodec{}
	m.Lifetime = account.SessionLifetime
	m.HashTokenInStore = true // whoever reads the database must not hold sessions
	m.Cookie.Name = "memberzone_session"
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Path = "/"
	m.Cookie.Persist = false // gone with the browser
	if o.Secure {
		m.Cookie.Name = "__Host-memberzone_session"
		m.Cookie.Secure = true
	}
	return m
}

// withSession loads the session of each request and saves it with the answer.
func (s *Server) withSession(next http.Handler) http.Handler {
	marked := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		trailOf(r.Context()).hasSession = true
		next.ServeHTTP(w, r)
	})
	return s.sessions.LoadAndSave(marked)
}

// sessionFailed answers when the session store does.
func (s *Server) sessionFailed(w http.ResponseWriter, r *http.Request, err error) {
	t := trailOf(r.Context())
	s.o.Log.ErrorContext(r.Context(), "session store failed", "request_id", t.id, "error", err.Error())
	s.writePlainError(w, r)
}

// SignIn starts a session under a fresh token, so that a token which somebody
// planted before is worth nothing.
func (s *Server) SignIn(c *gin.Context, started account.Session) error {
	ctx := c.Request.Context()
	if err := s.sessions.Clear(ctx); err != nil {
		return fmt.Errorf("start a session: %w", err)
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return fmt.Errorf("start a session: %w", err)
	}
	s.sessions.Put(ctx, keySession, int64(started.ID))
	return nil
}

// SignOut forgets the browser's session.
func (s *Server) SignOut(c *gin.Context) error {
	if err := s.sessions.Destroy(c.Request.Context()); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

// actorKey is where the guard leaves the actor for the handler.
const actorKey = "memberzone.actor"

// readActor returns who the request runs as; ok is false if nobody is signed in,
// or no longer may be.
func (s *Server) readActor(c *gin.Context) (actor account.Actor, ok bool, err error) {
	if known := Actor(c); known.Account.ID != 0 {
		return known, true, nil
	}
	ctx := c.Request.Context()
	if !trailOf(ctx).hasSession {
		return account.Actor{}, false, nil
	}
	id := s.sessions.GetInt64(ctx, keySession)
	if id == 0 {
		return account.Actor{}, false, nil
	}
	actor, err = s.o.Accounts.Actor(ctx, account.SessionID(id))
	if errors.Is(err, account.ErrNotFound) {
		return account.Actor{}, false, s.SignOut(c)
	}
	if err != nil {
		return account.Actor{}, false, err
	}
	t := trailOf(ctx)
	t.member, t.account = actor.Member.Code, actor.Account.Login
	if actor.Viewing() {
		t.account = actor.Viewer.Login
	}
	c.Set(actorKey, actor)
	return actor, true, nil
}

// Actor returns who the request runs as: the zero Actor, who may see nothing, unless
// the route's gate needed one or Peek found one.
func Actor(c *gin.Context) account.Actor {
	actor, _ := c.Value(actorKey).(account.Actor)
	return actor
}

// Peek returns who is signed in on a route that is open to everybody: for what a
// page offers, never for what it shows.
func (s *Server) Peek(c *gin.Context) (account.Actor, bool) {
	actor, ok, err := s.readActor(c)
	return actor, ok && err == nil
}

// SignedIn tells that somebody of a member is signed in, on a route that is open to
// everybody.
func (s *Server) SignedIn(c *gin.Context) bool {
	actor, ok := s.Peek(c)
	return ok && actor.Account.Kind != account.Staff
}

// Origin returns where the request comes from.
func Origin(c *gin.Context) account.Origin {
	return account.Origin{Address: c.ClientIP(), Agent: c.Request.UserAgent(), RequestID: RequestID(c)}
}

// By returns who the audit log says does what the request does. An owner who looks
// at the pages as an assistant stays the owner.
func By(c *gin.Context) audit.By {
	actor := Actor(c)
	by := audit.By{
		Chain: int64(actor.Member.ID), AccountID: int64(actor.Account.ID), Login: actor.Account.Login,
		Address: c.ClientIP(), RequestID: RequestID(c),
	}
	if actor.Viewing() {
		by.AccountID, by.Login, by.ViewedAs = int64(actor.Viewer.ID), actor.Viewer.Login, actor.Account.Login
	}
	return by
}
