package bank

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/secret"
)

// auditor is the simplest bank that could be right.
type auditor struct {
	amount   map[string]money.TWD
	reversed map[string]bool
}

func (a auditor) charges() (n int, sum money.TWD) {
	for id, amount := range a.amount {
		if !a.reversed[id] {
			n++
			sum += amount
		}
	}
	return n, sum
}

// TestAnyCourseOfDeliveriesKeepsTheTotals checks the ledger, restarts among its
// days, against the auditor.
func TestAnyCourseOfDeliveriesKeepsTheTotals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		path := filepath.Join(dir, "journal")
		_ = os.Remove(path)
		k, c := newKeys(secret.New("sixteen bytes and more")), clock.NewFake(time.Unix(1784000000, 0))
		l, err := openLedger(path, k, c)
		if err != nil {
			t.Fatal(err)
		}
		pan, err := secret.ParsePAN("4111111111111111")
		if err != nil {
			t.Fatal(err)
		}
		model := auditor{amount: map[string]money.TWD{}, reversed: map[string]bool{}}
		for range rapid.IntRange(1, 15).Draw(t, "steps") {
			id := rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "id")
			switch rapid.SampledFrom([]string{"authorise", "authorise", "reverse", "restart"}).Draw(t, "step") {
			case "authorise":
				amount := money.TWD(rapid.IntRange(1, 3).Draw(t, "amount"))
				before, seen := model.amount[id]
				q := request{RequestID: id, Amount: amount, PAN: pan.Expose(), Expiry: "3012", TradeNo: "1"}
				a, err := l.authorise(q, pan, "")
				switch {
				case seen && before != amount:
					if !errors.Is(err, errConflict) {
						t.Fatalf("other content: %+v, %v", a, err)
					}
					continue
				case err != nil:
					t.Fatal(err)
				case model.reversed[id] != (a.Status == Reversed):
					t.Fatalf("reversed %t, answer %+v", model.reversed[id], a)
				}
				if !model.reversed[id] {
					model.amount[id] = amount
				}
			case "reverse":
				if a, err := l.reverse(id); err != nil || a.Status != Reversed {
					t.Fatalf("%+v, %v", a, err)
				}
				model.reversed[id] = true
			case "restart":
				if err := l.close(); err != nil {
					t.Fatal(err)
				}
				if l, err = openLedger(path, k, c); err != nil {
					t.Fatal(err)
				}
			}
			n, sum := model.charges()
			if got := l.report(Filter{}).Totals; got.Charges != n || got.Amount != sum {
				t.Fatalf("%+v, want %d charges of %d", got, n, sum)
			}
		}
		if err := l.close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestABrokenJournalPromisesNothing(t *testing.T) {
	t.Parallel()
	l, err := openLedger(filepath.Join(t.TempDir(), "journal"), newKeys(secret.New("sixteen bytes and more")),
		clock.NewFake(time.Unix(1784000000, 0)))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.journal.file.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.reverse("A"); err == nil {
		t.Error("a reversal that is not on disk was answered")
	}
	if _, known, _ := l.inquire("A"); known {
		t.Error("a record that is not on disk is in memory")
	}
}

// TestTheSignatureIsTheDocumentedOne pins the formula: clients sign by the
// package comment, not by this code. The value was computed with OpenSSL.
func TestTheSignatureIsTheDocumentedOne(t *testing.T) {
	t.Parallel()
	k := newKeys(secret.New("0123456789abcdef"))
	got := k.signature("memberzone", "POST", "/v1/authorisations", "1784000000", []byte(`{"a":1}`))
	if want := "196e745a53ff681a92593912bd745b3b6632b1e513d537907448f94857dd9770"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzDecodeRequest(f *testing.F) {
	f.Add(`{"request_id":"R1","merchant_id":"MS1","trade_no":"26071512000000001","amount":1,"currency":"TWD",` +
		`"pan":"4111111111111111","expiry":"2812","cvc":"123","instalments":0,"bonus":false,"eci":""}`)
	f.Add(`{}`)
	f.Add(`[]{`)
	f.Add(`{"amount":1e400}`)
	f.Fuzz(func(t *testing.T, text string) {
		q, pan, err := decodeRequest(strings.NewReader(text))
		if err != nil {
			if !reflect.DeepEqual(q, request{}) || !pan.IsEmpty() {
				t.Errorf("a refused request is not empty")
			}
			return
		}
		if q.Amount < 1 || q.Amount > money.Max || !idPattern.MatchString(q.RequestID) || pan.Expose() != q.PAN {
			t.Errorf("taken: %+v", q)
		}
		if a := decide(q, faceOf(pan), time.Unix(1784000000, 0)); words[a.RespondCode] == "" || a.BonusPaid > q.Amount {
			t.Errorf("decided: %+v", a)
		}
	})
}
