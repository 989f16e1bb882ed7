package notify_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/notify"
)

const form = "Status=SUCCESS&MerchantID=MS100000001&TradeInfo=ff00&TradeSha=AA&Version=2.0&%E5%93%81=%E5%90%8D+1"

// local is a client for merchants on this machine.
func local(timeout time.Duration) *notify.Client {
	return notify.NewClient(notify.ClientOptions{
		Timeout: timeout, Clock: clock.System{}, AllowPrivate: true, AnyPort: true,
	})
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL + "/notify?shop=1"
}

func TestTheBodyArrivesByteForByte(t *testing.T) {
	t.Parallel()
	type seen struct{ method, query, kind, agent, body string }
	got := make(chan seen, 1)
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- seen{r.Method, r.URL.RawQuery, r.Header.Get("Content-Type"), r.UserAgent(), string(body)}
	})
	d := local(0).Deliver(t.Context(), url, form)
	if !d.Delivered() || d.HTTPStatus != 200 || d.Error != "" || d.Duration < 0 {
		t.Errorf("%+v", d)
	}
	want := seen{"POST", "shop=1", "application/x-www-form-urlencoded; charset=UTF-8", "Memberzone-Notify/1.0", form}
	if s := <-got; s != want {
		t.Errorf("got  %+v\nwant %+v", s, want)
	}
}

func TestOnlyHTTP200IsADelivery(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		200: "", 201: "商店回應 HTTP 201，僅 200 視為送達", 204: "商店回應 HTTP 204，僅 200 視為送達",
		301: "商店回應 HTTP 301，僅 200 視為送達", 307: "商店回應 HTTP 307，僅 200 視為送達",
		404: "商店回應 HTTP 404，僅 200 視為送達", 500: "商店回應 HTTP 500，僅 200 視為送達",
	} {
		var calls atomic.Int32
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			calls.Add(1)
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		})
		d := local(0).Deliver(t.Context(), url, form)
		if d.HTTPStatus != status || d.Error != want || d.Delivered() != (status == 200) || calls.Load() != 1 {
			t.Errorf("%d: %+v, %d calls", status, d, calls.Load())
		}
	}
}

func TestPrivateAddressesAreRefusedWhateverTheirName(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	url := serve(t, func(http.ResponseWriter, *http.Request) { calls.Add(1) })
	_, port, err := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/notify?shop=1"))
	if err != nil {
		t.Fatal(err)
	}
	c := notify.NewClient(notify.ClientOptions{Clock: clock.System{}, AnyPort: true})
	for _, host := range []string{
		"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "10.0.0.1", "192.168.0.1",
		"169.254.169.254", "[fe80::1%25lo]",
	} {
		d := c.Deliver(t.Context(), "http://"+host+":"+port+"/", form)
		if d.Error != "通知網址指向不允許的位址" || d.Delivered() || d.HTTPStatus != 0 {
			t.Errorf("%s: %+v", host, d)
		}
	}
	// Other spellings of 127.0.0.1: whatever the resolver makes of them, nothing is delivered.
	for _, host := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1"} {
		if d := c.Deliver(t.Context(), "http://"+host+":"+port+"/", form); d.Delivered() || d.Error == "" {
			t.Errorf("%s: %+v", host, d)
		}
	}
	if calls.Load() != 0 {
		t.Errorf("%d calls arrived", calls.Load())
	}
}

func TestURLsThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	c := notify.NewClient(notify.ClientOptions{Clock: clock.System{}, AllowPrivate: true})
	const malformed, port = "通知網址格式不正確", "通知網址的連接埠不允許，僅可使用 80 或 443"
	for url, want := range map[string]string{
		"":                              malformed,
		"shop.example/notify":           malformed,
		"//shop.example/notify":         malformed,
		"ftp://shop.example/":           malformed,
		"file:///etc/passwd":            malformed,
		"gopher://127.0.0.1:80/_x":      malformed,
		"http://":                       malformed,
		"http:///notify":                malformed,
		"http:shop.example":             malformed,
		"http://user:pw@shop.example/":  malformed,
		"http://shop.example\r\nX: y/":  malformed,
		"http://shop.example:port/":     malformed,
		"http://a/" + long(2048):        malformed,
		"http://shop.example:22/":       port,
		"https://shop.example:8443/":    port,
		"http://127.0.0.1:65535/notify": port,
	} {
		if d := c.Deliver(t.Context(), url, form); d.Error != want || d.HTTPStatus != 0 {
			t.Errorf("%q: %+v, want %s", url, d, want)
		}
	}
}

func long(n int) string { return strings.Repeat("a", n) }

func TestAMerchantThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	cut := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
	})
	silent := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = nil
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	for name, c := range map[string]struct {
		ctx       context.Context
		url, want string
	}{
		"silent":      {t.Context(), silent, "商店逾時未回應"},
		"refused":     {t.Context(), "http://" + closed.Addr().String(), "無法連線到商店主機"},
		"cut":         {t.Context(), cut, "連線中斷，未收到商店的回應"},
		"no host":     {t.Context(), "http://shop.invalid/", "查不到通知網址的主機名稱"},
		"certificate": {t.Context(), untrusted.URL, "商店的憑證驗證失敗"},
		"cancelled":   {over, silent, "傳送中斷"},
	} {
		if d := local(time.Second).Deliver(c.ctx, c.url, form); d.Error != c.want || d.HTTPStatus != 0 {
			t.Errorf("%s: %+v, want %s", name, d, c.want)
		}
	}
}

// A body is not part of the answer: neither a slow nor an endless one may hold a
// worker longer than the timeout, and the 200 before it counts.
func TestTheBodyOfTheAnswerDecidesNothing(t *testing.T) {
	t.Parallel()
	slow := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	var sent atomic.Int64
	endless := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for block := make([]byte, 32<<10); ; {
			n, err := w.Write(block)
			sent.Add(int64(n))
			if err != nil || sent.Load() > 256<<20 {
				return
			}
		}
	}
	begin := time.Now()
	for name, h := range map[string]http.HandlerFunc{"slow": slow, "endless": endless} {
		if d := local(300*time.Millisecond).Deliver(t.Context(), serve(t, h), form); !d.Delivered() {
			t.Errorf("%s: %+v", name, d)
		}
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("held for %v", took)
	}
	if sent.Load() > 64<<20 {
		t.Errorf("%d bytes of an endless body were taken", sent.Load())
	}
	headers := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Long", long(1<<20)) })
	if d := local(time.Second).Deliver(t.Context(), headers, form); d.Delivered() || d.Error == "" {
		t.Errorf("endless headers: %+v", d)
	}
}

func TestNoProxyOfTheEnvironmentIsUsed(t *testing.T) {
	var asked atomic.Int32
	proxy := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	t.Setenv("HTTP_PROXY", proxy)
	t.Setenv("http_proxy", proxy)
	if d := local(time.Second).Deliver(t.Context(), "http://shop.invalid/", form); d.Delivered() || asked.Load() != 0 {
		t.Errorf("%+v, the proxy was asked %d times", d, asked.Load())
	}
}
