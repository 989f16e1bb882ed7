package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
)

// The content security policy, without and after the origins that forms may go to.
const (
	policyHead = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
		"connect-src 'self'; font-src 'self'; form-action 'self'"
	policyTail = "; frame-ancestors 'none'; base-uri 'none'"
)

// closedFeatures are the browser's features that no page uses.
const closedFeatures = "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), " +
	"magnetometer=(), microphone=(), midi=(), payment=(), screen-wake-lock=(), usb=()"

// secured sets the headers that every answer carries.
func (s *Server) secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policyHead+policyTail)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", closedFeatures)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if s.o.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// ErrOrigin tells that an address is none that a form may be sent to.
var ErrOrigin = errors.New("web: not an http or https address")

// AllowFormsTo lets the forms of this one page go to the origins of the given
// addresses too: a checkout's result page posts to the merchant's ReturnURL. It
// returns ErrOrigin for an address without a proper origin.
func AllowFormsTo(c *gin.Context, addresses ...string) error {
	policy := policyHead
	for _, address := range addresses {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" ||
			strings.ContainsAny(u.Host, " ;,'\"\t\r\n") {
			return ErrOrigin
		}
		policy += " " + u.Scheme + "://" + u.Host
	}
	c.Header("Content-Security-Policy", policy+policyTail)
	return nil
}
