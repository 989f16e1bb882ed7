package payment_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/fault"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/simulator/bank"
)

func TestFromCaptureToPayoutAndRefund(t *testing.T) {
	t.Parallel()
	w := newTill(t, nil)
	id := w.paid().ID
	if o := w.act(id, payment.ActCapture, 1000); o.State != payment.Requested || o.CloseDay.String() != "2026-11-24" {
		t.Errorf("the capture is %+v", o)
	}
	w.want(id, "capture_requested 1000/0")
	if done := w.closeDay(); done != (payment.Closed{Captures: 1, Batches: 1}) {
		t.Errorf("the close did %+v", done)
	}
	w.want(id, "capture_sent 1000/0")
	w.act(id, payment.ActRefund, 300) // possible since the capture is sent
	w.want(id, "refund_requested 1000/300")
	if done := w.settle(); done != (payment.Settled{Batches: 1, Captured: 1}) {
		t.Errorf("the settlement did %+v", done)
	}
	w.want(id, "refund_requested 1000/300")
	if w.now(id).CapturedAt.IsZero() {
		t.Error("the confirmation of the capture is not noted")
	}
	w.closeDay()
	w.want(id, "refund_sent 1000/300")
	w.settle()
	w.want(id, "refunded 1000/300")
	if got := w.standing(id); got != "1000/300" {
		t.Errorf("the bank has %s", got)
	}
	w.until(clock.DateOf(w.now(id).CapturedAt).AddDays(3).Start().Add(-time.Millisecond))
	if done := w.settle(); done.PaidOut != 0 {
		t.Error("it was paid out before its day")
	}
	w.clock.Advance(time.Millisecond)
	if done := w.settle(); done.PaidOut != 1 || w.now(id).SettledAt.IsZero() {
		t.Errorf("the payout did %+v", done)
	}
	w.want(id, "refunded 1000/300")
	want := "opened auth_asked auth_approved capture_requested capture_sent refund_requested captured refund_sent " +
		"refunded settled"
	if got := w.kinds(id); got != want {
		t.Errorf("events %s, want %s", got, want)
	}
	if n := w.count("SELECT amount FROM payment_events WHERE kind = 'settled'"); n != 700 {
		t.Errorf("%d was paid out", n)
	}
	if n := w.count("SELECT count(*) FROM payouts"); n != 0 {
		t.Errorf("%d payouts are still owed", n)
	}
	w.wantTold(1, 1) // of the authorisation only
}

func TestCloseAndSettleTwiceDoNothing(t *testing.T) {
	t.Parallel()
	w := newTill(t, nil)
	id := w.paid().ID
	w.act(id, payment.ActCapture, 1250)
	day := clock.DateOf(w.clock.Now())
	if _, err := w.service.Close(t.Context(), day); !errors.Is(err, payment.ErrCloseEarly) {
		t.Errorf("a close before 21:00: %v", err)
	}
	if _, err := w.service.Settle(t.Context(), day.AddDays(1)); !errors.Is(err, payment.ErrSettleEarly) {
		t.Errorf("a settlement before its day: %v", err)
	}
	w.closeDay()
	if done, err := w.service.Close(t.Context(), day); err != nil || done != (payment.Closed{}) {
		t.Errorf("the second close did %+v, %v", done, err)
	}
	w.settle()
	if done := w.settle(); done != (payment.Settled{}) {
		t.Errorf("the second settlement did %+v", done)
	}
	w.until(w.clock.Now().AddDate(0, 0, 4))
	w.settle()
	before := w.kinds(id)
	if done := w.settle(); done != (payment.Settled{}) || w.kinds(id) != before {
		t.Errorf("the second payout did %+v", done)
	}
}

func TestADowntimeIsCaughtUp(t *testing.T) {
	t.Parallel()
	w := newTill(t, nil)
	first, second := w.paid().ID, w.paid().ID
	w.act(first, payment.ActCapture, 1250)
	w.clock.Advance(24 * time.Hour)
	w.act(second, payment.ActCapture, 1250)
	w.clock.Advance(5 * 24 * time.Hour)
	if n, err := w.service.CloseDue(t.Context(), 100); err != nil || n != 2 {
		t.Errorf("the sweep closed %d, %v", n, err)
	}
	if n, err := w.service.SettleDue(t.Context(), 100); err != nil || n != 1 {
		t.Errorf("the sweep settled %d, %v", n, err)
	}
	w.want(first, "captured 1250/0")
	w.want(second, "captured 1250/0")
}

func TestWhatIsRequestedAfterNineWaitsForTheNextClose(t *testing.T) {
	t.Parallel()
	w := newTill(t, nil)
	id := w.paid().ID
	w.until(payment.CloseOf(clock.DateOf(w.clock.Now())))
	w.act(id, payment.ActCapture, 1250)
	if n, err := w.service.CloseDue(t.Context(), 100); err != nil || n != 0 {
		t.Errorf("the sweep closed %d, %v", n, err)
	}
	w.want(id, "capture_requested 1250/0")
}

func TestAnUndoGoesBackToWhatWasEarned(t *testing.T) {
	t.Parallel()
	w := newTill(t, nil)
	id := w.paid().ID
	w.act(id, payment.ActCapture, 1250)
	w.act(id, payment.ActUndoCapture, 1250)
	w.want(id, "authorised 0/0")
	w.act(id, payment.ActCapture, 1100)
	w.closeDay()
	w.act(id, payment.ActRefund, 100)
	w.act(id, payment.ActUndoRefund, 100)
	w.want(id, "capture_sent 1100/0")
	w.settle()
	w.act(id, payment.ActRefund, 200)
	w.act(id, payment.ActUndoRefund, 200)
	w.want(id, "captured 1100/0")
	w.act(id, payment.ActRefund, 300)
	w.closeDay()
	w.settle()
	w.act(id, payment.ActRefund, 400)
	w.want(id, "refund_requested 1100/700")
	w.act(id, payment.ActUndoRefund, 400)
	w.want(id, "refunded 1100/300")
	if got := w.standing(id); got != "1100/300" {
		t.Errorf("the bank has %s", got)
	}
}

func TestAVoidIsAskedUntilItIsAnswered(t *testing.T) {
	t.Parallel()
	w := newTill(t, nil)
	paid := w.paid()
	w.behave(bank.Behaviour{Unavailable: true})
	o := w.act(paid.ID, payment.ActVoid, 1250)
	if o.State != payment.Requested || o.Tries != 1 {
		t.Errorf("a void without an answer is %+v", o)
	}
	w.want(paid.ID, "authorised 0/0")
	for _, a := range []payment.Action{payment.ActVoid, payment.ActCapture} {
		if _, err := w.service.Act(t.Context(), ask(paid.ID, a, 1250)); !errors.Is(err, payment.ErrVoidUnderWay) {
			t.Errorf("%s while a void is under way: %v", a, err)
		}
	}
	pause := o.NextTryAt.Sub(w.clock.Now())
	w.clock.Advance(pause)
	if n, err := w.service.VoidsDue(t.Context(), 10); err != nil || n != 1 {
		t.Errorf("the sweep asked for %d, %v", n, err)
	}
	if n, _ := w.service.VoidsDue(t.Context(), 10); n != 0 {
		t.Error("the sweep makes no pause")
	}
	list, err := w.service.Operations(t.Context(), paid.ID)
	must(t, err)
	if next := list[0].NextTryAt.Sub(w.clock.Now()); next <= pause {
		t.Errorf("the second pause of %s is not longer than the first of %s", next, pause)
	}
	w.behave(bank.Behaviour{Reverse: bank.Faults{TwiceNext: 1}})
	w.clock.Advance(time.Hour)
	_, err = w.service.VoidsDue(t.Context(), 10)
	must(t, err)
	w.want(paid.ID, "voided 0/0")
	if got := w.charged(paid.TradeNo); got != bank.Reversed {
		t.Errorf("at the bank it is %s", got)
	}
	if got := w.kinds(paid.ID); !strings.HasSuffix(got, "void_requested voided") {
		t.Errorf("events %s", got)
	}
}

func TestInTestModeNoAcquirerIsAsked(t *testing.T) {
	t.Parallel()
	w := newTill(t, func(s *member.Store) { s.Mode = member.Test })
	w.behave(bank.Behaviour{Unavailable: true})
	voided, captured := w.paid().ID, w.paid().ID
	if o := w.act(voided, payment.ActVoid, 1250); o.State != payment.Done {
		t.Errorf("the void is %s", o.State)
	}
	w.want(voided, "voided 0/0")
	w.act(captured, payment.ActCapture, 1250)
	if done := w.closeDay(); done != (payment.Closed{Captures: 1}) {
		t.Errorf("the close did %+v", done)
	}
	w.want(captured, "captured 1250/0")
	w.act(captured, payment.ActRefund, 250)
	w.closeDay()
	w.want(captured, "refunded 1250/250")
	w.clock.Advance(10 * 24 * time.Hour)
	if done := w.settle(); done != (payment.Settled{}) {
		t.Errorf("the settlement did %+v", done)
	}
}

func TestAStoreWithItsOwnContractIsNotPaidOut(t *testing.T) {
	t.Parallel()
	w := newTill(t, func(s *member.Store) { s.Kind = member.Gateway })
	id := w.paid().ID
	w.act(id, payment.ActCapture, 1250)
	w.closeDay()
	w.settle()
	w.clock.Advance(10 * 24 * time.Hour)
	if done := w.settle(); done.PaidOut != 0 || !w.now(id).SettledAt.IsZero() {
		t.Errorf("the settlement did %+v", done)
	}
}

func TestAPayoutWaitsForAnOpenRefund(t *testing.T) {
	t.Parallel()
	for _, refund := range []money.TWD{1250, 500} {
		w := newTill(t, nil)
		id := w.paid().ID
		w.act(id, payment.ActCapture, 1250)
		w.closeDay()
		w.settle()
		w.clock.Advance(3 * 24 * time.Hour)
		w.act(id, payment.ActRefund, refund)
		if done := w.settle(); done.PaidOut != 0 {
			t.Errorf("with a refund of %d open it was paid out", refund)
		}
		w.act(id, payment.ActUndoRefund, refund)
		if done := w.settle(); done.PaidOut != 1 {
			t.Errorf("with a refund of %d undone it is not paid out", refund)
		}
		if n := w.count("SELECT amount FROM payment_events WHERE kind = 'settled'"); n != 1250 {
			t.Errorf("with a refund of %d undone, %d was paid out", refund, n)
		}
		w.want(id, "captured 1250/0")
	}
}

func TestARefusedCaptureGivesBackAndTakesTheRefundWithIt(t *testing.T) {
	t.Parallel()
	w := newTill(t, nil)
	id := w.paid().ID
	w.behave(bank.Behaviour{RefuseNext: []string{"61"}})
	w.act(id, payment.ActCapture, 1250)
	w.closeDay()
	w.act(id, payment.ActRefund, 50)
	if done := w.settle(); done != (payment.Settled{Batches: 1, Refused: 2}) {
		t.Errorf("the settlement did %+v", done)
	}
	w.want(id, "authorised 0/0")
	w.act(id, payment.ActCapture, 1250) // and it may be tried again
	w.closeDay()
	w.settle()
	w.want(id, "captured 1250/0")
	if got := w.standing(id); got != "1250/0" {
		t.Errorf("the bank has %s", got)
	}
}

func TestARefusedRefundGivesBack(t *testing.T) {
	t.Parallel()
	w := newTill(t, nil)
	id := w.paid().ID
	w.act(id, payment.ActCapture, 1250)
	w.closeDay()
	w.settle()
	w.behave(bank.Behaviour{RefuseNext: []string{"05"}})
	w.act(id, payment.ActRefund, 50)
	w.closeDay()
	w.settle()
	w.want(id, "captured 1250/0")
	list, err := w.service.Operations(t.Context(), id)
	must(t, err)
	if o := list[1]; o.State != payment.Refused || o.RespondCode != "05" || o.EndedAt.IsZero() {
		t.Errorf("the refund is %+v", o)
	}
}

// Whatever cuts the close short between the rows and the bank's receipt: the same batch
// goes again, and counts once.
func TestABatchWithoutAReceiptGoesAgain(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]bank.Behaviour{
		"it never arrived":     {Unavailable: true},
		"the receipt was lost": {Batch: bank.Faults{LoseNext: 1, DropLost: true}},
		"the bank stumbled":    {Batch: bank.Faults{FailNext: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTill(t, nil)
			id := w.paid().ID
			w.act(id, payment.ActCapture, 1250)
			w.behave(trouble)
			day := clock.DateOf(w.clock.Now())
			w.until(payment.CloseOf(day))
			if _, err := w.service.Close(t.Context(), day); !errors.Is(err, payment.ErrNoAnswer) {
				t.Fatalf("the close: %v", err)
			}
			w.want(id, "capture_sent 1250/0")
			w.behave(bank.Behaviour{Batch: bank.Faults{TwiceNext: 1}})
			if n, err := w.service.CloseDue(t.Context(), 1); n != 0 || err != nil {
				t.Errorf("the sweep makes no pause: %d, %v", n, err)
			}
			w.clock.Advance(time.Minute)
			_, err := w.service.CloseDue(t.Context(), 1)
			must(t, err)
			r, err := w.bank.Batches(t.Context())
			must(t, err)
			if len(r.Batches) != 1 || w.standing(id) != "1250/0" {
				t.Errorf("the bank has %+v", r)
			}
			w.settle()
			w.want(id, "captured 1250/0")
		})
	}
}

// A process that died while it filled a batch leaves rows in a batch that nobody has
// sealed.
func TestAHalfFilledBatchIsTakenUp(t *testing.T) {
	t.Parallel()
	w := newTill(t, nil)
	id := w.paid().ID
	w.act(id, payment.ActCapture, 1250)
	w.closeDay()
	_, err := w.db.SQL().ExecContext(t.Context(), "UPDATE close_batches SET state = 'collecting', sent_at = NULL")
	must(t, err)
	if n, err := w.service.SettleDue(t.Context(), 1); n != 0 || err != nil {
		t.Errorf("a batch that collects was settled: %d, %v", n, err)
	}
	w.clock.Advance(time.Minute)
	if _, err := w.service.CloseDue(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.want(id, "captured 1250/0")
}

func TestTheAnswersOfABatchMayTakeLong(t *testing.T) {
	t.Parallel()
	w := newTill(t, nil)
	id := w.paid().ID
	w.behave(bank.Behaviour{AnswersAfterMS: (12 * time.Hour).Milliseconds()})
	w.act(id, payment.ActCapture, 1250)
	w.closeDay()
	for range 3 {
		if done := w.settle(); done != (payment.Settled{}) {
			t.Errorf("answers before their time: %+v", done)
		}
		w.clock.Advance(time.Hour)
	}
	w.want(id, "capture_sent 1250/0")
	w.clock.Advance(9 * time.Hour)
	w.settle()
	w.want(id, "captured 1250/0")
}

// The bank has forgotten a batch: it gets it again.
func TestABatchThatTheBankLostGoesAgain(t *testing.T) {
	t.Parallel()
	w := newTill(t, nil)
	id := w.paid().ID
	w.act(id, payment.ActCapture, 1250)
	w.closeDay()
	must(t, w.bank.Reset(t.Context()))
	if done := w.settle(); done.Batches != 1 || done.Refused != 1 { // it has forgotten the authorisation too
		t.Errorf("the settlement did %+v", done)
	}
	w.want(id, "authorised 0/0")
}

func TestOneKeyActsOnce(t *testing.T) {
	t.Parallel()
	w := newTill(t, nil)
	id, other := w.paid().ID, w.paid().ID
	request := ask(id, payment.ActCapture, 1250)
	var group sync.WaitGroup
	got := make([]payment.Operation, 8)
	errs := make([]error, len(got))
	for i := range got {
		group.Go(func() { got[i], errs[i] = w.service.Act(t.Context(), request) })
	}
	group.Wait()
	for i, err := range errs {
		if err != nil || got[i].ID != got[0].ID {
			t.Errorf("double click %d: %+v, %v", i, got[i], err)
		}
	}
	if n := w.count("SELECT count(*) FROM payment_operations"); n != 1 {
		t.Errorf("%d operations", n)
	}
	if n := w.count("SELECT count(*) FROM audit_entries"); n != 1 {
		t.Errorf("%d audit entries", n)
	}
	changed := []func(*payment.ActRequest){
		func(r *payment.ActRequest) { r.Amount = 1 },
		func(r *payment.ActRequest) { r.Action = payment.ActVoid },
		func(r *payment.ActRequest) { r.Action = payment.ActUndoCapture },
		func(r *payment.ActRequest) { r.TransactionID = other },
	}
	for i, change := range changed {
		r := request
		change(&r)
		if _, err := w.service.Act(t.Context(), r); !errors.Is(err, payment.ErrKeyTaken) {
			t.Errorf("the key of another request, %d: %v", i, err)
		}
	}
	undo := ask(id, payment.ActUndoCapture, 1250)
	for range 2 {
		o, err := w.service.Act(t.Context(), undo)
		if err != nil || o.State != payment.Undone {
			t.Errorf("an undo: %+v, %v", o, err)
		}
	}
	for _, key := range []string{"", "abc", "A B", strings.Repeat("A", 33)} {
		request.Key = key
		if _, err := w.service.Act(t.Context(), request); !errors.Is(err, payment.ErrKey) {
			t.Errorf("key %q: %v", key, err)
		}
	}
}

func TestWhoDidItIsAudited(t *testing.T) {
	t.Parallel()
	w := newTill(t, nil)
	id := w.paid().ID
	w.act(id, payment.ActCapture, 1250)
	w.act(id, payment.ActUndoCapture, 1250)
	w.act(id, payment.ActVoid, 1250)
	var got string
	must(t, w.db.SQL().QueryRowContext(t.Context(), `
		SELECT string_agg(kind || ' ' || login || ' ' || (changes->0->>'after'), ', ' ORDER BY sequence)
		FROM audit_entries WHERE chain = $1 AND subject = $2`,
		int64(w.store.MemberID), string(w.now(id).TradeNo)).Scan(&got))
	want := "capture_requested owner01 NT$1,250, capture_undone owner01 NT$1,250, void_requested owner01 NT$1,250"
	if got != want {
		t.Errorf("audited: %s", got)
	}
}

func TestAnActionThatIsRefusedLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newTill(t, nil)
	id := w.paid().ID
	_, err := w.service.Act(t.Context(), ask(id, payment.ActCapture, 1251))
	if f := fault.From(err); f == nil || f.Code != payment.ErrOverAuthorised.Code {
		t.Errorf("too much: %v", err)
	}
	if _, err := w.service.Act(t.Context(), ask(id+999, payment.ActVoid, 1)); !errors.Is(err, payment.ErrNotFound) {
		t.Errorf("no such transaction: %v", err)
	}
	for _, table := range []string{"payment_operations", "audit_entries"} {
		if n := w.count("SELECT count(*) FROM " + table); n != 0 {
			t.Errorf("%d rows in %s", n, table)
		}
	}
}
