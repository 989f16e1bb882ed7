package phone

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// delayMSMax is the longest delay that can be ordered: ten minutes.
const delayMSMax = 10 * 60 * 1000

// Behaviour is how the gateway misbehaves. The zero value is a gateway at its best.
// Counters named Next run down to zero as messages come in.
type Behaviour struct {
	Unavailable   bool `json:"unavailable"`     // answers 503 and takes nothing
	RefuseNext    int  `json:"refuse_next"`     // answers 422 and takes nothing
	ThrottleNext  int  `json:"throttle_next"`   // answers 429 and takes nothing
	DelayBeforeMS int  `json:"delay_before_ms"` // before a message is taken, milliseconds
	DelayAfterMS  int  `json:"delay_after_ms"`  // after it is taken, before the answer
	LoseNext      int  `json:"lose_next"`       // taken and never answered
	DropLost      bool `json:"drop_lost"`       // a lost answer cuts the connection instead of holding it
	FailNext      int  `json:"fail_next"`       // taken and answered 500

	ArrivalDelayMS    int  `json:"arrival_delay_ms"`   // until the phone gets it, milliseconds
	UndeliverableNext int  `json:"undeliverable_next"` // taken, but no phone gets it
	NoReceipts        bool `json:"no_receipts"`        // says nothing of what became of messages
	ReceiptTwiceNext  int  `json:"receipt_twice_next"` // says it twice
}

func (b Behaviour) validate() error {
	for _, ms := range []int{b.DelayBeforeMS, b.DelayAfterMS, b.ArrivalDelayMS} {
		if ms < 0 || ms > delayMSMax {
			return fmt.Errorf("%w: delays are 0 to %d ms", errInvalid, delayMSMax)
		}
	}
	for _, n := range []int{
		b.RefuseNext, b.ThrottleNext, b.LoseNext, b.FailNext, b.UndeliverableNext, b.ReceiptTwiceNext,
	} {
		if n < 0 {
			return fmt.Errorf("%w: counters are not negative", errInvalid)
		}
	}
	return nil
}

// refusals are the words of the answers that take nothing.
var refusals = map[int]string{
	http.StatusServiceUnavailable:  "unavailable",
	http.StatusUnprocessableEntity: "refused",
	http.StatusTooManyRequests:     "throttled",
}

// script hands out the Behaviour, one step for each message.
type script struct {
	mu  sync.Mutex
	now Behaviour
}

// step is what happens to one delivery of a message.
type step struct {
	refusal                                int // the status of the answer that takes nothing; 0 for none
	lose, drop, fail                       bool
	before, after, arrival                 time.Duration
	undeliverable, noReceipt, receiptTwice bool
}

func (s *script) get() Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *script) set(b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = b
}

func (s *script) next() step {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := &s.now
	switch {
	case b.Unavailable:
		return step{refusal: http.StatusServiceUnavailable}
	case countDown(&b.RefuseNext):
		return step{refusal: http.StatusUnprocessableEntity}
	case countDown(&b.ThrottleNext):
		return step{refusal: http.StatusTooManyRequests}
	}
	return step{
		lose: countDown(&b.LoseNext), drop: b.DropLost, fail: countDown(&b.FailNext),
		before:        time.Duration(b.DelayBeforeMS) * time.Millisecond,
		after:         time.Duration(b.DelayAfterMS) * time.Millisecond,
		arrival:       time.Duration(b.ArrivalDelayMS) * time.Millisecond,
		undeliverable: countDown(&b.UndeliverableNext), noReceipt: b.NoReceipts,
		receiptTwice: countDown(&b.ReceiptTwiceNext),
	}
}

func countDown(n *int) bool {
	if *n == 0 {
		return false
	}
	*n--
	return true
}

// GET /manage/behaviour
func (g *Gateway) serveBehaviour(w http.ResponseWriter, _ *http.Request) {
	g.reply(w, http.StatusOK, g.script.get())
}

// PUT /manage/behaviour
func (g *Gateway) serveSetBehaviour(w http.ResponseWriter, r *http.Request) {
	var wanted Behaviour
	if !isJSON(r) {
		g.reply(w, http.StatusUnsupportedMediaType, problem{"unsupported_media_type"})
		return
	}
	err := decodeJSON(http.MaxBytesReader(w, r.Body, bodyBytesMax), &wanted)
	if err == nil {
		err = g.SetBehaviour(wanted)
	}
	if err != nil {
		g.reply(w, http.StatusBadRequest, problem{"invalid_request"})
		return
	}
	g.reply(w, http.StatusOK, wanted)
}

// GET /manage/messages
func (g *Gateway) serveMessages(w http.ResponseWriter, _ *http.Request) {
	g.mu.Lock()
	list := append([]Message{}, g.messages...)
	g.mu.Unlock()
	g.reply(w, http.StatusOK, list)
}

// POST /manage/reset
func (g *Gateway) serveReset(w http.ResponseWriter, _ *http.Request) {
	if err := g.forget(); err != nil {
		g.o.Log.Error("phone: reset", "error", err)
		g.reply(w, http.StatusInternalServerError, problem{"internal"})
		return
	}
	g.script.set(Behaviour{})
	g.reply(w, http.StatusOK, struct{}{})
}
