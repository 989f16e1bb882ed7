package mailbox

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/views/demo"
)

// ServeHTTP shows the mails, newest first (/demo/mailbox).
func (m *Mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	var page demo.MailboxPage
	for _, mail := range m.Mails() {
		page.Mails = append(page.Mails, demo.Mail{
			To: strings.Join(mail.To, ", "), From: mail.From, Subject: mail.Subject, Body: mail.Text,
			Time: mail.ReceivedAt.In(clock.Taipei).Format("2006-01-02 15:04:05"),
		})
	}
	var html bytes.Buffer
	if err := demo.Mailbox(page).Render(r.Context(), &html); err != nil {
		m.options.Log.Error("mailbox: render", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(html.Bytes())
}
