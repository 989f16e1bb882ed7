package bank

import (
	"fmt"
	"sync"
	"time"
)

// answersAfterMSMax is the longest wait for a batch's answers: thirty days.
const answersAfterMSMax = 30 * 24 * 60 * 60 * 1000

func isRefusal(code string) bool { return code != "00" && words[code] != "" }

// delayMSMax is the longest delay that can be ordered: ten minutes.
const delayMSMax = 10 * 60 * 1000

// Behaviour is how the bank misbehaves. The zero value is a bank at its best.
// Counters named Next run down to zero as deliveries come in.
type Behaviour struct {
	Unavailable bool   `json:"unavailable"` // answers 503 to everything and processes nothing
	Authorise   Faults `json:"authorise"`
	Inquire     Faults `json:"inquire"`
	Reverse     Faults `json:"reverse"`
	Batch       Faults `json:"batch"`        // POST /v1/batches
	Answers     Faults `json:"answers"`      // GET /v1/batches/{id}
	Provision   Faults `json:"provision"`    // POST /v1/network-tokens
	Cryptogram  Faults `json:"cryptogram"`   // POST /v1/network-tokens/{reference}/cryptograms
	TokenEvents Faults `json:"token_events"` // GET /v1/network-tokens/events
	Lookup      Faults `json:"lookup"`       // POST /v1/cards/lookup

	// AnswersAfterMS is how long after a batch its answers are ready, milliseconds.
	AnswersAfterMS int64 `json:"answers_after_ms,omitempty"`
	// RefuseNext are the respond codes of the next items, in the order in which they
	// come.
	RefuseNext []string `json:"refuse_next,omitempty"`
}

// Faults are the troubles of one kind of call.
type Faults struct {
	DelayBeforeMS int  `json:"delay_before_ms"` // before it is processed: still under way, milliseconds
	DelayAfterMS  int  `json:"delay_after_ms"`  // after it is processed, before it is answered
	TwiceNext     int  `json:"twice_next"`      // processed twice, as if the network had delivered it twice
	LoseNext      int  `json:"lose_next"`       // processed and never answered
	DropLost      bool `json:"drop_lost"`       // a lost answer cuts the connection instead of holding it
	FailNext      int  `json:"fail_next"`       // processed and answered 500
	// DeclineNext are the respond codes of the next authorisations, a code of the
	// bank's table each. It has no meaning for other calls.
	DeclineNext []string `json:"decline_next,omitempty"`
}

func (b Behaviour) validate() error {
	if b.AnswersAfterMS < 0 || b.AnswersAfterMS > answersAfterMSMax {
		return fmt.Errorf("%w: answers come after 0 to %d ms", errInvalid, answersAfterMSMax)
	}
	for _, code := range b.RefuseNext {
		if !isRefusal(code) {
			return fmt.Errorf("%w: no respond code of a refusal", errInvalid)
		}
	}
	for _, of := range calls {
		if err := of(&b).validate(); err != nil {
			return err
		}
		if f := of(&b); f != &b.Authorise && len(f.DeclineNext) > 0 {
			return fmt.Errorf("%w: only an authorisation can be declined", errInvalid)
		}
	}
	return nil
}

func (f Faults) validate() error {
	if f.DelayBeforeMS < 0 || f.DelayBeforeMS > delayMSMax || f.DelayAfterMS < 0 || f.DelayAfterMS > delayMSMax {
		return fmt.Errorf("%w: delays are 0 to %d ms", errInvalid, delayMSMax)
	}
	if f.TwiceNext < 0 || f.LoseNext < 0 || f.FailNext < 0 {
		return fmt.Errorf("%w: counters are not negative", errInvalid)
	}
	for _, code := range f.DeclineNext {
		if !isRefusal(code) {
			return fmt.Errorf("%w: no respond code of a refusal", errInvalid)
		}
	}
	return nil
}

// script hands out the Behaviour, one step for each delivery.
type script struct {
	mu  sync.Mutex
	now Behaviour
}

// step is what happens to one delivery.
type step struct {
	unavailable, twice, lose, drop, fail bool
	before, after                        time.Duration
	decline                              string
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

// next takes the step of the next delivery of one kind of call.
func (s *script) next(of func(*Behaviour) *Faults) step {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now.Unavailable {
		return step{unavailable: true}
	}
	f := of(&s.now)
	taken := step{
		twice: countDown(&f.TwiceNext), lose: countDown(&f.LoseNext), fail: countDown(&f.FailNext), drop: f.DropLost,
		before: time.Duration(f.DelayBeforeMS) * time.Millisecond,
		after:  time.Duration(f.DelayAfterMS) * time.Millisecond,
	}
	if len(f.DeclineNext) > 0 {
		// Not in place: get has handed the slice out.
		taken.decline, f.DeclineNext = f.DeclineNext[0], f.DeclineNext[1:]
	}
	return taken
}

// nextBatch takes what is ordered for a batch of so many items.
func (s *script) nextBatch(items int) (wait time.Duration, refuse []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(items, len(s.now.RefuseNext))
	refuse, s.now.RefuseNext = s.now.RefuseNext[:n], s.now.RefuseNext[n:]
	return time.Duration(s.now.AnswersAfterMS) * time.Millisecond, refuse
}

func countDown(n *int) bool {
	if *n == 0 {
		return false
	}
	*n--
	return true
}

// calls are all kinds of call.
var calls = []func(*Behaviour) *Faults{
	ofAuthorise, ofInquire, ofReverse, ofBatch, ofAnswers, ofProvision, ofCryptogram, ofTokenEvents, ofLookup,
}

func ofAuthorise(b *Behaviour) *Faults   { return &b.Authorise }
func ofInquire(b *Behaviour) *Faults     { return &b.Inquire }
func ofReverse(b *Behaviour) *Faults     { return &b.Reverse }
func ofBatch(b *Behaviour) *Faults       { return &b.Batch }
func ofAnswers(b *Behaviour) *Faults     { return &b.Answers }
func ofLookup(b *Behaviour) *Faults      { return &b.Lookup }
func ofProvision(b *Behaviour) *Faults   { return &b.Provision }
func ofCryptogram(b *Behaviour) *Faults  { return &b.Cryptogram }
func ofTokenEvents(b *Behaviour) *Faults { return &b.TokenEvents }
