package web

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
)

// How long a sign-in lasts.
const (
	sessionIdle     = 30 * time.Minute // without any request
	sessionLifetime = 12 * time.Hour   // from sign-in on, whatever happens
	// sessionTouch is how precisely the latest request is known: a write to the
	// database on each request would cost more than most pages.
	sessionTouch = time.Minute
)

// The keys of a session's values. It holds nothing but who signed in and when:
// what they may do is read afresh for each request.
const (
	keyAccount = "account" // account.ID as int64
	keyStarted = "started" // Unix seconds
	keySeen    = "seen"    // Unix seconds
)

func newSessions(o Options) *scs.SessionManager {
	m := scs.New()
	m.Store = o.Sessions
	m.Lifetime = sessionLifetime
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

// signedInAccount returns the account of the session, if it has not run out. It
// ends a session that has, and notes that the account is still there.
func (s *Server) signedInAccount(c *gin.Context) (account.ID, bool, error) {
	ctx := c.Request.Context()
	if !trailOf(ctx).hasSession {
		return 0, false, nil
	}
	id := s.sessions.GetInt64(ctx, keyAccount)
	if id == 0 {
		return 0, false, nil
	}
	now := s.o.Clock.Now()
	started := time.Unix(s.sessions.GetInt64(ctx, keyStarted), 0)
	seen := time.Unix(s.sessions.GetInt64(ctx, keySeen), 0)
	if now.Sub(started) >= sessionLifetime || now.Sub(seen) >= sessionIdle {
		if err := s.sessions.Destroy(ctx); err != nil {
			return 0, false, fmt.Errorf("end an old session: %w", err)
		}
		return 0, false, nil
	}
	if now.Sub(seen) >= sessionTouch {
		s.sessions.Put(ctx, keySeen, now.Unix())
	}
	return account.ID(id), true, nil
}

// SignedIn tells that the request comes with a sign-in that has not run out. It
// is for what a page offers, never for what it shows: see Actor.
func (s *Server) SignedIn(c *gin.Context) bool {
	_, ok, err := s.signedInAccount(c)
	return ok && err == nil
}

// SignIn starts a session for the account under a fresh token, so that a token
// which somebody planted before is worth nothing.
func (s *Server) SignIn(c *gin.Context, id account.ID) error {
	ctx := c.Request.Context()
	if err := s.sessions.Clear(ctx); err != nil {
		return fmt.Errorf("start a session: %w", err)
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return fmt.Errorf("start a session: %w", err)
	}
	now := s.o.Clock.Now().Unix()
	s.sessions.Put(ctx, keyAccount, int64(id))
	s.sessions.Put(ctx, keyStarted, now)
	s.sessions.Put(ctx, keySeen, now)
	return nil
}

// SignOut ends the session.
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
	id, ok, err := s.signedInAccount(c)
	if err != nil || !ok {
		return account.Actor{}, false, err
	}
	actor, err = s.o.Accounts.Actor(c.Request.Context(), id)
	if errors.Is(err, account.ErrNotFound) {
		return account.Actor{}, false, s.SignOut(c)
	}
	if err != nil {
		return account.Actor{}, false, err
	}
	t := trailOf(c.Request.Context())
	t.member, t.account = actor.Member.Code, actor.Account.Login
	c.Set(actorKey, actor)
	return actor, true, nil
}

// Actor returns who the request runs as. It is the zero Actor, who may see
// nothing, on a route whose gate does not need one.
func Actor(c *gin.Context) account.Actor {
	actor, _ := c.Value(actorKey).(account.Actor)
	return actor
}
