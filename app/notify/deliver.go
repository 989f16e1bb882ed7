package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/secret"
)

const (
	deliveryTimeout = 10 * time.Second
	answerBytesMax  = 64 << 10
	headerBytesMax  = 64 << 10
	urlBytesMax     = 2048
	userAgent       = "Memberzone-Notify/1.0"
)

// ClientOptions of a Client. Clock is required.
type ClientOptions struct {
	Timeout time.Duration // of a whole delivery; 0 means 10 seconds
	Clock   clock.Clock
	// AllowPrivate lets deliveries reach private and local addresses: for the demo
	// and for tests, where the merchant is on this machine.
	AllowPrivate bool
	AnyPort      bool // lets URLs name ports other than 80 and 443
}

// Client delivers notifications to merchants' NotifyURLs. The URL comes from a
// merchant, so it may point anywhere: unless told otherwise the client connects
// to public addresses only, checked on the address that is dialled and not on
// the name, uses no proxy and follows no redirect. Safe for concurrent use.
type Client struct {
	options ClientOptions
	agent   string
	http    *http.Client
}

// Delivery is what came of one delivery.
type Delivery struct {
	HTTPStatus int // 0 when there was no answer
	Duration   time.Duration
	Answer     string // the beginning of the body, card numbers masked; empty when there was none
	Error      string // a short sentence, zh-Hant-TW, fit to be shown; empty when delivered
}

// Delivered tells that the merchant took the notification: only HTTP 200 counts
// (the provider's manual, delivery of NotifyURL).
func (d Delivery) Delivered() bool { return d.HTTPStatus == http.StatusOK && d.Error == "" }

// NewClient returns a client.
func NewClient(o ClientOptions) *Client { return newClient(o, net.Dialer{}) }

// newClient returns a client that dials as the dialer does, past its guard.
func newClient(o ClientOptions, dialer net.Dialer) *Client {
	if o.Timeout <= 0 {
		o.Timeout = deliveryTimeout
	}
	dialer.Timeout = o.Timeout
	if !o.AllowPrivate && dialer.ControlContext == nil {
		dialer.ControlContext = refusePrivate
	}
	return &Client{
		options: o,
		agent:   userAgent,
		http: &http.Client{
			Transport: &http.Transport{
				Proxy:                  nil, // a proxy would dial in our stead, past the check
				DialContext:            dialer.DialContext,
				DisableKeepAlives:      true, // merchants are many and each is rarely called
				DisableCompression:     true,
				MaxResponseHeaderBytes: headerBytesMax,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Deliver posts an encoded form to a merchant's URL, once. Whatever goes wrong is
// told in the Delivery.
func (c *Client) Deliver(ctx context.Context, target, form string) Delivery {
	start := c.options.Clock.Now()
	status, body, err := c.post(ctx, target, form)
	d := Delivery{HTTPStatus: status, Duration: c.options.Clock.Now().Sub(start), Answer: beginning(body)}
	switch {
	case err != nil:
		d.Error = reason(err)
	case status != http.StatusOK:
		d.Error = fmt.Sprintf("商店回應 HTTP %d，僅 200 視為送達", status)
	}
	return d
}

func (c *Client) post(ctx context.Context, target, form string) (status int, body []byte, err error) {
	if err := c.checkURL(target); err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(form))
	if err != nil {
		return 0, nil, errURL
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	r.Header.Set("Accept", "*/*")
	r.Header.Set("User-Agent", c.agent)
	resp, err := c.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	// The status has decided. The body is read away, within limits, because some
	// servers end the merchant's script when its reader leaves early.
	body, _ = io.ReadAll(io.LimitReader(resp.Body, answerBytesMax))
	return resp.StatusCode, body, nil
}

// answerRunesMax is what is kept of an answer's body.
const answerRunesMax = 200

// beginning is the start of an answer's body as text on one line.
//
// SECURITY: a merchant's broken script may print what it was sent, and more.
func beginning(body []byte) string {
	text := strings.ToValidUTF8(string(body), "\uFFFD")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	runes := []rune(secret.MaskPANs(text))
	if len(runes) <= answerRunesMax {
		return string(runes)
	}
	return string(runes[:answerRunesMax]) + "…"
}

// What makes an address unfit for a delivery.
var (
	errURL     = errors.New("notify: not a URL that can be called")
	errPort    = errors.New("notify: port not allowed")
	errPrivate = errors.New("notify: address not allowed")
)

func (c *Client) checkURL(target string) error {
	u, err := url.Parse(target)
	switch {
	case err != nil, len(target) > urlBytesMax, u.Scheme != "http" && u.Scheme != "https",
		u.Hostname() == "", u.User != nil, u.Opaque != "":
		return errURL
	case !c.options.AnyPort && u.Port() != "" && u.Port() != "80" && u.Port() != "443":
		return errPort
	}
	return nil
}

// reason puts an error into words that tell the merchant what to look at, and
// nothing about our network. The order is from the particular to the general.
func reason(err error) string {
	var (
		dns     *net.DNSError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
		verify  *tls.CertificateVerificationError
		timeout net.Error
		op      *net.OpError
	)
	switch {
	case errors.Is(err, errURL):
		return "通知網址格式不正確"
	case errors.Is(err, errPort):
		return "通知網址的連接埠不允許，僅可使用 80 或 443"
	case errors.Is(err, errPrivate):
		return "通知網址指向不允許的位址"
	case errors.Is(err, context.Canceled):
		return "傳送中斷"
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "商店逾時未回應"
	case errors.As(err, &dns):
		return "查不到通知網址的主機名稱"
	case errors.As(err, &unknown), errors.As(err, &host), errors.As(err, &invalid), errors.As(err, &verify):
		return "商店的憑證驗證失敗"
	case errors.As(err, &op) && op.Op == "dial":
		return "無法連線到商店主機"
	}
	return "連線中斷，未收到商店的回應"
}
