package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Errors of OpenNotify.
var (
	ErrNotifySha  = errors.New("wire: TradeSha of the notification does not match")
	ErrNotifyForm = errors.New("wire: notification is not an answer of the payment page")
)

// BuildPaymentForm is the merchant's side of the payment page: it seals the inner fields, which must include
// MerchantID and Version, and gives the outer fields to post in order. Error: ErrNoKeys.
func BuildPaymentForm(keys Keys, inner []Pair) ([]Pair, error) {
	tradeInfo, err := keys.Encrypt(EncodeForm(inner))
	if err != nil {
		return nil, err
	}
	sha, err := keys.TradeSha(tradeInfo)
	if err != nil {
		return nil, err
	}
	return []Pair{
		{"MerchantID", pairValue(inner, "MerchantID")},
		{"TradeInfo", tradeInfo},
		{"TradeSha", sha},
		{"Version", pairValue(inner, "Version")},
	}, nil
}

// BuildQueryForm is the merchant's side of QueryTradeInfo: it adds CheckValue to the given fields, which must
// include MerchantID, MerchantOrderNo and Amt. Error: ErrNoKeys.
func BuildQueryForm(keys Keys, fields []Pair) ([]Pair, error) {
	checkValue, err := keys.CheckValue(Trade{
		MerchantID:      pairValue(fields, "MerchantID"),
		Amt:             pairValue(fields, "Amt"),
		MerchantOrderNo: pairValue(fields, "MerchantOrderNo"),
	})
	if err != nil {
		return nil, err
	}
	return append(append([]Pair(nil), fields...), Pair{"CheckValue", checkValue}), nil
}

func pairValue(pairs []Pair, name string) string {
	for _, p := range pairs {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// Notice is a notification (or a returned form) as a merchant reads it. Result maps field names to text;
// numbers are in their JSON spelling and nulls are left out, so that both RespondTypes read the same.
type Notice struct {
	Status, Message string
	Result          map[string]string
}

// OpenNotify verifies and decrypts what arrived at NotifyURL or ReturnURL, in either RespondType. Errors:
// ErrNoKeys, ErrNotifySha, those of Decrypt, ErrNotifyForm.
func OpenNotify(keys Keys, form Form) (*Notice, error) {
	sha, err := keys.TradeSha(form.Get("TradeInfo"))
	if err != nil {
		return nil, err
	}
	if !SameHash(sha, form.Get("TradeSha")) {
		return nil, ErrNotifySha
	}
	plain, err := keys.Decrypt(form.Get("TradeInfo"))
	if err != nil {
		return nil, fmt.Errorf("open notification: %w", err)
	}
	if len(plain) > 0 && plain[0] == '{' {
		return parseNoticeJSON([]byte(plain))
	}
	inner, err := ParseForm(plain)
	if err != nil || inner.Get("Status") == "" {
		return nil, ErrNotifyForm
	}
	notice := &Notice{Status: inner.Get("Status"), Message: inner.Get("Message"), Result: inner}
	delete(inner, "Status")
	delete(inner, "Message")
	return notice, nil
}

func parseNoticeJSON(plain []byte) (*Notice, error) {
	var body struct {
		Status, Message string
		Result          json.RawMessage
	}
	if err := json.Unmarshal(plain, &body); err != nil || body.Status == "" {
		return nil, ErrNotifyForm
	}
	notice := &Notice{Status: body.Status, Message: body.Message, Result: map[string]string{}}
	if string(body.Result) == "[]" {
		return notice, nil
	}
	var fields map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body.Result))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil && !errors.Is(err, io.EOF) {
		return nil, ErrNotifyForm
	}
	for name, value := range fields {
		switch v := value.(type) {
		case string:
			notice.Result[name] = v
		case json.Number:
			notice.Result[name] = v.String()
		}
	}
	return notice, nil
}
