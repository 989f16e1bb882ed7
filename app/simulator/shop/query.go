package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/memberzone/memberzone/app/wire"
)

// inquiry is what QueryTradeInfo said about an order.
type inquiry struct {
	status, message string
	fields          []wire.Pair // of Result, in the gateway's order, nulls left out
	genuine         bool        // CheckCode holds
}

// errAnswer tells that the gateway's answer is not one of QueryTradeInfo.
var errAnswer = errors.New("shop: not an answer of QueryTradeInfo")

// query asks the gateway about an order, from server to server.
func (s *Shop) query(ctx context.Context, o order) (*inquiry, error) {
	fields, err := wire.BuildQueryForm(o.store.keys, []wire.Pair{
		{Name: "MerchantID", Value: o.store.merchantID},
		{Name: "Version", Value: "1.3"},
		{Name: "RespondType", Value: "JSON"},
		{Name: "TimeStamp", Value: s.timeStamp()},
		{Name: "MerchantOrderNo", Value: o.number},
		{Name: "Amt", Value: o.amount.String()},
	})
	if err != nil {
		return nil, fmt.Errorf("build the query: %w", err)
	}
	body := strings.NewReader(wire.EncodeForm(fields))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.gateway+queryPath, body)
	if err != nil {
		return nil, fmt.Errorf("build the query: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := s.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("query the gateway: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, wire.MaxFormBytes))
	if err != nil {
		return nil, fmt.Errorf("read the query's answer: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: HTTP status %d", errAnswer, answer.StatusCode)
	}
	return openInquiry(o.store.keys, text)
}

// openInquiry reads the JSON form of an answer and checks its CheckCode.
func openInquiry(keys wire.Keys, text []byte) (*inquiry, error) {
	var body struct {
		Status, Message string
		Result          json.RawMessage
	}
	if err := json.Unmarshal(text, &body); err != nil || body.Status == "" {
		return nil, errAnswer
	}
	q := &inquiry{status: body.Status, message: body.Message}
	if body.Status != string(wire.Success) {
		return q, nil
	}
	var err error
	if q.fields, err = objectFields(body.Result); err != nil {
		return nil, err
	}
	want, err := keys.CheckCode(wire.Trade{
		MerchantID: q.field("MerchantID"), Amt: q.field("Amt"),
		MerchantOrderNo: q.field("MerchantOrderNo"), TradeNo: q.field("TradeNo"),
	})
	if err != nil {
		return nil, fmt.Errorf("check the query's answer: %w", err)
	}
	q.genuine = wire.SameHash(want, q.field("CheckCode"))
	return q, nil
}

func (q *inquiry) field(name string) string {
	for _, p := range q.fields {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// objectFields lists an object's texts and numbers in the order they stand.
func objectFields(object json.RawMessage) ([]wire.Pair, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	d.UseNumber()
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, errAnswer
	}
	var list []wire.Pair
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, errAnswer
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, errAnswer
		}
		switch v := value.(type) {
		case string:
			list = append(list, wire.Pair{Name: name.(string), Value: v}) // names are strings: d has checked the syntax
		case json.Number:
			list = append(list, wire.Pair{Name: name.(string), Value: v.String()})
		}
	}
	return list, nil
}
