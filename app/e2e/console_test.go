package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestTheConsoleIsHeard: every other test in the browser rests on it that a
// tab's complaints are collected.
func TestTheConsoleIsHeard(t *testing.T) {
	t.Parallel()
	slow(t)
	pages := map[string]string{
		"/policy": `<p style="color:red"></p>`, "/exception": `<script>noSuchFunction()</script>`,
		"/console": `<script>console.error("oh")</script>`, "/missing": `<img src="/no-such-picture">`,
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, known := pages[r.URL.Path]
		if !known {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/policy" {
			w.Header().Set("Content-Security-Policy", "default-src 'none'")
		}
		_, _ = w.Write([]byte(`<!doctype html><link rel="icon" href="data:,"><p id="there"></p>` + content))
	}))
	t.Cleanup(site.Close)
	for path, says := range map[string]string{
		"/policy": "Content Security Policy", "/exception": "noSuchFunction", "/console": "oh", "/missing": "404",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			p := openTab(t)
			p.open(site.URL + path)
			p.see("#there")
			eventually(t, "the complaint is heard", stepMax, func() bool { return len(p.heard()) > 0 })
			if got := strings.Join(p.heard(), "\n"); !strings.Contains(got, says) {
				t.Errorf("heard %q, want something about %q", got, says)
			}
			p.forget()
		})
	}
}
