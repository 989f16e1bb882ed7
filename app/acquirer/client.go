package acquirer

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
)

const (
	secretBytesMin  = 16
	answerBytesMax  = 64 << 10
	headerBytesMax  = 16 << 10
	idleConnections = 32
	idleFor         = 30 * time.Second // shorter than a bank keeps its side open
	dialFor         = 5 * time.Second
)

// ErrInTransaction tells of a call with a database transaction open: a defect of
// the caller.
var ErrInTransaction = errors.New("acquirer: called inside a database transaction")

var errAnswer = errors.New("the answer does not hold together")

// Options of a Client. All are required.
type Options struct {
	URL     string        // base address of the bank, http or https, without a query
	Account string        // the merchant account with the bank
	Secret  secret.String // signs the account's requests; 16 bytes or more
	Timeout time.Duration // of a whole call, from dialling to the last byte
	Clock   clock.Clock
}

// Client asks the acquirer bank over HTTP. Safe for concurrent use.
type Client struct {
	base    string
	options Options
	http    *http.Client
}

var _ payment.Acquirer = (*Client)(nil)

// New returns a client. It fails for options that are missing or malformed.
func New(o Options) (*Client, error) {
	base, err := url.Parse(o.URL)
	switch {
	case err != nil:
		return nil, errors.New("acquirer: the bank's URL cannot be read") // it may hold a password
	case base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.User != nil ||
		base.RawQuery != "" || base.Fragment != "":
		return nil, errors.New("acquirer: the bank's URL must be http(s)://host[:port][/path]")
	case o.Account == "" || strings.ContainsAny(o.Account, "\r\n"):
		return nil, errors.New("acquirer: the account is missing")
	case len(o.Secret.Expose()) < secretBytesMin:
		return nil, fmt.Errorf("acquirer: the secret is shorter than %d bytes", secretBytesMin)
	case o.Timeout <= 0:
		return nil, errors.New("acquirer: the timeout must be positive")
	case o.Clock == nil:
		return nil, errors.New("acquirer: the clock is missing")
	}
	return &Client{
		base: strings.TrimRight(base.String(), "/"), options: o,
		http: &http.Client{
			Transport: &http.Transport{
				DialContext:            (&net.Dialer{Timeout: dialFor}).DialContext,
				TLSHandshakeTimeout:    dialFor,
				MaxIdleConnsPerHost:    idleConnections,
				IdleConnTimeout:        idleFor,
				MaxResponseHeaderBytes: headerBytesMax,
				DisableCompression:     true, // an answer has the size that it has
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// CloseIdle closes the connections that are not in use.
func (c *Client) CloseIdle() { c.http.CloseIdleConnections() }

// exchange is one call: what is sent, and what came of it.
type exchange struct {
	method, path string // the path below the base address
	body         []byte
	connected    atomic.Bool // a connection was handed over: bytes may have left
	status       int
	answer       []byte
}

// do sends an exchange once and reads the answer. connected tells afterwards
// whether the bank may have seen it.
func (c *Client) do(ctx context.Context, x *exchange) error {
	if payment.InTx(ctx) {
		return ErrInTransaction
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { x.connected.Store(true) },
	})
	r, err := http.NewRequestWithContext(ctx, x.method, c.base+x.path, bytes.NewReader(x.body))
	if err != nil {
		return err
	}
	// Without GetBody the transport cannot send a body a second time over another
	// connection (http.Transport: "only retries … if it has no body or has GetBody").
	r.GetBody = nil
	if len(x.body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Accept", "application/json")
	c.sign(r, x.body)
	resp, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	x.status = resp.StatusCode
	x.answer, err = io.ReadAll(io.LimitReader(resp.Body, answerBytesMax+1))
	switch {
	case err != nil:
		return fmt.Errorf("read the answer: %w", err)
	case len(x.answer) > answerBytesMax || !isJSON(resp.Header.Get("Content-Type")):
		return fmt.Errorf("HTTP %d: %w", x.status, errAnswer)
	}
	return nil
}

func (c *Client) sign(r *http.Request, body []byte) {
	stamp := strconv.FormatInt(c.options.Clock.Now().Unix(), 10)
	r.Header.Set("Bank-Account", c.options.Account)
	r.Header.Set("Bank-Timestamp", stamp)
	r.Header.Set("Bank-Signature", signature(c.options, r.Method, r.URL.RequestURI(), stamp, body))
}

func signature(o Options, method, path, stamp string, body []byte) string {
	digest := sha256.Sum256(body)
	h := hmac.New(sha256.New, []byte(o.Secret.Expose()))
	h.Write([]byte(strings.Join([]string{o.Account, method, path, stamp, hex.EncodeToString(digest[:])}, "\n")))
	return hex.EncodeToString(h.Sum(nil))
}
