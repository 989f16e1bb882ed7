package sms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/otp"
	"github.com/memberzone/memberzone/app/secret"
)

const (
	secretBytesMin  = 16
	answerBytesMax  = 16 << 10
	headerBytesMax  = 16 << 10
	idleConnections = 8
	idleFor         = 30 * time.Second
	dialFor         = 3 * time.Second
	timeoutDefault  = 8 * time.Second
)

// Options of a Client. URL, Account, Secret and Clock are required.
type Options struct {
	URL     string        // base address of the gateway: https, or http on this machine
	Account string        // our account with the gateway
	Secret  secret.String // signs requests and receipts; 16 bytes or more
	Timeout time.Duration // of a whole call; 0 means 8 seconds
	// AllowHTTP lets the gateway be reached by http wherever it is: for the demonstration.
	AllowHTTP bool
	Clock     clock.Clock
}

// Client hands text messages over to the gateway. Safe for concurrent use.
type Client struct {
	base    string
	options Options
	http    *http.Client
}

var _ otp.Sender = (*Client)(nil)

// New returns a client. It fails for options that are missing or malformed.
func New(o Options) (*Client, error) {
	base, err := url.Parse(o.URL)
	switch {
	case err != nil:
		return nil, errors.New("sms: the gateway's URL cannot be read") // it may hold a password
	case base.Host == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" ||
		base.Scheme != "https" && (base.Scheme != "http" || !o.AllowHTTP && !isLocal(base.Hostname())):
		return nil, errors.New("sms: the gateway's URL must be https://host[:port][/path]")
	case o.Account == "" || strings.ContainsAny(o.Account, "\r\n"):
		return nil, errors.New("sms: the account is missing")
	case len(o.Secret.Expose()) < secretBytesMin:
		return nil, fmt.Errorf("sms: the secret is shorter than %d bytes", secretBytesMin)
	case o.Clock == nil:
		return nil, errors.New("sms: the clock is missing")
	}
	if o.Timeout <= 0 {
		o.Timeout = timeoutDefault
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
				DisableCompression:     true,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// isLocal tells that a host is this machine.
func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// CloseIdle closes the connections that are not in use.
func (c *Client) CloseIdle() { c.http.CloseIdleConnections() }

// message is the request's body on the wire.
type message struct {
	Reference  string `json:"reference"`
	To         string `json:"to"`
	Text       string `json:"text"`
	ValidUntil string `json:"valid_until"` // RFC 3339
}

// errAnswer tells of an answer that does not hold together.
var errAnswer = errors.New("the answer does not hold together")

// Send implements otp.Sender.
func (c *Client) Send(ctx context.Context, m otp.Message) error {
	body, err := json.Marshal(message{
		Reference: m.Reference, To: m.To.Expose(), Text: m.Words.Expose(),
		ValidUntil: m.ExpiresAt.UTC().Format(time.RFC3339),
	})
	if err != nil {
		return errors.New("sms: encode a message") // the cause may quote it
	}
	status, answer, err := c.post(ctx, "/v1/messages", body)
	if err != nil {
		return fmt.Errorf("sms: send %s: %w", m.Reference, err)
	}
	switch status {
	case http.StatusAccepted:
		if !accepted(answer, m.Reference) {
			return fmt.Errorf("sms: send %s: HTTP %d: %w", m.Reference, status, errAnswer)
		}
		return nil
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge,
		http.StatusUnprocessableEntity:
		return fmt.Errorf("sms: send %s: HTTP %d %s: %w", m.Reference, status, problem(answer), otp.ErrRefused)
	}
	return fmt.Errorf("sms: send %s: HTTP %d %s", m.Reference, status, problem(answer))
}

func (c *Client) post(ctx context.Context, path string, body []byte) (status int, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	c.sign(r, body)
	resp, err := c.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, answerBytesMax+1))
	switch {
	case err != nil:
		return 0, nil, fmt.Errorf("read the answer: %w", err)
	case len(answer) > answerBytesMax:
		return 0, nil, fmt.Errorf("HTTP %d: %w", resp.StatusCode, errAnswer)
	}
	if kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		answer = nil // a proxy's page, not the gateway's word
	}
	return resp.StatusCode, answer, nil
}

func accepted(answer []byte, reference string) bool {
	var w struct {
		Reference string `json:"reference"`
		Status    string `json:"status"`
	}
	return json.Unmarshal(answer, &w) == nil && w.Reference == reference && w.Status == "accepted"
}

var wordPattern = regexp.MustCompile(`^[a-z_]{1,40}$`)

// problem reads the gateway's word for an error; anything but a word is not repeated.
func problem(answer []byte) string {
	var w struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(answer, &w) != nil || !wordPattern.MatchString(w.Error) {
		return "(unreadable)"
	}
	return w.Error
}
