package bank

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/secret"
)

// TestAnyCourseOfBatchesKeepsTheBounds checks that whatever comes, however often and
// with restarts between, no more is captured than was authorised, no more refunded than
// captured, and that a batch's answers never change.
func TestAnyCourseOfBatchesKeepsTheBounds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		path := filepath.Join(dir, "journal")
		_ = os.Remove(path)
		k, c := newKeys(secret.New("sixteen bytes and more")), clock.NewFake(time.Unix(1784000000, 0))
		reopen := func() *ledger {
			l, err := openLedger(path, k, c)
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		l := reopen()
		pan, err := secret.ParsePAN("4111111111111111")
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"R1", "R2"} {
			q := request{RequestID: id, Amount: 10, PAN: pan.Expose(), Expiry: "3012", TradeNo: "1"}
			if _, err := l.authorise(q, pan, ""); err != nil {
				t.Fatal(err)
			}
		}
		sent, said := map[string]batchRequest{}, map[string]string{}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			if rapid.IntRange(0, 5).Draw(t, "restart") == 0 {
				_ = l.close()
				l = reopen()
			}
			id := rapid.SampledFrom([]string{"A", "B", "C", "D"}).Draw(t, "batch")
			q, known := sent[id]
			if !known {
				q = drawBatch(t, id)
				sent[id] = q
			}
			if _, err := l.take(q, batchStep{}); err != nil {
				t.Fatal(err)
			}
			a, err := l.answers(id)
			if err != nil {
				t.Fatal(err)
			}
			var codes []string
			for _, i := range a.Items {
				codes = append(codes, i.RespondCode)
			}
			now := strings.Join(codes, " ")
			if before, ok := said[id]; ok && before != now {
				t.Fatalf("batch %s was answered with %s, and now with %s", id, before, now)
			}
			said[id] = now
			for _, of := range []string{"R1", "R2"} {
				if c := l.captured[of]; c.amount > 10 || c.refunded > c.amount || c.amount < 0 || c.refunded < 0 {
					t.Fatalf("%s stands at %+v", of, c)
				}
			}
		}
		_ = l.close()
	})
}

func drawBatch(t *rapid.T, id string) batchRequest {
	q := batchRequest{BatchID: id, Day: "2026-07-15"}
	for n := range rapid.IntRange(1, 4).Draw(t, "items") {
		q.Items = append(q.Items, itemRequest{
			ItemID:    rapid.SampledFrom([]string{"I", "J", "K", "L", "M"}).Draw(t, "item") + string(rune('0'+n)),
			Operation: rapid.SampledFrom([]string{opCapture, opRefund, opRefund}).Draw(t, "operation"),
			RequestID: rapid.SampledFrom([]string{"R1", "R1", "R2", "R3"}).Draw(t, "authorisation"),
			TradeNo:   "1", Authorised: 10, AuthorisedAt: time.Unix(1783000000, 0),
			Amount: money.TWD(rapid.IntRange(1, 11).Draw(t, "amount")),
		})
	}
	return q
}

func FuzzDecodeBatch(f *testing.F) {
	f.Add(`{"batch_id":"B1","day":"2026-07-15","items":[{"item_id":"C1","operation":"capture","request_id":"R1",` +
		`"merchant_id":"MS1","trade_no":"26071512000000001","approval_code":"123456","authorised":5,` +
		`"authorised_at":"2026-07-15T03:00:00Z","amount":5,"currency":"TWD"}]}`)
	f.Add(`{"batch_id":"B1","day":"2026-07-15","items":null}`)
	f.Add(`null`)
	f.Fuzz(func(t *testing.T, text string) {
		q, err := decodeBatch(strings.NewReader(text))
		if err != nil {
			if len(text) > 40 && strings.Contains(err.Error(), text) {
				t.Errorf("the error quotes the body: %v", err)
			}
			return
		}
		if !idPattern.MatchString(q.BatchID) || len(q.Items) == 0 || len(q.Items) > itemsMax {
			t.Errorf("taken: %+v", q)
		}
		for _, i := range q.Items {
			if i.Amount <= 0 || i.Amount > money.Max || i.Authorised <= 0 || i.AuthorisedAt.IsZero() {
				t.Errorf("taken: %+v", i)
			}
		}
	})
}
