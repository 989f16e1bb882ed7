package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"

	"github.com/memberzone/memberzone/static"
)

// Origin returns an engine that is served on an address of its own, and its handler,
// which also answers the static files and /healthz. It has no session, and is open to
// other sites: its handlers check who asks.
func (s *Server) Origin(render ErrorRenderer) (*Router, http.Handler, error) {
	r, err := s.newRouter(render, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("build the engine of an origin: %w", err)
	}
	files := gzhttp.GzipHandler(static.Handler())
	handler := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if strings.HasPrefix(req.URL.Path, static.Prefix) {
			trailOf(req.Context()).route = routeStatic
			files.ServeHTTP(w, req)
			return
		}
		r.handler.ServeHTTP(w, req)
	})
	return r, s.observe(s.secured(s.limited(handler))), nil
}
