package web

import (
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/account"
	"github.com/memberzone/memberzone/app/permit"
)

// Handler answers a request, or returns the error that is to be rendered.
type Handler func(c *gin.Context) error

// DeniedRenderer answers a request of a signed-in account that may not pass.
type DeniedRenderer func(c *gin.Context, d permit.Decision) error

// Router mounts handlers on one engine. Every route names its gate.
type Router struct {
	server   *Server
	engine   *gin.Engine
	prefixes []string
	gates    map[string]permit.Gate // by method and path
	uploads  map[string]bool        // paths whose forms may bring files
	render   ErrorRenderer
	denied   DeniedRenderer
	// staffDenied answers one of our staff.
	staffDenied DeniedRenderer
	stepUp      StepUpRenderer
	changed     func(actor account.Actor)
	handler     http.Handler
}

var releaseMode = sync.OnceFunc(func() { gin.SetMode(gin.ReleaseMode) })

func (s *Server) newRouter(render ErrorRenderer, prefixes []string) (*Router, error) {
	releaseMode()
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	if err := e.SetTrustedProxies(s.o.TrustedProxies); err != nil {
		return nil, err
	}
	r := &Router{
		server: s, engine: e, prefixes: prefixes, gates: map[string]permit.Gate{}, uploads: map[string]bool{}, render: render,
	}
	e.NoRoute(func(c *gin.Context) { r.fail(c, ErrNoPage) })
	e.NoMethod(func(c *gin.Context) { r.fail(c, ErrMethod) })
	e.Use(r.refuseUnstorable)
	r.handler = e
	s.routers = append(s.routers, r)
	return r, nil
}

// GET mounts a handler for GET and HEAD.
func (r *Router) GET(path string, gate permit.Gate, h Handler) {
	r.mount(http.MethodGet, path, gate, h)
	r.mount(http.MethodHead, path, gate, h)
}

// POST mounts a handler for POST.
func (r *Router) POST(path string, gate permit.Gate, h Handler) {
	r.mount(http.MethodPost, path, gate, h)
}

// Handler mounts a plain handler for GET and HEAD.
func (r *Router) Handler(path string, gate permit.Gate, h http.Handler) {
	r.GET(path, gate, func(c *gin.Context) error {
		h.ServeHTTP(c.Writer, c.Request)
		return nil
	})
}

// OnDenied sets who answers a signed-in account of a member that may not pass.
func (r *Router) OnDenied(d DeniedRenderer) { r.denied = d }

// OnStaffDenied sets who answers one of our staff whose role may not pass.
func (r *Router) OnStaffDenied(d DeniedRenderer) { r.staffDenied = d }

// OnChange sets who is told that a signed-in account posted something, once that is done.
func (r *Router) OnChange(do func(actor account.Actor)) { r.changed = do }

func (r *Router) mount(method, path string, gate permit.Gate, h Handler) {
	r.gates[method+" "+path] = gate
	r.engine.Handle(method, path, func(c *gin.Context) {
		trailOf(c.Request.Context()).route = path
		if method == http.MethodPost && r.uploads[path] {
			widen(c)
		}
		passed, err := r.guard(c, gate)
		if err == nil && passed {
			err = h(c)
			if r.changed != nil && !isRead(method) {
				r.changed(Actor(c))
			}
		}
		if err != nil {
			r.fail(c, err)
		}
	})
}

// refuseCrossOrigin refuses forms that a browser posts from another site. A client
// that sends none of the browsers' headers carries nobody's cookies, and passes.
func (r *Router) refuseCrossOrigin() gin.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	return func(c *gin.Context) {
		if err := protection.Check(c.Request); err != nil {
			r.fail(c, ErrCrossOrigin.Because(err))
			c.Abort()
		}
	}
}

// Allows tells whether the request's actor may pass a gate: for menus and buttons.
func (r *Router) Allows(c *gin.Context, gate permit.Gate) bool {
	return r.Decision(c, gate).Allowed
}

// Decision tells what a gate says of the request's actor: the zero Decision after an error.
func (r *Router) Decision(c *gin.Context, gate permit.Gate) permit.Decision {
	d, err := r.server.o.Permits.Decide(Actor(c), gate)
	if err != nil {
		return permit.Decision{}
	}
	return d
}

// SafeNext returns the address if it is a page of 會員專區 on this site, else nothing:
// a sign-in must not lead anywhere else.
func SafeNext(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || u.Opaque != "" ||
		strings.ContainsAny(address, "\\\r\n\t") {
		return ""
	}
	if u.Path != "/member" && !strings.HasPrefix(u.Path, "/member/") || strings.Contains(u.Path, "..") {
		return ""
	}
	u.Fragment = ""
	return u.String()
}

// Route is one route with its gate, for the list of routes.
type Route struct {
	Method string
	Path   string
	Gate   permit.Gate
	Gated  bool // false for a route that was mounted past the Router
}

// Routes lists every route of every engine.
func (s *Server) Routes() []Route {
	var list []Route
	for _, r := range s.routers {
		for _, route := range r.engine.Routes() {
			gate, ok := r.gates[route.Method+" "+route.Path]
			list = append(list, Route{Method: route.Method, Path: route.Path, Gate: gate, Gated: ok})
		}
	}
	return list
}
