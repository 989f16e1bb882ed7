package bank_test

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/bank"
)

// line is a sound item of a batch on authorisation R1 of NT$1,200, with changes.
func line(id, operation string, amount int, changes fields) fields {
	f := fields{
		"item_id": id, "operation": operation, "request_id": "R1", "merchant_id": "MS100000001",
		"trade_no": "26071512000000001", "approval_code": "123456", "authorised": 1200,
		"authorised_at": "2026-07-15T03:00:00Z", "amount": amount, "currency": "TWD",
	}
	maps.Copy(f, changes)
	return f
}

func batchOf(id string, items ...fields) fields {
	return fields{"batch_id": id, "day": "2026-07-15", "items": items}
}

// batch sends a batch and returns its codes in order.
func (d *desk) batch(id string, items ...fields) string {
	d.t.Helper()
	if got := d.must("POST", "/v1/batches", batchOf(id, items...)); got["status"] != "received" || got["batch_id"] != id {
		d.t.Fatalf("the receipt is %v", got)
	}
	return d.answers(id)
}

func (d *desk) answers(id string) string {
	d.t.Helper()
	got := d.must("GET", "/v1/batches/"+id, nil)
	if got["status"] != "answered" {
		return fmt.Sprint(got["status"])
	}
	var codes []string
	for _, i := range got["items"].([]any) {
		item := i.(map[string]any)
		if (item["result"] == "done") != (item["respond_code"] == "00") {
			d.t.Errorf("item %v", item)
		}
		codes = append(codes, fmt.Sprint(item["respond_code"]))
	}
	return strings.Join(codes, " ")
}

// standing is what stands to the account of R1: "captured/refunded".
func (d *desk) standing() string {
	d.t.Helper()
	r, err := d.manage.Batches(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return fmt.Sprintf("%d/%d", r.Standing["R1"].Captured, r.Standing["R1"].Refunded)
}

func TestTheBankChecksEachItem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		items    []fields
		codes    string
		standing string
	}{
		"capture":              {[]fields{line("C1", "capture", 1200, nil)}, "00", "1200/0"},
		"capture of a part":    {[]fields{line("C1", "capture", 1, nil)}, "00", "1/0"},
		"capture of too much":  {[]fields{line("C1", "capture", 1201, nil)}, "13", "0/0"},
		"a claim of more":      {[]fields{line("C1", "capture", 1300, fields{"authorised": 1300})}, "13", "0/0"},
		"two captures":         {[]fields{line("C1", "capture", 5, nil), line("C2", "capture", 5, nil)}, "00 94", "5/0"},
		"no authorisation":     {[]fields{line("C1", "capture", 5, fields{"request_id": "R9"})}, "25", "0/0"},
		"of another trade":     {[]fields{line("C1", "capture", 5, fields{"trade_no": "26071512000000002"})}, "12", "0/0"},
		"of a decline":         {[]fields{line("C1", "capture", 5, fields{"request_id": "R2"})}, "12", "0/0"},
		"of a reversal":        {[]fields{line("C1", "capture", 5, fields{"request_id": "R3"})}, "12", "0/0"},
		"refund of no capture": {[]fields{line("F1", "refund", 5, nil)}, "12", "0/0"},
		"refund": {
			[]fields{line("C1", "capture", 900, nil), line("F1", "refund", 900, nil)}, "00 00", "900/900",
		},
		"refund of too much": {[]fields{line("C1", "capture", 900, nil), line("F1", "refund", 901, nil)}, "00 13", "900/0"},
		"refunds of too much": {
			[]fields{line("C1", "capture", 900, nil), line("F1", "refund", 500, nil), line("F2", "refund", 401, nil)},
			"00 00 13", "900/500",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t, "")
			d.authorise("R1", nil)
			d.authorise("R2", fields{"pan": "4000000000000002"})
			d.authorise("R3", nil)
			d.must("POST", "/v1/authorisations/R3/reversal", fields{})
			if got := d.batch("B1", c.items...); got != c.codes {
				t.Errorf("codes %s, want %s", got, c.codes)
			}
			if got := d.standing(); got != c.standing {
				t.Errorf("standing %s, want %s", got, c.standing)
			}
		})
	}
}

func TestABatchCountsOnce(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	d.authorise("R1", nil)
	d.behave(bank.Behaviour{Batch: bank.Faults{TwiceNext: 1}})
	items := []fields{line("C1", "capture", 900, nil), line("F1", "refund", 100, nil)}
	for range 3 {
		if got := d.batch("B1", items...); got != "00 00" {
			t.Errorf("codes %s", got)
		}
	}
	if got := d.standing(); got != "900/100" {
		t.Errorf("standing %s", got)
	}
	r, err := d.manage.Batches(t.Context())
	if err != nil || len(r.Batches) != 1 || r.Batches[0].Deliveries != 4 {
		t.Errorf("%+v, %v", r, err)
	}
	status, answer, err := d.send("POST", "/v1/batches", batchOf("B1", line("C1", "capture", 901, nil)))
	if err != nil || status != http.StatusConflict || answer["error"] != "id_conflict" ||
		answer["not_processed"] != false {
		t.Errorf("another batch of the same id: %d %v %v", status, answer, err)
	}
	if got := d.batch("B2", items...); got != "00 00" || d.standing() != "900/100" {
		t.Errorf("the same items in another batch: %s, %s", got, d.standing())
	}
	if got := d.batch("B3", line("C1", "refund", 1, nil)); got != "94" {
		t.Errorf("another item of the same id: %s", got)
	}
}

func TestALostReceiptIsABatch(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	d.authorise("R1", nil)
	lost := bank.Faults{LoseNext: 1, DropLost: true}
	d.behave(bank.Behaviour{Batch: lost, Answers: lost})
	if status, answer, err := d.send("POST", "/v1/batches", batchOf("B1", line("C1", "capture", 5, nil))); err == nil {
		t.Fatalf("a receipt came: %d %v", status, answer)
	}
	if status, answer, err := d.send("GET", "/v1/batches/B1", nil); err == nil {
		t.Fatalf("an answer came: %d %v", status, answer)
	}
	if got := d.answers("B1"); got != "00" {
		t.Errorf("codes %s", got)
	}
}

func TestAnswersAreReadyLater(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	d.authorise("R1", nil)
	d.behave(bank.Behaviour{AnswersAfterMS: 60_000, RefuseNext: []string{"61"}})
	if got := d.batch("B1", line("C1", "capture", 5, nil), line("C2", "capture", 6, nil)); got != "received" {
		t.Errorf("at once: %s", got)
	}
	d.clock.Advance(time.Minute - time.Millisecond)
	if got := d.answers("B1"); got != "received" {
		t.Errorf("too early: %s", got)
	}
	d.clock.Advance(time.Millisecond)
	if got := d.answers("B1"); got != "61 00" {
		t.Errorf("codes %s", got)
	}
	status, answer, err := d.send("GET", "/v1/batches/B9", nil)
	if err != nil || status != http.StatusNotFound || answer["error"] != "unknown_batch" {
		t.Errorf("no such batch: %d %v %v", status, answer, err)
	}
}

func TestBatchesOutliveTheBank(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	d := open(t, path)
	d.authorise("R1", nil)
	d.behave(bank.Behaviour{AnswersAfterMS: 1000})
	d.batch("B1", line("C1", "capture", 900, nil), line("F1", "refund", 100, nil))
	d.shut()
	d = open(t, path)
	d.clock.Advance(time.Second)
	if got := d.answers("B1"); got != "00 00" || d.standing() != "900/100" {
		t.Errorf("after a restart: %s, %s", got, d.standing())
	}
	if got := d.batch("B2", line("F2", "refund", 801, nil)); got != "13" {
		t.Errorf("codes %s", got)
	}
}

func TestWhatIsCapturedIsNotReversed(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	d.authorise("R1", nil)
	d.batch("B1", line("C1", "capture", 5, nil))
	if got := d.must("POST", "/v1/authorisations/R1/reversal", fields{}); got["status"] != "approved" {
		t.Errorf("the reversal says %v", got)
	}
}

func TestHistoryIsTakenOverIfToldTo(t *testing.T) {
	t.Parallel()
	old := fields{"request_id": "OLD", "authorised_at": "2026-07-15T03:59:59.999Z"}
	young := fields{"request_id": "OLD", "authorised_at": "2026-07-15T04:00:00Z"}
	for name, c := range map[string]struct {
		accept bool
		items  []fields
		codes  string
	}{
		"not told":            {false, []fields{line("C1", "capture", 5, old)}, "25"},
		"capture":             {true, []fields{line("C1", "capture", 1200, old)}, "00"},
		"since the opening":   {true, []fields{line("C1", "capture", 5, young)}, "25"},
		"capture of too much": {true, []fields{line("C1", "capture", 1201, old)}, "13"},
		"two captures":        {true, []fields{line("C1", "capture", 5, old), line("C2", "capture", 5, old)}, "00 94"},
		"refunds": {
			true,
			[]fields{line("F1", "refund", 700, old), line("F2", "refund", 501, old), line("F3", "refund", 500, old)},
			"00 13 00",
		},
		"capture and refund": {
			true,
			[]fields{line("C1", "capture", 700, old), line("F1", "refund", 701, old), line("F2", "refund", 700, old)},
			"00 13 00",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t, "")
			if c.accept {
				d = adopting(t)
			}
			if got := d.batch("B1", c.items...); got != c.codes {
				t.Errorf("codes %s, want %s", got, c.codes)
			}
		})
	}
}

// adopting opens a bank that takes history over.
func adopting(t *testing.T) *desk {
	t.Helper()
	d := open(t, "")
	d.shut()
	b, err := bank.New(bank.Options{
		Secret: secret.New(bankSecret), Clock: d.clock, Log: slog.New(slog.DiscardHandler), AcceptUnknown: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	d.serve(b)
	return d
}

func TestMalformedBatchesAreNotProcessed(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	d.authorise("R1", nil)
	sound := line("C1", "capture", 5, nil)
	for name, body := range map[string]any{
		"nothing":         fields{},
		"no items":        batchOf("B1"),
		"bad id":          batchOf("b1", sound),
		"no day":          fields{"batch_id": "B1", "day": "today", "items": []fields{sound}},
		"unknown field":   fields{"batch_id": "B1", "day": "2026-07-15", "items": []fields{sound}, "more": 1},
		"item twice":      batchOf("B1", sound, sound),
		"operation":       batchOf("B1", line("C1", "void", 5, nil)),
		"nothing to take": batchOf("B1", line("C1", "capture", 0, nil)),
		"less than that":  batchOf("B1", line("C1", "capture", -5, nil)),
		"currency":        batchOf("B1", line("C1", "capture", 5, fields{"currency": "USD"})),
		"trade":           batchOf("B1", line("C1", "capture", 5, fields{"trade_no": "1"})),
		"time":            batchOf("B1", line("C1", "capture", 5, fields{"authorised_at": "yesterday"})),
		"authorised":      batchOf("B1", line("C1", "capture", 5, fields{"authorised": 0})),
		"approval":        batchOf("B1", line("C1", "capture", 5, fields{"approval_code": "12"})),
		"item id":         batchOf("B1", line("", "capture", 5, nil)),
		"request id":      batchOf("B1", line("C1", "capture", 5, fields{"request_id": ""})),
		"merchant":        batchOf("B1", line("C1", "capture", 5, fields{"merchant_id": ""})),
	} {
		status, answer, err := d.send("POST", "/v1/batches", body)
		if err != nil || status != http.StatusBadRequest || answer["not_processed"] != true {
			t.Errorf("%s: %d %v %v", name, status, answer, err)
		}
	}
	unsigned := func(r *http.Request) { r.Header.Set("Bank-Signature", "00") }
	for _, c := range [][2]string{{"POST", "/v1/batches"}, {"GET", "/v1/batches/B1"}} {
		if status, _, err := d.send(c[0], c[1], batchOf("B1", sound), unsigned); err != nil || status != 401 {
			t.Errorf("%s unsigned: %d %v", c[0], status, err)
		}
	}
	if got := d.standing(); got != "0/0" {
		t.Errorf("standing %s", got)
	}
}
