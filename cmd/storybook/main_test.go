package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memberzone/memberzone/static"
	"github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/story"
)

func TestEveryPageIsServedUnderThePolicy(t *testing.T) {
	t.Parallel()
	list := member.CreditCardListPath
	addresses := []string{"/", list, list + "?q=1", list + "/1"}
	for _, one := range story.All() {
		addresses = append(addresses, "/page/"+one.Name)
	}
	for _, address := range addresses {
		recorder := httptest.NewRecorder()
		handler().ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil))
		body, _ := io.ReadAll(recorder.Body)
		if recorder.Code != http.StatusOK || !strings.Contains(string(body), "</html>") {
			t.Errorf("GET %s: status %d, %d bytes", address, recorder.Code, len(body))
		}
		if recorder.Header().Get("Content-Security-Policy") != policy {
			t.Errorf("GET %s has no policy", address)
		}
	}
}

func TestUnknownPageIsNotFound(t *testing.T) {
	t.Parallel()
	recorder := httptest.NewRecorder()
	handler().ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/page/none", nil))
	if recorder.Code != http.StatusNotFound {
		t.Errorf("status %d, want 404", recorder.Code)
	}
}

func TestWriteMakesAFolderThatStandsAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := write(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	files := []string{"index.html", strings.TrimPrefix(static.URL("app.css"), "/")}
	for _, one := range story.All() {
		files = append(files, one.Name+".html")
	}
	for _, name := range files {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s was not written: %v", name, err)
		}
	}
}

func TestWriteSaysWhereItFailed(t *testing.T) {
	t.Parallel()
	occupied := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(occupied, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(t.Context(), occupied); err == nil {
		t.Error("write into a file succeeded")
	}
}
