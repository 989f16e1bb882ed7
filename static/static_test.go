package static

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func get(t *testing.T, method, address string) *http.Response {
	t.Helper()
	recorder := httptest.NewRecorder()
	Handler().ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), method, address, nil))
	return recorder.Result()
}

func TestHandlerServesEveryFileForEver(t *testing.T) {
	t.Parallel()
	types := map[string]string{
		".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
	}
	for _, name := range Names() {
		response := get(t, http.MethodGet, URL(name))
		body, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: status %d, %v", name, response.StatusCode, err)
		}
		if want, _ := Content(name); string(want) != string(body) || len(body) == 0 {
			t.Errorf("%s: served %d bytes, want %d", name, len(body), len(want))
		}
		want := types[name[strings.LastIndex(name, "."):]]
		if got := response.Header.Get("Content-Type"); got != want || want == "" {
			t.Errorf("%s: Content-Type %q, want %q", name, got, want)
		}
		if got := response.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
		if got := response.Header.Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: X-Content-Type-Options %q", name, got)
		}
	}
}

func TestHandlerRefusesWhatIsNotACurrentAddress(t *testing.T) {
	t.Parallel()
	current := URL("app.css")
	hash := strings.Split(current, "/")[2]
	for _, address := range []string{
		"/static/", "/static", "/static/app.css", "/static/" + hash, "/static/" + hash + "/", "/static/" + hash + "/shop.css",
		"/static/0000000000000000/app.css", "/static/" + hash + "/css/app.css", "/static/" + hash + "/../static.go",
		current + "/", URL("no-such-file.css"), "/other/" + hash + "/app.css",
	} {
		response := get(t, http.MethodGet, address)
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: status %d, want 404", address, response.StatusCode)
		}
		if got := response.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("GET %s: Cache-Control %q, want no-store: the file may exist in the next build", address, got)
		}
	}
}

func TestHandlerAnswersOnlyReads(t *testing.T) {
	t.Parallel()
	if got := get(t, http.MethodPost, URL("app.css")); got.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: status %d, want 405", got.StatusCode)
	}
	head := get(t, http.MethodHead, URL("app.css"))
	body, _ := io.ReadAll(head.Body)
	if head.StatusCode != http.StatusOK || len(body) != 0 {
		t.Errorf("HEAD: status %d with %d bytes, want 200 with none", head.StatusCode, len(body))
	}
}

func TestHandlerAnswersNotModifiedForAKnownETag(t *testing.T) {
	t.Parallel()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, URL("app.css"), nil)
	request.Header.Set("If-None-Match", get(t, http.MethodGet, URL("app.css")).Header.Get("ETag"))
	recorder := httptest.NewRecorder()
	Handler().ServeHTTP(recorder, request)
	if recorder.Code != http.StatusNotModified {
		t.Errorf("status %d, want 304", recorder.Code)
	}
}

func TestAddressChangesWithContent(t *testing.T) {
	t.Parallel()
	one, two := newAsset("a.js", []byte("1")), newAsset("a.js", []byte("2"))
	if one.hash == two.hash || len(one.hash) != hashLength {
		t.Errorf("hashes %q and %q: want two different ones of %d digits", one.hash, two.hash, hashLength)
	}
}

func TestLoadSaysWhichFileIsMissingOrDoubled(t *testing.T) {
	t.Parallel()
	if _, err := load(fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), ".css") {
		t.Errorf("load of nothing: %v, want an error that names the sheet", err)
	}
	doubled := fstest.MapFS{
		"js/a.js": {Data: []byte("1")}, "vendor/a.js": {Data: []byte("2")}, "img/a.svg": {Data: []byte("3")},
	}
	for _, parts := range sheets {
		for _, part := range parts {
			doubled[part] = &fstest.MapFile{Data: []byte("x")}
		}
	}
	if _, err := load(doubled); err == nil || !strings.Contains(err.Error(), "a.js") {
		t.Errorf("load with two a.js: %v, want an error that names it", err)
	}
}

func TestEveryStyleSheetPartIsUsedOnce(t *testing.T) {
	t.Parallel()
	uses := map[string]int{}
	for _, parts := range sheets {
		for _, part := range parts {
			uses[part]++
		}
	}
	found, err := fs.Glob(files, "css/*.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range found {
		if uses[part] != 1 {
			t.Errorf("%s is joined %d times, want once", part, uses[part])
		}
	}
}

func TestFilesStayInsideTheContentSecurityPolicy(t *testing.T) {
	t.Parallel()
	refused := regexp.MustCompile(`@import|url\(|\beval\(|new Function|\.style\b|innerHTML|https?://`)
	drawing := regexp.MustCompile(`url\("data:image/svg\+xml,[^"]*"\)`) // the policy has img-src data:
	for _, name := range Names() {
		if name == "htmx.min.js" || strings.HasSuffix(name, ".svg") {
			continue
		}
		content, _ := Content(name)
		if found := refused.Find(drawing.ReplaceAll(content, nil)); found != nil {
			t.Errorf("%s contains %q", name, found)
		}
	}
}

func TestThirdPartyFilesAreAsPublished(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("vendor/README.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|.*\\| `([0-9a-f]{64})` \\|")
	rows := line.FindAllStringSubmatch(string(readme), -1)
	listed := make([]string, 0, len(rows))
	for _, row := range rows {
		listed = append(listed, "vendor/"+row[1])
		content, err := fs.ReadFile(files, "vendor/"+row[1])
		if err != nil {
			t.Errorf("vendor/README.md lists a file that is not there: %v", err)
			continue
		}
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != row[2] {
			t.Errorf("%s is not as published: its sum is %x", row[1], sum)
		}
	}
	found, err := fs.Glob(files, "vendor/*")
	if err != nil || !slices.Equal(found, listed) {
		t.Errorf("vendor holds %v, README.md lists %v (%v)", found, listed, err)
	}
}
