package bank

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// errUnknown tells of an id that the bank has never seen.
var errUnknown = errors.New("bank: unknown request")

// POST /v1/authorisations
func (b *Bank) serveAuthorise(w http.ResponseWriter, r *http.Request) {
	if !isJSON(r) {
		b.refuse(w, http.StatusUnsupportedMediaType, "unsupported_media_type")
		return
	}
	q, pan, err := decodeRequest(r.Body)
	if err != nil {
		b.log.Info("bank: malformed authorisation", "error", err)
		b.refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	s := b.script.next(ofAuthorise)
	s.lose = s.lose || b.ledger.faceOf(q, pan).Does == doesNoAnswer
	b.perform(w, r, s, func() (said, error) { return b.ledger.authorise(q, pan, s.decline) })
}

// GET /v1/authorisations/{id}
func (b *Bank) serveInquire(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !idPattern.MatchString(id) {
		b.refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	b.perform(w, r, b.script.next(ofInquire), func() (said, error) {
		a, known, err := b.ledger.inquire(id)
		if err == nil && !known {
			err = errUnknown
		}
		return a, err
	})
}

// POST /v1/authorisations/{id}/reversal
func (b *Bank) serveReverse(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !idPattern.MatchString(id) {
		b.refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	b.perform(w, r, b.script.next(ofReverse), func() (said, error) { return b.ledger.reverse(id) })
}

// POST /v1/batches
func (b *Bank) serveBatch(w http.ResponseWriter, r *http.Request) {
	if !isJSON(r) {
		b.refuse(w, http.StatusUnsupportedMediaType, "unsupported_media_type")
		return
	}
	q, err := decodeBatch(r.Body)
	if err != nil {
		b.log.Info("bank: malformed batch", "error", err)
		b.refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	b.perform(w, r, b.script.next(ofBatch), func() (said, error) {
		ordered := batchStep{acceptUnknown: b.adopts}
		if !b.ledger.hasBatch(q.BatchID) {
			ordered.wait, ordered.refuse = b.script.nextBatch(len(q.Items))
		}
		return b.ledger.take(q, ordered)
	})
}

// GET /v1/batches/{id}
func (b *Bank) serveBatchAnswers(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !idPattern.MatchString(id) {
		b.refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	b.perform(w, r, b.script.next(ofAnswers), func() (said, error) { return b.ledger.answers(id) })
}

// said is an answer of the bank.
type said interface {
	// attributes are what the log keeps of it.
	attributes() []any
}

func (a answer) attributes() []any {
	return []any{"request_id", a.RequestID, "status", string(a.Status), "respond_code", a.RespondCode}
}

func (a batchAnswer) attributes() []any {
	return []any{"batch_id", a.BatchID, "status", a.Status, "items", len(a.Items)}
}

// perform processes a delivery with the troubles that were ordered for it. A
// client that leaves does not stop it: what arrived is processed.
func (b *Bank) perform(w http.ResponseWriter, r *http.Request, s step, process func() (said, error)) {
	if s.unavailable {
		b.refuse(w, http.StatusServiceUnavailable, "unavailable")
		return
	}
	if !b.wait(context.WithoutCancel(r.Context()), s.before) {
		b.cut(w)
		return
	}
	a, err := process()
	if s.twice && err == nil {
		a, err = process()
	}
	b.log.Info("bank: processed", append([]any{"call", r.Pattern, "lost", s.lose, "error", err}, a.attributes()...)...)
	switch {
	case s.lose:
		if !s.drop {
			b.wait(r.Context(), lostHold)
		}
		b.cut(w)
	case !b.wait(r.Context(), s.after):
		b.cut(w)
	case refusalOf(err) != (refusedCall{}):
		told := refusalOf(err)
		b.reply(w, told.status, problem{Error: told.code, NotProcessed: told.notProcessed})
	case err != nil || s.fail:
		b.reply(w, http.StatusInternalServerError, problem{Error: "internal"})
	default:
		b.reply(w, http.StatusOK, a)
	}
}

// refusedCall is how an error of a call is answered.
type refusedCall struct {
	status       int
	code         string
	notProcessed bool
}

// refusalOf gives the answer to an error that is the caller's, the zero one else.
func refusalOf(err error) refusedCall {
	switch {
	case errors.Is(err, errConflict):
		// The id is known, so its first delivery may well have charged: the marker stays off.
		return refusedCall{http.StatusConflict, "id_conflict", false}
	case errors.Is(err, errUnknown):
		return refusedCall{http.StatusNotFound, "unknown_request", false}
	case errors.Is(err, errNoBatch):
		return refusedCall{http.StatusNotFound, "unknown_batch", false}
	case errors.Is(err, errNoCard):
		return refusedCall{http.StatusNotFound, "unknown_card", true}
	case errors.Is(err, errNoToken):
		return refusedCall{http.StatusNotFound, "unknown_token", true}
	case errors.Is(err, errNotEligible):
		return refusedCall{http.StatusUnprocessableEntity, "not_eligible", true}
	case errors.Is(err, errSuspended):
		return refusedCall{http.StatusConflict, "token_suspended", true}
	case errors.Is(err, errDeleted):
		return refusedCall{http.StatusConflict, "token_deleted", true}
	case errors.Is(err, errChange):
		return refusedCall{http.StatusConflict, "change_refused", true}
	}
	return refusedCall{}
}

// wait lets time pass; it returns false if the client has left or the bank closes.
func (b *Bank) wait(ctx context.Context, d time.Duration) bool {
	if d == 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-b.closing:
	}
	return false
}

// cut closes the connection without an answer.
func (b *Bank) cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		b.log.Error("bank: cut a connection", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if err := conn.Close(); err != nil {
		b.log.Debug("bank: close a connection", "error", err)
	}
}
