package phone

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	receiptTimeout  = 5 * time.Second
	receiptTries    = 5
	receiptPause    = 300 * time.Millisecond // doubled after each try
	receiptBytesMax = 16 << 10
)

// receipt is what became of a message.
type receipt struct {
	Reference string    `json:"reference"`
	Status    string    `json:"status"`
	Reason    string    `json:"reason"`
	At        time.Time `json:"at"`
}

// deliver brings a message to its phone and tells the account what became of it.
func (g *Gateway) deliver(q request, s step) {
	if !g.wait(context.Background(), s.arrival) {
		return
	}
	now := g.o.Clock.Now()
	told := receipt{Reference: q.Reference, Status: "failed", At: now}
	switch {
	case s.undeliverable:
		told.Reason = "unreachable"
	case now.After(q.ValidUntil):
		told.Reason = "expired"
	default:
		if err := g.show(Message{Reference: q.Reference, To: q.To, Text: q.Text, At: now}); err != nil {
			g.o.Log.Error("phone: show a message", "error", err)
			return
		}
		told.Status = "delivered"
	}
	if g.receiptURL() == "" || s.noReceipt {
		return
	}
	g.tell(told)
	if s.receiptTwice {
		g.tell(told)
	}
}

// tell posts a receipt until it is taken, or too often not.
func (g *Gateway) tell(told receipt) {
	pause := receiptPause
	for try := 1; ; try++ {
		err := g.post(told)
		if err == nil {
			return
		}
		if try == receiptTries || !g.wait(context.Background(), pause) {
			g.o.Log.Warn("phone: a receipt was given up", "reference", told.Reference, "error", err)
			return
		}
		pause *= 2
	}
}

func (g *Gateway) post(told receipt) error {
	body, err := json.Marshal(told)
	if err != nil {
		return fmt.Errorf("encode a receipt: %w", err)
	}
	r, err := http.NewRequest(http.MethodPost, g.receiptURL(), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make a receipt: %w", err)
	}
	stamp := strconv.FormatInt(g.o.Clock.Now().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("SMS-Account", g.o.Account)
	r.Header.Set("SMS-Timestamp", stamp)
	r.Header.Set("SMS-Signature", g.signature(r.Method, r.URL.RequestURI(), stamp, body))
	resp, err := g.client.Do(r)
	if err != nil {
		return fmt.Errorf("post a receipt: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, receiptBytesMax))
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("post a receipt: HTTP %d", resp.StatusCode)
	}
	return nil
}
