package sms

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/otp"
)

// timestampOff is how far the gateway's clock may be from ours, and so how long a
// receipt can be replayed: within that time a second one changes nothing.
const timestampOff = 5 * time.Minute

// errReceipt tells of a signed receipt that cannot be read.
var errReceipt = fault.New(fault.Invalid, "sms_receipt_malformed", "回報內容無法讀取。")

var referencePattern = regexp.MustCompile(`^[A-Z2-7]{26}$`)

func (c *Client) sign(r *http.Request, body []byte) {
	stamp := strconv.FormatInt(c.options.Clock.Now().Unix(), 10)
	r.Header.Set("SMS-Account", c.options.Account)
	r.Header.Set("SMS-Timestamp", stamp)
	r.Header.Set("SMS-Signature", c.signature(r.Method, r.URL.RequestURI(), stamp, body))
}

func (c *Client) signature(method, path, stamp string, body []byte) string {
	digest := sha256.Sum256(body)
	h := hmac.New(sha256.New, []byte(c.options.Secret.Expose()))
	h.Write([]byte(strings.Join(
		[]string{c.options.Account, method, path, stamp, hex.EncodeToString(digest[:])}, "\n")))
	return hex.EncodeToString(h.Sum(nil))
}

// ReadReceipt checks and reads a receipt that was posted with this body. It returns
// otp.ErrForged without a fresh signature of the gateway's.
// SECURITY: the signature is compared before a byte of the body is read, and in a time
// that tells nothing about it.
func (c *Client) ReadReceipt(r *http.Request, body []byte) (otp.Receipt, error) {
	stamp := r.Header.Get("SMS-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return otp.Receipt{}, otp.ErrForged
	}
	off := c.options.Clock.Now().Sub(time.Unix(seconds, 0))
	fresh := off <= timestampOff && off >= -timestampOff
	want := c.signature(r.Method, r.URL.RequestURI(), stamp, body)
	sameAccount := hmac.Equal([]byte(r.Header.Get("SMS-Account")), []byte(c.options.Account))
	sameSignature := hmac.Equal([]byte(r.Header.Get("SMS-Signature")), []byte(want))
	if !fresh || !sameAccount || !sameSignature {
		return otp.Receipt{}, otp.ErrForged
	}
	return decodeReceipt(body)
}

// decodeReceipt reads exactly one receipt; its errors quote nothing of it.
func decodeReceipt(body []byte) (otp.Receipt, error) {
	var w struct {
		Reference string    `json:"reference"`
		Status    string    `json:"status"`
		Reason    string    `json:"reason"`
		At        time.Time `json:"at"`
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if d.Decode(&w) != nil {
		return otp.Receipt{}, errReceipt
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return otp.Receipt{}, errReceipt
	}
	delivered := w.Status == "delivered"
	if !referencePattern.MatchString(w.Reference) || !delivered && w.Status != "failed" ||
		delivered != (w.Reason == "") || w.Reason != "" && !wordPattern.MatchString(w.Reason) {
		return otp.Receipt{}, errReceipt
	}
	return otp.Receipt{Reference: w.Reference, Delivered: delivered, Reason: w.Reason, At: w.At}, nil
}
