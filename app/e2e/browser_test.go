package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// stepMax is how long one step in the browser may take on a busy machine.
const stepMax = 30 * time.Second

// browser is a Chromium of this run of the tests. Each tab has a browser
// context of its own: no cookie is shared.
type browser struct {
	ctx   context.Context
	close func()
}

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

// The browsers that tests share, each started when the first test needs it. They differ in
// whether they know Secure Payment Confirmation (on Linux it has to be switched on), and
// each has a profile of its own.
var (
	startBrowser = sync.OnceValues(func() (*browser, error) {
		return launch("NetworkService,NetworkServiceInProcess,SecurePaymentConfirmationBrowser")
	})
	startPlainBrowser = sync.OnceValues(func() (*browser, error) {
		return launch("NetworkService,NetworkServiceInProcess")
	})
)

// launched are the browsers that run.
var launched struct {
	sync.Mutex
	all []*browser
}

// closeBrowsers ends what tests have started.
func closeBrowsers() {
	launched.Lock()
	defer launched.Unlock()
	for _, b := range launched.all {
		b.close()
	}
}

// launch starts a browser with these features of Chromium's.
func launch(features string) (*browser, error) {
	path, err := chromium()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.DisableGPU,
		// The pages are our own; a root or a container user has no other way.
		chromedp.NoSandbox,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("enable-features", features),
		chromedp.Flag("host-resolver-rules", "MAP *.test 127.0.0.1"),
		chromedp.Flag("lang", "zh-TW"),
	)
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil { // with the long-lived context: its end is the browser's
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	b := &browser{ctx: ctx, close: func() {
		stop()
		stopAllocator()
	}}
	launched.Lock()
	defer launched.Unlock()
	launched.all = append(launched.all, b)
	return b, nil
}

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
	return openTabIn(t, startBrowser)
}

func openTabIn(t *testing.T, start func() (*browser, error)) *tab {
	t.Helper()
	shared, err := start()
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

// answered takes one complaint away: that a page or a request was answered with this
// status. It fails if none comes, and so it also proves the status.
func (p *tab) answered(status int) {
	p.t.Helper()
	said := fmt.Sprintf("Failed to load resource: the server responded with a status of %d ", status)
	eventually(p.t, fmt.Sprintf("the console tells of an answer %d", status), stepMax, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		i := slices.IndexFunc(p.complaints, func(complaint string) bool { return strings.Contains(complaint, said) })
		if i < 0 {
			return false
		}
		p.complaints = slices.Delete(p.complaints, i, i+1)
		return true
	})
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

// withoutScripts switches JavaScript off.
func (p *tab) withoutScripts() {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled,
		emulation.SetScriptExecutionDisabledParams{Value: true})
	must(p.t, err)
}

// phoneWidth is how wide a phone held upright is, in pixels.
const phoneWidth = 390

// onAPhone makes the window as large as a phone's.
func (p *tab) onAPhone() {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(phoneWidth, 844))
}

// mustBeNarrow fails where the page is wider than a phone.
func (p *tab) mustBeNarrow() {
	p.t.Helper()
	if got := read[int](p, "document.documentElement.scrollWidth"); got > phoneWidth {
		p.t.Errorf("%s is %d pixels wide on a screen of %d", p.address(), got, phoneWidth)
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

// read evaluates an expression on the page.
func read[T any](p *tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, stepMax)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return value
}

// text is what an element says, without the white space around; empty if it is not there.
func (p *tab) text(selector string) string {
	p.t.Helper()
	return read[string](p, fmt.Sprintf("document.querySelector(%q)?.textContent.trim() ?? ''", selector))
}

// count is how many elements there are.
func (p *tab) count(selector string) int {
	p.t.Helper()
	return read[int](p, fmt.Sprintf("document.querySelectorAll(%q).length", selector))
}

// mustSay fails unless an element's text holds each of the words.
func (p *tab) mustSay(selector string, words ...string) {
	p.t.Helper()
	p.see(selector)
	text := p.text(selector)
	for _, word := range words {
		if !strings.Contains(text, word) {
			p.t.Errorf("%s says %q, which lacks %q", selector, text, word)
		}
	}
}

// press presses keys one after the other, wherever the focus is.
func (p *tab) press(keys string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys))
}

// tabTo presses Tab until the focus is on the element, as a person without a mouse does.
func (p *tab) tabTo(selector string) {
	p.t.Helper()
	const stopsMax = 80
	var passed []string
	for range stopsMax {
		p.press(kb.Tab)
		if p.hasFocus(selector) {
			return
		}
		passed = append(passed, read[string](p, "document.activeElement.cloneNode().outerHTML.slice(0, 90)"))
	}
	p.t.Fatalf("Tab does not lead to %s, but by\n%s", selector, strings.Join(passed, "\n"))
}

func (p *tab) hasFocus(selector string) bool {
	p.t.Helper()
	return read[bool](p, fmt.Sprintf("document.activeElement.matches(%q)", selector))
}
