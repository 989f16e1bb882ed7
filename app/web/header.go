package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
)

// pagePolicy is a page's content security policy. Its zero value is that of most pages.
type pagePolicy struct {
	connect   []string // origins that scripts may ask, besides the page's own
	forms     []string // origins or schemes that forms may lead to, besides the page's own
	ancestors []string // origins whose pages may frame it; none by default
}

func (p pagePolicy) String() string {
	ancestors := "'none'"
	if len(p.ancestors) > 0 {
		ancestors = strings.Join(p.ancestors, " ")
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
		"connect-src " + strings.Join(append([]string{"'self'"}, p.connect...), " ") +
		"; font-src 'self'; form-action " + strings.Join(append([]string{"'self'"}, p.forms...), " ") +
		"; frame-ancestors " + ancestors + "; base-uri 'none'"
}

// closedFeatures are the browser's features that no page uses.
const closedFeatures = "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), " +
	"magnetometer=(), microphone=(), midi=(), screen-wake-lock=(), usb=()"

// secured sets the headers that every answer carries.
func (s *Server) secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy{}.String())
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", closedFeatures+", payment=()")
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
	c.Header("Content-Security-Policy", pagePolicy{forms: []string{"https:", "http:"}}.String())
	return nil
}

// AllowPayment lets this one page ask the browser to confirm a payment, with what the
// relying party at the origin says, and lead on to the relying party's own page.
func AllowPayment(c *gin.Context, relyingParty string) {
	there := []string{relyingParty}
	c.Header("Content-Security-Policy", pagePolicy{connect: there, forms: there}.String())
	c.Header("Permissions-Policy", closedFeatures+", payment=(self)")
}

// AllowPasskeys lets this one page of the relying party use passkeys and confirm
// payments, lead on to the payment page's origin, and stand in a frame of the given
// origins' pages.
func AllowPasskeys(c *gin.Context, next string, ancestors ...string) {
	c.Header("Content-Security-Policy", pagePolicy{forms: []string{next}, ancestors: ancestors}.String())
	c.Header("Permissions-Policy",
		closedFeatures+", payment=(self), publickey-credentials-create=(self), publickey-credentials-get=(self)")
	if len(ancestors) > 0 {
		c.Writer.Header().Del("X-Frame-Options") // it knows no origins, and would refuse them
	}
}
