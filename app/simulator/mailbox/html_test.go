package mailbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/notify"
	"github.com/memberzone/memberzone/app/simulator/mailbox"
)

func ask(m *mailbox.Mailbox, address string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	m.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, address, nil))
	return recorder
}

var frame = regexp.MustCompile(`<iframe class="mail-html" src="([^"]+)"[^>]*sandbox="([^"]*)"`)

// frames are the addresses of the frames of the page, from above.
func frames(t *testing.T, m *mailbox.Mailbox) (addresses []string) {
	t.Helper()
	page := ask(m, "/demo/mailbox")
	if got := page.Header().Get("Content-Security-Policy"); !strings.Contains(got, "frame-src 'self'") ||
		!strings.Contains(got, "script-src 'self'") || strings.Contains(got, "unsafe") {
		t.Errorf("the page's policy is %q", got)
	}
	for _, found := range frame.FindAllStringSubmatch(page.Body.String(), -1) {
		if found[2] != "allow-popups allow-popups-to-escape-sandbox" {
			t.Errorf("the frame may %q", found[2])
		}
		addresses = append(addresses, found[1])
	}
	return addresses
}

func both(id int64) notify.Mail {
	return notify.Mail{
		ID: id, To: "payer@example.com", Subject: fmt.Sprint("no. ", id), Text: fmt.Sprint("text ", id),
		HTML: fmt.Sprintf("<html><head><title>t</title></head><body><p>rich %d</p><script>x</script></body></html>", id),
	}
}

func TestTheHTMLOfAMailStandsInAFrameWithoutRights(t *testing.T) {
	t.Parallel()
	m, port := open(t, 2, "")
	plain := notify.Mail{ID: 9, To: "payer@example.com", Subject: "plain", Text: "only text"}
	send(t, port, both(1), both(2))
	old := frames(t, m)
	send(t, port, plain, both(3))
	now := frames(t, m)
	if len(old) != 2 || len(now) != 1 {
		t.Fatalf("frames %q, then %q", old, now)
	}
	for address, want := range map[string]string{now[0]: "rich 3", old[0]: "", old[1]: ""} { // the older two are gone
		got := ask(m, address)
		switch {
		case want == "" && got.Code != http.StatusNotFound:
			t.Errorf("%s answers %d", address, got.Code)
		case want != "" && (got.Code != http.StatusOK || !strings.Contains(got.Body.String(), want)):
			t.Errorf("%s answers %d %s", address, got.Code, got.Body)
		}
		policy := got.Header().Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "; sandbox allow-popups") ||
			strings.Contains(policy, "allow-scripts") || strings.Contains(policy, "allow-same-origin") {
			t.Errorf("the frame's policy is %q", policy)
		}
	}
	if got := ask(m, now[0]).Body.String(); !strings.Contains(got, `<head><base target="_blank">`) {
		t.Errorf("links stay in the frame: %s", got)
	}
	for _, unknown := range []string{"-1", "99", "x", "99999999999999999999"} {
		if got := ask(m, "/demo/mailbox?html="+unknown); got.Code != http.StatusNotFound {
			t.Errorf("%s answers %d", unknown, got.Code)
		}
	}
	page := ask(m, "/demo/mailbox").Body.String()
	if !strings.Contains(page, "text 3") || !strings.Contains(page, "only text") || strings.Contains(page, "rich 3") {
		t.Errorf("the page is %s", page)
	}
}

func TestAMailThatWasSentTwiceIsKeptOnce(t *testing.T) {
	t.Parallel()
	m, port := open(t, 0, "")
	other := both(1)
	other.To = "other@example.com"
	send(t, port, both(1), both(1), other, both(2))
	mails := m.Mails()
	if len(mails) != 3 || mails[0].Subject != "no. 2" || mails[1].To[0] != "other@example.com" || mails[2].HTML == "" {
		t.Errorf("kept %+v", mails)
	}
}
