package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"
	"github.com/klauspost/compress/gzhttp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/permit"
	"github.com/memberzone/memberzone/app/web/metrics"
	"github.com/memberzone/memberzone/static"
)

// Accounts reads who a request runs as.
type Accounts interface {
	// Actor returns account.ErrNotFound for a session that has ended, or whose account
	// may not sign in any more.
	Actor(ctx context.Context, id account.SessionID) (account.Actor, error)
	// StepUp takes a fresh proof of identity, or returns account.ErrStepUp.
	StepUp(ctx context.Context, a account.Actor, p account.Proof, from account.Origin) error
}

// Uses notes which permissions are used, for the access review.
type Uses interface {
	NoteUse(ctx context.Context, a account.Actor, d permit.Decision) error
}

// Check is one thing that must work for the program to be ready.
type Check struct {
	Name  string // one word, shown by /readyz
	Probe func(ctx context.Context) error
}

// Options say what a Server is built from.
type Options struct {
	Log            *slog.Logger
	Clock          clock.Clock
	Sessions       scs.Store
	Accounts       Accounts
	Permits        *permit.Authority
	Audit          audit.Recorder
	Uses           Uses
	Checks         []Check              // for /readyz
	Metrics        *prometheus.Registry // nil for a fresh one
	TrustedProxies []string             // CIDRs whose X-Forwarded-For is believed; none by default
	Secure         bool                 // the site is served over https
	Demo           bool                 // pages say that this is a demonstration
}

// Server is every page and every wire call behind one http.Handler.
type Server struct {
	o        Options
	requests *metrics.Requests
	sessions *scs.SessionManager
	site     *Router
	routers  []*Router
	handler  http.Handler
}

// What a request may take.
const (
	bodyBytesMax = 1 << 20
	answerMax    = 30 * time.Second
)

// Routes of the log and the metrics that no Router names.
const (
	routeStatic = "/static/*"
	routeOps    = "ops"
)

// New returns a Server with its engine for people, and with /healthz, /readyz and
// /metrics.
func New(o Options) (*Server, error) {
	if o.Metrics == nil {
		o.Metrics = prometheus.NewRegistry()
	}
	requests, err := metrics.NewRequests(o.Metrics)
	if err != nil {
		return nil, err
	}
	s := &Server{o: o, requests: requests, sessions: newSessions(o)}
	s.sessions.ErrorFunc = s.sessionFailed
	if s.site, err = s.newRouter(s.errorPage, nil); err != nil {
		return nil, fmt.Errorf("build the site's engine: %w", err)
	}
	s.site.engine.Use(s.site.refuseCrossOrigin())
	s.site.handler = s.withSession(s.site.engine)
	if err := s.mountOps(); err != nil {
		return nil, err
	}
	files := gzhttp.GzipHandler(static.Handler())
	s.handler = s.observe(s.secured(s.limited(s.dispatch(files))))
	return s, nil
}

// Site is the engine of pages for people: with sessions, and refusing forms that
// browsers post from other sites.
func (s *Server) Site() *Router { return s.site }

// Wire returns a new engine for all paths with one of the prefixes: without a
// session and open to posts from other sites, as merchants' forms are.
func (s *Server) Wire(render ErrorRenderer, prefixes ...string) (*Router, error) {
	r, err := s.newRouter(render, prefixes)
	if err != nil {
		return nil, fmt.Errorf("build an engine of the wire API: %w", err)
	}
	return r, nil
}

// ErrorPage is the ErrorRenderer of pages for people.
func (s *Server) ErrorPage() ErrorRenderer { return s.errorPage }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// dispatch hands a request to the engine whose prefix it has, else to the site.
func (s *Server) dispatch(files http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, static.Prefix) {
			trailOf(r.Context()).route = routeStatic
			files.ServeHTTP(w, r)
			return
		}
		for _, router := range s.routers {
			for _, prefix := range router.prefixes {
				if strings.HasPrefix(r.URL.Path, prefix) {
					router.handler.ServeHTTP(w, r)
					return
				}
			}
		}
		s.site.handler.ServeHTTP(w, r)
	})
}

// limited bounds the body and the time of each request.
func (s *Server) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), answerMax)
		defer cancel()
		r = r.WithContext(withWholeBody(ctx, r.Body))
		r.Body = http.MaxBytesReader(w, r.Body, bodyBytesMax)
		next.ServeHTTP(w, r)
	})
}

// mountOps mounts what the operator's machines ask for.
func (s *Server) mountOps() error {
	r, err := s.newRouter(s.errorPage, []string{"/healthz", "/readyz", "/metrics"})
	if err != nil {
		return fmt.Errorf("build the operator's engine: %w", err)
	}
	numbers := promhttp.HandlerFor(s.o.Metrics, promhttp.HandlerOpts{})
	r.GET("/healthz", permit.Public(), func(c *gin.Context) error {
		trailOf(c.Request.Context()).route = routeOps
		c.String(http.StatusOK, "ok\n")
		return nil
	})
	r.GET("/readyz", permit.Public(), s.ready)
	r.GET("/metrics", permit.Public(), func(c *gin.Context) error {
		trailOf(c.Request.Context()).route = routeOps
		numbers.ServeHTTP(c.Writer, c.Request)
		return nil
	})
	return nil
}

// probeMax is how long one check of readiness may take.
const probeMax = 2 * time.Second

// ready answers 200 when every check holds, else 503 with the names of those that
// do not; why, stands in the log.
func (s *Server) ready(c *gin.Context) error {
	trailOf(c.Request.Context()).route = routeOps
	status, answers := http.StatusOK, map[string]string{}
	for _, check := range s.o.Checks {
		ctx, cancel := context.WithTimeout(c.Request.Context(), probeMax)
		err := check.Probe(ctx)
		cancel()
		answers[check.Name] = "ok"
		if err != nil {
			status, answers[check.Name] = http.StatusServiceUnavailable, "failed"
			s.o.Log.WarnContext(c.Request.Context(), "not ready", "check", check.Name, "error", err.Error())
		}
	}
	c.JSON(status, answers)
	return nil
}
