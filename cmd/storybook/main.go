package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/memberzone/memberzone/static"
	"github.com/memberzone/memberzone/views/member"
	"github.com/memberzone/memberzone/views/story"
)

// policy is the content security policy the product's pages carry.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

type command struct {
	Listen string `default:"localhost:8090" help:"Serve the pages at this host:port."`
	Out    string `type:"path" help:"Write the pages and their files to this directory instead of serving them."`
}

func main() {
	var c command
	kong.Parse(&c, kong.Name("storybook"), kong.Description(
		"Every page with fixed data.\n\nExamples:\n  storybook --listen localhost:9000\n  storybook --out var/storybook",
	))
	if err := c.run(); err != nil {
		fmt.Fprintln(os.Stderr, "storybook:", err)
		os.Exit(1)
	}
}

func (c command) run() error {
	if c.Out != "" {
		return write(context.Background(), c.Out)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return serve(ctx, c.Listen)
}

func serve(ctx context.Context, address string) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", address, err)
	}
	server := &http.Server{Handler: handler(), ReadHeaderTimeout: 5 * time.Second}
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopped()
	fmt.Printf("storybook: http://%s/\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

func handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w)
		_ = story.Index("/page/", "").Render(r.Context(), w)
	})
	mux.HandleFunc("GET /page/{name}", func(w http.ResponseWriter, r *http.Request) {
		show(w, r, r.PathValue("name"))
	})
	// The query form and its links lead somewhere, so that the scripts can be tried by hand.
	mux.HandleFunc("GET "+member.CreditCardListPath, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("q") != "" {
			show(w, r, "query-numbers")
			return
		}
		show(w, r, "query-results")
	})
	mux.HandleFunc("GET "+member.CreditCardListPath+"/{trade_no}", func(w http.ResponseWriter, r *http.Request) {
		show(w, r, "detail")
	})
	return mux
}

func show(w http.ResponseWriter, r *http.Request, name string) {
	found, ok := story.Find(name)
	if !ok {
		http.NotFound(w, r)
		return
	}
	setHeaders(w)
	_ = found.Page.Render(r.Context(), w)
}

func setHeaders(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy)
}

// write puts every page and file where a plain file server of dir finds them.
func write(ctx context.Context, dir string) error {
	for _, name := range static.Names() {
		content, _ := static.Content(name)
		target := filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(static.URL(name), "/")))
		if err := writeFile(target, content); err != nil {
			return err
		}
	}
	var page strings.Builder
	if err := story.Index("", ".html").Render(ctx, &page); err != nil {
		return fmt.Errorf("render the index: %w", err)
	}
	if err := writeFile(filepath.Join(dir, "index.html"), []byte(page.String())); err != nil {
		return err
	}
	for _, one := range story.All() {
		page.Reset()
		if err := one.Page.Render(ctx, &page); err != nil {
			return fmt.Errorf("render %s: %w", one.Name, err)
		}
		if err := writeFile(filepath.Join(dir, one.Name+".html"), []byte(page.String())); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make a directory: %w", err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return fmt.Errorf("write a page: %w", err)
	}
	return nil
}
