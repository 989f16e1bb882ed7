package payment_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/simulator/bank"
)

// amounts are what actors ask for: whole, parts, and too much of an order of NT$1,250.
var amounts = []money.TWD{1250, 1250, 1250, 1000, 625, 250, 1, 1251, 0}

// jumps are how the clock moves.
var jumps = []time.Duration{
	0, time.Second, time.Hour, 9 * time.Hour, 24 * time.Hour, 4 * 24 * time.Hour, 22 * 24 * time.Hour, 91 * 24 * time.Hour,
}

// young returns a till whose clock has not run into years that two digits on a card do
// not tell from the past.
func (w *till) young() *till {
	if w.clock.Now().Year() < 2060 {
		return w
	}
	return newTill(w.t, nil)
}

// drawAction draws an action with an amount that is likely to be possible.
func drawAction(rt *rapid.T, w *till, id payment.ID) payment.ActRequest {
	a := rapid.SampledFrom(payment.Actions).Draw(rt, "action")
	amount := rapid.SampledFrom(amounts).Draw(rt, "amount")
	if rapid.IntRange(0, 3).Draw(rt, "fit") > 0 {
		operations, err := w.service.Operations(w.t.Context(), id)
		must(w.t, err)
		t := w.now(id)
		v := payment.Judge(a, t, operations, w.clock.Now())
		if v.Allowed() && (v.Whole || amount > v.Max) {
			amount = v.Max
		}
	}
	return ask(id, a, amount)
}

// Judge and Act agree: what one allows the other does, and what one refuses the other
// refuses with the same code and without a trace.
func TestJudgeAndActAgree(t *testing.T) {
	t.Parallel()
	w := newTill(t, nil)
	rapid.Check(t, func(rt *rapid.T) {
		w = w.young()
		id := w.paid().ID
		for range rapid.IntRange(1, 14).Draw(rt, "steps") {
			switch rapid.IntRange(0, 5).Draw(rt, "step") {
			case 0:
				w.clock.Advance(rapid.SampledFrom(jumps).Draw(rt, "jump"))
			case 1:
				w.closeDay()
			case 2:
				w.settle()
			default:
				agree(rt, w, drawAction(rt, w, id))
			}
		}
		w.drain(rt)
		w.lawful(rt, id)
	})
}

func agree(rt *rapid.T, w *till, r payment.ActRequest) {
	before, trace := w.now(r.TransactionID), w.trace(r.TransactionID)
	operations, err := w.service.Operations(w.t.Context(), r.TransactionID)
	must(w.t, err)
	want := fault.From(payment.Judge(r.Action, before, operations, w.clock.Now()).Check(r.Amount, before))
	o, err := w.service.Act(w.t.Context(), r)
	got := fault.From(err)
	switch {
	case want == nil && err != nil:
		rt.Fatalf("%s of %d is allowed, and fails: %v", r.Action, r.Amount, err)
	case want == nil && o.Amount != r.Amount:
		rt.Fatalf("%s of %d became %+v", r.Action, r.Amount, o)
	case want != nil && (got == nil || got.Code != want.Code):
		rt.Fatalf("%s of %d is refused with %s, and Act says %v", r.Action, r.Amount, want.Code, err)
	case want != nil && w.trace(r.TransactionID) != trace:
		rt.Fatalf("%s of %d was refused, and changed something", r.Action, r.Amount)
	case want == nil && w.trace(r.TransactionID) == trace:
		rt.Fatalf("%s of %d was done, and changed nothing", r.Action, r.Amount)
	}
}

// trace is all that is kept of a transaction's money.
func (w *till) trace(id payment.ID) string {
	w.t.Helper()
	var s string
	must(w.t, w.db.SQL().QueryRowContext(w.t.Context(), `
		SELECT t::text || coalesce((SELECT string_agg(o::text, ' ' ORDER BY o.id) FROM payment_operations o
				WHERE o.transaction_id = t.id), '') ||
			(SELECT count(*)::text FROM payment_events e WHERE e.transaction_id = t.id) ||
			(SELECT count(*)::text FROM audit_entries)
		FROM transactions t WHERE t.id = $1`, int64(id)).Scan(&s))
	return s
}

// Two browsers, the wire API, the sweeps and the commands at once on the same
// transaction, with a bank that loses, repeats, delays and refuses: there is always one
// lawful state, no money is made or lost, and the bank's ledger is ours in the end.
func TestConcurrentActorsKeepTheMoneyWhole(t *testing.T) {
	t.Parallel()
	w := newTill(t, nil)
	rapid.Check(t, func(rt *rapid.T) {
		w = w.young()
		id := w.paid().ID
		keys := []string{payment.NewKey(), payment.NewKey()}
		for range rapid.IntRange(1, 8).Draw(rt, "rounds") {
			w.behave(drawTrouble(rt))
			w.clock.Advance(rapid.SampledFrom(jumps).Draw(rt, "jump"))
			if rapid.Bool().Draw(rt, "at nine") {
				w.until(payment.CloseOf(payment.CloseDayOf(w.clock.Now())))
			}
			var actors []func(context.Context) error
			for range rapid.IntRange(1, 5).Draw(rt, "actors") {
				actors = append(actors, w.drawActor(rt, id, keys))
			}
			for _, err := range atOnce(t.Context(), actors) {
				if !expected(err) {
					rt.Fatalf("an actor: %v", err)
				}
			}
			w.lawful(rt, id)
		}
		w.drain(rt)
		w.lawful(rt, id)
		w.same(rt, id)
	})
}

// drawActor draws somebody who does something to the transaction. A key of the pool
// makes a double click, or the same form sent for something else.
func (w *till) drawActor(rt *rapid.T, id payment.ID, keys []string) func(context.Context) error {
	switch rapid.IntRange(0, 8).Draw(rt, "actor") {
	case 0:
		day := payment.CloseDayOf(w.clock.Now()).AddDays(-1)
		return func(ctx context.Context) error { _, err := w.service.Close(ctx, day); return err }
	case 1:
		day := clock.DateOf(w.clock.Now())
		return func(ctx context.Context) error { _, err := w.service.Settle(ctx, day); return err }
	case 2:
		return func(ctx context.Context) error { _, err := w.service.VoidsDue(ctx, 10); return err }
	case 3:
		return func(ctx context.Context) error {
			_, err := w.service.CloseDue(ctx, 10)
			_, other := w.service.SettleDue(ctx, 10)
			return errors.Join(err, other)
		}
	}
	r := drawAction(rt, w, id)
	if rapid.Bool().Draw(rt, "double click") {
		r.Key = rapid.SampledFrom(keys).Draw(rt, "key")
	}
	return func(ctx context.Context) error { _, err := w.service.Act(ctx, r); return err }
}

func drawTrouble(rt *rapid.T) bank.Behaviour {
	faults := func(name string) bank.Faults {
		few := rapid.IntRange(0, 1)
		return bank.Faults{
			TwiceNext: few.Draw(rt, name+" twice"), LoseNext: few.Draw(rt, name+" lose"),
			FailNext: few.Draw(rt, name+" fail"), DropLost: true,
		}
	}
	switch rapid.IntRange(0, 4).Draw(rt, "trouble") {
	case 0:
		return bank.Behaviour{Batch: faults("batch"), Answers: faults("answers"), Reverse: faults("reverse")}
	case 1:
		return bank.Behaviour{Unavailable: true}
	case 2:
		return bank.Behaviour{RefuseNext: []string{"61", "05"}}
	case 3:
		return bank.Behaviour{AnswersAfterMS: (12 * time.Hour).Milliseconds()}
	}
	return bank.Behaviour{}
}

// atOnce lets all do their work at the same moment.
func atOnce(ctx context.Context, actors []func(context.Context) error) []error {
	start, errs := make(chan struct{}), make([]error, len(actors))
	var group sync.WaitGroup
	for i, act := range actors {
		group.Go(func() {
			<-start
			errs[i] = act(ctx)
		})
	}
	close(start)
	group.Wait()
	return errs
}

// expected tells what may come of it: done, a bank that does not answer, or a refusal by a
// rule of the manual or of the keys. The transition table never has to step in.
func expected(err error) bool {
	if err == nil || errors.Is(err, payment.ErrNoAnswer) {
		return !errors.Is(err, payment.ErrNotAllowed)
	}
	f := fault.From(err)
	return f != nil && f.Code != payment.ErrNotAllowed.Code &&
		slices.Contains([]fault.Kind{fault.Refused, fault.Invalid, fault.Conflict}, f.Kind)
}

// drain brings everything that is open to its end, with a bank at its best.
func (w *till) drain(rt *rapid.T) {
	w.behave(bank.Behaviour{})
	w.clock.Advance(24 * time.Hour)
	ctx := w.t.Context()
	for range 2 { // a refund is closed after the capture that it hangs on
		if _, err := w.service.VoidsDue(ctx, 100); err != nil {
			rt.Fatal(err)
		}
		w.closeDay()
		w.settle()
	}
	w.clock.Advance(4 * 24 * time.Hour)
	w.settle()
	for _, query := range []string{
		"SELECT count(*) FROM payment_operations WHERE state IN ('requested', 'sent')",
		"SELECT count(*) FROM close_batches WHERE state <> 'answered'",
		"SELECT count(*) FROM payouts",
	} {
		if n := w.count(query); n != 0 {
			rt.Fatalf("%d is still open: %s", n, query)
		}
	}
}

// lawful checks what must hold of a transaction at every moment.
func (w *till) lawful(rt *rapid.T, id payment.ID) {
	t := w.now(id)
	operations, err := w.service.Operations(w.t.Context(), id)
	must(w.t, err)
	sum, open := map[payment.OperationKind]money.TWD{}, map[payment.OperationKind]int{}
	for _, o := range operations {
		if o.State.Open() {
			open[o.Kind]++
		}
		if o.State.Open() || o.State == payment.Done {
			sum[o.Kind] += o.Amount
		}
	}
	void := sum[payment.Void] > 0
	refunding := t.Status == payment.RefundRequested || t.Status == payment.RefundSent
	untouched := t.Status == payment.Authorised || t.Status == payment.Voided
	for law, holds := range map[string]bool{
		"captures add up":           sum[payment.Capture] == t.CapturedAmount,
		"refunds add up":            sum[payment.Refund] == t.RefundedAmount,
		"captured ≤ authorised":     t.CapturedAmount <= t.Amount,
		"refunded ≤ captured":       t.RefundedAmount <= t.CapturedAmount,
		"one open of a kind":        open[payment.Capture] <= 1 && open[payment.Refund] <= 1 && open[payment.Void] <= 1,
		"voided or captured":        !void || t.CapturedAmount == 0,
		"a void has no other state": !void || t.Status == payment.Voided || t.Status == payment.Authorised,
		"the status says a refund":  (open[payment.Refund] == 1) == refunding,
		"authorised has no capture": (t.CapturedAmount == 0) == untouched,
		"paid out once": w.count(`SELECT count(*) FROM payment_events
			WHERE transaction_id = $1 AND kind = 'settled'`, int64(id)) <= 1,
		"events are a chain": w.count(`SELECT count(*) FROM (SELECT from_status, lag(to_status) OVER (ORDER BY id) AS was
			FROM payment_events WHERE transaction_id = $1) e WHERE from_status IS DISTINCT FROM was`, int64(id)) == 0,
		"the last event tells the status": w.count(`SELECT count(*) FROM transactions t WHERE id = $1 AND status = (
			SELECT to_status FROM payment_events e WHERE e.transaction_id = t.id ORDER BY id DESC LIMIT 1)`, int64(id)) == 1,
	} {
		if !holds {
			rt.Fatalf("broken: %s\n%+v\n%+v\n%s", law, t, operations, w.kinds(id))
		}
	}
}

// same checks that the bank's ledger is ours.
func (w *till) same(rt *rapid.T, id payment.ID) {
	t := w.now(id)
	ours := fmt.Sprintf("%d/%d", t.CapturedAmount, t.RefundedAmount)
	if theirs := w.standing(id); theirs != ours {
		rt.Fatalf("the bank has %s, we have %s: %s", theirs, ours, w.kinds(id))
	}
	want := bank.Approved
	if t.Status == payment.Voided {
		want = bank.Reversed
	}
	if got := w.charged(t.TradeNo); got != want {
		rt.Fatalf("we say %s, at the bank it is %s", t.Status, got)
	}
	if t.Status == payment.Authorised && w.count(`SELECT count(*) FROM payment_operations
		WHERE transaction_id = $1 AND kind = 'void'`, int64(id)) != 0 {
		rt.Fatal("a void was forgotten")
	}
}
