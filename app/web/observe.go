package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/memberzone/memberzone/app/web/metrics"
)

// answer remembers what was answered, for the log and the metrics.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += n
	return n, err
}

// Flush implements http.Flusher.
func (a *answer) Flush() { _ = http.NewResponseController(a.ResponseWriter).Flush() }

// Unwrap serves http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// observe gives each request its id, catches panics, and logs and measures the
// answer. It is the outermost handler.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		timed := s.requests.Start()
		r, t := withTrail(r)
		w.Header().Set("X-Request-Id", t.id)
		a := &answer{ResponseWriter: w}
		defer func() {
			broken := recover()
			err, _ := broken.(error)
			cut := errors.Is(err, http.ErrAbortHandler)
			if broken != nil && !cut {
				s.recovered(a, r, broken)
			}
			if a.status == 0 {
				a.status = http.StatusOK // net/http says so for a handler that wrote nothing
			}
			s.logAccess(r, a, timed.Done(metrics.Labels{Route: t.route, Method: r.Method, Status: a.status}))
			if cut {
				mustCut()
			}
		}()
		next.ServeHTTP(a, r)
	})
}

// recovered answers a request whose handler panicked.
func (s *Server) recovered(a *answer, r *http.Request, broken any) {
	t := trailOf(r.Context())
	// Only the type: a panic's value may hold what the handler was given.
	s.o.Log.ErrorContext(r.Context(), "panic", "request_id", t.id, "route", t.route,
		"type", fmt.Sprintf("%T", broken), "stack", string(debug.Stack()))
	if a.status == 0 {
		s.writePlainError(a, r)
	}
}

func (s *Server) logAccess(r *http.Request, a *answer, took time.Duration) {
	t := trailOf(r.Context())
	level := slog.LevelInfo
	if t.route == routeStatic || t.route == routeOps {
		level = slog.LevelDebug
	}
	attrs := []slog.Attr{
		slog.String("request_id", t.id), slog.String("method", metrics.Method(r.Method)), slog.String("route", t.route),
		slog.Int("status", a.status), slog.Int("bytes", a.bytes), slog.Duration("took", took),
	}
	for _, known := range []struct{ name, value string }{
		{"member", t.member}, {"account", t.account}, {"trade_no", t.tradeNo},
	} {
		if known.value != "" {
			attrs = append(attrs, slog.String(known.name, known.value))
		}
	}
	s.o.Log.LogAttrs(context.WithoutCancel(r.Context()), level, "request", attrs...)
}
