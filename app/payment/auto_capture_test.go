package payment_test

import (
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
)

func autoCapture(s *member.Store) { s.AutoCapture, s.ThreeD, s.Passkey = true, false, false }

func (w *till) payUnverified(token ident.Token, card payment.CardInput) {
	w.t.Helper()
	c, err := w.service.Check(w.t.Context(), token, card)
	must(w.t, err)
	must(w.t, w.service.PayUnverified(w.t.Context(), c))
}

// captured pays an order of NT$1,250 in a store with 自動請款.
func (w *till) captured() payment.ID {
	w.t.Helper()
	token := w.open(nil)
	card := goodCard()
	w.payUnverified(token, card)
	return w.checkout(token).Transaction.ID
}

func TestAStoreCapturesByItself(t *testing.T) {
	t.Parallel()
	w := newTill(t, autoCapture)
	id := w.captured()
	w.want(id, "capture_requested 1250/0")
	operations, err := w.service.Operations(t.Context(), id)
	must(t, err)
	if len(operations) != 1 || operations[0].Actor != "system" || operations[0].CloseDay != clock.DateOf(w.clock.Now()) {
		t.Errorf("operations %+v", operations)
	}
	w.wantTold(1, 1) // the merchant and the payer hear of the authorisation, as ever
	w.act(id, payment.ActUndoCapture, 1250)
	w.want(id, "authorised 0/0")
	w.act(id, payment.ActCapture, 1000)
	w.closeDay()
	w.settle()
	w.want(id, "captured 1000/0")
}

func TestWhatIsAuthorisedAfterTheCloseWaitsForTheNext(t *testing.T) {
	t.Parallel()
	w := newTill(t, autoCapture)
	w.until(payment.CloseOf(clock.DateOf(w.clock.Now())).Add(time.Second))
	id := w.captured()
	operations, err := w.service.Operations(t.Context(), id)
	must(t, err)
	if want := clock.DateOf(w.clock.Now()).AddDays(1); len(operations) != 1 || operations[0].CloseDay != want {
		t.Errorf("operations %+v, want the close of %s", operations, want)
	}
}

func TestATestStoreCapturesByItself(t *testing.T) {
	t.Parallel()
	w := newTill(t, func(s *member.Store) { s.AutoCapture, s.Mode = true, member.Test })
	token := w.open(nil)
	card := goodCard()
	card.CardNo = secret.New("4000221111111111")
	w.payUnverified(token, card)
	id := w.checkout(token).Transaction.ID
	w.want(id, "capture_requested 1250/0")
	w.closeDay()
	w.want(id, "captured 1250/0")
}

func TestADeclinedOrderIsNotCaptured(t *testing.T) {
	t.Parallel()
	w := newTill(t, autoCapture)
	token := w.open(nil)
	card := goodCard()
	card.CardNo = secret.New("4000000000000002")
	w.payUnverified(token, card)
	w.want(w.checkout(token).Transaction.ID, "failed 0/0")
	if n := w.count("SELECT count(*) FROM payment_operations"); n != 0 {
		t.Errorf("%d operations", n)
	}
}
