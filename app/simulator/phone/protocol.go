package phone

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	bodyBytesMax = 16 << 10
	textRunesMax = 670 // ten parts of an SMS in UCS-2
	timestampOff = 5 * time.Minute
)

// request is the body of a message.
type request struct {
	Reference  string    `json:"reference"`
	To         string    `json:"to"`
	Text       string    `json:"text"`
	ValidUntil time.Time `json:"valid_until"`
}

type acceptance struct {
	Reference string `json:"reference"`
	Status    string `json:"status"`
}

type problem struct {
	Error string `json:"error"`
}

var (
	errInvalid = errors.New("phone: malformed")

	referencePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	phonePattern     = regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)
)

func (g *Gateway) signature(method, path, stamp string, body []byte) string {
	digest := sha256.Sum256(body)
	h := hmac.New(sha256.New, []byte(g.o.Secret.Expose()))
	h.Write([]byte(strings.Join([]string{g.o.Account, method, path, stamp, hex.EncodeToString(digest[:])}, "\n")))
	return hex.EncodeToString(h.Sum(nil))
}

// signed lets only requests through that carry a fresh signature of the account. The
// path is the one that was sent, whatever prefix the handler is mounted under.
func (g *Gateway) signed(next func(http.ResponseWriter, *http.Request, []byte)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyBytesMax))
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			g.reply(w, http.StatusRequestEntityTooLarge, problem{"too_large"})
			return
		} else if err != nil {
			g.reply(w, http.StatusBadRequest, problem{"invalid_request"})
			return
		}
		if !g.authentic(r, body) {
			g.reply(w, http.StatusUnauthorized, problem{"unauthorised"})
			return
		}
		next(w, r, body)
	})
}

func (g *Gateway) authentic(r *http.Request, body []byte) bool {
	stamp := r.Header.Get("SMS-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return false
	}
	if off := g.o.Clock.Now().Sub(time.Unix(seconds, 0)); off > timestampOff || off < -timestampOff {
		return false
	}
	want := g.signature(r.Method, r.RequestURI, stamp, body)
	sameAccount := hmac.Equal([]byte(r.Header.Get("SMS-Account")), []byte(g.o.Account))
	sameSignature := hmac.Equal([]byte(r.Header.Get("SMS-Signature")), []byte(want))
	return sameAccount && sameSignature
}

// decode reads a message; its errors never quote the body.
func decode(body []byte) (request, error) {
	var q request
	if err := decodeJSON(bytes.NewReader(body), &q); err != nil {
		return request{}, errInvalid
	}
	for _, rule := range []struct {
		field string
		holds bool
	}{
		{"reference", referencePattern.MatchString(q.Reference)},
		{"to", phonePattern.MatchString(q.To)},
		{"text", q.Text != "" && utf8.RuneCountInString(q.Text) <= textRunesMax},
		{"valid_until", !q.ValidUntil.IsZero()},
	} {
		if !rule.holds {
			return request{}, fmt.Errorf("%w: %s", errInvalid, rule.field)
		}
	}
	return q, nil
}

// POST /v1/messages
func (g *Gateway) serveMessage(w http.ResponseWriter, r *http.Request, body []byte) {
	if !isJSON(r) {
		g.reply(w, http.StatusUnsupportedMediaType, problem{"unsupported_media_type"})
		return
	}
	q, err := decode(body)
	if err != nil {
		g.o.Log.Info("phone: malformed message", "error", err)
		g.reply(w, http.StatusBadRequest, problem{"invalid_request"})
		return
	}
	s := g.script.next()
	if s.refusal != 0 {
		g.reply(w, s.refusal, problem{refusals[s.refusal]})
		return
	}
	// A client that leaves does not stop it: what arrived is processed.
	if !g.wait(context.WithoutCancel(r.Context()), s.before) {
		g.cut(w)
		return
	}
	fresh, same := g.take(q.Reference, sha256.Sum256(body))
	g.o.Log.Info("phone: message", "reference", q.Reference, "fresh", fresh, "same", same, "lost", s.lose)
	if fresh {
		g.sending.Go(func() { g.deliver(q, s) })
	}
	switch {
	case s.lose:
		if !s.drop {
			g.wait(r.Context(), lostHold)
		}
		g.cut(w)
	case !g.wait(r.Context(), s.after):
		g.cut(w)
	case !same:
		g.reply(w, http.StatusConflict, problem{"reference_conflict"})
	case s.fail:
		g.reply(w, http.StatusInternalServerError, problem{"internal"})
	default:
		g.reply(w, http.StatusAccepted, acceptance{q.Reference, "accepted"})
	}
}

// wait lets time pass; it returns false if the client has left or the gateway closes.
func (g *Gateway) wait(ctx context.Context, d time.Duration) bool {
	if d == 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-g.closing:
	}
	return false
}

// cut closes the connection without an answer.
func (g *Gateway) cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		g.o.Log.Error("phone: cut a connection", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if err := conn.Close(); err != nil {
		g.o.Log.Debug("phone: close a connection", "error", err)
	}
}

func isJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// decodeJSON reads exactly one value without unknown fields.
func decodeJSON(from io.Reader, into any) error {
	d := json.NewDecoder(from)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errInvalid
	}
	return nil
}

func (g *Gateway) reply(w http.ResponseWriter, status int, value any) {
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(value); err != nil {
		g.o.Log.Error("phone: encode an answer", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a client that has left is its own trouble
}
