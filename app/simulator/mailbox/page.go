package mailbox

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/views/demo"
)

// htmlOf names, in the page's query, the mail whose HTML is asked for by its number.
const htmlOf = "html"

// SECURITY: a mail's HTML stands in a frame of its own without scripts, forms, the page's
// origin or anything from elsewhere. Its links open outside of the frame, as in a mail
// program.
const (
	framePolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; " +
		"frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"font-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"
	outside = `<base target="_blank">`
)

// ServeHTTP shows the mails, newest first (/demo/mailbox), and the HTML of one for the
// page's frames.
func (m *Mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if number := r.URL.Query().Get(htmlOf); number != "" {
		m.serveHTML(w, number)
		return
	}
	m.servePage(w, r)
}

func (m *Mailbox) servePage(w http.ResponseWriter, r *http.Request) {
	var page demo.MailboxPage
	mails, number := m.newest()
	for _, mail := range mails {
		shown := demo.Mail{
			To: strings.Join(mail.To, ", "), From: mail.From, Subject: mail.Subject, Body: mail.Text,
			Time: mail.ReceivedAt.In(clock.Taipei).Format("2006-01-02 15:04:05"),
		}
		if mail.HTML != "" {
			shown.HTMLHref = r.URL.Path + "?" + htmlOf + "=" + strconv.Itoa(number)
		}
		page.Mails = append(page.Mails, shown)
		number--
	}
	var html bytes.Buffer
	if err := demo.Mailbox(page).Render(r.Context(), &html); err != nil {
		m.options.Log.Error("mailbox: render", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", pagePolicy)
	_, _ = w.Write(html.Bytes())
}

func (m *Mailbox) serveHTML(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Security-Policy", framePolicy)
	w.Header().Set("X-Frame-Options", "SAMEORIGIN")
	number, err := strconv.Atoi(text)
	mail, found := m.numbered(number)
	if err != nil || !found || mail.HTML == "" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	_, _ = w.Write([]byte(strings.Replace(mail.HTML, "<head>", "<head>"+outside, 1)))
}
