package notify_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/notify"
)

// prober is a prober for merchants on this machine: the demonstration's explicit setting.
func prober(timeout time.Duration) *notify.Prober {
	return notify.NewProber(notify.ClientOptions{
		Timeout: timeout, Clock: clock.System{}, AllowPrivate: true, AnyPort: true,
	})
}

func TestAProbeIsAnEmptyFormThatSaysWhatItIs(t *testing.T) {
	t.Parallel()
	type seen struct {
		method, query, kind, agent, body string
		length                           int64
	}
	got := make(chan seen, 1)
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- seen{r.Method, r.URL.RawQuery, r.Header.Get("Content-Type"), r.UserAgent(), string(body), r.ContentLength}
	})
	p := prober(0).Probe(t.Context(), url)
	if !p.OK() || p.HTTPStatus != 200 || p.Error != "" || p.Duration < 0 {
		t.Errorf("%+v", p)
	}
	want := seen{
		"POST", "shop=1", "application/x-www-form-urlencoded; charset=UTF-8",
		"Memberzone-Readiness/1.0 (test of NotifyURL; no notification)", "", 0,
	}
	if s := <-got; s != want {
		t.Errorf("got  %+v\nwant %+v", s, want)
	}
}

func TestOnlyHTTP200IsGoodForAProbe(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201, 204, 301, 302, 303, 307, 308, 400, 404, 405, 500, 503} {
		var calls atomic.Int32
		elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { calls.Add(100) })
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			calls.Add(1)
			w.Header().Set("Location", elsewhere)
			w.WriteHeader(status)
		})
		p := prober(0).Probe(t.Context(), url)
		if p.HTTPStatus != status || p.OK() != (status == 200) || p.Error != "" || calls.Load() != 1 {
			t.Errorf("%d: %+v, %d calls: a redirect is followed or another status counts", status, p, calls.Load())
		}
	}
}

// notPublicHosts are hosts that a probe never reaches: loopback, private, link-local and
// metadata addresses in every form that a URL can give them.
var notPublicHosts = []string{
	"127.0.0.1", "127.8.8.8", "localhost", "[::1]", "0.0.0.0", "[::]",
	"10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "[fd12:3456::1]",
	"169.254.0.1", "[fe80::1]", "[fe80::1%25lo]",
	"169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "168.63.129.16", "192.0.0.192",
	"[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]",
	"[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[2001::7f00:1]",
	"255.255.255.255", "224.0.0.1", "[ff02::1]",
}

func TestAProbeReachesNoAddressOfOurOwn(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	url := serve(t, func(http.ResponseWriter, *http.Request) { calls.Add(1) })
	_, port, err := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/notify?shop=1"))
	if err != nil {
		t.Fatal(err)
	}
	p := notify.NewProber(notify.ClientOptions{Clock: clock.System{}, AnyPort: true})
	for _, host := range notPublicHosts {
		got := p.Probe(t.Context(), fmt.Sprintf("http://%s:%s/", host, port))
		if got.Error != "通知網址指向不允許的位址" || got.HTTPStatus != 0 {
			t.Errorf("%s: %+v", host, got)
		}
	}
	// Other spellings of 127.0.0.1: whatever the resolver makes of them, nothing is reached.
	for _, host := range []string{
		"localhost.", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127。0。0。1", "１２７.0.0.1",
	} {
		if got := p.Probe(t.Context(), fmt.Sprintf("http://%s:%s/", host, port)); got.HTTPStatus != 0 || got.Error == "" {
			t.Errorf("%s: %+v", host, got)
		}
	}
	if calls.Load() != 0 {
		t.Errorf("%d probes arrived on this machine", calls.Load())
	}
}

func TestAProbeCallsNoOtherPorts(t *testing.T) {
	t.Parallel()
	p := notify.NewProber(notify.ClientOptions{Clock: clock.System{}, AllowPrivate: true})
	for url, want := range map[string]string{
		"http://127.0.0.1:22/":         "通知網址的連接埠不允許，僅可使用 80 或 443",
		"http://127.0.0.1:6379/":       "通知網址的連接埠不允許，僅可使用 80 或 443",
		"https://shop.example:8443/":   "通知網址的連接埠不允許，僅可使用 80 或 443",
		"gopher://127.0.0.1:80/_x":     "通知網址格式不正確",
		"file:///etc/passwd":           "通知網址格式不正確",
		"http://user:pw@shop.example/": "通知網址格式不正確",
		"":                             "通知網址格式不正確",
	} {
		if got := p.Probe(t.Context(), url); got.Error != want || got.HTTPStatus != 0 {
			t.Errorf("%q: %+v", url, got)
		}
	}
}

// Neither slow nor endless answers hold a probe longer than its timeout, and of an endless
// body no more than a little beyond 64 KiB is taken.
func TestAnAnswerWithoutEndIsCut(t *testing.T) {
	t.Parallel()
	const timeout = 500 * time.Millisecond
	var sent atomic.Int64
	endless := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for block := make([]byte, 32<<10); sent.Load() < 256<<20; {
			n, err := w.Write(block)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	trickle := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("x"))
			_ = http.NewResponseController(w).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	})
	silent := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	headers := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Long", long(1<<20)) })
	for name, tt := range map[string]struct {
		url, want string
		status    int
	}{
		"endless": {endless, "", 200}, "trickle": {trickle, "", 200},
		"silent":  {silent, "商店逾時未回應", 0},
		"headers": {headers, "連線中斷，未收到商店的回應", 0},
	} {
		begin := time.Now()
		if p := prober(timeout).Probe(t.Context(), tt.url); p.HTTPStatus != tt.status || p.Error != tt.want {
			t.Errorf("%s: %+v", name, p)
		}
		if took := time.Since(begin); took > 10*timeout {
			t.Errorf("%s: held for %v", name, took)
		}
	}
	if sent.Load() > 64<<20 {
		t.Errorf("%d bytes of an endless body were taken", sent.Load())
	}
}
