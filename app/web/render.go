package web

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"
)

// Pages are rendered into pooled memory, compressed once, and written at once with their
// length.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const (
	compressMin  = 1 << 10 // smaller answers fit into one packet anyway
	bufferKeepMx = 1 << 20 // a larger buffer is left to the collector
)

func borrow() *bytes.Buffer { return buffers.Get().(*bytes.Buffer) }

func giveBack(b *bytes.Buffer) {
	if b.Cap() <= bufferKeepMx {
		b.Reset()
		buffers.Put(b)
	}
}

// Page answers with a page.
func Page(c *gin.Context, status int, page templ.Component) error {
	b := borrowBody()
	defer b.giveBack()
	if err := page.Render(c.Request.Context(), b); err != nil {
		return fmt.Errorf("render page: %w", err)
	}
	return write(c, status, b)
}

// Fragment answers htmx with one named part of a page, and everybody else with
// the whole page.
func Fragment(c *gin.Context, status int, page templ.Component, part string) error {
	c.Writer.Header().Add("Vary", "HX-Request")
	if c.GetHeader("HX-Request") != "true" || c.GetHeader("HX-History-Restore-Request") == "true" {
		return Page(c, status, page)
	}
	b := borrowBody()
	defer b.giveBack()
	if err := templ.RenderFragments(c.Request.Context(), b, page, part); err != nil {
		return fmt.Errorf("render fragment %s: %w", part, err)
	}
	return write(c, status, b)
}

func write(c *gin.Context, status int, page *body) error {
	h := c.Writer.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "Accept-Encoding")
	if len(page.html) < compressMin || !acceptsGzip(c.GetHeader("Accept-Encoding")) {
		return send(c, status, page.html)
	}
	b := borrow()
	defer giveBack(b)
	if err := page.gzip(b); err != nil {
		return err
	}
	h.Set("Content-Encoding", "gzip")
	return send(c, status, b.Bytes())
}

// send writes the answer. A client that has gone is nobody's error.
func send(c *gin.Context, status int, body []byte) error {
	c.Writer.Header().Set("Content-Length", strconv.Itoa(len(body)))
	c.Status(status)
	_, _ = c.Writer.Write(body)
	return nil
}

func acceptsGzip(header string) bool {
	for offer := range strings.SplitSeq(header, ",") {
		name, parameters, _ := strings.Cut(strings.TrimSpace(offer), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q := strings.TrimSpace(parameters)
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

// Redirect sends the client on with GET (303).
func Redirect(c *gin.Context, to string) error {
	c.Redirect(http.StatusSeeOther, to)
	return nil
}

// Form reads a posted form. It returns ErrForm for a body that is none, or holds what is
// no text, and ErrTooLarge.
func Form(c *gin.Context) (url.Values, error) {
	err := parseForm(c.Request)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, ErrTooLarge
	case err != nil:
		return nil, ErrForm.Because(err)
	case !areText(c.Request.PostForm):
		return nil, ErrForm
	}
	return c.Request.PostForm, nil
}
