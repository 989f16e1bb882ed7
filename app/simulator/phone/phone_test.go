package phone_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/phone"
)

const gatewaySecret = "a secret of the test's own"

var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

type desk struct {
	t       *testing.T
	gateway *phone.Gateway
	server  *httptest.Server
}

func open(t *testing.T, o phone.Options) *desk {
	t.Helper()
	o.Secret, o.Clock, o.Log = secret.New(gatewaySecret), clock.NewFake(noon), slog.New(slog.DiscardHandler)
	g, err := phone.New(o)
	must(t, err)
	d := &desk{t, g, httptest.NewServer(g.Handler())}
	t.Cleanup(d.shut)
	return d
}

func (d *desk) shut() {
	_ = d.gateway.Close()
	d.server.Close()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func message(reference, text string) string {
	body, _ := json.Marshal(map[string]string{
		"reference": reference, "to": "+886912345678", "text": text, "valid_until": "2026-11-24T04:05:00Z",
	})
	return string(body)
}

// call makes a call, signed if it is the protocol's.
func (d *desk) call(method, path, body string, edit ...func(*http.Request)) (int, string) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.server.URL+path, strings.NewReader(body))
	must(d.t, err)
	stamp, digest := strconv.FormatInt(noon.Unix(), 10), sha256.Sum256([]byte(body))
	h := hmac.New(sha256.New, []byte(gatewaySecret))
	_, _ = io.WriteString(h, strings.Join(
		[]string{phone.DefaultAccount, method, path, stamp, hex.EncodeToString(digest[:])}, "\n"))
	for name, value := range map[string]string{
		"Content-Type": "application/json", "SMS-Account": phone.DefaultAccount, "SMS-Timestamp": stamp,
		"SMS-Signature": hex.EncodeToString(h.Sum(nil)),
	} {
		r.Header.Set(name, value)
	}
	for _, e := range edit {
		e(r)
	}
	resp, err := d.server.Client().Do(r)
	must(d.t, err)
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	must(d.t, err)
	return resp.StatusCode, strings.TrimSpace(string(answer))
}

func (d *desk) until(messages int) []phone.Message {
	d.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if m := d.gateway.Messages(); len(m) == messages {
			return m
		}
		if time.Now().After(deadline) {
			d.t.Fatalf("%d messages never came", messages)
		}
	}
}

func TestTheProtocolAnswersAsItSays(t *testing.T) {
	t.Parallel()
	d := open(t, phone.Options{})
	good := message("R1", "hello")
	plain := func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }
	unsigned := func(r *http.Request) { r.Header.Del("SMS-Signature") }
	another := func(r *http.Request) { r.Header.Set("SMS-Account", "x") }
	for _, test := range []struct {
		name, body string
		edit       func(*http.Request)
		status     int
		answer     string
	}{
		{"taken", good, nil, 202, `{"reference":"R1","status":"accepted"}`},
		{"again", good, nil, 202, `{"reference":"R1","status":"accepted"}`},
		{"other words", message("R1", "bye"), nil, 409, `{"error":"reference_conflict"}`},
		{"no number", strings.Replace(good, "+886912345678", "0912345678", 1), nil, 400, `{"error":"invalid_request"}`},
		{"no words", message("R2", ""), nil, 400, `{"error":"invalid_request"}`},
		{"an endless text", message("R2", strings.Repeat("字", 671)), nil, 400, `{"error":"invalid_request"}`},
		{"an unknown field", strings.Replace(good, "{", `{"x":1,`, 1), nil, 400, `{"error":"invalid_request"}`},
		{"two values", good + good, nil, 400, `{"error":"invalid_request"}`},
		{"too large", strings.Repeat("x", 17<<10), nil, 413, `{"error":"too_large"}`},
		{"a form", good, plain, 415, `{"error":"unsupported_media_type"}`},
		{"unsigned", good, unsigned, 401, `{"error":"unauthorised"}`},
		{"another account", good, another, 401, `{"error":"unauthorised"}`},
	} {
		var edits []func(*http.Request)
		if test.edit != nil {
			edits = append(edits, test.edit)
		}
		status, answer := d.call("POST", "/v1/messages", test.body, edits...)
		if status != test.status || answer != test.answer {
			t.Errorf("%s: %d %s, want %d %s", test.name, status, answer, test.status, test.answer)
		}
	}
	if m := d.until(1); m[0].Text != "hello" || m[0].To != "+886912345678" || !m[0].At.Equal(noon) {
		t.Errorf("%+v", m)
	}
}

func TestManagementOrdersTroubles(t *testing.T) {
	t.Parallel()
	d := open(t, phone.Options{})
	for _, body := range []string{`{"refuse_next":-1}`, `{"delay_before_ms":600001}`, `{"unknown":1}`, ``} {
		if status, _ := d.call("PUT", "/manage/behaviour", body); status != http.StatusBadRequest {
			t.Errorf("%s: %d", body, status)
		}
	}
	status, _ := d.call("PUT", "/manage/behaviour", `{"refuse_next":1,"throttle_next":1}`)
	cross := func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }
	foreign, _ := d.call("PUT", "/manage/behaviour", `{"unavailable":true}`, cross)
	if status != 200 || foreign != 403 {
		t.Errorf("ours %d, another origin's %d", status, foreign)
	}
	var got []int
	for range 3 {
		status, _ := d.call("POST", "/v1/messages", message("R1", "hello"))
		got = append(got, status)
	}
	if fmt.Sprint(got) != "[422 429 202]" {
		t.Errorf("%v", got)
	}
	d.until(1)
	if _, list := d.call("GET", "/manage/messages", ""); !strings.Contains(list, `"text":"hello"`) {
		t.Errorf("%s", list)
	}
	d.call("POST", "/manage/reset", "{}")
	if n := len(d.gateway.Messages()); n != 0 {
		t.Errorf("%d messages after a reset", n)
	}
}

func TestMessagesOutliveARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sms.jsonl")
	d := open(t, phone.Options{File: file, Keep: 3})
	for n := range 5 {
		d.call("POST", "/v1/messages", message(fmt.Sprint("R", n), fmt.Sprint("text ", n)))
		d.until(min(n+1, 3))
	}
	// The fifth may replace the oldest before or after the count is looked at.
	for deadline := time.Now().Add(10 * time.Second); d.gateway.Messages()[0].Text != "text 4"; {
		if time.Now().After(deadline) {
			t.Fatal("the last message never came")
		}
	}
	d.shut()
	torn, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0o600)
	must(t, err)
	_, err = torn.WriteString(`{"reference":"R9","to":"+8869`)
	must(t, err)
	must(t, torn.Close())
	again := open(t, phone.Options{File: file, Keep: 3})
	var texts []string
	for _, m := range again.gateway.Messages() {
		texts = append(texts, m.Text)
	}
	if fmt.Sprint(texts) != "[text 4 text 3 text 2]" {
		t.Errorf("after a restart %v", texts)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestThePageShowsTheCodeOfTheNewestMessageFirst(t *testing.T) {
	t.Parallel()
	d := open(t, phone.Options{})
	d.call("POST", "/v1/messages", message("R1", "first <b>\n\n@pay.example.com #111111"))
	d.until(1)
	d.call("POST", "/v1/messages", message("R2", "second\n\n@pay.example.com #222222"))
	d.until(2)
	page := httptest.NewRecorder()
	d.gateway.ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/demo/phone", nil))
	html := page.Body.Bytes()
	first := bytes.Index(html, []byte(`data-otp="222222">222222<`))
	second := bytes.Index(html, []byte(`data-otp="111111">111111<`))
	if page.Code != 200 || first < 0 || second < first || bytes.Count(html, []byte(`data-sms-to="+886912345678"`)) != 2 {
		t.Errorf("%d: %d, %d in %s", page.Code, first, second, html)
	}
	if bytes.Contains(html, []byte("<b>")) || page.Header().Get("Cache-Control") != "no-store" {
		t.Error("a message's text is markup, or the page may be kept")
	}
	page = httptest.NewRecorder()
	d.gateway.ServeHTTP(page, httptest.NewRequest(http.MethodPost, "/demo/phone", nil))
	if page.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", page.Code)
	}
}

func TestTheCodeIsTheBoundOne(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"code 123456\n\n@pay.example.com #654321": "654321", "@pay.example.com #654321\n": "654321",
		"@evil.example #000000\nwords\n@pay.example.com #654321": "654321",
		"@pay.example.com #654321\nwords":                        "", "123456": "", "": "",
	} {
		if got := phone.CodeIn(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
