package payment_test

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	desk "github.com/memberzone/memberzone/app/acquirer"
	"github.com/memberzone/memberzone/app/audit"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/ident"
	"github.com/memberzone/memberzone/app/member"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/bank"
)

// till is a world whose acquirer is the bank simulator over HTTP.
type till struct {
	*world
	bank *bank.Management
}

func newTill(t *testing.T, change func(*member.Store)) *till {
	t.Helper()
	w := newWorld(t, change)
	shared := secret.New("a secret of the test's own")
	b, err := bank.New(bank.Options{Secret: shared, Clock: w.clock, Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	server := httptest.NewServer(b.Handler())
	t.Cleanup(func() {
		_ = b.Close()
		server.Close()
	})
	client, err := desk.New(desk.Options{
		URL: server.URL, Account: bank.DefaultAccount, Secret: shared, Timeout: 5 * time.Second, Clock: w.clock,
	})
	must(t, err)
	t.Cleanup(client.CloseIdle)
	w.service = payment.New(payment.Options{
		Store: w.db.Payments(), Stores: w.db.Stores(), Acquirer: client, Clock: w.clock,
		Log: slog.New(slog.DiscardHandler),
	})
	return &till{world: w, bank: bank.NewManagement(server.URL, server.Client())}
}

// paid authorises an order of NT$1,250 and returns its transaction.
func (w *till) paid() payment.Transaction {
	w.t.Helper()
	token := w.open(nil)
	card := goodCard()
	card.ExpYear = fmt.Sprintf("%02d", (w.clock.Now().Year()+2)%100)
	if w.store.Mode == member.Test {
		card.CardNo = secret.New("4000221111111111")
	}
	must(w.t, w.pay(token, card))
	t := w.checkout(token).Transaction
	if t.Status != payment.Authorised {
		w.t.Fatalf("the order is %s", t.Status)
	}
	return t
}

// now reads a transaction.
func (w *till) now(id payment.ID) payment.Transaction {
	w.t.Helper()
	store, order := w.store.ID, ""
	must(w.t, w.db.SQL().QueryRowContext(w.t.Context(),
		"SELECT order_no FROM transactions WHERE id = $1", int64(id)).Scan(&order))
	t, err := w.service.ByOrderNo(w.t.Context(), store, order)
	must(w.t, err)
	return t
}

func ask(id payment.ID, a payment.Action, amount money.TWD) payment.ActRequest {
	return payment.ActRequest{
		TransactionID: id, Action: a, Amount: amount, Key: payment.NewKey(), Actor: "owner01",
		By: audit.By{AccountID: 7, Login: "owner01", Address: "203.0.113.9"},
	}
}

// act does what must succeed.
func (w *till) act(id payment.ID, a payment.Action, amount money.TWD) payment.Operation {
	w.t.Helper()
	o, err := w.service.Act(w.t.Context(), ask(id, a, amount))
	if err != nil {
		w.t.Fatalf("%s of %d: %v", a, amount, err)
	}
	return o
}

// closeDay moves the clock to the next 21:00 and closes.
func (w *till) closeDay() payment.Closed {
	w.t.Helper()
	day := payment.CloseDayOf(w.clock.Now())
	w.until(payment.CloseOf(day))
	done, err := w.service.Close(w.t.Context(), day)
	must(w.t, err)
	return done
}

func (w *till) settle() payment.Settled {
	w.t.Helper()
	done, err := w.service.Settle(w.t.Context(), clock.DateOf(w.clock.Now()))
	must(w.t, err)
	return done
}

func (w *till) until(t time.Time) { w.clock.Advance(t.Sub(w.clock.Now())) }

// behave orders the bank's troubles.
func (w *till) behave(b bank.Behaviour) {
	w.t.Helper()
	must(w.t, w.bank.SetBehaviour(w.t.Context(), b))
}

// standing is what the bank holds for a transaction: "captured/refunded".
func (w *till) standing(id payment.ID) string {
	w.t.Helper()
	r, err := w.bank.Batches(w.t.Context())
	must(w.t, err)
	s := r.Standing[w.authorisation(id)]
	return fmt.Sprintf("%d/%d", s.Captured, s.Refunded)
}

// authorisation is the bank's key of a transaction's authorisation.
func (w *till) authorisation(id payment.ID) string {
	w.t.Helper()
	var key string
	must(w.t, w.db.SQL().QueryRowContext(w.t.Context(),
		"SELECT request_id FROM attempts WHERE transaction_id = $1 AND state = 'authorised'", int64(id)).Scan(&key))
	return key
}

// charged tells what became of the authorisation at the bank.
func (w *till) charged(no ident.TradeNo) bank.Status {
	w.t.Helper()
	r, err := w.bank.Report(w.t.Context(), bank.Filter{TradeNo: string(no)})
	must(w.t, err)
	if len(r.Charges) != 1 {
		w.t.Fatalf("the bank knows %d charges of %s", len(r.Charges), no)
	}
	return r.Charges[0].Status
}

// want checks status and amounts, in short: "captured 1250/0".
func (w *till) want(id payment.ID, want string) {
	w.t.Helper()
	t := w.now(id)
	if got := fmt.Sprintf("%s %d/%d", t.Status, t.CapturedAmount, t.RefundedAmount); got != want {
		w.t.Fatalf("the transaction is %q, want %q", got, want)
	}
}
