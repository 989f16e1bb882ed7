package web

import (
	"errors"
	"net/http"
	"net/url"

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

// ErrAddress tells that an address is none that a form may be sent to.
var ErrAddress = errors.New("web: not an http or https address")

// AllowReturnTo lets the form of this one page leave for a merchant's ReturnURL.
// The policy cannot name that origin alone: browsers hold the redirects that
// follow the post against it too, and a merchant's handler often redirects to
// another host. The page's only form has the address that was checked here. It
// returns ErrAddress for what is no http or https address.
func AllowReturnTo(c *gin.Context, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ErrAddress
	}
	c.Header("Content-Security-Policy", policyHead+" https: http:"+policyTail)
	return nil
}
