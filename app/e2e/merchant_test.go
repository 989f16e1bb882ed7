package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memberzone/memberzone/seeds"
)

const (
	merchantFolder = "testdata/merchant"
	installMax     = 5 * time.Minute
	callMax        = 30 * time.Second
)

var errNoNode = errors.New("no npm: the merchant's SDK needs Node 20 with npm")

// installSDK installs the merchant's SDK once per lockfile into the user's
// cache folder, and returns the folder that holds node_modules.
var installSDK = sync.OnceValues(func() (string, error) {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			return "", errNoNode
		}
	}
	lock, err := os.ReadFile(filepath.Join(merchantFolder, "package-lock.json"))
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil { // no home: the temporary folder will do
		cache = os.TempDir()
	}
	key := sha256.Sum256(lock)
	target := filepath.Join(cache, "memberzone-e2e", hex.EncodeToString(key[:8]))
	if _, err := os.Stat(target); err == nil {
		return target, nil
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(target), "installing-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(fresh) }()
	if err := npmCI(fresh); err != nil {
		return "", err
	}
	if err := os.Rename(fresh, target); err != nil {
		if _, there := os.Stat(target); there == nil { // another run was faster
			return target, nil
		}
		return "", err
	}
	return target, nil
})

func npmCI(folder string) error {
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join(merchantFolder, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), installMax)
	defer cancel()
	install := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = folder
	if out, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return nil
}

// merchant is a store's own site, a Node program with the SDK.
type merchant struct {
	t         *testing.T
	url       string // of its site
	elsewhere string // its other origin
	in        io.Writer
	stderr    bytes.Buffer

	mu      sync.Mutex
	calls   map[int]chan line
	posts   []post
	faults  []string
	opening chan line
}

// line is what the Node program says.
type line struct {
	Event     string          `json:"event"`
	URL       string          `json:"url"`
	Elsewhere string          `json:"elsewhere"`
	ID        int             `json:"id"`
	Answer    json.RawMessage `json:"answer"`
	Error     string          `json:"error"`
	post
}

// post is what arrived at NotifyURL or ReturnURL, decrypted by the SDK.
type post struct {
	event       string
	Names       []string          `json:"names"` // of the outer fields, in order
	Outer       map[string]string `json:"outer"`
	ContentType string            `json:"contentType"`
	ShaHolds    bool              `json:"shaHolds"`
	Opened      outcome           `json:"opened"`
}

// outcome is an answer of the gateway as the SDK hands it on.
type outcome struct {
	Status  string         `json:"Status"`
	Message string         `json:"Message"`
	Result  map[string]any `json:"Result"`
}

// startMerchant runs the site of a demonstration store.
func startMerchant(t *testing.T, gateway, merchantID string) *merchant {
	t.Helper()
	folder, err := installSDK()
	if errors.Is(err, errNoNode) {
		lacking(t, err.Error())
	}
	must(t, err)
	m := &merchant{t: t, calls: map[int]chan line{}, opening: make(chan line, 1)}
	node := exec.Command("node", filepath.Join(merchantFolder, "merchant.mjs"), folder)
	node.Stderr = &m.stderr
	in, err := node.StdinPipe()
	must(t, err)
	out, err := node.StdoutPipe()
	must(t, err)
	must(t, node.Start())
	m.in = in
	read := make(chan struct{})
	go func() {
		defer close(read)
		m.listen(out)
	}()
	t.Cleanup(func() {
		_ = in.Close()
		<-read
		if err := node.Wait(); err != nil {
			t.Errorf("the merchant's program: %v\n%s", err, m.stderr.String())
		}
		for _, fault := range m.faults {
			t.Error("the merchant's program: " + fault)
		}
	})
	key, iv := keysOf(t, merchantID)
	m.say(map[string]string{"gateway": gateway, "merchantId": merchantID, "hashKey": key, "hashIV": iv})
	select {
	case opened := <-m.opening:
		m.url, m.elsewhere = opened.URL, opened.Elsewhere
	case <-read:
		t.Fatal("the merchant's program ended at once")
	case <-time.After(callMax):
		t.Fatal("the merchant's program does not open")
	}
	return m
}

// keysOf are the HashKey and HashIV of a demonstration store.
func keysOf(t *testing.T, merchantID string) (key, iv string) {
	t.Helper()
	for _, m := range seeds.DemoMembers() {
		for _, s := range m.Stores {
			if s.Store.MerchantID == merchantID {
				return s.Store.HashKey.Expose(), s.Store.HashIV.Expose()
			}
		}
	}
	t.Fatalf("no store %s in the demonstration", merchantID)
	return "", ""
}

func (m *merchant) listen(out io.Reader) {
	scanner := bufio.NewScanner(out)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var said line
		if err := json.Unmarshal(scanner.Bytes(), &said); err != nil {
			said = line{Event: "error", Error: fmt.Sprintf("%v in %s", err, scanner.Text())}
		}
		m.mu.Lock()
		switch said.Event {
		case "open":
			m.opening <- said
		case "notify", "return":
			said.post.event = said.Event
			m.posts = append(m.posts, said.post)
		case "error":
			m.faults = append(m.faults, said.Error)
		default:
			m.calls[said.ID] <- said
		}
		m.mu.Unlock()
	}
}

func (m *merchant) say(message any) {
	m.t.Helper()
	text, err := json.Marshal(message)
	must(m.t, err)
	_, err = m.in.Write(append(text, '\n'))
	must(m.t, err)
}

// call runs one of the Node program's methods.
func (m *merchant) call(t *testing.T, name string, params, answer any) {
	t.Helper()
	reply := make(chan line, 1)
	m.mu.Lock()
	id := len(m.calls) + 1
	m.calls[id] = reply
	m.say(map[string]any{"id": id, "call": name, "params": params})
	m.mu.Unlock()
	select {
	case said := <-reply:
		if said.Error != "" {
			t.Fatalf("the SDK's %s: %s", name, said.Error)
		}
		must(t, json.Unmarshal(said.Answer, answer))
	case <-time.After(callMax):
		t.Fatalf("the SDK's %s does not answer", name)
	}
}

// order makes a page that sends the cardholder to pay, and returns its address.
// More are further fields of the order; returnTo is a path of the merchant's.
func (m *merchant) order(t *testing.T, orderNo string, more map[string]any) string {
	t.Helper()
	params := map[string]any{
		"MerchantOrderNo": orderNo, "Amt": amount, "ItemDesc": "青瓷茶杯", "Email": payerMail, "CREDIT": 1,
		"returnTo": "/return", "notify": true,
	}
	for name, value := range more {
		params[name] = value
	}
	var address string
	m.call(t, "order", params, &address)
	return address
}

// query asks the gateway about an order with the SDK.
func (m *merchant) query(t *testing.T, orderNo string) outcome {
	t.Helper()
	var o outcome
	m.call(t, "query", map[string]any{"MerchantOrderNo": orderNo, "Amt": amount}, &o)
	return o
}

// received lists what arrived about an order: event is "notify" or "return".
func (m *merchant) received(event, orderNo string) []post {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []post
	for _, p := range m.posts {
		if p.event == event && p.Opened.Result["MerchantOrderNo"] == orderNo {
			found = append(found, p)
		}
	}
	return found
}

// await waits until something has arrived about an order, and checks its
// envelope.
func (m *merchant) await(t *testing.T, event, orderNo string) post {
	t.Helper()
	eventually(t, event+" of "+orderNo, stepMax, func() bool { return len(m.received(event, orderNo)) > 0 })
	p := m.received(event, orderNo)[0]
	if !p.ShaHolds {
		t.Errorf("%s: the SDK computes another TradeSha", event)
	}
	if got := strings.Join(p.Names, ","); got != "Status,MerchantID,Version,TradeInfo,TradeSha" {
		t.Errorf("%s: fields %s", event, got)
	}
	if p.Outer["Status"] != p.Opened.Status {
		t.Errorf("%s: Status %s outside, %s inside", event, p.Outer["Status"], p.Opened.Status)
	}
	if !strings.HasPrefix(p.ContentType, "application/x-www-form-urlencoded") {
		t.Errorf("%s: Content-Type %s", event, p.ContentType)
	}
	return p
}
