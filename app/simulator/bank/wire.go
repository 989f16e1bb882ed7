package bank

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"

	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/secret"
)

// Status is what has become of a request.
type Status string

// The statuses of a request.
const (
	Approved Status = "approved" // charged
	Declined Status = "declined" // never charged
	Reversed Status = "reversed" // charged no more, or never to be
)

// request is the body of an authorisation. PAN and CVC are bare here only to be
// decoded: nothing prints or keeps a request.
type request struct {
	RequestID   string    `json:"request_id"`
	MerchantID  string    `json:"merchant_id"`
	TradeNo     string    `json:"trade_no"`
	Amount      money.TWD `json:"amount"`
	Currency    string    `json:"currency"`
	PAN         string    `json:"pan"`
	Expiry      string    `json:"expiry"` // YYMM
	CVC         string    `json:"cvc"`
	Instalments int       `json:"instalments"`
	Bonus       bool      `json:"bonus"`
	ECI         string    `json:"eci"`
	// NetworkToken tells that PAN and Expiry are a network token's, which the cryptogram
	// makes good for this payment.
	NetworkToken bool   `json:"network_token,omitempty"`
	Cryptogram   string `json:"cryptogram,omitempty"`
}

// answer is what the bank says of a request, now and at every inquiry.
type answer struct {
	RequestID    string    `json:"request_id"`
	Status       Status    `json:"status"`
	RespondCode  string    `json:"respond_code"`
	Message      string    `json:"message"`
	ApprovalCode string    `json:"approval_code"`
	Amount       money.TWD `json:"amount"`
	Bank         string    `json:"bank"`
	Issuer       string    `json:"issuer"`
	Foreign      bool      `json:"foreign"`
	BonusPaid    money.TWD `json:"bonus_paid"`
}

type problem struct {
	Error        string `json:"error"`
	NotProcessed bool   `json:"not_processed"`
}

var (
	errInvalid  = errors.New("bank: the request is malformed")
	errConflict = errors.New("bank: the id belongs to another request")

	idPattern       = regexp.MustCompile(`^[A-Z0-9]{1,32}$`)
	merchantPattern = regexp.MustCompile(`^[A-Z0-9]{1,15}$`)
	tradeNoPattern  = regexp.MustCompile(`^[0-9]{17}$`)
	expiryPattern   = regexp.MustCompile(`^[0-9]{2}(0[1-9]|1[0-2])$`)
	cvcPattern      = regexp.MustCompile(`^([0-9]{3,4})?$`)
	last4Pattern    = regexp.MustCompile(`^[0-9]{4}$`)
	eciPattern      = regexp.MustCompile(`^(0?[0-9])?$`)
)

// decodeRequest reads an authorisation; its errors never quote the body.
func decodeRequest(body io.Reader) (request, secret.PAN, error) {
	var q request
	if err := decodeJSON(body, &q); err != nil {
		return request{}, secret.PAN{}, errInvalid
	}
	pan, err := secret.ParsePAN(q.PAN)
	if err != nil || pan.Expose() != q.PAN {
		return request{}, secret.PAN{}, fmt.Errorf("%w: pan", errInvalid)
	}
	for _, rule := range []struct {
		field string
		holds bool
	}{
		{"request_id", idPattern.MatchString(q.RequestID)},
		{"merchant_id", merchantPattern.MatchString(q.MerchantID)},
		{"trade_no", tradeNoPattern.MatchString(q.TradeNo)},
		{"amount", q.Amount > 0 && q.Amount <= money.Max},
		{"currency", q.Currency == "TWD"},
		{"expiry", expiryPattern.MatchString(q.Expiry)},
		{"cvc", cvcPattern.MatchString(q.CVC)},
		{"instalments", q.Instalments >= 0 && q.Instalments <= 99},
		{"eci", eciPattern.MatchString(q.ECI)},
		{"cryptogram", q.NetworkToken == (q.Cryptogram != "") && len(q.Cryptogram) <= cryptogramBytesMax},
	} {
		if !rule.holds {
			return request{}, secret.PAN{}, fmt.Errorf("%w: %s", errInvalid, rule.field)
		}
	}
	return q, pan, nil
}

// decodeJSON reads exactly one value without unknown fields.
func decodeJSON(from io.Reader, into any) error {
	d := json.NewDecoder(from)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("bank: more than one JSON value")
	}
	return nil
}

func isJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

func (b *Bank) reply(w http.ResponseWriter, status int, value any) {
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(value); err != nil {
		b.log.Error("bank: encode an answer", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a client that has left is its own trouble
}

// refuse answers that this delivery had no effect.
func (b *Bank) refuse(w http.ResponseWriter, status int, code string) {
	b.reply(w, status, problem{Error: code, NotProcessed: true})
}
