package bank_test

import (
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/simulator/bank"
)

func TestOrderedDeclinesRunOut(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	d.behave(bank.Behaviour{Authorise: bank.Faults{DeclineNext: []string{"91", "43"}}})
	var codes []any
	for _, id := range []string{"R1", "R2", "R3"} {
		codes = append(codes, d.authorise(id, nil)["respond_code"])
	}
	if want := []any{"91", "43", "00"}; !reflect.DeepEqual(codes, want) {
		t.Errorf("codes %v, want %v", codes, want)
	}
}

func TestADuplicateDeliveryIsCountedAndNotCharged(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	d.behave(bank.Behaviour{Authorise: bank.Faults{TwiceNext: 1}})
	d.authorise("R1", nil)
	d.authorise("R2", nil)
	rep := d.report(bank.Filter{})
	if rep.Charges[0].Deliveries != 2 || rep.Charges[1].Deliveries != 1 || rep.Totals.Charges != 2 {
		t.Errorf("%+v", rep)
	}
}

func TestALostAnswerIsACharge(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	d.behave(bank.Behaviour{Authorise: bank.Faults{LoseNext: 1, DropLost: true}})
	if status, answer, err := d.send("POST", "/v1/authorisations", authorisation("R1", nil)); err == nil {
		t.Fatalf("an answer came: %d %v", status, answer)
	}
	if got := d.must("GET", "/v1/authorisations/R1", nil); got["status"] != "approved" {
		t.Errorf("inquiry %v", got)
	}
}

func TestAFailureAfterTheChargeHasNoMarker(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	d.behave(bank.Behaviour{Authorise: bank.Faults{FailNext: 1}})
	status, answer, err := d.send("POST", "/v1/authorisations", authorisation("R1", nil))
	if err != nil || status != 500 || answer["not_processed"] != false {
		t.Errorf("%d %v %v", status, answer, err)
	}
	if n := d.report(bank.Filter{}).Totals.Charges; n != 1 {
		t.Errorf("%d charges", n)
	}
}

func TestAnUnavailableBankProcessesNothing(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	d.behave(bank.Behaviour{Unavailable: true})
	for _, call := range [][2]string{
		{"POST", "/v1/authorisations"}, {"GET", "/v1/authorisations/R1"}, {"POST", "/v1/authorisations/R1/reversal"},
	} {
		status, answer, err := d.send(call[0], call[1], authorisation("R1", nil))
		if err != nil || status != http.StatusServiceUnavailable || answer["not_processed"] != true {
			t.Errorf("%v: %d %v %v", call, status, answer, err)
		}
	}
	if n := d.report(bank.Filter{}).Totals.Requests; n != 0 {
		t.Errorf("%d requests were taken", n)
	}
}

func TestADelayedRequestIsStillUnderWay(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	d.behave(bank.Behaviour{Authorise: bank.Faults{DelayBeforeMS: 300}})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _, _ = d.send("POST", "/v1/authorisations", authorisation("R1", nil))
	}()
	// Wait until the delivery has taken its delay, then reverse before it is processed.
	time.Sleep(50 * time.Millisecond)
	d.must("POST", "/v1/authorisations/R1/reversal", nil)
	<-done
	rep := d.report(bank.Filter{})
	if rep.Totals.Charges != 0 || rep.Totals.Deliveries != 1 || rep.Charges[0].Status != bank.Reversed {
		t.Errorf("%+v", rep)
	}
}

func TestBehaviourIsReadBackAndChecked(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	want := bank.Behaviour{Authorise: bank.Faults{DelayAfterMS: 5, LoseNext: 2}, Reverse: bank.Faults{FailNext: 1}}
	d.behave(want)
	if got, err := d.manage.Behaviour(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, bad := range map[string]bank.Behaviour{
		"delay":       {Inquire: bank.Faults{DelayBeforeMS: -1}},
		"long delay":  {Authorise: bank.Faults{DelayAfterMS: 600001}},
		"counter":     {Reverse: bank.Faults{LoseNext: -1}},
		"code":        {Authorise: bank.Faults{DeclineNext: []string{"99"}}},
		"approval":    {Authorise: bank.Faults{DeclineNext: []string{"00"}}},
		"not a thing": {Inquire: bank.Faults{DeclineNext: []string{"05"}}},
		"refusal":     {RefuseNext: []string{"00"}},
		"wait":        {AnswersAfterMS: -1},
	} {
		if err := d.manage.SetBehaviour(t.Context(), bad); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// A counter below zero would never run out: the troubles of every call are checked.
func TestTheTroublesOfEveryCallAreChecked(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	kinds := reflect.TypeFor[bank.Behaviour]()
	calls := 0
	for i := range kinds.NumField() {
		if kinds.Field(i).Type != reflect.TypeFor[bank.Faults]() {
			continue
		}
		calls++
		var bad bank.Behaviour
		reflect.ValueOf(&bad).Elem().Field(i).Set(reflect.ValueOf(bank.Faults{FailNext: -1}))
		if err := d.manage.SetBehaviour(t.Context(), bad); err == nil {
			t.Errorf("%s: a counter of -1 was taken", kinds.Field(i).Name)
		}
	}
	if calls < 9 {
		t.Errorf("only %d kinds of call were tried", calls)
	}
}

func TestResetForgetsEverything(t *testing.T) {
	t.Parallel()
	journal := filepath.Join(t.TempDir(), "journal")
	d := open(t, journal)
	d.authorise("R1", nil)
	d.behave(bank.Behaviour{Unavailable: true})
	if err := d.manage.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.authorise("R2", nil)
	for _, desk := range []*desk{d, open(t, journal)} {
		if rep := desk.report(bank.Filter{}); len(rep.Charges) != 1 || rep.Charges[0].RequestID != "R2" {
			t.Errorf("%+v", rep)
		}
	}
}

func TestAPageOfAnotherOriginCannotManage(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	r, err := http.NewRequest(http.MethodPost, d.server.URL+"/manage/reset", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	resp, err := d.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestCloseLetsGoOfHeldConnections(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	gone := make(chan error, 1)
	go func() {
		_, _, err := d.send("POST", "/v1/authorisations", authorisation("R1", fields{"pan": "4000000000000119"}))
		gone <- err
	}()
	for d.report(bank.Filter{}).Totals.Charges == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	if err := d.bank.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-gone:
		if err == nil {
			t.Error("the lost answer came")
		}
	case <-time.After(5 * time.Second):
		t.Error("the connection is still held")
	}
}
