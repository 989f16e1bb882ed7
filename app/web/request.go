package web

import (
	"context"
	"crypto/rand"
	"net/http"

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

// RequestID returns the id under which the log knows the request.
func RequestID(c *gin.Context) string { return trailOf(c.Request.Context()).id }

// NoteTradeNo tells the log which transaction a request is about.
func NoteTradeNo(c *gin.Context, no ident.TradeNo) { trailOf(c.Request.Context()).tradeNo = string(no) }
