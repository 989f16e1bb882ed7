package web

import (
	"net/http"
	"time"
)

// The limits of one connection: slow clients must not hold it for ever.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 60 * time.Second
	idleTimeout   = 2 * time.Minute
	headerMax     = 64 << 10
)

// HTTPServer returns an http.Server for the handler with these limits. The caller
// listens and shuts it down.
func HTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: headerMax,
	}
}
