package bank

import "net/http"

// GET /manage/behaviour
func (b *Bank) serveBehaviour(w http.ResponseWriter, _ *http.Request) {
	b.reply(w, http.StatusOK, b.script.get())
}

// PUT /manage/behaviour
func (b *Bank) serveSetBehaviour(w http.ResponseWriter, r *http.Request) {
	var wanted Behaviour
	if !isJSON(r) {
		b.refuse(w, http.StatusUnsupportedMediaType, "unsupported_media_type")
		return
	}
	err := decodeJSON(http.MaxBytesReader(w, r.Body, bodyBytesMax), &wanted)
	if err == nil {
		err = wanted.validate()
	}
	if err != nil {
		b.refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	b.script.set(wanted)
	b.reply(w, http.StatusOK, wanted)
}

// GET /manage/charges
func (b *Bank) serveCharges(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	b.reply(w, http.StatusOK, b.ledger.report(Filter{RequestID: q.Get("request_id"), TradeNo: q.Get("trade_no")}))
}

// GET /manage/batches
func (b *Bank) serveBatches(w http.ResponseWriter, _ *http.Request) {
	b.reply(w, http.StatusOK, b.ledger.reportBatches())
}

// POST /manage/reset
func (b *Bank) serveReset(w http.ResponseWriter, _ *http.Request) {
	if err := b.ledger.reset(); err != nil {
		b.log.Error("bank: reset", "error", err)
		b.reply(w, http.StatusInternalServerError, problem{Error: "internal"})
		return
	}
	b.script.set(Behaviour{})
	b.files.forget()
	b.reply(w, http.StatusOK, struct{}{})
}
