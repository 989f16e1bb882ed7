package acquirer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
)

// Statuses and error codes of batches.
const (
	statusReceived   = "received" // the bank has it and has not worked on it yet
	statusAnswered   = "answered"
	resultDone       = "done"
	resultRefused    = "refused"
	codeUnknownBatch = "unknown_batch"
)

var operationPattern = regexp.MustCompile(`^(capture|refund)$`)

// batch is the body of a batch on the wire.
type batch struct {
	BatchID string      `json:"batch_id"`
	Day     string      `json:"day"` // YYYY-MM-DD in Taipei
	Items   []batchItem `json:"items"`
}

type batchItem struct {
	ItemID       string    `json:"item_id"`
	Operation    string    `json:"operation"`
	RequestID    string    `json:"request_id"` // of the authorisation
	MerchantID   string    `json:"merchant_id"`
	TradeNo      string    `json:"trade_no"`
	ApprovalCode string    `json:"approval_code"`
	Authorised   money.TWD `json:"authorised"`
	AuthorisedAt string    `json:"authorised_at"` // RFC 3339
	Amount       money.TWD `json:"amount"`
	Currency     string    `json:"currency"`
}

// wireBatch is the bank's answer as it is sent.
type wireBatch struct {
	BatchID string `json:"batch_id"`
	Status  string `json:"status"`
	Items   []struct {
		ItemID      string `json:"item_id"`
		Result      string `json:"result"`
		RespondCode string `json:"respond_code"`
	} `json:"items"`
}

// SendBatch implements payment.Acquirer. Nothing less than the bank's receipt tells
// that it has the batch.
func (c *Client) SendBatch(ctx context.Context, b payment.BatchRequest) error {
	body, err := encodeBatch(b)
	if err != nil {
		return fmt.Errorf("acquirer: send batch %s: %w", printable(b.ID), err)
	}
	x := &exchange{method: http.MethodPost, path: "/v1/batches", body: body}
	if _, err := c.askBatch(ctx, b.ID, x); err != nil {
		return fmt.Errorf("acquirer: send batch %s: %w", printable(b.ID), err)
	}
	return nil
}

// BatchAnswer implements payment.Acquirer.
func (c *Client) BatchAnswer(ctx context.Context, batchID string) ([]payment.ItemAnswer, bool, error) {
	w, err := c.askBatch(ctx, batchID, &exchange{method: http.MethodGet, path: "/v1/batches/" + batchID})
	if err != nil {
		return nil, false, fmt.Errorf("acquirer: ask for the answers of batch %s: %w", printable(batchID), err)
	}
	if w.Status == statusReceived {
		return nil, false, nil
	}
	answers := make([]payment.ItemAnswer, len(w.Items))
	for i, item := range w.Items {
		answers[i] = payment.ItemAnswer{
			ID: item.ItemID, Done: item.Result == resultDone, RespondCode: item.RespondCode,
		}
	}
	return answers, true, nil
}

var errBatch = errors.New("malformed batch")

// encodeBatch writes a batch; the same batch always gives the same bytes.
func encodeBatch(b payment.BatchRequest) ([]byte, error) {
	wire := batch{BatchID: b.ID, Day: b.Day.String(), Items: make([]batchItem, len(b.Lines))}
	if !isID(b.ID) || b.Day.IsZero() || len(b.Lines) == 0 {
		return nil, errBatch
	}
	for i, line := range b.Lines {
		if !isID(line.ID) || !isID(line.RequestID) || !operationPattern.MatchString(string(line.Kind)) {
			return nil, errBatch
		}
		wire.Items[i] = batchItem{
			ItemID: line.ID, Operation: string(line.Kind), RequestID: line.RequestID, MerchantID: line.MerchantID,
			TradeNo: line.TradeNo, ApprovalCode: line.AuthCode, Authorised: line.Authorised,
			AuthorisedAt: line.AuthorisedAt.UTC().Format(time.RFC3339Nano), Amount: line.Amount, Currency: "TWD",
		}
	}
	return json.Marshal(wire)
}

// askBatch makes a call about a batch.
func (c *Client) askBatch(ctx context.Context, id string, x *exchange) (wireBatch, error) {
	if !isID(id) {
		return wireBatch{}, fmt.Errorf("%w: malformed id", payment.ErrNoAnswer)
	}
	if err := c.do(ctx, x); err != nil {
		return wireBatch{}, fmt.Errorf("%w: %w", payment.ErrNoAnswer, err)
	}
	if x.method == http.MethodGet && x.status == http.StatusNotFound && x.problem().code == codeUnknownBatch {
		return wireBatch{}, payment.ErrUnknownRequest
	}
	if x.status != http.StatusOK {
		return wireBatch{}, fmt.Errorf("%w: %w", payment.ErrNoAnswer, x.problem())
	}
	w, err := decodeBatch(x.answer, id)
	if err != nil {
		return wireBatch{}, fmt.Errorf("%w: %w", payment.ErrNoAnswer, err)
	}
	return w, nil
}

// decodeBatch reads the bank's answer about a batch. Its errors quote nothing that
// came.
func decodeBatch(text []byte, id string) (wireBatch, error) {
	var w wireBatch
	if err := decodeJSON(text, &w); err != nil {
		return wireBatch{}, err
	}
	if field := w.fault(id); field != "" {
		return wireBatch{}, fmt.Errorf("%w: %s", errAnswer, field)
	}
	return w, nil
}

// fault names the first field that cannot be, empty when the answer is sound.
func (w wireBatch) fault(id string) string {
	switch {
	case w.BatchID != id:
		return "batch_id"
	case w.Status != statusReceived && w.Status != statusAnswered:
		return "status"
	case (w.Status == statusAnswered) != (len(w.Items) > 0):
		return "items"
	}
	seen := map[string]bool{}
	for _, item := range w.Items {
		switch {
		case !isID(item.ItemID) || seen[item.ItemID]:
			return "item_id"
		case item.Result != resultDone && item.Result != resultRefused:
			return "result"
		case !codePattern.MatchString(item.RespondCode) || (item.Result == resultDone) != (item.RespondCode == "00"):
			return "respond_code"
		}
		seen[item.ItemID] = true
	}
	return ""
}
