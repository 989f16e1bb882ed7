package bank_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/memberzone/memberzone/app/secret"
	"github.com/memberzone/memberzone/app/simulator/bank"
)

func provisionOf(id, pan string) fields {
	return fields{"request_id": id, "pan": pan, "expiry": "2812"}
}

func (d *desk) provision(id, pan string) fields {
	d.t.Helper()
	return d.must("POST", "/v1/network-tokens", provisionOf(id, pan))
}

func cryptogramOf(id string, changes fields) fields {
	f := fields{
		"request_id": id, "merchant_id": "MS100000001", "trade_no": "26071512000000001", "amount": 1200, "currency": "TWD",
	}
	maps.Copy(f, changes)
	return f
}

func (d *desk) cryptogram(token fields, id string) string {
	d.t.Helper()
	answer := d.must("POST", cryptogramsOf(token), cryptogramOf(id, nil))
	return answer["cryptogram"].(string)
}

func cryptogramsOf(token fields) string {
	return fmt.Sprintf("/v1/network-tokens/%v/cryptograms", token["reference"])
}

// byToken is an authorisation by token, with some fields changed.
func (d *desk) byToken(id string, token fields, cryptogram string, changes fields) fields {
	d.t.Helper()
	f := fields{
		"pan": token["number"], "expiry": token["expiry"], "cvc": "", "network_token": true, "cryptogram": cryptogram,
	}
	maps.Copy(f, changes)
	return d.authorise(id, f)
}

func (d *desk) change(token fields, o bank.TokenOrder) {
	d.t.Helper()
	if _, err := d.manage.ChangeToken(d.t.Context(), token["reference"].(string), o); err != nil {
		d.t.Fatal(err)
	}
}

func TestATokenIsNoCardAndACardHasOne(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	var numbers []any
	for pan, brand := range map[string]string{"4111111111111111": "visa", "5555555555554444": "mastercard"} {
		token := d.provision("P"+pan, pan)
		number, err := secret.ParsePAN(token["number"].(string))
		if err != nil || !number.Luhn() || number.Expose() == pan || token["brand"] != brand || token["status"] != "active" {
			t.Errorf("%s: %v", pan, token)
		}
		for _, id := range []string{"P" + pan, "Q" + pan} {
			again := d.provision(id, pan)
			if again["number"] != token["number"] || again["reference"] != token["reference"] {
				t.Errorf("%s: asked again it is %v", pan, again)
			}
		}
		// The number is good for nothing without a cryptogram.
		bare := d.authorise("A"+pan, fields{"pan": number.Expose(), "expiry": token["expiry"]})
		if bare["respond_code"] != "15" {
			t.Errorf("%s: as a card number it is %v", pan, bare)
		}
		numbers = append(numbers, token["number"])
	}
	if numbers[0] == numbers[1] {
		t.Error("two cards have one token")
	}
	status, answer, err := d.send("POST", "/v1/network-tokens", provisionOf("P4111111111111111", "5555555555554444"))
	if err != nil || status != http.StatusConflict || answer["error"] != "id_conflict" {
		t.Errorf("another card under the same id: %d %v %v", status, answer, err)
	}
	for _, pan := range []string{"3530111333300000", "376000000000006", "4111111111111112"} {
		status, answer, err := d.send("POST", "/v1/network-tokens", provisionOf("X"+pan, pan))
		if err != nil || status != http.StatusUnprocessableEntity || answer["error"] != "not_eligible" {
			t.Errorf("%s: %d %v %v", pan, status, answer, err)
		}
	}
}

func TestACryptogramIsGoodForOnePaymentOnce(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	token, other := d.provision("P1", "4111111111111111"), d.provision("P2", "5555555555554444")
	text := d.cryptogram(token, "C1")
	if again := d.cryptogram(token, "C1"); again != text {
		t.Error("the same request got another cryptogram")
	}
	bad := []struct {
		name       string
		token      fields
		cryptogram string
		changes    fields
		code       string
	}{
		{"another amount", token, text, fields{"amount": 1201}, "82"},
		{"another merchant", token, text, fields{"merchant_id": "MS1"}, "82"},
		{"another trade", token, text, fields{"trade_no": "26071512000000002"}, "82"},
		{"another token", other, text, nil, "82"},
		{"a made-up cryptogram", token, "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", nil, "82"},
		{"another expiry", token, text, fields{"expiry": "2812"}, "54"},
		{"an unknown token", fields{"number": "4895370000000002", "expiry": token["expiry"]}, text, nil, "14"},
	}
	for i, c := range bad {
		if got := d.byToken(fmt.Sprintf("B%d", i), c.token, c.cryptogram, c.changes); got["respond_code"] != c.code {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if got := d.byToken("A1", token, text, nil); got["status"] != "approved" || got["issuer"] != "Esun" {
		t.Errorf("the payment itself: %v", got)
	}
	if got := d.byToken("A1", token, text, nil); got["status"] != "approved" {
		t.Errorf("the same request again: %v", got)
	}
	if got := d.byToken("A2", token, text, nil); got["respond_code"] != "82" {
		t.Errorf("a replay: %v", got)
	}
	late := d.cryptogram(token, "C2")
	d.clock.Advance(5 * time.Minute)
	if got := d.byToken("A3", token, late, nil); got["respond_code"] != "82" {
		t.Errorf("too late: %v", got)
	}
	charge := d.report(bank.Filter{RequestID: "A1"}).Charges[0]
	if charge.Token != token["reference"] || charge.First6 != "411111" || charge.Last4 != "1111" {
		t.Errorf("the charge is shown as %+v", charge)
	}
}

func TestOneOfManyReplaysAtOnceIsApproved(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	token := d.provision("P1", "4111111111111111")
	text := d.cryptogram(token, "C1")
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			_, _, err := d.send("POST", "/v1/authorisations", authorisation(fmt.Sprintf("A%d", i), fields{
				"pan": token["number"], "expiry": token["expiry"], "cvc": "", "network_token": true, "cryptogram": text,
			}))
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := d.report(bank.Filter{}).Totals; got.Charges != 1 || got.Declined != 15 {
		t.Errorf("%+v", got)
	}
}

func TestATokenBehavesAsTheCardBehindIt(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	for i, c := range []struct {
		pan     string
		changes fields
		code    string
	}{
		{"4000000000000002", nil, "05"},
		{"4000000000009995", nil, "51"},
		{"4012888888881881", fields{"bonus": true}, "00"},
		{"4111111111111111", fields{"bonus": true}, "57"},
	} {
		token := d.provision(fmt.Sprintf("P%d", i), c.pan)
		got := d.byToken(fmt.Sprintf("A%d", i), token, d.cryptogram(token, fmt.Sprintf("C%d", i)), c.changes)
		if got["respond_code"] != c.code {
			t.Errorf("%s: %v", c.pan, got)
		}
	}
}

func TestTheLifeOfAToken(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	token := d.provision("P1", "4111111111111111")
	text := d.cryptogram(token, "C1")
	refused := func(want string) {
		t.Helper()
		status, answer, err := d.send("POST", cryptogramsOf(token), cryptogramOf("C9", nil))
		if err != nil || status != http.StatusConflict || answer["error"] != want {
			t.Errorf("a cryptogram: %d %v %v, want %s", status, answer, err, want)
		}
	}
	d.change(token, bank.TokenOrder{Change: bank.Suspend})
	refused("token_suspended")
	if got := d.byToken("A1", token, text, nil); got["respond_code"] != "62" {
		t.Errorf("suspended: %v", got)
	}
	d.change(token, bank.TokenOrder{Change: bank.Resume})
	if got := d.byToken("A2", token, text, nil); got["respond_code"] != "00" {
		t.Errorf("resumed: %v", got)
	}
	d.change(token, bank.TokenOrder{Change: bank.Renew, Expiry: "3103", CardLast4: "4242", CardExpiry: "3102"})
	d.change(token, bank.TokenOrder{Change: bank.Delete})
	refused("token_deleted")
	revive := bank.TokenOrder{Change: bank.Resume}
	if _, err := d.manage.ChangeToken(t.Context(), token["reference"].(string), revive); err == nil {
		t.Error("a deleted token was resumed")
	}
	if fresh := d.provision("P2", "4111111111111111"); fresh["reference"] == token["reference"] {
		t.Error("the deleted token was given out again")
	}
	d.checkEvents(t, 0, "suspended 2907,resumed 2907,renewed 3103 4242 3102,deleted 3103 4242 3102")
	first := d.events(0)[0].(map[string]any)["sequence"].(float64)
	d.checkEvents(t, int64(first), "resumed 2907,renewed 3103 4242 3102,deleted 3103 4242 3102")
}

func (d *desk) events(after int64) []any {
	d.t.Helper()
	return d.must("GET", fmt.Sprintf("/v1/network-tokens/events?after=%d&limit=100", after), nil)["events"].([]any)
}

func (d *desk) checkEvents(t *testing.T, after int64, want string) {
	t.Helper()
	var got []string
	for _, e := range d.events(after) {
		event := e.(map[string]any)
		text := fmt.Sprintf("%v %v", event["change"], event["expiry"])
		if event["card_last4"] != "1111" {
			text += fmt.Sprintf(" %v %v", event["card_last4"], event["card_expiry"])
		}
		got = append(got, text)
	}
	if strings.Join(got, ",") != want {
		t.Errorf("events behind %d: %q, want %q", after, got, want)
	}
}

func TestTheNetworkOutlivesAKillAndItsJournalHoldsNoNumber(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	d := open(t, path)
	token := d.provision("P1", "4111111111111111")
	used, open1 := d.cryptogram(token, "C1"), d.cryptogram(token, "C2")
	d.byToken("A1", token, used, nil)
	d.change(token, bank.TokenOrder{Change: bank.Suspend})
	d.change(token, bank.TokenOrder{Change: bank.Resume})
	before := d.events(0)
	d.shut()

	again := open(t, path)
	if got := again.provision("P1", "4111111111111111"); got["number"] != token["number"] {
		t.Errorf("the token is another one: %v", got)
	}
	if got := again.byToken("A2", token, used, nil); got["respond_code"] != "82" {
		t.Errorf("a replay after the kill: %v", got)
	}
	if got := again.byToken("A3", token, open1, nil); got["respond_code"] != "00" {
		t.Errorf("the open cryptogram: %v", got)
	}
	if got := again.events(0); len(got) != len(before) || fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("events %v, were %v", got, before)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, number := range []string{"4111111111111111", token["number"].(string), used, open1} {
		if strings.Contains(string(text), number) || strings.Contains(again.log.String()+d.log.String(), number) {
			t.Error("journal or log shows a number or a cryptogram")
		}
	}
}

// An event's sequence is above all that was ever handed out, even after a reset: who
// follows by cursor misses none.
func TestSequencesRiseThroughAReset(t *testing.T) {
	t.Parallel()
	d := open(t, "")
	rapid.Check(t, func(rt *rapid.T) {
		last := int64(0)
		for i := range rapid.IntRange(1, 6).Draw(rt, "steps") {
			token := d.provision(fmt.Sprintf("P%d", i), "4111111111111111")
			d.change(token, bank.TokenOrder{Change: bank.Delete})
			events := d.events(last)
			if len(events) != 1 {
				rt.Fatalf("%d events behind %d", len(events), last)
			}
			last = int64(events[0].(map[string]any)["sequence"].(float64))
			if rapid.Bool().Draw(rt, "reset") {
				if err := d.manage.Reset(t.Context()); err != nil {
					rt.Fatal(err)
				}
			}
		}
		if err := d.manage.Reset(t.Context()); err != nil {
			rt.Fatal(err)
		}
	})
}
