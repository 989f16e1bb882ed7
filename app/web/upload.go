package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/memberzone/memberzone/app/permit"
)

// UploadBytesMax is how large a posted form with files may be: three of 5 MiB, and what
// stands around them.
const UploadBytesMax = 16 << 20

// File is a file that came with a form. Neither its name nor its content is to be trusted.
type File struct {
	Name    string // the last part of what the browser calls it
	Content []byte
}

type wholeBodyKey struct{}

// withWholeBody keeps the body as it came, for the routes that take more of it.
func withWholeBody(ctx context.Context, body io.ReadCloser) context.Context {
	return context.WithValue(ctx, wholeBodyKey{}, body)
}

// Upload mounts a handler for POST whose form may bring files, up to UploadBytesMax in
// all. Its gate cannot ask for a proof of identity: the form that is sent once more with
// the proof has no files.
func (r *Router) Upload(path string, gate permit.Gate, h Handler) {
	r.uploads[path] = true
	r.POST(path, gate, h)
}

// widen lets a route's form be as large as an upload.
func widen(c *gin.Context) {
	if body, ok := c.Request.Context().Value(wholeBodyKey{}).(io.ReadCloser); ok {
		c.Request.Body = http.MaxBytesReader(c.Writer, body, UploadBytesMax)
	}
}

// parseForm reads a posted form, one with files too. All of it stays in memory, which the
// limit of the body bounds: what people send is never written to a disk in the clear.
func parseForm(r *http.Request) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return r.ParseForm()
	}
	return r.ParseMultipartForm(UploadBytesMax)
}

// Files returns the files of a form's field, in the order of the form. A field that was
// left empty has none. It returns what Form returns.
func Files(c *gin.Context, field string) ([]File, error) {
	if _, err := Form(c); err != nil {
		return nil, err
	}
	if c.Request.MultipartForm == nil {
		return nil, nil
	}
	var files []File
	for _, header := range c.Request.MultipartForm.File[field] {
		if header.Filename == "" && header.Size == 0 { // a browser's way to say none
			continue
		}
		file, err := readFile(header)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

func readFile(header *multipart.FileHeader) (_ File, err error) {
	opened, err := header.Open()
	if err != nil {
		return File{}, fmt.Errorf("open an uploaded file: %w", err)
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	content, err := io.ReadAll(opened)
	if err != nil {
		return File{}, fmt.Errorf("read an uploaded file: %w", err)
	}
	name := path.Base(strings.ReplaceAll(header.Filename, `\`, "/"))
	if !isText(name) {
		return File{}, ErrForm
	}
	return File{Name: name, Content: content}, nil
}
