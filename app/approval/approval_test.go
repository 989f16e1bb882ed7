package approval_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/approval"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/payment"
)

func wantErr(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestBelowTheAmountNobodyElseIsNeeded(t *testing.T) {
	t.Parallel()
	w := openOffice(t)
	id := w.paid("MS100000001")
	w.threshold(1251)
	o, err := w.service.Act(t.Context(), w.who["maker01"], w.ask("maker01", id, payment.ActCapture, 1250))
	must(t, err)
	if o.Request != nil || o.Operation.State != payment.Requested {
		t.Errorf("below the amount: %+v", o)
	}
	w.threshold(1)
	o, err = w.service.Act(t.Context(), w.who["maker01"], w.ask("maker01", id, payment.ActUndoCapture, 1250))
	must(t, err)
	if o.Request != nil || o.Operation.State != payment.Undone {
		t.Errorf("an undo: %+v", o)
	}
}

func TestAnotherApproves(t *testing.T) {
	t.Parallel()
	w := openOffice(t)
	w.threshold(1250)
	id := w.paid("MS100000001")
	r := w.asked("maker01", id, payment.ActCapture)
	w.want(id, r.ID, "authorised 0/0 waiting")
	// Owner and checker1 are told; who may only look, or manages another store, is not.
	told := w.count("SELECT count(*) FROM mails WHERE recipient IN ('owner01@example.test', 'checker1@example.test')")
	if told != 2 {
		t.Errorf("%d of 2 are told", told)
	}
	if n := w.count("SELECT count(*) FROM mails"); n != 2 {
		t.Errorf("%d mails", n)
	}
	_, _, err := w.service.Approve(t.Context(), w.who["maker01"], w.by("maker01"), r.ID)
	wantErr(t, err, approval.ErrOwn)
	for _, outside := range []string{"other01", "stranger"} {
		_, _, err = w.service.Approve(t.Context(), w.who[outside], w.by(outside), r.ID)
		wantErr(t, err, approval.ErrNotFound)
	}
	wantErr(t, w.service.Withdraw(t.Context(), w.who["checker1"], w.by("checker1"), r.ID), approval.ErrNotMaker)
	w.want(id, r.ID, "authorised 0/0 waiting")

	_, o, err := w.service.Approve(t.Context(), w.who["checker1"], w.by("checker1"), r.ID)
	must(t, err)
	if o.RequestID != r.Key || o.Actor != "maker01" {
		t.Errorf("the operation is %+v", o)
	}
	w.want(id, r.ID, "capture_requested 1250/0 approved")
	_, _, err = w.service.Approve(t.Context(), w.who["owner01"], w.by("owner01"), r.ID)
	wantErr(t, err, approval.ErrDecided)
	wantErr(t, w.service.Refuse(t.Context(), w.who["owner01"], w.by("owner01"), r.ID, "不"), approval.ErrDecided)
	wantErr(t, w.service.Withdraw(t.Context(), w.who["maker01"], w.by("maker01"), r.ID), approval.ErrDecided)
	for kind, login := range map[string]string{
		"approval_asked": "maker01", "approval_given": "checker1", "capture_requested": "checker1",
	} {
		if n := w.count("SELECT count(*) FROM audit_entries WHERE kind = $1 AND login = $2", kind, login); n != 1 {
			t.Errorf("%d entries %s of %s", n, kind, login)
		}
	}
}

func TestTheSameFormAsksOnce(t *testing.T) {
	t.Parallel()
	w := openOffice(t)
	w.threshold(1250)
	id := w.paid("MS100000001")
	form := w.ask("maker01", id, payment.ActVoid, 1250)
	var clicks sync.WaitGroup
	found := make([]approval.Outcome, 4)
	for i := range found {
		clicks.Go(func() {
			var err error
			if found[i], err = w.service.Act(t.Context(), w.who["maker01"], form); err != nil {
				t.Error(err)
			}
		})
	}
	clicks.Wait()
	for _, o := range found {
		if o.Request == nil || o.Request.ID != found[0].Request.ID {
			t.Errorf("a click led to %+v", o)
		}
	}
	form.Amount = 1
	_, err := w.service.Act(t.Context(), w.who["maker01"], form)
	wantErr(t, err, payment.ErrKeyTaken)
	_, err = w.service.Act(t.Context(), w.who["checker1"], w.ask("checker1", id, payment.ActCapture, 1250))
	wantErr(t, err, approval.ErrWaiting)
	if n := w.count("SELECT count(*) FROM payment_approvals"); n != 1 {
		t.Errorf("%d requests", n)
	}
	must(t, w.service.Refuse(t.Context(), w.who["owner01"], w.by("owner01"), found[0].Request.ID, " 金額不對 "))
	form.Amount = 1250
	o, err := w.service.Act(t.Context(), w.who["maker01"], form)
	must(t, err)
	if got := o.Request; got == nil || got.State != approval.Refused || got.Reason != "金額不對" || got.Checker != "owner01" {
		t.Errorf("after the refusal the form leads to %+v", o.Request)
	}
	if n := w.bank.voids.Load(); n != 0 {
		t.Errorf("the bank was asked %d times", n)
	}
}

func TestARefusalNeedsAReason(t *testing.T) {
	t.Parallel()
	w := openOffice(t)
	w.threshold(1)
	id := w.paid("MS100000001")
	r := w.asked("maker01", id, payment.ActVoid)
	for _, reason := range []string{"", " \n", strings.Repeat("長", approval.ReasonMax+1)} {
		wantErr(t, w.service.Refuse(t.Context(), w.who["owner01"], w.by("owner01"), r.ID, reason), approval.ErrReason)
	}
	longest := strings.Repeat("長", approval.ReasonMax)
	must(t, w.service.Refuse(t.Context(), w.who["owner01"], w.by("owner01"), r.ID, longest))
	w.want(id, r.ID, "authorised 0/0 refused")
}

func TestWhatIsNoLongerPossibleIsNotApproved(t *testing.T) {
	t.Parallel()
	w := openOffice(t)
	w.threshold(1250)
	id := w.paid("MS100000001")
	r := w.asked("maker01", id, payment.ActVoid)
	_, err := w.payments.Act(t.Context(), w.ask("merchant", id, payment.ActCapture, 1250)) // by the wire API
	must(t, err)
	_, _, err = w.service.Approve(t.Context(), w.who["owner01"], w.by("owner01"), r.ID)
	wantErr(t, err, payment.ErrCaptured)
	w.want(id, r.ID, "capture_requested 1250/0 waiting")
	if n := w.count("SELECT count(*) FROM audit_entries WHERE kind = 'approval_given'"); n != 0 {
		t.Error("the audit log tells of an approval that was none")
	}
	must(t, w.service.Withdraw(t.Context(), w.who["maker01"], w.by("maker01"), r.ID))
	w.want(id, r.ID, "capture_requested 1250/0 withdrawn")
}

func TestARequestEndsWithTheDeadline(t *testing.T) {
	t.Parallel()
	w := openOffice(t)
	w.threshold(1)
	id := w.paid("MS100000001")
	r := w.asked("maker01", id, payment.ActCapture)
	if want := payment.CloseOf(payment.CloseDayOf(w.clock.Now()).AddDays(payment.CaptureDays)); !r.Until.Equal(want) {
		t.Errorf("until %v, want %v", r.Until, want)
	}
	w.clock.Advance(r.Until.Sub(w.clock.Now()))
	found, err := w.service.Find(t.Context(), w.who["owner01"], r.ID)
	must(t, err)
	if found.State != approval.Expired {
		t.Errorf("at the deadline it is %s", found.State)
	}
	_, _, err = w.service.Approve(t.Context(), w.who["owner01"], w.by("owner01"), r.ID)
	wantErr(t, err, approval.ErrDecided)
	standing, err := w.service.Standing(t.Context(), w.who["owner01"])
	must(t, err)
	if standing.ToCheck != 0 {
		t.Errorf("%d wait", standing.ToCheck)
	}
	for range 2 {
		_, err = w.db.Approvals().ExpireApprovals(t.Context(), w.clock.Now(), 10)
		must(t, err)
		w.want(id, r.ID, "authorised 0/0 expired")
	}
}

func TestWhatWaitsStaysWhenTheAmountChanges(t *testing.T) {
	t.Parallel()
	w := openOffice(t)
	w.threshold(1250)
	id := w.paid("MS100000001")
	r := w.asked("maker01", id, payment.ActCapture)
	w.threshold(0)
	w.want(id, r.ID, "authorised 0/0 waiting")
	_, _, err := w.service.Approve(t.Context(), w.who["owner01"], w.by("owner01"), r.ID)
	must(t, err)
	w.want(id, r.ID, "capture_requested 1250/0 approved")
}

func TestAnAmountNeedsSomebodyWhoCanCheck(t *testing.T) {
	t.Parallel()
	w := openOffice(t)
	owner := w.who["owner01"]
	w.threshold(1000)
	// Store 2 has nobody but other01 and the owner: without the first, the owner asks in vain.
	w.run("UPDATE accounts SET status = 'suspended' WHERE login = 'other01'")
	id := w.paid("MS100000002")
	_, err := w.service.Act(t.Context(), owner, w.ask("owner01", id, payment.ActCapture, 1250))
	wantErr(t, err, approval.ErrNoChecker)
	w.run("UPDATE accounts SET status = 'suspended' WHERE login IN ('maker01', 'checker1')")
	wantErr(t, w.service.SetThreshold(t.Context(), owner, w.by("owner01"), 500), approval.ErrNobody)
	must(t, w.service.SetThreshold(t.Context(), owner, w.by("owner01"), 0))
	wantErr(t, w.service.SetThreshold(t.Context(), w.who["maker01"], w.by("maker01"), 1), approval.ErrEnterpriseOwner)
	if n := w.count("SELECT count(*) FROM audit_entries WHERE kind = 'approval_threshold_set'"); n != 2 {
		t.Errorf("%d entries for two changes", n)
	}
}

// Two checkers, the maker and the wire API at once: the request ends once, the
// transaction stands in one legal state, and an approval and its operation go together.
func TestWhoeverIsFirstEndsTheRequest(t *testing.T) {
	t.Parallel()
	w := openOffice(t)
	w.threshold(1)
	rapid.Check(t, func(rt *rapid.T) {
		id := w.paid("MS100000001")
		action := rapid.SampledFrom([]payment.Action{payment.ActVoid, payment.ActCapture}).Draw(rt, "action")
		r := w.asked("maker01", id, action)
		acts := map[string]func() error{
			"approve": func() error {
				_, _, err := w.service.Approve(t.Context(), w.who["checker1"], w.by("checker1"), r.ID)
				return err
			},
			"approve too": func() error {
				_, _, err := w.service.Approve(t.Context(), w.who["owner01"], w.by("owner01"), r.ID)
				return err
			},
			"refuse": func() error {
				return w.service.Refuse(t.Context(), w.who["checker1"], w.by("checker1"), r.ID, "不同意")
			},
			"withdraw": func() error { return w.service.Withdraw(t.Context(), w.who["maker01"], w.by("maker01"), r.ID) },
			"wire": func() error {
				_, err := w.payments.Act(t.Context(), w.ask("merchant", id, payment.ActCapture, 1000))
				return err
			},
		}
		names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
			"approve", "approve too", "refuse", "withdraw", "wire",
		}), 2, 5, rapid.ID[string]).Draw(rt, "at once")
		errs := map[string]error{}
		var all sync.WaitGroup
		var lock sync.Mutex
		for _, name := range names {
			all.Go(func() {
				err := acts[name]()
				lock.Lock()
				defer lock.Unlock()
				errs[name] = err
			})
		}
		all.Wait()
		w.lawful(rt, r, errs)
	})
}

// lawful checks what must hold whoever was first.
func (w *office) lawful(rt *rapid.T, r approval.Request, errs map[string]error) {
	var state, status string
	must(w.t, w.db.SQL().QueryRow(`SELECT a.state, t.status FROM payment_approvals a
		JOIN transactions t ON t.id = a.transaction_id WHERE a.id = $1`, int64(r.ID)).Scan(&state, &status))
	ended := map[string]string{
		"approve": "approved", "approve too": "approved", "refuse": "refused", "withdraw": "withdrawn",
	}
	winners := 0
	for name, err := range errs {
		if err == nil && ended[name] != "" {
			winners++
			if state != ended[name] {
				rt.Fatalf("%s succeeded, and the request is %s", name, state)
			}
		}
	}
	if want := 1; state != "waiting" && winners != want || state == "waiting" && winners != 0 {
		rt.Fatalf("%d ended the request, which is %s: %v", winners, state, errs)
	}
	operations := w.count("SELECT count(*) FROM payment_operations WHERE request_id = $1", r.Key)
	if (state == "approved") != (operations == 1) {
		rt.Fatalf("the request is %s with %d operations", state, operations)
	}
	made := w.count("SELECT count(*) FROM payment_operations WHERE transaction_id = $1", int64(r.TransactionID))
	wired := 0
	if err, ran := errs["wire"]; ran && err == nil {
		wired = 1
	}
	if made != operations+wired || made > 1 {
		rt.Fatalf("%d operations, %d of the request, %d by wire: %v", made, operations, wired, errs)
	}
	want := "authorised"
	switch {
	case wired == 1, state == "approved" && r.Action == payment.ActCapture:
		want = "capture_requested"
	case state == "approved":
		want = "voided"
	}
	if status != want {
		rt.Fatalf("the transaction is %s, want %s", status, want)
	}
}

func TestStandingCountsWhatOthersAsked(t *testing.T) {
	t.Parallel()
	w := openOffice(t)
	w.threshold(1)
	w.asked("maker01", w.paid("MS100000001"), payment.ActCapture)
	w.asked("owner01", w.paid("MS100000002"), payment.ActVoid)
	for login, want := range map[string]int{"maker01": 0, "checker1": 1, "owner01": 1, "other01": 1, "stranger": 0} {
		found, err := w.service.Standing(t.Context(), w.who[login])
		must(t, err)
		if found.ToCheck != want {
			t.Errorf("%s is to check %d, want %d", login, found.ToCheck, want)
		}
		list, err := w.service.List(t.Context(), w.who[login])
		must(t, err)
		seen := map[string]int{"maker01": 1, "checker1": 1, "owner01": 2, "other01": 1}
		if len(list) != seen[login] {
			t.Errorf("%s sees %d, want %d", login, len(list), seen[login])
		}
		if login != "stranger" && found.Threshold != money.TWD(1) {
			t.Errorf("the amount is %d", found.Threshold)
		}
	}
}
