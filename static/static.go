package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// Prefix is the path under which every file is served. Mount Handler at it.
const Prefix = "/static/"

// hashLength is the number of hexadecimal digits of a file's SHA-256 that stand in its address: 64 bits
// tell builds apart, and nothing secret depends on them.
const hashLength = 16

//go:embed css js img vendor/*.js
var files embed.FS

// sheets lists the style sheets that are joined from parts, in the order of their cascade layers.
var sheets = map[string][]string{
	"app.css": {
		"css/layers.css", "css/reset.css", "css/tokens.css", "css/base.css", "css/layout.css",
		"css/button.css", "css/field.css", "css/choice.css", "css/date_range.css", "css/table.css",
		"css/tag.css", "css/feedback.css", "css/dialog.css", "css/detail.css", "css/money_action.css",
		"css/query.css", "css/export.css", "css/account.css", "css/matrix.css", "css/assistants.css", "css/audit.css",
		"css/stats.css", "css/notices.css", "css/passkey.css", "css/console.css",
		"css/checkout.css", "css/public.css", "css/utilities.css", "css/print.css",
	},
	"shop.css": {"css/shop.css"},
}

// asset is one file as it is served.
type asset struct {
	hash        string
	contentType string
	content     []byte
}

var assets = mustLoad()

// URL returns the address of a file by its name, for instance "app.css" → "/static/1f0c…/app.css".
// An unknown name gives an address that answers 404; a test renders every page and follows every address.
func URL(name string) string {
	file, ok := assets[name]
	if !ok {
		return Prefix + "unknown/" + name
	}
	return Prefix + file.hash + "/" + name
}

// Names returns the name of every file that is served, sorted.
func Names() []string {
	names := make([]string, 0, len(assets))
	for name := range assets {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Content returns the bytes of a file by its name, or false when there is none.
func Content(name string) ([]byte, bool) {
	file, ok := assets[name]
	return bytes.Clone(file.content), ok
}

// Handler serves the files under Prefix. Only GET and HEAD of a complete, current address are answered,
// and such an answer may be cached for a year; everything else is 404 (405 for other methods).
func Handler() http.Handler {
	return http.HandlerFunc(serve)
}

func serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	rest, found := strings.CutPrefix(r.URL.Path, Prefix)
	hash, name, cut := strings.Cut(rest, "/")
	file, known := assets[name]
	if !found || !cut || !known || hash != file.hash {
		w.Header().Set("Cache-Control", "no-store")
		http.NotFound(w, r)
		return
	}
	header := w.Header()
	header.Set("Content-Type", file.contentType)
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("ETag", `"`+file.hash+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file.content))
}

func mustLoad() map[string]asset {
	loaded, err := load(files)
	if err != nil {
		// The files are part of the binary: only a broken build can come here.
		panic(fmt.Sprintf("static: %v", err))
	}
	return loaded
}

func load(source fs.FS) (map[string]asset, error) {
	loaded := map[string]asset{}
	for name, parts := range sheets {
		joined, err := join(source, parts)
		if err != nil {
			return nil, fmt.Errorf("join %s: %w", name, err)
		}
		loaded[name] = newAsset(name, joined)
	}
	for _, folder := range []string{"js", "img", "vendor"} {
		entries, err := fs.ReadDir(source, folder)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", folder, err)
		}
		for _, entry := range entries {
			content, err := fs.ReadFile(source, path.Join(folder, entry.Name()))
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", entry.Name(), err)
			}
			if _, taken := loaded[entry.Name()]; taken {
				return nil, fmt.Errorf("two files are named %s", entry.Name())
			}
			loaded[entry.Name()] = newAsset(entry.Name(), content)
		}
	}
	return loaded, nil
}

func join(source fs.FS, parts []string) ([]byte, error) {
	var joined bytes.Buffer
	for _, part := range parts {
		content, err := fs.ReadFile(source, part)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", part, err)
		}
		joined.Write(bytes.TrimSpace(content))
		joined.WriteString("\n\n")
	}
	return joined.Bytes(), nil
}

func newAsset(name string, content []byte) asset {
	sum := sha256.Sum256(content)
	return asset{
		hash:        hex.EncodeToString(sum[:])[:hashLength],
		contentType: contentType(name),
		content:     content,
	}
}

// contentType answers from a fixed list first: the operating system's own table may differ by machine.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	if found := mime.TypeByExtension(path.Ext(name)); found != "" {
		return found
	}
	return "application/octet-stream"
}
