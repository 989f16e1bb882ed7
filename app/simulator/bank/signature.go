package bank

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/memberzone/memberzone/app/secret"
)

const (
	bodyBytesMax  = 16 << 10
	batchBytesMax = 1 << 20
	timestampOff  = 5 * time.Minute
)

// keys are derived from the account's secret, one for each use.
type keys struct{ sign, hash, approve []byte }

func newKeys(s secret.String) keys {
	derive := func(use string) []byte { return mac([]byte(s.Expose()), "bank:"+use) }
	return keys{sign: []byte(s.Expose()), hash: derive("journal"), approve: derive("approval")}
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// contentHash tells one request's content from another's. The CVC takes no part:
// not even a hash of it may be kept after authorisation (PCI DSS 3.3.1).
func (k keys) contentHash(q request) string {
	text := fmt.Sprintf("content|%q|%q|%d|%q|%q|%d|%t|%q",
		q.MerchantID, q.TradeNo, q.Amount, q.PAN, q.Expiry, q.Instalments, q.Bonus, q.ECI)
	if q.NetworkToken {
		text += fmt.Sprintf("|%q", q.Cryptogram)
	}
	return hex.EncodeToString(mac(k.hash, text))
}

// batchHash tells one batch's content from another's.
func (k keys) batchHash(q batchRequest) string {
	text := fmt.Sprintf("batch|%q", q.Day)
	for _, i := range q.Items {
		text += fmt.Sprintf("|%q|%q|%q|%q|%q|%q|%d|%d", i.ItemID, i.Operation, i.RequestID, i.MerchantID, i.TradeNo,
			i.ApprovalCode, i.Authorised, i.Amount)
	}
	return hex.EncodeToString(mac(k.hash, text))
}

func (k keys) cardHash(pan secret.PAN) string {
	return hex.EncodeToString(mac(k.hash, "card|"+pan.Expose()))
}

// approvalCode gives six digits, the same ones whenever the id is asked again.
func (k keys) approvalCode(requestID string) string {
	n := binary.BigEndian.Uint64(mac(k.approve, requestID))
	return fmt.Sprintf("%06d", n%999_999+1)
}

func (k keys) signature(account, method, path, timestamp string, body []byte) string {
	digest := sha256.Sum256(body)
	return hex.EncodeToString(mac(k.sign,
		account+"\n"+method+"\n"+path+"\n"+timestamp+"\n"+hex.EncodeToString(digest[:])))
}

// signed lets only requests through that carry a fresh signature of the account.
// The whole body is read first, so that the request's context ends when the
// client leaves.
func (b *Bank) signed(bytesMax int64, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bytesMax))
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			b.refuse(w, http.StatusRequestEntityTooLarge, "too_large")
			return
		} else if err != nil {
			b.refuse(w, http.StatusBadRequest, "invalid_request")
			return
		}
		if !b.authentic(r, body) {
			b.refuse(w, http.StatusUnauthorized, "unauthorised")
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next(w, r)
	})
}

func (b *Bank) authentic(r *http.Request, body []byte) bool {
	stamp := r.Header.Get("Bank-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return false
	}
	if off := b.clock.Now().Sub(time.Unix(seconds, 0)); off > timestampOff || off < -timestampOff {
		return false
	}
	want := b.keys.signature(b.account, r.Method, r.URL.RequestURI(), stamp, body)
	sameAccount := hmac.Equal([]byte(r.Header.Get("Bank-Account")), []byte(b.account))
	sameSignature := hmac.Equal([]byte(r.Header.Get("Bank-Signature")), []byte(want))
	return sameAccount && sameSignature
}
