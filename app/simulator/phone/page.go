package phone

import (
	"bytes"
	"net/http"
	"regexp"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/views/demo"
)

// boundCode is the last line of a message with a code ("Origin-bound one-time codes
// delivered via SMS" §2.1): how phones find codes.
var boundCode = regexp.MustCompile(`(?m)^@\S+ #([0-9A-Za-z]+)\s*\z`)

// CodeIn finds the code in a message's text, empty where there is none.
func CodeIn(text string) string {
	if found := boundCode.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}

// ServeHTTP shows the messages, newest first (/demo/phone).
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	var page demo.PhonePage
	for _, m := range g.Messages() {
		page.Texts = append(page.Texts, demo.Text{
			To: m.To, Body: m.Text, Code: CodeIn(m.Text), Time: m.At.In(clock.Taipei).Format("2006-01-02 15:04:05"),
		})
	}
	var html bytes.Buffer
	if err := demo.Phone(page).Render(r.Context(), &html); err != nil {
		g.o.Log.Error("phone: render", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(html.Bytes())
}
