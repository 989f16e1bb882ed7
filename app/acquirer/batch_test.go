package acquirer_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/payment"
	"github.com/memberzone/memberzone/app/simulator/bank"
)

// lines are a capture and a refund of the authorisation R1 of NT$1,200.
func lines() []payment.BatchLine {
	line := payment.BatchLine{
		ID: "C1", Kind: payment.Capture, RequestID: "R1", MerchantID: "MS100000001", TradeNo: "26071512000000001",
		Authorised: 1200, AuthorisedAt: noon, AuthCode: "123456", Amount: 900,
	}
	refund := line
	refund.ID, refund.Kind, refund.Amount = "F1", payment.Refund, 901
	return []payment.BatchLine{line, refund}
}

func batchOf(id string) payment.BatchRequest {
	return payment.BatchRequest{ID: id, Day: clock.DateOf(noon), Lines: lines()}
}

func TestABatchIsSentAndAnswered(t *testing.T) {
	t.Parallel()
	c := open(t, time.Second)
	if _, err := c.client.Authorise(t.Context(), request(t, "R1", goodCard)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.client.BatchAnswer(t.Context(), "B1"); !errors.Is(err, payment.ErrUnknownRequest) {
		t.Errorf("a batch that was never sent: %v", err)
	}
	if err := c.manage.SetBehaviour(t.Context(), bank.Behaviour{Batch: bank.Faults{TwiceNext: 1}}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.client.SendBatch(t.Context(), batchOf("B1")); err != nil {
			t.Fatal(err)
		}
	}
	got, ready, err := c.client.BatchAnswer(t.Context(), "B1")
	want := []payment.ItemAnswer{{ID: "C1", Done: true, RespondCode: "00"}, {ID: "F1", RespondCode: "13"}}
	if err != nil || !ready || !reflect.DeepEqual(got, want) {
		t.Errorf("answers %+v, %t, %v", got, ready, err)
	}
	other := batchOf("B1")
	other.Lines[0].Amount = 1
	if err := c.client.SendBatch(t.Context(), other); !errors.Is(err, payment.ErrNoAnswer) {
		t.Errorf("another batch of the same id: %v", err)
	}
}

func TestAnswersThatAreNotReady(t *testing.T) {
	t.Parallel()
	c := open(t, time.Second)
	if err := c.manage.SetBehaviour(t.Context(), bank.Behaviour{AnswersAfterMS: 1}); err != nil {
		t.Fatal(err)
	}
	if err := c.client.SendBatch(t.Context(), batchOf("B1")); err != nil {
		t.Fatal(err)
	}
	if got, ready, err := c.client.BatchAnswer(t.Context(), "B1"); err != nil || ready || got != nil {
		t.Errorf("answers %+v, %t, %v", got, ready, err)
	}
}

func TestABatchWithoutAReceiptIsNotSent(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]bank.Behaviour{
		"unavailable": {Unavailable: true},
		"lost":        {Batch: bank.Faults{LoseNext: 1, DropLost: true}, Answers: bank.Faults{LoseNext: 1, DropLost: true}},
		"failed":      {Batch: bank.Faults{FailNext: 1}, Answers: bank.Faults{FailNext: 1}},
	} {
		c := open(t, time.Second)
		if err := c.manage.SetBehaviour(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if err := c.client.SendBatch(t.Context(), batchOf("B1")); !errors.Is(err, payment.ErrNoAnswer) {
			t.Errorf("%s: sent: %v", name, err)
		}
		if _, _, err := c.client.BatchAnswer(t.Context(), "B1"); !errors.Is(err, payment.ErrNoAnswer) {
			t.Errorf("%s: answered: %v", name, err)
		}
	}
}

func TestMalformedBatchesNeverLeave(t *testing.T) {
	t.Parallel()
	c := open(t, time.Second)
	for name, spoil := range map[string]func(*payment.BatchRequest){
		"no id":          func(b *payment.BatchRequest) { b.ID = "" },
		"a path":         func(b *payment.BatchRequest) { b.ID = "../B" },
		"no day":         func(b *payment.BatchRequest) { b.Day = clock.Date{} },
		"no lines":       func(b *payment.BatchRequest) { b.Lines = nil },
		"a void":         func(b *payment.BatchRequest) { b.Lines[0].Kind = payment.Void },
		"a line's id":    func(b *payment.BatchRequest) { b.Lines[0].ID = "c 1" },
		"authorisation?": func(b *payment.BatchRequest) { b.Lines[0].RequestID = "" },
	} {
		b := batchOf("B1")
		spoil(&b)
		if err := c.client.SendBatch(t.Context(), b); err == nil {
			t.Errorf("%s: sent", name)
		}
	}
	r, err := c.manage.Batches(t.Context())
	if err != nil || len(r.Batches) != 0 {
		t.Errorf("the bank has %+v, %v", r, err)
	}
	if _, _, err := c.client.BatchAnswer(t.Context(), "../B"); !errors.Is(err, payment.ErrNoAnswer) {
		t.Errorf("a path: %v", err)
	}
}

func TestABatchIsNeverSentInsideATransaction(t *testing.T) {
	t.Parallel()
	c := open(t, time.Second)
	if err := c.client.SendBatch(payment.MarkTx(t.Context()), batchOf("B1")); err == nil {
		t.Error("it was sent")
	}
}

// An answer that does not hold together is none.
func TestAnswersOfABatchMustHoldTogether(t *testing.T) {
	t.Parallel()
	item := func(id, result, code string) string {
		return fmt.Sprintf(`{"item_id":%q,"result":%q,"respond_code":%q}`, id, result, code)
	}
	twice := item("C1", "done", "00") + "," + item("C1", "done", "00")
	for name, text := range map[string]string{
		"no JSON":            `<html>`,
		"two values":         `{"batch_id":"B1","status":"received"}{}`,
		"another batch":      `{"batch_id":"B2","status":"received"}`,
		"another status":     `{"batch_id":"B1","status":"done"}`,
		"answered, no items": `{"batch_id":"B1","status":"answered"}`,
		"items too early":    `{"batch_id":"B1","status":"received","items":[` + item("C1", "done", "00") + `]}`,
		"an item twice":      `{"batch_id":"B1","status":"answered","items":[` + twice + `]}`,
		"done with a code":   `{"batch_id":"B1","status":"answered","items":[` + item("C1", "done", "05") + `]}`,
		"refused with 00":    `{"batch_id":"B1","status":"answered","items":[` + item("C1", "refused", "00") + `]}`,
		"a long code":        `{"batch_id":"B1","status":"answered","items":[` + item("C1", "refused", "0505") + `]}`,
		"another result":     `{"batch_id":"B1","status":"answered","items":[` + item("C1", "maybe", "05") + `]}`,
		"an item's id":       `{"batch_id":"B1","status":"answered","items":[` + item("c 1", "done", "00") + `]}`,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(text))
		}))
		_, ready, err := client(t, server.URL, time.Second).BatchAnswer(t.Context(), "B1")
		if ready || !errors.Is(err, payment.ErrNoAnswer) {
			t.Errorf("%s: %t, %v", name, ready, err)
		}
		if strings.Contains(fmt.Sprint(err), "html") {
			t.Errorf("%s: the error quotes the answer: %v", name, err)
		}
		server.Close()
	}
}
