package acquirer

import (
	"strings"
	"testing"

	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/secret"
)

// TestTheSignatureIsTheBanks pins the formula of the bank's documentation. The
// value was computed with OpenSSL.
func TestTheSignatureIsTheBanks(t *testing.T) {
	t.Parallel()
	o := Options{Account: "memberzone", Secret: secret.New("0123456789abcdef")}
	got := signature(o, "POST", "/v1/authorisations", "1784000000", []byte(`{"a":1}`))
	if want := "196e745a53ff681a92593912bd745b3b6632b1e513d537907448f94857dd9770"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzDecodeAnswer(f *testing.F) {
	f.Add(`{"request_id":"R1","status":"approved","respond_code":"00","message":"ok","approval_code":"123456",` +
		`"amount":1200,"bank":"Esun","issuer":"","foreign":true,"bonus_paid":0}`)
	f.Add(`{"request_id":"R1","status":"reversed","respond_code":"12","foreign":false}`)
	f.Add(`{"error":"unavailable","not_processed":true}`)
	f.Add(`null`)
	f.Fuzz(func(t *testing.T, text string) {
		x := &exchange{status: 503, answer: []byte(text)}
		if p := x.problem().Error(); len(p) > 60 || strings.ContainsAny(p, "\n\"") {
			t.Errorf("a problem quotes the answer: %q", p)
		}
		w, err := x.decode("R1")
		if err != nil {
			return
		}
		a := w.answer()
		if a.Approved != (a.RespondCode == "00") || a.Approved != (len(a.ApprovalCode) == 6) ||
			a.BonusPaid < 0 || a.BonusPaid > money.Max || len([]rune(a.Message)) > messageRunesMax {
			t.Errorf("taken: %+v", a)
		}
	})
}

func FuzzDecodeBatch(f *testing.F) {
	f.Add(`{"batch_id":"B1","status":"answered","items":[{"item_id":"C1","result":"done","respond_code":"00"},` +
		`{"item_id":"F1","result":"refused","respond_code":"13"}]}`)
	f.Add(`{"batch_id":"B1","status":"received"}`)
	f.Add(`null`)
	f.Fuzz(func(t *testing.T, text string) {
		w, err := decodeBatch([]byte(text), "B1")
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, i := range w.Items {
			if seen[i.ItemID] || !isID(i.ItemID) || (i.Result == resultDone) != (i.RespondCode == "00") {
				t.Errorf("taken: %+v", w)
			}
			seen[i.ItemID] = true
		}
		if w.BatchID != "B1" || (w.Status == statusAnswered) != (len(w.Items) > 0) {
			t.Errorf("taken: %+v", w)
		}
	})
}
