package bank

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/memberzone/memberzone/app/secret"
)

const reportBytesMax = 64 << 20

// Management is the client of a bank's management API, for tests and demonstrations.
type Management struct {
	url    string
	client *http.Client
}

// NewManagement returns the client of the bank at a base URL such as
// "http://localhost:8083".
func NewManagement(baseURL string, client *http.Client) *Management {
	return &Management{url: strings.TrimRight(baseURL, "/"), client: client}
}

// Behaviour tells how the bank misbehaves at present.
func (m *Management) Behaviour(ctx context.Context) (Behaviour, error) {
	var b Behaviour
	err := m.call(ctx, http.MethodGet, "/manage/behaviour", nil, &b)
	return b, err
}

// SetBehaviour replaces the whole behaviour.
func (m *Management) SetBehaviour(ctx context.Context, b Behaviour) error {
	return m.call(ctx, http.MethodPut, "/manage/behaviour", b, nil)
}

// Report lists the requests that fit the filter, with their totals.
func (m *Management) Report(ctx context.Context, f Filter) (Report, error) {
	q := url.Values{}
	if f.RequestID != "" {
		q.Set("request_id", f.RequestID)
	}
	if f.TradeNo != "" {
		q.Set("trade_no", f.TradeNo)
	}
	var r Report
	err := m.call(ctx, http.MethodGet, "/manage/charges?"+q.Encode(), nil, &r)
	return r, err
}

// Batches lists the batches with what they add up to.
func (m *Management) Batches(ctx context.Context) (BatchesReport, error) {
	var r BatchesReport
	err := m.call(ctx, http.MethodGet, "/manage/batches", nil, &r)
	return r, err
}

// SetCard changes what the issuer of a card holds of its cardholder, until the bank is
// started again.
func (m *Management) SetCard(ctx context.Context, pan secret.PAN, o OnFile) error {
	return m.call(ctx, http.MethodPut, "/manage/cards", struct {
		lookup
		OnFile
	}{lookup{pan.Expose()}, o}, nil)
}

// Tokens lists the network tokens, the oldest first.
func (m *Management) Tokens(ctx context.Context) ([]Token, error) {
	var all []Token
	err := m.call(ctx, http.MethodGet, "/manage/network-tokens", nil, &all)
	return all, err
}

// ChangeToken suspends, resumes, renews or deletes a network token.
func (m *Management) ChangeToken(ctx context.Context, reference string, o TokenOrder) (Token, error) {
	var t Token
	err := m.call(ctx, http.MethodPost, "/manage/network-tokens/"+url.PathEscape(reference), o, &t)
	return t, err
}

// Reset makes the bank forget every request and every behaviour.
func (m *Management) Reset(ctx context.Context) error {
	return m.call(ctx, http.MethodPost, "/manage/reset", struct{}{}, nil)
}

func (m *Management) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("bank management: encode: %w", err)
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, m.url+path, body)
	if err != nil {
		return fmt.Errorf("bank management: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := m.client.Do(r)
	if err != nil {
		return fmt.Errorf("bank management: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("bank management: %s %s answered %d", method, path, resp.StatusCode)
	}
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, reportBytesMax)).Decode(out); err != nil {
		return fmt.Errorf("bank management: decode: %w", err)
	}
	return nil
}
