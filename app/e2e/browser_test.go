package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// stepMax is how long one step in the browser may take on a busy machine.
const stepMax = 30 * time.Second

// browser is the Chromium of this run of the tests. Each tab has a browser
// context of its own: no cookie is shared.
type browser struct {
	ctx   context.Context
	close func()
}

// sharedBrowser is nil until a test needs it.
var sharedBrowser *browser

var errNoBrowser = errors.New("no Chromium: install chromium, or name one with MEMBERZONE_CHROMIUM")

// chromium finds the browser's program.
func chromium() (string, error) {
	if path := os.Getenv("MEMBERZONE_CHROMIUM"); path != "" {
		return path, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "headless-shell"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errNoBrowser
}

var startBrowser = sync.OnceValues(func() (*browser, error) {
	path, err := chromium()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.DisableGPU,
		// The pages are our own; a root or a container user has no other way.
		chromedp.NoSandbox,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("enable-features", "SecurePaymentConfirmationBrowser"),
		chromedp.Flag("host-resolver-rules", "MAP *.test 127.0.0.1"),
		chromedp.Flag("lang", "zh-TW"),
	)
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil { // with the long-lived context: its end is the browser's
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	sharedBrowser = &browser{ctx: ctx, close: func() {
		stop()
		stopAllocator()
	}}
	return sharedBrowser, nil
})

// tab is one person at a browser.
type tab struct {
	t        *testing.T
	ctx      context.Context
	pictures string // folder

	mu         sync.Mutex
	complaints []string // what the console said, and what was blocked
}

// openTab opens an empty tab. At the end of the test its console must have been
// silent.
func openTab(t *testing.T) *tab {
	t.Helper()
	shared, err := startBrowser()
	if errors.Is(err, errNoBrowser) {
		lacking(t, err.Error())
	}
	must(t, err)
	p := &tab{t: t, pictures: t.ArtifactDir()}
	var stop context.CancelFunc
	p.ctx, stop = chromedp.NewContext(shared.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.hear))
	must(t, chromedp.Do(p.ctx, chromedp.EmulateViewport(1280, 900)))
	t.Cleanup(func() {
		if t.Failed() {
			p.keepPicture()
		}
		stop()
		for _, complaint := range p.heard() {
			t.Error("the browser's console: " + complaint)
		}
	})
	return p
}

// hear collects every error and warning of the console, every uncaught
// exception and everything that a policy blocked.
func (p *tab) hear(event any) {
	var complaint string
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			complaint = fmt.Sprintf("%s %s: %s (%s)", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			complaint = fmt.Sprintf("console.%s: %s", e.Type, textOf(e.Args))
		}
	case *runtime.EventExceptionThrown:
		complaint = fmt.Sprintf("exception: %s %s", e.ExceptionDetails.Text,
			textOf([]*runtime.RemoteObject{e.ExceptionDetails.Exception}))
	case *network.EventLoadingFailed:
		if e.BlockedReason != "" {
			complaint = fmt.Sprintf("blocked (%s): %s", e.BlockedReason, e.ErrorText)
		}
	}
	if complaint != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.complaints = append(p.complaints, complaint)
	}
}

// textOf is what the console shows of values.
func textOf(values []*runtime.RemoteObject) string {
	var text strings.Builder
	for _, value := range values {
		if value != nil {
			fmt.Fprintf(&text, "%s%s ", value.Value, value.Description)
		}
	}
	return text.String()
}

func (p *tab) heard() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.complaints
}

// forget lets a test go on that has looked at the complaints itself.
func (p *tab) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.complaints = nil
}

// keepPicture saves what the tab shows beside the failure.
func (p *tab) keepPicture() {
	ctx, cancel := context.WithTimeout(p.ctx, stepMax)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(90))
	if err != nil {
		p.t.Log("no screenshot:", err)
		return
	}
	file := filepath.Join(p.pictures, fmt.Sprintf("tab-%p.jpg", p))
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		p.t.Log("no screenshot:", err)
		return
	}
	p.t.Logf("at %s, screenshot %s (kept with -artifacts)", p.address(), file)
}

func (p *tab) address() string {
	ctx, cancel := context.WithTimeout(p.ctx, stepMax)
	defer cancel()
	address, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		return "unknown address"
	}
	return address
}

// do takes steps, in order, and ends the test at the first that fails.
func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	for i, step := range steps {
		ctx, cancel := context.WithTimeout(p.ctx, stepMax)
		err := chromedp.Do(ctx, step)
		cancel()
		if err != nil {
			p.t.Fatalf("step %d in the browser: %v", i+1, err)
		}
	}
}

func (p *tab) open(address string) {
	p.t.Helper()
	p.do(chromedp.Navigate(address))
}

// see waits until an element is there.
func (p *tab) see(selector string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, stepMax)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.WaitReady(chromedp.CSS(selector))); err != nil {
		p.t.Fatalf("waiting for %s: %v", selector, err)
	}
}

// seeText waits until an element's text is what it should be. A script may
// replace the element meanwhile.
func (p *tab) seeText(selector, want string) {
	p.t.Helper()
	var got string
	for deadline := time.Now().Add(stepMax); ; time.Sleep(50 * time.Millisecond) {
		text, err := chromedp.Run(p.ctx, chromedp.Evaluate[*string](
			fmt.Sprintf("document.querySelector(%q)?.textContent.trim()", selector)))
		if err == nil && text != nil {
			got = *text
		}
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%s shows %q, want %q", selector, got, want)
		}
	}
}

func (p *tab) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// typeIn types key by key, as a person does.
func (p *tab) typeIn(field, text string) {
	p.t.Helper()
	p.do(chromedp.SendKeys(chromedp.CSS(named(field)), text))
}

// paste puts text into a field at once.
func (p *tab) paste(field, text string) {
	p.t.Helper()
	p.do(chromedp.Focus(chromedp.CSS(named(field))), insert(text))
}

func insert(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
		return err
	})
}

func named(field string) string { return fmt.Sprintf("[name=%q]", field) }
