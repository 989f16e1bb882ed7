package bank_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/money"
	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/bank"
)

const bankSecret = "a secret of the test's own"

var noon = time.Date(2026, 7, 15, 4, 0, 0, 0, time.UTC)

// desk is a bank over real HTTP, and its log.
type desk struct {
	t      *testing.T
	bank   *bank.Bank
	server *httptest.Server
	clock  *clock.Fake
	log    *safeBuffer
	manage *bank.Management
}

// safeBuffer takes log lines from several goroutines.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func open(t *testing.T, journal string) *desk {
	t.Helper()
	d := &desk{t: t, clock: clock.NewFake(noon), log: &safeBuffer{}}
	b, err := bank.New(bank.Options{
		Secret: secret.New(bankSecret), Journal: journal, Clock: d.clock,
		Log: slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	d.serve(b)
	return d
}

// serve opens a bank's doors.
func (d *desk) serve(b *bank.Bank) {
	d.bank, d.server = b, httptest.NewServer(b.Handler())
	d.manage = bank.NewManagement(d.server.URL, d.server.Client())
	d.t.Cleanup(d.shut)
}

func (d *desk) shut() {
	_ = d.bank.Close()
	d.server.Close()
}

type fields map[string]any

// authorisation is a sound request, with some fields changed.
func authorisation(id string, changes fields) fields {
	f := fields{
		"request_id": id, "merchant_id": "MS100000001", "trade_no": "26071512000000001", "amount": 1200,
		"currency": "TWD", "pan": "4111111111111111", "expiry": "2812", "cvc": "123", "instalments": 0,
		"bonus": false, "eci": "",
	}
	maps.Copy(f, changes)
	return f
}

func sign(r *http.Request, body []byte, at time.Time) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	digest := sha256.Sum256(body)
	h := hmac.New(sha256.New, []byte(bankSecret))
	_, _ = io.WriteString(h, strings.Join([]string{
		bank.DefaultAccount, r.Method, r.URL.RequestURI(), stamp, hex.EncodeToString(digest[:]),
	}, "\n"))
	r.Header.Set("Bank-Account", bank.DefaultAccount)
	r.Header.Set("Bank-Timestamp", stamp)
	r.Header.Set("Bank-Signature", hex.EncodeToString(h.Sum(nil)))
}

// send makes a signed call; edit may spoil it.
func (d *desk) send(method, path string, body any, edit ...func(*http.Request)) (int, fields, error) {
	text := []byte(nil)
	if body != nil {
		text, _ = json.Marshal(body)
	}
	r, err := http.NewRequest(method, d.server.URL+path, bytes.NewReader(text))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	sign(r, text, d.clock.Now())
	for _, e := range edit {
		e(r)
	}
	resp, err := d.server.Client().Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	var answer fields
	err = json.NewDecoder(resp.Body).Decode(&answer)
	return resp.StatusCode, answer, err
}

func (d *desk) must(method, path string, body any) fields {
	d.t.Helper()
	status, answer, err := d.send(method, path, body)
	if err != nil || status != http.StatusOK {
		d.t.Fatalf("%s %s: %d %v %v", method, path, status, answer, err)
	}
	return answer
}

func (d *desk) authorise(id string, changes fields) fields {
	d.t.Helper()
	return d.must("POST", "/v1/authorisations", authorisation(id, changes))
}

func (d *desk) report(f bank.Filter) bank.Report {
	d.t.Helper()
	r, err := d.manage.Report(d.t.Context(), f)
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

func (d *desk) behave(b bank.Behaviour) {
	d.t.Helper()
	if err := d.manage.SetBehaviour(d.t.Context(), b); err != nil {
		d.t.Fatal(err)
	}
}

func TestTheIssuerDecides(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	for i, c := range []struct {
		name    string
		changes fields
		code    string
		want    fields // further fields of the answer
	}{
		{"visa", nil, "00", fields{"issuer": "Esun", "bank": "Esun", "foreign": false, "message": "授權成功"}},
		{"mastercard", fields{"pan": "5555555555554444"}, "00", fields{"issuer": "Taishin", "foreign": false}},
		{"jcb", fields{"pan": "3530111333300000"}, "00", fields{"issuer": "CathayBK"}},
		{"amex", fields{"pan": "376000000000006", "cvc": "1234"}, "00", fields{"bank": "NCCC"}},
		{"refused card", fields{"pan": "4000000000000002"}, "05", fields{"approval_code": ""}},
		{"no credit", fields{"pan": "4000000000009995"}, "51", fields{"message": "信用額度不足"}},
		{"foreign", fields{"pan": "4242424242424242"}, "00", fields{"issuer": "", "bank": "NCCC", "foreign": true}},
		{"domestic, unknown", fields{"pan": "4539578763621486"}, "00", fields{"foreign": false, "issuer": "SinoPac"}},
		{"luhn", fields{"pan": "4000221111111111"}, "14", nil},
		{"no issuer", fields{"pan": "6011111111111117"}, "15", nil},
		{"last month of the card", fields{"expiry": "2607"}, "00", nil},
		{"card expired", fields{"expiry": "2606"}, "54", nil},
		{"amount 05", fields{"amount": 99905}, "05", nil},
		{"amount 51", fields{"amount": 99951}, "51", nil},
		{"amount 54", fields{"amount": 99954}, "54", nil},
		{"amount without a code", fields{"amount": 99999}, "00", nil},
		{"amount below the range", fields{"amount": 99900}, "00", nil},
		{"amount above the range", fields{"amount": 100005}, "00", nil},
		{"instalments", fields{"instalments": 12}, "00", fields{"bonus_paid": 0.0}},
		{"no such term", fields{"instalments": 7}, "12", nil},
		{"instalments abroad", fields{"instalments": 3, "pan": "4242424242424242"}, "57", nil},
		{"bonus", fields{"bonus": true, "pan": "4012888888881881"}, "00", fields{"bonus_paid": 1080.0}},
		{"most bonus", fields{"bonus": true, "pan": "4012888888881881", "amount": 90000}, "00", fields{
			"bonus_paid": 89500.0,
		}},
		{"too few for points", fields{"bonus": true, "pan": "4012888888881881", "amount": 9}, "00", fields{
			"bonus_paid": 9.0,
		}},
		{"bonus not asked for", fields{"pan": "4012888888881881"}, "00", fields{"bonus_paid": 0.0}},
		{"no bonus card", fields{"bonus": true}, "57", nil},
		{"bonus in instalments", fields{"bonus": true, "instalments": 3, "pan": "4012888888881881"}, "12", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, got, err := d.send("POST", "/v1/authorisations", authorisation(fmt.Sprintf("R%d", i), c.changes))
			if err != nil || status != 200 {
				t.Fatal(status, got, err)
			}
			wantStatus := "declined"
			if c.code == "00" {
				wantStatus = "approved"
				if code, _ := got["approval_code"].(string); len(code) != 6 {
					t.Errorf("approval code %q", code)
				}
			}
			if got["respond_code"] != c.code || got["status"] != wantStatus || got["message"] == "" {
				t.Errorf("got %v, want code %s", got, c.code)
			}
			for name, value := range c.want {
				if got[name] != value {
					t.Errorf("%s = %v, want %v", name, got[name], value)
				}
			}
		})
	}
}

func TestOnlyFreshSignaturesOfTheAccountAreTaken(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	for name, spoil := range map[string]func(*http.Request){
		"no signature":    func(r *http.Request) { r.Header.Del("Bank-Signature") },
		"other signature": func(r *http.Request) { r.Header.Set("Bank-Signature", strings.Repeat("0", 64)) },
		"other account":   func(r *http.Request) { r.Header.Set("Bank-Account", "other") },
		"no timestamp":    func(r *http.Request) { r.Header.Del("Bank-Timestamp") },
		"other path":      func(r *http.Request) { r.URL.RawQuery = "x=1" },
		"stale":           func(r *http.Request) { sign(r, nil, noon.Add(-5*time.Minute-time.Second)) },
		"from the future": func(r *http.Request) { sign(r, nil, noon.Add(5*time.Minute+time.Second)) },
	} {
		status, answer, err := d.send("GET", "/v1/authorisations/R1", nil, spoil)
		if err != nil || status != http.StatusUnauthorized || answer["not_processed"] != true {
			t.Errorf("%s: %d %v %v", name, status, answer, err)
		}
	}
	body := authorisation("R1", nil)
	status, _, err := d.send("POST", "/v1/authorisations", body, func(r *http.Request) {
		changed, _ := json.Marshal(authorisation("R1", fields{"amount": 1}))
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(changed)), int64(len(changed))
	})
	if err != nil || status != http.StatusUnauthorized {
		t.Errorf("another body: %d %v", status, err)
	}
	if n := d.report(bank.Filter{}).Totals.Requests; n != 0 {
		t.Errorf("%d requests were taken", n)
	}
}

func TestAMalformedRequestHasNoEffect(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	for name, changes := range map[string]fields{
		"id":            {"request_id": "lower"},
		"long id":       {"request_id": strings.Repeat("A", 33)},
		"merchant":      {"merchant_id": ""},
		"trade number":  {"trade_no": "1"},
		"zero":          {"amount": 0},
		"negative":      {"amount": -1},
		"too much":      {"amount": int64(money.Max) + 1},
		"fraction":      {"amount": 1.5},
		"currency":      {"currency": "USD"},
		"card":          {"pan": "4111-1111-1111-1111"},
		"expiry":        {"expiry": "2813"},
		"cvc":           {"cvc": "12"},
		"instalments":   {"instalments": -3},
		"eci":           {"eci": "x"},
		"unknown field": {"surprise": true},
		"large":         {"surprise": strings.Repeat("x", 20000)},
	} {
		status, answer, err := d.send("POST", "/v1/authorisations", authorisation("R1", changes))
		if err != nil || status != 400 && status != 413 || answer["not_processed"] != true {
			t.Errorf("%s: %d %v %v", name, status, answer, err)
		}
	}
	status, _, err := d.send("POST", "/v1/authorisations", authorisation("R1", nil), func(r *http.Request) {
		r.Header.Set("Content-Type", "text/plain")
	})
	if err != nil || status != http.StatusUnsupportedMediaType {
		t.Errorf("text/plain: %d %v", status, err)
	}
	if n := d.report(bank.Filter{}).Totals.Requests; n != 0 {
		t.Errorf("%d requests were taken", n)
	}
}

func TestTheSameIDIsChargedOnce(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	first := d.authorise("R1", nil)
	again := d.authorise("R1", fields{"cvc": ""}) // the CVC is no part of the content: it is not kept
	if first["approval_code"] != again["approval_code"] || again["status"] != "approved" {
		t.Errorf("first %v, again %v", first, again)
	}
	status, answer, err := d.send("POST", "/v1/authorisations", authorisation("R1", fields{"amount": 1201}))
	if err != nil || status != http.StatusConflict || answer["not_processed"] != false {
		t.Errorf("other content: %d %v %v", status, answer, err)
	}
	if got := d.must("GET", "/v1/authorisations/R1", nil); got["approval_code"] != first["approval_code"] {
		t.Errorf("inquiry %v", got)
	}
	want := bank.Totals{Requests: 1, Deliveries: 2, Charges: 1, Amount: 1200}
	rep := d.report(bank.Filter{TradeNo: "26071512000000001"})
	if rep.Totals != want || rep.TradeNo["26071512000000001"] != want {
		t.Errorf("report %+v, want %+v", rep, want)
	}
	if other := d.report(bank.Filter{RequestID: "R2"}); len(other.Charges) != 0 {
		t.Errorf("the filter let %v through", other.Charges)
	}
}

func TestDeliveriesAtTheSameTimeChargeOnce(t *testing.T) {
	t.Parallel()
	d := open(t, filepath.Join(t.TempDir(), "journal"))
	const deliveries = 20
	codes := make(chan any, deliveries)
	var group sync.WaitGroup
	for range deliveries {
		group.Go(func() {
			_, answer, _ := d.send("POST", "/v1/authorisations", authorisation("R1", nil))
			codes <- answer["approval_code"]
		})
	}
	group.Wait()
	close(codes)
	first := <-codes
	for code := range codes {
		if code != first || code == "" || code == nil {
			t.Errorf("answers %v and %v", first, code)
		}
	}
	if got := d.report(bank.Filter{}).Totals; got.Charges != 1 || got.Deliveries != deliveries {
		t.Errorf("%+v", got)
	}
}

func TestAReversedIDIsNeverCharged(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	d.authorise("CHARGED", nil)
	d.authorise("REFUSED", fields{"pan": "4000000000000002"})
	for _, id := range []string{"CHARGED", "CHARGED", "UNSEEN", "UNSEEN", "REFUSED"} {
		d.must("POST", "/v1/authorisations/"+id+"/reversal", fields{})
	}
	for id, want := range map[string]string{"CHARGED": "reversed", "UNSEEN": "reversed", "REFUSED": "declined"} {
		if got := d.must("GET", "/v1/authorisations/"+id, nil); got["status"] != want {
			t.Errorf("inquiry about %s: %v", id, got)
		}
	}
	if got := d.authorise("UNSEEN", nil); got["status"] != "reversed" || got["respond_code"] == "00" {
		t.Errorf("late arrival: %v", got)
	}
	got, want := d.report(bank.Filter{}).Totals, bank.Totals{Requests: 3, Deliveries: 3, Declined: 1, Reversed: 2}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestAnUnknownIDIsToldAsUnknown(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	status, answer, err := d.send("GET", "/v1/authorisations/NEVER", nil)
	if err != nil || status != http.StatusNotFound || answer["error"] != "unknown_request" {
		t.Errorf("%d %v %v", status, answer, err)
	}
	for _, path := range []string{"/v1/authorisations/lower", "/v1/authorisations/a%2Fb"} {
		if status, answer, err := d.send("GET", path, nil); err != nil || status != 400 {
			t.Errorf("%s: %d %v %v", path, status, answer, err)
		}
	}
}

func TestTheJournalKeepsTheTruth(t *testing.T) {
	t.Parallel()
	journal := filepath.Join(t.TempDir(), "journal")
	d := open(t, journal)
	approved := d.authorise("R1", nil)
	d.authorise("R1", nil)
	d.authorise("R2", fields{"pan": "4000000000009995"})
	d.authorise("R3", nil)
	d.must("POST", "/v1/authorisations/R3/reversal", fields{})
	d.must("POST", "/v1/authorisations/R4/reversal", fields{})
	before := d.report(bank.Filter{})
	// No Close: what was answered is on disk already.
	f, err := os.OpenFile(journal, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.WriteString(`{"kind":"authorisation","request_id":"TORN","am`)
	_ = f.Close()

	again := open(t, journal)
	after := again.report(bank.Filter{})
	if fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
	if got := again.authorise("R1", nil); got["approval_code"] != approved["approval_code"] {
		t.Errorf("R1 after the restart: %v", got)
	}
	if got := again.authorise("R4", nil); got["status"] != "reversed" {
		t.Errorf("late arrival after the restart: %v", got)
	}
	if status, _, _ := again.send("GET", "/v1/authorisations/TORN", nil); status != 404 {
		t.Errorf("the torn line was read: %d", status)
	}
	third := open(t, journal) // the torn line was cut off before the next was written
	if n := third.report(bank.Filter{RequestID: "R1"}).Totals.Deliveries; n != 3 {
		t.Errorf("%d deliveries of R1", n)
	}
}

func TestADamagedJournalIsRefused(t *testing.T) {
	t.Parallel()
	journal := filepath.Join(t.TempDir(), "journal")
	d := open(t, journal)
	d.authorise("R1", nil)
	d.authorise("R2", nil)
	text, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(journal, text[10:], 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = bank.New(bank.Options{
		Secret: secret.New(bankSecret), Journal: journal, Clock: d.clock, Log: slog.New(slog.DiscardHandler),
	})
	if err == nil || !strings.Contains(err.Error(), "line 1 is damaged") {
		t.Errorf("error %v", err)
	}
}

func TestNoCardDataIsKeptOrLogged(t *testing.T) {
	t.Parallel()
	journal := filepath.Join(t.TempDir(), "journal")
	d := open(t, journal)
	d.authorise("R1", fields{"cvc": "987"})
	_, _, _ = d.send("POST", "/v1/authorisations", authorisation("R2", fields{"cvc": "987", "expiry": "9999"}))
	_, _, _ = d.send("POST", "/v1/authorisations", authorisation("R1", fields{"cvc": "987", "amount": 5}))
	kept, err := os.ReadFile(journal)
	if err != nil || !bytes.Contains(kept, []byte(`"first6":"411111","last4":"1111"`)) {
		t.Fatalf("journal %s, %v", kept, err)
	}
	shown := fmt.Sprintf("%+v", d.report(bank.Filter{}))
	for place, text := range map[string]string{"journal": string(kept), "log": d.log.String(), "report": shown} {
		for _, bare := range []string{"4111111111111111", `"987"`, "cvc"} {
			if strings.Contains(text, bare) {
				t.Errorf("the %s holds %s: %s", place, bare, text)
			}
		}
	}
	if d.log.String() == "" {
		t.Error("nothing was logged")
	}
}

func TestAShortSecretIsRefused(t *testing.T) {
	t.Parallel()
	_, err := bank.New(bank.Options{
		Secret: secret.New("short"), Clock: clock.NewFake(noon), Log: slog.New(slog.DiscardHandler),
	})
	if err == nil {
		t.Error("no error")
	}
}
