package web

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/ident"
)

// trail is what the log and the error page know of a request. The middleware
// makes it, the handlers fill it in.
type trail struct {
	id         string
	route      string // the pattern, never the path: a path may hold anything
	member     string // code
	account    string // login
	tradeNo    string
	hasSession bool
}

type trailKey struct{}

// requestIDLength is 80 random bits in base32: enough to tell requests apart, and
// short enough to be read out on the phone.
const requestIDLength = 16

func withTrail(r *http.Request) (*http.Request, *trail) {
	t := &trail{id: rand.Text()[:requestIDLength], route: "unmatched"}
	return r.WithContext(context.WithValue(r.Context(), trailKey{}, t)), t
}

func trailOf(ctx context.Context) *trail {
	if t, ok := ctx.Value(trailKey{}).(*trail); ok {
		return t
	}
	return &trail{}
}

// isText tells that a text from outside is one that a database keeps and a page shows:
// UTF-8 without a NUL.
func isText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// areText tells the same of all names and values of a form or query.
func areText(values url.Values) bool {
	for name, all := range values {
		if !isText(name) || slices.ContainsFunc(all, func(value string) bool { return !isText(value) }) {
			return false
		}
	}
	return true
}

// refuseUnstorable refuses an address that is no text, before any handler looks for it.
// Form does the same for what is posted to pages; the wire API reads its own forms.
func (r *Router) refuseUnstorable(c *gin.Context) {
	if !isText(c.Request.URL.Path) || !areText(c.Request.URL.Query()) {
		r.fail(c, ErrForm)
		c.Abort()
	}
}

// RequestID returns the id under which the log knows the request.
func RequestID(c *gin.Context) string { return trailOf(c.Request.Context()).id }

// NoteTradeNo tells the log which transaction a request is about.
func NoteTradeNo(c *gin.Context, no ident.TradeNo) { trailOf(c.Request.Context()).tradeNo = string(no) }
